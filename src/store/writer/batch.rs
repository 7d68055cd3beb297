//! A batch: the items of several hops in one transaction, table by table in the order of their keys.
//!
//! Gates first; where one is closed, nothing of its item is written. Then pseudonyms; where another value is stored by
//! now, the whole batch is undone and written again without that item. Parked launches and events cannot collide.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Serialize;

use super::rows::{self, Entry, Key, Loose, Name, OpenedSeat, Park};
use crate::journal::Chains;
use crate::launch::Committed;
use crate::store::contention::Attempts;
use crate::store::db::{Db, Engine, Tx, both, rows};
use crate::store::error::{StoreError, Trouble};
use crate::store::pseudonyms::CURRENT;

/// Why a batch was not written.
pub(super) struct Failed {
    pub error: StoreError,
    /// Whether the chains' heads may be others than remembered.
    pub heads_unknown: bool,
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self { error, heads_unknown: false }
    }
}

/// How one attempt ended.
enum Attempt {
    Written(Vec<Committed>),
    /// These items carry a pseudonym that is stored with another value. Nothing was written.
    Renamed(Vec<usize>),
}

/// Writes the items and tells what became of each, once it is durable.
pub(super) async fn write(db: &Db, chains: &mut Chains, entries: &[Entry]) -> Result<Vec<Committed>, Failed> {
    let mut renamed = HashSet::new();
    let mut attempts = Attempts::begin();
    loop {
        let attempt = attempt(db, chains, entries, &renamed).await;
        if attempt.is_err() {
            chains.undone();
        }
        match attempt {
            Ok(Attempt::Written(outcomes)) => return Ok(outcomes),
            Ok(Attempt::Renamed(more)) => renamed.extend(more),
            Err(failed) if failed.error.is_contention() && attempts.another().await => {}
            Err(failed) => return Err(failed),
        }
    }
}

async fn attempt(
    db: &Db,
    chains: &mut Chains,
    entries: &[Entry],
    renamed: &HashSet<usize>,
) -> Result<Attempt, Failed> {
    let mut tx = db.begin().await?;
    let mut open = gates(&mut tx, entries, renamed).await?;
    let more = names(&mut tx, entries, &open).await?;
    if !more.is_empty() {
        tx.rollback().await?;
        return Ok(Attempt::Renamed(more));
    }
    parks(&mut tx, entries, &open).await?;
    opened(&mut tx, entries, &open).await?;
    events(&mut tx, chains, entries, &open).await?;
    commit(tx, chains).await?;
    let outcomes = (0..entries.len()).map(|index| match (renamed.contains(&index), open.remove(&index)) {
        (true, _) => Committed::Renamed,
        (false, true) => Committed::Done,
        (false, false) => Committed::Closed,
    });
    Ok(Attempt::Written(outcomes.collect()))
}

/// The items whose gates are open. Of two in one batch with the same key, the first passes.
async fn gates(
    tx: &mut Tx,
    entries: &[Entry],
    renamed: &HashSet<usize>,
) -> Result<HashSet<usize>, StoreError> {
    let standing = || entries.iter().enumerate().filter(|(index, _)| !renamed.contains(index));
    let mut first = first_uses(tx, standing().map(|(_, entry)| entry)).await?;
    let mut taken = takes(tx, standing().map(|(_, entry)| entry)).await?;
    let mut passes = |entry: &Entry| match &entry.gate {
        Key::FirstUse(proof) => first.remove(&proof.name),
        Key::Take(handle) => match taken.get(handle) {
            Some(expires) if *expires > entry.at => taken.remove(handle).is_some(),
            _ => false,
        },
    };
    Ok(standing().filter(|(_, entry)| passes(entry)).map(|(index, _)| index).collect())
}

async fn first_uses(
    tx: &mut Tx,
    entries: impl Iterator<Item = &Entry>,
) -> Result<HashSet<String>, StoreError> {
    let proofs: BTreeSet<_> = entries
        .filter_map(|entry| match &entry.gate {
            Key::FirstUse(proof) => Some(proof),
            Key::Take(_) => None,
        })
        .collect();
    if proofs.is_empty() {
        return Ok(HashSet::new());
    }
    let (sql, proofs) = (pick(tx, rows::FIRST_USE), json(&proofs)?);
    let first: Vec<String> =
        both!("writing first uses", tx.on(), c => sqlx::query_scalar(sql).bind(&proofs).fetch_all(c))?;
    Ok(first.into_iter().collect())
}

async fn takes(
    tx: &mut Tx,
    entries: impl Iterator<Item = &Entry>,
) -> Result<HashMap<String, i64>, StoreError> {
    let mut earliest = i64::MAX;
    let mut handles = BTreeSet::new();
    for entry in entries {
        if let Key::Take(handle) = &entry.gate {
            handles.insert(handle);
            earliest = earliest.min(entry.at);
        }
    }
    if handles.is_empty() {
        return Ok(HashMap::new());
    }
    let (sql, handles) = (pick(tx, rows::TAKE), json(&handles)?);
    let taken: Vec<(String, i64)> = both!("taking parked launches", tx.on(), c =>
        sqlx::query_as(sql).bind(&handles).bind(earliest).fetch_all(c))?;
    Ok(taken.into_iter().collect())
}

