//! The processing register (GDPR article 30): which publisher is given what, for which resource and what for, since when, and
//! of how many people. For the data protection officer, to be read, printed, or taken as a table.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use boundary::{AgreementLine, Ark, SectorId, ToolId, paris_date};
use serde_json::{Value, json};

use super::erase::record;
use super::read::{Reading, Unread};
use super::{Desk, broken};
use crate::access::Dpo;
use crate::http::answer;
use crate::http::api::export::{Form, List};
use crate::operate::records::{self, Asked, Record, RecordKind, Sight};
use crate::operate::statistics::{FEWEST, Period};
use crate::pages::{Act, Cell, Head, Place, REGISTER, RegisterWords, Sheet, Table};

/// How many objects are read at a time.
const SLICE: u32 = 200;
/// The table that is taken away.
const COLUMNS: List = List {
    name: "register",
    columns: &[
        "publisher",
        "sector",
        "resource",
        "title",
        "attribute",
        "purpose",
        "approved_on",
        "month",
        "users",
    ],
};

/// One resource in the register.
struct Entry {
    publisher: String,
    sector: String,
    title: String,
    resource: Ark,
    /// What was agreed about it.
    agreed: Vec<AgreementLine>,
    /// Of how many people in the month, at all schools; nothing where they are few.
    users: Option<u64>,
}

/// The register.
pub(super) async fn page(
    State(room): State<Arc<Desk>>,
    _: Dpo,
    reading: Reading,
) -> Result<Response, Unread> {
    let words = &room.pages.desk_words(reading.language).register;
    let month = month(&room);
    let mut publishers: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in entries(&room, &month).await? {
        publishers.entry(entry.publisher.clone()).or_default().push(entry);
    }
    let mut tables: Vec<Table> =
        publishers.iter().map(|(publisher, entries)| table(words, publisher, entries, &month)).collect();
    if let Some(last) = tables.last_mut() {
        let to = format!("{REGISTER}/table");
        last.acts.push(Act { to, words: words.export.clone(), ..Act::default() });
    }
    let sub = if tables.is_empty() { words.nothing.clone() } else { words.words.clone() };
    let sheet = Sheet { title: words.title.clone(), sub, tables, ..Sheet::default() };
    Ok(answer::page(room.pages.sheet(&reading.reader(Place::Privacy(REGISTER)), 200, &sheet)))
}

/// The register as a table for a spreadsheet.
pub(super) async fn whole(State(room): State<Arc<Desk>>, _: Dpo) -> Result<Response, Unread> {
    let month = month(&room);
    let entries = entries(&room, &month).await?;
    let rows: Vec<Value> = entries.iter().flat_map(|entry| lines(entry, &month)).collect();
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (CONTENT_DISPOSITION, "attachment; filename=\"passerelle-registre.csv\""),
    ];
    Ok((headers, COLUMNS.slice(Form::Csv, &rows, true)).into_response())
}

/// The month that people are counted in: the last that is over.
fn month(room: &Desk) -> String {
    let first = paris_date(room.clock.now()).replace_day(1).ok();
    first
        .and_then(|day| day.previous_day())
        .map_or_else(String::new, |day| Period { from: day, until: day }.last_month())
}

/// Every resource that can be opened, whether or not anything is agreed about it: it is given a pseudonym and a profile.
async fn entries(room: &Desk, month: &str) -> Result<Vec<Entry>, Unread> {
    let mut known = Known {
        users: room.store.users_everywhere(month).await.map_err(broken)?.into_iter().collect(),
        ..Known::default()
    };
    for record in all(room, RecordKind::Agreement).await? {
        if let Record::Agreement(agreement) = record {
            known.agreements.insert(agreement.resource.clone(), agreement.attributes);
        }
    }
    let mut entries = Vec::new();
    for record in all(room, RecordKind::Resource).await? {
        if let Record::Resource(resource) = record {
            let sector = sector_of(room, &resource.tool).await?;
            let publisher = known.publisher(room, sector.as_ref()).await?;
            entries.push(known.entry((resource.ark, resource.title), sector, publisher));
        }
    }
    Ok(entries)
}

/// What is read once for all resources.
#[derive(Default)]
struct Known {
    users: BTreeMap<String, u64>,
    agreements: BTreeMap<Ark, Vec<AgreementLine>>,
    publishers: BTreeMap<SectorId, String>,
}

