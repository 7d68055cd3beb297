//! One person, for the data protection officer: what is held, and what was sent, to whom, when.
//!
//! Who is meant is posted, so that it stands in no address and in no log.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use boundary::Fields;

use super::read::{Reading, Unread};
use super::{Desk, broken};
use crate::access::Dpo;
use crate::http::answer;
use crate::http::console::Posted;
use crate::operate::desk::Change;
use crate::operate::subject::{self, Identity, Report};
use crate::pages::{Act, Cell, DeskWords, Find, Head, PERSON, PersonWords, Place, Sheet, Table, day_of};

/// The question.
pub(super) async fn page(State(room): State<Arc<Desk>>, _: Dpo, reading: Reading) -> Response {
    let words = &room.pages.desk_words(reading.language).person;
    let sheet = asking(words, &Fields::default());
    answer::page(room.pages.sheet(&reading.reader(Place::Privacy(PERSON)), 200, &sheet))
}

/// The answer.
pub(super) async fn find(
    State(room): State<Arc<Desk>>,
    dpo: Dpo,
    reading: Reading,
    Posted(fields): Posted,
) -> Result<Response, Unread> {
    let words = &room.pages.desk_words(reading.language).person;
    let mut sheet = asking(words, &fields);
    match told(&room, &dpo, &fields).await? {
        Some(report) => {
            sheet.tables = vec![
                held(room.pages.desk_words(reading.language), &reading, &report, &fields),
                sent(words, &reading, &report),
            ]
        }
        None => sheet.error = Some(words.unknown.clone()),
    }
    Ok(answer::page(room.pages.sheet(&reading.reader(Place::Privacy(PERSON)), 200, &sheet)))
}

/// The answer as a file.
pub(super) async fn report(
    State(room): State<Arc<Desk>>,
    dpo: Dpo,
    reading: Reading,
    Posted(fields): Posted,
) -> Result<Response, Unread> {
    let report = told(&room, &dpo, &fields).await?.ok_or_else(|| reading.absent())?;
    let text = serde_json::to_string_pretty(&report)
        .map_err(|e| broken(boundary::Fault::new(format!("a report cannot be written: {e}"))))?;
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CONTENT_DISPOSITION, "attachment; filename=\"passerelle-rapport.json\""),
    ];
    Ok((headers, text).into_response())
}

/// The fields that say who is meant.
pub(super) const NAMES: [&str; 3] = ["ent", "namespace", "subject"];

/// Who is meant, where the fields say so.
pub(super) fn identity(fields: &Fields) -> Option<Identity> {
    let one = |name: &str| fields.one(name).ok().flatten().unwrap_or_default().trim();
    let [ent, namespace, subject] = NAMES.map(one);
    // A slash would move the borders between the three.
    let whole = !namespace.contains('/');
    format!("{ent}/{namespace}/{subject}").parse().ok().filter(|_| whole)
}

/// Looks somebody up. That it was done, by whom and about whom of which ENT, is in the journal before it is shown.
pub(super) async fn told(room: &Desk, dpo: &Dpo, fields: &Fields) -> Result<Option<Report>, Unread> {
    let Some(who) = identity(fields) else { return Ok(None) };
    let looked =
        Change::new(room.clock.now(), &dpo.actor(), "look", "person", who.ent.as_str()).ent(&who.ent);
    room.store.tell(looked).await.map_err(broken)?;
    let means = subject::Means { store: &*room.store, clock: &*room.clock, kept_days: room.kept_days };
    Ok(subject::report(&means, &who).await.map_err(broken)?)
}

fn asking(words: &PersonWords, fields: &Fields) -> Sheet {
    let field = |name: &'static str, label: &str| {
        let value = fields.one(name).ok().flatten().unwrap_or_default();
        (name, label.to_owned(), value.to_owned())
    };
    let find = Find {
        action: PERSON.to_owned(),
        posts: true,
        fields: vec![
            field("ent", &words.ent),
            field("namespace", &words.namespace),
            field("subject", &words.subject),
        ],
        button: words.search.clone(),
    };
    Sheet { title: words.title.clone(), sub: words.words.clone(), find: Some(find), ..Sheet::default() }
}

fn held(words: &DeskWords, reading: &Reading, report: &Report, fields: &Fields) -> Table {
    let (words, profiles) = (&words.person, &words.profiles);
    let date = |moment| day_of(reading.language, moment);
    let mut rows = Vec::new();
    let mut row = |kind: &str, detail: String| rows.push(vec![Cell::of(kind), Cell::of(detail)]);
    for one in &report.held.identities {
        row(&words.identity, format!("{} / {} / {}", one.ent, one.namespace, one.subject));
    }
    for one in &report.held.schools {
        let name = one.name.as_deref().unwrap_or_default();
        row(&words.school, format!("{} {name} · {}", one.school, profiles.of(one.profile)));
    }
    for one in &report.held.groups {
        row(&words.group, format!("{} · {}", one.code, one.school));
    }
    for one in &report.held.seats {
        let title = one.title.as_deref().unwrap_or(one.subscription.as_str());
        row(&words.seat, format!("{title} · {}", date(one.since)));
    }
    for one in &report.held.known_to {
        row(&words.known_to, format!("{} · {}", one.publisher.shown(), date(one.since)));
    }
    let value = |name: &'static str| (name, fields.one(name).ok().flatten().unwrap_or_default().to_owned());
    let export = Act {
        to: format!("{PERSON}/report"),
        words: words.export.clone(),
        posts: true,
        fields: NAMES.map(value).into(),
        quiet: true,
    };
    let erase = Act { to: format!("{PERSON}/erasure"), words: words.erase.clone(), ..export.clone() };
    Table {
        title: words.held.clone(),
        heads: vec![Head::of(&words.what), Head::of(&words.detail)],
        rows,
        acts: vec![export, erase],
        ..Table::default()
    }
}

fn sent(words: &PersonWords, reading: &Reading, report: &Report) -> Table {
    let rows = report.disclosed.iter().map(|sent| {
        let at = sent.at;
        let when = format!("{} {:02}:{:02} UTC", day_of(reading.language, at), at.hour(), at.minute());
        let names: Vec<&str> = sent.attributes.iter().map(|name| name.as_str()).collect();
        let names = if names.is_empty() { words.nothing.clone() } else { names.join(", ") };
        let title = sent.title.clone().or_else(|| sent.resource.as_ref().map(ToString::to_string));
        vec![
            Cell::of(when),
            Cell::of(sent.publisher.shown()),
            Cell::of(title.unwrap_or_default()),
            Cell::of(names),
        ]
    });
    Table {
        title: words.sent.clone(),
        words: words.sent_words.replace("{days}", &report.kept_days.to_string()),
        heads: [&words.at, &words.publisher, &words.resource, &words.attributes]
            .map(|head| Head::of(head))
            .into(),
        rows: rows.collect(),
        ..Table::default()
    }
}
