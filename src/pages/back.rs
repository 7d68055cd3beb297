//! Back: the way from a page of ours to the ENT, with the reason in the ENT's own parameter.

use url::Url;
use url::form_urlencoded::byte_serialize;

/// The ENT's return address with `lti_errormsg` added (LTI 1.3 core, launch presentation claim), so that the ENT can
/// show the words. `None` for an address that is not http or https.
#[must_use]
pub fn back_url(return_url: &Url, errormsg: &str) -> Option<String> {
    if !matches!(return_url.scheme(), "http" | "https") {
        return None;
    }
    let mut url = return_url.clone();
    let parameter = format!("lti_errormsg={}", component(errormsg));
    let query = match url.query() {
        None | Some("") => parameter,
        Some(given) => format!("{given}&{parameter}"),
    };
    url.set_query(Some(&query));
    Some(url.into())
}

/// Spaces as `%20`: readers of a query disagree about `+`, and agree about this.
fn component(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(url: &str, words: &str) -> Option<String> {
        back_url(&Url::parse(url).unwrap(), words)
    }

    #[test]
    fn the_words_are_one_parameter_whatever_they_hold() {
        let url = back("https://ent.example/r?course=5#top", "École & co + 1 = \"2\" <b>#x").unwrap();
        assert!(
            url.starts_with("https://ent.example/r?course=5&lti_errormsg=%C3%89cole%20%26%20co%20%2B%201")
        );
        assert!(url.ends_with("#top"));
        let parsed = Url::parse(&url).unwrap();
        let pairs: Vec<_> = parsed.query_pairs().collect();
        assert_eq!(pairs.len(), 2);
        assert_eq!(pairs[1].1, "École & co + 1 = \"2\" <b>#x");
    }

    #[test]
    fn an_empty_query_gets_no_stray_ampersand() {
        assert_eq!(back("https://ent.example/r?", "a").unwrap(), "https://ent.example/r?lti_errormsg=a");
        assert_eq!(back("https://ent.example", "a").unwrap(), "https://ent.example/?lti_errormsg=a");
    }

    #[test]
    fn only_web_addresses_lead_back() {
        for other in ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"] {
            assert_eq!(back(other, "a"), None);
        }
    }
}
