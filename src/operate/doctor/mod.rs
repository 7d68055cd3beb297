//! `doctor`: looks for what an operator should know. Each check is a function with a name that stays; what it finds says
//! how much it matters, what was found, who can mend it, and how.

mod finding;
mod licences;
mod own_keys;
mod peers;
mod registered;
mod settings;

use async_trait::async_trait;
use boundary::{Clock, Fault};

use super::apply::{FederationStore, Record};
use crate::directory::DirectoryStore;
use crate::keys::KeyStore;
use crate::trust::KeySets;

pub use finding::{Finding, Mender, Severity, show};
pub use settings::Settings;

/// What `doctor` needs of a store beyond what others declare.
#[async_trait]
pub trait DoctorStore: DirectoryStore + FederationStore + KeyStore {
    /// The numbers of the schools that have nobody, in their order.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    async fn schools_without_people(&self) -> Result<Vec<String>, Fault>;
}

/// What `doctor` looks at.
pub struct Means<'a> {
    /// What is registered and stored.
    pub store: &'a dyn DoctorStore,
    /// The way to the key sets of peers.
    pub key_sets: &'a KeySets,
    /// The time.
    pub clock: &'a dyn Clock,
    /// What is configured.
    pub settings: &'a Settings,
}

/// Runs every check; what matters most comes first.
///
/// # Errors
/// A [`Fault`] when the store did not answer. A peer that does not is a finding.
pub async fn examine(means: &Means<'_>) -> Result<Vec<Finding>, Fault> {
    let Means { store, key_sets, clock, settings } = means;
    let now = clock.now();
    let records: Vec<Record> = store
        .records()
        .await?
        .into_iter()
        .filter(|stored| !stored.withdrawn)
        .map(|stored| stored.record)
        .collect();
    let mut found = registered::deployments(store.inactive_deployments().await?);
    found.extend(peers::examine(key_sets, &records, settings.leeway_seconds).await);
    found.extend(own_keys::ages(&store.keys().await?, now));
    found.extend(licences::examine(&records, now));
    found.extend(registered::context_roles(&records));
    found.extend(registered::empty_schools(&store.schools_without_people().await?, &records));
    found.extend(settings::examine(settings));
    found.sort_by_key(|finding| finding.severity);
    Ok(found)
}
