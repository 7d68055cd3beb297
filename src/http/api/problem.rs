//! Problem: why a request to the API was not done, as RFC 9457 has it, with a code that is stable for ever.
//!
//! The codes, and what they mean, stand in `specs/problems.toml`.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use boundary::Fault;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::operate::records::{RecordError, Wrong, keeper};

/// The media type of problems.
pub const MEDIA: &str = "application/problem+json";

/// The registry of problems.
pub const REGISTRY: &str = include_str!("../../../specs/problems.toml");

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)+) => {
        /// Why a request was not done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* $name,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// As programs see it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// In a few words.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

codes! {
    /// Nothing was brought that says who asks. `access` spells it.
    NotAuthenticated = "not_authenticated", 401, "Nobody is signed in";
    /// The token does not count. `access` spells it.
    TokenInvalid = "token_invalid", 401, "The token does not count";
    /// The role may not. `access` spells it.
    RoleInsufficient = "role_insufficient", 403, "This role may not do this";
    /// The token was given for other things. `access` spells it.
    ScopeInsufficient = "scope_insufficient", 403, "The token was not given for this";
    /// It belongs to another school or organisation. `access` spells it.
    NotYours = "not_yours", 403, "This belongs to somebody else";
    /// A form came from elsewhere. `access` spells it.
    FormForged = "form_forged", 403, "The form came from elsewhere";
    /// The body cannot be read.
    Malformed = "malformed", 400, "The body cannot be read";
    /// The query or a header cannot be read.
    RequestInvalid = "request_invalid", 400, "The query or a header is wrong";
    /// There is no such thing, or not for this caller.
    NotFound = "not_found", 404, "There is no such thing";
    /// It was withdrawn.
    Withdrawn = "withdrawn", 410, "It was withdrawn";
    /// The address has no such method.
    MethodNotAllowed = "method_not_allowed", 405, "This address has no such method";
    /// None of the forms that are accepted is there.
    NotAcceptable = "not_acceptable", 406, "There is no such form";
    /// The body is not of the right kind.
    MediaUnsupported = "media_unsupported", 415, "The body is of another kind";
    /// The body is too large.
    TooLarge = "too_large", 413, "The body is too large";
    /// Somebody else looks after the object.
    ManagedElsewhere = "managed_elsewhere", 409, "Somebody else looks after this";
    /// Others name the object.
    InUse = "in_use", 409, "Others name this";
    /// A request with the same key is being worked on.
    KeyInProgress = "key_in_progress", 409, "A request with this key is being worked on";
    /// The subscription is for a whole audience.
    NeedsNoAssignment = "needs_no_assignment", 409, "The subscription needs no assignment";
    /// The subscription has ended.
    SubscriptionEnded = "subscription_ended", 409, "The subscription has ended";
    /// Too few seats are left.
    NoSeats = "no_seats", 409, "Too few seats are left";
    /// Seats stay with whom they were given.
    NotTransferable = "not_transferable", 409, "The seats are not transferable";
    /// Another large assignment of the same subscription is under way.
    Busy = "busy", 409, "Another assignment is under way";
    /// An import of the same ENT has not ended.
    ImportRuns = "import_runs", 409, "An import is under way";
    /// What replaces what is not complete yet.
    MapNotReady = "map_not_ready", 409, "The map is not complete yet";
    /// The publisher has said that it has the map.
    MapDelivered = "map_delivered", 410, "The map was delivered";
    /// No checkpoint covers the journal yet.
    JournalUnsigned = "journal_unsigned", 409, "No checkpoint covers this yet";
    /// A change must say which revision it means.
    RevisionMissing = "revision_missing", 428, "The change names no revision";
    /// The object has another revision.
    RevisionStale = "revision_stale", 412, "The object has another revision";
    /// What was sent is wrong.
    Invalid = "invalid", 422, "What was sent is wrong";
    /// The key was used for another request.
    KeyReused = "key_reused", 422, "The key was used for another request";
    /// Too many requests.
    TooMany = "too_many", 429, "Too many requests";
    /// The broker is at fault.
    Fault = "fault", 500, "The broker is at fault";
    /// It works again soon.
    Unavailable = "unavailable", 503, "It works again soon";
}

/// One thing that is wrong with a request.
#[derive(Debug, Clone, Serialize)]
pub struct Mistake {
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pointer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<&'static str>,
}

/// Why a request was not done.
#[derive(Debug)]
pub struct Problem(Box<Told>);

#[derive(Debug)]
struct Told {
    code: Code,
    detail: String,
    mistakes: Vec<Mistake>,
    /// Members of its own.
    more: Map<String, Value>,
    /// For the operator's log alone.
    fault: Option<Fault>,
}

impl Problem {
    /// A problem with words for whoever sent the request.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let (mistakes, more) = (Vec::new(), Map::new());
        Self(Box::new(Told { code, detail: detail.into(), mistakes, more, fault: None }))
    }

    /// There is no such thing.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "nothing is registered under this address, or not for this account")
    }

    /// Something is wrong with a parameter of the query.
    pub fn parameter(name: &str, words: impl Into<String>) -> Self {
        let mut problem = Self::new(Code::RequestInvalid, "the query is wrong");
        let (detail, parameter) = (words.into(), Some(name.chars().take(60).collect()));
        problem.0.mistakes.push(Mistake { detail, pointer: None, parameter, header: None });
        problem
    }

    /// Something is wrong with a header.
    pub fn header(name: &'static str, words: impl Into<String>) -> Self {
        let mut problem = Self::new(Code::RequestInvalid, "a header is wrong");
        let (detail, header) = (words.into(), Some(name));
        problem.0.mistakes.push(Mistake { detail, pointer: None, parameter: None, header });
        problem
    }

    /// Things are wrong with the body.
    pub fn invalid(wrongs: Vec<Wrong>) -> Self {
        let mut problem = Self::new(Code::Invalid, "nothing was changed; the mistakes are listed");
        let mistake = |wrong: Wrong| {
            let (detail, pointer) = (wrong.words, Some(wrong.pointer));
            Mistake { detail, pointer, parameter: None, header: None }
        };
        problem.0.mistakes = wrongs.into_iter().map(mistake).collect();
        problem
    }

    /// The same, with a member of its own.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.more.insert(name.to_owned(), value.into());
        self
    }
}

