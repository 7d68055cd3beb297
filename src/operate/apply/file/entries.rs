//! From TOML to tables: every unknown key and every value of a wrong type is a mistake of its own.
//!
//! Serde stops at the first error of a table. So each table is read alone, and after an error again without the key
//! that it is about, until nothing more is found.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, Error, ValueDeserializer};

use super::at::At;
use super::notes::Notes;
use super::tables::{EntTable, FederationFile, LtiTable};
use crate::operate::apply::record::RecordKind;

/// How many keys of one table are tried without; more than that is not a slip.
const ROUNDS: usize = 16;

/// Reads the tables of a file; what is wrong is noted.
pub fn read(text: &str, notes: &mut Notes<'_>) -> FederationFile {
    let mut file = FederationFile::default();
    match DeTable::parse(text) {
        Ok(table) => sort(table.into_inner(), &mut file, notes),
        Err(error) => {
            let start = error.span().map_or(0, |span| span.start);
            notes.at(start, format!("this is not TOML: {}", error.message()));
        }
    }
    file
}

fn sort(tables: DeTable<'_>, file: &mut FederationFile, notes: &mut Notes<'_>) {
    for (key, value) in tables {
        match key.get_ref().as_ref() {
            "ent" => file.ent = ents(value, notes),
            "school" => file.school = all(value, "[[school]]", Some((RecordKind::School, "uai")), notes),
            "person" => file.person = all(value, "[[person]]", None, notes),
            "organisation" => {
                file.organisation = all(value, "[[organisation]]", named(RecordKind::Organisation), notes);
            }
            "sector" => file.sector = all(value, "[[sector]]", named(RecordKind::Sector), notes),
            "tool" => file.tool = all(value, "[[tool]]", named(RecordKind::Tool), notes),
            "resource" => {
                file.resource = all(value, "[[resource]]", Some((RecordKind::Resource, "ark")), notes);
            }
            "agreement" => file.agreement = all(value, "[[agreement]]", None, notes),
            "subscription" => {
                file.subscription = all(value, "[[subscription]]", named(RecordKind::Subscription), notes);
            }
            "assignment" => file.assignment = all(value, "[[assignment]]", None, notes),
            other => notes.at(key.span().start, unknown_table(other)),
        }
    }
}

const fn named(kind: RecordKind) -> Option<(RecordKind, &'static str)> {
    Some((kind, "id"))
}

fn unknown_table(key: &str) -> String {
    format!(
        "unknown table `{key}`: a federation file has [[ent]], [[ent.lti]], [[school]], [[person]], \
         [[organisation]], [[sector]], [[tool]], [[resource]], [[agreement]], [[subscription]] and [[assignment]]"
    )
}

/// The tables of an array of tables. `name` is the kind of record and the key that names it, where others refer to it.
fn all<T: DeserializeOwned>(
    value: Spanned<DeValue<'_>>,
    title: &str,
    name: Option<(RecordKind, &str)>,
    notes: &mut Notes<'_>,
) -> Vec<At<T>> {
    elements(value, title, notes)
        .into_iter()
        .filter_map(|element| {
            if let Some((kind, key)) = name {
                mention(&element, kind, key, notes);
            }
            one(element, title, notes)
        })
        .collect()
}

/// An ENT's connections are read apart, so that a mistake in one leaves the others readable.
fn ents(value: Spanned<DeValue<'_>>, notes: &mut Notes<'_>) -> Vec<At<EntTable>> {
    let mut ents = Vec::new();
    for mut element in elements(value, "[[ent]]", notes) {
        mention(&element, RecordKind::Ent, "id", notes);
        let inner = match element.get_mut() {
            DeValue::Table(table) => table.remove("lti"),
            _ => None,
        };
        let lti: Vec<At<LtiTable>> = inner
            .map_or_else(Vec::new, |value| all(value, "[[ent.lti]]", named(RecordKind::LtiPlatform), notes));
        if let Some(mut ent) = one::<EntTable>(element, "[[ent]]", notes) {
            ent.value.lti = lti;
            ents.push(ent);
        }
    }
    ents
}

