//! Registrations: what is agreed with a peer before anybody launches, one file a protocol.

mod lti;

use serde::{Deserialize, Serialize};

pub use lti::{Deployment, KeySource, LtiPlatform, LtiTool, MatchKey};

/// A protocol that a peer speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// LTI 1.3.
    Lti,
}

impl Protocol {
    /// The name in our files and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lti => "lti",
        }
    }
}
