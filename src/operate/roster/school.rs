//! One school of an archive: its records put together, person by person. What names something that is not there is
//! rejected by itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use boundary::{Attribute, Attributes, GroupStatus, Profile};

use super::entry::{At, Entry, Name, Person};
use crate::directory::GroupListed;

/// How many people may assign resources at a school.
const MANAGERS: usize = 50;
/// How many digits of a MEFSTAT11 are its MEFSTAT4.
const STAT4: usize = 4;

/// What an archive says of somebody at a school.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// `GARPersonIdentifiant`
    pub subject: String,
    /// What they are there; nothing for somebody who only manages.
    pub profile: Option<Profile>,
    /// A pupil's level.
    pub level: Option<String>,
    /// Their classes and groups, in order.
    pub groups: Vec<(GroupStatus, String)>,
    /// Whether they assign resources there.
    pub manages: bool,
    /// What may be released of them, and what they are shown by.
    pub attributes: Attributes,
}

/// Why a record is left out that is right by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loose {
    /// It names a person who is not there.
    UnknownPerson,
    /// It names a group that is not there.
    UnknownGroup,
    /// Somebody else of the school has the same identifier.
    TakenIdentifier,
    /// The school has enough people who manage.
    TooManyManagers,
}

impl Loose {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownPerson => "unknown_person",
            Self::UnknownGroup => "unknown_group",
            Self::TakenIdentifier => "taken_identifier",
            Self::TooManyManagers => "too_many_managers",
        }
    }

    /// The reason, for the ENT's team.
    pub const fn words(self) -> &'static str {
        match self {
            Self::UnknownPerson => {
                "no pupil or member of staff of this school has this identifier: send the person too, or leave the \
                 record out"
            }
            Self::UnknownGroup => {
                "no class or group of this school has this code: send the group too, or leave the record out"
            }
            Self::TakenIdentifier => {
                "a pupil and a member of staff of this school have the same identifier: it names one person only"
            }
            Self::TooManyManagers => "a school has 50 responsables d'affectation at most: this one is beyond",
        }
    }
}

/// A record that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LooseEnd {
    pub at: At,
    pub element: &'static str,
    pub why: Loose,
    pub person: String,
}

/// A school put together.
#[derive(Default)]
pub(super) struct Gathered {
    /// Everybody, in the order of their identifiers.
    pub people: Vec<Listed>,
    /// Its classes and groups.
    pub groups: Vec<GroupListed>,
    pub loose: Vec<LooseEnd>,
}

struct GroupOf<'a> {
    status: GroupStatus,
    label: &'a str,
    divisions: Vec<&'a str>,
    members: u64,
}

struct Draft<'a> {
    profile: Option<Profile>,
    name: Name<'a>,
    mail: &'a str,
    posts: Vec<&'a str>,
    levels: BTreeSet<&'a str>,
    groups: BTreeSet<(GroupStatus, &'a str)>,
    subjects: BTreeSet<&'a str>,
    manages: bool,
}

#[derive(Default)]
struct Gathering<'a> {
    people: HashMap<&'a str, Draft<'a>>,
    groups: HashMap<&'a str, GroupOf<'a>>,
    /// MEFSTAT11 by MEF.
    mefs: HashMap<&'a str, &'a str>,
    managers: usize,
    loose: Vec<LooseEnd>,
}

