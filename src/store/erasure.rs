//! What erasures need of a store: everything of a person in one transaction, recorded right before it is committed.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_lc_rs::digest;
use boundary::{Chance, Fault, PersonId, Pseudonym, Root, SectorId, commitment, console_name, paris_date};
use data_encoding::BASE32_NOPAD;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::Store;
use super::contention::Attempts;
use super::db::{Tx, both, rows};
use super::error::StoreError;
use super::federation::give_back;
use super::people::form;
use super::time::{millis, moment};
use crate::journal::Change;
use crate::operate::erasure::{
    Applied, AskedNotices, Erasing, ErasureError, ErasureStore, Notice, NoticesOfSector, Record, Taken,
};

/// How long after an erasure something that was under way may still write about the person.
const UNDER_WAY: Duration = Duration::HOUR;
/// How much of a commitment finds it again, in bytes.
const SEEN: usize = 16;

const APPLIED: &str = "SELECT (SELECT value FROM fact WHERE name = 'erasure-ledger'), \
                       (SELECT COALESCE(MAX(sequence), 0) FROM erasure)";
const BIND: &str = "INSERT INTO fact (name, value) VALUES ('erasure-ledger', $1) ON CONFLICT DO NOTHING";
const REBIND: &str = "INSERT INTO fact (name, value) VALUES ('erasure-ledger', $1) \
                      ON CONFLICT (name) DO UPDATE SET value = excluded.value";
const BEGIN: &str = "INSERT INTO erasure_begun (person, at) VALUES ($1, $2) \
                     ON CONFLICT (person) DO UPDATE SET at = excluded.at";
const BEGUN: &str = "SELECT person, at FROM erasure_begun ORDER BY at";
const DROP: &str = "DELETE FROM erasure_begun WHERE person = $1";

/// Whoever does the same erasure waits here for the other's end.
const CLAIM: &str = "INSERT INTO erasure (sequence, at, person) SELECT $1, $2, $3 \
                     WHERE (SELECT COALESCE(MAX(sequence), 0) FROM erasure) = $4 ON CONFLICT DO NOTHING";
const ENTS: &str = "SELECT ent FROM identity WHERE person = $1 UNION SELECT ent FROM affiliation WHERE person = $1 \
                    UNION SELECT ent FROM roster_person WHERE person = $1";
const SEATS: &str = "DELETE FROM seat WHERE person = $1 RETURNING subscription, pool";
const NAMES: &str =
    "DELETE FROM pseudonym WHERE subject = $1 AND kind = 'person' RETURNING sector, value, root";
/// People whom this one turned out to be: an older database knows them apart.
const FORMER: &str =
    "SELECT DISTINCT origin FROM identity WHERE person = $1 AND origin IS NOT NULL ORDER BY origin";
const ROOTS: &str = "DELETE FROM pseudonym_root WHERE person = $1 RETURNING root";
/// Whatever else has a column of a person.
const ROWS: [&str; 6] = [
    "DELETE FROM roster_person WHERE person = $1",
    "DELETE FROM school_manager WHERE person = $1",
    "DELETE FROM identity WHERE person = $1",
    "DELETE FROM affiliation WHERE person = $1",
    "DELETE FROM membership WHERE person = $1",
    "DELETE FROM person WHERE id = $1",
];
/// Of whoever came to the console through an ENT.
const SESSIONS: &str = "DELETE FROM console_session WHERE account = $1";
/// Where a commitment stands outside the journal.
const UNSEEN: [&str; 2] =
    ["DELETE FROM commitment_seen WHERE commitment = $1", "DELETE FROM launch_user WHERE commitment = $1"];
const SPENT: &str = "INSERT INTO spent_value (sector, hash) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const NOTICE: &str = "INSERT INTO erasure_notice (id, sector, value, day) VALUES ($1, $2, $3, $4)";

