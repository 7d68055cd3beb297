//! How a record is shown: the members of its table in a federation file, and what only we say of it.

use std::collections::BTreeMap;

use boundary::registration::{Deployment, KeySource, LtiPlatform};
use boundary::{Agreement, AgreementLine, Pool, paris_date, paris_midnight};
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::store::RevisedRecord;
use crate::directory::{School, Tool};
use crate::licensing::{Coverage, Subscription};
use crate::operate::apply::file::table_schema;
use crate::operate::apply::{self, Record, RecordKind};

/// The JSON schema of what is sent to put a record there.
pub fn schema_of(kind: RecordKind, generator: &mut SchemaGenerator) -> Schema {
    table_schema(kind, generator)
}

/// Takes null out of a schema and of all under it: what may be absent is absent.
pub fn without_null(schema: &mut Value) {
    if let Ok(schema) = <&mut Schema>::try_from(schema) {
        RecursiveTransform(apply::schema::without_null).transform(schema);
    }
}

/// A record in the form in which it is sent, with `managed_by` and `revision`.
#[must_use]
pub fn shown(record: &RevisedRecord) -> Value {
    let mut members = members(&record.stored.record);
    members.insert("managed_by".to_owned(), Value::from(record.stored.managed_by.as_str()));
    members.insert("revision".to_owned(), Value::from(record.revision));
    Value::Object(members)
}

