//! On behalf of which school somebody comes: a signed claim, else the deployment's only school, else their only
//! current affiliation, else a choice among the current ones. A URL only chooses among them, and nobody is ever at a
//! school that they are not affiliated to.

use boundary::{Refusal, RefusalCode, SchoolClaim, Uai};

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
    /// Whether the person was known before.
    pub known: bool,
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
    match (question.current, question.known) {
        ([], true) => Err(RefusalCode::PersonLeft.about("no current affiliation")),
        ([], false) if question.provision => Err(RefusalCode::SchoolAmbiguous
            .about("nothing names the school of a person seen for the first time")),
        ([], false) => Err(unknown_person()),
        ([one], _) => Ok(SchoolAnswer::At(one.clone())),
        (several, _) => Ok(SchoolAnswer::Choose(several.to_vec())),
    }
}

fn affiliated(question: &SchoolQuestion<'_>, uai: &Uai, may_join: bool) -> Result<SchoolAnswer, Refusal> {
    if question.current.contains(uai) {
        return Ok(SchoolAnswer::At(uai.clone()));
    }
    match (may_join, question.known, question.current) {
        (true, _, _) => Ok(SchoolAnswer::Join(uai.clone())),
        (false, false, _) => Err(unknown_person()),
        (false, true, []) => Err(RefusalCode::PersonLeft.about("no current affiliation")),
        (false, true, _) => Err(RefusalCode::SchoolNotOfPerson.about(format!("not affiliated to {uai}"))),
    }
}

fn unknown_person() -> Refusal {
    RefusalCode::UnknownPerson.about("unknown identity, and the connection does not provision")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uai(text: &str) -> Uai {
        Uai::parse_any_letter(text).unwrap()
    }

    /// A row: claim, deployment's school, current schools, known, provision, and the answer in short.
    fn answer(
        claim: &SchoolClaim,
        only: Option<&str>,
        current: &[&str],
        known: bool,
        provision: bool,
    ) -> String {
        let current: Vec<Uai> = current.iter().map(|text| uai(text)).collect();
        let only = only.map(uai);
        let question = SchoolQuestion {
            claim,
            chosen: None,
            only_of_deployment: only.as_ref(),
            current: &current,
            known,
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
        type Row<'a> = (&'a SchoolClaim, Option<&'a str>, &'a [&'a str], bool, bool, &'a str);
        let table: &[Row] = &[
            (&signed, None, &[A, B], true, false, "at 0750001U"),
            (&signed, Some(B), &[A, B], true, false, "at 0750001U"),
            (&signed, None, &[B], true, false, "school_not_of_person"),
            (&signed, None, &[], false, false, "unknown_person"),
            (&signed, None, &[], false, true, "join 0750001U"),
            (&signed, None, &[], true, false, "person_left"),
            (&hinted, None, &[A, B], true, false, "at 0750001U"),
            (&hinted, None, &[B], true, false, "school_not_of_person"),
            (&hinted, None, &[B], true, true, "school_not_of_person"),
            (&hinted, None, &[], false, true, "unknown_person"),
            (&hinted, Some(B), &[A, B], true, false, "school_not_of_ent"),
            (&hinted, Some(A), &[], false, true, "join 0750001U"),
            (&silent, Some(A), &[A, B], true, false, "at 0750001U"),
            (&silent, Some(A), &[B], true, false, "school_not_of_person"),
            (&silent, Some(A), &[], false, true, "join 0750001U"),
            (&silent, None, &[B], true, false, "at 0440001M"),
            (&silent, None, &[A, B], true, false, "choose 2"),
            (&silent, None, &[], true, false, "person_left"),
            (&silent, None, &[], false, true, "school_ambiguous"),
            (&silent, None, &[], false, false, "unknown_person"),
            (&SchoolClaim::Unreadable, None, &[A], true, true, "school_unknown"),
        ];
        for (claim, only, current, known, provision, wanted) in table {
            let got = answer(claim, *only, current, *known, *provision);
            assert_eq!(got, *wanted, "{claim:?} {only:?} {current:?} known {known} provision {provision}");
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
            known: true,
            provision: true,
        };
        assert_eq!(school_of(&question).unwrap_err().code(), RefusalCode::SchoolNotOfPerson);
    }
}
