//! A school's journal, for whoever asks on the school's behalf.

use std::io::Write;

use time::OffsetDateTime;

pub use crate::journal::{Asked, JournalStore, ReadError};

/// Writes what the journal holds of a school, in the form that the school verifies by itself.
///
/// # Errors
/// [`ReadError`] when the store did not answer, nothing is held, or no checkpoint covers it yet.
pub async fn write(
    store: &dyn JournalStore,
    asked: &Asked,
    now: OffsetDateTime,
    out: &mut (dyn Write + Send),
) -> Result<u64, ReadError> {
    let mut view = store.look().await?;
    crate::journal::export(&mut *view, asked, now, out).await
}
