//! Statistics: what the journal's events come to, by day, school and resource, for those whom it concerns.
//!
//! Counts are made behind the launches (see [`Rollup`](crate::journal::Rollup)) and hold nobody. People are counted by
//! resource: a person is another one in each sector, so counts of two resources are never summed.

use async_trait::async_trait;
use boundary::{Fault, SectorId};
use serde::{Deserialize, Serialize};
use time::Date;

/// How few launches or people are not told to publishers: who they are could be guessed.
pub const FEWEST: i64 = 5;

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

/// What statistics need of a store. Every method's error is a [`Fault`]: the store did not answer.
#[async_trait]
pub trait StatisticsStore: Send + Sync {
    /// The last day of which every event was read after it had ended: its counts change no more. `None` where there is none.
    async fn closed(&self) -> Result<Option<Date>, Fault>;
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
