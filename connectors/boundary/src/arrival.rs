//! Arrival: what an ENT said when it sent somebody, after its sign-on was verified.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use url::Url;

use crate::ark::Ark;
use crate::attribute::Attributes;
use crate::ids::{ConnectionId, EntId, ResourceKey};
use crate::profile::Profile;
use crate::registration::Protocol;
use crate::uai::Uai;

/// Over which connection of which ENT somebody came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Via {
    /// The protocol spoken.
    pub protocol: Protocol,
    /// The ENT.
    pub ent: EntId,
    /// Its connection.
    pub connection: ConnectionId,
    /// LTI's `deployment_id`, where the protocol has one.
    pub deployment: Option<String>,
}

/// The school that the sign-on names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SchoolClaim {
    /// None.
    Silent,
    /// A claim that the ENT signs and its administrator sets; it may still be the wrong school.
    Signed(Uai),
    /// An address or a parameter of the link, which whoever made the link wrote, even where the ENT signs it: it only
    /// chooses among the schools of the person.
    Hinted(Uai),
    /// Something that is not a UAI.
    Unreadable,
}

/// What the sign-on says about the person's roles, already read as profiles. Unknown roles are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleClaims {
    /// What they are at the institution.
    pub institution: Vec<Profile>,
    /// What they are in the course. Any teacher can make a pupil Instructor of a course, so this counts only where
    /// the connection says so.
    pub context: Vec<Profile>,
}

/// Which resource is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// By its permanent name.
    Ark(Ark),
    /// By the short name of its target link.
    Key(ResourceKey),
    /// The sign-on names none that we can read.
    Unnamed,
}

/// The course that the person came from, under the ENT's own id.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextClaim {
    /// The ENT's id.
    pub id: String,
    /// Kinds from LTI's vocabulary (`CourseSection`), without prefix.
    pub kinds: Vec<String>,
}

/// The link that was clicked, under the ENT's own id.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkClaim {
    /// The ENT's id.
    pub id: String,
}

/// Where the ENT shows what it opened (LTI Core, `launch_presentation.document_target`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentTarget {
    /// In an iframe.
    Iframe,
    /// In a frame.
    Frame,
    /// In a window of its own.
    Window,
}

/// What must be seen for the first time for the sign-on to count: the nonce of an id_token, the id of an assertion.
/// It is recorded in the same commit as what follows from it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstUse {
    /// The value, with its connection, so that two ENTs never collide.
    pub key: String,
    /// Until when it must be remembered: as long as the sign-on could be accepted.
    #[serde(with = "time::serde::timestamp")]
    pub until: OffsetDateTime,
}

/// What an ENT said when it sent somebody. The sign-on is verified, nothing else is: the directory and the licences
/// come after. It is personal data through and through, so `Debug` shows only where it came from.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// Over which connection.
    pub via: Via,
    /// The namespace of `subject`.
    pub namespace: String,
    /// The person, as the connection's match key names them.
    pub subject: String,
    /// The school named.
    pub school: SchoolClaim,
    /// The roles named.
    pub roles: RoleClaims,
    /// The resource wanted.
    pub wanted: Wanted,
    /// The course.
    pub context: Option<ContextClaim>,
    /// The link.
    pub link: Option<LinkClaim>,
    /// Attributes that the broker knows the name of; everything else was dropped.
    pub attributes: Attributes,
    /// Where the ENT shows the resource.
    pub target: Option<DocumentTarget>,
    /// The reader's language, `fr` or `en`.
    pub locale: Option<String>,
    /// Where the ENT wants the person back, if that address is the ENT's.
    pub return_url: Option<Url>,
    /// What must be seen for the first time.
    pub proof: FirstUse,
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival")
            .field("via", &self.via)
            .field("wanted", &self.wanted)
            .finish_non_exhaustive()
    }
}
