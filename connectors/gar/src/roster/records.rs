//! From the values of a record to the record: each value is read once, and what cannot be read is told.

use boundary::{GroupStatus, Profile, Uai};
use time::{Date, Month};

use super::element::Element::{self, *};
use super::fields::{Fields, Found, Held, Problem};
use super::record::{
    Group, Identifier, Mef, Membership, Person, PersonLevel, PostCodes, PupilSubject, Record, RecordKind,
    Responsible, School, SchoolProfile, Subject, TeacherGroupSubject,
};
use super::reject::{RejectReason, WarningReason};

/// Elements whose value is the number of a school that the record speaks of.
const SCHOOLS: [Element; 3] = [StructureUai, PersonEtab, RespAffEtab];

/// Something to mend in a record that is taken.
#[derive(Debug)]
pub(super) struct Remark {
    pub(super) reason: WarningReason,
    pub(super) element: Element,
    pub(super) line: u64,
    /// The school whose letter is wrong, if that is it.
    pub(super) school: Option<Uai>,
}

/// Reads the values of a record whose elements are all there.
pub(super) fn record(
    kind: RecordKind,
    fields: &Fields,
    line: u64,
    remarks: &mut Vec<Remark>,
) -> Result<Record, Problem> {
    let mut values = Values { fields, line, remarks };
    Ok(match kind {
        RecordKind::Pupil => Record::Pupil(values.person(true)?),
        RecordKind::Staff => Record::Staff(values.person(false)?),
        RecordKind::Responsible => Record::Responsible(values.responsible()?),
        RecordKind::PersonMef => Record::PersonMef(values.level(MefCode)?),
        RecordKind::PersonMefstat4 => Record::PersonMefstat4(values.level(Mefstat4Code)?),
        RecordKind::PupilSubject => Record::PupilSubject(PupilSubject {
            school: values.school()?,
            person: values.person_id()?,
            subject: values.text(MatiereCode)?,
        }),
        RecordKind::School => Record::School(values.described_school()?),
        RecordKind::Mef => Record::Mef(Mef {
            school: values.school()?,
            code: values.text(MefCode)?,
            label: values.text(MefLibelle)?,
            attached_to: values.optional(MefRattach),
            stat11: values.optional(Mefstat11),
        }),
        RecordKind::Subject => Record::Subject(Subject {
            school: values.school()?,
            code: values.text(MatiereCode)?,
            label: values.text(MatiereLibelle)?,
        }),
        RecordKind::Group => Record::Group(values.group()?),
        RecordKind::Membership => Record::Membership(Membership {
            school: values.school()?,
            person: values.person_id()?,
            group: values.text(GroupeCode)?,
        }),
        RecordKind::TeacherGroup => Record::TeacherGroupSubject(values.taught(GroupStatus::Group)?),
        RecordKind::TeacherDivision => Record::TeacherGroupSubject(values.taught(GroupStatus::Division)?),
    })
}

/// The schools that a record speaks of, each once, as far as they can be read.
pub(super) fn schools(fields: &Fields) -> Vec<Uai> {
    let mut found: Vec<Uai> = Vec::new();
    for text in fields.everywhere(&SCHOOLS) {
        if let Ok(uai) = Uai::parse_any_letter(text)
            && !found.contains(&uai)
        {
            found.push(uai);
        }
    }
    found
}

struct Values<'a> {
    fields: &'a Fields,
    line: u64,
    remarks: &'a mut Vec<Remark>,
}

impl<'a> Values<'a> {
    fn problem(&self, reason: RejectReason, element: Element) -> Problem {
        Problem { reason, element, line: self.line }
    }

