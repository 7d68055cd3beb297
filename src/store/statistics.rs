//! Reads what was counted of the journal.

use async_trait::async_trait;
use boundary::{Fault, SectorId, Uai, paris_date};
use time::Date;

use super::Store;
use super::db::{Engine, both};
use super::error::StoreError;
use super::time::moment;
use super::writer::json;
use crate::operate::statistics::{
    Asked, Deliveries, FEWEST, Launches, Period, Place, StatisticsStore, Sum, Users,
};

const LAUNCHES: &str = "SELECT day, school, resource, sector, profile, outcome, launches FROM launch_count \
     WHERE day >= $1 AND day <= $2 AND ($3 = '' OR school = $3) AND ($4 = '' OR resource = $4) \
     AND (day, school, resource, sector, profile, outcome) > ($5, $6, $7, $8, $9, $10) \
     ORDER BY day, school, resource, sector, profile, outcome LIMIT $11";
/// A month is there whole where its first day is within what is asked.
const USERS: &str = "SELECT period, school, resource, sector, users FROM user_count \
     WHERE (CASE WHEN length(period) = 7 THEN period || '-01' ELSE period END) BETWEEN $1 AND $2 \
     AND ($3 = '' OR school = $3) AND ($4 = '' OR resource = $4) AND (period, school, resource, sector) > ($5, $6, $7, $8) \
     ORDER BY period, school, resource, sector LIMIT $9";
/// A row is of one sector: what is of few in one of them is in no sum over several.
const DELIVERIES: (&str, &str) = (
    "SELECT c.day, c.school, c.resource, c.sector, SUM(c.launches), u.users FROM launch_count c JOIN user_count u \
     ON u.period = c.day AND u.school = c.school AND u.resource = c.resource AND u.sector = c.sector \
     WHERE c.outcome = 'delivered' AND c.sector IN (SELECT value FROM json_each($10)) AND c.day >= $1 AND c.day <= $2 \
     AND ($3 = '' OR c.school = $3) AND ($4 = '' OR c.resource = $4) \
     AND (c.day, c.school, c.resource, c.sector) > ($5, $6, $7, $8) \
     GROUP BY c.day, c.school, c.resource, c.sector, u.users HAVING SUM(c.launches) >= $11 AND u.users >= $11 \
     ORDER BY c.day, c.school, c.resource, c.sector LIMIT $9",
    "SELECT c.day, c.school, c.resource, c.sector, CAST(SUM(c.launches) AS BIGINT), u.users \
     FROM launch_count c JOIN user_count u \
     ON u.period = c.day AND u.school = c.school AND u.resource = c.resource AND u.sector = c.sector \
     WHERE c.outcome = 'delivered' AND c.sector = ANY(ARRAY(SELECT json_array_elements_text($10::json))) \
     AND c.day >= $1 AND c.day <= $2 AND ($3 = '' OR c.school = $3) AND ($4 = '' OR c.resource = $4) \
     AND (c.day, c.school, c.resource, c.sector) > ($5, $6, $7, $8) \
     GROUP BY c.day, c.school, c.resource, c.sector, u.users HAVING SUM(c.launches) >= $11 AND u.users >= $11 \
     ORDER BY c.day, c.school, c.resource, c.sector LIMIT $9",
);
/// Launches of a school by a column of theirs.
macro_rules! sums {
    ($key:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $key,
            ", CAST(SUM(CASE WHEN outcome = 'delivered' THEN launches ELSE 0 END) AS BIGINT), \
             CAST(SUM(CASE WHEN outcome = 'delivered' THEN 0 ELSE launches END) AS BIGINT) FROM launch_count \
             WHERE school = $1 AND day >= $2 AND day <= $3 GROUP BY ",
            $key,
            $rest
        )
    };
}
const BY_DAY: &str = sums!("day", " ORDER BY day");
const BY_RESOURCE: &str = sums!("resource", " ORDER BY SUM(launches) DESC, resource LIMIT 200");
const BY_REASON: &str =
    sums!("outcome", " HAVING outcome <> 'delivered' ORDER BY SUM(launches) DESC, outcome");
const USERS_OF_MONTH: &str =
    "SELECT resource, users FROM user_count WHERE school = $1 AND period = $2 ORDER BY sector";
const USERS_EVERYWHERE: &str = "SELECT resource, CAST(SUM(users) AS BIGINT) FROM user_count WHERE period = $1 GROUP BY resource ORDER BY resource";
const READ_THROUGH: &str = "SELECT CAST(value AS BIGINT) FROM fact WHERE name = 'journal-read-through'";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] =
    &[LAUNCHES, USERS, BY_DAY, BY_RESOURCE, BY_REASON, USERS_OF_MONTH, USERS_EVERYWHERE, READ_THROUGH];
/// Every pair.
#[cfg(test)]
pub(super) const PAIRS: &[(&str, &str)] = &[DELIVERIES];

type LaunchesRow = (String, String, String, String, String, String, i64);

#[async_trait]
impl StatisticsStore for Store {
    async fn closed(&self) -> Result<Option<Date>, Fault> {
        let through: Option<i64> = both!("reading how far the journal was read", self.db.read(), c =>
            sqlx::query_scalar(READ_THROUGH).fetch_optional(c))?;
        let through = through.map(moment).transpose()?;
        Ok(through.and_then(|through| paris_date(through).previous_day()))
    }

