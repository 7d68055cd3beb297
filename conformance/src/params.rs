//! Parameters of a request: query, form body and cookies, in the order in which they came.

use std::collections::HashSet;

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use url::form_urlencoded;

/// Named values; a name may come twice.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads the form body, then the query: a POST may carry both.
    pub(crate) fn read(query: Option<&str>, body: &[u8]) -> Self {
        let query = query.unwrap_or_default().as_bytes();
        let pairs = form_urlencoded::parse(body).chain(form_urlencoded::parse(query));
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The first value of that name; an empty value counts as absent (RFC 6749 section 3.1).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// A name that came more than once, which RFC 6749 section 3.1 forbids.
    pub(crate) fn repeated(&self) -> Option<&str> {
        let mut seen = HashSet::new();
        self.0.iter().map(|(name, _)| name.as_str()).find(|name| !seen.insert(*name))
    }
}

/// The value of a cookie that the browser presents (RFC 6265 section 5.4).
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|field| field.to_str().ok())
        .flat_map(|field| field.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// `base` with these parameters appended to its query.
pub(crate) fn with_query(base: &str, fields: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let joint = if base.contains('?') { '&' } else { '?' };
    format!("{base}{joint}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_repetitions_seen() {
        let params = Params::read(Some("b=%C3%A9l%C3%A8ve&c="), b"a=1+2");
        assert_eq!(params.get("a"), Some("1 2"));
        assert_eq!(params.get("b"), Some("élève"));
        assert_eq!(params.get("c"), None);
        assert_eq!(params.repeated(), None);
        assert_eq!(Params::read(Some("a=1&a=2"), b"").repeated(), Some("a"));
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, "x=1; state=abc".parse().unwrap());
        assert_eq!(cookie(&headers, "state"), Some("abc"));
        assert_eq!(cookie(&headers, "tate"), None);
    }

    #[test]
    fn a_query_is_appended_to_what_is_there() {
        assert_eq!(with_query("http://a/b?c=1", &[("d", "é&")]), "http://a/b?c=1&d=%C3%A9%26");
    }
}
