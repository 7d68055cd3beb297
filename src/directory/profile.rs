//! Which profile somebody has at a school: the roster, else the institution role, else, where the connection trusts
//! it, the context role; and a context role makes nobody staff unless the connection says so.

use boundary::{Profile, RoleClaims};

/// The profile of a person at a school.
///
/// `roster` holds the profiles that a roster or an operator gives them there. `trust_context` and `jit_staff` are the
/// connection's settings. Of several profiles the greatest counts; none is [`Profile::Other`].
#[must_use]
pub fn profile_of(roster: &[Profile], roles: &RoleClaims, trust_context: bool, jit_staff: bool) -> Profile {
    let greatest = |profiles: &[Profile]| profiles.iter().copied().max();
    let from_context = || {
        let believed = roles.context.iter().copied().filter(|p| jit_staff || !p.is_staff());
        if trust_context { believed.max() } else { None }
    };
    greatest(roster).or_else(|| greatest(&roles.institution)).or_else(from_context).unwrap_or(Profile::Other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Profile::{Guardian, Head, Librarian, Other, Pupil, Staff, Teacher};

    #[test]
    fn the_table_of_design_section_3() {
        // (roster, institution, context, trust_context_roles, jit_staff) -> profile
        type Row = (&'static [Profile], &'static [Profile], &'static [Profile], bool, bool, Profile);
        let table: &[Row] = &[
            (&[Pupil], &[], &[Teacher], true, true, Pupil),
            (&[Pupil], &[Teacher], &[Teacher], true, true, Pupil),
            (&[Teacher], &[Pupil], &[Pupil], true, true, Teacher),
            (&[], &[Teacher], &[Pupil], false, false, Teacher),
            (&[], &[], &[Pupil], false, false, Other),
            (&[], &[], &[Pupil], true, false, Pupil),
            (&[], &[], &[Teacher], true, false, Other),
            (&[], &[], &[Teacher, Pupil], true, false, Pupil),
            (&[], &[], &[Teacher], true, true, Teacher),
            (&[], &[], &[], true, true, Other),
            (&[], &[Teacher, Librarian, Head, Staff, Guardian, Pupil], &[], false, false, Teacher),
            (&[], &[Librarian, Head], &[], false, false, Librarian),
            (&[], &[Guardian, Pupil], &[], false, false, Guardian),
            (&[], &[Other], &[Teacher], true, true, Other),
        ];
        for (roster, institution, context, trust, staff, wanted) in table {
            let roles = RoleClaims { institution: institution.to_vec(), context: context.to_vec() };
            assert_eq!(
                profile_of(roster, &roles, *trust, *staff),
                *wanted,
                "{roster:?} {institution:?} {context:?}"
            );
        }
    }
}
