//! The world as a connector sees it: narrow views, each one thing that it may ask for.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use time::Duration;
use url::Url;

use crate::clock::{Chance, Clock};
use crate::connector::Fault;
use crate::ids::ConnectionId;
use crate::registration::{LtiPlatform, LtiTool};
use crate::seal::SealPurpose;

/// Sealed tickets: what travels with the browser before anybody is authenticated.
pub trait Tickets: Send + Sync {
    /// Seals bytes for one purpose.
    ///
    /// # Errors
    /// [`Fault`] when no key is at hand.
    fn seal(&self, purpose: SealPurpose, plain: &[u8]) -> Result<String, Fault>;

    /// Opens what was sealed for this purpose; `None` for anything else.
    fn open(&self, purpose: SealPurpose, sealed: &str) -> Option<Vec<u8>>;
}

/// How long a token that we sign counts, at the longest. Its key stays published until then.
pub const TOKEN_LIFE: Duration = Duration::minutes(5);

/// How long peers may keep our key set. No key signs before every such copy holds it.
pub const KEY_SET_LIFE: Duration = Duration::minutes(30);

/// Signatures of ours, by purpose. A connector never sees a private key.
pub trait Signatures: Send + Sync {
    /// Signs claims as LTI platform: a compact JWS, RS256, with the `kid` of a published key.
    ///
    /// # Errors
    /// [`Fault`] when no key is at hand.
    fn sign_lti(&self, claims: &[u8]) -> Result<String, Fault>;
}

/// What we publish about our own keys.
pub trait PublishedKeys: Send + Sync {
    /// Our JSON Web Key Set (RFC 7517 section 5), public members only.
    ///
    /// # Errors
    /// [`Fault`] when the keys cannot be read.
    fn jwks(&self) -> Result<Bytes, Fault>;
}

/// What is registered.
#[async_trait]
pub trait Registrations: Send + Sync {
    /// The registrations at ENTs with this issuer.
    ///
    /// # Errors
    /// [`Fault`] when the store does not answer.
    async fn lti_platforms(&self, issuer: &str) -> Result<Vec<Arc<LtiPlatform>>, Fault>;

    /// The registration with this id.
    ///
    /// # Errors
    /// [`Fault`] when the store does not answer.
    async fn lti_platform(&self, connection: &ConnectionId) -> Result<Option<Arc<LtiPlatform>>, Fault>;

    /// The tool with this client id.
    ///
    /// # Errors
    /// [`Fault`] when the store does not answer.
    async fn lti_tool(&self, client_id: &str) -> Result<Option<Arc<LtiTool>>, Fault>;
}

/// The keys that peers publish.
#[async_trait]
pub trait PeerKeys: Send + Sync {
    /// The key of an ENT with this key id, as JWK text (RFC 7517 section 4), or PEM where the registration gives
    /// one. An unknown id fetches the set once more, within a limit; `None` when it is still unknown.
    ///
    /// # Errors
    /// [`Fault`] when the set cannot be fetched and none is known.
    async fn key_of(&self, platform: &LtiPlatform, kid: &str) -> Result<Option<Arc<str>>, Fault>;
}

/// Everything that a connector may ask the broker for.
pub trait World: Clock + Chance + Tickets + Signatures + PublishedKeys + Registrations + PeerKeys {
    /// The public origin of the broker, which is its LTI issuer: no path, query or fragment.
    fn public_url(&self) -> &Url;
}
