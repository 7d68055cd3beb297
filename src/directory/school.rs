//! On behalf of which school somebody comes: a signed claim, else the deployment's only school, else their only
//! current affiliation, else a choice among the current ones. A URL only chooses among them, and nobody is ever at a
//! school that they are not affiliated to.

use boundary::{Refusal, RefusalCode, SchoolClaim, Uai};

/// What is known of somebody before they say their school.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: they come for the first time.
    Stranger,
    /// They were at a school and are at none this year.
    Left,
    /// They are at schools that the connection may not speak for.
    Elsewhere,
    /// They are at a school that the connection may speak for.
    Here,
}

/// Everything that the answer depends on.
#[derive(Debug, Clone)]
pub struct SchoolQuestion<'a> {
    /// The school that the sign-on names.
    pub claim: &'a SchoolClaim,
    /// The school that the person chose on our page.
    pub chosen: Option<&'a Uai>,
    /// The deployment's only school, where it has one.
    pub only_of_deployment: Option<&'a Uai>,
    /// The person's current schools, as far as the connection may speak for them.
    pub current: &'a [Uai],
    /// What is known of them.
    pub standing: Standing,
    /// Whether a school that they are not affiliated to may be added by this launch.
    pub provision: bool,
}

/// The school, or the schools to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchoolAnswer {
    /// This one, to which they are affiliated.
    At(Uai),
    /// This one, to which this launch affiliates them.
    Join(Uai),
    /// They choose among these.
    Choose(Vec<Uai>),
}

/// Answers for whom somebody comes. Whether the school exists and belongs to the ENT is asked elsewhere.
///
/// # Errors
/// A [`Refusal`] where no school is left.
pub fn school_of(question: &SchoolQuestion<'_>) -> Result<SchoolAnswer, Refusal> {
    if let Some(chosen) = question.chosen {
        return affiliated(question, chosen, false);
    }
    match question.claim {
        SchoolClaim::Unreadable => Err(RefusalCode::SchoolUnknown.about("the school claim is not a UAI")),
        SchoolClaim::Signed(uai) => affiliated(question, uai, question.provision),
        SchoolClaim::Hinted(uai) => hinted(question, uai),
        SchoolClaim::Silent => unnamed(question),
    }
}

fn hinted(question: &SchoolQuestion<'_>, uai: &Uai) -> Result<SchoolAnswer, Refusal> {
    match question.only_of_deployment {
        Some(only) if only == uai => unnamed(question),
        Some(only) => {
            Err(RefusalCode::SchoolNotOfEnt.about(format!("link names {uai}, deployment is of {only}")))
        }
        None => affiliated(question, uai, false),
    }
}

fn unnamed(question: &SchoolQuestion<'_>) -> Result<SchoolAnswer, Refusal> {
    if let Some(only) = question.only_of_deployment {
        return affiliated(question, only, question.provision);
    }
    match question.current {
        [] if question.standing == Standing::Stranger && question.provision => {
            Err(RefusalCode::SchoolAmbiguous
                .about("nothing names the school of a person seen for the first time"))
        }
        [] => Err(nowhere(question, "any school of the connection")),
        [one] => Ok(SchoolAnswer::At(one.clone())),
        several => Ok(SchoolAnswer::Choose(several.to_vec())),
    }
}

fn affiliated(question: &SchoolQuestion<'_>, uai: &Uai, may_join: bool) -> Result<SchoolAnswer, Refusal> {
    if question.current.contains(uai) {
        return Ok(SchoolAnswer::At(uai.clone()));
    }
    if may_join { Ok(SchoolAnswer::Join(uai.clone())) } else { Err(nowhere(question, uai.as_str())) }
}

