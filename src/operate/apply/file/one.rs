//! One record by itself, whose values come from elsewhere than a file: read by the same rules.

use std::collections::BTreeSet;

use schemars::{Schema, SchemaGenerator};
use time::OffsetDateTime;
use toml::Spanned;
use toml::de::DeValue;

use super::at::At;
use super::entries;
use super::notes::Notes;
use super::tables::{
    AgreementTable, EntTable, LtiTable, OrganisationTable, ResourceTable, SchoolTable, SectorTable,
    SubscriptionTable, ToolTable,
};
use super::{Reading, ents, licences, publishers};
use crate::operate::apply::mistake::Located;
use crate::operate::apply::record::{Record, RecordKind};

/// A table with its values numbered from 0, the table itself first.
pub struct TableOf<'d> {
    /// The kind of record, one of [`RecordKind::OBJECTS`].
    pub kind: RecordKind,
    /// The table.
    pub table: Spanned<DeValue<'d>>,
    /// How many values it has, and how many were put in where they were missing.
    pub values: usize,
    /// The values that stand where one was missing, each with its name.
    pub missing: Vec<(usize, &'static str)>,
    /// The ENT of a connection.
    pub ent: Option<String>,
}

/// Reads one record. Mistakes have the number of their value, plus one, as line.
pub fn one(given: TableOf<'_>, now: OffsetDateTime) -> Reading<'static> {
    let mut notes = Notes::of_values(given.values);
    for (value, name) in &given.missing {
        notes.last_at(*value, format!("`{name}` is missing"));
    }
    let record = record(given, now, &mut notes);
    let (mistakes, _) = notes.close();
    let records = record.map(|value| Located { line: 1, value }).into_iter().collect();
    Reading { records, mentioned: BTreeSet::new(), mistakes }
}

fn record(given: TableOf<'_>, now: OffsetDateTime, notes: &mut Notes<'_>) -> Option<Record> {
    let TableOf { kind, table, ent, .. } = given;
    let title = kind.as_str();
    match kind {
        RecordKind::Ent => {
            let table: At<EntTable> = entries::one(table, title, notes)?;
            ents::ent(&table.value, notes).map(Record::Ent)
        }
        RecordKind::LtiPlatform => {
            let table: At<LtiTable> = entries::one(table, title, notes)?;
            ents::platform(&table, &ent.unwrap_or_default(), notes).map(Record::LtiPlatform)
        }
        RecordKind::School => {
            let table: At<SchoolTable> = entries::one(table, title, notes)?;
            ents::school(&table.value, notes).map(Record::School)
        }
        RecordKind::Organisation => {
            let table: At<OrganisationTable> = entries::one(table, title, notes)?;
            publishers::organisation(&table.value, notes).map(Record::Organisation)
        }
        RecordKind::Sector => {
            let table: At<SectorTable> = entries::one(table, title, notes)?;
            publishers::sector(&table.value, notes).map(Record::Sector)
        }
        RecordKind::Tool => {
            let table: At<ToolTable> = entries::one(table, title, notes)?;
            publishers::tool(&table.value, notes).map(Record::Tool)
        }
        RecordKind::Resource => {
            let table: At<ResourceTable> = entries::one(table, title, notes)?;
            publishers::resource(&table, notes).map(Record::Resource)
        }
        RecordKind::Agreement => {
            let table: At<AgreementTable> = entries::one(table, title, notes)?;
            publishers::agreement(&table.value, notes).map(Record::Agreement)
        }
        RecordKind::Subscription => {
            let table: At<SubscriptionTable> = entries::one(table, title, notes)?;
            licences::subscription(&table, now, notes).map(Record::Subscription)
        }
        RecordKind::Person | RecordKind::Assignment => None,
    }
}

/// The JSON schema of the table of a kind.
pub fn table_schema(kind: RecordKind, generator: &mut SchemaGenerator) -> Schema {
    match kind {
        RecordKind::Ent => generator.subschema_for::<EntTable>(),
        RecordKind::LtiPlatform => generator.subschema_for::<LtiTable>(),
        RecordKind::School => generator.subschema_for::<SchoolTable>(),
        RecordKind::Organisation => generator.subschema_for::<OrganisationTable>(),
        RecordKind::Sector => generator.subschema_for::<SectorTable>(),
        RecordKind::Tool => generator.subschema_for::<ToolTable>(),
        RecordKind::Resource => generator.subschema_for::<ResourceTable>(),
        RecordKind::Agreement => generator.subschema_for::<AgreementTable>(),
        RecordKind::Subscription => generator.subschema_for::<SubscriptionTable>(),
        RecordKind::Person | RecordKind::Assignment => Schema::default(),
    }
}
