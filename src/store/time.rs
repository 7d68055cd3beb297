//! Moments as the tables hold them: milliseconds since 1970, in UTC.

use time::OffsetDateTime;

use super::error::{StoreError, Trouble};

/// A moment for storage.
pub(in crate::store) fn millis(moment: OffsetDateTime) -> i64 {
    i64::try_from(moment.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}

/// A moment that was stored.
pub(in crate::store) fn moment(millis: i64) -> Result<OffsetDateTime, StoreError> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .map_err(|_| StoreError::failed("reading a time", Trouble::Form("of a time".to_owned())))
}