const WATCHED: &str = "SELECT person, at FROM erasure WHERE person IS NOT NULL";
/// What a launch or a seat that was under way may have written.
const LEFTOVERS: &str = "SELECT (SELECT COUNT(*) FROM seat WHERE person = $1) \
                         + (SELECT COUNT(*) FROM affiliation WHERE person = $1) \
                         + (SELECT COUNT(*) FROM roster_person WHERE person = $1) \
                         + (SELECT COUNT(*) FROM pseudonym WHERE subject = $2 AND kind = 'person')";
const UNWATCH: &str = "UPDATE erasure SET person = NULL WHERE person = $1";

const NOTICES: &str = "SELECT id, value, day, acknowledged FROM erasure_notice WHERE sector = $1 \
                       AND (CAST($2 AS BIGINT) = 1 OR acknowledged IS NULL) AND (day, id) > ($3, $4) \
                       ORDER BY day, id LIMIT $5";
const NOTICES_BY_SECTOR: &str = "SELECT sector, COUNT(*) - COUNT(acknowledged), COUNT(acknowledged), \
                                 MIN(CASE WHEN acknowledged IS NULL THEN day END) FROM erasure_notice \
                                 GROUP BY sector ORDER BY sector";
const ACKNOWLEDGE: &str = "UPDATE erasure_notice SET acknowledged = $3, value = NULL \
                           WHERE sector = $1 AND id = $2 AND acknowledged IS NULL";

/// Every statement of this file.
#[cfg(test)]
pub(super) const STATEMENTS: &[&[&str]] = &[
    &[
        APPLIED,
        BIND,
        REBIND,
        BEGIN,
        BEGUN,
        DROP,
        CLAIM,
        ENTS,
        SEATS,
        NAMES,
        ROOTS,
        FORMER,
        SESSIONS,
        SPENT,
        NOTICE,
        WATCHED,
        LEFTOVERS,
        UNWATCH,
        NOTICES,
        NOTICES_BY_SECTOR,
        ACKNOWLEDGE,
    ],
    &ROWS,
    &UNSEEN,
];

#[async_trait]
impl ErasureStore for Store {
    async fn applied(&self) -> Result<Applied, Fault> {
        let (ledger, sequence): (Option<String>, i64) =
            both!("reading the last erasure", self.db.read(), c => sqlx::query_as(APPLIED).fetch_one(c))?;
        Ok(Applied { ledger, sequence })
    }

    async fn bind_ledger(&self, ledger: &str) -> Result<(), Fault> {
        if self.applied().await?.ledger.is_some() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        rows!("tying the database to its ledger", tx.on(), c => sqlx::query(BIND).bind(ledger).execute(c))?;
        Ok(tx.commit().await?)
    }

    async fn rebind_ledger(&self, ledger: &str, told: &[Change]) -> Result<(), Fault> {
        let mut tx = self.db.begin().await?;
        rows!("tying the database to its ledger", tx.on(), c => sqlx::query(REBIND).bind(ledger).execute(c))?;
        Ok(self.commit_changes::<&str>(tx, &[], told).await?)
    }

    async fn begin_erasure(&self, person: PersonId, at: OffsetDateTime) -> Result<(), Fault> {
        let mut tx = self.db.begin().await?;
        rows!("beginning an erasure", tx.on(), c =>
            sqlx::query(BEGIN).bind(person.uuid()).bind(millis(at)).execute(c))?;
        Ok(tx.commit().await?)
    }

    async fn begun(&self) -> Result<Vec<(PersonId, OffsetDateTime)>, Fault> {
        let rows: Vec<(Uuid, i64)> = both!("reading erasures that were begun", self.db.read(), c => sqlx::query_as(BEGUN).fetch_all(c))?;
        Ok(rows.into_iter().map(watched).collect::<Result<_, _>>()?)
    }

    async fn drop_begun(&self, person: PersonId) -> Result<(), Fault> {
        let mut tx = self.db.begin().await?;
        rows!("giving an erasure up", tx.on(), c => sqlx::query(DROP).bind(person.uuid()).execute(c))?;
        Ok(tx.commit().await?)
    }