    /// The value of a mandatory element.
    fn found(&self, element: Element) -> Result<Found<'a>, Problem> {
        self.fields.one(element).ok_or_else(|| self.problem(RejectReason::Missing, element))
    }

    fn text(&self, element: Element) -> Result<String, Problem> {
        self.found(element).map(|found| cleaned(found.text))
    }

    fn optional(&self, element: Element) -> Option<String> {
        self.fields.one(element).map(|found| cleaned(found.text))
    }

    fn texts(&self, element: Element) -> Vec<String> {
        self.fields.all(element).map(|found| cleaned(found.text)).collect()
    }

    fn person_id(&self) -> Result<Identifier, Problem> {
        self.text(PersonIdentifiant).map(Identifier)
    }

    fn uai(&mut self, found: Found<'_>, element: Element) -> Result<Uai, Problem> {
        if let Ok(uai) = Uai::parse(found.text) {
            return Ok(uai);
        }
        let any = Uai::parse_any_letter(found.text);
        let uai = any.map_err(|_| Problem { reason: RejectReason::NotAUai, element, line: found.line })?;
        let (reason, school) = (WarningReason::UaiLetter, Some(uai.clone()));
        self.remarks.push(Remark { reason, element, line: found.line, school });
        Ok(uai)
    }

    fn school(&mut self) -> Result<Uai, Problem> {
        let found = self.found(StructureUai)?;
        self.uai(found, StructureUai)
    }

    fn schools(&mut self, element: Element) -> Result<Vec<Uai>, Problem> {
        let fields = self.fields;
        fields.all(element).map(|found| self.uai(found, element)).collect()
    }

    fn held(&self, held: &Held<'a>, element: Element) -> Result<Found<'a>, Problem> {
        held.all(element).next().ok_or_else(|| self.problem(RejectReason::Missing, element))
    }

    fn person(&mut self, pupil: bool) -> Result<Person, Problem> {
        Ok(Person {
            id: self.person_id()?,
            profiles: self.profiles(pupil)?,
            secondary_id: self.optional(PersonIdSecondaire).map(Identifier),
            birth_name: self.optional(PersonNomPatro),
            family_name: self.text(PersonNom)?,
            first_name: self.text(PersonPrenom)?,
            other_first_names: self.texts(PersonAutresPrenoms),
            civility: self.optional(PersonCivilite),
            home_school: self.home_school(),
            schools: self.schools(PersonEtab)?,
            birth_date: self.birth_date()?,
            posts: self.posts()?,
            mails: self.texts(PersonMail),
        })
    }

    fn profiles(&mut self, pupil: bool) -> Result<Vec<SchoolProfile>, Problem> {
        let fields = self.fields;
        let mut profiles = Vec::new();
        for held in fields.held(PersonProfil) {
            let found = self.held(&held, StructureUai)?;
            let school = self.uai(found, StructureUai)?;
            let found = self.held(&held, PersonProfil)?;
            let wrong = |reason| Problem { reason, element: PersonProfil, line: found.line };
            let profile = profile(found.text).ok_or_else(|| wrong(RejectReason::NotAProfile))?;
            if (profile == Profile::Pupil) != pupil {
                return Err(wrong(RejectReason::WrongProfile));
            }
            profiles.push(SchoolProfile { school, profile });
        }
        Ok(profiles)
    }

    /// It helps nobody to lose a person over a school that they only belong to administratively.
    fn home_school(&mut self) -> Option<Uai> {
        let found = self.fields.one(PersonStructRattach)?;
        let read = self.uai(found, PersonStructRattach);
        if read.is_err() {
            let (reason, element) = (WarningReason::LeftOut, PersonStructRattach);
            self.remarks.push(Remark { reason, element, line: found.line, school: None });
        }
        read.ok()
    }

    fn birth_date(&self) -> Result<Option<Date>, Problem> {
        let Some(found) = self.fields.one(PersonDateNaissance) else { return Ok(None) };
        let (reason, element) = (RejectReason::NotADate, PersonDateNaissance);
        date(found.text).map(Some).ok_or(Problem { reason, element, line: found.line })
    }

    fn posts(&mut self) -> Result<Vec<PostCodes>, Problem> {
        let fields = self.fields;
        let mut posts = Vec::new();
        for element in [EnsDisciplinePosteCode, EnsSpecialitePosteCode] {
            for held in fields.held(element) {
                let found = self.held(&held, StructureUai)?;
                let school = self.uai(found, StructureUai)?;
                let codes = held.all(element).map(|found| cleaned(found.text)).collect();
                posts.push(PostCodes { school, codes });
            }
        }
        Ok(posts)
    }

    fn responsible(&mut self) -> Result<Responsible, Problem> {
        Ok(Responsible {
            id: self.person_id()?,
            family_name: self.text(PersonNom)?,
            first_name: self.text(PersonPrenom)?,
            civility: self.optional(PersonCivilite),
            mails: self.texts(PersonMail),
            schools: self.schools(RespAffEtab)?,
        })
    }

    fn level(&mut self, code: Element) -> Result<PersonLevel, Problem> {
        Ok(PersonLevel { school: self.school()?, person: self.person_id()?, code: self.text(code)? })
    }

    fn described_school(&mut self) -> Result<School, Problem> {
        Ok(School {
            uai: self.school()?,
            name: self.text(StructureNomCourant)?,
            attached_to: self.optional(EtablissementStructRattachFctl),
            contract: self.optional(StructureContrat),
            telephone: self.optional(StructureTelephone),
            mail: self.optional(StructureEmail),
        })
    }

    fn group(&mut self) -> Result<Group, Problem> {
        let found = self.found(GroupeStatut)?;
        let status = match found.text {
            text if text.eq_ignore_ascii_case("DIVISION") => GroupStatus::Division,
            text if text.eq_ignore_ascii_case("GROUPE") => GroupStatus::Group,
            _ => {
                let (reason, element) = (RejectReason::NotAStatus, GroupeStatut);
                return Err(Problem { reason, element, line: found.line });
            }
        };
        Ok(Group {
            school: self.school()?,
            code: self.text(GroupeCode)?,
            label: self.text(GroupeLibelle)?,
            status,
            divisions: self.texts(GroupeDivAppartenance),
        })
    }

    fn taught(&mut self, kind: GroupStatus) -> Result<TeacherGroupSubject, Problem> {
        Ok(TeacherGroupSubject {
            school: self.school()?,
            person: self.person_id()?,
            group: self.text(GroupeCode)?,
            kind,
            subjects: self.texts(MatiereCode),
        })
    }
}

/// Senders differ in case (`National_ELV`).
fn profile(text: &str) -> Option<Profile> {
    let same = |profile: &Profile| profile.gar().is_some_and(|name| name.eq_ignore_ascii_case(text));
    Profile::ALL.into_iter().find(same)
}

/// A value without tabs and line ends: they are spaces that somebody's editor or database put there.
fn cleaned(text: &str) -> String {
    if text.contains(['\t', '\r', '\n']) { text.replace(['\t', '\r', '\n'], " ") } else { text.to_owned() }
}

/// `xs:date`: a day, perhaps with a zone, which does not move it.
fn date(text: &str) -> Option<Date> {
    let (day, zone) = text.split_at_checked(10)?;
    let mut parts = day.split('-');
    let mut part = |digits: usize| {
        let part = parts.next()?;
        let plain = part.len() == digits && part.bytes().all(|c| c.is_ascii_digit());
        plain.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
    (year > 0 && is_zone(zone)).then_some(date)
}

fn is_zone(zone: &str) -> bool {
    let Some(offset) = zone.strip_prefix(['+', '-']) else { return matches!(zone, "" | "Z") };
    let shape: Vec<u8> = offset.bytes().map(|c| if c.is_ascii_digit() { b'0' } else { c }).collect();
    shape == b"00:00"
}
