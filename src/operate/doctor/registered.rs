//! Checks of what is registered: deployments, roles, schools.

use boundary::registration::LtiPlatform;

use super::{Finding, Mender, Severity};
use crate::directory::{InactiveDeployment, School};
use crate::operate::apply::Record;

/// How many schools are named one by one.
const NAMED: usize = 20;

/// Deployments that ENTs used and nobody has activated.
pub(super) fn deployments(seen: Vec<InactiveDeployment>) -> Vec<Finding> {
    let inactive = |seen: InactiveDeployment| {
        let InactiveDeployment { connection, deployment, first_seen } = seen;
        let day = first_seen.date();
        Finding {
            check: "deployments",
            severity: Severity::Warning,
            what: format!(
                "connection {connection} was used with deployment \"{deployment}\", first on {day}; it is refused"
            ),
            mends: Mender::Operator,
            mend: format!(
                "if it is the school's own, add \"{deployment}\" to deployments of [[ent.lti]] {connection} and apply the file"
            ),
        }
    };
    seen.into_iter().map(inactive).collect()
}

pub(super) fn connections(records: &[Record]) -> impl Iterator<Item = &LtiPlatform> {
    records.iter().filter_map(|record| match record {
        Record::LtiPlatform(platform) => Some(platform),
        _ => None,
    })
}

/// Connections where a role in a course makes somebody staff.
pub(super) fn context_roles(records: &[Record]) -> Vec<Finding> {
    let risky = connections(records).filter(|platform| platform.trust_context_roles && platform.jit_staff);
    risky
        .map(|platform| Finding {
            check: "context_roles",
            severity: Severity::Warning,
            what: format!(
                "connection {} has trust_context_roles and jit_staff: whoever is Instructor of a course counts as a \
                 teacher, and any teacher can make a pupil Instructor of a course",
                platform.id
            ),
            mends: Mender::Operator,
            mend: "if the ENT can send roles of the institution, ask it to, and set both to false; else list the \
                   teachers by roster"
                .to_owned(),
        })
        .collect()
}

/// Schools that have nobody, and no connection that writes people down at their first launch.
pub(super) fn empty_schools(empty: &[String], records: &[Record]) -> Option<Finding> {
    let provisions = |school: &School| {
        connections(records).any(|platform| {
            let speaks = platform.schools.is_empty() || platform.schools.contains(&school.uai);
            platform.provision && speaks && school.ents.contains(&platform.ent)
        })
    };
    let schools = records.iter().filter_map(|record| match record {
        Record::School(school) => Some(school),
        _ => None,
    });
    let closed: Vec<&str> = schools
        .filter(|school| empty.binary_search_by(|uai| uai.as_str().cmp(school.uai.as_str())).is_ok())
        .filter(|school| !provisions(school))
        .map(|school| school.uai.as_str())
        .collect();
    let rest = closed.len().saturating_sub(NAMED);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    let named = closed.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    (!closed.is_empty()).then(|| Finding {
        check: "empty_schools",
        severity: Severity::Warning,
        what: format!(
            "nobody of these schools is known, and no connection of theirs provisions: nobody there can open anything: \
             {named}{more}"
        ),
        mends: Mender::Operator,
        mend: "import the roster of each, or set provision = true on the connection of its ENT".to_owned(),
    })
}
