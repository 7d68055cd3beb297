//! Imports: their numbers, their turns, and the one update that makes what they wrote count.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use boundary::registration::LtiPlatform;
use boundary::{EntId, Fault, PersonId, Uai};
use time::OffsetDateTime;
use uuid::Uuid;

use super::reading::StoredGroup;
use super::{LASTS, name_of_turn, renew};
use crate::directory::{Ent, School};
use crate::journal::{Actor, Change};
use crate::operate::apply::RecordKind;
use crate::operate::roster::{
    Batch, Beginning, Flip, Hold, ImportSummary, Report, RosterStore, RowKey, Standing, StoredPerson,
};
use crate::store::contention::Attempts;
use crate::store::db::{Db, both, rows};
use crate::store::directory::people_of;
use crate::store::error::StoreError;
use crate::store::people::{form, uai};
use crate::store::time::{millis, moment};
use crate::store::turn;
use crate::store::writer::json;
use crate::store::{Store, objects};

const BEGIN: &str = "INSERT INTO roster_import (ent, number, state, began, ended, actor, archive, report) \
     SELECT $1, COALESCE(MAX(number), 0) + 1, 'running', $2, NULL, $3, $4, '' FROM roster_import WHERE ent = $1 \
     RETURNING number";
const BROKEN: &str = "UPDATE roster_import SET state = 'broken' WHERE ent = $1 AND state = 'running'";
const ENDED: &str =
    "UPDATE roster_import SET state = $3, ended = $4, report = $5 WHERE ent = $1 AND number = $2";
const STANDINGS: &str = "SELECT school, current, degree, people FROM roster_school WHERE ent = $1";
const ROWS: &str = "SELECT subject, since, until, person, CAST(CASE WHEN profile IS NULL THEN 0 ELSE 1 END AS BIGINT) AS member, leaves, \
     digest, substr(sealed, 1, 16) AS sealing FROM roster_person WHERE ent = $1 AND school = $2";
const HELD: &str = "SELECT r.school, r.subject, r.since FROM roster_school s \
     JOIN roster_person r ON r.ent = s.ent AND r.school = s.school \
     WHERE s.ent = $1 AND s.school = $2 AND r.held = s.current AND r.leaves IS NULL \
     AND r.since <= s.current AND (r.until IS NULL OR r.until > s.current)";
const FLIP: &str = "INSERT INTO roster_school (ent, school, current, degree, at, people, groups, report) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (ent, school) DO UPDATE SET current = excluded.current, \
     degree = excluded.degree, at = excluded.at, people = excluded.people, \
     groups = CASE WHEN excluded.groups = '' THEN roster_school.groups ELSE excluded.groups END, \
     report = excluded.report";
/// A school that stays as it was is told why.
const TELL: &str = "INSERT INTO roster_school (ent, school, current, degree, at, people, groups, report) \
     VALUES ($1, $2, 0, $3, $4, 0, '[]', $5) ON CONFLICT (ent, school) DO UPDATE SET at = excluded.at, \
     report = excluded.report";
/// Rows that count at no school any more.
const CLEAR: &str = "DELETE FROM roster_person WHERE (ent, school, subject, since) IN \
     (SELECT r.ent, r.school, r.subject, r.since FROM roster_person r \
      JOIN roster_school s ON s.ent = r.ent AND s.school = r.school \
      WHERE r.until IS NOT NULL AND r.until <= s.current LIMIT 500)";
/// Every launch is parked once.
const MARK: &str = "SELECT MAX(expires) FROM parked";
const HISTORY: &str = "SELECT number, state, began, ended, actor, archive, report FROM roster_import \
     WHERE ent = $1 ORDER BY number DESC LIMIT 400";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] =
    &[BEGIN, BROKEN, ENDED, STANDINGS, ROWS, HELD, FLIP, TELL, CLEAR, MARK, HISTORY];

#[async_trait]
impl RosterStore for Store {
    async fn ents(&self) -> Result<Vec<Ent>, Fault> {
        objects::all_live(&self.db, RecordKind::Ent).await
    }

    async fn namespaces(&self, ent: &EntId) -> Result<BTreeSet<String>, Fault> {
        let all: Vec<LtiPlatform> = objects::all_live(&self.db, RecordKind::LtiPlatform).await?;
        Ok(all.into_iter().filter(|one| one.ent == *ent).map(|one| one.namespace).collect())
    }

