//! Statistics: what the journal's events come to, by day, school and resource, for those whom it concerns.
//!
//! Counts are made behind the launches (see [`Rollup`](crate::journal::Rollup)) and hold nobody. People are counted by
//! resource: a person is another one in each sector, so counts of two resources are never summed.

use async_trait::async_trait;
use boundary::{Fault, SectorId, Uai};
use serde::{Deserialize, Serialize};
use time::{Date, Duration};

use super::records::{self, Record, RecordKind, RecordStore, Sight};

/// How few launches or people are not told to publishers: who they are could be guessed.
pub const FEWEST: i64 = 5;
/// How many sectors are read at a time.
const SECTORS: u32 = 200;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The first day, in Paris.
    pub from: Date,
    /// The last.
    pub until: Date,
    /// One school, by its number; every one where it is absent.
    pub school: Option<String>,
    /// One resource, by its ARK; every one where it is absent.
    pub resource: Option<String>,
    /// How many rows at most.
    pub limit: u32,
}

/// Where a list of launches goes on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place(pub String, pub String, pub String, pub String, pub String, pub String);

/// Launches of a day, under everything that is known of them. What was not known when they ended is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Launches {
    /// The day in Paris.
    pub day: String,
    /// The school.
    pub school: String,
    /// The resource, by its ARK.
    pub resource: String,
    /// The sector that it went to.
    pub sector: String,
    /// The person's profile.
    pub profile: String,
    /// `delivered`, or the code of the refusal.
    pub outcome: String,
    /// How many.
    pub launches: i64,
}

impl Launches {
    /// Its place in the list.
    #[must_use]
    pub fn place(&self) -> Place {
        let Self { day, school, resource, sector, profile, outcome, .. } = self.clone();
        Place(day, school, resource, sector, profile, outcome)
    }
}

/// How many people were let into a resource at a school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Users {
    /// A day in Paris, or a month, `2026-09`.
    pub period: String,
    /// The school.
    pub school: String,
    /// The resource, by its ARK.
    pub resource: String,
    /// The sector that it went to: people are who they are in one sector.
    pub sector: String,
    /// How many, each once.
    pub users: i64,
}

/// What a publisher is told of a day at a school: nothing at all where it is of few.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deliveries {
    /// The day in Paris.
    pub day: String,
    /// The school.
    pub school: String,
    /// The resource, by its ARK.
    pub resource: String,
    /// The sector that it went to.
    pub sector: String,
    /// Launches that were delivered; five or more.
    pub launches: i64,
    /// People whose they were; five or more.
    pub users: i64,
}

/// Some days in Paris, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first.
    pub from: Date,
    /// The last.
    pub until: Date,
}

impl Period {
    /// So many days, the last of which is this one.
    #[must_use]
    pub fn ending(until: Date, days: u16) -> Self {
        let from = until.checked_sub(Duration::days(i64::from(days) - 1)).unwrap_or(Date::MIN);
        Self { from, until }
    }

    /// Its days.
    pub fn days(self) -> impl Iterator<Item = Date> {
        std::iter::successors(Some(self.from), |day| day.next_day()).take_while(move |day| *day <= self.until)
    }

    /// The month of its last day, `2026-09`.
    #[must_use]
    pub fn last_month(self) -> String {
        format!("{:04}-{:02}", self.until.year(), u8::from(self.until.month()))
    }
}

/// Launches of a school in a period, by what they are summed: a day, a resource or a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// The day, the resource's ARK, or the code of the refusal.
    pub key: String,
    /// How many were delivered.
    pub delivered: u64,
    /// How many were refused.
    pub refused: u64,
}

/// The sectors that somebody sees.
///
/// # Errors
/// A [`Fault`] when the store did not answer.
pub async fn sectors_of(store: &dyn RecordStore, sight: &Sight) -> Result<Vec<SectorId>, Fault> {
    let (mut after, mut all) = (String::new(), Vec::new());
    loop {
        let asked = records::Asked {
            kind: RecordKind::Sector,
            about: Vec::new(),
            words: None,
            after,
            limit: SECTORS,
        };
        let page = records::list(store, sight, &asked).await?;
        all.extend(page.records.into_iter().filter_map(|record| match record.stored.record {
            Record::Sector(sector) => Some(sector.id),
            _ => None,
        }));
        match page.next {
            Some(next) => after = next,
            None => return Ok(all),
        }
    }
}

/// What statistics need of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait StatisticsStore: Send + Sync {
    /// The last day of which every event was read after it had ended: its counts change no more. `None` where there is none.
    async fn closed(&self) -> Result<Option<Date>, Fault>;
    /// Launches of a school, day by day; days without any are left out.
    async fn by_day(&self, school: &Uai, period: Period) -> Result<Vec<Sum>, Fault>;
    /// Launches of a school by resource, the two hundred most asked for, most first. What was not found has no key.
    async fn by_resource(&self, school: &Uai, period: Period) -> Result<Vec<Sum>, Fault>;
    /// Refusals of a school by reason, most first.
    async fn by_reason(&self, school: &Uai, period: Period) -> Result<Vec<(String, u64)>, Fault>;
    /// How many people of a school opened which resource in a month: a resource stands there once a sector.
    async fn users_of_month(&self, school: &Uai, month: &str) -> Result<Vec<(String, u64)>, Fault>;
    /// How many people opened which resource in a month, school by school and sector by sector: who is at two schools counts
    /// twice.
    async fn users_everywhere(&self, month: &str) -> Result<Vec<(String, u64)>, Fault>;
    /// Launches behind a place of the list, in its order.
    async fn launches(&self, asked: &Asked, after: &Place) -> Result<Vec<Launches>, Fault>;
    /// People by day and month behind a period, school, resource and sector.
    async fn users(&self, asked: &Asked, after: &[String; 4]) -> Result<Vec<Users>, Fault>;
    /// What was delivered to these sectors, behind a day, school, resource and sector, without what is of few.
    async fn deliveries(
        &self,
        asked: &Asked,
        sectors: &[SectorId],
        after: &[String; 4],
    ) -> Result<Vec<Deliveries>, Fault>;
}
