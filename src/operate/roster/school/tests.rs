//! What a school's records come to, and which of them come to nothing.

use super::*;

const NAME: Name<'_> = Name { family: "Tournesol", first: "Léa", civility: "Mme" };

fn person<'a>(id: &'a str, profile: Profile) -> Entry<'a> {
    Entry::Person(Person { id, profile, name: NAME, posts: vec!["L0202"], mail: "" })
}

fn of(entries: Vec<Entry<'_>>) -> Gathered {
    let placed =
        entries.into_iter().enumerate().map(|(n, entry)| (At { file: 0, line: n as u64 + 1 }, entry));
    gather(&placed.collect::<Vec<_>>())
}

fn world<'a>() -> Vec<Entry<'a>> {
    let group = |code, status, divisions| Entry::Group { code, label: "Libellé", status, divisions };
    vec![
        // References may come before what they name.
        Entry::Member { person: "p", group: "6A" },
        Entry::Member { person: "p", group: "G" },
        Entry::Level { person: "p", code: "10010012110" },
        person("p", Profile::Pupil),
        person("t", Profile::Teacher),
        group("6A", GroupStatus::Division, vec![]),
        group("G", GroupStatus::Group, vec!["6A"]),
        Entry::Mef { code: "10010012110", stat11: "21110010011" },
        Entry::Level { person: "t", code: "10010012110" },
    ]
}

fn values(listed: &Listed) -> Vec<(&'static str, Vec<String>)> {
    listed.attributes.iter().map(|(name, values)| (name.as_str(), values.to_vec())).collect()
}

#[test]
fn a_pupil_has_their_class_their_groups_and_their_level() {
    let gathered = of(world());
    let pupil = &gathered.people[0];
    assert_eq!((pupil.profile, pupil.level.as_deref()), (Some(Profile::Pupil), Some("10010012110")));
    assert_eq!(
        pupil.groups,
        [(GroupStatus::Division, "6A".to_owned()), (GroupStatus::Group, "G".to_owned())]
    );
    let wanted = [
        ("NOM", "Tournesol"),
        ("PRE", "Léa"),
        ("CIV", "Mme"),
        ("DIV", "6A##Libellé"),
        ("GRO", "G##Libellé##6A"),
        ("E_MEF", "10010012110"),
        ("E_MS1", "21110010011"),
    ];
    assert_eq!(values(pupil), wanted.map(|(name, value)| (name, vec![value.to_owned()])));
    assert_eq!(gathered.groups.iter().map(|group| group.members).collect::<Vec<_>>(), [1, 1]);
    assert!(gathered.loose.is_empty());
}

#[test]
fn who_teaches_a_class_is_in_it_and_what_they_teach_comes_before_their_post() {
    let mut entries = world();
    entries.push(Entry::Taught {
        person: "t",
        group: "6A",
        status: GroupStatus::Division,
        subjects: vec!["020700", "020100"],
    });
    let gathered = of(entries);
    let teacher = &gathered.people[1];
    assert_eq!(teacher.groups, [(GroupStatus::Division, "6A".to_owned())]);
    assert_eq!(teacher.level, None, "only pupils have a level");
    assert_eq!(teacher.attributes.get(Attribute::PMat), ["020100", "020700"]);
    assert_eq!(teacher.attributes.get(Attribute::PMs4), ["2111"]);
    assert!(teacher.attributes.get(Attribute::EMef).is_empty());
    let without = of(world());
    assert_eq!(without.people[1].attributes.get(Attribute::PMat), ["L0202"]);
}

#[test]
fn what_names_nobody_or_nothing_is_left_out_by_itself() {
    let mut entries = world();
    let first = entries.len() as u64 + 1;
    entries.extend([
        Entry::Member { person: "nobody", group: "6A" },
        Entry::Member { person: "p", group: "6Z" },
        Entry::Level { person: "nobody", code: "10010012110" },
        Entry::Taught { person: "t", group: "G", status: GroupStatus::Division, subjects: vec![] },
        person("p", Profile::Teacher),
    ]);
    let gathered = of(entries);
    let loose: Vec<_> =
        gathered.loose.iter().map(|end| (end.at.line - first, end.element, end.why)).collect();
    assert_eq!(
        loose,
        [
            (0, "GARPersonGroupe", Loose::UnknownPerson),
            (1, "GARPersonGroupe", Loose::UnknownGroup),
            (2, "GARPersonMEF", Loose::UnknownPerson),
            (3, "GAREnsClasseMatiere", Loose::UnknownGroup),
            (4, "GAREnseignant", Loose::TakenIdentifier),
        ]
    );
    assert_eq!(gathered.people.len(), 2);
    assert_eq!(gathered.people[0].groups.len(), 2, "the rest is taken");
}

#[test]
fn fifty_people_manage_at_most_and_managing_makes_nobody_a_teacher() {
    let ids: Vec<String> = (0..52).map(|n| format!("m{n:02}")).collect();
    let mut entries = world();
    entries.push(Entry::Responsible { id: "t", name: NAME, mail: "t@ent.example" });
    entries.extend(ids.iter().map(|id| Entry::Responsible { id, name: NAME, mail: "m@ent.example" }));
    let gathered = of(entries);
    let managers: Vec<_> = gathered.people.iter().filter(|listed| listed.manages).collect();
    assert_eq!(managers.len(), 50);
    assert_eq!(
        gathered.loose.iter().map(|end| (&*end.person, end.why)).collect::<Vec<_>>(),
        [("m49", Loose::TooManyManagers), ("m50", Loose::TooManyManagers), ("m51", Loose::TooManyManagers),]
    );
    let teacher = managers.iter().find(|listed| listed.subject == "t").unwrap();
    assert_eq!(teacher.profile, Some(Profile::Teacher));
    assert_eq!(teacher.attributes.first(Attribute::PMel), Some("t@ent.example"));
    assert!(managers.iter().all(|listed| listed.subject == "t" || listed.profile.is_none()));
}
