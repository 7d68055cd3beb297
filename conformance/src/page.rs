//! Turns templates into answers: the frame that every page shares, and the headers that fit it.

use std::sync::LazyLock;

use askama::Template;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use openssl::sha::sha256;

use crate::language::{Language, Words};
use crate::params::with_query;

/// The one stylesheet; it is written into each page, so that nothing is fetched from anywhere.
const STYLE: &str = include_str!("../templates/style.css");
/// The one script: sends the form of a page that only passes a message on.
const SCRIPT: &str = "document.forms[0].submit()";

/// Inline style and script are named by their hash (CSP level 3), so that injected ones do not run.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |text: &str| BASE64.encode(&sha256(text.as_bytes()));
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!("default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'")
});

/// Where the forms and frames of a page lead. Browsers hold `form-action` and `frame-src` against every redirect that
/// follows, so what leaves this site must not be limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leads {
    /// Its forms stay on this site.
    Within,
    /// Its form leaves for another site.
    Away,
    /// It shows another site in a frame.
    Framing,
}

/// Whose page it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    Ent,
    Publisher,
}

/// What every page shows around its content.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) language: Language,
    pub(crate) site: Site,
    pub(crate) title: String,
    /// The same page in the other language, where that can be asked for.
    pub(crate) switch: Option<String>,
    /// Whether a page of the same site is around this one, so that its own head and foot would be there twice.
    pub(crate) inside: bool,
}

impl Frame {
    /// A page in one language only, because asking for it again would not give it again.
    pub(crate) fn new(site: Site, language: Language, title: &str) -> Self {
        Self { language, site, title: title.to_owned(), switch: None, inside: false }
    }

    /// `path` is the page's own address without its language.
    pub(crate) fn with_switch(mut self, path: &str) -> Self {
        self.switch = Some(with_query(path, &[("lang", self.language.other().tag())]));
        self
    }

    /// Notes whether the browser asks for a frame of a page and not for a page (W3C Fetch Metadata).
    pub(crate) fn fitting(mut self, headers: &HeaderMap) -> Self {
        self.inside = headers.get("sec-fetch-dest").is_some_and(|wanted| wanted == "iframe");
        self
    }

    pub(crate) fn style(&self) -> &'static str {
        STYLE
    }

    pub(crate) fn class(&self) -> &'static str {
        match self.site {
            Site::Ent => "ent",
            Site::Publisher => "publisher",
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.site {
            Site::Ent => self.language.say("Portail de démonstration", "Demonstration portal"),
            Site::Publisher => self.language.say("Éditeur de démonstration", "Demonstration publisher"),
        }
    }

    pub(crate) fn words<'a>(&self, words: &'a Words) -> &'a str {
        words.in_language(self.language)
    }

    pub(crate) fn say<'a>(&self, fr: &'a str, en: &'a str) -> &'a str {
        self.language.say(fr, en)
    }
}

/// A page that passes a message on by posting a form, by itself or by its button.
#[derive(Template)]
#[template(path = "post.html")]
pub(crate) struct PostPage {
    pub(crate) frame: Frame,
    pub(crate) lead: String,
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl PostPage {
    fn script(&self) -> &'static str {
        SCRIPT
    }
}

/// A page that only says something.
#[derive(Template)]
#[template(path = "notice.html")]
pub(crate) struct NoticePage {
    pub(crate) frame: Frame,
    pub(crate) paragraphs: Vec<String>,
    /// What a program said, in its own English.
    pub(crate) details: Vec<String>,
    /// Where to go from here: address and words.
    pub(crate) onward: Option<(String, String)>,
}

/// Renders a page with its headers. No `X-Frame-Options`: an ENT may show its resources in a frame.
pub(crate) fn page(status: StatusCode, leads: Leads, template: &impl Template) -> Response {
    let Ok(html) = template.render() else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "this page could not be made").into_response();
    };
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let policy = match leads {
        Leads::Within => format!("{}; form-action 'self'", *POLICY),
        Leads::Away => POLICY.clone(),
        Leads::Framing => format!("{}; form-action 'self'; frame-src http: https:", *POLICY),
    };
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// An answer for programs; never stored, because it names people.
pub(crate) fn json(value: &serde_json::Value) -> Response {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], value.to_string()).into_response()
}