/// Puts the records of a school together, whatever their order was.
pub(super) fn gather(entries: &[(At, Entry<'_>)]) -> Gathered {
    let mut gathering = Gathering::default();
    for (at, entry) in entries {
        match entry {
            Entry::Person(person) => gathering.person(*at, person),
            Entry::Group { code, label, status, divisions } => {
                let group = GroupOf { status: *status, label, divisions: divisions.clone(), members: 0 };
                gathering.groups.entry(code).or_insert(group);
            }
            Entry::Mef { code, stat11 } => drop(gathering.mefs.insert(code, stat11)),
            _ => {}
        }
    }
    for (at, entry) in entries {
        match entry {
            Entry::Responsible { id, name, mail } => gathering.manager(*at, id, *name, mail),
            Entry::Level { person, code } => gathering.level(*at, person, code),
            Entry::Member { person, group } => gathering.member(*at, person, group),
            Entry::Taught { person, group, status, subjects } => {
                gathering.taught(*at, person, (group, *status), subjects);
            }
            _ => {}
        }
    }
    gathering.finish()
}

impl<'a> Gathering<'a> {
    fn person(&mut self, at: At, person: &Person<'a>) {
        let draft = Draft {
            profile: Some(person.profile),
            name: person.name,
            mail: person.mail,
            posts: person.posts.clone(),
            levels: BTreeSet::new(),
            groups: BTreeSet::new(),
            subjects: BTreeSet::new(),
            manages: false,
        };
        if self.people.contains_key(person.id) {
            let pupil = person.profile == Profile::Pupil;
            let element = if pupil { "GAREleve" } else { "GAREnseignant" };
            self.leave_out(at, element, Loose::TakenIdentifier, person.id);
        } else {
            self.people.insert(person.id, draft);
        }
    }

    fn manager(&mut self, at: At, id: &'a str, name: Name<'a>, mail: &'a str) {
        if self.managers >= MANAGERS {
            return self.leave_out(at, "GARRespAff", Loose::TooManyManagers, id);
        }
        self.managers += 1;
        let draft = self.people.entry(id).or_insert_with(|| Draft {
            profile: None,
            name,
            mail: "",
            posts: Vec::new(),
            levels: BTreeSet::new(),
            groups: BTreeSet::new(),
            subjects: BTreeSet::new(),
            manages: false,
        });
        draft.manages = true;
        if draft.mail.is_empty() && draft.profile != Some(Profile::Pupil) {
            draft.mail = mail;
        }
    }

    fn level(&mut self, at: At, person: &'a str, code: &'a str) {
        match self.people.get_mut(person).filter(|draft| draft.profile.is_some()) {
            Some(draft) => drop(draft.levels.insert(code)),
            None => {
                let element = if code.len() == STAT4 { "GARPersonMEFSTAT4" } else { "GARPersonMEF" };
                self.leave_out(at, element, Loose::UnknownPerson, person);
            }
        }
    }

    fn member(&mut self, at: At, person: &'a str, code: &'a str) {
        let Some(group) = self.groups.get_mut(code) else {
            return self.leave_out(at, "GARPersonGroupe", Loose::UnknownGroup, person);
        };
        match self.people.get_mut(person).filter(|draft| draft.profile.is_some()) {
            Some(draft) => group.members += u64::from(draft.groups.insert((group.status, code))),
            None => self.leave_out(at, "GARPersonGroupe", Loose::UnknownPerson, person),
        }
    }

    /// Whoever teaches a class is in it: what is assigned to the class is assigned to them.
    fn taught(
        &mut self,
        at: At,
        person: &'a str,
        (code, status): (&'a str, GroupStatus),
        subjects: &[&'a str],
    ) {
        let element = match status {
            GroupStatus::Division => "GAREnsClasseMatiere",
            GroupStatus::Group => "GAREnsGroupeMatiere",
        };
        let Some(group) = self.groups.get_mut(code).filter(|group| group.status == status) else {
            return self.leave_out(at, element, Loose::UnknownGroup, person);
        };
        match self.people.get_mut(person).filter(|draft| draft.profile.is_some()) {
            Some(draft) => {
                group.members += u64::from(draft.groups.insert((status, code)));
                draft.subjects.extend(subjects);
            }
            None => self.leave_out(at, element, Loose::UnknownPerson, person),
        }
    }

    fn leave_out(&mut self, at: At, element: &'static str, why: Loose, person: &str) {
        self.loose.push(LooseEnd { at, element, why, person: person.to_owned() });
    }

    fn finish(self) -> Gathered {
        let listed = self.people.iter().map(|(subject, draft)| Listed {
            subject: (*subject).to_owned(),
            profile: draft.profile,
            level: draft.level(),
            groups: draft.groups.iter().map(|(status, code)| (*status, (*code).to_owned())).collect(),
            manages: draft.manages,
            attributes: self.attributes(draft),
        });
        let mut people: Vec<_> = listed.collect();
        people.sort_unstable_by(|a, b| a.subject.cmp(&b.subject));
        let group = |(code, group): (&&str, &GroupOf<'_>)| GroupListed {
            status: group.status,
            code: (*code).to_owned(),
            label: group.label.to_owned(),
            members: group.members,
        };
        let mut groups: Vec<_> = self.groups.iter().map(group).collect();
        groups.sort_unstable_by(|a, b| (a.status, &a.code).cmp(&(b.status, &b.code)));
        let mut loose = self.loose;
        loose.sort_by_key(|end| end.at);
        Gathered { people, groups, loose }
    }

    fn attributes(&self, draft: &Draft<'_>) -> Attributes {
        let mut values: BTreeMap<Attribute, Vec<String>> = BTreeMap::new();
        let mut put = |attribute, value: &str| {
            if !value.is_empty() {
                values.entry(attribute).or_default().push(value.to_owned());
            }
        };
        put(Attribute::Nom, draft.name.family);
        put(Attribute::Pre, draft.name.first);
        put(Attribute::Civ, draft.name.civility);
        if draft.profile != Some(Profile::Pupil) {
            put(Attribute::PMel, draft.mail);
        }
        for (status, code) in &draft.groups {
            match status {
                GroupStatus::Division => put(Attribute::Div, &self.division(code)),
                GroupStatus::Group => put(Attribute::Gro, &self.group(code)),
            }
        }
        if draft.profile == Some(Profile::Pupil) {
            for code in &draft.levels {
                put(Attribute::EMef, code);
                put(Attribute::EMs1, self.mefs.get(code).copied().unwrap_or_default());
            }
        } else {
            let taught = if draft.subjects.is_empty() { draft.posts.iter() } else { [].iter() };
            let taught: BTreeSet<&str> = draft.subjects.iter().chain(taught).copied().collect();
            taught.into_iter().for_each(|code| put(Attribute::PMat, code));
            let levels: BTreeSet<&str> = draft.levels.iter().map(|code| self.stat4(code)).collect();
            levels.into_iter().for_each(|code| put(Attribute::PMs4, code));
        }
        let mut attributes = Attributes::default();
        for (attribute, values) in values {
            attributes.set(attribute, values);
        }
        attributes
    }

    /// `code##label`
    fn division(&self, code: &str) -> String {
        let label = self.groups.get(code).map(|group| group.label).filter(|label| !label.is_empty());
        format!("{code}##{}", label.unwrap_or(code))
    }

    /// `code##label`, and the division where its members are of one.
    fn group(&self, code: &str) -> String {
        let divisions = self.groups.get(code).map(|group| group.divisions.as_slice()).unwrap_or_default();
        match divisions {
            [only] => format!("{}##{only}", self.division(code)),
            _ => self.division(code),
        }
    }

    /// MEFSTAT4 of a level: the code itself in the first degree, the beginning of the MEFSTAT11 in the second.
    fn stat4<'s>(&'s self, code: &'s str) -> &'s str {
        match self.mefs.get(code) {
            Some(stat11) => stat11.get(..STAT4).unwrap_or_default(),
            None if code.len() == STAT4 => code,
            None => "",
        }
    }
}

impl Draft<'_> {
    fn level(&self) -> Option<String> {
        let pupil = self.profile == Some(Profile::Pupil);
        self.levels.first().filter(|_| pupil).map(|code| (*code).to_owned())
    }
}

#[cfg(test)]
mod tests;
