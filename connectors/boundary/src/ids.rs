//! Identifiers of the school world: short names that operators choose, and random ones that we draw.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::clock::Chance;

/// The text is not usable as a short name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "\"{0}\" is not a valid id: 1 to 64 characters out of A-Z a-z 0-9 . _ -, beginning with a letter or digit"
)]
pub struct NotASlug(pub String);

macro_rules! slug {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// 1 to 64 characters out of `A-Z a-z 0-9 . _ -`, beginning with a letter or a digit.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Reads an id.
            ///
            /// # Errors
            /// [`NotASlug`] when the text has another form.
            pub fn parse(text: &str) -> Result<Self, NotASlug> {
                if is_slug(text) { Ok(Self(text.to_owned())) } else { Err(NotASlug(text.chars().take(80).collect())) }
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    };
}

fn is_slug(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    text.len() <= 64 && text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(allowed)
}

slug!(
    /// An ENT: a school's portal or LMS, or a project of many schools.
    EntId
);
slug!(
    /// One connection of an ENT, such as an LTI registration.
    ConnectionId
);
slug!(
    /// An organisation: publisher, commercial or technical distributor.
    OrganisationId
);
slug!(
    /// The domain of a pseudonym. Immutable, never reused.
    SectorId
);
slug!(
    /// A publisher's tool: what opens resources.
    ToolId
);
slug!(
    /// The short name of a resource in target links (`/lti/r/{key}`).
    ResourceKey
);
impl ResourceKey {
    /// The key under which an ENT opens our console. No resource has it.
    pub const CONSOLE: &'static str = "console";

    /// Whether it is the console's.
    #[must_use]
    pub fn is_console(&self) -> bool {
        self.0 == Self::CONSOLE
    }
}

slug!(
    /// A subscription. GAR allows 45 characters; longer ones never come from GAR.
    SubscriptionId
);

/// A person, inside the broker only: never sent to anyone, never logged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(Uuid);

impl PersonId {
    /// Makes a new id from the time and fresh randomness (UUID version 7, RFC 9562 section 5.7).
    #[must_use]
    pub fn draw(now: OffsetDateTime, chance: &dyn Chance) -> Self {
        let mut random = [0; 10];
        chance.fill(&mut random);
        let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// An id that was stored.
    #[must_use]
    pub const fn stored(id: Uuid) -> Self {
        Self(id)
    }

    /// The id for storage.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Debug for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonId(…)")
    }
}

/// The text is not a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a handle: 26 characters out of a-z 2-7")]
pub struct NotAHandle;

/// The name of a parked launch: 128 random bits as 26 characters out of `a-z2-7`. Whoever holds it may finish the
/// launch once, from the same browser; so it is a secret and `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Handle(String);

impl Handle {
    /// Draws a new handle.
    #[must_use]
    pub fn draw(chance: &dyn Chance) -> Self {
        let mut bits = [0; 16];
        chance.fill(&mut bits);
        Self(BASE32_NOPAD.encode(&bits).to_ascii_lowercase())
    }

    /// Reads a handle that came back.
    ///
    /// # Errors
    /// [`NotAHandle`] when the text has another form.
    pub fn parse(text: &str) -> Result<Self, NotAHandle> {
        if text.len() == 26 && text.chars().all(is_base32) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAHandle)
        }
    }

    /// The handle as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle(…)")
    }
}

/// The text is not a launch id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a launch id: 16 characters out of a-z 2-7, as pages and logs show them")]
pub struct NotALaunchId;

/// The number of one launch, shown on error pages, kept in the journal, and sent to the one publisher that gets the
/// launch, in its receipt. It is drawn anew for each launch, so that no two publishers ever hold the same one. 80 random
/// bits as 16 characters out of `a-z2-7`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LaunchId(String);

impl LaunchId {
    /// Draws a new launch id.
    #[must_use]
    pub fn draw(chance: &dyn Chance) -> Self {
        let mut bits = [0; 10];
        chance.fill(&mut bits);
        Self(BASE32_NOPAD.encode(&bits).to_ascii_lowercase())
    }

    /// Reads an id that somebody copied from a page; capitals and spaces around it do not matter.
    ///
    /// # Errors
    /// [`NotALaunchId`] when the text has another form.
    pub fn parse(text: &str) -> Result<Self, NotALaunchId> {
        let text = text.trim().to_ascii_lowercase();
        if text.len() == 16 && text.chars().all(is_base32) { Ok(Self(text)) } else { Err(NotALaunchId) }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LaunchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const fn is_base32(c: char) -> bool {
    matches!(c, 'a'..='z' | '2'..='7')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_refuse_spaces_paths_and_length() {
        assert!(EntId::parse("ent-demo.1_A").is_ok());
        for bad in ["", " a", "a b", "-a", "a/b", "é", &"x".repeat(65)] {
            assert!(EntId::parse(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_launch_id_is_read_as_people_copy_it() {
        assert_eq!(LaunchId::parse(" ABCDEFGHijklmn27\n").unwrap().as_str(), "abcdefghijklmn27");
        for bad in ["", "abc", "abcdefghijklmn10", "abcdefghijklmn277", "abcdefghijklmnéé"] {
            assert!(LaunchId::parse(bad).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn handles_hide_themselves_and_refuse_other_forms() {
        let handle = Handle::parse("abcdefghijklmnopqrstuvwx27").unwrap();
        assert_eq!(format!("{handle:?}"), "Handle(…)");
        assert!(Handle::parse("ABCDEFGHIJKLMNOPQRSTUVWX27").is_err());
        assert!(Handle::parse("abc").is_err());
    }
}
