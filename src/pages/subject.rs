//! The document about one person, for them, their parents, and whoever protects their data: printable, whole in itself.

use askama::Template;
use boundary::{Attribute, Profile, paris_clock};
use serde::Deserialize;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use super::security::Leads;
use super::words::Words;
use super::{Language, Page, Pages};
use crate::operate::subject::{Disclosure, Held, Report};

/// The words of the document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SubjectWords {
    title: String,
    words: String,
    about: String,
    made: String,
    known_since: String,
    held_title: String,
    identities: String,
    ent: String,
    namespace: String,
    subject: String,
    source: String,
    schools: String,
    school: String,
    profile: String,
    level: String,
    year: String,
    groups: String,
    group: String,
    manages: String,
    seats: String,
    resource: String,
    subscription: String,
    how: String,
    by_name: String,
    at_launch: String,
    since: String,
    publishers: String,
    publisher: String,
    pseudonyms: String,
    nothing: String,
    sent_title: String,
    sent_none: String,
    always: String,
    when: String,
    sent: String,
    only_pseudonym: String,
    launch: String,
    names_title: String,
    limits_title: String,
    limits: String,
    kept: String,
}

#[derive(Template)]
#[template(path = "subject.html")]
struct SubjectPage<'a> {
    lang: &'static str,
    language: Language,
    words: &'a SubjectWords,
    all: &'a Words,
    report: &'a Report,
    names: Vec<Attribute>,
}

impl SubjectPage<'_> {
    const fn held(&self) -> &Held {
        &self.report.held
    }

    fn day(&self, moment: &OffsetDateTime) -> String {
        written(self.language, paris_clock(*moment).date())
    }

    fn clock(&self, moment: &OffsetDateTime) -> String {
        let there = paris_clock(*moment);
        let (hour, minute, second) = there.time().as_hms();
        format!("{} {hour:02}:{minute:02}:{second:02}", written(self.language, there.date()))
    }

    fn called(&self, profile: &Profile) -> &str {
        self.all.profiles.of(*profile)
    }

    fn meaning(&self, attribute: &Attribute) -> &str {
        self.all.attributes.of(*attribute)
    }

    /// What an event says somebody was; an event that says nothing has nothing to show.
    fn profile(&self, sent: &Disclosure) -> &str {
        sent.profile.map_or("", |profile| self.all.profiles.of(profile))
    }

    fn names_of(&self, sent: &Disclosure) -> String {
        sent.attributes.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

fn written(language: Language, day: Date) -> String {
    let form = match language {
        Language::Fr => format_description!("[day]/[month]/[year]"),
        Language::En => format_description!("[year]-[month]-[day]"),
    };
    day.format(form).unwrap_or_default()
}

impl Pages {
    /// What is held about one person, and what was sent about them.
    #[must_use]
    pub fn subject(&self, language: Language, report: &Report) -> Page {
        let words = self.words(language);
        let sent = |name: &Attribute| report.disclosed.iter().any(|sent| sent.attributes.contains(name));
        let page = SubjectPage {
            lang: language.tag(),
            language,
            words: &words.subject,
            all: words,
            report,
            names: Attribute::ALL.iter().copied().filter(sent).collect(),
        };
        self.page(200, &page, Leads::Nowhere, &[])
    }
}

#[cfg(test)]
mod tests {
    use boundary::{Ark, EntId, SectorId, Uai};
    use time::macros::datetime;

    use super::*;
    use crate::operate::subject::{ALWAYS, Identity, IdentityHeld, KnownTo, Publisher, SchoolHeld};

    const HOSTILE: &str = "<script>alert('1')</script>\"&'>";

    fn report() -> Report {
        let at = datetime!(2026-11-24 08:05:06 UTC);
        let ent = EntId::parse("ent").unwrap();
        let school = Uai::parse("0750001U").unwrap();
        let publisher = Publisher {
            sector: SectorId::parse("secteur").unwrap(),
            organisation: None,
            name: Some(HOSTILE.to_owned()),
        };
        let identity = IdentityHeld {
            ent: ent.clone(),
            namespace: "ent".to_owned(),
            subject: HOSTILE.to_owned(),
            managed_by: "jit".to_owned(),
        };
        let schools = vec![SchoolHeld {
            ent: ent.clone(),
            school: school.clone(),
            name: Some("Lycée".to_owned()),
            profile: Profile::Pupil,
            level: None,
            year: None,
            from_launch: true,
        }];
        let known_to = vec![KnownTo { publisher: publisher.clone(), pseudonyms: 1, since: at }];
        let sent = Disclosure {
            at,
            launch: "abcdefghijklmnop".to_owned(),
            publisher,
            resource: Some(Ark::parse("ark:/99999/atlas").unwrap()),
            title: Some("Atlas".to_owned()),
            school: Some(school),
            school_name: None,
            profile: Some(Profile::Pupil),
            attributes: vec![Attribute::Pre, Attribute::Div],
        };
        let held = Held {
            since: Some(at),
            identities: vec![identity],
            schools,
            groups: Vec::new(),
            manages: Vec::new(),
            seats: Vec::new(),
            known_to,
        };
        let about = Identity { ent, namespace: "ent".to_owned(), subject: HOSTILE.to_owned() };
        Report { made: at, about, held, always: ALWAYS, disclosed: vec![sent], kept_days: 400 }
    }

    #[test]
    fn the_document_is_whole_and_says_names_and_what_they_mean() {
        let pages = Pages::load().unwrap();
        for (language, when, meaning) in [
            (Language::Fr, "24/11/2026 09:05:06", "prénom"),
            (Language::En, "2026-11-24 09:05:06", "given name"),
        ] {
            let html = pages.subject(language, &report()).html;
            assert!(html.contains(&format!("<html lang=\"{}\">", language.tag())));
            assert_eq!(html.matches("<h1>").count(), 1);
            for text in [when, meaning, "PRE, DIV", "Atlas", "abcdefghijklmnop", "400"] {
                assert!(html.contains(text), "{text}");
            }
            for asset in ["http://", "https://", " src=", "<link", "<img", "<script", "url(", " style="] {
                assert!(!html.contains(asset), "{asset}");
            }
            assert_eq!(
                html.matches("&#60;script&#62;").count(),
                4,
                "identity, publisher twice, and about whom"
            );
            assert_eq!(html.matches("<table>").count(), html.matches("<caption>").count());
        }
    }

    #[test]
    fn of_whom_nothing_is_held_the_tables_say_so() {
        let mut report = report();
        report.disclosed.clear();
        report.held.schools.clear();
        let html = Pages::load().unwrap().subject(Language::Fr, &report).html;
        assert!(html.contains("Rien n’a été transmis") && html.contains("<td colspan=\"5\">Rien</td>"));
    }
}