    async fn registered_schools(&self, ent: &EntId) -> Result<Vec<(Uai, bool)>, Fault> {
        let all: Vec<School> = objects::all_live(&self.db, RecordKind::School).await?;
        Ok(all.into_iter().map(|school| (school.uai, school.ents.contains(ent))).collect())
    }

    async fn begin_import(&self, beginning: &Beginning) -> Result<Option<Hold>, Fault> {
        let mut attempts = Attempts::begin();
        loop {
            match self.begin_import_once(beginning).await {
                Err(error) if error.is_contention() && attempts.another().await => {}
                done => return Ok(done?),
            }
        }
    }

    async fn keep_turn(&self, hold: &Hold, now: OffsetDateTime) -> Result<bool, Fault> {
        let mut tx = self.db.begin().await?;
        let kept = renew(&mut tx, hold, now).await?;
        tx.commit().await?;
        Ok(kept)
    }

    async fn standings(&self, ent: &EntId) -> Result<Vec<Standing>, Fault> {
        let found: Vec<(String, i64, String, i64)> = both!("reading schools of rosters", self.db.read(), c =>
            sqlx::query_as(STANDINGS).bind(ent.as_str()).fetch_all(c))?;
        let standing = |(school, current, degree, people): (String, i64, String, i64)| {
            let school = uai("roster_school.school", &school)?;
            Ok(Standing { school, current, degree, people: people.unsigned_abs() })
        };
        Ok(found.into_iter().map(standing).collect::<Result<_, StoreError>>()?)
    }

    async fn rows_of_school(&self, ent: &EntId, school: &Uai) -> Result<Vec<StoredPerson>, Fault> {
        let found: Vec<PersonRow> = both!("reading the roster of a school", self.db.read(), c =>
            sqlx::query_as(ROWS).bind(ent.as_str()).bind(school.as_str()).fetch_all(c))?;
        Ok(found.into_iter().map(stored).collect::<Result<_, _>>()?)
    }

    async fn held_rows(&self, ent: &EntId, school: &Uai) -> Result<Vec<RowKey>, Fault> {
        let found: Vec<(String, String, i64)> = both!("reading who is held", self.db.read(), c =>
            sqlx::query_as(HELD).bind(ent.as_str()).bind(school.as_str()).fetch_all(c))?;
        let key = |(school, subject, since): (String, String, i64)| {
            Ok(RowKey { school: uai("roster_person.school", &school)?, subject, since })
        };
        Ok(found.into_iter().map(key).collect::<Result<_, StoreError>>()?)
    }

    async fn people_named(
        &self,
        ent: &EntId,
        namespace: &str,
        subjects: &[String],
    ) -> Result<HashMap<String, PersonId>, Fault> {
        self.named(ent, namespace, subjects).await
    }

    async fn write_batch(
        &self,
        hold: &Hold,
        namespace: &str,
        batch: &Batch,
        leave: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<bool, Fault> {
        Ok(self.batch(hold, namespace, batch, (leave, now)).await?)
    }

    async fn flip(
        &self,
        hold: &Hold,
        flips: &[Flip],
        actor: &Actor,
        now: OffsetDateTime,
    ) -> Result<bool, Fault> {
        let mut attempts = Attempts::begin();
        loop {
            match self.flip_once(hold, flips, actor, now).await {
                Err(error) if error.is_contention() && attempts.another().await => {}
                done => return Ok(done?),
            }
        }
    }

    async fn end_import(
        &self,
        hold: &Hold,
        state: &'static str,
        report: &Report,
        now: OffsetDateTime,
    ) -> Result<(), Fault> {
        let mut tx = self.db.begin().await?;
        let (ent, report) = (hold.ent.as_str(), json(&report.without_lines())?);
        rows!("ending an import", tx.on(), c => sqlx::query(ENDED)
            .bind(ent).bind(hold.number).bind(state).bind(millis(now)).bind(&report).execute(c))?;
        turn::end_in(&mut tx, &name_of_turn(&hold.ent), &hold.holder).await?;
        Ok(tx.commit().await?)
    }

    async fn clear_ended(&self) -> Result<u64, Fault> {
        let mut tx = self.db.begin().await?;
        let cleared = rows!("clearing a roster", tx.on(), c => sqlx::query(CLEAR).execute(c))?;
        tx.commit().await?;
        Ok(cleared)
    }

    async fn launch_mark(&self) -> Result<i64, Fault> {
        let newest: Option<i64> =
            both!("reading the newest launch", self.db.watch(), c => sqlx::query_scalar(MARK).fetch_one(c))?;
        Ok(newest.unwrap_or_default())
    }

    fn launches_waiting(&self) -> usize {
        self.writer.load().0
    }

    fn has_one_writer(&self) -> bool {
        matches!(self.db, Db::Lite { .. })
    }

    async fn rosters(&self, ent: &EntId) -> Result<Vec<ImportSummary>, Fault> {
        let found: Vec<ImportRow> = both!("reading imports of rosters", self.db.read(), c =>
            sqlx::query_as(HISTORY).bind(ent.as_str()).fetch_all(c))?;
        Ok(found.into_iter().map(summary).collect::<Result<_, _>>()?)
    }
}

impl Store {
    async fn begin_import_once(&self, beginning: &Beginning) -> Result<Option<Hold>, StoreError> {
        let Beginning { ent, holder, actor, archive, at } = beginning;
        let mut tx = self.db.begin().await?;
        if !turn::take_for(&mut tx, &name_of_turn(ent), holder, (*at, LASTS)).await? {
            tx.rollback().await?;
            return Ok(None);
        }
        rows!("beginning an import", tx.on(), c => sqlx::query(BROKEN).bind(ent.as_str()).execute(c))?;
        let number: i64 = both!("beginning an import", tx.on(), c => sqlx::query_scalar(BEGIN)
            .bind(ent.as_str()).bind(millis(*at)).bind(actor).bind(archive).fetch_one(c))?;
        tx.commit().await?;
        Ok(Some(Hold { ent: ent.clone(), number, holder: holder.clone() }))
    }

