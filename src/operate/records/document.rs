//! Document: JSON as the tables of a federation file read it, each value with a number and its place.
//!
//! What no table wants to see is refused here: members that stand twice, depth, and more values than a record has.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::Datetime;

use crate::operate::apply::RecordKind;
use crate::operate::apply::file::TableOf;

/// How deep a record may be nested; the deepest is a subscription's count of seats.
const DEPTH: usize = 8;
/// How many values a record may have: a connection may name every school of a country.
const VALUES: usize = 200_000;
/// Members of a record that we say and nobody else.
const OURS: [&str; 2] = ["managed_by", "revision"];

/// A value of a document with its number.
struct Value {
    number: usize,
    form: Form,
}

enum Form {
    Text(String),
    Date(Datetime),
    /// As it is written.
    Number(String),
    Truth(bool),
    List(Vec<Value>),
    Table(Vec<(String, Value)>),
}

/// The JSON of one record.
pub struct Document {
    root: Value,
    /// The place of each value by number, as a JSON pointer in a fragment (RFC 6901 section 6).
    places: Vec<String>,
    missing: Vec<(usize, &'static str)>,
}

/// What stands in for a value that is missing, so that the others are read all the same.
#[derive(Clone, Copy)]
enum StandIn {
    Text(&'static str),
    Date,
    List,
    Table(&'static [(&'static str, Self)]),
}

use StandIn::{Date, List, Table, Text};

/// The members that a table must have.
const fn required(kind: RecordKind) -> &'static [(&'static str, StandIn)] {
    const ANY: StandIn = Text("");
    match kind {
        RecordKind::Ent | RecordKind::Organisation => &[("id", ANY), ("name", ANY)],
        RecordKind::LtiPlatform => &[
            ("id", ANY),
            ("issuer", ANY),
            ("client_id", ANY),
            ("authorization_url", ANY),
            ("namespace", ANY),
        ],
        RecordKind::School => &[("uai", ANY), ("name", ANY), ("town", ANY)],
        RecordKind::Sector => &[("id", ANY), ("organisation", ANY)],
        RecordKind::Tool => {
            const LTI: &[(&str, StandIn)] =
                &[("client_id", ANY), ("login_url", ANY), ("redirect_uris", List), ("target_url", ANY)];
            &[("id", ANY), ("sector", ANY), ("protocol", Text("lti")), ("lti", Table(LTI))]
        }
        RecordKind::Resource => &[("ark", ANY), ("key", ANY), ("title", ANY), ("tool", ANY)],
        RecordKind::Agreement => &[("resource", ANY), ("attributes", List)],
        RecordKind::Subscription => {
            &[("id", ANY), ("resource", ANY), ("from", Date), ("kind", Text("ETABL")), ("audience", List)]
        }
        RecordKind::Person | RecordKind::Assignment => &[],
    }
}

/// The member that names a record of a kind.
pub const fn name_of(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::School => "uai",
        RecordKind::Resource => "ark",
        RecordKind::Agreement => "resource",
        _ => "id",
    }
}

