//! One launch of a crowd: three requests, what is signed between them, and the judgement at the end.

use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::crowd::{Click, Crowd};
use crate::browser::Form;
use crate::{Launch, ent, fetch, jose};

/// Why a launch was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("HTTP: {0}")]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Fetch(#[from] fetch::Error),
    #[error("{step} answered {status} {refusal}")]
    Status { step: &'static str, status: u16, refusal: String },
    #[error("{0}")]
    Answer(&'static str),
    #[error(transparent)]
    Ent(#[from] ent::Error),
    #[error("the broker's token: {0}")]
    Token(#[from] jose::Error),
}

/// A launch that the broker sent to the ENT.
pub(super) struct Begun {
    click: Click,
    to: Url,
    cookies: Vec<String>,
    waited: Duration,
}

/// The ENT's answer, ready to be posted.
pub(super) struct Signed {
    form: String,
    cookies: Vec<String>,
    waited: Duration,
}

/// The page at the end of a launch, not judged yet.
pub(super) struct Landed {
    page: String,
    asked: Asked,
    waited: Duration,
}

/// What the publisher asked with, and must find again.
struct Asked {
    nonce: String,
    state: String,
}

impl Crowd {
    /// The ENT's page posts the login initiation. `since` is when the person clicked.
    pub(super) async fn begin(&self, click: Click, since: Instant) -> Result<Begun, Error> {
        let target = format!("{}/lti/r/{}", self.broker, click.tile);
        let form = encode(&[
            ("iss", &click.issuer),
            ("login_hint", &click.subject),
            ("target_link_uri", &target),
            ("client_id", &click.client_id),
            ("lti_message_hint", "0123456789abcdef0123456789abcdef"),
        ]);
        let answer = self.post("/lti/login", form, &[]).send().await?;
        let waited = since.elapsed();
        let (to, cookies) = onward("login", answer).await?;
        Ok(Begun { click, to, cookies, waited })
    }

    /// The ENT signs, with the same claims and the same RS256 key for everybody.
    pub(super) fn sign(&self, begun: Begun) -> Result<Signed, Error> {
        let Begun { click, to, cookies, waited } = begun;
        let parameter =
            |name: &str| to.query_pairs().find(|(own, _)| own == name).map(|(_, v)| v.into_owned());
        let state = parameter("state").ok_or(Error::Answer("the ENT is asked without a state"))?;
        let nonce = parameter("nonce").ok_or(Error::Answer("the ENT is asked without a nonce"))?;
        let mut claims = self.ent.mint(&nonce, &Launch::new(&click.person, &click.tile))?;
        let course = click.course;
        for (pointer, value) in [
            ("/iss", click.issuer),
            ("/aud", click.client_id),
            ("/sub", click.subject),
            ("/https:~1~1purl.imsglobal.org~1spec~1lti~1claim~1context/id", format!("course-{course}")),
            ("/https:~1~1purl.imsglobal.org~1spec~1lti~1claim~1resource_link/id", format!("link-{course}")),
        ] {
            if let Some(claim) = claims.pointer_mut(pointer) {
                *claim = json!(value);
            }
        }
        let token = self.ent.sign(&claims)?;
        Ok(Signed { form: encode(&[("id_token", &token), ("state", &state)]), cookies, waited })
    }

    /// The browser posts the ENT's answer, the publisher's login sends it on, and the broker's page comes back.
    pub(super) async fn finish(&self, signed: Signed) -> Result<Landed, Error> {
        let Signed { form, mut cookies, waited } = signed;
        let since = Instant::now();
        let answer = self.post("/lti/launch", form, &cookies).send().await?;
        let first = since.elapsed();
        let (to, more) = onward("launch", answer).await?;
        cookies.extend(more);
        let handle = to.query_pairs().find(|(name, _)| name == "login_hint").map(|(_, v)| v.into_owned());
        let handle = handle.ok_or(Error::Answer("the publisher is sent no login_hint"))?;
        let asked = Asked { nonce: self.world.token(), state: self.world.token() };
        let request = self.authorize(&handle, &asked, &cookies);
        let since = Instant::now();
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let page = String::from_utf8_lossy(&fetch::body(answer).await?).into_owned();
        if status != 200 {
            return Err(refused("authorize", status, &headers));
        }
        Ok(Landed { page, asked, waited: waited + first + since.elapsed() })
    }

    /// Whether the page delivers this launch to the publisher: how long the browser waited for it.
    pub(super) fn judge(&self, landed: &Landed, keys: &Value) -> Result<Duration, Error> {
        let page = Url::parse(&self.broker).map_err(|_| Error::Answer("the broker has no address"))?;
        let form = Form::read(&landed.page, &page).ok_or(Error::Answer("the page has no form"))?;
        if form.action.as_str() != self.publisher.redirect_uri {
            return Err(Error::Answer("the form is not for the publisher"));
        }
        let token = form.value("id_token").ok_or(Error::Answer("the form has no id_token"))?;
        let (_, claims) = jose::verify(token, keys)?;
        let is = |name: &str, text: &str| claims.get(name).and_then(Value::as_str) == Some(text);
        let its_own = form.value("state") == Some(&landed.asked.state)
            && is("nonce", &landed.asked.nonce)
            && is("aud", &self.publisher.client_id);
        if its_own { Ok(landed.waited) } else { Err(Error::Answer("the token is of another launch")) }
    }

    fn authorize(&self, handle: &str, asked: &Asked, cookies: &[String]) -> RequestBuilder {
        let query = encode(&[
            ("scope", "openid"),
            ("response_type", "id_token"),
            ("response_mode", "form_post"),
            ("prompt", "none"),
            ("client_id", &self.publisher.client_id),
            ("redirect_uri", &self.publisher.redirect_uri),
            ("login_hint", handle),
            ("lti_message_hint", handle),
            ("state", &asked.state),
            ("nonce", &asked.nonce),
        ]);
        dressed(self.client.get(format!("{}/lti/authorize?{query}", self.broker)), cookies)
    }

    fn post(&self, path: &str, form: String, cookies: &[String]) -> RequestBuilder {
        let request = self.client.post(format!("{}{path}", self.broker));
        dressed(request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form), cookies)
    }
}

/// What every browser sends along.
fn dressed(request: RequestBuilder, cookies: &[String]) -> RequestBuilder {
    let request = request
        .header(ACCEPT, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
        .header(ACCEPT_LANGUAGE, "fr-FR,fr;q=0.8,en-US;q=0.5,en;q=0.3");
    if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) }
}

/// Where a redirect leads, and the cookies that come with it.
async fn onward(step: &'static str, answer: Response) -> Result<(Url, Vec<String>), Error> {
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    // A body that is not read would cost the connection.
    fetch::body(answer).await?;
    if !(300..400).contains(&status) {
        return Err(refused(step, status, &headers));
    }
    let to = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let to = to.and_then(|to| Url::parse(to).ok()).ok_or(Error::Answer("a redirect leads nowhere"))?;
    let lines = headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pair = |line: &str| line.split(';').next().unwrap_or_default().to_owned();
    Ok((to, lines.map(pair).collect()))
}

fn refused(step: &'static str, status: u16, headers: &HeaderMap) -> Error {
    let refusal = headers.get("passerelle-refusal").and_then(|value| value.to_str().ok());
    Error::Status { step, status, refusal: refusal.unwrap_or_default().to_owned() }
}

fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
