//! Answer: spells what the launches answer as HTTP, and adds nothing of its own.

use axum::body::Body as Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use boundary::{Back, BindingCookie, Body, LaunchId, Method, Refusal, Reply};
use url::Url;

use super::Broker;
use super::address::Network;
use super::limits::TooMany;
use super::metrics::End;
use crate::launch::{Answer, ConsoleEntry, Outcome, SchoolChoice};
use crate::pages::{Language, Page};

/// The number of a launch that ended, for whoever helps.
const LAUNCH: HeaderName = HeaderName::from_static("passerelle-launch");
/// Why it was refused.
const REFUSAL: HeaderName = HeaderName::from_static("passerelle-refusal");

/// What a log line tells of an answer. It travels beside the response and is never sent.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) launch: LaunchId,
    pub(super) end: Option<End>,
    pub(super) detail: Option<String>,
}

/// How and for whom an answer is spelled.
#[derive(Clone, Copy)]
pub(super) struct Reader {
    pub(super) method: Method,
    pub(super) language: Language,
    pub(super) network: Network,
    /// Whether the browser says that the answer is shown in a frame.
    pub(super) framed: bool,
}

struct Spelling<'a> {
    broker: &'a Broker,
    launch: &'a LaunchId,
    reader: Reader,
    embedders: &'a [String],
}

/// A reply cannot be sent as it is: a fault of ours, never the reader's.
struct Unsendable(&'static str);

/// A response, the end of a launch that it spells, and words for the operator.
type Spelled = (Response, Option<End>, Option<String>);

/// Spells an answer, and counts it.
pub(super) fn spell(broker: &Broker, answer: Answer, reader: Reader) -> Response {
    let launch = answer.launch;
    let spelling = Spelling { broker, launch: &launch, reader, embedders: &answer.embedders };
    let (mut response, end, detail) = match answer.outcome {
        Outcome::Step(reply) => spelling.sent(reply, None, None),
        Outcome::Choose(choice) => spelling.choice(&choice),
        Outcome::Console(entry) => spelling.console(&entry),
        Outcome::Delivered(reply) => spelling.sent(reply, Some(End::Delivered), None),
        Outcome::Refused { refusal, told } => spelling.refused(&refusal, told),
        Outcome::Fault(fault) => spelling.fault(&fault.back, fault.detail),
    };
    broker.metrics.count(end, answer.labels);
    if let Some(End::Refused(code)) = end {
        // Past the limit one failure looks like another.
        if response.status() != StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(REFUSAL, HeaderValue::from_static(code.as_str()));
        }
        number(&mut response, &launch);
    }
    response.extensions_mut().insert(Told { launch, end, detail });
    response
}

impl Spelling<'_> {
    fn sent(&self, reply: Reply, end: Option<End>, detail: Option<String>) -> Spelled {
        match self.reply(reply) {
            Ok(response) => (response, end, detail),
            Err(Unsendable(why)) => self.fault(&Back::default(), why.to_owned()),
        }
    }

    fn refused(&self, refusal: &Refusal, told: Option<Reply>) -> Spelled {
        let end = Some(End::Refused(refusal.code()));
        let detail = Some(refusal.detail().to_owned());
        if let Err(limit) = self.broker.limits.fail(self.reader.network, refusal.code()) {
            let language = self.reader.language;
            let response = too_many(self.broker, language, self.launch, limit, self.embedders);
            return (response, end, detail);
        }
        if let Some(reply) = told {
            return self.sent(reply, end, detail);
        }
        let pages = &self.broker.pages;
        let shown = pages.refusal(self.reader.language, self.launch, refusal, self.embedders);
        (page(shown), end, detail)
    }

    fn fault(&self, back: &Back, detail: String) -> Spelled {
        let response = fault(self.broker, self.reader.language, self.launch, back, self.embedders);
        (response, Some(End::Fault), Some(detail))
    }

    fn choice(&self, choice: &SchoolChoice) -> Spelled {
        let pages = &self.broker.pages;
        let shown = pages.choose_school(self.reader.language, choice, self.embedders);
        match with_cookies(page(shown), std::slice::from_ref(&choice.cookie)) {
            Ok(response) => (response, None, None),
            Err(Unsendable(why)) => self.fault(&Back::default(), why.to_owned()),
        }
    }

    /// The console's cookie is for pages of ours alone: one of them leads there, so that no other site does. In a frame
    /// no such cookie is taken, so the console opens in a window.
    fn console(&self, entry: &ConsoleEntry) -> Spelled {
        let pages = &self.broker.pages;
        let named = entry.locale.as_deref().and_then(Language::of_tag);
        let language = named.unwrap_or(self.reader.language);
        let shown = if self.reader.framed {
            pages.console_in_window(language, &entry.handle, self.embedders)
        } else {
            let fields = [("entry", entry.handle.as_str().to_owned())];
            pages.auto_post(language, &self.broker.enter, &fields, self.embedders)
        };
        (page(shown), None, None)
    }

    fn reply(&self, reply: Reply) -> Result<Response, Unsendable> {
        let pages = &self.broker.pages;
        let response = match reply.body {
            Body::Redirect(to) => self.redirect(&to)?,
            Body::AutoPost { to, fields } => {
                page(pages.auto_post(self.reader.language, web(&to)?, &fields, self.embedders))
            }
            Body::Page(name) => page(pages.named(self.reader.language, name, self.embedders)),
            Body::Wire { status, media, max_age, body } => {
                let response = wire(status, media, Bytes::from(body))?;
                kept(response, max_age)
            }
        };
        with_cookies(response, &reply.cookies)
    }

    /// 303 makes the browser drop the form that it posted; 302 after GET is what every ENT has seen before.
    fn redirect(&self, to: &Url) -> Result<Response, Unsendable> {
        let status = match self.reader.method {
            Method::Get => StatusCode::FOUND,
            Method::Post => StatusCode::SEE_OTHER,
        };
        let location = HeaderValue::from_str(web(to)?.as_str())
            .map_err(|_| Unsendable("a redirect to an address that no header holds"))?;
        let mut response = Response::new(Bytes::empty());
        *response.status_mut() = status;
        response.headers_mut().insert(LOCATION, location);
        Ok(response)
    }
}