/// Writes the pseudonyms of the open items down and answers the items that carry another value than is stored.
async fn names(tx: &mut Tx, entries: &[Entry], open: &HashSet<usize>) -> Result<Vec<usize>, StoreError> {
    let carried =
        || passing(entries, open).flat_map(|(i, entry)| entry.names.iter().map(move |name| (i, name)));
    let wanted: BTreeSet<&Name> = carried().map(|(_, name)| name).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let sent = json(&wanted)?;
    if wanted.iter().any(|name| name.replaces.is_some()) {
        let sql = pick(tx, rows::REPLACE);
        rows!("replacing pseudonyms", tx.on(), c => sqlx::query(sql).bind(&sent).execute(c))?;
    }
    let sql = pick(tx, rows::NAME);
    type Row = (String, String, String, String, String);
    let new: Vec<Row> =
        both!("writing pseudonyms", tx.on(), c => sqlx::query_as(sql).bind(&sent).fetch_all(c))?;
    // By all that a row says: the same value may have been written for somebody else of this very batch.
    let new: HashSet<[&str; 5]> = new
        .iter()
        .map(|(sector, scope, kind, subject, value)| [&**sector, scope, kind, subject, value])
        .collect();
    let mut wrong = BTreeSet::new();
    for name in wanted {
        let row = [&*name.sector, &name.scope, name.kind, &name.subject, &name.value];
        if !(new.contains(&row) || is_stored(tx, name).await?) {
            wrong.insert(name);
        }
    }
    Ok(carried().filter(|(_, name)| wrong.contains(name)).map(|(index, _)| index).collect())
}

async fn is_stored(tx: &mut Tx, name: &Name) -> Result<bool, StoreError> {
    let stored: Option<String> = both!("reading a pseudonym", tx.on(), c => sqlx::query_scalar(CURRENT)
        .bind(&name.sector).bind(&name.scope).bind(name.kind).bind(&name.subject).fetch_optional(c))?;
    Ok(stored.as_deref() == Some(name.value.as_str()))
}

async fn parks(tx: &mut Tx, entries: &[Entry], open: &HashSet<usize>) -> Result<(), StoreError> {
    let mut parks: Vec<&Park> = passing(entries, open).flat_map(|(_, entry)| &entry.parks).collect();
    if parks.is_empty() {
        return Ok(());
    }
    parks.sort_by(|a, b| a.handle.cmp(&b.handle));
    let (sql, parks) = (pick(tx, rows::PARK), json(&parks)?);
    rows!("parking launches", tx.on(), c => sqlx::query(sql).bind(&parks).execute(c))?;
    Ok(())
}

/// A seat that was freed meanwhile is not there, and nobody minds.
async fn opened(tx: &mut Tx, entries: &[Entry], open: &HashSet<usize>) -> Result<(), StoreError> {
    let seats: BTreeSet<&OpenedSeat> = passing(entries, open).flat_map(|(_, entry)| &entry.opened).collect();
    if seats.is_empty() {
        return Ok(());
    }
    let (sql, seats) = (pick(tx, rows::OPENED), json(&seats)?);
    rows!("noting who opened something", tx.on(), c => sqlx::query(sql).bind(&seats).execute(c))?;
    Ok(())
}

async fn events(
    tx: &mut Tx,
    chains: &mut Chains,
    entries: &[Entry],
    open: &HashSet<usize>,
) -> Result<(), Failed> {
    append(tx, chains, passing(entries, open).flat_map(|(_, entry)| &entry.events)).await
}

/// Links events behind the heads of their chains and writes them.
pub(super) async fn append<'e>(
    tx: &mut Tx,
    chains: &mut Chains,
    events: impl Iterator<Item = &'e Loose>,
) -> Result<(), Failed> {
    let mut links: Vec<_> =
        events.map(|event| event.linked(chains.link(&event.owner, &event.body))).collect();
    if links.is_empty() {
        return Ok(());
    }
    links.sort_by(|a, b| (&a.chain, a.seq).cmp(&(&b.chain, b.seq)));
    let (sql, sent) = (pick(tx, rows::EVENT), json(&links)?);
    let written = rows!("writing events", tx.on(), c => sqlx::query(sql).bind(&sent).execute(c))?;
    if written == links.len() as u64 {
        return Ok(());
    }
    let error =
        StoreError::failed("writing events", Trouble::Code("of a chain that went on elsewhere".to_owned()));
    Err(Failed { error, heads_unknown: true })
}

/// Commits what was linked: then it counts.
pub(super) async fn commit(tx: Tx, chains: &mut Chains) -> Result<(), Failed> {
    match tx.commit().await {
        Ok(()) => {
            chains.committed();
            Ok(())
        }
        Err(error) => {
            let heads_unknown = !error.is_contention();
            Err(Failed { error, heads_unknown })
        }
    }
}

fn passing<'e>(entries: &'e [Entry], open: &HashSet<usize>) -> impl Iterator<Item = (usize, &'e Entry)> {
    entries.iter().enumerate().filter(|(index, _)| open.contains(index))
}

fn pick(tx: &mut Tx, (lite, postgres): (&'static str, &'static str)) -> &'static str {
    match tx.on() {
        Engine::Lite(_) => lite,
        Engine::Postgres(_) => postgres,
    }
}

/// Rows as one parameter.
pub(in crate::store) fn json<T: Serialize>(rows: &T) -> Result<String, StoreError> {
    serde_json::to_string(rows)
        .map_err(|_| StoreError::failed("writing a batch", Trouble::Code("of JSON".to_owned())))
}
