//! Which fields of a record differ. The order of a list is no difference: no list of a record means an order.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::operate::apply::record::{PersonRecord, PersonSchool, Record};

/// The names of the fields that differ, never their values.
pub fn changed_fields(old: &Record, new: &Record) -> Vec<String> {
    if let (Record::Person(old), Record::Person(new)) = (old, new) {
        let same = affiliations(old) == affiliations(new);
        return if same { Vec::new() } else { vec!["affiliations".to_owned()] };
    }
    let (old, new) = (fields(old), fields(new));
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    let other = new.iter().filter(|(name, value)| old.get(*name) != Some(value)).map(|(name, _)| name);
    other.chain(gone).cloned().collect()
}

fn affiliations(person: &PersonRecord) -> Vec<PersonSchool> {
    let mut all = person.schools.clone();
    for at in &mut all {
        at.groups.sort();
    }
    all.sort_by(|a, b| (&a.school, a.profile, a.year).cmp(&(&b.school, b.profile, b.year)));
    all
}

fn fields(record: &Record) -> Map<String, Value> {
    match record {
        Record::Ent(ent) => of(ent),
        Record::LtiPlatform(platform) => of(platform),
        Record::School(school) => of(school),
        Record::Organisation(organisation) => of(organisation),
        Record::Sector(sector) => of(sector),
        Record::Tool(tool) => of(&tool.lti),
        Record::Resource(resource) => of(resource),
        Record::Agreement(agreement) => of(agreement),
        Record::Subscription(subscription) => of(subscription),
        // A person is compared above; an assignment is nothing but its id.
        Record::Person(_) | Record::Assignment(_) => Map::new(),
    }
}

fn of(document: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(document) {
        Ok(Value::Object(fields)) => fields.into_iter().map(|(name, value)| (name, sorted(value))).collect(),
        _ => Map::new(),
    }
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(values) => {
            let mut values: Vec<Value> = values.into_iter().map(sorted).collect();
            values.sort_by_cached_key(Value::to_string);
            Value::Array(values)
        }
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, sorted(value))).collect(),
        other => other,
    }
}
