//! What an archive says: records, typed. Values of people are hidden from `Debug`.

use std::fmt;

use boundary::{GroupStatus, Profile, Uai};
use time::Date;

use super::element::Element;

/// The ENT's own identifier of a person (`GARPersonIdentifiant`): opaque, at most 64 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier(pub(super) String);

impl Identifier {
    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The identifier as text, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identifier(…)")
    }
}

/// What somebody is at a school (`GARPersonProfils`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchoolProfile {
    /// The school.
    pub school: Uai,
    /// The profile there.
    pub profile: Profile,
}

/// What somebody teaches at a school: `GAREnsDisciplinesPostes` in the second degree, `GAREnsSpecialitesPostes` in the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostCodes {
    /// The school.
    pub school: Uai,
    /// Codes, at least one.
    pub codes: Vec<String>,
}

/// A pupil or somebody who works at a school (`GAREleve`, `GAREnseignant`).
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// `GARPersonIdentifiant`
    pub id: Identifier,
    /// `GARPersonProfils`, at least one.
    pub profiles: Vec<SchoolProfile>,
    /// `GARPersonIdSecondaire`
    pub secondary_id: Option<Identifier>,
    /// `GARPersonNomPatro`
    pub birth_name: Option<String>,
    /// `GARPersonNom`
    pub family_name: String,
    /// `GARPersonPrenom`
    pub first_name: String,
    /// `GARPersonAutresPrenoms`, at least one.
    pub other_first_names: Vec<String>,
    /// `GARPersonCivilite`, such as `Mme`
    pub civility: Option<String>,
    /// `GARPersonStructRattach`
    pub home_school: Option<Uai>,
    /// `GARPersonEtab`, at least one.
    pub schools: Vec<Uai>,
    /// `GARPersonDateNaissance`
    pub birth_date: Option<Date>,
    /// What they teach; empty for pupils.
    pub posts: Vec<PostCodes>,
    /// `GARPersonMail`; empty for pupils and in the first degree.
    pub mails: Vec<String>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("profiles", &self.profiles).finish_non_exhaustive()
    }
}

/// Somebody who assigns resources at schools (`GARRespAff`, responsable d'affectation).
#[derive(Clone, PartialEq, Eq)]
pub struct Responsible {
    /// `GARPersonIdentifiant`
    pub id: Identifier,
    /// `GARPersonNom`
    pub family_name: String,
    /// `GARPersonPrenom`
    pub first_name: String,
    /// `GARPersonCivilite`
    pub civility: Option<String>,
    /// `GARPersonMail`, at least one.
    pub mails: Vec<String>,
    /// `GARRespAffEtab`, at least one.
    pub schools: Vec<Uai>,
}

impl fmt::Debug for Responsible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responsible").field("schools", &self.schools).finish_non_exhaustive()
    }
}

/// The level of a person at a school (`GARPersonMEF`, `GARPersonMEFSTAT4`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonLevel {
    /// The school.
    pub school: Uai,
    /// The person.
    pub person: Identifier,
    /// `GARMEFCode`, eleven digits in practice, or `GARMEFSTAT4Code`, four.
    pub code: String,
}

/// A subject that a pupil is taught (`GAREleveEnseignement`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PupilSubject {
    /// The school.
    pub school: Uai,
    /// The pupil.
    pub person: Identifier,
    /// `GARMatiereCode`
    pub subject: String,
}

/// A school (`GAREtab`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct School {
    /// `GARStructureUAI`
    pub uai: Uai,
    /// `GARStructureNomCourant`
    pub name: String,
    /// `GAREtablissementStructRattachFctl`, second degree only.
    pub attached_to: Option<String>,
    /// `GARStructureContrat`: `PU` public, `PR` private.
    pub contract: Option<String>,
    /// `GARStructureTelephone`
    pub telephone: Option<String>,
    /// `GARStructureEmail`
    pub mail: Option<String>,
}

/// A level that a school has (`GARMEF`, module élémentaire de formation).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mef {
    /// The school.
    pub school: Uai,
    /// `GARMEFCode`
    pub code: String,
    /// `GARMEFLibelle`
    pub label: String,
    /// `GARMEFRattach`
    pub attached_to: Option<String>,
    /// `GARMEFSTAT11`
    pub stat11: Option<String>,
}

/// A subject that a school teaches (`GARMatiere`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The school.
    pub school: Uai,
    /// `GARMatiereCode`
    pub code: String,
    /// `GARMatiereLibelle`
    pub label: String,
}

/// A class or a group of a school (`GARGroupe`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The school.
    pub school: Uai,
    /// `GARGroupeCode`
    pub code: String,
    /// `GARGroupeLibelle`
    pub label: String,
    /// `GARGroupeStatut`
    pub status: GroupStatus,
    /// `GARGroupeDivAppartenance`: codes of the classes whose pupils are in this group.
    pub divisions: Vec<String>,
}

/// Somebody is in a class or group (`GARPersonGroupe`). The code alone names it: one school has each code once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The school.
    pub school: Uai,
    /// The person.
    pub person: Identifier,
    /// `GARGroupeCode`
    pub group: String,
}

/// What somebody teaches to a class or group (`GAREnsClasseMatiere`, `GAREnsGroupeMatiere`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeacherGroupSubject {
    /// The school.
    pub school: Uai,
    /// The teacher.
    pub person: Identifier,
    /// `GARGroupeCode`
    pub group: String,
    /// Whether the record speaks of a class (`GAREnsClasseMatiere`) or of a group.
    pub kind: GroupStatus,
    /// `GARMatiereCode`, at least one.
    pub subjects: Vec<String>,
}

