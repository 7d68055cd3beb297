//! Counts of launches and of who opened what, written with the marks of the events that they are made of.

use std::collections::BTreeMap;

use boundary::paris_date;
use serde::Serialize;
use time::{Duration, OffsetDateTime};

use super::rollup::{pick, write};
use crate::journal::{Batch, Counted, Opened};
use crate::store::db::{Tx, both};
use crate::store::error::StoreError;
use crate::store::writer::json;

/// How long it is known who opened what, so that they count once.
const USERS_KEPT: Duration = Duration::days(60);

const LAUNCHES: (&str, &str) = (
    "INSERT INTO launch_count (day, school, resource, sector, profile, outcome, launches) \
     SELECT value->>'day', value->>'school', value->>'resource', value->>'sector', value->>'profile', value->>'outcome', \
     value->>'launches' FROM json_each($1) WHERE true \
     ON CONFLICT (day, school, resource, sector, profile, outcome) \
     DO UPDATE SET launches = launch_count.launches + excluded.launches",
    "INSERT INTO launch_count (day, school, resource, sector, profile, outcome, launches) \
     SELECT day, school, resource, sector, profile, outcome, launches FROM json_to_recordset($1::json) \
     AS r(day text, school text, resource text, sector text, profile text, outcome text, launches bigint) \
     ON CONFLICT (day, school, resource, sector, profile, outcome) \
     DO UPDATE SET launches = launch_count.launches + excluded.launches",
);
/// Those who are new in their period.
const USERS: (&str, &str) = (
    "INSERT INTO launch_user (period, school, resource, sector, commitment) \
     SELECT value->>'period', value->>'school', value->>'resource', value->>'sector', unhex(value->>'commitment') \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING RETURNING period, school, resource, sector",
    "INSERT INTO launch_user (period, school, resource, sector, commitment) \
     SELECT period, school, resource, sector, decode(commitment, 'hex') FROM json_to_recordset($1::json) \
     AS r(period text, school text, resource text, sector text, commitment text) ON CONFLICT DO NOTHING \
     RETURNING period, school, resource, sector",
);
const USER_COUNTS: (&str, &str) = (
    "INSERT INTO user_count (period, school, resource, sector, users) \
     SELECT value->>'period', value->>'school', value->>'resource', value->>'sector', value->>'users' \
     FROM json_each($1) WHERE true \
     ON CONFLICT (period, school, resource, sector) DO UPDATE SET users = user_count.users + excluded.users",
    "INSERT INTO user_count (period, school, resource, sector, users) \
     SELECT period, school, resource, sector, users FROM json_to_recordset($1::json) \
     AS r(period text, school text, resource text, sector text, users bigint) \
     ON CONFLICT (period, school, resource, sector) DO UPDATE SET users = user_count.users + excluded.users",
);

/// Every pair of this file.
#[cfg(test)]
pub(super) const PAIRS: &[(&str, &str)] = &[LAUNCHES, USERS, USER_COUNTS];

#[derive(Serialize)]
struct LaunchRow<'a> {
    day: &'a str,
    school: &'a str,
    resource: &'a str,
    sector: &'a str,
    profile: &'a str,
    outcome: &'a str,
    launches: u64,
}

#[derive(Serialize)]
struct UserRow<'a> {
    period: &'a str,
    school: &'a str,
    resource: &'a str,
    sector: &'a str,
    commitment: &'a str,
}

#[derive(Serialize)]
struct CountRow<'a> {
    period: &'a str,
    school: &'a str,
    resource: &'a str,
    sector: &'a str,
    users: u64,
}

/// A period, a school, a resource and its sector.
type Place = (String, String, String, String);

/// Adds what a batch counted.
pub(super) async fn count(tx: &mut Tx, batch: &Batch, now: OffsetDateTime) -> Result<(), StoreError> {
    write(tx, LAUNCHES, &batch.launches().iter().map(launch_row).collect::<Vec<_>>()).await?;
    let new = newcomers(tx, batch, &users_kept_since(now)).await?;
    write(tx, USER_COUNTS, &new.iter().map(count_row).collect::<Vec<_>>()).await
}

/// The day from which on it is known who opened what.
pub(super) fn users_kept_since(now: OffsetDateTime) -> String {
    paris_date(now - USERS_KEPT).to_string()
}

fn launch_row<'a>((counted, launches): (&'a Counted, &u64)) -> LaunchRow<'a> {
    let Counted { day, school, resource, sector, profile, outcome } = counted;
    LaunchRow { day, school, resource, sector, profile, outcome, launches: *launches }
}

fn count_row<'a>(((period, school, resource, sector), users): (&'a Place, &u64)) -> CountRow<'a> {
    CountRow { period, school, resource, sector, users: *users }
}

/// How many were not counted yet, by period, school and resource. Of a day so long ago that nobody knows any more who was
/// counted, nobody is: they would count twice.
async fn newcomers(tx: &mut Tx, batch: &Batch, since: &str) -> Result<BTreeMap<Place, u64>, StoreError> {
    let mut new = BTreeMap::new();
    let known = batch.users().iter().filter(|opened| opened.last_day().as_str() >= since);
    let rows: Vec<UserRow<'_>> = known.map(user_row).collect();
    if rows.is_empty() {
        return Ok(new);
    }
    let (sql, rows) = (pick(tx, USERS), json(&rows)?);
    let found: Vec<Place> = both!("counting who opened what", tx.on(), c =>
        sqlx::query_as(sql).bind(&rows).fetch_all(c))?;
    for place in found {
        *new.entry(place).or_default() += 1;
    }
    Ok(new)
}

fn user_row(opened: &Opened) -> UserRow<'_> {
    let Opened { period, school, resource, sector, commitment } = opened;
    UserRow { period, school, resource, sector, commitment }
}
