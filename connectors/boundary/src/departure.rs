//! Departure: a launch that may go out, with what the publisher's connector needs to deliver it.

use std::collections::BTreeMap;
use std::sync::Arc;

use url::Url;

use crate::arrival::DocumentTarget;
use crate::registration::LtiTool;
use crate::release::Released;

/// Everything about a delivery that is not about the person.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The tool's registration.
    pub tool: Arc<LtiTool>,
    /// The resource's title in our catalogue, never the ENT's words.
    pub title: String,
    /// The resource's own address, or the tool's.
    pub target_url: Url,
    /// Custom parameters: the tool's, then the resource's, later ones win (LTI Core, section 3.3).
    pub custom: BTreeMap<String, String>,
    /// Kinds of the course, from LTI's vocabulary.
    pub context_kinds: Vec<String>,
    /// Where the ENT shows the resource.
    pub target: Option<DocumentTarget>,
    /// The reader's language, `fr` or `en`.
    pub locale: Option<String>,
    /// Our own address through which the person gets back to the ENT.
    pub return_url: Option<Url>,
    /// Our signed receipt of the launch: a compact JWS that names what is released and holds no value.
    pub receipt: String,
}

/// A launch that may go out. Only from a [`Released`] comes a `Departure`.
///
/// ```
/// fn leaves(released: boundary::Released, delivery: boundary::Delivery) -> boundary::Departure {
///     boundary::Departure::new(released, delivery)
/// }
/// ```
///
/// ```compile_fail
/// fn leaves_unreleased(entitled: boundary::Entitled, delivery: boundary::Delivery) -> boundary::Departure {
///     boundary::Departure::new(entitled, delivery)
/// }
/// ```
///
/// ```compile_fail
/// fn forged(released: boundary::Released, delivery: boundary::Delivery) -> boundary::Departure {
///     boundary::Departure { released, delivery }
/// }
/// ```
///
/// ```compile_fail
/// let departure: boundary::Departure = serde_json::from_str("{}").unwrap();
/// ```
#[derive(Debug)]
pub struct Departure {
    released: Released,
    delivery: Delivery,
}

impl Departure {
    /// A launch that was released, ready to go.
    #[must_use]
    pub const fn new(released: Released, delivery: Delivery) -> Self {
        Self { released, delivery }
    }

    /// What the publisher may know.
    #[must_use]
    pub const fn released(&self) -> &Released {
        &self.released
    }

    /// How to deliver it.
    #[must_use]
    pub const fn delivery(&self) -> &Delivery {
        &self.delivery
    }
}