/// The page of a fault, with the time after which another try makes sense (RFC 9110 section 10.2.3).
pub(super) fn fault(
    broker: &Broker,
    language: Language,
    launch: &LaunchId,
    back: &Back,
    embedders: &[String],
) -> Response {
    let mut response = page(broker.pages.fault(language, launch, back, embedders));
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("30"));
    number(&mut response, launch);
    response
}

/// The page of whoever is over a limit, with the time after which another try makes sense (RFC 6585 section 4).
pub(super) fn too_many(
    broker: &Broker,
    language: Language,
    launch: &LaunchId,
    TooMany { wait }: TooMany,
    embedders: &[String],
) -> Response {
    broker.metrics.limited();
    let mut response = page(broker.pages.too_many(language, embedders));
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
    number(&mut response, launch);
    response
}

/// A page as response.
pub(super) fn page(page: Page) -> Response {
    let mut response = Response::new(Bytes::from(page.html));
    *response.status_mut() = StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, html);
    for (name, value) in page.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn wire(status: u16, media: &'static str, body: Bytes) -> Result<Response, Unsendable> {
    let status = StatusCode::from_u16(status).map_err(|_| Unsendable("a status that is none"))?;
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let media = HeaderValue::from_static(media);
    response.headers_mut().insert(CONTENT_TYPE, media);
    Ok(response)
}

/// What may be kept is the same for everybody. What may not is told so where every answer is dressed.
fn kept(mut response: Response, seconds: u32) -> Response {
    if let (true, Ok(value)) = (seconds > 0, HeaderValue::try_from(format!("public, max-age={seconds}"))) {
        response.headers_mut().insert(CACHE_CONTROL, value);
    }
    response
}

fn number(response: &mut Response, launch: &LaunchId) {
    if let Ok(value) = HeaderValue::from_str(launch.as_str()) {
        response.headers_mut().insert(LAUNCH, value);
    }
}

/// An address of a registration is a web address; any other kind would run in the reader's browser as ours.
fn web(to: &Url) -> Result<&Url, Unsendable> {
    match to.scheme() {
        "http" | "https" => Ok(to),
        _ => Err(Unsendable("a reply to an address that is not a web address")),
    }
}

/// Each cookie in two forms, with and without `Partitioned`: no one form works in every browser's frame.
fn with_cookies(mut response: Response, cookies: &[BindingCookie]) -> Result<Response, Unsendable> {
    for cookie in cookies {
        for (suffix, attribute) in [("", ""), ("-p", "; Partitioned")] {
            let line = spell_cookie(cookie, suffix) + attribute;
            let value =
                HeaderValue::try_from(line).map_err(|_| Unsendable("a cookie that no header holds"))?;
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
    Ok(response)
}

fn spell_cookie(cookie: &BindingCookie, suffix: &str) -> String {
    let BindingCookie { name, value, path, .. } = cookie;
    let life = if value.is_empty() { 0 } else { cookie.max_age };
    format!("{name}{suffix}={value}; Secure; HttpOnly; SameSite=None; Path={path}; Max-Age={life}")
}
