//! Rows: an item taken apart by table, so that a batch needs one statement a table. Rows travel as one JSON parameter,
//! which both engines unfold; nothing in them can make a statement fail.

use aws_lc_rs::digest;
use boundary::Fault;
use data_encoding::HEXLOWER;
use serde::Serialize;

use crate::journal::{Event, Hash, Linked};
use crate::launch::{Gate, Item, ParkedRow, Write};
use crate::licensing::Opened;
use crate::pseudonyms::NameRow;
use crate::store::time::millis;

/// PostgreSQL indexes at most 2,704 bytes.
const INDEXED: usize = 2000;
/// Longer keys of first uses are stored by their hash.
const KEY: usize = 500;

/// Where first uses go; answers those that are first.
pub(super) const FIRST_USE: (&str, &str) = (
    "INSERT INTO first_use (name, expires) SELECT value->>'name', value->>'expires' FROM json_each($1) WHERE true \
     ON CONFLICT DO NOTHING RETURNING name",
    "INSERT INTO first_use (name, expires) \
     SELECT name, expires FROM json_to_recordset($1::json) AS r(name text, expires bigint) \
     ON CONFLICT DO NOTHING RETURNING name",
);
/// Takes parked launches; answers those that were there.
pub(super) const TAKE: (&str, &str) = (
    "DELETE FROM parked WHERE handle IN (SELECT value FROM json_each($1)) AND expires > $2 RETURNING handle, expires",
    "DELETE FROM parked WHERE handle = ANY(ARRAY(SELECT json_array_elements_text($1::json))) AND expires > $2 \
     RETURNING handle, expires",
);
/// Takes values of an epoch that is over out of use, for those that replace them.
pub(super) const REPLACE: (&str, &str) = (
    "UPDATE pseudonym SET is_current = 0, replaced = r.value FROM (SELECT value->>'sector' AS sector, \
     value->>'replaces' AS replaces, value->>'value' AS value, value->>'epoch' AS epoch FROM json_each($1)) AS r \
     WHERE pseudonym.sector = r.sector AND pseudonym.value = r.replaces AND pseudonym.is_current = 1 \
     AND COALESCE(pseudonym.epoch, 1) < r.epoch",
    "UPDATE pseudonym SET is_current = 0, replaced = r.value \
     FROM json_to_recordset($1::json) AS r(sector text, replaces text, value text, epoch bigint) \
     WHERE pseudonym.sector = r.sector AND pseudonym.value = r.replaces AND pseudonym.is_current = 1 \
     AND COALESCE(pseudonym.epoch, 1) < r.epoch",
);
/// Writes pseudonyms down; answers those that are new. Whoever is somebody else by now is given none, nor is anybody one of
/// an epoch that is over. What replaces a value stays with those whose that was.
pub(super) const NAME: (&str, &str) = (
    "INSERT INTO pseudonym (sector, value, scope, kind, subject, is_current, created, epoch, origin, root) \
     SELECT r.value->>'sector', r.value->>'value', r.value->>'scope', r.value->>'kind', r.value->>'subject', 1, \
     r.value->>'created', r.value->>'epoch', o.origin, o.root FROM json_each($1) r \
     LEFT JOIN pseudonym o ON o.sector = r.value->>'sector' AND o.value = r.value->>'replaces' \
     WHERE NOT (r.value->>'kind' = 'person' AND (EXISTS (SELECT 1 FROM former_person f \
     WHERE f.id = unhex(replace(r.value->>'subject', '-', ''))) \
     OR r.value->>'epoch' < COALESCE((SELECT MAX(k.epoch) FROM sector_key k WHERE k.sector = r.value->>'sector'), 1))) \
     ON CONFLICT DO NOTHING RETURNING sector, scope, kind, subject, value",
    "INSERT INTO pseudonym (sector, value, scope, kind, subject, is_current, created, epoch, origin, root) \
     SELECT r.sector, r.value, r.scope, r.kind, r.subject, 1, r.created, r.epoch, o.origin, o.root \
     FROM json_to_recordset($1::json) AS r(sector text, value text, scope text, kind text, subject text, created bigint, \
     epoch bigint, replaces text) LEFT JOIN pseudonym o ON o.sector = r.sector AND o.value = r.replaces \
     WHERE NOT (r.kind = 'person' AND (EXISTS (SELECT 1 FROM former_person f WHERE f.id::text = r.subject) \
     OR r.epoch < COALESCE((SELECT MAX(k.epoch) FROM sector_key k WHERE k.sector = r.sector), 1))) \
     ON CONFLICT DO NOTHING RETURNING sector, scope, kind, subject, value",
);
/// Parks launches.
pub(super) const PARK: (&str, &str) = (
    "INSERT INTO parked (handle, sealed, expires) SELECT value->>'handle', value->>'sealed', value->>'expires' \
     FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO parked (handle, sealed, expires) \
     SELECT handle, sealed, expires FROM json_to_recordset($1::json) AS r(handle text, sealed text, expires bigint) \
     ON CONFLICT DO NOTHING",
);
/// Notes that the holders of seats opened the resource.
pub(super) const OPENED: (&str, &str) = (
    "UPDATE seat SET opened = r.at FROM (SELECT value->>'subscription' AS subscription, \
     unhex(value->>'person') AS person, value->>'at' AS at FROM json_each($1)) AS r \
     WHERE seat.subscription = r.subscription AND seat.person = r.person",
    "UPDATE seat SET opened = r.at \
     FROM json_to_recordset($1::json) AS r(subscription text, person uuid, at bigint) \
     WHERE seat.subscription = r.subscription AND seat.person = r.person",
);
/// Appends events.
pub(super) const EVENT: (&str, &str) = (
    "INSERT INTO event (chain, seq, at, body, prev, hash) SELECT value->>'chain', value->>'seq', value->>'at', \
     value->>'body', unhex(value->>'prev'), unhex(value->>'hash') FROM json_each($1) WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO event (chain, seq, at, body, prev, hash) \
     SELECT chain, seq, at, body, decode(prev, 'hex'), decode(hash, 'hex') FROM json_to_recordset($1::json) \
     AS r(chain text, seq bigint, at bigint, body text, prev text, hash text) ON CONFLICT DO NOTHING",
);

