//! What a publisher's manager reads: their tools and resources, and where their agreements stand.

use std::sync::Arc;

use axum::response::Response;
use boundary::OrganisationId;

use super::read::{Reading, Unread};
use super::{Desk, broken};
use crate::http::answer;
use crate::operate::records::{self, Asked, Record, RecordKind, Sight};
use crate::pages::{Cell, Head, OversightWords, Place, Sheet, Table};

/// How many of each kind the page shows.
const MANY: u32 = 200;

/// A publisher's first page.
pub(super) async fn page(
    room: &Arc<Desk>,
    reading: &Reading,
    own: &OrganisationId,
) -> Result<Response, Unread> {
    let words = &room.pages.desk_words(reading.language).oversight;
    let sight = Sight::Organisations(vec![own.clone()]);
    let mut tables = Vec::new();
    for (kind, title, heads) in [
        (RecordKind::Resource, &words.resources, [&words.title, &words.id]),
        (RecordKind::Agreement, &words.agreed, [&words.resource, &words.approved]),
        (RecordKind::Tool, &words.tools, [&words.id, &words.sector]),
    ] {
        let asked = Asked { kind, about: Vec::new(), words: None, after: String::new(), limit: MANY };
        let found = records::list(&*room.store, &sight, &asked).await.map_err(broken)?;
        let rows: Vec<_> = found.records.iter().map(|found| row(words, &found.stored.record)).collect();
        tables.push(Table {
            title: title.clone(),
            words: if rows.is_empty() { words.none.clone() } else { String::new() },
            heads: heads.map(|head| Head::of(head)).into(),
            rows,
            ..Table::default()
        });
    }
    let sheet =
        Sheet { title: own.to_string(), sub: words.publisher_words.clone(), tables, ..Sheet::default() };
    Ok(answer::page(room.pages.sheet(&reading.reader(Place::Oversight("/console")), 200, &sheet)))
}

fn row(words: &OversightWords, record: &Record) -> Vec<Cell> {
    match record {
        Record::Resource(resource) => vec![Cell::of(&resource.title), Cell::of(resource.ark.to_string())],
        Record::Tool(tool) => vec![Cell::of(tool.id.to_string()), Cell::of(tool.sector.to_string())],
        Record::Agreement(agreement) => {
            let all = agreement.attributes.len();
            let approved = agreement.attributes.iter().filter(|line| line.approved_by.is_some()).count();
            let count = words.approved_of.replace("{approved}", &approved.to_string());
            let count = count.replace("{all}", &all.to_string());
            vec![Cell::of(agreement.resource.to_string()), Cell::of(count)]
        }
        other => vec![Cell::of(other.id())],
    }
}
