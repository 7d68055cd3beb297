//! The schools, and what one of them has.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use boundary::Uai;

use super::read::{Reading, Unread};
use super::{Desk, broken};
use crate::access::{Anyone, Reach, SchoolReader};
use crate::http::answer;
use crate::operate::desk;
use crate::operate::records::{self, Asked, Record, RecordKind, Sight};
use crate::pages::{Place, SchoolHome, SchoolLine, SchoolList};

/// How many a page shows.
const MANY: usize = 50;

/// The console's first page: the reader's school, or where they can go.
pub(super) async fn first(
    State(room): State<Arc<Desk>>,
    staff: Anyone,
    reading: Reading,
) -> Result<Response, Unread> {
    match staff.reach() {
        Reach::Schools(own) => match (own.len(), own.first()) {
            (1, Some(only)) => shown(&room, &reading, only).await,
            _ => choice(&room, &reading, &Sight::Schools(own.iter().cloned().collect())).await,
        },
        Reach::Organisation(own) => super::publisher::page(&room, &reading, own).await,
        Reach::Everywhere => choice(&room, &reading, &Sight::Everything).await,
    }
}

/// Schools to choose from; whoever has one goes straight to it.
pub(super) async fn list(
    State(room): State<Arc<Desk>>,
    staff: SchoolReader,
    reading: Reading,
) -> Result<Response, Unread> {
    match staff.reach() {
        Reach::Schools(own) => choice(&room, &reading, &Sight::Schools(own.iter().cloned().collect())).await,
        _ => choice(&room, &reading, &Sight::Everything).await,
    }
}

async fn choice(room: &Desk, reading: &Reading, sight: &Sight) -> Result<Response, Unread> {
    let (query, after) = (reading.field("q").to_owned(), reading.field("after").to_owned());
    let words = (!query.trim().is_empty()).then(|| query.trim().to_owned());
    let limit = u32::try_from(MANY).unwrap_or(u32::MAX);
    let asked = Asked { kind: RecordKind::School, about: Vec::new(), words, after, limit };
    let found = records::list(&*room.store, sight, &asked).await.map_err(broken)?;
    let schools = found.records.into_iter().filter_map(|found| line(found.stored.record)).collect();
    let next = found.next.map(|after| more("/console/schools", &query, &after));
    let list = SchoolList { query, schools, next };
    Ok(answer::page(room.pages.schools(&reading.reader(Place::Schools), &list)))
}

/// What a school has.
pub(super) async fn home(
    State(room): State<Arc<Desk>>,
    staff: SchoolReader,
    reading: Reading,
) -> Result<Response, Unread> {
    let school = reading.school(&staff)?;
    shown(&room, &reading, &school).await
}

async fn shown(room: &Desk, reading: &Reading, school: &Uai) -> Result<Response, Unread> {
    let found = named(room, school).await?.ok_or_else(|| reading.absent())?;
    let (query, after) = (reading.field("q").to_owned(), reading.field("after"));
    let page = desk::offered(&room.means(), school, &query, after, MANY).await.map_err(broken)?;
    let next = page.next.map(|after| more(&format!("/console/schools/{school}"), &query, &after));
    let home = SchoolHome { school: found, query, items: page.items, next };
    Ok(answer::page(room.pages.school(&reading.reader(Place::School(school)), &home)))
}

/// A school by its number.
pub(super) async fn named(room: &Desk, school: &Uai) -> Result<Option<SchoolLine>, Unread> {
    let found = records::get(&*room.store, &Sight::Everything, RecordKind::School, school.as_str()).await;
    match found {
        Ok(found) => Ok(line(found.stored.record)),
        Err(records::RecordError::Fault(fault)) => Err(broken(fault).into()),
        Err(_) => Ok(None),
    }
}

fn line(record: Record) -> Option<SchoolLine> {
    match record {
        Record::School(school) => {
            Some(SchoolLine { uai: school.uai.to_string(), name: school.name, town: school.town })
        }
        _ => None,
    }
}

/// The address of a list's next page.
pub(super) fn more(address: &str, query: &str, after: &str) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    if !query.is_empty() {
        form.append_pair("q", query);
    }
    format!("{address}?{}", form.append_pair("after", after).finish())
}
