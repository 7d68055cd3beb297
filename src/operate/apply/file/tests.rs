//! What `parse` takes, and every mistake that it finds.

use boundary::{GroupStatus, Pool};
use proptest::prelude::*;
use time::OffsetDateTime;
use time::macros::datetime;

use super::{MAX_BYTES, parse};
use crate::licensing::Subscription;
use crate::operate::apply::{PersonRecord, Record, RecordKind};

const NOW: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);
const DEMO: &str = include_str!("../../../demo/federation.toml");

fn records(text: &str) -> Vec<Record> {
    let read = parse("federation.toml", text, NOW).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    read.into_iter().map(|record| record.value).collect()
}

/// The mistakes of a text, one a line.
fn mistakes(text: &str) -> String {
    let found = parse("federation.toml", text, NOW).err().unwrap_or_default();
    found.iter().map(|mistake| format!("--> {mistake}\n")).collect()
}

#[test]
fn every_mistake_is_said_with_its_line() {
    let golden = include_str!("tests/mistakes.golden");
    let blocks: Vec<&str> = golden.split("\n### ").skip(1).collect();
    assert!(blocks.len() >= 40);
    for block in blocks {
        let (_, rest) = block.split_once('\n').unwrap();
        let (snippet, _) = rest.split_once("-->").unwrap();
        let wanted = rest.strip_prefix(snippet).unwrap().trim_end();
        assert_eq!(mistakes(&format!("{snippet}{DEMO}")).trim_end(), wanted, "### {block}");
    }
}

#[test]
fn single_tables_ask_for_two_brackets() {
    let wanted = "--> federation.toml:1: there can be many of these: write [[school]] with two brackets\n";
    assert_eq!(mistakes("[school]\nuai = \"0650499P\"\n"), wanted);
}

#[test]
fn the_demonstration_is_a_file_without_mistakes() {
    let read = records(DEMO);
    let count = |kind| read.iter().filter(|record| record.kind() == kind).count();
    assert_eq!((count(RecordKind::Person), count(RecordKind::Resource)), (8, 12));
    assert_eq!((count(RecordKind::Subscription), count(RecordKind::Assignment)), (11, 3));
}

#[test]
fn the_example_of_the_guide_is_a_file_without_mistakes() {
    let guide = include_str!("../../../../docs/federation.md");
    let (_, rest) = guide.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    assert!(records(example).len() > 8);
}

/// The subscription of a snippet that is put before the demonstration.
fn subscription(lines: &str) -> Subscription {
    let head =
        "[[subscription]]\nid = \"two\"\nresource = \"ark:/99999/atlas\"\naudience = [\"pupil\", \"head\"]";
    let text = format!("{head}\nnature = \"340\"\n{lines}\n{DEMO}");
    let found = records(&text).into_iter().find_map(|record| match record {
        Record::Subscription(one) if one.id.as_str() == "two" => Some(one),
        _ => None,
    });
    found.unwrap()
}

#[test]
fn days_are_days_in_paris() {
    let days = subscription("from = 2026-09-01\nuntil = 2026-12-31\nkind = \"ETABL\"");
    assert_eq!(days.from, datetime!(2026-08-31 22:00 UTC));
    assert_eq!(days.until, datetime!(2026-12-31 23:00 UTC));
    let year = subscription("from = 2026-09-01\nschool_year = \"2036-2037\"\nkind = \"ETABL\"");
    assert_eq!(year.until, datetime!(2037-08-15 22:00 UTC));
    let times = "from = 2026-09-01T08:00:00+02:00\nuntil = 2026-12-31 12:30:00.5Z\nkind = \"ETABL\"";
    let times = subscription(times);
    assert_eq!(times.from, datetime!(2026-09-01 06:00 UTC));
    assert_eq!(times.until, datetime!(2026-12-31 12:30:00.5 UTC));
}

