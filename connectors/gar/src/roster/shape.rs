//! Which elements each record has, and how often: the tables of GAR's two schemas.

use super::element::Element::{self, *};
use super::names::{Degree, FileKind};
use super::record::RecordKind;

/// How often an element stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    One,
    Optional,
    OneOrMore,
    Any,
}

impl Times {
    pub(super) const fn is_mandatory(self) -> bool {
        matches!(self, Self::One | Self::OneOrMore)
    }

    pub(super) const fn is_single(self) -> bool {
        matches!(self, Self::One | Self::Optional)
    }
}

/// An element that a record has: how often, and what stands in it where that is elements.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) element: Element,
    pub(super) times: Times,
    pub(super) inner: &'static [Slot],
}

const fn one(element: Element) -> Slot {
    Slot { element, times: Times::One, inner: &[] }
}

const fn optional(element: Element) -> Slot {
    Slot { element, times: Times::Optional, inner: &[] }
}

const fn some(element: Element) -> Slot {
    Slot { element, times: Times::OneOrMore, inner: &[] }
}

const fn any(element: Element) -> Slot {
    Slot { element, times: Times::Any, inner: &[] }
}

const PROFILES: Slot =
    Slot { element: PersonProfils, times: Times::OneOrMore, inner: &[one(StructureUai), one(PersonProfil)] };
const DISCIPLINES: Slot = Slot {
    element: EnsDisciplinesPostes,
    times: Times::Any,
    inner: &[one(StructureUai), some(EnsDisciplinePosteCode)],
};
const SPECIALITIES: Slot = Slot {
    element: EnsSpecialitesPostes,
    times: Times::Any,
    inner: &[one(StructureUai), some(EnsSpecialitePosteCode)],
};

/// A person, with what the kind of person adds.
macro_rules! person {
    ($($more:expr),*) => {
        &[
            one(PersonIdentifiant),
            PROFILES,
            optional(PersonIdSecondaire),
            optional(PersonNomPatro),
            one(PersonNom),
            one(PersonPrenom),
            some(PersonAutresPrenoms),
            optional(PersonCivilite),
            optional(PersonStructRattach),
            some(PersonEtab),
            optional(PersonDateNaissance),
            $($more),*
        ]
    };
}

const PUPIL: &[Slot] = person!();
const STAFF_1D: &[Slot] = person!(SPECIALITIES);
const STAFF_2D: &[Slot] = person!(DISCIPLINES, any(PersonMail));
const RESPONSIBLE: &[Slot] = &[
    one(PersonIdentifiant),
    one(PersonNom),
    one(PersonPrenom),
    optional(PersonCivilite),
    some(PersonMail),
    some(RespAffEtab),
];
const PERSON_MEF: &[Slot] = &[one(StructureUai), one(PersonIdentifiant), one(MefCode)];
const PERSON_MEFSTAT4: &[Slot] = &[one(StructureUai), one(PersonIdentifiant), one(Mefstat4Code)];
const PUPIL_SUBJECT: &[Slot] = &[one(StructureUai), one(PersonIdentifiant), one(MatiereCode)];
const SCHOOL_1D: &[Slot] = &[
    one(StructureUai),
    one(StructureNomCourant),
    optional(StructureContrat),
    optional(StructureTelephone),
    optional(StructureEmail),
];
const SCHOOL_2D: &[Slot] = &[
    one(StructureUai),
    one(StructureNomCourant),
    optional(EtablissementStructRattachFctl),
    optional(StructureContrat),
    optional(StructureTelephone),
    optional(StructureEmail),
];
const MEF: &[Slot] =
    &[one(StructureUai), one(MefCode), one(MefLibelle), optional(MefRattach), optional(Mefstat11)];
const SUBJECT: &[Slot] = &[one(StructureUai), one(MatiereCode), one(MatiereLibelle)];
const GROUP: &[Slot] =
    &[one(GroupeCode), one(StructureUai), one(GroupeLibelle), one(GroupeStatut), any(GroupeDivAppartenance)];
const MEMBERSHIP: &[Slot] = &[one(StructureUai), one(PersonIdentifiant), one(GroupeCode)];
const TAUGHT: &[Slot] = &[one(StructureUai), one(PersonIdentifiant), one(GroupeCode), some(MatiereCode)];

/// The elements of a record.
pub(super) const fn slots(kind: RecordKind, degree: Degree) -> &'static [Slot] {
    match (kind, degree) {
        (RecordKind::Pupil, _) => PUPIL,
        (RecordKind::Staff, Degree::First) => STAFF_1D,
        (RecordKind::Staff, Degree::Second) => STAFF_2D,
        (RecordKind::Responsible, _) => RESPONSIBLE,
        (RecordKind::PersonMef, _) => PERSON_MEF,
        (RecordKind::PersonMefstat4, _) => PERSON_MEFSTAT4,
        (RecordKind::PupilSubject, _) => PUPIL_SUBJECT,
        (RecordKind::School, Degree::First) => SCHOOL_1D,
        (RecordKind::School, Degree::Second) => SCHOOL_2D,
        (RecordKind::Mef, _) => MEF,
        (RecordKind::Subject, _) => SUBJECT,
        (RecordKind::Group, _) => GROUP,
        (RecordKind::Membership, _) => MEMBERSHIP,
        (RecordKind::TeacherGroup | RecordKind::TeacherDivision, _) => TAUGHT,
    }
}

/// The records that a file of this kind has.
pub(super) const fn records(kind: FileKind, degree: Degree) -> &'static [RecordKind] {
    use RecordKind::*;
    match (kind, degree) {
        (FileKind::Eleve, Degree::First) => &[Pupil, PersonMefstat4],
        (FileKind::Eleve, Degree::Second) => &[Pupil, PersonMef, PupilSubject],
        (FileKind::Enseignant, Degree::First) => &[Staff, PersonMefstat4],
        (FileKind::Enseignant, Degree::Second) => &[Staff, PersonMef],
        (FileKind::RespAff, _) => &[Responsible],
        (FileKind::Etab, Degree::First) => &[School],
        (FileKind::Etab, Degree::Second) => &[School, Mef, Subject],
        (FileKind::Groupe, Degree::First) => &[Group, Membership],
        (FileKind::Groupe, Degree::Second) => &[Group, Membership, TeacherGroup, TeacherDivision],
    }
}
