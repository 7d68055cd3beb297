//! The ticket of a sign-on: what `state` carries, sealed. Nothing is written before somebody is authenticated.

use boundary::{Chance, ConnectionId, Fault, RefusalCode, SealPurpose, Stop, World};
use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

/// How long a sign-on may take.
pub const LIFE: Duration = SealPurpose::LtiState.life();

/// What `state` carries.
#[derive(Serialize, Deserialize)]
pub struct Ticket {
    /// The connection that the sign-on belongs to.
    pub connection: ConnectionId,
    /// The nonce that the id_token must repeat.
    pub nonce: String,
    /// The value of the cookie that binds it to the browser.
    pub cookie: String,
    #[serde(with = "time::serde::timestamp")]
    issued: OffsetDateTime,
}

impl Ticket {
    /// A new ticket for a connection.
    pub fn new(connection: ConnectionId, world: &dyn World) -> Self {
        Self { connection, nonce: draw(world), cookie: draw(world), issued: world.now() }
    }

    /// The ticket as `state`.
    pub fn seal(&self, world: &dyn World) -> Result<String, Fault> {
        let plain = serde_json::to_vec(self).map_err(|e| Fault::new(format!("ticket: {e}")))?;
        world.seal(SealPurpose::LtiState, &plain)
    }

    /// The ticket that a `state` carries, however old.
    pub fn open(state: &str, world: &dyn World) -> Result<Self, Stop> {
        let stale = |words: &str| Stop::from(RefusalCode::LaunchStale.about(words));
        let plain =
            world.open(SealPurpose::LtiState, state).ok_or_else(|| stale("the state is not one of ours"))?;
        serde_json::from_slice(&plain).map_err(|_| stale("the state has another form"))
    }

    /// Whether the sign-on was begun a short while ago. It is asked once the connection is known.
    pub fn check_age(&self, world: &dyn World) -> Result<(), Stop> {
        if world.now() - self.issued <= LIFE {
            return Ok(());
        }
        Err(RefusalCode::LaunchStale.about("the sign-on took longer than ten minutes").into())
    }
}

/// 128 random bits as text.
fn draw(chance: &(impl Chance + ?Sized)) -> String {
    let mut bits = [0; 16];
    chance.fill(&mut bits);
    BASE32_NOPAD.encode(&bits).to_ascii_lowercase()
}
