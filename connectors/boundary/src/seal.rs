//! What a sealed value is for: a value sealed for one purpose opens for no other.

use time::Duration;

/// The purpose of a sealed value; it is part of what is authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SealPurpose {
    /// The `state` of a sign-on at an ENT over LTI.
    LtiState,
    /// The way back to the ENT that a publisher is given.
    Return,
    /// A parked launch.
    Parked,
    /// Who came to the console through an ENT, for as long as their session may last.
    Console,
}

impl SealPurpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [Self::LtiState, Self::Return, Self::Parked, Self::Console];

    /// How long a value counts after it was sealed, at the longest. The key that sealed it is kept for as long.
    #[must_use]
    pub const fn life(self) -> Duration {
        match self {
            Self::LtiState | Self::Parked => Duration::minutes(10),
            // How long somebody may stay with a publisher and still find back.
            Self::Return => Duration::hours(12),
            // A session of twelve hours, begun minutes after it was sealed.
            Self::Console => Duration::hours(13),
        }
    }

    /// The purpose as it is written into the sealed value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LtiState => "lti-state",
            Self::Return => "return",
            Self::Parked => "parked",
            Self::Console => "console",
        }
    }
}