fn elements<'i>(
    value: Spanned<DeValue<'i>>,
    title: &str,
    notes: &mut Notes<'_>,
) -> Vec<Spanned<DeValue<'i>>> {
    let start = value.span().start;
    match value.into_inner() {
        DeValue::Array(array) => array.into_iter().collect(),
        _ => {
            notes.at(start, format!("there can be many of these: write {title} with two brackets"));
            Vec::new()
        }
    }
}

/// A table that cannot be read still has a name, and what refers to it is no mistake.
fn mention(element: &Spanned<DeValue<'_>>, kind: RecordKind, key: &str, notes: &mut Notes<'_>) {
    let name = element.get_ref().get(key).and_then(|name| name.get_ref().as_str());
    if let Some(name) = name {
        notes.mention(kind, name);
    }
}

/// One table.
pub fn one<T: DeserializeOwned>(
    mut element: Spanned<DeValue<'_>>,
    title: &str,
    notes: &mut Notes<'_>,
) -> Option<At<T>> {
    let start = element.span().start;
    let mut without = BTreeSet::new();
    for _ in 0..ROUNDS {
        let error = match T::deserialize(ValueDeserializer::from(element.clone())) {
            Ok(value) => return without.is_empty().then_some(At { start, value }),
            Err(error) => error,
        };
        let at = error.span().map_or(start, |span| span.start);
        let key = take_out(element.get_mut(), at);
        if !is_of_our_making(&error, &without) {
            notes.at(at, words(&error, key.as_deref().unwrap_or(title)));
        }
        without.insert(key?);
    }
    None
}

/// Takes the innermost key that a byte belongs to out of a value.
fn take_out(value: &mut DeValue<'_>, at: usize) -> Option<String> {
    match value {
        DeValue::Table(table) => {
            let about = table.iter().find(|(key, value)| is_about(key, value, at));
            let key = about.map(|(key, _)| key.get_ref().to_string())?;
            let inner = table.get_mut(key.as_str()).and_then(|value| take_out(value.get_mut(), at));
            inner.or_else(|| table.remove(key.as_str()).map(|_| key))
        }
        DeValue::Array(values) => {
            let inner = values.iter_mut().find(|value| holds(value, at))?;
            take_out(inner.get_mut(), at)
        }
        _ => None,
    }
}

fn is_about(key: &Spanned<DeString<'_>>, value: &Spanned<DeValue<'_>>, at: usize) -> bool {
    key.span().contains(&at) || holds(value, at)
}

/// Whether a byte belongs to a value. The span of a table with a header is the header's, so its keys are asked too.
fn holds(value: &Spanned<DeValue<'_>>, at: usize) -> bool {
    value.span().contains(&at)
        || match value.get_ref() {
            DeValue::Table(table) => table.iter().any(|(key, value)| is_about(key, value, at)),
            DeValue::Array(values) => values.iter().any(|value| holds(value, at)),
            _ => false,
        }
}

/// Whether a key is only missing because it was taken out.
fn is_of_our_making(error: &Error, without: &BTreeSet<String>) -> bool {
    let missing = error.message().strip_prefix("missing field");
    missing.is_some_and(|rest| without.contains(rest.trim_matches([' ', '`'])))
}

/// Serde's words in ours; `place` is the key or the table that they are about.
fn words(error: &Error, place: &str) -> String {
    let message = error.message();
    if let Some(key) = message.strip_prefix("missing field") {
        let key = key.trim_matches([' ', '`']);
        return format!("{place} lacks `{key}`: write {key} = …");
    }
    match message.strip_prefix("unknown field") {
        Some(rest) => format!("unknown key{rest}"),
        None => format!("{place}: {}", message.replacen("unknown variant", "unknown value", 1)),
    }
}
