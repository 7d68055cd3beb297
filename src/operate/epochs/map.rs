//! The map of a change of epoch: a line a value, and a last line that counts and signs all of them, so that whoever has it
//! knows that it is whole and whose it is.

use aws_lc_rs::digest;
use boundary::{Fault, SectorId};
use data_encoding::HEXLOWER;
use serde::Serialize;

use super::{EpochStore, Replaced};
use crate::journal::Signer;

/// The type in the header of the signature.
pub const MAP_TYPE: &str = "passerelle-epoch+jwt";
/// How many lines are read at a time.
const SLICE: u32 = 1000;

/// What is signed: the lines before it, by their number and the SHA-256 of their bytes.
#[derive(Debug, Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sector: &'a str,
    epoch: u32,
    lines: u64,
    sha256: &'a str,
}

/// The last line.
#[derive(Debug, Serialize)]
pub struct MapEnd {
    /// How many lines came before.
    pub lines: u64,
    /// The SHA-256 of their bytes, each with its line feed, in hexadecimal digits.
    pub sha256: String,
    /// A compact JWS of type [`MAP_TYPE`], under a key of the journal.
    pub signature: String,
}

/// How far a map was told.
pub struct Told {
    after: String,
    lines: u64,
    digest: digest::Context,
    ended: bool,
}

impl Default for Told {
    fn default() -> Self {
        let digest = digest::Context::new(&digest::SHA256);
        Self { after: String::new(), lines: 0, digest, ended: false }
    }
}

/// The next lines of a map, and how far it is told then; `None` behind its end.
///
/// # Errors
/// A [`Fault`] when the store did not answer or no key is at hand.
pub async fn tell(
    store: &dyn EpochStore,
    (signer, issuer): (&dyn Signer, &str),
    (sector, epoch): (&SectorId, u32),
    mut told: Told,
) -> Result<Option<(String, Told)>, Fault> {
    if told.ended {
        return Ok(None);
    }
    let found = store.replaced(sector, epoch, &told.after, SLICE).await?;
    if let Some(last) = found.last() {
        told.after = last.old.as_str().to_owned();
        told.lines += found.len() as u64;
        let text: String = found.iter().map(line).collect();
        told.digest.update(text.as_bytes());
        return Ok(Some((text, told)));
    }
    told.ended = true;
    let sha256 = HEXLOWER.encode(told.digest.clone().finish().as_ref());
    let (lines, sector) = (told.lines, sector.as_str());
    let claims = Claims { iss: issuer, sector, epoch, lines, sha256: &sha256 };
    let claims = serde_json::to_vec(&claims).map_err(|e| unwritten(&e))?;
    let signature = signer.sign(MAP_TYPE, &claims)?.token;
    let end = serde_json::to_string(&MapEnd { lines, sha256, signature }).map_err(|e| unwritten(&e))?;
    Ok(Some((format!("{end}\n"), told)))
}

fn line(replaced: &Replaced) -> String {
    format!("{}\n", serde_json::json!({ "old": replaced.old.as_str(), "new": replaced.new.as_str() }))
}

fn unwritten(error: &serde_json::Error) -> Fault {
    Fault::new(format!("a map cannot be written: {error}"))
}
