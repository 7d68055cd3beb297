//! `doctor`: looks for what an operator should know. One check so far: deployments that ENTs used and nobody activated.

use boundary::Fault;
use serde::Serialize;

use crate::directory::DirectoryStore;

/// One thing found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check that found it.
    pub check: &'static str,
    /// What was found.
    pub what: String,
    /// What to do about it.
    pub mend: String,
}

/// Runs every check.
///
/// # Errors
/// A [`Fault`] when the store did not answer.
pub async fn examine(store: &dyn DirectoryStore) -> Result<Vec<Finding>, Fault> {
    let seen = store.inactive_deployments().await?;
    Ok(seen
        .into_iter()
        .map(|seen| inactive(&seen.connection.to_string(), &seen.deployment, seen.first_seen.date()))
        .collect())
}

fn inactive(connection: &str, deployment: &str, day: time::Date) -> Finding {
    Finding {
        check: "deployments",
        what: format!(
            "connection {connection} was used with deployment \"{deployment}\", first on {day}; it is refused"
        ),
        mend: format!(
            "if it is the school's own, add \"{deployment}\" to deployments of [[ent.lti]] {connection} and apply the file"
        ),
    }
}
