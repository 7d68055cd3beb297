//! Sets of people as addresses and forms of the desk name them, and as its pages call them.

use boundary::{Fields, Group, GroupStatus, Uai};

use crate::operate::assignments::{SetTarget, Target};
use crate::pages::AssignWords;

/// The longest code that a form may bring.
const LONGEST: usize = 255;

/// The fields that name a set.
pub(super) fn fields(target: &Target) -> Vec<(&'static str, String)> {
    match target {
        Target::Everyone { .. } => vec![("to", "everyone".to_owned())],
        Target::Level { level, .. } => vec![("to", "level".to_owned()), ("code", level.clone())],
        Target::Group(group) => {
            vec![("to", group.status.as_str().to_owned()), ("code", group.code.clone())]
        }
        // People are chosen in lists, never by an address.
        Target::Person(_) => Vec::new(),
    }
}

/// An address with a set in it.
pub(super) fn with(address: &str, target: &Target) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields(target) {
        form.append_pair(name, &value);
    }
    format!("{address}?{}", form.finish())
}

/// The set of a school that these fields name.
pub(super) fn read(school: &Uai, fields: &Fields) -> Option<Target> {
    let one = |name: &str| fields.one(name).ok().flatten();
    let code = || one("code").filter(|code| !code.is_empty() && code.len() <= LONGEST).map(str::to_owned);
    let group = |status| {
        let (school, code) = (school.clone(), code()?);
        Some(Target::Group(Group { school, status, code, year: None }))
    };
    match one("to")? {
        "everyone" => Some(Target::Everyone { school: school.clone() }),
        "level" => Some(Target::Level { school: school.clone(), level: code()? }),
        to if to == GroupStatus::Division.as_str() => group(GroupStatus::Division),
        to if to == GroupStatus::Group.as_str() => group(GroupStatus::Group),
        _ => None,
    }
}

/// What a set is called.
pub(super) fn name(words: &AssignWords, target: &Target) -> String {
    match target {
        Target::Everyone { .. } => words.everyone.clone(),
        Target::Level { level, .. } => words.level.replace("{code}", level),
        Target::Group(group) => group_name(words, group),
        Target::Person(_) => String::new(),
    }
}

/// What a stored set is called.
pub(super) fn set_name(words: &AssignWords, set: &SetTarget) -> String {
    match set {
        SetTarget::Everyone | SetTarget::EveryoneAt(_) => words.everyone.clone(),
        SetTarget::Level(level) | SetTarget::LevelAt { level, .. } => words.level.replace("{code}", level),
        SetTarget::Group(group) => group_name(words, group),
    }
}

/// A stored set as a target, where it is one of this school.
pub(super) fn target_of(school: &Uai, set: &SetTarget) -> Option<Target> {
    if set.school() != Some(school) {
        return None;
    }
    match set {
        SetTarget::Everyone | SetTarget::Level(_) => None,
        SetTarget::EveryoneAt(school) => Some(Target::Everyone { school: school.clone() }),
        SetTarget::LevelAt { school, level } => {
            Some(Target::Level { school: school.clone(), level: level.clone() })
        }
        SetTarget::Group(group) => Some(Target::Group(group.clone())),
    }
}

fn group_name(words: &AssignWords, group: &Group) -> String {
    let words = if group.status == GroupStatus::Division { &words.class } else { &words.group };
    words.replace("{code}", &group.code)
}