impl Document {
    /// Reads JSON text.
    ///
    /// # Errors
    /// Words that say what is wrong with the text.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        let mut places = Vec::new();
        let mut json = serde_json::Deserializer::from_slice(text);
        let node = Node { places: &mut places, place: "#".to_owned(), depth: 0, key: "" };
        let root = node.deserialize(&mut json).and_then(|root| json.end().map(|()| root));
        match root.map_err(|error| error.to_string())? {
            Some(Value { number, form: Form::Table(mut members) }) => {
                members.retain(|(name, _)| !OURS.contains(&name.as_str()));
                Ok(Self { root: Value { number, form: Form::Table(members) }, places, missing: Vec::new() })
            }
            _ => Err("this is not a JSON object".to_owned()),
        }
    }

    /// The place of a value by number.
    pub fn place(&self, value: usize) -> String {
        self.places.get(value).cloned().unwrap_or_else(|| "#".to_owned())
    }

    /// The place where a text stands, if it stands anywhere.
    pub fn place_of(&self, text: &str) -> Option<String> {
        self.root.find(text).map(|value| self.place(value))
    }

    /// A member's text.
    pub fn text(&self, member: &str) -> Option<&str> {
        match self.root.member(member).map(|value| &value.form) {
            Some(Form::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Says a member that is not there.
    pub fn say(&mut self, member: &str, text: &str) {
        let number = self.places.len();
        self.places.push(format!("#/{member}"));
        if let Form::Table(members) = &mut self.root.form {
            members.push((member.to_owned(), Value { number, form: Form::Text(text.to_owned()) }));
        }
    }

    /// Whether there is a member of this name.
    pub fn has(&self, member: &str) -> bool {
        self.root.member(member).is_some()
    }

    /// Takes out what an agreement's lines say of their approval: only who approves says that.
    pub fn without_approvals(&mut self) {
        let Form::Table(members) = &mut self.root.form else { return };
        let lines = members.iter_mut().find(|(name, _)| name == "attributes");
        let Some(Form::List(lines)) = lines.map(|(_, value)| &mut value.form) else { return };
        for line in lines {
            if let Form::Table(members) = &mut line.form {
                members.retain(|(name, _)| !["approved_by", "approved_on"].contains(&name.as_str()));
            }
        }
    }

    /// Puts stand-ins where something is missing.
    pub fn complete(&mut self, kind: RecordKind) {
        complete(&mut self.root, "#", required(kind), &mut self.places, &mut self.missing);
    }

    /// The table.
    pub fn table(&self, kind: RecordKind, ent: Option<&str>) -> TableOf<'_> {
        TableOf {
            kind,
            table: self.root.borrowed(),
            values: self.places.len(),
            missing: self.missing.clone(),
            ent: ent.map(ToOwned::to_owned),
        }
    }
}

fn complete(
    table: &mut Value,
    place: &str,
    required: &[(&'static str, StandIn)],
    places: &mut Vec<String>,
    missing: &mut Vec<(usize, &'static str)>,
) {
    let Form::Table(members) = &mut table.form else { return };
    for (name, stand_in) in required {
        let inner = format!("{place}/{name}");
        match members.iter_mut().find(|(own, _)| own == name) {
            Some((_, value)) => {
                if let Table(required) = stand_in {
                    complete(value, &inner, required, places, missing);
                }
            }
            None => {
                missing.push((places.len(), name));
                members.push(((*name).to_owned(), stand_in.value(places.len())));
                places.push(inner);
            }
        }
    }
}

impl StandIn {
    /// A value all of which has this number.
    fn value(self, number: usize) -> Value {
        let form = match self {
            Text(text) => Form::Text(text.to_owned()),
            Date => "1970-01-01".parse().map_or(Form::Truth(false), Form::Date),
            List => Form::List(Vec::new()),
            Table(required) => {
                let members = required.iter().map(|(name, inner)| ((*name).to_owned(), inner.value(number)));
                Form::Table(members.collect())
            }
        };
        Value { number, form }
    }
}

impl Value {
    fn member(&self, name: &str) -> Option<&Self> {
        match &self.form {
            Form::Table(members) => members.iter().find(|(own, _)| own == name).map(|(_, value)| value),
            _ => None,
        }
    }

    fn find(&self, text: &str) -> Option<usize> {
        match &self.form {
            Form::Text(own) if own == text => Some(self.number),
            Form::List(values) => values.iter().find_map(|value| value.find(text)),
            Form::Table(members) => members.iter().find_map(|(_, value)| value.find(text)),
            _ => None,
        }
    }

    /// As tables read it.
    fn borrowed(&self) -> Spanned<DeValue<'_>> {
        let span = self.number..self.number + 1;
        let value = match &self.form {
            Form::Text(text) => DeValue::String(Cow::Borrowed(text)),
            Form::Date(date) => DeValue::Datetime(*date),
            Form::Number(text) => {
                let number = DeValue::parse(text).map(Spanned::into_inner);
                number.unwrap_or_else(|_| DeValue::String(Cow::Borrowed(text)))
            }
            Form::Truth(truth) => DeValue::Boolean(*truth),
            Form::List(values) => DeValue::Array(values.iter().map(Self::borrowed).collect()),
            Form::Table(members) => {
                let mut table = DeTable::new();
                for (name, value) in members.iter().map(|(name, value)| (name.as_str(), value.borrowed())) {
                    table.insert(Spanned::new(value.span(), Cow::Borrowed(name)), value);
                }
                DeValue::Table(table)
            }
        };
        Spanned::new(span, value)
    }
}

/// Reads one value; a null is none.
struct Node<'a> {
    places: &'a mut Vec<String>,
    place: String,
    depth: usize,
    key: &'a str,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.depth > DEPTH {
            return Err(D::Error::custom(format!("{} is nested too deep", self.place)));
        }
        if self.places.len() >= VALUES {
            return Err(D::Error::custom("there are too many values"));
        }
        let number = self.places.len();
        self.places.push(self.place.clone());
        let form = deserializer.deserialize_any(self)?;
        Ok(form.map(|form| Value { number, form }))
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Option<Form>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(Form::Truth(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(Form::Number(value.to_string())))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(Form::Number(value.to_string())))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(Form::Number(format!("{value:?}"))))
    }

    /// A date stands in JSON as text.
    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        // PostgreSQL's texts hold no NUL.
        if text.contains('\0') {
            return Err(E::custom(format!("{} has a NUL in it", self.place)));
        }
        let dated = self.depth == 1 && ["from", "until"].contains(&self.key);
        let date = dated.then(|| text.parse::<Datetime>().ok()).flatten();
        Ok(Some(date.map_or_else(|| Form::Text(text.to_owned()), Form::Date)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let place = format!("{}/{}", self.place, list.len());
            let node = Node { places: self.places, place: place.clone(), depth: self.depth + 1, key: "" };
            match values.next_element_seed(node)? {
                None => return Ok(Some(Form::List(list))),
                Some(Some(value)) => list.push(value),
                Some(None) => return Err(A::Error::custom(format!("{place} is null: leave it out"))),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut table = Vec::new();
        let mut seen = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            let place = format!("{}/{}", self.place, escaped(&name));
            if name.contains('\0') || !seen.insert(name.clone()) {
                return Err(A::Error::custom(format!("{place} stands twice, or has a NUL in it")));
            }
            let node = Node { places: self.places, place, depth: self.depth + 1, key: &name };
            if let Some(value) = members.next_value_seed(node)? {
                table.push((name, value));
            }
        }
        Ok(Some(Form::Table(table)))
    }
}

