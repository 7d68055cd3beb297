//! Refusal: a stable code, words for the operator, and the way back. The words for the reader stand in the registry
//! `specs/refusals.toml`, in every language, under the same code.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::ids::EntId;
use crate::sign_on::SignOn;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// Why a launch was refused. The registry holds each code's meaning, words, status and who can mend it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum RefusalCode {
            $($(#[$doc])* $variant),+
        }

        impl RefusalCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The code as text, stable for ever.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

codes! {
    /// Nobody here has this identity, and the connection does not provision.
    UnknownPerson = "unknown_person",
    /// The person was known and has no school any more.
    PersonLeft = "person_left",
    /// The school named is not one that we know.
    SchoolUnknown = "school_unknown",
    /// The ENT named a school that is not its own.
    SchoolNotOfEnt = "school_not_of_ent",
    /// The person is not of the school named.
    SchoolNotOfPerson = "school_not_of_person",
    /// No school is named and none can be told.
    SchoolAmbiguous = "school_ambiguous",
    /// The deployment is not activated.
    DeploymentInactive = "deployment_inactive",
    /// The school has no subscription to the resource.
    NoSubscription = "no_subscription",
    /// The subscription begins later.
    NotYetValid = "not_yet_valid",
    /// The subscription is over.
    Expired = "expired",
    /// The subscription is for other profiles.
    WrongAudience = "wrong_audience",
    /// The person was not assigned.
    NotAssigned = "not_assigned",
    /// All seats are taken.
    NoSeat = "no_seat",
    /// The console is wanted, and nobody names the person as a manager of the school.
    ConsoleNotManager = "console_not_manager",
    /// No such resource, or none was named.
    ResourceUnknown = "resource_unknown",
    /// The resource was withdrawn.
    ResourceWithdrawn = "resource_withdrawn",
    /// The publisher's tool is suspended.
    ToolSuspended = "tool_suspended",
    /// A required parameter of the login initiation is missing.
    LoginIncomplete = "login_incomplete",
    /// A request cannot be read: doubled or overlong parameters, a bad address.
    LoginMalformed = "login_malformed",
    /// No registration has this issuer and client id.
    RegistrationUnknown = "registration_unknown",
    /// Several registrations share the issuer and no client id was given.
    RegistrationAmbiguous = "registration_ambiguous",
    /// The target link is not on our hosts.
    TargetElsewhere = "target_elsewhere",
    /// The browser did not present the cookie of its launch.
    BrowserUnbound = "browser_unbound",
    /// The launch was begun too long ago, or its state cannot be read.
    LaunchStale = "launch_stale",
    /// The ENT answered the sign-on with an error.
    SignOnRefused = "sign_on_refused",
    /// The ENT does not see the person's session: usually its cookie is blocked.
    LoginRequired = "login_required",
    /// A check of the id_token failed.
    TokenInvalid = "token_invalid",
    /// The sign-on was used before.
    Replayed = "replayed",
    /// The message type is not one that we serve.
    MessageUnsupported = "message_unsupported",
    /// The parked launch is gone: used, or too old.
    HandleSpent = "handle_spent",
    /// The publisher's authorization request is wrong.
    AuthorizationInvalid = "authorization_invalid",
    /// The publisher's redirect address is not registered.
    RedirectUriUnregistered = "redirect_uri_unregistered",
    /// No tool has this client id.
    ToolUnknown = "tool_unknown",
    /// There is no such page.
    NotFound = "not_found",
}

impl RefusalCode {
    /// A refusal with this code; `detail` is for the operator and holds no personal data.
    #[must_use]
    pub fn about(self, detail: impl Into<String>) -> Refusal {
        Refusal { code: self, detail: detail.into(), back: Box::default(), sign_on: None }
    }
}

/// Where a reader can go back to, as far as it is known when a launch ends early.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Back {
    /// The ENT, whose pages may embed ours.
    pub ent: Option<EntId>,
    /// Its return address, already checked to be its own.
    pub return_url: Option<Url>,
    /// The reader's language.
    pub locale: Option<String>,
}

/// A launch that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    code: RefusalCode,
    detail: String,
    back: Box<Back>,
    sign_on: Option<Box<SignOn>>,
}

impl Refusal {
    /// Why.
    #[must_use]
    pub const fn code(&self) -> RefusalCode {
        self.code
    }

    /// Words for the operator: what was seen, without personal data.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The way back.
    #[must_use]
    pub fn back(&self) -> &Back {
        &self.back
    }

    /// The same refusal with a way back.
    #[must_use]
    pub fn with_back(mut self, back: Back) -> Self {
        *self.back = back;
        self
    }

    /// The sign-on of a known connection that failed, where this refusal ended one.
    #[must_use]
    pub fn sign_on(&self) -> Option<&SignOn> {
        self.sign_on.as_deref()
    }

    /// The same refusal, which ended a sign-on.
    #[must_use]
    pub fn ending(mut self, sign_on: SignOn) -> Self {
        self.sign_on = Some(Box::new(sign_on));
        self
    }
}