    async fn erase(
        &self,
        what: &Erasing<'_>,
        record: &dyn Record,
        chance: &dyn Chance,
    ) -> Result<Result<Option<Taken>, ErasureError>, Fault> {
        let (mut attempts, mut recorded) = (Attempts::begin(), false);
        loop {
            match self.erase_once(what, record, chance, &mut recorded).await {
                Err(error) if !recorded && error.is_contention() && attempts.another().await => {}
                Err(error) => return Err(error.into()),
                Ok(done) => return Ok(done),
            }
        }
    }

    async fn sweep(&self, now: OffsetDateTime, chance: &dyn Chance) -> Result<u64, Fault> {
        let rows: Vec<(Uuid, i64)> =
            both!("reading who was erased", self.db.read(), c => sqlx::query_as(WATCHED).fetch_all(c))?;
        let mut swept = 0;
        for (person, at) in rows.into_iter().map(watched).collect::<Result<Vec<_>, _>>()? {
            swept += self.sweep_one(person, now, now - at > UNDER_WAY, chance).await?;
        }
        Ok(swept)
    }

    async fn notices(&self, sector: &SectorId, asked: &AskedNotices) -> Result<Vec<Notice>, Fault> {
        type Row = (String, Option<String>, String, Option<i64>);
        let rows: Vec<Row> = both!("reading notices", self.db.read(), c =>
            sqlx::query_as(NOTICES).bind(sector.as_str()).bind(i64::from(asked.all))
                .bind(&asked.after.0).bind(&asked.after.1).bind(i64::from(asked.limit)).fetch_all(c))?;
        let notice = |(id, value, day, acknowledged): Row| {
            let value = value.map(|value| Pseudonym::stored(&value)).transpose();
            let value = value.map_err(|_| form("erasure_notice.value"))?;
            Ok(Notice { id, value, day, acknowledged: acknowledged.is_some() })
        };
        Ok(rows.into_iter().map(notice).collect::<Result<Vec<_>, StoreError>>()?)
    }

    async fn notices_by_sector(&self) -> Result<Vec<NoticesOfSector>, Fault> {
        type Row = (String, i64, i64, Option<String>);
        let rows: Vec<Row> = both!("counting notices", self.db.read(), c =>
            sqlx::query_as(NOTICES_BY_SECTOR).fetch_all(c))?;
        let of = |(sector, waiting, acknowledged, oldest): Row| {
            let sector = SectorId::parse(&sector).map_err(|_| form("erasure_notice.sector"))?;
            let (waiting, acknowledged) = (waiting.unsigned_abs(), acknowledged.unsigned_abs());
            Ok(NoticesOfSector { sector, waiting, acknowledged, oldest })
        };
        Ok(rows.into_iter().map(of).collect::<Result<Vec<_>, StoreError>>()?)
    }

    async fn acknowledge(
        &self,
        sector: &SectorId,
        ids: &[String],
        at: OffsetDateTime,
        told: &Change,
    ) -> Result<u64, Fault> {
        let mut tx = self.db.begin().await?;
        let mut acknowledged = 0;
        for id in ids {
            acknowledged += rows!("acknowledging a notice", tx.on(), c =>
                sqlx::query(ACKNOWLEDGE).bind(sector.as_str()).bind(id).bind(millis(at)).execute(c))?;
        }
        if acknowledged == 0 {
            tx.rollback().await?;
            return Ok(0);
        }
        self.commit_changes::<&str>(tx, &[], std::slice::from_ref(told)).await?;
        Ok(acknowledged)
    }
}

