//! Erasing a person, for the data protection officer: first what will go, then, once they have said that they understand, the
//! erasure; and how publishers' notices stand.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use boundary::Fields;

use super::person::{NAMES, identity, told};
use super::read::{Reading, Unread, done};
use super::{Desk, broken};
use crate::access::Dpo;
use crate::http::answer;
use crate::http::console::Posted;
use crate::operate::erasure::{ErasureError, NoticesOfSector};
use crate::operate::records::{self, Record, RecordError, RecordKind, Sight};
use crate::operate::subject::{IdentityHeld, Report};
use crate::pages::{Ask, Cell, Done, ERASURES, EraseWords, Head, PERSON, Place, Sheet, Table};

/// What an erasure would take.
pub(super) async fn look(
    State(room): State<Arc<Desk>>,
    dpo: Dpo,
    reading: Reading,
    Posted(fields): Posted,
) -> Result<Response, Unread> {
    let report = told(&room, &dpo, &fields).await?.ok_or_else(|| reading.absent())?;
    let words = &room.pages.desk_words(reading.language).erase;
    Ok(shown(&room, &reading, &asking(words, &fields, &report)))
}

/// Erases, once whoever asks has said that they understand.
pub(super) async fn erase(
    State(room): State<Arc<Desk>>,
    dpo: Dpo,
    reading: Reading,
    Posted(fields): Posted,
) -> Result<Response, Unread> {
    let who = identity(&fields).ok_or_else(|| reading.absent())?;
    let words = &room.pages.desk_words(reading.language).erase;
    if fields.one("understood").ok().flatten() != Some("yes") {
        let report = told(&room, &dpo, &fields).await?.ok_or_else(|| reading.absent())?;
        let ask = Ask { error: Some(words.hesitant.clone()), ..asking(words, &fields, &report) };
        return Ok(shown(&room, &reading, &ask));
    }
    match room.erasures.erase(&who, &dpo.actor()).await {
        Ok(_) => Ok(done(ERASURES, Done::Erased)),
        Err(error) => Ok(shown(&room, &reading, &failed(words, &error))),
    }
}

fn shown(room: &Desk, reading: &Reading, ask: &Ask) -> Response {
    answer::page(room.pages.ask(&reading.reader(Place::Privacy(PERSON)), ask))
}

fn asking(words: &EraseWords, fields: &Fields, report: &Report) -> Ask {
    let held = &report.held;
    let count = |words: &str, count: usize| words.replace("{count}", &count.to_string());
    let value = |name: &'static str| (name, fields.one(name).ok().flatten().unwrap_or_default().to_owned());
    Ask {
        title: words.title.clone(),
        about: held.identities.iter().map(named).collect::<Vec<_>>().join(", "),
        lines: vec![
            count(&words.identities, held.identities.len()),
            count(&words.schools, held.schools.len()),
            count(&words.seats, held.seats.len()),
            count(&words.publishers, held.known_to.len()),
            words.journal.clone(),
            words.returns.clone(),
        ],
        possible: true,
        action: format!("{PERSON}/erase"),
        fields: NAMES.map(value).into(),
        understood: Some(words.understood.clone()),
        button: words.button.clone(),
        grave: true,
        back: PERSON.to_owned(),
        ..Ask::default()
    }
}

fn named(one: &IdentityHeld) -> String {
    format!("{} / {} / {}", one.ent, one.namespace, one.subject)
}

/// What the reader is told; the operator is told the rest, and never who was meant.
fn failed(words: &EraseWords, error: &ErasureError) -> Ask {
    let told = match error {
        ErasureError::Unknown(_) => &words.unknown,
        ErasureError::Unsure(_) => &words.unsure,
        _ => &words.failed,
    };
    if !matches!(error, ErasureError::Unknown(_)) {
        tracing::error!(%error, "an erasure from the console did not come about");
    }
    let (title, error, back) = (words.title.clone(), Some(told.clone()), PERSON.to_owned());
    Ask { title, error, back, ..Ask::default() }
}

/// How the notices of every sector stand.
pub(super) async fn notices(
    State(room): State<Arc<Desk>>,
    _: Dpo,
    reading: Reading,
) -> Result<Response, Unread> {
    let words = &room.pages.desk_words(reading.language).erase;
    let mut rows = Vec::new();
    for one in room.erasures.notices_by_sector().await.map_err(broken)? {
        rows.push(row(&room, &one).await?);
    }
    let table = Table {
        title: words.notices.clone(),
        words: if rows.is_empty() { words.no_notices.clone() } else { words.notices_words.clone() },
        heads: [&words.publisher, &words.sector, &words.waiting, &words.oldest, &words.acknowledged]
            .map(|head| Head::of(head))
            .into(),
        rows,
        ..Table::default()
    };
    let sheet = Sheet {
        title: words.erasures.clone(),
        sub: words.erasures_words.clone(),
        tables: vec![table],
        ..Sheet::default()
    };
    Ok(answer::page(room.pages.sheet(&reading.reader(Place::Privacy(ERASURES)), 200, &sheet)))
}

async fn row(room: &Desk, one: &NoticesOfSector) -> Result<Vec<Cell>, Unread> {
    let waiting = one.waiting.to_string();
    let waiting = if one.waiting > 0 { Cell::tag(waiting, "late") } else { Cell::of(waiting) };
    Ok(vec![
        Cell::of(super::register::publisher_of(room, &one.sector).await?),
        Cell::of(one.sector.as_str()),
        waiting,
        Cell::of(one.oldest.clone().unwrap_or_default()),
        Cell::of(one.acknowledged.to_string()),
    ])
}

/// A record as it is now, withdrawn or not.
pub(super) async fn record(room: &Desk, kind: RecordKind, id: &str) -> Result<Option<Record>, Unread> {
    match records::get(&*room.store, &Sight::Everything, kind, id).await {
        Ok(found) => Ok(Some(found.stored.record)),
        Err(RecordError::Fault(fault)) => Err(broken(fault).into()),
        Err(_) => Ok(None),
    }
}
