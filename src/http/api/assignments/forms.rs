//! The forms of what is said about assignments, for the document.

use serde_json::{Map, Value, json};

use super::super::operation::Form;
use crate::operate::assignments::MOST;

/// An object with these members, each a number, a truth, or of the form that is given.
pub fn object(members: &[(&str, Value)]) -> Form {
    let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    let forms: Map<String, Value> =
        members.iter().map(|(name, form)| ((*name).to_owned(), form.clone())).collect();
    Form::Json(json!({ "type": "object", "required": names, "properties": forms }))
}

/// How many.
pub fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

/// An object of numbers.
pub fn counts(names: &[&'static str]) -> Form {
    object(&names.iter().map(|name| (*name, count())).collect::<Vec<_>>())
}

/// A list.
pub fn items(form: Value) -> Value {
    json!({ "type": "array", "items": form })
}

/// A text.
pub fn text(says: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 255, "description": says })
}

/// Somebody.
pub fn person() -> Value {
    json!({ "ent": "ent-exemple", "namespace": "ent-exemple", "subject": "4f1c" })
}

/// Everybody of a school.
pub fn everyone() -> Value {
    json!({ "everyone": { "school": "0650499P" } })
}

/// Somebody as their ENT names them.
pub fn identity() -> Value {
    json!({ "type": "object", "required": ["ent", "namespace", "subject"], "properties": {
        "ent": text("The ENT, by our id."), "namespace": text("The namespace of its people."),
        "subject": text("The person's key in it.") } })
}

/// To whom something is assigned.
pub fn targets() -> Form {
    let of = |name: &str, form: Value| json!({ "type": "object", "required": [name], "additionalProperties": false, "properties": { name: form } });
    let school = || text("The school's number.");
    let group = json!({ "type": "object", "required": ["school", "status", "code"], "properties": {
        "school": school(), "status": { "type": "string", "enum": ["division", "group"] }, "code": text("Its code."),
        "year": text("The school year; this one when absent.") } });
    let level = json!({ "type": "object", "required": ["school", "level"], "properties": {
        "school": school(), "level": text("The level.") } });
    let all = json!({ "type": "object", "required": ["school"], "properties": { "school": school() } });
    let target = json!({ "oneOf": [of("person", identity()), of("group", group), of("level", level), of("everyone", all)] });
    Form::Json(
        json!({ "type": "object", "required": ["targets"], "additionalProperties": false, "properties": {
        "school": text("The school that is acted for."),
        "targets": { "type": "array", "minItems": 1, "maxItems": MOST, "items": target } } }),
    )
}

/// How many seats a subscription has.
pub fn supply() -> Form {
    let pool = json!({ "type": "object", "required": ["pool", "seats", "used", "free", "by_name", "through_sets"],
        "properties": { "pool": { "type": "string" }, "seats": or_unlimited(), "used": count(), "free": or_unlimited(),
                        "by_name": count(), "through_sets": count() } });
    object(&[
        ("subscription", json!({ "type": "string" })),
        ("needs_assignment", json!({ "type": "boolean" })),
        ("pools", items(pool)),
    ])
}

/// What an assignment would come to.
pub fn preview() -> Form {
    let pool = json!({ "type": "object", "required": ["pool", "seats", "used", "needed"],
        "properties": { "pool": { "type": "string" }, "seats": or_unlimited(), "used": count(), "needed": count() } });
    let wrong = json!({ "type": "object", "required": ["index", "target", "why"],
        "properties": { "index": count(), "target": { "type": "object" }, "why": {} } });
    object(&[
        ("people", count()),
        ("outside", count()),
        ("holding", count()),
        ("needed", count()),
        ("fits", json!({ "type": "boolean" })),
        ("pools", items(pool)),
        ("wrong", items(wrong)),
    ])
}

/// A page of holders.
pub fn holders() -> Form {
    let or_null = |form: &str| json!({ "type": [form, "null"] });
    let holder = json!({ "type": "object",
        "required": ["identities", "school", "profile", "through", "since", "opened", "of_file"],
        "properties": { "identities": items(identity()), "school": or_null("string"), "profile": or_null("string"),
                        "through": { "oneOf": [{ "type": "string", "enum": ["name", "nothing"] }, { "type": "object" }] },
                        "since": { "type": "string", "format": "date-time" },
                        "opened": { "type": ["string", "null"], "format": "date-time" },
                        "of_file": { "type": "boolean" } } });
    let next = json!({ "oneOf": [identity(), { "type": "null" }] });
    object(&[("items", items(holder)), ("next", next)])
}

/// The sets of a subscription.
pub fn sets() -> Form {
    let set = json!({ "type": "object", "required": ["set", "since", "of_file", "people"],
        "properties": { "set": {}, "since": { "type": ["string", "null"], "format": "date-time" },
                        "of_file": { "type": "boolean" }, "people": { "type": ["integer", "null"], "minimum": 0 } } });
    object(&[("items", items(set))])
}

/// A number; null where there is no limit.
fn or_unlimited() -> Value {
    json!({ "type": ["integer", "null"], "minimum": 0 })
}
