//! Words inside the console, one struct a page, read from one file a language. A missing word is a parse error.

use boundary::{Pool, Profile};
use serde::Deserialize;

use super::Done;
use crate::pages::Language;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($field:ident),+ $(,)? })+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $name {
                $(
                    #[doc = concat!("Words for `", stringify!($field), "`.")]
                    pub $field: String,
                )+
            }
        )+
    };
}

words! {
    /// The list of schools.
    SchoolsWords { title, find, search, none, name, town, uai, more }
    /// A school's first page.
    SchoolWords {
        find, search, has, nothing, not_found, resource, publisher, audience, until, seats, soon,
        over, coming, everyone, more,
    }
    /// A subscription.
    SubscriptionWords {
        etabl, seats, pool, total, free, by_name, through, unlimited, holders, recover_left, recover_unassigned, assigned,
        unassigned, to_whom, people, take_back, of_file, assign, assign_words, narrow,
    }
    /// Those who have a seat.
    HoldersWords {
        title, none, all, choose, person, profile, how, since, opened, recover, more, by_name, through, nothing, left,
        unnamed, never,
    }
    /// What an assignment would come to.
    AssignWords {
        title, unassign_title, recover_title, meant, outside, holding, needed, free, free_unlimited, short, button,
        unassign_button, recover_button, unassign_lines, recover_lines, recover_file, recover_none, wrong, no_seats, busy,
        over, not_transferable, everyone, level, class, group, of_pupils, of_people,
    }
    /// What operators look after.
    OversightWords {
        federation, find, search, none, more, ents, id, name, schools, organisations, tools, resources, title, key,
        sector, withdrawn, agreements, agreements_words, no_agreements, moved, resource, attribute, purpose, approve, reject,
        health, health_words, healthy, matters, what, who, mend, broken, warning, note, operator, ent, publisher, school,
        launch, launch_id, launch_words, launch_none, launch_at, launch_outcome, delivered, refused, fault, checks, check,
        hop, result, passed, failed, meaning, agreed, approved, approved_of, publisher_words,
    }
    /// One person, for the data protection officer.
    PersonWords {
        title, words, ent, namespace, subject, search, unknown, held, what, detail, identity, school, group, seat, known_to,
        sent, sent_words, at, publisher, resource, attributes, nothing, export, erase,
    }
    /// Erasing a person, and what publishers are told.
    EraseWords {
        title, identities, schools, seats, publishers, journal, returns, understood, button, hesitant, unknown, unsure, failed,
        erasures, erasures_words, notices, notices_words, no_notices, publisher, sector, waiting, oldest, acknowledged,
    }
    /// The processing register.
    RegisterWords {
        title, words, nothing, nobody, resource, attribute, purpose, approved, users, few, floor, floor_purpose, export,
    }
    /// What a school opened.
    UsageWords {
        title, spans, span, period, days, opened, refused, busiest, nothing, numbers, day, resources, resource, people,
        people_words, unknown, reasons, reason, mend, no_refusals, other, table,
    }
    /// What was delivered to a publisher.
    DeliveriesWords { title, table, few, nothing, day, school, resource, launches, users, more }
    /// Profiles.
    ProfileWords { pupil, teacher, librarian, head, school_life, staff, local, guardian, other }
    /// Pools of seats.
    PoolWords { all, teacher, pupil, librarian, other_staff }
    /// What was done.
    DoneWords { assigned, unassigned, recovered, decided, erased }
}

/// Around every page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameWords {
    pub(super) name: String,
    pub(super) skip: String,
    pub(super) menu: String,
    pub(super) sign_out: String,
    pub(super) password: String,
    pub(super) cancel: String,
    pub(super) back: String,
    pub(super) schools: String,
    pub(super) resources: String,
    pub(super) usage: String,
    pub(super) federation: String,
    pub(super) agreements: String,
    pub(super) health: String,
    pub(super) launches: String,
    pub(super) person: String,
    pub(super) register: String,
    pub(super) erasures: String,
    pub(super) to_school: String,
    pub(super) to_resource: String,
    pub(super) validity: String,
    pub(super) done: DoneWords,
}