/// Every object of a kind that is not withdrawn.
async fn all(room: &Desk, kind: RecordKind) -> Result<Vec<Record>, Unread> {
    let (mut after, mut all) = (String::new(), Vec::new());
    loop {
        let asked = Asked { kind, about: Vec::new(), words: None, after, limit: SLICE };
        let found = records::list(&*room.store, &Sight::Everything, &asked).await.map_err(broken)?;
        let live = found.records.into_iter().filter(|one| !one.stored.withdrawn);
        all.extend(live.map(|one| one.stored.record));
        match found.next {
            Some(next) => after = next,
            None => return Ok(all),
        }
    }
}

impl Known {
    /// The name of the publisher of a sector, read once.
    async fn publisher(&mut self, room: &Desk, sector: Option<&SectorId>) -> Result<String, Unread> {
        let Some(sector) = sector else { return Ok(String::new()) };
        if let Some(name) = self.publishers.get(sector) {
            return Ok(name.clone());
        }
        let name = publisher_of(room, sector).await?;
        self.publishers.insert(sector.clone(), name.clone());
        Ok(name)
    }

    fn entry(
        &mut self,
        (resource, title): (Ark, String),
        sector: Option<SectorId>,
        publisher: String,
    ) -> Entry {
        let users = self.users.get(resource.as_str()).copied();
        Entry {
            publisher,
            sector: sector.map(|sector| sector.to_string()).unwrap_or_default(),
            title,
            agreed: self.agreements.remove(&resource).unwrap_or_default(),
            resource,
            users: users.filter(|users| *users >= FEWEST.unsigned_abs()),
        }
    }
}

/// The sector of a tool.
async fn sector_of(room: &Desk, tool: &ToolId) -> Result<Option<SectorId>, Unread> {
    let tool = room.store.tool(tool).await.map_err(broken)?;
    Ok(tool.map(|tool| tool.value.sector.clone()))
}

/// The name of the publisher of a sector; the sector's own where nobody is registered.
pub(super) async fn publisher_of(room: &Desk, sector: &SectorId) -> Result<String, Unread> {
    let Some(Record::Sector(found)) = record(room, RecordKind::Sector, sector.as_str()).await? else {
        return Ok(sector.to_string());
    };
    match record(room, RecordKind::Organisation, found.organisation.as_str()).await? {
        Some(Record::Organisation(organisation)) => Ok(organisation.name),
        _ => Ok(found.organisation.to_string()),
    }
}

fn table(words: &RegisterWords, publisher: &str, entries: &[Entry], month: &str) -> Table {
    let rows = entries.iter().flat_map(|entry| rows(words, entry)).collect();
    let users = format!("{} {month}", words.users);
    let heads = [&words.resource, &words.attribute, &words.purpose, &words.approved, &users];
    Table {
        title: if publisher.is_empty() { words.nobody.clone() } else { publisher.to_owned() },
        heads: heads.map(|head| Head::of(head)).into(),
        rows,
        ..Table::default()
    }
}

/// A row for what every resource is given, and one for each attribute that was approved.
fn rows(words: &RegisterWords, entry: &Entry) -> Vec<Vec<Cell>> {
    let users = entry.users.map_or_else(|| words.few.clone(), |users| users.to_string());
    let row = |attribute: &str, purpose: &str, since: String| {
        vec![
            Cell::of(&entry.title),
            Cell::of(attribute),
            Cell::of(purpose),
            Cell::of(since),
            Cell::of(users.as_str()),
        ]
    };
    let mut rows = vec![row(&words.floor, &words.floor_purpose, String::new())];
    let approved = entry.agreed.iter().filter(|line| line.approved_by.is_some());
    rows.extend(approved.map(|line| {
        let since = line.approved_on.map(|day| day.to_string()).unwrap_or_default();
        row(line.name.as_str(), &line.purpose, since)
    }));
    rows
}

fn lines(entry: &Entry, month: &str) -> Vec<Value> {
    let line = |attribute: &str, purpose: &str, since: Option<String>| {
        json!({ "publisher": entry.publisher, "sector": entry.sector, "resource": entry.resource.to_string(),
                "title": entry.title, "attribute": attribute, "purpose": purpose, "approved_on": since,
                "month": month, "users": entry.users })
    };
    let mut lines = vec![line("pseudonym", "", None)];
    let approved = entry.agreed.iter().filter(|line| line.approved_by.is_some());
    lines.extend(
        approved.map(|one| line(one.name.as_str(), &one.purpose, one.approved_on.map(|day| day.to_string()))),
    );
    lines
}
