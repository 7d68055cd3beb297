//! Objects: what operators register, one JSON document each, and the other names under which they are looked up.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use boundary::{Ark, Fault, Uai};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::db::{Db, Tx, both, rows};
use super::error::StoreError;
use crate::directory::Registered;
use crate::licensing::{Coverage, Subscription};
use crate::operate::apply::{ManagedBy, Record, RecordKind, references};
use crate::operate::records::reference;

const BY_ID: &str = "SELECT document, withdrawn FROM object WHERE kind = $1 AND id = $2";
const BY_NAME: &str = "SELECT o.id, o.document, o.withdrawn \
                       FROM object_name n JOIN object o ON o.kind = n.kind AND o.id = n.id \
                       WHERE n.kind = $1 AND n.name = $2";
const IDS: &str = "SELECT id FROM object WHERE kind = $1 AND withdrawn = 0";
const NAMES: &str = "SELECT DISTINCT name FROM object_name WHERE kind = $1";
const OF_KIND: &str = "SELECT id, document FROM object WHERE kind = $1 AND withdrawn = 0";
const PUT: &str = "INSERT INTO object (kind, id, document, managed_by, withdrawn) VALUES ($1, $2, $3, $4, 0) \
                   ON CONFLICT (kind, id) DO UPDATE SET document = excluded.document, \
                   managed_by = excluded.managed_by, withdrawn = excluded.withdrawn, revision = object.revision + 1 \
                   RETURNING revision";
const WITHDRAW: &str = "UPDATE object SET withdrawn = 1, revision = revision + 1 WHERE kind = $1 AND id = $2";
const NAME: &str = "INSERT INTO object_name (kind, name, id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const UNNAME: &str = "DELETE FROM object_name WHERE kind = $1 AND id = $2";

/// Every statement of this file.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] =
    &[BY_ID, BY_NAME, IDS, NAMES, OF_KIND, PUT, WITHDRAW, NAME, UNNAME];

/// An object, withdrawn or not.
pub(super) async fn by_id<T: DeserializeOwned>(
    db: &Db,
    kind: RecordKind,
    id: &str,
) -> Result<Option<Registered<T>>, Fault> {
    let row: Option<(String, i64)> = both!("reading an object", db.read(), c =>
        sqlx::query_as(BY_ID).bind(kind.as_str()).bind(id).fetch_optional(c))?;
    row.map(|(document, withdrawn)| registered(kind, id, &document, withdrawn)).transpose()
}

/// An object that was not withdrawn, ready to be kept.
pub(super) async fn live<T: DeserializeOwned>(
    db: &Db,
    kind: RecordKind,
    id: &str,
) -> Result<Option<Arc<T>>, Fault> {
    let found = by_id(db, kind, id).await?;
    Ok(found.filter(|object| !object.withdrawn).map(|object| Arc::new(object.value)))
}

/// The objects with a name, those not withdrawn first, then in the order of their ids.
pub(super) async fn by_name<T: DeserializeOwned>(
    db: &Db,
    kind: RecordKind,
    name: &str,
) -> Result<Vec<Registered<T>>, Fault> {
    // Anybody may ask for any name; PostgreSQL's texts hold no NUL, so no object has one.
    if name.contains('\0') {
        return Ok(Vec::new());
    }
    let mut rows: Vec<(String, String, i64)> = both!("reading objects by name", db.read(), c =>
        sqlx::query_as(BY_NAME).bind(kind.as_str()).bind(name).fetch_all(c))?;
    rows.sort_by(|(a, _, a_withdrawn), (b, _, b_withdrawn)| (a_withdrawn, a).cmp(&(b_withdrawn, b)));
    rows.iter().map(|(id, document, withdrawn)| registered(kind, id, document, *withdrawn)).collect()
}

/// The ids of all objects of a kind that were not withdrawn.
pub(super) async fn ids(db: &Db, kind: RecordKind) -> Result<HashSet<String>, Fault> {
    let ids: Vec<String> = both!("reading ids", db.read(), c =>
        sqlx::query_scalar(IDS).bind(kind.as_str()).fetch_all(c))?;
    Ok(ids.into_iter().collect())
}

/// The names of all objects of a kind.
pub(super) async fn names(db: &Db, kind: RecordKind) -> Result<HashSet<String>, Fault> {
    let names: Vec<String> = both!("reading names", db.read(), c =>
        sqlx::query_scalar(NAMES).bind(kind.as_str()).fetch_all(c))?;
    Ok(names.into_iter().collect())
}

/// All objects of a kind that were not withdrawn.
pub(super) async fn all_live<T: DeserializeOwned>(db: &Db, kind: RecordKind) -> Result<Vec<T>, Fault> {
    let rows: Vec<(String, String)> = both!("reading objects", db.read(), c =>
        sqlx::query_as(OF_KIND).bind(kind.as_str()).fetch_all(c))?;
    rows.iter().map(|(id, document)| read(kind, id, document)).collect()
}

/// The document of an object as a transaction sees it, withdrawn or not.
pub(super) async fn document_in(
    tx: &mut Tx,
    kind: RecordKind,
    id: &str,
) -> Result<Option<String>, StoreError> {
    let row: Option<(String, i64)> = both!("reading an object", tx.on(), c =>
        sqlx::query_as(BY_ID).bind(kind.as_str()).bind(id).fetch_optional(c))?;
    Ok(row.map(|(document, _)| document))
}