/// Everything that the pages inside the console say in one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeskWords {
    pub(super) frame: FrameWords,
    /// The list of schools.
    pub schools: SchoolsWords,
    /// A school's first page.
    pub school: SchoolWords,
    /// A subscription.
    pub subscription: SubscriptionWords,
    /// Those who have a seat.
    pub holders: HoldersWords,
    /// What an assignment would come to.
    pub assign: AssignWords,
    /// What operators look after.
    pub oversight: OversightWords,
    /// One person, for the data protection officer.
    pub person: PersonWords,
    /// What a school opened.
    pub usage: UsageWords,
    /// What was delivered to a publisher.
    pub deliveries: DeliveriesWords,
    /// Erasing a person, and what publishers are told.
    pub erase: EraseWords,
    /// The processing register.
    pub register: RegisterWords,
    /// Profiles.
    pub profiles: ProfileWords,
    /// Pools of seats.
    pub pools: PoolWords,
}

impl DoneWords {
    pub(super) fn of(&self, done: Done) -> &str {
        match done {
            Done::Assigned => &self.assigned,
            Done::Unassigned => &self.unassigned,
            Done::Recovered => &self.recovered,
            Done::Decided => &self.decided,
            Done::Erased => &self.erased,
        }
    }
}

impl ProfileWords {
    /// What people call a profile.
    #[must_use]
    pub fn of(&self, profile: Profile) -> &str {
        match profile {
            Profile::Pupil => &self.pupil,
            Profile::Teacher => &self.teacher,
            Profile::Librarian => &self.librarian,
            Profile::Head => &self.head,
            Profile::SchoolLife => &self.school_life,
            Profile::Staff => &self.staff,
            Profile::Local => &self.local,
            Profile::Guardian => &self.guardian,
            Profile::Other => &self.other,
        }
    }
}

impl PoolWords {
    /// What people call a pool.
    #[must_use]
    pub fn of(&self, pool: Pool) -> &str {
        match pool {
            Pool::All => &self.all,
            Pool::Teacher => &self.teacher,
            Pool::Pupil => &self.pupil,
            Pool::Librarian => &self.librarian,
            Pool::OtherStaff => &self.other_staff,
        }
    }
}

impl DeskWords {
    /// Reads one language.
    pub(in crate::pages) fn load(language: Language) -> Result<Self, toml::de::Error> {
        toml::from_str(text(language))
    }
}

const fn text(language: Language) -> &'static str {
    match language {
        Language::Fr => include_str!("../locales/desk.fr.toml"),
        Language::En => include_str!("../locales/desk.en.toml"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_needed_and_no_other_is_taken() {
        for language in Language::ALL {
            let text = text(language);
            DeskWords::load(language).unwrap();
            for line in text.lines().filter(|line| line.contains(" = ")) {
                let without = text.replacen(line, "", 1);
                assert!(toml::from_str::<DeskWords>(&without).is_err(), "without {line}");
            }
        }
    }

    #[test]
    fn both_languages_fill_in_the_same_places() {
        let places = |text: &str| -> Vec<Vec<String>> {
            let of = |line: &str| {
                let found = line.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
                let mut found: Vec<String> = found.map(|(name, _)| name.to_owned()).collect();
                found.sort();
                found
            };
            text.lines().filter(|line| line.contains(" = ")).map(of).collect()
        };
        assert_eq!(places(text(Language::Fr)), places(text(Language::En)));
    }

    #[test]
    fn french_is_set_as_french_is_set() {
        for line in text(Language::Fr).lines().filter(|line| line.contains(" = ")) {
            assert!(!line.contains('\''), "a straight apostrophe: {line}");
            for mark in [" :", " ;", " ?", " !", "« ", " »"] {
                assert!(!line.contains(mark), "a breaking space: {line}");
            }
        }
    }
}
