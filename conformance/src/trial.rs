//! Test-only: a world on the real clock.

use std::sync::Arc;

use crate::world::World;

#[expect(
    clippy::disallowed_methods,
    reason = "tests of the judge are its caller, and callers own clock and chance"
)]
pub(crate) fn world() -> World {
    World {
        now: Arc::new(time::OffsetDateTime::now_utc),
        fill: Arc::new(|bytes| getrandom::fill(bytes).unwrap()),
    }
}
