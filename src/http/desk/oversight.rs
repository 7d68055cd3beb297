//! What operators look after: the federation, agreements that wait, the health of the service, and one launch.

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::State;
use axum::response::Response;
use boundary::{Fault, LaunchId};

use super::read::{Reading, Unread};
use super::{Desk, broken};
use crate::access::Oversight;
use crate::http::answer;
use crate::operate::doctor::{Finding, Mender, Severity};
use crate::operate::records::{self, Asked, Record, RecordKind, Sight};
use crate::operate::trace::{Outcome, Trace};
use crate::pages::{Act, Cell, Find, Head, OversightWords, Place, Registry, Sheet, Table, day_of};

/// How many of each kind a page shows.
const MANY: u32 = 20;

/// What looks after the service itself.
#[async_trait]
pub trait Health: Send + Sync {
    /// What there is to know, what matters most first.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    async fn examine(&self) -> Result<Vec<Finding>, Fault>;

    /// What became of a launch, in the words of a registry of refusals.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    async fn trace(&self, launch: &LaunchId, registry: &Registry) -> Result<Option<Trace>, Fault>;
}

/// ENTs, organisations, tools and resources.
pub(super) async fn federation(
    State(room): State<Arc<Desk>>,
    _: Oversight,
    reading: Reading,
) -> Result<Response, Unread> {
    let words = &room.pages.desk_words(reading.language).oversight;
    let query = reading.field("q").trim().to_owned();
    let mut tables = Vec::new();
    for (kind, title) in [
        (RecordKind::Ent, &words.ents),
        (RecordKind::Organisation, &words.organisations),
        (RecordKind::Tool, &words.tools),
        (RecordKind::Resource, &words.resources),
    ] {
        tables.push(table(&room, words, kind, title, &query, reading.field(kind.as_str())).await?);
    }
    let find = Find {
        action: "/console/federation".to_owned(),
        fields: vec![("q", words.find.clone(), query)],
        button: words.search.clone(),
        ..Find::default()
    };
    let sheet = Sheet { title: words.federation.clone(), find: Some(find), tables, ..Sheet::default() };
    Ok(answer::page(room.pages.sheet(&reading.reader(Place::Oversight("/console/federation")), 200, &sheet)))
}

async fn table(
    room: &Desk,
    words: &OversightWords,
    kind: RecordKind,
    title: &str,
    query: &str,
    after: &str,
) -> Result<Table, Unread> {
    let asked = Asked {
        kind,
        about: Vec::new(),
        words: (!query.is_empty()).then(|| query.to_owned()),
        after: after.to_owned(),
        limit: MANY,
    };
    let found = records::list(&*room.store, &Sight::Everything, &asked).await.map_err(broken)?;
    let rows: Vec<_> = found.records.iter().map(|found| row(&found.stored.record)).collect();
    let acts = found.next.map(|next| {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("q", query).append_pair(kind.as_str(), &next);
        let to = format!("/console/federation?{}", form.finish());
        Act { to, words: words.more.clone(), ..Act::default() }
    });
    Ok(Table {
        title: title.to_owned(),
        words: if rows.is_empty() { words.none.clone() } else { String::new() },
        heads: vec![Head::of(&words.name), Head::of(&words.id)],
        rows,
        acts: acts.into_iter().collect(),
    })
}

fn row(record: &Record) -> Vec<Cell> {
    let id = record.id();
    let name = match record {
        Record::Ent(ent) => ent.name.clone(),
        Record::Organisation(organisation) => organisation.name.clone(),
        Record::Resource(resource) => resource.title.clone(),
        Record::Tool(tool) => format!("{} ({})", tool.id, tool.sector),
        _ => id.clone(),
    };
    vec![Cell::of(name), Cell::of(id)]
}