/// Why somebody is not at a school.
fn nowhere(question: &SchoolQuestion<'_>, school: &str) -> Refusal {
    match question.standing {
        Standing::Stranger if question.provision => RefusalCode::SchoolAmbiguous
            .about("only a link names the school of a person seen for the first time"),
        Standing::Stranger => {
            RefusalCode::UnknownPerson.about("unknown identity, and the connection does not provision")
        }
        Standing::Left => RefusalCode::PersonLeft.about("no current affiliation"),
        Standing::Elsewhere | Standing::Here => {
            RefusalCode::SchoolNotOfPerson.about(format!("not affiliated to {school}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uai(text: &str) -> Uai {
        Uai::parse_any_letter(text).unwrap()
    }

    /// A row: claim, deployment's school, current schools, standing, provision, and the answer in short.
    fn answer(
        claim: &SchoolClaim,
        only: Option<&str>,
        current: &[&str],
        standing: Standing,
        provision: bool,
    ) -> String {
        let current: Vec<Uai> = current.iter().map(|text| uai(text)).collect();
        let only = only.map(uai);
        let question = SchoolQuestion {
            claim,
            chosen: None,
            only_of_deployment: only.as_ref(),
            current: &current,
            standing,
            provision,
        };
        match school_of(&question) {
            Ok(SchoolAnswer::At(uai)) => format!("at {uai}"),
            Ok(SchoolAnswer::Join(uai)) => format!("join {uai}"),
            Ok(SchoolAnswer::Choose(all)) => format!("choose {}", all.len()),
            Err(refusal) => refusal.code().as_str().to_owned(),
        }
    }

    #[test]
    fn the_table_of_design_section_3() {
        const A: &str = "0750001U";
        const B: &str = "0440001M";
        let (signed, hinted, silent) =
            (SchoolClaim::Signed(uai(A)), SchoolClaim::Hinted(uai(A)), SchoolClaim::Silent);
        use Standing::{Elsewhere, Here, Left, Stranger};
        type Row<'a> = (&'a SchoolClaim, Option<&'a str>, &'a [&'a str], Standing, bool, &'a str);
        let table: &[Row] = &[
            (&signed, None, &[A, B], Here, false, "at 0750001U"),
            (&signed, Some(B), &[A, B], Here, false, "at 0750001U"),
            (&signed, None, &[B], Here, false, "school_not_of_person"),
            (&signed, None, &[], Stranger, false, "unknown_person"),
            (&signed, None, &[], Stranger, true, "join 0750001U"),
            (&signed, None, &[], Left, false, "person_left"),
            (&hinted, None, &[A, B], Here, false, "at 0750001U"),
            (&hinted, None, &[B], Here, false, "school_not_of_person"),
            (&hinted, None, &[B], Here, true, "school_not_of_person"),
            (&hinted, None, &[], Stranger, true, "school_ambiguous"),
            (&hinted, Some(B), &[A, B], Here, false, "school_not_of_ent"),
            (&hinted, Some(A), &[], Stranger, true, "join 0750001U"),
            (&silent, Some(A), &[A, B], Here, false, "at 0750001U"),
            (&silent, Some(A), &[B], Here, false, "school_not_of_person"),
            (&silent, Some(A), &[], Stranger, true, "join 0750001U"),
            (&silent, None, &[B], Here, false, "at 0440001M"),
            (&silent, None, &[A, B], Here, false, "choose 2"),
            (&silent, None, &[], Left, false, "person_left"),
            (&silent, None, &[], Stranger, true, "school_ambiguous"),
            (&silent, None, &[], Stranger, false, "unknown_person"),
            (&signed, None, &[], Elsewhere, false, "school_not_of_person"),
            (&silent, Some(A), &[], Elsewhere, false, "school_not_of_person"),
            (&silent, None, &[], Elsewhere, true, "school_not_of_person"),
            (&SchoolClaim::Unreadable, None, &[A], Here, true, "school_unknown"),
        ];
        for (claim, only, current, standing, provision, wanted) in table {
            let got = answer(claim, *only, current, *standing, *provision);
            assert_eq!(got, *wanted, "{claim:?} {only:?} {current:?} {standing:?} provision {provision}");
        }
    }

    #[test]
    fn a_choice_stays_among_the_current_schools() {
        let current = [uai("0440001M")];
        let chosen = uai("0750001U");
        let question = SchoolQuestion {
            claim: &SchoolClaim::Silent,
            chosen: Some(&chosen),
            only_of_deployment: None,
            current: &current,
            standing: Standing::Here,
            provision: true,
        };
        assert_eq!(school_of(&question).unwrap_err().code(), RefusalCode::SchoolNotOfPerson);
    }
}
