//! Reply: what a connector answers, as a value. `http/` spells it and adds nothing of its own.

use std::fmt;

use bytes::Bytes;
use url::Url;

use crate::ids::EntId;

/// A page of ours that a connector may ask for by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageName {
    /// "This link opens from your ENT": somebody opened a target link by hand.
    OpenFromEnt,
    /// "You can close this window": somebody came back and we do not know where to.
    ComeBack,
}

/// A cookie that binds a launch to the browser that began it. It is set in two forms, with and without
/// `Partitioned`, and read in either, so that a blocked third-party cookie jar does not end the launch.
#[derive(Clone, PartialEq, Eq)]
pub struct BindingCookie {
    /// Its name, which holds part of the launch's own so that launches side by side do not collide.
    pub name: String,
    /// Its value; empty takes the cookie away.
    pub value: String,
    /// The path under which it is presented.
    pub path: &'static str,
    /// Its life in seconds: 600 at most for a launch, longer for a way back.
    pub max_age: u32,
}

/// The answer itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Go there (303 after POST, 302 after GET).
    Redirect(Url),
    /// A page that posts these fields there by itself, with a button for browsers without script.
    AutoPost {
        /// Where to.
        to: Url,
        /// The fields.
        fields: Vec<(&'static str, String)>,
    },
    /// A page of ours.
    Page(PageName),
    /// Bytes of a wire format.
    Wire {
        /// HTTP status.
        status: u16,
        /// Media type.
        media: &'static str,
        /// How many seconds others may keep it; 0 for not at all.
        max_age: u32,
        /// The body.
        body: Bytes,
    },
}

impl fmt::Debug for BindingCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BindingCookie(…)")
    }
}

/// An answer with its cookies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The answer.
    pub body: Body,
    /// Cookies to set.
    pub cookies: Vec<BindingCookie>,
    /// The ENT whose pages may show this answer in a frame.
    pub embedder: Option<EntId>,
}

impl Reply {
    /// An answer without cookies.
    #[must_use]
    pub const fn of(body: Body) -> Self {
        Self { body, cookies: Vec::new(), embedder: None }
    }

    /// The same answer with one more cookie.
    #[must_use]
    pub fn with_cookie(mut self, cookie: BindingCookie) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// The same answer, which an ENT's pages may show in a frame.
    #[must_use]
    pub fn within(mut self, ent: EntId) -> Self {
        self.embedder = Some(ent);
        self
    }
}