impl Told {
    fn body(&self) -> String {
        let mut members = Map::new();
        let mut say = |name: &str, value: Value| members.insert(name.to_owned(), value);
        say("type", Value::from(format!("/api/v1/problems/{}", self.code.as_str())));
        say("title", Value::from(self.code.title()));
        say("status", Value::from(self.code.status()));
        say("code", Value::from(self.code.as_str()));
        say("detail", Value::from(self.detail.as_str()));
        if !self.mistakes.is_empty() {
            say("errors", serde_json::to_value(&self.mistakes).unwrap_or_default());
        }
        members.extend(self.more.clone());
        Value::Object(members).to_string()
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let detail =
            "the request may or may not have been done: look, or send it again with the same Idempotency-Key";
        let mut problem = Self::new(Code::Unavailable, detail);
        problem.0.fault = Some(fault);
        problem
    }
}

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Unknown => Self::not_found(),
            RecordError::Withdrawn => {
                Self::new(Code::Withdrawn, "it was withdrawn; put it again to bring it back")
            }
            RecordError::Unconditional => Self::new(
                Code::RevisionMissing,
                "it is there already: read it, and send its ETag as If-Match with the change",
            ),
            RecordError::Stale => {
                Self::new(Code::RevisionStale, "it is not what If-Match or If-None-Match says: read it again")
            }
            RecordError::Malformed(words) => Self::new(Code::Malformed, words),
            RecordError::Invalid(wrongs) => Self::invalid(wrongs),
            RecordError::Elsewhere(managed_by) => {
                let detail = format!("it is looked after by {}: change it there", keeper(managed_by));
                Self::new(Code::ManagedElsewhere, detail).with("managed_by", managed_by.as_str())
            }
            RecordError::InUse(held) => {
                let named_by: Vec<String> =
                    held.into_iter().map(|(kind, id)| format!("{kind} {id}")).collect();
                Self::new(Code::InUse, "withdraw those who name it first").with("named_by", named_by)
            }
            RecordError::Fault(fault) => fault.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(told) = self;
        let status = StatusCode::from_u16(told.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, told.body()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA));
        if told.code == Code::Unavailable {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        if let Some(fault) = told.fault {
            response.extensions_mut().insert(Failed(fault.detail));
        }
        response
    }
}

/// Why the broker is at fault, for the log. It travels beside the response and is never sent.
#[derive(Debug, Clone)]
pub struct Failed(pub String);

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Entry {
        code: String,
        status: u16,
        title: String,
        meaning: String,
        mends: String,
    }

    #[test]
    fn the_registry_of_problems_is_that_of_the_code() {
        let mut registry: BTreeMap<String, Vec<Entry>> = toml::from_str(REGISTRY).unwrap();
        let entries = registry.remove("problem").unwrap();
        let told: Vec<_> =
            entries.iter().map(|entry| (entry.code.as_str(), entry.status, entry.title.as_str())).collect();
        let coded: Vec<_> =
            Code::ALL.iter().map(|code| (code.as_str(), code.status(), code.title())).collect();
        assert_eq!(told, coded);
        for entry in entries {
            assert!(entry.meaning.ends_with('.'), "{}", entry.code);
            assert!(["caller", "operator", "nobody"].contains(&entry.mends.as_str()), "{}", entry.code);
        }
    }
}
