//! What a launch kept back: the claims sent, walked leaf by leaf, beside the claims received.

mod rules;

use serde::Serialize;
use serde_json::{Value, json};

use crate::board::Exchange;
use crate::language::Language;

pub use rules::Reason;
pub(crate) use rules::fits;

/// A leaf that was sent and did not arrive as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Withheld {
    pub name: String,
    pub why: String,
}

/// One value of a claim set, named by its path. A list of plain values is one leaf.
pub type Leaf<'a> = (String, &'a Value);

/// The leaves of a claim set, in order; names are shortened to what distinguishes them.
pub fn leaves(claims: &Value) -> Vec<Leaf<'_>> {
    let mut found = Vec::new();
    if let Some(members) = claims.as_object() {
        for (name, value) in members {
            walk(short(name), value, &mut found);
        }
    }
    found
}

fn walk<'a>(path: String, value: &'a Value, found: &mut Vec<Leaf<'a>>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| walk(format!("{path}.{name}"), value, found));
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            items.iter().enumerate().for_each(|(at, item)| walk(format!("{path}.{at}"), item, found));
        }
        _ => found.push((path, value)),
    }
}

/// Claims of the LTI specification go by their last part; others keep their whole name.
fn short(claim: &str) -> String {
    let Some(rest) = claim.strip_prefix("https://purl.imsglobal.org/spec/") else {
        return claim.to_owned();
    };
    rest.strip_prefix("lti/claim/").map_or_else(|| rest.replace("/claim/", "/"), str::to_owned)
}

/// The rule by which a leaf is missing, or `None` where each leg has a value of its own or it arrived.
pub fn reason(name: &str, sent: &Value, received: Option<&Value>) -> Option<Reason> {
    if received.is_some_and(|received| same(sent, received)) {
        return None;
    }
    match Reason::of(name) {
        Reason::OwnLeg => None,
        Reason::Replaced if received.is_none() => Some(Reason::Identifier),
        reason => Some(reason),
    }
}

/// Everything withheld, in the order in which it was sent.
pub fn withheld(sent: &Value, received: &Value, language: Language) -> Vec<Withheld> {
    let arrived = leaves(received);
    leaves(sent)
        .into_iter()
        .filter_map(|(name, value)| {
            let reason = reason(&name, value, find(&arrived, &name))?;
            Some(Withheld { name, why: reason.words(language).to_owned() })
        })
        .collect()
}

/// Names of withheld leaves whose value nevertheless appears somewhere among the claims received.
///
/// Values of fewer than four characters, and those that also cross legitimately, say nothing and are skipped.
pub fn leaks(sent: &Value, received: &Value) -> Vec<String> {
    let (departed, arrived) = (leaves(sent), leaves(received));
    let crossed: Vec<&Value> = departed
        .iter()
        .filter(|(name, value)| arrives(&arrived, name, value))
        .map(|(_, value)| *value)
        .collect();
    departed
        .iter()
        .filter(|(name, value)| {
            let Some(text) = value.as_str() else { return false };
            Reason::of(name) != Reason::OwnLeg
                && text.chars().count() >= 4
                && !crossed.contains(value)
                && arrived.iter().any(|(_, other)| holds(other, text))
        })
        .map(|(name, _)| name.clone())
        .collect()
}

/// The document behind `/last.json`.
pub fn report(exchange: Option<&Exchange>, language: Language) -> Value {
    match exchange {
        Some(Exchange { sent, received }) => {
            json!({"sent": sent, "received": received, "withheld": withheld(sent, received, language)})
        }
        None => json!({"sent": null, "received": null, "withheld": []}),
    }
}

pub(crate) fn find<'a>(leaves: &[Leaf<'a>], name: &str) -> Option<&'a Value> {
    leaves.iter().find(|(other, _)| other == name).map(|(_, value)| *value)
}

fn arrives(arrived: &[Leaf<'_>], name: &str, value: &Value) -> bool {
    find(arrived, name).is_some_and(|other| same(value, other))
}

fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(other) => other.contains(text),
        Value::Array(items) => items.iter().any(|item| holds(item, text)),
        _ => false,
    }
}

/// Lists are compared as sets: the order of roles means nothing.
fn same(sent: &Value, received: &Value) -> bool {
    match (sent, received) {
        (Value::Array(sent), Value::Array(received)) => {
            sent.iter().all(|item| received.contains(item)) && received.iter().all(|item| sent.contains(item))
        }
        _ => sent == received,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIM: &str = "https://purl.imsglobal.org/spec/lti/claim/";

    fn why(sent: &Value, received: &Value) -> Vec<(String, String)> {
        withheld(sent, received, Language::English).into_iter().map(|one| (one.name, one.why)).collect()
    }

    #[test]
    fn each_kind_of_claim_has_its_reason() {
        let sent = json!({
            "sub": "7", "iss": "ent", "aud": "a", "exp": 1, "name": "Nina", "email": "n@e.example", "locale": "fr",
            format!("{CLAIM}context"): {"id": "c", "title": "6A"},
            format!("{CLAIM}lis"): {"person_sourcedid": "9"},
            format!("{CLAIM}custom"): {"uai": "0750001U"},
            "https://vendor.example/x": true,
        });
        let received = json!({
            "sub": "abc", "iss": "broker", "exp": 2, "locale": "fr", format!("{CLAIM}context"): {"id": "d"},
        });
        let expected = [
            ("sub", Reason::Replaced),
            ("name", Reason::NoAgreement),
            ("email", Reason::Contact),
            ("context.id", Reason::Replaced),
            ("context.title", Reason::FreeText),
            ("lis.person_sourcedid", Reason::NotPart),
            ("custom.uai", Reason::NoAgreement),
            ("https://vendor.example/x", Reason::NotPart),
        ];
        let expected: Vec<(String, String)> = expected
            .map(|(name, reason)| (name.to_owned(), reason.words(Language::English).to_owned()))
            .to_vec();
        assert_eq!(why(&sent, &received), expected);
    }

    #[test]
    fn an_identifier_without_successor_is_not_called_replaced() {
        let sent = json!({"sub": "7"});
        assert_eq!(reason("sub", &json!("7"), None), Some(Reason::Identifier));
        assert!(why(&sent, &sent).is_empty());
    }

    #[test]
    fn the_order_of_roles_means_nothing() {
        let name = format!("{CLAIM}roles");
        let (sent, received) = (json!({&name: ["a", "b"]}), json!({&name: ["b", "a"]}));
        assert!(why(&sent, &received).is_empty());
        assert_eq!(why(&sent, &json!({&name: ["a"]})).len(), 1);
    }

    #[test]
    fn a_value_that_reappears_elsewhere_is_a_leak() {
        let sent = json!({"sub": "user-4711", "locale": "fr", "email": "nina@ent.example"});
        let received = json!({"sub": "abc", "locale": "fr", "custom": {"hint": "for nina@ent.example"}});
        assert_eq!(leaks(&sent, &received), ["email"]);
        assert!(leaks(&sent, &json!({"sub": "abc"})).is_empty());
    }

    #[test]
    fn a_launch_that_never_was_has_an_empty_report() {
        let nothing = report(None, Language::French);
        assert_eq!(nothing, json!({"sent": null, "received": null, "withheld": []}));
    }
}
