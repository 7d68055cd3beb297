//! Release: which of the known attributes go to the publisher. One evaluator for every protocol; deny by default.

use time::Date;

use crate::agreement::Agreement;
use crate::attribute::{Attribute, Attributes};
use crate::decide::Entitled;
use crate::profile::Profile;
use crate::pseudonym::Pseudonym;

/// How the publisher's sector calls everything that a launch names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifiers {
    /// The person.
    pub person: Pseudonym,
    /// The school.
    pub school: Pseudonym,
    /// The course, where there is one.
    pub context: Option<Pseudonym>,
    /// The link, where there is one.
    pub link: Option<Pseudonym>,
}

/// Why a known attribute was held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// No agreement names it.
    NotAgreed,
    /// The agreement names it and no operator has approved that.
    NotApproved,
    /// A pupil's e-mail is never passed on, whatever is agreed.
    NeverForPupils,
}

/// What a publisher may know about one launch: pseudonyms, profile, and the agreed attributes. Only [`release`]
/// makes one, and only out of an [`Entitled`].
///
/// ```
/// fn reads(released: &boundary::Released) -> &boundary::Attributes {
///     released.attributes()
/// }
/// ```
///
/// ```compile_fail
/// fn forged(entitled: boundary::Entitled, identifiers: boundary::Identifiers) -> boundary::Released {
///     boundary::Released { entitled, identifiers, attributes: boundary::Attributes::default(), withheld: vec![] }
/// }
/// ```
///
/// ```compile_fail
/// let released: boundary::Released = serde_json::from_str("{}").unwrap();
/// ```
///
/// Nothing can be added to it afterwards.
///
/// ```compile_fail
/// fn widened(released: &mut boundary::Released) {
///     released.attributes.set(boundary::Attribute::Nom, vec!["x".into()]);
/// }
/// ```
#[derive(Debug)]
pub struct Released {
    entitled: Entitled,
    identifiers: Identifiers,
    attributes: Attributes,
    withheld: Vec<(Attribute, Withheld)>,
}

impl Released {
    /// The entitlement that it stands on.
    #[must_use]
    pub const fn entitled(&self) -> &Entitled {
        &self.entitled
    }

    /// How the publisher calls person, school, course and link.
    #[must_use]
    pub const fn identifiers(&self) -> &Identifiers {
        &self.identifiers
    }

    /// The person's profile, which every launch carries.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.entitled.subject().profile
    }

    /// The attributes that may be sent.
    #[must_use]
    pub const fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// The attributes that were known and are held back, with the reason.
    #[must_use]
    pub fn withheld(&self) -> &[(Attribute, Withheld)] {
        &self.withheld
    }
}

/// Sorts what is known about a person into what the agreement lets through and what it holds back. `today` is the
/// date in Paris: approvals count from their day on.
#[must_use]
pub fn release(
    entitled: Entitled,
    identifiers: Identifiers,
    agreement: Option<&Agreement>,
    known: &Attributes,
    today: Date,
) -> Released {
    let mut attributes = Attributes::default();
    let mut withheld = Vec::new();
    for (attribute, values) in known.iter() {
        match held_back(attribute, entitled.subject().profile, agreement, today) {
            None => attributes.set(attribute, values.to_vec()),
            Some(why) => withheld.push((attribute, why)),
        }
    }
    Released { entitled, identifiers, attributes, withheld }
}

fn held_back(
    attribute: Attribute,
    profile: Profile,
    agreement: Option<&Agreement>,
    today: Date,
) -> Option<Withheld> {
    let lines = agreement.map(|a| a.attributes.as_slice()).unwrap_or_default();
    match lines.iter().find(|line| line.name == attribute) {
        None => Some(Withheld::NotAgreed),
        Some(line) if !line.is_approved(today) => Some(Withheld::NotApproved),
        Some(_) if attribute == Attribute::PMel && !profile.is_staff() => Some(Withheld::NeverForPupils),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::AgreementLine;
    use crate::ark::Ark;
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 24);

    fn agreement(name: Attribute, approved: Option<Date>) -> Agreement {
        let line = AgreementLine {
            name,
            purpose: "to greet".into(),
            approved_by: approved.map(|_| "dpo".into()),
            approved_on: approved,
        };
        Agreement { resource: Ark::parse("ark:/1/a").unwrap(), attributes: vec![line] }
    }

    #[test]
    fn a1_nothing_passes_without_an_approved_agreement() {
        let why = |attribute, profile, agreement: Option<&Agreement>| {
            held_back(attribute, profile, agreement, TODAY)
        };
        let pre = agreement(Attribute::Pre, Some(TODAY));
        assert_eq!(why(Attribute::Pre, Profile::Pupil, None), Some(Withheld::NotAgreed));
        assert_eq!(why(Attribute::Nom, Profile::Pupil, Some(&pre)), Some(Withheld::NotAgreed));
        assert_eq!(why(Attribute::Pre, Profile::Pupil, Some(&pre)), None);
        let pending = agreement(Attribute::Pre, None);
        assert_eq!(why(Attribute::Pre, Profile::Pupil, Some(&pending)), Some(Withheld::NotApproved));
        let tomorrow = agreement(Attribute::Pre, Some(date!(2026 - 11 - 25)));
        assert_eq!(why(Attribute::Pre, Profile::Pupil, Some(&tomorrow)), Some(Withheld::NotApproved));
    }

    #[test]
    fn a3_a_pupils_mail_never_passes() {
        let mail = agreement(Attribute::PMel, Some(TODAY));
        assert_eq!(
            held_back(Attribute::PMel, Profile::Pupil, Some(&mail), TODAY),
            Some(Withheld::NeverForPupils)
        );
        assert_eq!(
            held_back(Attribute::PMel, Profile::Guardian, Some(&mail), TODAY),
            Some(Withheld::NeverForPupils)
        );
        assert_eq!(held_back(Attribute::PMel, Profile::Teacher, Some(&mail), TODAY), None);
    }
}
