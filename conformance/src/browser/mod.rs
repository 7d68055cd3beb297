//! A scripted browser: cookies, redirects and forms that post themselves, as a pupil's browser would.

mod cookies;
mod form;

use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use url::Url;

use cookies::Jar;

pub use form::Form;

/// How many answers are followed before a walk is taken for a circle.
const MOST_HOPS: usize = 20;

/// Why a walk broke off.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Fetch(#[from] crate::fetch::Error),
    #[error("HTTP: {0}")]
    Http(#[from] reqwest::Error),
    #[error("{0:?} is not an address")]
    Address(String),
    #[error("more than {MOST_HOPS} hops")]
    Circle,
}

/// One request and its answer.
#[derive(Debug, Clone)]
pub struct Hop {
    pub method: &'static str,
    pub url: Url,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Hop {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The first form of the page.
    pub fn form(&self) -> Option<Form> {
        Form::read(&self.body, &self.url)
    }

    /// Where the answer leads by itself: a redirect, or a form that posts itself.
    fn onward(&self) -> Option<Onward> {
        if let Some(location) = self.header("location").filter(|_| (300..400).contains(&self.status)) {
            return self.url.join(location).ok().map(Onward::Get);
        }
        // A page may have a script for other things.
        let submits = self.body.split("<script").skip(1).any(|script| script.contains("submit"));
        let own = submits && self.status == 200;
        self.form().filter(|form| own && form.posts).map(|form| Onward::Post(form, self.url.clone()))
    }
}

/// The fields of a form, and the page that sends it where it is known.
type Sent<'a> = (&'a [(String, String)], Option<Url>);

enum Onward {
    Get(Url),
    /// With the page that sends it, whose origin browsers name.
    Post(Form, Url),
}

/// Where a walk ended, and the way there.
#[derive(Debug, Clone)]
pub struct Landing {
    pub url: Url,
    pub status: u16,
    pub body: String,
    pub hops: Vec<Hop>,
}

/// A browser with its cookies. A clone is a twin that has the same cookies and goes its own way.
#[derive(Clone)]
pub struct Browser {
    client: reqwest::Client,
    jar: Jar,
}

impl Browser {
    pub fn new() -> Result<Self, Error> {
        Ok(Self { client: crate::fetch::client()?, jar: Jar::default() })
    }

    /// Forgets every cookie.
    pub fn forget_cookies(&mut self) {
        self.jar = Jar::default();
    }

    /// Keeps only cookies of the partitioned form, as a browser that blocks third-party cookies does.
    pub fn keep_only_partitioned(&mut self) {
        self.jar.keep_only_partitioned();
    }

    /// One GET, without following.
    pub async fn get_once(&mut self, url: &str) -> Result<Hop, Error> {
        self.step("GET", &address(url)?, None).await
    }

    /// One POST, without following.
    pub async fn post_once(&mut self, url: &str, fields: &[(String, String)]) -> Result<Hop, Error> {
        self.step("POST", &address(url)?, Some((fields, None))).await
    }

    /// A GET, followed to where it lands.
    pub async fn get(&mut self, url: &str) -> Result<Landing, Error> {
        let hop = self.get_once(url).await?;
        self.follow(hop).await
    }

    /// Submits a form, followed to where it lands.
    pub async fn submit(&mut self, form: &Form) -> Result<Landing, Error> {
        let hop = self.post_once(form.action.as_str(), &form.fields).await?;
        self.follow(hop).await
    }

    /// Clicks a tile of a reference ENT and goes wherever that leads.
    pub async fn launch(&mut self, ent: &str, person: &str, tile: &str) -> Result<Landing, Error> {
        self.get(&crate::params::with_query(&format!("{ent}/launch"), &[("person", person), ("tile", tile)]))
            .await
    }

    /// Goes on from an answer until one leads nowhere by itself.
    pub async fn follow(&mut self, first: Hop) -> Result<Landing, Error> {
        let mut hops = vec![first];
        while let Some(onward) = hops.last().and_then(Hop::onward) {
            if hops.len() > MOST_HOPS {
                return Err(Error::Circle);
            }
            hops.push(self.go(onward).await?);
        }
        let last = hops.last().ok_or(Error::Circle)?;
        Ok(Landing { url: last.url.clone(), status: last.status, body: last.body.clone(), hops })
    }

    /// Goes on until the next answer comes from an address that begins so, and stops before it is asked.
    pub async fn follow_until(
        &mut self,
        first: Hop,
        before: &str,
    ) -> Result<(Vec<Hop>, Option<Form>), Error> {
        let mut hops = vec![first];
        loop {
            let Some(onward) = hops.last().and_then(Hop::onward) else { return Ok((hops, None)) };
            let form = match &onward {
                Onward::Get(url) => Form { action: url.clone(), posts: false, fields: Vec::new() },
                Onward::Post(form, _) => form.clone(),
            };
            if form.action.as_str().starts_with(before) {
                return Ok((hops, Some(form)));
            }
            if hops.len() > MOST_HOPS {
                return Err(Error::Circle);
            }
            hops.push(self.go(onward).await?);
        }
    }

    async fn go(&mut self, onward: Onward) -> Result<Hop, Error> {
        match onward {
            Onward::Get(url) => self.step("GET", &url, None).await,
            Onward::Post(form, page) => {
                self.step("POST", &form.action, Some((&form.fields, Some(page)))).await
            }
        }
    }

    async fn step(&mut self, method: &'static str, url: &Url, form: Option<Sent<'_>>) -> Result<Hop, Error> {
        let mut request = match form {
            None => self.client.get(url.clone()),
            Some((fields, page)) => {
                let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                let form = "application/x-www-form-urlencoded";
                let request = self.client.post(url.clone()).header(reqwest::header::CONTENT_TYPE, form);
                let origin = page.map(|page| page.origin().ascii_serialization());
                origin.into_iter().fold(request, |request, origin| request.header(ORIGIN, origin)).body(body)
            }
        };
        if let Some(cookies) = self.jar.header(url) {
            request = request.header(COOKIE, cookies);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers: Vec<_> =
            response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        debug_assert!(LOCATION.as_str() == "location");
        for (_, cookie) in headers.iter().filter(|(name, _)| name == SET_COOKIE.as_str()) {
            self.jar.take(url, cookie);
        }
        let body = String::from_utf8_lossy(&crate::fetch::body(response).await?).into_owned();
        Ok(Hop { method, url: url.clone(), status, headers, body })
    }
}

fn address(text: &str) -> Result<Url, Error> {
    Url::parse(text).map_err(|_| Error::Address(text.to_owned()))
}
