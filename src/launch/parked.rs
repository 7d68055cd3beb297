//! Parked launches: what is kept between two hops, sealed.

use boundary::{
    Ark, Arrival, BindingCookie, Chance, Fault, Handle, LaunchId, SealPurpose, Tickets, ToolId, Uai,
};
use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::store::ParkedRow;

/// What a parked launch waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Awaits {
    /// The person's choice of a school.
    School,
    /// The publisher's request.
    Publisher,
}

/// A parked launch.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Parked {
    pub launch: LaunchId,
    pub awaits: Awaits,
    pub arrival: Arrival,
    /// The school chosen on our page.
    pub chosen: Option<Uai>,
    pub resource: Ark,
    pub tool: ToolId,
    /// The value of the cookie that binds it to the browser.
    pub binding: String,
}

impl Parked {
    /// Seals it under a handle.
    pub fn seal(
        &self,
        handle: &Handle,
        until: OffsetDateTime,
        tickets: &dyn Tickets,
    ) -> Result<ParkedRow, Fault> {
        let plain = serde_json::to_vec(self).map_err(|e| Fault::new(format!("parked launch: {e}")))?;
        let sealed = tickets.seal(SealPurpose::Parked, &plain)?;
        Ok(ParkedRow { handle: handle.clone(), sealed, until })
    }

    /// Opens what was sealed. A row that does not open is damage or a lost key, never the reader's doing.
    pub fn open(row: &ParkedRow, tickets: &dyn Tickets) -> Result<Self, Fault> {
        let plain = tickets.open(SealPurpose::Parked, &row.sealed);
        let plain = plain.ok_or_else(|| Fault::new("a parked launch does not open under any carrier key"))?;
        serde_json::from_slice(&plain).map_err(|_| Fault::new("a parked launch has another form"))
    }
}

/// Draws the value of a binding cookie: 128 random bits.
pub(super) fn draw_binding(chance: &dyn Chance) -> String {
    let mut bits = [0; 16];
    chance.fill(&mut bits);
    BASE32_NOPAD.encode(&bits).to_ascii_lowercase()
}

/// The cookie that binds a parked launch to the browser that brought it.
pub(super) fn binding_cookie(name: (String, &'static str), value: &str, seconds: u32) -> BindingCookie {
    let (name, path) = name;
    BindingCookie { name, value: value.to_owned(), path, max_age: seconds.min(600) }
}
