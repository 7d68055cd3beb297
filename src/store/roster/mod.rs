//! Rosters in the database: what counts of them now, and how an import writes beside it.
//!
//! A row of `roster_person` counts from the import `since` on and until the import `until`; the import that counts at a
//! school stands in `roster_school`. So an import writes for as long as it likes, in small transactions, and nobody sees
//! any of it until one update moves a school on.

mod imports;
mod leaving;
mod reading;
mod writing;

use boundary::EntId;
use time::{Duration, OffsetDateTime};

use super::db::Tx;
use super::error::StoreError;
use super::turn;
use crate::operate::roster::Hold;

/// Every statement of this folder that reads alike on both engines.
#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&[&str]] = &[imports::STATEMENTS, reading::STATEMENTS];

/// Every pair.
#[cfg(test)]
pub(in crate::store) const PAIRS: &[&[(&str, &str)]] = &[leaving::PAIRS, writing::PAIRS];

/// How long the turn of an import lasts without being renewed; it is renewed with every batch, and every few seconds while
/// the archive is read. An import that is only slow and finds its turn taken writes nothing more.
const LASTS: Duration = Duration::seconds(30);

/// The imports of an ENT come one after the other.
fn name_of_turn(ent: &EntId) -> String {
    format!("roster {ent}")
}

/// Renews the turn of an import within a transaction; false where it is lost.
async fn renew(tx: &mut Tx, hold: &Hold, now: OffsetDateTime) -> Result<bool, StoreError> {
    turn::renew_for(tx, &name_of_turn(&hold.ent), &hold.holder, (now, LASTS)).await
}