fn members(record: &Record) -> Map<String, Value> {
    let value = match record {
        Record::Ent(ent) => written(ent),
        Record::Organisation(organisation) => written(organisation),
        Record::Sector(sector) => written(sector),
        Record::Resource(resource) => written(resource),
        Record::School(school) => of_school(school),
        Record::LtiPlatform(platform) => of_platform(platform),
        Record::Tool(tool) => of_tool(tool),
        Record::Agreement(agreement) => of_agreement(agreement),
        Record::Subscription(subscription) => of_subscription(subscription),
        // They have lists of their own.
        Record::Person(_) | Record::Assignment(_) => Value::Null,
    };
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn written(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn of_school(school: &School) -> Value {
    let mut value = written(school);
    if let Value::Object(members) = &mut value {
        members.entry("ents").or_insert_with(|| json!([]));
    }
    value
}

fn of_platform(platform: &LtiPlatform) -> Value {
    let mut value = written(platform);
    if let Value::Object(members) = &mut value {
        members.remove("ent");
        members.remove("keys");
        let (name, keys) = key_source(&platform.keys);
        members.insert(name.to_owned(), keys);
        // The name alone is stored.
        if let Some(claim) = &platform.school_claim {
            members.insert("school_claim".to_owned(), Value::from(format!("custom.{claim}")));
        }
        let deployments = platform.deployments.iter().map(deployment).collect();
        members.insert("deployments".to_owned(), Value::Array(deployments));
    }
    value
}

fn deployment(deployment: &Deployment) -> Value {
    if deployment.schools.is_empty() { Value::from(deployment.id.as_str()) } else { written(deployment) }
}

fn key_source(keys: &KeySource) -> (&'static str, Value) {
    match keys {
        KeySource::JwksUri(url) => ("jwks_uri", Value::from(url.as_str())),
        KeySource::Jwks(set) => ("jwks", Value::from(set.as_str())),
        KeySource::Pem(pem) => ("pem", Value::from(pem.as_str())),
    }
}

fn of_tool(tool: &Tool) -> Value {
    let mut lti = written(&tool.lti);
    if let Value::Object(members) = &mut lti {
        for once in ["tool", "sector", "keys"] {
            members.remove(once);
        }
        if let Some(keys) = &tool.lti.keys {
            let (name, keys) = key_source(keys);
            members.insert(name.to_owned(), keys);
        }
    }
    json!({ "id": tool.id.as_str(), "sector": tool.sector.as_str(), "protocol": "lti", "lti": lti })
}

fn of_agreement(agreement: &Agreement) -> Value {
    let attributes: Vec<Value> =
        agreement.attributes.iter().map(|line: &AgreementLine| written(line)).collect();
    json!({ "resource": agreement.resource.as_str(), "attributes": attributes })
}

fn of_subscription(subscription: &Subscription) -> Value {
    let Value::Object(stored) = written(subscription) else { return Value::Null };
    let member = |(name, value): (String, Value)| match name.as_str() {
        "coverage" => match &subscription.coverage {
            Coverage::Schools(schools) => ("schools".to_owned(), written(schools)),
            Coverage::Nature(code) => ("nature".to_owned(), Value::from(code.as_str())),
        },
        "from" => (name, from(subscription.from)),
        "until" => (name, until(subscription.until)),
        "seats" => (name, seats(&subscription.seats)),
        _ => (name, value),
    };
    Value::Object(stored.into_iter().map(member).collect())
}

/// A day where it is the first moment of one, as files have it.
fn from(moment: OffsetDateTime) -> Value {
    let day = paris_date(moment);
    if paris_midnight(day) == moment { Value::from(day.to_string()) } else { at(moment) }
}

/// The last day where it is the first moment after one.
fn until(moment: OffsetDateTime) -> Value {
    let day = paris_date(moment);
    let before = day.previous_day().filter(|_| paris_midnight(day) == moment);
    before.map_or_else(|| at(moment), |day| Value::from(day.to_string()))
}

fn at(moment: OffsetDateTime) -> Value {
    Value::from(moment.format(&Rfc3339).unwrap_or_default())
}

fn seats(seats: &BTreeMap<Pool, Option<u32>>) -> Value {
    let count = |count: &Option<u32>| count.map_or_else(|| Value::from("unlimited"), Value::from);
    if let Some(all) = seats.get(&Pool::All) {
        return count(all);
    }
    Value::Object(seats.iter().map(|(pool, seats)| (pool.as_str().to_owned(), count(seats))).collect())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::operate::apply::file::one;
    use crate::operate::apply::{ManagedBy, StoredRecord, parse};
    use crate::operate::records::document::Document;

    #[test]
    fn what_is_shown_may_be_sent_back_and_says_the_same() {
        let now = datetime!(2026-11-24 12:00 UTC);
        let more = "\n[[agreement]]\nresource = \"ark:/99999/demo-atlas\"\nattributes = [{ name = \"DIV\", purpose = \"p\" }]\n";
        let demo = include_str!("../../demo/federation.toml");
        let text = if demo.contains("[[agreement]]") { demo.to_owned() } else { format!("{demo}{more}") };
        let records = parse("federation.toml", &text, now).unwrap();
        let mut kinds = std::collections::BTreeSet::new();
        for record in records.into_iter().map(|located| located.value) {
            if !RecordKind::OBJECTS.contains(&record.kind()) {
                continue;
            }
            kinds.insert(record.kind());
            let stored =
                StoredRecord { record: record.clone(), managed_by: ManagedBy::Api, withdrawn: false };
            let shown = shown(&RevisedRecord { stored, revision: 7 });
            let mut document = Document::read(shown.to_string().as_bytes()).unwrap();
            document.without_approvals();
            let mut record = record;
            if let Record::Agreement(agreement) = &mut record {
                // Who sends an agreement does not say who approved it.
                for line in &mut agreement.attributes {
                    (line.approved_by, line.approved_on) = (None, None);
                }
            }
            let ent = super::super::ent_of(&record).map(ToString::to_string);
            let read = one(document.table(record.kind(), ent.as_deref()), now);
            let found =
                read.mistakes.or_else(read.records).unwrap_or_else(|wrong| panic!("{shown}: {wrong:?}"));
            assert!(found.len() == 1 && found[0].value == record, "{shown}");
        }
        assert_eq!(kinds.len(), RecordKind::OBJECTS.len(), "every kind is tried");
    }
}
