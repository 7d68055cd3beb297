//! Conditions: revisions as entity tags, and what a request says of them (RFC 9110 section 13).

use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use super::problem::Problem;
use crate::operate::records::Expected;

/// The tag of a revision.
pub fn tag(response: &mut Response, revision: u64) {
    if let Ok(tag) = HeaderValue::try_from(format!("\"{revision}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
}

/// Which revision a write means. Of several tags in `If-Match`, one that is ours counts.
pub fn expected(headers: &HeaderMap) -> Result<Expected, Problem> {
    let (wanted, unwanted) =
        (line(headers, "If-Match", &IF_MATCH)?, line(headers, "If-None-Match", &IF_NONE_MATCH)?);
    match (wanted, unwanted) {
        (None, None) => Ok(Expected::Unsaid),
        (None, Some("*")) => Ok(Expected::Nothing),
        (None, Some(_)) => {
            Err(Problem::header("If-None-Match", "write *, which means that it must not be there"))
        }
        (Some("*"), None) => Ok(Expected::Any),
        (Some(line), None) => revision(line).map(Expected::Revision).ok_or_else(|| {
            Problem::header("If-Match", "write the ETag that came with the object, such as \"3\"")
        }),
        (Some(_), Some(_)) => Err(Problem::header("If-Match", "write If-Match or If-None-Match, not both")),
    }
}

fn line<'h>(
    headers: &'h HeaderMap,
    name: &'static str,
    header: &axum::http::HeaderName,
) -> Result<Option<&'h str>, Problem> {
    let mut lines = headers.get_all(header).iter();
    match (lines.next(), lines.next()) {
        (None, _) => Ok(None),
        (Some(line), None) => {
            line.to_str().map(|line| Some(line.trim())).map_err(|_| Problem::header(name, "write plain text"))
        }
        (Some(_), Some(_)) => Err(Problem::header(name, "write this header once")),
    }
}

/// A tag is a revision in quotation marks. A weak one never matches (RFC 9110 section 13.1.1): no revision is 0.
fn revision(line: &str) -> Option<u64> {
    if line.starts_with("W/\"") {
        return Some(0);
    }
    let text = line.strip_prefix('"')?.strip_suffix('"')?;
    // What is a tag and none of ours matches nothing either.
    let tag = text.chars().all(|c| c != '"' && !c.is_control());
    tag.then(|| text.parse().ok().filter(|_| !text.starts_with('+')).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[(&'static str, &str)]) -> Option<Expected> {
        let lines = lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        expected(&lines.collect()).ok()
    }

    #[test]
    fn a_request_says_which_revision_it_means() {
        assert_eq!(read(&[]), Some(Expected::Unsaid));
        assert_eq!(read(&[("if-none-match", "*")]), Some(Expected::Nothing));
        assert_eq!(read(&[("if-match", "*")]), Some(Expected::Any));
        assert_eq!(read(&[("if-match", " \"17\" ")]), Some(Expected::Revision(17)));
        assert_eq!(
            read(&[("if-match", "W/\"17\"")]),
            Some(Expected::Revision(0)),
            "a weak tag matches nothing"
        );
        assert_eq!(read(&[("if-match", "\"abc\"")]), Some(Expected::Revision(0)));
        for wrong in [
            &[("if-match", "17")][..],
            &[("if-match", "\"1\", \"2\"")],
            &[("if-none-match", "\"1\"")],
            &[("if-match", "\"1\""), ("if-none-match", "*")],
            &[("if-match", "\"1\""), ("if-match", "\"1\"")],
        ] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