/// Writes an object and its names, and answers its revision; withdrawn before, it is no longer.
pub(super) async fn put(
    tx: &mut Tx,
    record: &Record,
    document: &str,
    managed_by: ManagedBy,
) -> Result<i64, StoreError> {
    let (kind, id) = (record.kind().as_str(), record.id());
    let revision: i64 = both!("writing an object", tx.on(), c =>
        sqlx::query_scalar(PUT).bind(kind).bind(&id).bind(document).bind(managed_by.as_str()).fetch_one(c))?;
    unname(tx, record).await?;
    for name in names_of(record) {
        rows!("naming an object", tx.on(), c =>
            sqlx::query(NAME).bind(kind).bind(&name).bind(&id).execute(c))?;
    }
    Ok(revision)
}

/// Withdraws an object. Tools and resources keep their names: whoever asks for them is told that they are withdrawn.
/// Connections and subscriptions lose theirs, so that what is over weighs on no look-up.
pub(super) async fn withdraw(tx: &mut Tx, record: &Record) -> Result<(), StoreError> {
    rows!("withdrawing an object", tx.on(), c =>
        sqlx::query(WITHDRAW).bind(record.kind().as_str()).bind(record.id()).execute(c))?;
    match record.kind() {
        RecordKind::Tool | RecordKind::Resource => Ok(()),
        _ => unname(tx, record).await,
    }
}

async fn unname(tx: &mut Tx, record: &Record) -> Result<(), StoreError> {
    rows!("taking names from an object", tx.on(), c =>
        sqlx::query(UNNAME).bind(record.kind().as_str()).bind(record.id()).execute(c))
    .map(|_| ())
}

/// The other names of a record; the same name may belong to several objects of a kind. Among them stand kind and id of
/// whatever it names, so that whoever names an object is found.
fn names_of(record: &Record) -> BTreeSet<String> {
    let mut names = looked_up_by(record);
    names.extend(references::names(record).iter().map(|(kind, id)| reference(*kind, id)));
    if let Record::Subscription(Subscription { coverage: Coverage::Nature(code), .. }) = record {
        names.insert(format!("nature\n{code}"));
    }
    names
}

/// The names under which launches look a record up.
fn looked_up_by(record: &Record) -> BTreeSet<String> {
    match record {
        Record::LtiPlatform(platform) => BTreeSet::from([issuer_name(&platform.issuer)]),
        Record::Tool(tool) => BTreeSet::from([tool.lti.client_id.clone()]),
        Record::Resource(resource) => BTreeSet::from([resource.key.to_string()]),
        Record::Subscription(subscription) => coverage_names(subscription),
        _ => BTreeSet::new(),
    }
}

fn coverage_names(subscription: &Subscription) -> BTreeSet<String> {
    let resource = &subscription.resource;
    match &subscription.coverage {
        Coverage::Schools(schools) => schools.iter().map(|uai| school_name(resource, uai)).collect(),
        Coverage::Nature(code) => BTreeSet::from([nature_name(resource, code)]),
    }
}

/// The name of the LTI registrations at an issuer.
pub(super) fn issuer_name(issuer: &str) -> String {
    format!("issuer\n{issuer}")
}

/// The name of the subscriptions to a resource for a school. An ARK holds no space, so no two names run together.
pub(super) fn school_name(resource: &Ark, uai: &Uai) -> String {
    format!("{resource} {uai}")
}

/// The name of the subscriptions to a resource for all schools of a nature.
pub(super) fn nature_name(resource: &Ark, code: &str) -> String {
    format!("{resource} nature:{code}")
}

/// The document of a record; people and assignments have rows of their own instead.
pub(super) fn document_of(record: &Record) -> Result<Option<String>, Fault> {
    fn written<T: Serialize>(value: &T) -> Result<Option<String>, serde_json::Error> {
        serde_json::to_string(value).map(Some)
    }
    let document = match record {
        Record::Ent(ent) => written(ent),
        Record::LtiPlatform(platform) => written(platform),
        Record::School(school) => written(school),
        Record::Organisation(organisation) => written(organisation),
        Record::Sector(sector) => written(sector),
        Record::Tool(tool) => written(tool),
        Record::Resource(resource) => written(resource),
        Record::Agreement(agreement) => written(agreement),
        Record::Subscription(subscription) => written(subscription),
        Record::Person(_) | Record::Assignment(_) => Ok(None),
    };
    document.map_err(|e| {
        let (kind, id) = (record.kind().as_str(), record.id());
        Fault::new(format!("{kind} {id} cannot be written as a document: {e}"))
    })
}

/// The object of a document.
///
/// # Errors
/// A [`Fault`] that names kind and id, by which the operator finds it.
pub(super) fn read<T: DeserializeOwned>(kind: RecordKind, id: &str, document: &str) -> Result<T, Fault> {
    serde_json::from_str(document)
        .map_err(|e| Fault::new(format!("the document of {} {id} is unreadable: {e}", kind.as_str())))
}

fn registered<T: DeserializeOwned>(
    kind: RecordKind,
    id: &str,
    document: &str,
    withdrawn: i64,
) -> Result<Registered<T>, Fault> {
    let value = read(kind, id, document)?;
    let withdrawn = withdrawn != 0;
    Ok(Registered { value, withdrawn })
}
