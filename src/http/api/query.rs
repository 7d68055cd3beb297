//! Query: what a list is asked for. What is unknown or stands twice is refused: a filter that is misspelled must not
//! give everything.

use std::collections::BTreeMap;

use axum::http::Uri;
use data_encoding::BASE64URL_NOPAD;

use super::problem::Problem;
use crate::http::form;

/// The largest page.
pub const MOST: u32 = 200;
/// The usual page.
const USUAL: u32 = 50;
/// The longest value.
const LONGEST: usize = 2048;

/// The parameters of a query, each once.
#[derive(Debug, Default)]
pub struct Query(BTreeMap<String, String>);

impl Query {
    /// Reads a query that may have these parameters.
    pub fn read(uri: &Uri, known: &[&str]) -> Result<Self, Problem> {
        let fields = form::read(uri.query().unwrap_or_default().as_bytes())
            .map_err(|error| Problem::parameter("", error.to_string()))?;
        let mut all = BTreeMap::new();
        for (name, value) in fields.iter() {
            if !known.contains(&name) {
                let words = format!("there is no such parameter; there are {}", known.join(", "));
                return Err(Problem::parameter(name, words));
            }
            if value.is_empty() || value.len() > LONGEST || value.contains('\0') {
                return Err(Problem::parameter(name, "write a value, or leave the parameter out"));
            }
            if all.insert(name.to_owned(), value.to_owned()).is_some() {
                return Err(Problem::parameter(name, "write this parameter once"));
            }
        }
        Ok(Self(all))
    }

    /// A parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// How many a page has at most.
    pub fn limit(&self) -> Result<u32, Problem> {
        let Some(text) = self.get("limit") else { return Ok(USUAL) };
        let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
        limit.ok_or_else(|| Problem::parameter("limit", format!("write a number from 1 to {MOST}")))
    }

    /// The id after which the page begins.
    pub fn after(&self) -> Result<String, Problem> {
        let Some(text) = self.get("cursor") else { return Ok(String::new()) };
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        let after =
            bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|after| !after.contains('\0'));
        after.ok_or_else(|| Problem::parameter("cursor", "write a cursor that came with a page, as it came"))
    }
}

/// The cursor of the page after an id.
pub fn cursor(after: &str) -> String {
    BASE64URL_NOPAD.encode(after.as_bytes())
}