impl Store {
    async fn erase_once(
        &self,
        what: &Erasing<'_>,
        record: &dyn Record,
        chance: &dyn Chance,
        recorded: &mut bool,
    ) -> Result<Result<Option<Taken>, ErasureError>, StoreError> {
        let mut tx = self.db.begin().await?;
        if !claim(&mut tx, what).await? {
            tx.rollback().await?;
            return Ok(Ok(None));
        }
        let former = former(&mut tx, what).await?;
        let (mut topics, mut seats, mut values) = (Vec::new(), 0, BTreeSet::from_iter(what.values.to_vec()));
        for person in former.iter().copied().chain([what.person]) {
            topics.extend(topics_of(&mut tx, person).await?);
            let taken = take_away(&mut tx, person).await?;
            seats += taken.0;
            values.extend(taken.1);
        }
        let values: Vec<_> = values.into_iter().collect();
        tell(&mut tx, &values, what.at, chance).await?;
        rows!("ending an erasure", tx.on(), c => sqlx::query(DROP).bind(what.person.uuid()).execute(c))?;
        *recorded = true;
        let undone = match record.record(&former, &values).await {
            Ok(true) => {
                self.commit_changes(tx, &topics, what.told).await?;
                self.cut_log().await;
                return Ok(Ok(Some(Taken { seats, notices: values.len() as u64 })));
            }
            Ok(false) => Ok(None),
            Err(error) if error.is_unsure() => Err(ErasureError::Unsure(error)),
            Err(error) => Err(ErasureError::NotRecorded(error)),
        };
        tx.rollback().await?;
        Ok(undone)
    }

    /// Where that cannot be done now, because somebody reads, the last sweep does it, or who closes the database.
    async fn cut_log(&self) {
        match self.db.cut_log().await {
            Ok(true) => {}
            Ok(false) => tracing::debug!("the log of the database is cut later"),
            Err(error) => tracing::warn!(%error, "the log of the database could not be cut after an erasure"),
        }
    }

    async fn sweep_one(
        &self,
        person: PersonId,
        now: OffsetDateTime,
        last: bool,
        chance: &dyn Chance,
    ) -> Result<u64, StoreError> {
        let id = person.uuid();
        let left: i64 = both!("looking for what came late", self.db.read(), c =>
            sqlx::query_scalar(LEFTOVERS).bind(id).bind(id.to_string()).fetch_one(c))?;
        if left == 0 && !last {
            return Ok(0);
        }
        let mut tx = self.db.begin().await?;
        let (_, values) = take_away(&mut tx, person).await?;
        tell(&mut tx, &values.into_iter().collect::<Vec<_>>(), now, chance).await?;
        if last {
            rows!("forgetting who was erased", tx.on(), c => sqlx::query(UNWATCH).bind(id).execute(c))?;
        }
        tx.commit().await?;
        self.cut_log().await;
        Ok(left.unsigned_abs())
    }
}

/// The place in the ledger, if no other erasure has it; who else wants it waits until this one ends.
async fn claim(tx: &mut Tx, what: &Erasing<'_>) -> Result<bool, StoreError> {
    let (sequence, person) = (what.sequence, what.person.uuid());
    let claimed = rows!("beginning an erasure", tx.on(), c => sqlx::query(CLAIM)
        .bind(sequence).bind(millis(what.at)).bind(person).bind(sequence - 1).execute(c))?;
    Ok(claimed == 1)
}

/// The topics of the ENTs that know the person: every process forgets them within two seconds.
async fn topics_of(tx: &mut Tx, person: PersonId) -> Result<Vec<String>, StoreError> {
    let ents: Vec<String> = both!("reading who knows a person", tx.on(), c =>
        sqlx::query_scalar(ENTS).bind(person.uuid()).fetch_all(c))?;
    Ok(ents.into_iter().map(|ent| format!("people {ent}")).collect())
}

/// Whom the person was before, by what the ledger knows and by what stands here.
async fn former(tx: &mut Tx, what: &Erasing<'_>) -> Result<Vec<PersonId>, StoreError> {
    let origins: Vec<Uuid> = both!("reading whom a person was", tx.on(), c =>
        sqlx::query_scalar(FORMER).bind(what.person.uuid()).fetch_all(c))?;
    let known = what.former.iter().map(|person| person.uuid());
    let all: BTreeSet<Uuid> = known.chain(origins).collect();
    Ok(all.into_iter().map(PersonId::stored).collect())
}

