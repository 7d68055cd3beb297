//! Request: what a connector sees of an HTTP request, already bounded and decoded.

use std::fmt;

use thiserror::Error;

use crate::connector::Method;
use crate::ids::LaunchId;

/// A parameter was given more than once. Two readers may take different ones, so neither counts.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("parameter \"{0}\" was given more than once")]
pub struct Ambiguous(pub String);

/// Decoded parameters of a query or a form, in their order. They may be tokens, so `Debug` shows names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Parameters in their order.
    #[must_use]
    pub const fn new(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// The value of a parameter that may be given once.
    ///
    /// # Errors
    /// [`Ambiguous`] when it was given more than once.
    pub fn one(&self, name: &str) -> Result<Option<&str>, Ambiguous> {
        let mut values = self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Ambiguous(name.to_owned())),
            (value, None) => Ok(value),
        }
    }

    /// Every parameter, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl Fields {
    /// Every value of a parameter that may be given more than once, in their order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// An HTTP request at one of a connector's doors.
#[derive(Debug, Clone)]
pub struct Request {
    /// The launch that this request belongs to, new unless a parked launch says otherwise.
    pub launch: LaunchId,
    /// The door's path, as the connector declared it.
    pub door: &'static str,
    /// The method.
    pub method: Method,
    /// What stood in the place of the door's `{…}`.
    pub segment: Option<String>,
    /// Parameters: of the query for GET, of the form for POST.
    pub fields: Fields,
    /// Cookies by name.
    pub cookies: Fields,
    /// The reader's language, `fr` or `en`, as the browser prefers it.
    pub locale: &'static str,
}

impl Request {
    /// Whether the browser presents a value under a binding cookie's name, in either of its two forms.
    #[must_use]
    pub fn presents(&self, name: &str, value: &str) -> bool {
        let partitioned = format!("{name}-p");
        let same = |given: &str| {
            aws_lc_rs::constant_time::verify_slices_are_equal(given.as_bytes(), value.as_bytes()).is_ok()
        };
        let named = |(n, v): &&(String, String)| (n == name || *n == partitioned) && same(v);
        self.cookies.0.iter().any(|pair| named(&pair))
    }
}