/// A name in a pointer (RFC 6901 sections 3 and 6).
fn escaped(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        match c {
            '~' => text.push_str("~0"),
            '/' => text.push_str("~1"),
            c if c.is_ascii_alphanumeric() || "-._!$&'()*+,;=:@".contains(c) => text.push(c),
            c => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    text.push_str(&format!("%{byte:02X}"));
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use schemars::generate::SchemaSettings;

    use super::*;
    use crate::operate::apply::file::table_schema;

    #[test]
    fn texts_that_are_no_record_are_refused_with_words() {
        for (text, words) in [
            ("[]", "not a JSON object"),
            ("null", "not a JSON object"),
            ("{", "EOF"),
            ("{} x", "trailing"),
            (r#"{"a":1,"a":2}"#, "#/a stands twice"),
            (r#"{"a":[{"b":1,"b":2}]}"#, "#/a/0/b stands twice"),
            (r#"{"a":[null]}"#, "#/a/0 is null"),
            (r#"{"a":"\u0000"}"#, "#/a has a NUL"),
            (r#"{"a":[[[[[[[[[[1]]]]]]]]]]}"#, "nested too deep"),
        ] {
            let error = Document::read(text.as_bytes()).err().unwrap_or_default();
            assert!(error.contains(words), "{text}: {error}");
        }
        let deep = "[".repeat(100_000);
        assert!(Document::read(deep.as_bytes()).is_err());
    }

    #[test]
    fn a_place_is_a_pointer_in_a_fragment() {
        let document = Document::read(br#"{"custom": {"a/b~ \u00e9": "here"}}"#).unwrap();
        assert_eq!(document.place_of("here").unwrap(), "#/custom/a~1b~0%20%C3%A9");
    }

    #[test]
    fn what_a_table_must_have_is_what_its_schema_requires() {
        for kind in RecordKind::OBJECTS {
            let mut generator = SchemaSettings::draft2020_12().into_generator();
            let _ = table_schema(kind, &mut generator);
            let all = generator.take_definitions(true);
            let table = all.values().find(|schema| {
                schema.get("properties").is_some_and(|members| {
                    required(kind).iter().all(|(name, _)| members.get(*name).is_some())
                        && members.get(name_of(kind)).is_some()
                })
            });
            let wanted: Vec<&str> = table.unwrap()["required"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap())
                .collect();
            let own: Vec<&str> = required(kind).iter().map(|(name, _)| *name).collect();
            assert_eq!(own, wanted, "{}", kind.as_str());
        }
    }
}