    async fn by_day(&self, school: &Uai, period: Period) -> Result<Vec<Sum>, Fault> {
        Ok(self.sums(BY_DAY, school, period).await?)
    }

    async fn by_resource(&self, school: &Uai, period: Period) -> Result<Vec<Sum>, Fault> {
        Ok(self.sums(BY_RESOURCE, school, period).await?)
    }

    async fn by_reason(&self, school: &Uai, period: Period) -> Result<Vec<(String, u64)>, Fault> {
        let sums = self.sums(BY_REASON, school, period).await?;
        Ok(sums.into_iter().map(|sum| (sum.key, sum.refused)).collect())
    }

    async fn users_of_month(&self, school: &Uai, month: &str) -> Result<Vec<(String, u64)>, Fault> {
        let found: Vec<(String, i64)> = both!("reading statistics", self.db.read(), c =>
            sqlx::query_as(USERS_OF_MONTH).bind(school.as_str()).bind(month).fetch_all(c))?;
        Ok(found.into_iter().map(|(resource, users)| (resource, users.unsigned_abs())).collect())
    }

    async fn users_everywhere(&self, month: &str) -> Result<Vec<(String, u64)>, Fault> {
        let found: Vec<(String, i64)> = both!("reading statistics", self.db.read(), c =>
            sqlx::query_as(USERS_EVERYWHERE).bind(month).fetch_all(c))?;
        Ok(found.into_iter().map(|(resource, users)| (resource, users.unsigned_abs())).collect())
    }

    async fn launches(&self, asked: &Asked, after: &Place) -> Result<Vec<Launches>, Fault> {
        let (from, until) = (asked.from.to_string(), asked.until.to_string());
        let (school, resource) = (text(&asked.school), text(&asked.resource));
        let Place(day, at, of, to, by, ended) = after;
        let found: Vec<LaunchesRow> = both!("reading statistics", self.db.read(), c => sqlx::query_as(LAUNCHES)
            .bind(&from).bind(&until).bind(school).bind(resource)
            .bind(day).bind(at).bind(of).bind(to).bind(by).bind(ended)
            .bind(i64::from(asked.limit)).fetch_all(c))?;
        let launches = |(day, school, resource, sector, profile, outcome, launches): LaunchesRow| Launches {
            day,
            school,
            resource,
            sector,
            profile,
            outcome,
            launches,
        };
        Ok(found.into_iter().map(launches).collect())
    }

    async fn users(&self, asked: &Asked, [period, at, of, to]: &[String; 4]) -> Result<Vec<Users>, Fault> {
        let (from, until) = (asked.from.to_string(), asked.until.to_string());
        let (school, resource) = (text(&asked.school), text(&asked.resource));
        let found: Vec<(String, String, String, String, i64)> = both!("reading statistics", self.db.read(), c =>
            sqlx::query_as(USERS).bind(&from).bind(&until).bind(school).bind(resource)
                .bind(period).bind(at).bind(of).bind(to).bind(i64::from(asked.limit)).fetch_all(c))?;
        let users =
            |(period, school, resource, sector, users)| Users { period, school, resource, sector, users };
        Ok(found.into_iter().map(users).collect())
    }

    async fn deliveries(
        &self,
        asked: &Asked,
        sectors: &[SectorId],
        [day, at, of, to]: &[String; 4],
    ) -> Result<Vec<Deliveries>, Fault> {
        let (from, until) = (asked.from.to_string(), asked.until.to_string());
        let (school, resource) = (text(&asked.school), text(&asked.resource));
        let sectors = json(&sectors.iter().map(SectorId::as_str).collect::<Vec<_>>())?;
        let on = self.db.read();
        let sql = if matches!(on, Engine::Lite(_)) { DELIVERIES.0 } else { DELIVERIES.1 };
        let found: Vec<(String, String, String, String, i64, i64)> = both!("reading statistics", on, c =>
            sqlx::query_as(sql).bind(&from).bind(&until).bind(school).bind(resource)
                .bind(day).bind(at).bind(of).bind(to).bind(i64::from(asked.limit))
                .bind(&sectors).bind(FEWEST).fetch_all(c))?;
        let told = |(day, school, resource, sector, launches, users)| Deliveries {
            day,
            school,
            resource,
            sector,
            launches,
            users,
        };
        Ok(found.into_iter().map(told).collect())
    }
}

impl Store {
    async fn sums(&self, sql: &'static str, school: &Uai, period: Period) -> Result<Vec<Sum>, StoreError> {
        let (from, until) = (period.from.to_string(), period.until.to_string());
        let found: Vec<(String, i64, i64)> = both!("reading statistics", self.db.read(), c =>
            sqlx::query_as(sql).bind(school.as_str()).bind(&from).bind(&until).fetch_all(c))?;
        let sum = |(key, delivered, refused): (String, i64, i64)| Sum {
            key,
            delivered: delivered.unsigned_abs(),
            refused: refused.unsigned_abs(),
        };
        Ok(found.into_iter().map(sum).collect())
    }
}

fn text(filter: &Option<String>) -> &str {
    filter.as_deref().unwrap_or_default()
}