/// Deletes everything of a person; how many seats went back, and what sectors called them.
async fn take_away(
    tx: &mut Tx,
    person: PersonId,
) -> Result<(u64, BTreeSet<(SectorId, Pseudonym)>), StoreError> {
    const DOING: &str = "erasing a person";
    let id = person.uuid();
    let seats: Vec<(String, String)> =
        both!(DOING, tx.on(), c => sqlx::query_as(SEATS).bind(id).fetch_all(c))?;
    for (subscription, pool) in &seats {
        give_back(tx, subscription, pool).await?;
    }
    let names: Vec<(String, String, Option<Vec<u8>>)> =
        both!(DOING, tx.on(), c => sqlx::query_as(NAMES).bind(id.to_string()).fetch_all(c))?;
    let mut roots: BTreeSet<Vec<u8>> = names.iter().filter_map(|(_, _, root)| root.clone()).collect();
    let values = names.into_iter().map(name).collect::<Result<BTreeSet<_>, _>>()?;
    let own: Vec<Vec<u8>> = both!(DOING, tx.on(), c => sqlx::query_scalar(ROOTS).bind(id).fetch_all(c))?;
    roots.extend(own);
    for bits in roots {
        let root = bits.try_into().map(Root::stored).map_err(|_| form("pseudonym_root.root"))?;
        unsee(tx, &root, &values).await?;
        let account = format!("school-{}", console_name(&root));
        rows!(DOING, tx.on(), c => sqlx::query(SESSIONS).bind(&account).execute(c))?;
    }
    for statement in ROWS {
        rows!(DOING, tx.on(), c => sqlx::query(statement).bind(id).execute(c))?;
    }
    Ok((seats.len() as u64, values))
}

/// Forgets where the person's commitments stand, under every root that was theirs. The events stay, and lead to nobody.
async fn unsee(tx: &mut Tx, root: &Root, values: &BTreeSet<(SectorId, Pseudonym)>) -> Result<(), StoreError> {
    for (sector, value) in values {
        let commitment = commitment(root, sector, value);
        let key = commitment.bytes().get(..SEEN).unwrap_or_default();
        for statement in UNSEEN {
            rows!("erasing a person", tx.on(), c => sqlx::query(statement).bind(key).execute(c))?;
        }
    }
    Ok(())
}

/// Sees to it that nobody else is ever given these values, and writes a notice a value.
async fn tell(
    tx: &mut Tx,
    values: &[(SectorId, Pseudonym)],
    at: OffsetDateTime,
    chance: &dyn Chance,
) -> Result<(), StoreError> {
    let day = paris_date(at).to_string();
    for (sector, value) in values {
        let hash = digest::digest(&digest::SHA256, value.as_str().as_bytes());
        rows!("keeping a value from others", tx.on(), c =>
            sqlx::query(SPENT).bind(sector.as_str()).bind(hash.as_ref()).execute(c))?;
        let mut bits = [0; 10];
        chance.fill(&mut bits);
        let id = BASE32_NOPAD.encode(&bits).to_ascii_lowercase();
        rows!("writing a notice", tx.on(), c => sqlx::query(NOTICE)
            .bind(&id).bind(sector.as_str()).bind(value.as_str()).bind(&day).execute(c))?;
    }
    Ok(())
}

fn name((sector, value, _): (String, String, Option<Vec<u8>>)) -> Result<(SectorId, Pseudonym), StoreError> {
    let sector = SectorId::parse(&sector).map_err(|_| form("pseudonym.sector"))?;
    Ok((sector, Pseudonym::stored(&value).map_err(|_| form("pseudonym.value"))?))
}

fn watched((person, at): (Uuid, i64)) -> Result<(PersonId, OffsetDateTime), StoreError> {
    Ok((PersonId::stored(person), moment(at)?))
}