/// One record of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// `GAREleve`
    Pupil(Person),
    /// `GAREnseignant`: everybody who works at a school.
    Staff(Person),
    /// `GARRespAff`
    Responsible(Responsible),
    /// `GARPersonMEF`, second degree.
    PersonMef(PersonLevel),
    /// `GARPersonMEFSTAT4`, first degree.
    PersonMefstat4(PersonLevel),
    /// `GAREleveEnseignement`, second degree.
    PupilSubject(PupilSubject),
    /// `GAREtab`
    School(School),
    /// `GARMEF`, second degree.
    Mef(Mef),
    /// `GARMatiere`, second degree.
    Subject(Subject),
    /// `GARGroupe`
    Group(Group),
    /// `GARPersonGroupe`
    Membership(Membership),
    /// `GAREnsGroupeMatiere` and `GAREnsClasseMatiere`, second degree.
    TeacherGroupSubject(TeacherGroupSubject),
}

/// The kinds of records, as the wire tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// `GAREleve`
    Pupil,
    /// `GAREnseignant`
    Staff,
    /// `GARRespAff`
    Responsible,
    /// `GARPersonMEF`
    PersonMef,
    /// `GARPersonMEFSTAT4`
    PersonMefstat4,
    /// `GAREleveEnseignement`
    PupilSubject,
    /// `GAREtab`
    School,
    /// `GARMEF`
    Mef,
    /// `GARMatiere`
    Subject,
    /// `GARGroupe`
    Group,
    /// `GARPersonGroupe`
    Membership,
    /// `GAREnsGroupeMatiere`
    TeacherGroup,
    /// `GAREnsClasseMatiere`
    TeacherDivision,
}

impl RecordKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Pupil,
        Self::Staff,
        Self::Responsible,
        Self::PersonMef,
        Self::PersonMefstat4,
        Self::PupilSubject,
        Self::School,
        Self::Mef,
        Self::Subject,
        Self::Group,
        Self::Membership,
        Self::TeacherGroup,
        Self::TeacherDivision,
    ];

    /// Its element.
    #[must_use]
    pub const fn element(self) -> Element {
        match self {
            Self::Pupil => Element::Eleve,
            Self::Staff => Element::Enseignant,
            Self::Responsible => Element::RespAff,
            Self::PersonMef => Element::PersonMef,
            Self::PersonMefstat4 => Element::PersonMefstat4,
            Self::PupilSubject => Element::EleveEnseignement,
            Self::School => Element::Etab,
            Self::Mef => Element::Mef,
            Self::Subject => Element::Matiere,
            Self::Group => Element::Groupe,
            Self::Membership => Element::PersonGroupe,
            Self::TeacherGroup => Element::EnsGroupeMatiere,
            Self::TeacherDivision => Element::EnsClasseMatiere,
        }
    }

    /// The elements that are its functional key: no two records of an archive share them.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pupil | Self::Staff | Self::Responsible => "GARPersonIdentifiant",
            Self::PersonMef => "GARStructureUAI, GARPersonIdentifiant, GARMEFCode",
            Self::PersonMefstat4 => "GARStructureUAI, GARPersonIdentifiant, GARMEFSTAT4Code",
            Self::PupilSubject => "GARStructureUAI, GARPersonIdentifiant, GARMatiereCode",
            Self::School => "GARStructureUAI",
            Self::Mef => "GARStructureUAI, GARMEFCode",
            Self::Subject => "GARStructureUAI, GARMatiereCode",
            Self::Group => "GARGroupeCode, GARStructureUAI; GARGroupeStatut is no part of it",
            Self::Membership | Self::TeacherGroup | Self::TeacherDivision => {
                "GARStructureUAI, GARPersonIdentifiant, GARGroupeCode"
            }
        }
    }
}

impl Record {
    /// What kind of record it is.
    #[must_use]
    pub const fn kind(&self) -> RecordKind {
        match self {
            Self::Pupil(_) => RecordKind::Pupil,
            Self::Staff(_) => RecordKind::Staff,
            Self::Responsible(_) => RecordKind::Responsible,
            Self::PersonMef(_) => RecordKind::PersonMef,
            Self::PersonMefstat4(_) => RecordKind::PersonMefstat4,
            Self::PupilSubject(_) => RecordKind::PupilSubject,
            Self::School(_) => RecordKind::School,
            Self::Mef(_) => RecordKind::Mef,
            Self::Subject(_) => RecordKind::Subject,
            Self::Group(_) => RecordKind::Group,
            Self::Membership(_) => RecordKind::Membership,
            Self::TeacherGroupSubject(taught) => match taught.kind {
                GroupStatus::Division => RecordKind::TeacherDivision,
                GroupStatus::Group => RecordKind::TeacherGroup,
            },
        }
    }

    /// The schools that it speaks of.
    pub fn schools(&self) -> impl Iterator<Item = &Uai> {
        let (one, several): (Option<&Uai>, &[Uai]) = match self {
            Self::Pupil(person) | Self::Staff(person) => (None, &person.schools),
            Self::Responsible(person) => (None, &person.schools),
            Self::PersonMef(level) | Self::PersonMefstat4(level) => (Some(&level.school), &[]),
            Self::PupilSubject(taught) => (Some(&taught.school), &[]),
            Self::School(school) => (Some(&school.uai), &[]),
            Self::Mef(mef) => (Some(&mef.school), &[]),
            Self::Subject(subject) => (Some(&subject.school), &[]),
            Self::Group(group) => (Some(&group.school), &[]),
            Self::Membership(member) => (Some(&member.school), &[]),
            Self::TeacherGroupSubject(taught) => (Some(&taught.school), &[]),
        };
        one.into_iter().chain(several)
    }
}
