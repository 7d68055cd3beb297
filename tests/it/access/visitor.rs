//! A browser at the console: it keeps cookies, and says on each form which page sent it, as every browser does.

use std::collections::BTreeMap;

use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use serde_json::Value;

use crate::stage::Stage;

/// Somebody at the console, or a program at the API.
#[derive(Clone)]
pub struct Visitor {
    pub origin: String,
    pub cookies: BTreeMap<String, String>,
    /// What the browser says about where its forms come from.
    pub site: Vec<(&'static str, String)>,
    client: reqwest::Client,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The value of a hidden field.
    pub fn hidden(&self, name: &str) -> String {
        let open = format!("name=\"{name}\" value=\"");
        let (_, rest) =
            self.body.split_once(&open).unwrap_or_else(|| panic!("no field {name}: {}", self.body));
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Visitor {
    pub fn of(origin: &str) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self {
            origin: origin.to_owned(),
            cookies: BTreeMap::new(),
            site: vec![("origin", origin.to_owned())],
            client: client.build().unwrap(),
        }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(self.client.get(format!("{}{path}", self.origin))).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(format!("{}{path}", self.origin));
        let mut request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        for (name, value) in &self.site {
            request = request.header(*name, value);
        }
        self.send(request).await
    }

    /// A request of a program.
    pub async fn call(&mut self, path: &str, authorization: &str) -> Answer {
        self.send(self.client.get(format!("{}{path}", self.origin)).header("authorization", authorization))
            .await
    }

    async fn send(&mut self, mut request: reqwest::RequestBuilder) -> Answer {
        if !self.cookies.is_empty() {
            let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for line in headers.get_all(SET_COOKIE) {
            let (pair, attributes) = line.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Answer { status, headers, body: response.text().await.unwrap() }
    }
}

/// The code that an authenticator shows so many steps from now, made without any code of ours.
#[expect(clippy::disallowed_methods, reason = "a test is a caller, and callers own the clock")]
pub fn code(secret: &str, ahead: i64) -> String {
    let key = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let step = time::OffsetDateTime::now_utc().unix_timestamp() / 30 + ahead;
    let key = openssl::pkey::PKey::hmac(&key).unwrap();
    let mut signer = openssl::sign::Signer::new(openssl::hash::MessageDigest::sha1(), &key).unwrap();
    let tag = signer.sign_oneshot_to_vec(&step.to_be_bytes()).unwrap();
    let at = usize::from(tag[19] & 15);
    let number = u32::from_be_bytes(tag[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// The link that `accounts add` and `accounts reset` print, without the origin.
pub fn link(stage: &Stage, arguments: &[&str]) -> String {
    let made = stage.command(arguments);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let line = made.stdout.lines().last().unwrap();
    line.strip_prefix(&stage.broker.url).unwrap_or_else(|| panic!("no link: {}", made.stdout)).to_owned()
}

/// Somebody with an enrolled account.
pub struct Enrolled {
    pub visitor: Visitor,
    pub secret: String,
    pub recovery: Vec<String>,
}

pub const PASSWORD: &str = "quatre chevaux verts";

/// Makes an operator's account and enrols it.
pub async fn enrolled(stage: &Stage, account: &str) -> Enrolled {
    let link = link(stage, &["accounts", "add", account, "--role", "operator"]);
    enrol(stage, &link).await
}

/// Follows the link of an enrolment to its end.
pub async fn enrol(stage: &Stage, link: &str) -> Enrolled {
    let mut visitor = Visitor::of(&stage.broker.url);
    let page = visitor.get(link).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let secret = secret_of(&page);
    let (link, code) = (page.hidden("link"), code(&secret, 0));
    let form = [("link", &*link), ("password", PASSWORD), ("again", PASSWORD), ("code", &*code)];
    let done = visitor.post("/console/enrol", &form).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let recovery =
        done.body.split("<li><code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned());
    let recovery: Vec<_> = recovery.collect();
    assert_eq!(recovery.len(), 10);
    Enrolled { visitor, secret, recovery }
}

/// The secret of an authenticator, as the page of an enrolment shows it.
pub fn secret_of(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("?secret=").unwrap();
    rest.split('&').next().unwrap().to_owned()
}

/// Signs in with password and code, and answers the last answer.
pub async fn sign_in(visitor: &mut Visitor, account: &str, password: &str, code: &str) -> Answer {
    let begun = visitor.post("/console/sign-in", &[("account", account), ("password", password)]).await;
    if begun.location() != "/console/sign-in/code" {
        return begun;
    }
    visitor.post("/console/sign-in/code", &[("code", code)]).await
}