    async fn flip_once(
        &self,
        hold: &Hold,
        flips: &[Flip],
        actor: &Actor,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        if !renew(&mut tx, hold, now).await? {
            tx.rollback().await?;
            return Ok(false);
        }
        let (ent, at) = (hold.ent.as_str(), millis(now));
        for flip in flips {
            let (school, report) = (flip.school.as_str(), json(&flip.report)?);
            let (people, groups) = (i64::try_from(flip.people).unwrap_or(i64::MAX), groups(flip)?);
            if flip.moves {
                rows!("moving a school on", tx.on(), c => sqlx::query(FLIP).bind(ent).bind(school)
                    .bind(hold.number).bind(&flip.degree).bind(at).bind(people).bind(&groups).bind(&report)
                    .execute(c))?;
            } else {
                rows!("telling of a school", tx.on(), c => sqlx::query(TELL).bind(ent).bind(school)
                    .bind(&flip.degree).bind(at).bind(&report).execute(c))?;
            }
        }
        let changed = flips.iter().filter(|flip| flip.moves && flip.changed > 0);
        let change = |flip: &Flip| {
            let change = Change::new(now, actor, flip.verb, "roster", flip.school.as_str());
            change.school(&flip.school).ent(&hold.ent).count(flip.changed)
        };
        let changes: Vec<Change> = changed.map(change).collect();
        let topics: Vec<String> = changes.first().map(|_| people_of(&hold.ent)).into_iter().collect();
        self.commit_changes(tx, &topics, &changes).await?;
        Ok(true)
    }
}

/// Nothing where those that are there stay.
fn groups(flip: &Flip) -> Result<String, StoreError> {
    let Some(groups) = &flip.groups else { return Ok(String::new()) };
    let stored = groups.iter().map(|group| StoredGroup {
        status: group.status.as_str().to_owned(),
        code: group.code.clone(),
        label: group.label.clone(),
        members: group.members,
    });
    json(&stored.collect::<Vec<_>>())
}

/// subject, since, until, person, member, leaves, digest, sealing.
type PersonRow = (String, i64, Option<i64>, Uuid, i64, Option<i64>, Vec<u8>, Vec<u8>);

fn stored(row: PersonRow) -> Result<StoredPerson, StoreError> {
    let (subject, since, until, person, member, leaves, digest, key) = row;
    Ok(StoredPerson {
        subject,
        since,
        until,
        person: PersonId::stored(person),
        is_member: member != 0,
        leaves: leaves.map(moment).transpose()?,
        digest,
        key,
    })
}

/// number, state, began, ended, actor, archive, report.
type ImportRow = (i64, String, i64, Option<i64>, String, String, String);

fn summary(row: ImportRow) -> Result<ImportSummary, StoreError> {
    let (number, state, began, ended, actor, archive, report) = row;
    let report = match report.as_str() {
        "" => None,
        report => Some(serde_json::from_str(report).map_err(|_| form("roster_import.report"))?),
    };
    Ok(ImportSummary {
        number,
        state,
        began: moment(began)?,
        ended: ended.map(moment).transpose()?,
        actor,
        archive,
        report,
    })
}