#[test]
fn seats_have_three_forms() {
    let seats = |seats: &str| {
        let head = "from = 2026-09-01\nschool_year = \"2026-2027\"\nkind = \"INDIV\"\nseats = ";
        subscription(&format!("{head}{seats}")).seats.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(seats("\"unlimited\""), [(Pool::All, None)]);
    assert_eq!(seats("30"), [(Pool::All, Some(30))]);
    let pools = seats("{ pupil = 120, other-staff = \"unlimited\" }");
    assert_eq!(pools, [(Pool::Pupil, Some(120)), (Pool::OtherStaff, None)]);
}

fn person(affiliations: &str) -> PersonRecord {
    let head =
        "[[person]]\nent = \"ent-demo\"\nnamespace = \"ent-demo\"\nsubject = \"somebody\"\naffiliations = ";
    let found =
        records(&format!("{head}{affiliations}\n{DEMO}")).into_iter().find_map(|record| match record {
            Record::Person(person) if person.subject == "somebody" => Some(person),
            _ => None,
        });
    found.unwrap()
}

#[test]
fn two_profiles_at_a_school_share_its_groups() {
    let somebody = person(
        "[{ school = \"0750001U\", profile = \"teacher\", groups = [{ status = \"group\", code = \"6A\" }] },\n \
          { school = \"0750001U\", profile = \"guardian\", groups = [\"6A\"], level = \"6\" },\n \
          { school = \"0440001M\", profile = \"pupil\", year = \"2026-2027\" }]",
    );
    let [nantes, guardian, teacher] = somebody.schools.as_slice() else { panic!("three affiliations") };
    assert_eq!(nantes.school.as_str(), "0440001M");
    assert!(nantes.groups.is_empty());
    assert_eq!(guardian.level.as_deref(), Some("6"));
    assert_eq!(guardian.groups, teacher.groups);
    let statuses: Vec<_> = teacher.groups.iter().map(|group| group.status).collect();
    assert_eq!(statuses, [GroupStatus::Division, GroupStatus::Group]);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        drop(parse("f", &text, NOW));
    }

    #[test]
    fn no_damage_to_a_file_makes_it_panic(from in 0..DEMO.len(), length in 0..200_usize, by in "[\\[\\]{}=\"a-z0-9\n., -]{0,12}") {
        let keep = |at: usize| (at..=DEMO.len()).find(|at| DEMO.is_char_boundary(*at)).unwrap();
        let (head, rest) = DEMO.split_at(keep(from));
        let cut = (length.min(rest.len())..=rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap();
        drop(parse("f", &format!("{head}{by}{}", &rest[cut..]), NOW));
    }
}

#[test]
fn hostile_files_are_bounded() {
    let school = "[[school]]\nname = 1\n".repeat(20_000);
    let keys: String = (0..20_000).map(|n| format!("key{n} = 1\n")).collect();
    for (text, words) in [
        (format!("a = {}", "[".repeat(200_000)), "this is not TOML"),
        (format!("a = {}1", "{ a = ".repeat(100_000)), "this is not TOML"),
        (format!("{}a = 1", "a.".repeat(100_000)), "this is not TOML"),
        (format!("[[school]]\nuai = \"{}\"", "0".repeat(10_000_000)), "lacks"),
        (format!("[[{}]]", "a".repeat(10_000_000)), "unknown table"),
        (format!("[[school]]\n{keys}"), "unknown key"),
        (school, "and 39800 more"),
        ("#".repeat(MAX_BYTES + 1), "more than 64 MiB"),
    ] {
        let found = mistakes(&text);
        assert!(found.contains(words), "{words}: {:.200}", found);
        assert!(found.len() < 100_000, "{words}: {}", found.len());
    }
}

#[test]
fn mistakes_stay_on_their_line_and_speak_to_nobody() {
    let found = mistakes("[[organisation]]\nid = \"\\u001b[2J\\n\"\nname = \"Two\"\n");
    assert_eq!(found.lines().count(), 1);
    assert!(!found.contains('\u{1b}'));
}