/// Every pair of this file.
#[cfg(test)]
pub(in crate::store) const PAIRS: &[(&str, &str)] = &[FIRST_USE, TAKE, REPLACE, NAME, PARK, OPENED, EVENT];

/// An item, ready to be written.
pub(super) struct Entry {
    pub gate: Key,
    /// The time by which expiry is judged.
    pub at: i64,
    pub names: Vec<Name>,
    pub parks: Vec<Park>,
    pub opened: Vec<OpenedSeat>,
    pub events: Vec<Loose>,
}

/// What lets an item through.
pub(super) enum Key {
    FirstUse(FirstUse),
    Take(String),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct FirstUse {
    pub name: String,
    pub expires: i64,
}

#[derive(Clone, Serialize)]
pub(super) struct Park {
    pub handle: String,
    pub sealed: String,
    pub expires: i64,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Name {
    pub sector: String,
    pub value: String,
    pub scope: String,
    pub kind: &'static str,
    pub subject: String,
    pub created: i64,
    pub epoch: u32,
    pub replaces: Option<String>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct OpenedSeat {
    pub subscription: String,
    pub person: String,
    pub at: i64,
}

/// An event that is not linked yet.
pub(super) struct Loose {
    pub owner: String,
    pub at: i64,
    pub body: String,
}

#[derive(Serialize)]
pub(super) struct Link<'a> {
    pub chain: String,
    pub seq: i64,
    at: i64,
    body: &'a str,
    prev: String,
    hash: String,
}

impl Entry {
    /// Takes an item apart. What a statement would stumble over is refused here, where it stops nobody else.
    pub fn prepare(item: Item) -> Result<Self, Fault> {
        let gate = match item.gate {
            Gate::FirstUse(proof) => {
                Key::FirstUse(FirstUse { name: first_use_name(proof.key), expires: millis(proof.until) })
            }
            Gate::Take(handle) => Key::Take(handle.as_str().to_owned()),
        };
        let (names, parks, opened, events) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut entry = Self { gate, at: millis(item.at), names, parks, opened, events };
        for write in item.writes {
            match write {
                Write::Park(row) => entry.parks.push(park(row)?),
                Write::Name(row) => entry.names.push(name(row)?),
                Write::Opened(seat) => entry.opened.push(opened_seat(&seat)),
                Write::Event(event) => entry.events.push(loose(&event)?),
            }
        }
        Ok(entry)
    }
}

impl Loose {
    pub fn linked(&self, link: Linked) -> Link<'_> {
        Link {
            chain: link.chain,
            seq: link.seq,
            at: self.at,
            body: &self.body,
            prev: hex(&link.prev),
            hash: hex(&link.hash),
        }
    }
}

fn hex(hash: &Hash) -> String {
    HEXLOWER.encode(hash.bytes())
}

/// An ENT chooses its nonces, so they may be of any length and hold anything; they need only stay apart.
fn first_use_name(key: String) -> String {
    if key.len() <= KEY && !key.contains('\0') {
        return key;
    }
    format!("sha256 {}", HEXLOWER.encode(digest::digest(&digest::SHA256, key.as_bytes()).as_ref()))
}

fn park(row: ParkedRow) -> Result<Park, Fault> {
    let handle = row.handle.as_str().to_owned();
    let expires = millis(row.until);
    Ok(Park { handle, sealed: storable(row.sealed, "a parked launch")?, expires })
}

fn name(row: NameRow) -> Result<Name, Fault> {
    let (sector, value) = (row.sector.to_string(), row.value.as_str().to_owned());
    if sector.len() + row.scope.len() + row.kind.len() + row.subject.len() > INDEXED {
        return Err(Fault::new(format!("the id of a {} is too long to be stored", row.kind)));
    }
    let (scope, subject) = (storable(row.scope, "a scope")?, storable(row.subject, "an id")?);
    let replaces = row.replaces.map(|value| value.as_str().to_owned());
    let (created, epoch) = (millis(row.at), row.epoch);
    Ok(Name { sector, value, scope, kind: row.kind, subject, created, epoch, replaces })
}

fn opened_seat(seat: &Opened) -> OpenedSeat {
    let (subscription, person) = (seat.subscription.to_string(), seat.person.uuid().simple().to_string());
    OpenedSeat { subscription, person, at: millis(seat.at) }
}

fn loose(event: &Event) -> Result<Loose, Fault> {
    let body = event.to_text().map_err(|e| Fault::new(format!("an event cannot be written: {e}")))?;
    let (owner, body) = (event.owner(), storable(body, "an event")?);
    Ok(Loose { owner, at: millis(event.at), body })
}

/// PostgreSQL's texts hold no NUL.
fn storable(text: String, what: &str) -> Result<String, Fault> {
    if text.contains('\0') { Err(Fault::new(format!("{what} holds a NUL character"))) } else { Ok(text) }
}
