//! Every fact has one fate, and the counts are those of the rows.

use serde_json::json;

use super::*;

const CLAIM: &str = "https://purl.imsglobal.org/spec/lti/claim/";

fn compared() -> Comparison {
    let sent = json!({
        "iss": "ent", "sub": "7", "given_name": "Nina", "email": "n@e.example", "vendor": "x",
        format!("{CLAIM}roles"): ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"],
        format!("{CLAIM}tool_platform"): {"name": "ENT", "version": "1"},
        format!("{CLAIM}context"): {"id": "c", "title": "6A"},
    });
    let received = json!({
        "iss": "broker", "sub": "abc", "given_name": "Nina",
        format!("{CLAIM}roles"): ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student"],
        format!("{CLAIM}tool_platform"): {"name": "Passerelle", "version": "1"},
        format!("{CLAIM}context"): {"id": "d"},
        format!("{CLAIM}custom"): {"chapter": "1", "UAI": "0750001U"},
    });
    Comparison::of(&sent, &received, Language::English)
}

#[test]
fn every_fact_has_its_fate_and_its_topic() {
    let compared = compared();
    let fates: Vec<(&str, &str, Verdict)> = compared
        .groups
        .iter()
        .flat_map(|group| group.rows.iter().map(|row| (group.title, row.name.as_str(), row.verdict)))
        .collect();
    let expected = [
        ("You", "sub", Verdict::Pseudonym),
        ("You", "given_name", Verdict::Passed),
        ("You", "roles", Verdict::Rewritten),
        ("You", "email", Verdict::Withheld),
        ("Your school", "custom.UAI", Verdict::Added),
        ("Your school", "tool_platform.name", Verdict::Rewritten),
        ("The course and the link", "context.id", Verdict::Pseudonym),
        ("The course and the link", "context.title", Verdict::Withheld),
        ("The application", "custom.chapter", Verdict::Added),
        ("The application", "vendor", Verdict::Withheld),
    ];
    assert_eq!(fates, expected);
    let technical: Vec<_> = compared.technical.iter().map(|row| (row.name.as_str(), row.verdict)).collect();
    assert_eq!(technical, [("iss", Verdict::Renewed), ("tool_platform.version", Verdict::Rewritten)]);
}

#[test]
fn the_counts_are_those_of_the_rows_for_people() {
    let counts = compared().counts;
    assert_eq!(counts, Counts { passed: 1, pseudonyms: 2, rewritten: 2, withheld: 3, added: 2 });
    assert_eq!((counts.sent(), counts.received()), (8, 5));
}

#[test]
fn what_passes_says_by_which_right() {
    let compared = compared();
    let why = |name: &str| compared.row(name).unwrap().why;
    assert_eq!(why("given_name"), Reason::Agreed.words(Language::English));
    assert_eq!(why("custom.UAI"), Reason::Agreed.words(Language::English));
    assert_eq!(why("custom.chapter"), Reason::Set.words(Language::English));
    let receipt = json!({"https://broker.example/claim/receipt": "e.y.J"});
    let received = Comparison::of(&json!({}), &receipt, Language::English);
    let row = received.row("https://broker.example/claim/receipt").unwrap();
    assert_eq!((row.what, row.why), ("The gateway’s receipt", Reason::Receipt.words(Language::English)));
    let leak = Comparison::of(&json!({"sub": "7"}), &json!({"sub": "7"}), Language::English);
    assert_eq!(leak.row("sub").unwrap().why, Reason::Unexplained.words(Language::English));
}

#[test]
fn values_are_written_for_people_and_cut() {
    let compared = compared();
    let shown = |name: &str| compared.row(name).unwrap().sent.clone().unwrap();
    assert_eq!(shown("roles").text, "instructor of the course");
    assert!(shown("sub").code && !shown("given_name").code);
    let long = Comparison::of(&json!({"email": "é".repeat(200)}), &json!({}), Language::English);
    let text = long.row("email").unwrap().sent.clone().unwrap().text;
    assert_eq!(text.chars().count(), 97);
}
