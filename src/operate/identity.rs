//! Identity: a person as the world outside names them, by ENT, namespace and subject.

use std::fmt;
use std::str::FromStr;

use boundary::EntId;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A person by an identity of theirs: `ENT/NAMESPACE/SUBJECT`. Outside the broker a person is nothing else.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// The ENT.
    pub ent: EntId,
    /// The namespace of the subject.
    pub namespace: String,
    /// The person's key in the namespace.
    pub subject: String,
}

/// The text names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "a person is named ENT/NAMESPACE/SUBJECT: our id of the ENT, the namespace of its people, their key in it"
)]
pub struct NotAnIdentity;

impl FromStr for Identity {
    type Err = NotAnIdentity;

    /// A subject may hold slashes; the other two may not.
    fn from_str(text: &str) -> Result<Self, NotAnIdentity> {
        let mut parts = text.splitn(3, '/');
        let (Some(ent), Some(namespace), Some(subject)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NotAnIdentity);
        };
        if namespace.is_empty() || subject.is_empty() || text.contains('\0') {
            return Err(NotAnIdentity);
        }
        let ent = EntId::parse(ent).map_err(|_| NotAnIdentity)?;
        Ok(Self { ent, namespace: namespace.to_owned(), subject: subject.to_owned() })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.ent, self.namespace, self.subject)
    }
}

/// What an ENT calls somebody stands in no log.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({}/…)", self.ent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_may_hold_slashes_and_nothing_may_be_missing() {
        let who: Identity = "ent/people/a/b".parse().unwrap();
        assert_eq!((who.ent.as_str(), &*who.namespace, &*who.subject), ("ent", "people", "a/b"));
        assert_eq!(who.to_string(), "ent/people/a/b");
        assert_eq!(format!("{who:?}"), "Identity(ent/…)");
        for wrong in ["", "ent", "ent/people", "ent//a", "ent/people/", "/people/a", "e nt/p/a", "ent/p/a\0"]
        {
            assert_eq!(wrong.parse::<Identity>(), Err(NotAnIdentity), "{wrong}");
        }
    }
}