/// What the service finds about itself.
pub(super) async fn health(
    State(room): State<Arc<Desk>>,
    _: Oversight,
    reading: Reading,
) -> Result<Response, Unread> {
    let words = &room.pages.desk_words(reading.language).oversight;
    let found = room.health.examine().await.map_err(broken)?;
    let rows: Vec<_> = found.iter().map(|finding| finding_row(words, finding)).collect();
    let table = Table {
        title: words.health.clone(),
        words: if rows.is_empty() { words.healthy.clone() } else { String::new() },
        heads: [&words.what, &words.matters, &words.who, &words.mend].map(|head| Head::of(head)).into(),
        rows,
        ..Table::default()
    };
    let (title, sub) = (words.health.clone(), words.health_words.clone());
    let sheet = Sheet { title, sub, tables: vec![table], ..Sheet::default() };
    Ok(answer::page(room.pages.sheet(&reading.reader(Place::Oversight("/console/health")), 200, &sheet)))
}

fn finding_row(words: &OversightWords, finding: &Finding) -> Vec<Cell> {
    let (matters, tag) = match finding.severity {
        Severity::Broken => (&words.broken, "late"),
        Severity::Warning => (&words.warning, "late"),
        Severity::Note => (&words.note, "over"),
    };
    let who = match finding.mends {
        Mender::Operator => &words.operator,
        Mender::Ent => &words.ent,
        Mender::Publisher => &words.publisher,
        Mender::School => &words.school,
    };
    vec![Cell::english(&finding.what), Cell::tag(matters, tag), Cell::of(who), Cell::english(&finding.mend)]
}

/// What became of a launch, by the number on its page.
pub(super) async fn launches(
    State(room): State<Arc<Desk>>,
    _: Oversight,
    reading: Reading,
) -> Result<Response, Unread> {
    let words = &room.pages.desk_words(reading.language).oversight;
    let asked = reading.field("launch").trim().to_owned();
    let mut sheet = Sheet {
        title: words.launch.clone(),
        sub: words.launch_words.clone(),
        find: Some(Find {
            action: "/console/launches".to_owned(),
            fields: vec![("launch", words.launch_id.clone(), asked.clone())],
            button: words.search.clone(),
            ..Find::default()
        }),
        ..Sheet::default()
    };
    if !asked.is_empty() {
        let found = match LaunchId::parse(&asked) {
            Ok(launch) => room.health.trace(&launch, room.pages.refusals()).await.map_err(broken)?,
            Err(_) => None,
        };
        match found {
            Some(trace) => sheet.tables = traced(words, &reading, &trace),
            None => sheet.error = Some(words.launch_none.clone()),
        }
    }
    Ok(answer::page(room.pages.sheet(&reading.reader(Place::Oversight("/console/launches")), 200, &sheet)))
}

fn traced(words: &OversightWords, reading: &Reading, trace: &Trace) -> Vec<Table> {
    let outcome = match trace.outcome {
        Outcome::Delivered => &words.delivered,
        Outcome::Refused => &words.refused,
        Outcome::Fault => &words.fault,
    };
    let at = trace.at;
    let when = format!(
        "{} {:02}:{:02}:{:02} UTC",
        day_of(reading.language, at),
        at.hour(),
        at.minute(),
        at.second()
    );
    let mut facts = vec![(words.launch_at.clone(), when), (words.launch_outcome.clone(), outcome.clone())];
    facts.extend(trace.known.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let mut rows: Vec<Vec<Cell>> =
        facts.into_iter().map(|(name, value)| vec![Cell::of(name), Cell::of(value)]).collect();
    if let Some(meaning) = &trace.meaning {
        rows.push(vec![Cell::of(&words.meaning), Cell::english(&meaning.meaning)]);
    }
    let facts = Table {
        title: trace.launch.as_str().to_owned(),
        heads: vec![Head::of(&words.what), Head::of(&words.result)],
        rows,
        ..Table::default()
    };
    let checks = trace.checks.iter().map(|check| {
        let (result, tag) = if check.passed { (&words.passed, "") } else { (&words.failed, "late") };
        vec![Cell::of(&check.name), Cell::of(format!("{:?}", check.hop)), Cell::tag(result, tag)]
    });
    let checks = Table {
        title: words.checks.clone(),
        heads: [&words.check, &words.hop, &words.result].map(|head| Head::of(head)).into(),
        rows: checks.collect(),
        ..Table::default()
    };
    vec![facts, checks]
}
