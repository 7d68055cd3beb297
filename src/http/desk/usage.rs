//! What a school opened, for its managers, and what was delivered, for publishers.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use boundary::{OrganisationId, Uai, paris_date};
use futures::stream;
use serde_json::{Value, json};
use time::Date;

use super::read::{Reading, Unread};
use super::{Desk, broken, school};
use crate::access::{PublisherReader, SchoolReader};
use crate::http::answer;
use crate::http::api::LAUNCHES;
use crate::http::api::export::{self, Form};
use crate::operate::desk;
use crate::operate::records::Sight;
use crate::operate::statistics::{Asked, Deliveries, Launches, Period, Place as At, sectors_of};
use crate::pages::{Act, Cell, Head, Place, SPANS, Sheet, Table, USAGE, UsagePage};

/// How many days are shown where nobody says.
const USUAL: u16 = 30;
/// How many rows of a table are read at a time.
const SLICE: u32 = 1000;
/// How many rows a publisher's page shows.
const MANY: u32 = 100;

/// What a school opened.
pub(super) async fn page(
    State(room): State<Arc<Desk>>,
    staff: SchoolReader,
    reading: Reading,
) -> Result<Response, Unread> {
    let uai = reading.school(&staff)?;
    let named = school::named(&room, &uai).await?.ok_or_else(|| reading.absent())?;
    let span = span(&reading);
    let usage = desk::usage(&room.means(), &uai, period(&room, span)).await.map_err(broken)?;
    let page = UsagePage { school: named.name, here: address(&uai), span, usage };
    Ok(answer::page(room.pages.usage(&reading.reader(Place::Usage(&uai)), &page)))
}

/// The same, launch by launch summed as finely as it is counted, as a table for a spreadsheet.
pub(super) async fn whole(
    State(room): State<Arc<Desk>>,
    staff: SchoolReader,
    reading: Reading,
) -> Result<Response, Unread> {
    let uai = reading.school(&staff)?;
    let Period { from, until } = period(&room, span(&reading));
    let asked = Asked { from, until, school: Some(uai.to_string()), resource: None, limit: SLICE };
    Ok(launches(room, asked))
}

fn address(uai: &Uai) -> String {
    format!("/console/schools/{uai}/usage")
}

/// The period that is asked for: one of those that are offered.
fn span(reading: &Reading) -> u16 {
    let asked = reading.field("days").parse().ok();
    asked.filter(|days| SPANS.contains(days)).unwrap_or(USUAL)
}

fn period(room: &Desk, span: u16) -> Period {
    Period::ending(paris_date(room.clock.now()), span)
}

fn launches(room: Arc<Desk>, asked: Asked) -> Response {
    let pieces = stream::unfold(Some(At::default()), move |after| {
        let (room, asked) = (Arc::clone(&room), asked.clone());
        async move {
            let after = after?;
            let first = after == At::default();
            match room.store.launches(&asked, &after).await {
                Ok(rows) => {
                    let next = rows.last().filter(|_| rows.len() == SLICE as usize).map(Launches::place);
                    let rows: Vec<Value> = rows.into_iter().map(|row| json!(row)).collect();
                    Some((Ok(Bytes::from(LAUNCHES.slice(Form::Csv, &rows, first))), next))
                }
                Err(fault) => {
                    tracing::error!(%fault, "a table of launches broke off");
                    Some((Err(std::io::Error::other("the database did not answer")), None))
                }
            }
        }
    });
    export::streamed(Form::Csv, LAUNCHES.name, pieces)
}

/// What was delivered to a publisher, on days that are over, without what is of few.
pub(super) async fn deliveries(
    State(room): State<Arc<Desk>>,
    publisher: PublisherReader,
    reading: Reading,
) -> Result<Response, Unread> {
    let own = publisher.organisation().ok_or_else(|| reading.absent())?;
    let words = &room.pages.desk_words(reading.language).deliveries;
    let (rows, next) = delivered(&room, own, reading.field("after")).await?;
    let acts = next.map(|next| Act {
        to: school::more(USAGE, "", &next),
        words: words.more.clone(),
        ..Act::default()
    });
    let table = Table {
        title: words.table.clone(),
        words: if rows.is_empty() { words.nothing.clone() } else { words.few.clone() },
        heads: [&words.day, &words.school, &words.resource, &words.launches, &words.users]
            .map(|head| Head::of(head))
            .into(),
        rows: rows.iter().map(cells).collect(),
        acts: acts.into_iter().collect(),
    };
    let sheet =
        Sheet { title: words.title.clone(), sub: own.to_string(), tables: vec![table], ..Sheet::default() };
    Ok(answer::page(room.pages.sheet(&reading.reader(Place::Oversight(USAGE)), 200, &sheet)))
}

/// Rows behind a place, and where the next page begins.
async fn delivered(
    room: &Desk,
    own: &OrganisationId,
    after: &str,
) -> Result<(Vec<Deliveries>, Option<String>), Unread> {
    let sight = Sight::Organisations(vec![own.clone()]);
    let sectors = sectors_of(&*room.store, &sight).await.map_err(broken)?;
    let until = room.store.closed().await.map_err(broken)?.unwrap_or(Date::MIN);
    let Period { from, until } = Period::ending(until, USUAL);
    let asked = Asked { from, until, school: None, resource: None, limit: MANY };
    let mut parts = after.split('\n').map(ToOwned::to_owned);
    let place = std::array::from_fn(|_| parts.next().unwrap_or_default());
    let rows = room.store.deliveries(&asked, &sectors, &place).await.map_err(broken)?;
    let next = rows.last().filter(|_| rows.len() == MANY as usize);
    let next = next.map(|row| [&*row.day, &row.school, &row.resource, &row.sector].join("\n"));
    Ok((rows, next))
}

fn cells(row: &Deliveries) -> Vec<Cell> {
    let words = [&row.day, &row.school, &row.resource].map(|text| Cell::of(text.as_str()));
    let counts = [row.launches, row.users].map(|count| Cell::of(count.to_string()));
    words.into_iter().chain(counts).collect()
}
