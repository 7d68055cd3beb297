//! What attributes and profiles are called by people.

use boundary::{Attribute, Profile};
use serde::Deserialize;

/// The attributes of agreements.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AttributeWords {
    uai: String,
    nom: String,
    pre: String,
    civ: String,
    div: String,
    gro: String,
    p_mel: String,
    p_mat: String,
    p_ms4: String,
    e_mef: String,
    e_ms1: String,
    id_ent: String,
}

impl AttributeWords {
    pub(super) fn of(&self, attribute: Attribute) -> &str {
        match attribute {
            Attribute::Uai => &self.uai,
            Attribute::Nom => &self.nom,
            Attribute::Pre => &self.pre,
            Attribute::Civ => &self.civ,
            Attribute::Div => &self.div,
            Attribute::Gro => &self.gro,
            Attribute::PMel => &self.p_mel,
            Attribute::PMat => &self.p_mat,
            Attribute::PMs4 => &self.p_ms4,
            Attribute::EMef => &self.e_mef,
            Attribute::EMs1 => &self.e_ms1,
            Attribute::IdEnt => &self.id_ent,
        }
    }
}

/// What somebody is at a school.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileWords {
    other: String,
    pupil: String,
    guardian: String,
    local: String,
    staff: String,
    school_life: String,
    head: String,
    librarian: String,
    teacher: String,
}

impl ProfileWords {
    pub(super) fn of(&self, profile: Profile) -> &str {
        match profile {
            Profile::Other => &self.other,
            Profile::Pupil => &self.pupil,
            Profile::Guardian => &self.guardian,
            Profile::Local => &self.local,
            Profile::Staff => &self.staff,
            Profile::SchoolLife => &self.school_life,
            Profile::Head => &self.head,
            Profile::Librarian => &self.librarian,
            Profile::Teacher => &self.teacher,
        }
    }
}
