//! From an event of the journal to the checks that it stands for.

use std::collections::BTreeMap;

use boundary::{Ark, Attribute, EntId, Fault, LaunchId, Profile, RefusalCode, SectorId, Uai};
use serde::Deserialize;
use time::OffsetDateTime;

use super::{Check, Outcome, Trace};
use crate::journal::{Happened, Hop};

/// What both hops check, in their order: who came for what, through the tool that is still its own, and may they?
const ROOMS: [&str; 6] = ["resource", "deployment", "school", "affiliation", "tool", "licence"];
/// What comes before them.
const BEFORE_A: [&str; 2] = ["sign_on", "first_use"];
const BEFORE_B: [&str; 2] = ["parked", "cookie"];
/// What hop B does once they have passed.
const AFTER: [&str; 3] = ["pseudonym", "release", "journal"];

/// What is read of an event.
#[derive(Deserialize)]
struct Told {
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    hop: Option<Hop>,
    ent: EntId,
    school: Option<Uai>,
    sector: Option<SectorId>,
    resource: Option<Ark>,
    profile: Option<Profile>,
    #[serde(flatten)]
    happened: Happened,
    #[serde(default)]
    attributes: Vec<Attribute>,
}

/// Reads an event.
pub(super) fn read(launch: &LaunchId, text: &str) -> Result<Trace, Fault> {
    let told: Told = serde_json::from_str(text)
        .map_err(|e| Fault::new(format!("the event of launch {launch} cannot be read: {e}")))?;
    let (outcome, code) = match told.happened {
        Happened::Delivered => (Outcome::Delivered, None),
        Happened::Refused(code) => (Outcome::Refused, Some(code)),
    };
    let hop = told.hop.unwrap_or(Hop::B);
    let (launch, checks) = (launch.clone(), checks(hop, code));
    Ok(Trace { launch, at: told.at, outcome, code, known: known(&told), checks, meaning: None })
}

fn known(told: &Told) -> BTreeMap<&'static str, String> {
    let names: Vec<_> = told.attributes.iter().map(|attribute| attribute.as_str()).collect();
    let all = [
        ("ent", Some(told.ent.to_string())),
        ("school", told.school.as_ref().map(ToString::to_string)),
        ("profile", told.profile.map(|profile| profile.as_str().to_owned())),
        ("resource", told.resource.as_ref().map(ToString::to_string)),
        ("sector", told.sector.as_ref().map(ToString::to_string)),
        ("attributes", (!names.is_empty()).then(|| names.join(" "))),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// What passed before a code was given, and where it was; nothing is claimed of a code that no room gives.
fn checks(hop: Hop, code: Option<RefusalCode>) -> Vec<Check> {
    let check = |hop, name: &str| Check { hop, name: name.to_owned(), passed: true };
    let at_a = BEFORE_A.into_iter().chain(ROOMS).map(|name| check(Hop::A, name));
    let at_b = BEFORE_B.into_iter().chain(ROOMS).chain(AFTER).map(|name| check(Hop::B, name));
    let all: Vec<Check> = match hop {
        Hop::A => at_a.collect(),
        Hop::B => at_a.chain(at_b).collect(),
    };
    let Some(code) = code else { return all };
    let failed = |check: &Check| check.hop == hop && Some(check.name.as_str()) == room_of(code);
    let at = all.iter().rposition(failed);
    let mut checks: Vec<Check> = all.into_iter().take(at.map_or(0, |at| at + 1)).collect();
    if let Some(last) = checks.last_mut() {
        last.passed = false;
    }
    checks
}

/// The room that gives a code; `None` for those of sign-ons and publishers' requests, which are never in the journal.
const fn room_of(code: RefusalCode) -> Option<&'static str> {
    Some(match code {
        RefusalCode::ResourceUnknown => "resource",
        RefusalCode::RegistrationUnknown | RefusalCode::DeploymentInactive => "deployment",
        RefusalCode::SchoolUnknown | RefusalCode::SchoolNotOfEnt => "school",
        RefusalCode::UnknownPerson
        | RefusalCode::PersonLeft
        | RefusalCode::SchoolNotOfPerson
        | RefusalCode::SchoolAmbiguous
        | RefusalCode::ConsoleNotManager => "affiliation",
        RefusalCode::HandleSpent => "tool",
        RefusalCode::ResourceWithdrawn
        | RefusalCode::ToolSuspended
        | RefusalCode::NoSubscription
        | RefusalCode::NotYetValid
        | RefusalCode::Expired
        | RefusalCode::WrongAudience
        | RefusalCode::NotAssigned
        | RefusalCode::NoSeat => "licence",
        RefusalCode::LoginIncomplete
        | RefusalCode::LoginMalformed
        | RefusalCode::RegistrationAmbiguous
        | RefusalCode::TargetElsewhere
        | RefusalCode::BrowserUnbound
        | RefusalCode::LaunchStale
        | RefusalCode::SignOnRefused
        | RefusalCode::LoginRequired
        | RefusalCode::TokenInvalid
        | RefusalCode::Replayed
        | RefusalCode::MessageUnsupported
        | RefusalCode::AuthorizationInvalid
        | RefusalCode::RedirectUriUnregistered
        | RefusalCode::ToolUnknown
        | RefusalCode::NotFound => return None,
    })
}
