//! Roles (LTI Core 1.3, appendix A.2): read tolerantly, written exactly.

use boundary::{Profile, RoleClaims};
use serde_json::Value;

const CONTEXT: &str = "purl.imsglobal.org/vocab/lis/v2/membership";
const INSTITUTION: &str = "purl.imsglobal.org/vocab/lis/v2/institution/person#";
/// How many roles are looked at.
const MOST: usize = 100;

/// Reads the roles claim. Unknown roles, empty strings and other types are passed over (T-31); a bare name is a
/// context role; a sub-role counts as its principal role.
pub fn read(roles: &[Value]) -> RoleClaims {
    let mut claims = RoleClaims::default();
    for role in roles.iter().take(MOST).filter_map(Value::as_str) {
        let bare = role.strip_prefix("http://").or_else(|| role.strip_prefix("https://"));
        match bare {
            None => claims.context.extend(context_role(role)),
            Some(uri) => match uri.strip_prefix(INSTITUTION) {
                Some(name) => claims.institution.extend(institution_role(name)),
                None => claims.context.extend(uri.strip_prefix(CONTEXT).and_then(context_uri)),
            },
        }
    }
    claims
}

/// `#Instructor`, or `/Instructor#TeachingAssistant`.
fn context_uri(rest: &str) -> Option<Profile> {
    if let Some(name) = rest.strip_prefix('#') {
        return context_role(name);
    }
    match rest.strip_prefix('/')?.split_once('#')? {
        ("ContentDeveloper", "Librarian") => Some(Profile::Librarian),
        (principal, _) => context_role(principal),
    }
}

fn context_role(name: &str) -> Option<Profile> {
    match name {
        "Learner" => Some(Profile::Pupil),
        "Instructor" => Some(Profile::Teacher),
        "Mentor" => Some(Profile::Guardian),
        _ => None,
    }
}

fn institution_role(name: &str) -> Option<Profile> {
    match name {
        "Student" | "Learner" => Some(Profile::Pupil),
        "Faculty" | "Instructor" => Some(Profile::Teacher),
        "Observer" | "Mentor" => Some(Profile::Guardian),
        "Administrator" => Some(Profile::Head),
        "Staff" => Some(Profile::Staff),
        _ => None,
    }
}

/// The roles of a profile, a principal role beside each sub-role.
pub const fn write(profile: Profile) -> &'static [&'static str] {
    match profile {
        Profile::Pupil => &[
            "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner",
            "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student",
        ],
        Profile::Teacher => &[
            "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor",
            "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Faculty",
        ],
        Profile::Librarian => &[
            "http://purl.imsglobal.org/vocab/lis/v2/membership/ContentDeveloper#Librarian",
            "http://purl.imsglobal.org/vocab/lis/v2/membership#ContentDeveloper",
            "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Staff",
        ],
        Profile::Head => &["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"],
        Profile::SchoolLife | Profile::Staff | Profile::Local => {
            &["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Staff"]
        }
        Profile::Guardian => &["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Observer"],
        Profile::Other => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn roles(list: Value) -> (Vec<Profile>, Vec<Profile>) {
        let claims = read(list.as_array().unwrap());
        (claims.institution, claims.context)
    }

    #[test]
    fn roles_are_read_tolerantly() {
        use Profile::{Guardian, Librarian, Pupil, Teacher};
        let membership = "http://purl.imsglobal.org/vocab/lis/v2/membership";
        let table = [
            (json!(["Instructor"]), (vec![], vec![Teacher])),
            (json!([""]), (vec![], vec![])),
            (json!(["https://purl.imsglobal.org/vocab/lis/v2/membership#Learner"]), (vec![], vec![Pupil])),
            (json!([format!("{membership}/Instructor#TeachingAssistant")]), (vec![], vec![Teacher])),
            (json!([format!("{membership}/ContentDeveloper#Librarian")]), (vec![], vec![Librarian])),
            (json!([format!("{membership}#Mentor")]), (vec![], vec![Guardian])),
            (
                json!(["http://purl.imsglobal.org/vocab/lis/v2/unknown/unknown#Helper", 7, null]),
                (vec![], vec![]),
            ),
            (json!(["http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"]), (vec![], vec![])),
            (
                json!(["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student"]),
                (vec![Pupil], vec![]),
            ),
        ];
        for (list, wanted) in table {
            assert_eq!(roles(list.clone()), wanted, "{list}");
        }
    }

    #[test]
    fn what_we_write_is_never_read_as_more() {
        for profile in Profile::ALL {
            let list: Vec<Value> = write(profile).iter().map(|role| json!(role)).collect();
            let claims = read(&list);
            let all = claims.institution.iter().chain(&claims.context);
            assert!(all.clone().all(|read| profile == *read || *read != Profile::Teacher), "{profile}");
        }
    }

    proptest! {
        #[test]
        fn strangers_roles_never_panic(list in prop::collection::vec("\\PC{0,80}", 0..10)) {
            let _ = read(&list.into_iter().map(Value::String).collect::<Vec<_>>());
        }
    }
}
