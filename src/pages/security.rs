//! Security: the headers that belong to one page. The only script and the only style sheet are constants, allowed by
//! their hashes; everything else is forbidden.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64;
use url::Url;

/// The style sheet of all pages.
pub(super) const STYLE: &str = include_str!("assets/page.css");
/// The script of the page that posts a form by itself.
pub(super) const SUBMIT: &str = include_str!("assets/submit.js");

/// The style sheet of the pages inside the console.
pub(super) const DESK_STYLE: &str = include_str!("assets/desk.css");
/// Their script. They work without it.
pub(super) const DESK_SCRIPT: &str = include_str!("assets/desk.js");

/// Where a page leads to, as far as browsers ask us to declare it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leads {
    /// It has links only.
    Nowhere,
    /// It has not even links, and pages of any origin may show it in a frame.
    NowhereForAnybody,
    /// It has a form. `form-action` is left out, because browsers apply it to the redirects that follow a post too,
    /// and those lead to publishers.
    ByForm,
    /// It has a form that a script submits.
    ByScript,
    /// It has forms that go to us and lead to our own pages. Nobody shows it in a frame.
    Ourselves,
    /// The same, of a page inside the console, which has a style and a script of its own.
    Desk,
}

/// What does not change from page to page.
#[derive(Debug)]
pub(super) struct Security {
    style: String,
    script: String,
    desk_style: String,
    desk_script: String,
}

impl Security {
    /// Hashes the constants, once.
    pub(super) fn new() -> Self {
        Self {
            style: source(STYLE),
            script: source(SUBMIT),
            desk_style: source(DESK_STYLE),
            desk_script: source(DESK_SCRIPT),
        }
    }

    /// The headers of a page that pages of these origins may show in a frame.
    pub(super) fn headers(&self, leads: Leads, embedders: &[String]) -> Vec<(&'static str, String)> {
        vec![
            ("content-security-policy", self.policy(leads, embedders)),
            ("referrer-policy", referrer(leads).to_owned()),
        ]
    }

    fn policy(&self, leads: Leads, embedders: &[String]) -> String {
        let style = if leads == Leads::Desk { &self.desk_style } else { &self.style };
        let mut policy = format!("default-src 'none'; style-src {style}; base-uri 'none'");
        if leads == Leads::ByScript {
            policy.push_str("; script-src ");
            policy.push_str(&self.script);
        }
        if matches!(leads, Leads::Nowhere | Leads::NowhereForAnybody) {
            policy.push_str("; form-action 'none'");
        }
        if leads == Leads::NowhereForAnybody {
            return policy;
        }
        if leads == Leads::Desk {
            policy.push_str("; script-src ");
            policy.push_str(&self.desk_script);
        }
        if matches!(leads, Leads::Ourselves | Leads::Desk) {
            policy.push_str("; form-action 'self'; frame-ancestors 'none'");
            return policy;
        }
        policy.push_str("; frame-ancestors 'self'");
        for origin in embedders.iter().filter_map(|text| origin(text)) {
            policy.push(' ');
            policy.push_str(&origin);
        }
        policy
    }
}

/// Under `no-referrer` a browser sends `Origin: null` with a form (Fetch, "append a request Origin header"), which
/// publishers' forgery filters refuse. `strict-origin` tells a publisher our origin, which it knows as the issuer.
const fn referrer(leads: Leads) -> &'static str {
    match leads {
        Leads::Nowhere | Leads::NowhereForAnybody => "no-referrer",
        Leads::ByForm | Leads::ByScript => "strict-origin",
        // A page of the console tells nobody else its address, and ourselves its origin, which tells forged forms apart.
        Leads::Ourselves | Leads::Desk => "same-origin",
    }
}

fn source(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    format!("'sha256-{}'", BASE64.encode(hash.as_ref()))
}

/// A text as web origin, or `None`: nothing else may enter a policy.
fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let origin = url.origin().ascii_serialization();
    let harmless = !origin.contains([';', ',', ' ', '\'']);
    (matches!(url.scheme(), "http" | "https") && harmless).then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedders_enter_the_policy_as_origins_only() {
        let given = [
            "https://ent.example/path?x=1",
            "https://a.example; script-src *",
            "javascript:alert(1)",
            "'unsafe-inline'",
            "https://ent.example:8443",
            "https://a.example;script-src",
        ];
        let policy = Security::new().policy(Leads::Nowhere, &given.map(str::to_owned));
        assert!(
            policy.ends_with("; frame-ancestors 'self' https://ent.example https://ent.example:8443"),
            "{policy}"
        );
    }

    #[test]
    fn a_page_whose_form_leaves_declares_no_form_action() {
        let security = Security::new();
        assert!(!security.policy(Leads::ByScript, &[]).contains("form-action"));
        assert!(!security.policy(Leads::ByForm, &[]).contains("form-action"));
        assert!(security.policy(Leads::Nowhere, &[]).contains("form-action 'none'"));
        assert!(!security.policy(Leads::ByForm, &[]).contains("script-src"));
    }
}
