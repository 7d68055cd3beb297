//! The frame of every page: who reads, where they can go, and how dates, profiles and pools are written.

use std::collections::BTreeSet;

use boundary::{Pool, Profile, Uai, paris_date};
use time::{Date, OffsetDateTime};

use super::Reader;
use super::words::{DeskWords, FrameWords};
use crate::access::{Reach, RoleName};
use crate::pages::Language;

/// Where the data protection officer looks for a person.
pub const PERSON: &str = "/console/privacy/person";

/// Where the data protection officer sees how erasures stand.
pub const ERASURES: &str = "/console/privacy/erasures";
/// Where the data protection officer reads the processing register.
pub const REGISTER: &str = "/console/privacy/register";
/// Where a publisher sees what was delivered to it.
pub const USAGE: &str = "/console/usage";

/// Where a reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// Among the schools.
    Schools,
    /// At a school's first page.
    School(&'a Uai),
    /// Where a school sees what it opened.
    Usage(&'a Uai),
    /// Within a school's page, one step down.
    Within(&'a Uai),
    /// Within a subscription of a school, whose address this is.
    Subscription(&'a Uai, &'a str),
    /// Among what operators look after.
    Oversight(&'a str),
    /// Among what the data protection officer looks after.
    Privacy(&'a str),
}

/// What somebody has just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Assigned.
    Assigned,
    /// Took a set back.
    Unassigned,
    /// Took seats back.
    Recovered,
    /// Decided about an agreement.
    Decided,
    /// Erased a person.
    Erased,
}

impl Done {
    /// As addresses name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Unassigned => "unassigned",
            Self::Recovered => "recovered",
            Self::Decided => "decided",
            Self::Erased => "erased",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Assigned, Self::Unassigned, Self::Recovered, Self::Decided, Self::Erased];
        all.into_iter().find(|one| one.as_str() == name)
    }
}

/// A link of the menu.
pub(super) struct Link<'a> {
    pub to: String,
    pub words: &'a str,
    pub here: bool,
}

/// What stands around every page.
pub(super) struct Frame<'a> {
    pub lang: &'static str,
    pub words: &'a FrameWords,
    all: &'a DeskWords,
    language: Language,
    pub who: &'a str,
    pub token: &'a str,
    /// Whether they have a password of their own here.
    pub own: bool,
    pub links: Vec<Link<'a>>,
    pub up: Option<(String, &'a str)>,
    pub done: Option<&'a str>,
}

impl<'a> Frame<'a> {
    pub fn new(all: &'a DeskWords, reader: &Reader<'a>) -> Self {
        let words = &all.frame;
        Self {
            lang: reader.language.tag(),
            words,
            all,
            language: reader.language,
            who: reader.session.name(),
            token: reader.session.form_token(),
            own: reader.session.is_own(),
            links: links(words, reader),
            up: up(words, reader.place),
            done: reader.done.map(|done| words.done.of(done)),
        }
    }

    /// Profiles, as people call them.
    pub fn profiles(&self, profiles: &BTreeSet<Profile>) -> String {
        let names: Vec<&str> = profiles.iter().map(|profile| self.all.profiles.of(*profile)).collect();
        names.join(", ")
    }

    /// A pool of seats.
    pub fn pool(&self, pool: &Pool) -> &str {
        self.all.pools.of(*pool)
    }

    /// The last day before a moment.
    pub fn last_day(&self, until: &OffsetDateTime) -> String {
        day(self.language, last_day(*until))
    }

    /// From the first day to the last.
    pub fn validity(&self, from: &OffsetDateTime, until: &OffsetDateTime) -> String {
        let (first, last) = (day(self.language, paris_date(*from)), self.last_day(until));
        self.words.validity.replace("{from}", &first).replace("{until}", &last)
    }
}

/// The day in Paris before the one that a moment begins, or the moment's own.
fn last_day(until: OffsetDateTime) -> Date {
    paris_date(until - time::Duration::SECOND)
}

/// A day as the language writes it in figures.
pub(super) fn day(language: Language, date: Date) -> String {
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    match language {
        Language::Fr => format!("{day:02}/{month:02}/{year}"),
        Language::En => format!("{year}-{month:02}-{day:02}"),
    }
}

/// The day in Paris of a moment, as the language writes it in figures.
#[must_use]
pub fn day_of(language: Language, moment: OffsetDateTime) -> String {
    day(language, paris_date(moment))
}

fn links<'a>(words: &'a FrameWords, reader: &Reader<'a>) -> Vec<Link<'a>> {
    let role = reader.session.caller.role.name();
    let mut links = Vec::new();
    let mut link = |to: String, words: &'a str, here: bool| links.push(Link { to, words, here });
    let place = reader.place;
    let school = match place {
        Place::School(uai) | Place::Usage(uai) | Place::Within(uai) | Place::Subscription(uai, _) => {
            Some(uai)
        }
        Place::Schools | Place::Oversight(_) | Place::Privacy(_) => None,
    };
    let several = !matches!(reader.session.caller.reach(), Reach::Schools(own) if own.len() == 1);
    if role != RoleName::PublisherManager && several {
        link("/console/schools".to_owned(), &words.schools, place == Place::Schools);
    }
    if let Some(uai) = school {
        let usage = matches!(place, Place::Usage(_));
        link(format!("/console/schools/{uai}"), &words.resources, !usage);
        link(format!("/console/schools/{uai}/usage"), &words.usage, usage);
    }
    if matches!(role, RoleName::Operator | RoleName::Auditor) {
        for (to, words) in [
            ("/console/federation", &words.federation),
            ("/console/agreements", &words.agreements),
            ("/console/health", &words.health),
            ("/console/launches", &words.launches),
        ] {
            link(to.to_owned(), words, place == Place::Oversight(to));
        }
    }
    if role == RoleName::PublisherManager {
        for (to, words) in [("/console", &words.resources), (USAGE, &words.usage)] {
            link(to.to_owned(), words, place == Place::Oversight(to));
        }
    }
    if matches!(role, RoleName::Dpo) {
        for (to, words) in [(REGISTER, &words.register), (PERSON, &words.person), (ERASURES, &words.erasures)]
        {
            link(to.to_owned(), words, place == Place::Privacy(to));
        }
    }
    links
}

fn up<'a>(words: &'a FrameWords, place: Place<'_>) -> Option<(String, &'a str)> {
    match place {
        Place::Within(uai) => Some((format!("/console/schools/{uai}"), &words.to_school)),
        Place::Subscription(_, address) => Some((address.to_owned(), &words.to_resource)),
        _ => None,
    }
}
