//! What a dry run says. Names and ids only: no pseudonym, no value of an attribute.

use std::fmt;

use boundary::{ConnectionId, Refusal, RefusalCode, SchoolYear, Withheld};
use serde::Serialize;
use time::OffsetDateTime;

use super::{OF_SIGN_ON, Rehearsal};
use crate::directory::{Affiliation, Known};
use crate::journal::Event;
use crate::launch::Rehearsed;

/// How the launch would end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Delivered.
    Opens,
    /// Refused.
    Refused,
    /// The person would be asked for their school.
    Asks,
}

/// An attribute that would be held back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldBack {
    name: &'static str,
    why: &'static str,
}

/// What a dry run says. What was not known when the launch ended is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How it would end.
    pub verdict: Verdict,
    /// The refusal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<RefusalCode>,
    /// Words about the refusal, for the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    connection: ConnectionId,
    deployment: String,
    person: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    school: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    schools: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile_from: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sector: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription: Option<String>,
    takes_a_seat: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pseudonym: Option<&'static str>,
    released: Vec<&'static str>,
    withheld: Vec<HeldBack>,
}

impl Report {
    pub(super) fn of(connection: ConnectionId, deployment: String, event: &Event) -> Self {
        Self {
            verdict: Verdict::Refused,
            code: None,
            detail: None,
            connection,
            deployment,
            person: "unknown",
            school: event.school.as_ref().map(ToString::to_string),
            schools: Vec::new(),
            profile: event.profile.map(|profile| profile.as_str()),
            profile_from: None,
            resource: event.resource.as_ref().map(ToString::to_string),
            sector: event.sector.as_ref().map(ToString::to_string),
            subscription: None,
            takes_a_seat: false,
            pseudonym: None,
            released: Vec::new(),
            withheld: Vec::new(),
        }
    }

    pub(super) fn ends(&mut self, rehearsed: Rehearsed) {
        let (released, new_pseudonym) = match rehearsed {
            Rehearsed::Released { released, new_pseudonym } => (released, new_pseudonym),
            Rehearsed::Choose(schools) => {
                self.verdict = Verdict::Asks;
                self.schools = schools.iter().map(|school| school.uai.to_string()).collect();
                return;
            }
        };
        self.verdict = Verdict::Opens;
        self.subscription = Some(released.entitled().subscription().to_string());
        self.pseudonym = Some(if new_pseudonym { "new" } else { "exists" });
        self.released = released.attributes().names().map(|attribute| attribute.as_str()).collect();
        let held_back = released.withheld().iter();
        self.withheld =
            held_back.map(|(name, why)| HeldBack { name: name.as_str(), why: words(*why) }).collect();
    }

    pub(super) fn refused(&mut self, refusal: &Refusal) {
        self.code = Some(refusal.code());
        self.detail = Some(refusal.detail().to_owned());
    }

    /// `known` is what was known before.
    pub(super) fn person(
        &mut self,
        rehearsal: &Rehearsal,
        known: Option<&Known>,
        (year, now): (SchoolYear, OffsetDateTime),
    ) {
        self.person = match (known, rehearsal.provisions()) {
            (Some(_), _) => "known",
            (None, true) => "new: the first launch would write them down",
            (None, false) => "unknown",
        };
        self.takes_a_seat = rehearsal.takes_a_seat();
        if self.profile.is_none() {
            return;
        }
        let at_school =
            |a: &&Affiliation| a.is_current(year, now) && self.school.as_deref() == Some(a.school.as_str());
        let mut here = known.into_iter().flat_map(|known| &known.affiliations).filter(at_school).peekable();
        let launches_only = here.peek().is_some() && here.all(|affiliation| affiliation.jit);
        self.profile_from = Some(match (known, launches_only) {
            (_, true) => "an earlier launch; the ENT's sign-on may say otherwise",
            (Some(_), false) => "the roster, or an operator's file",
            (None, false) => "nothing: the ENT's sign-on would say it",
        });
    }
}

const fn words(why: Withheld) -> &'static str {
    match why {
        Withheld::NotAgreed => "no agreement names it",
        Withheld::NotApproved => "the agreement names it and no operator has approved that",
        Withheld::NeverForPupils => "an e-mail of somebody who is not staff is never passed on",
    }
}

/// Only a sign-on brings it, so it depends on the ENT whether there is something to pass on.
fn condition(name: &str) -> &'static str {
    if OF_SIGN_ON.iter().any(|attribute| attribute.as_str() == name) { " (if the ENT sends it)" } else { "" }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.verdict, self.code) {
            (Verdict::Opens, _) => writeln!(f, "dry run: it would open")?,
            (Verdict::Asks, _) => writeln!(f, "dry run: the person would be asked for their school")?,
            (Verdict::Refused, code) => {
                writeln!(f, "dry run: it would be refused: {}", code.map_or("", |code| code.as_str()))?;
            }
        }
        let over = format!("{}, deployment \"{}\"", self.connection, self.deployment);
        let profile =
            self.profile.map(|profile| format!("{profile}, from {}", self.profile_from.unwrap_or("")));
        let seat = self.takes_a_seat.then_some("would be taken");
        let schools = (!self.schools.is_empty()).then(|| self.schools.join(" "));
        for (name, value) in [
            ("detail", self.detail.as_deref()),
            ("connection", Some(over.as_str())),
            ("person", Some(self.person)),
            ("school", self.school.as_deref()),
            ("schools", schools.as_deref()),
            ("profile", profile.as_deref()),
            ("resource", self.resource.as_deref()),
            ("sector", self.sector.as_deref()),
            ("subscription", self.subscription.as_deref()),
            ("seat", seat),
            ("pseudonym", self.pseudonym),
        ] {
            if let Some(value) = value {
                writeln!(f, "  {name:<13} {value}")?;
            }
        }
        for name in &self.released {
            writeln!(f, "  released      {name}{}", condition(name))?;
        }
        for HeldBack { name, why } in &self.withheld {
            writeln!(f, "  withheld      {name}: {why}{}", condition(name))?;
        }
        writeln!(f, "Nothing was written.")
    }
}
