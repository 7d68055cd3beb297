//! What a sealed value is for: a value sealed for one purpose opens for no other.

/// The purpose of a sealed value; it is part of what is authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SealPurpose {
    /// The `state` of a sign-on at an ENT over LTI.
    LtiState,
    /// The way back to the ENT that a publisher is given.
    Return,
    /// A parked launch.
    Parked,
}

impl SealPurpose {
    /// The purpose as it is written into the sealed value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LtiState => "lti-state",
            Self::Return => "return",
            Self::Parked => "parked",
        }
    }
}
