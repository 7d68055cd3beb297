//! The report of the adversary, as `docs/privacy-report.md` shows it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use super::PEOPLE;
use super::adversary::{Cell, Links, Pair};
use super::town::Town;

/// The channels beside the identifiers, how each is closed, and the test that holds it.
const CHANNELS: &[(&str, &str, &str)] = &[
    (
        "e-mail address and its domain",
        "never sent for pupils, for staff only where agreed and approved",
        "what_is_agreed_passes_and_nothing_else",
    ),
    (
        "initials, acronyms, display name",
        "made of nothing but agreed names",
        "what_is_agreed_passes_and_nothing_else",
    ),
    (
        "identifier of the course (`context.id`)",
        "a pseudonym of the sector",
        "every_identifier_is_the_sectors_own",
    ),
    (
        "identifier of the link (`resource_link.id`)",
        "a pseudonym of the sector",
        "every_identifier_is_the_sectors_own",
    ),
    (
        "school (`deployment_id`)",
        "a pseudonym of the sector; its size can be counted, so the adversary here is told the school",
        "every_identifier_is_the_sectors_own",
    ),
    (
        "`lis.*`, `ext`, claims of vendors, custom parameters of the ENT",
        "dropped: what has no name in our list is not read",
        "no_canary_leaves_its_cage",
    ),
    ("addresses of services with ids in them", "no service is passed on yet", "no_canary_leaves_its_cage"),
    ("`tool_platform.guid` and name of the ENT", "the platform is the broker", "no_canary_leaves_its_cage"),
    ("portrait", "never sent", "no_canary_leaves_its_cage"),
    ("locale", "cut to `fr` or `en`", "no_canary_leaves_its_cage"),
    ("title of course and link", "our catalogue's title, never the ENT's words", "no_canary_leaves_its_cage"),
    (
        "return address",
        "ours; the ENT's is sealed inside it, padded to a multiple of 512 bytes",
        "p1_p2_two_publishers_that_pool_what_they_have_link_nobody",
    ),
    (
        "`Referer` and `Origin`",
        "pages that lead on send our origin at most",
        "a_redirect_keeps_or_drops_the_form_by_method_and_hides_the_ent",
    ),
    (
        "number of the launch, on pages, in headers and in the receipt",
        "drawn anew for each launch, which goes to one publisher; the receipt names attributes and nobody",
        "p1_p2_two_publishers_that_pool_what_they_have_link_nobody",
    ),
    (
        "time of the launch",
        "**open**: two launches of one person in the same second can be guessed by time alone; no broker that delivers at once can hide it",
        "not yet",
    ),
    (
        "words in which a refusal is told to a publisher",
        "one sentence for all",
        "what_changes_between_the_hops_is_decided_again",
    ),
];

pub fn write(town: &Town, pairs: &[Pair], cells: &[Cell], found: &[(&str, Links)]) -> String {
    let mut text = String::from("# Unlinkability: what two publishers find out together\n\n");
    write!(
        text,
        "This page is written by a test, `tests/it/unlinkable.rs`, and a test fails when it is no longer what that one finds.\n\n\
         {PEOPLE} invented people of twenty schools open a resource of each of two publishers, which are of different sectors. Both \
         are told the profile and, by agreement, the first name. The two publishers then put together everything that they received. \
         The adversary is also told which school at the one is which at the other, so that it guesses within *cells* of people \
         of one school, profile and first name; within a cell of k people, chance is one in k. It is not told the times: two launches in \
         one second link their person whatever is sent.\n\n\
         {} people are in {} cells with others; {} are alone in theirs, known to both publishers by what the agreements release, \
         and are not counted below.\n\n\
         ## Requirements P1 and P2\n\n\
         | way to guess | right | by chance | chance and three deviations |\n|---|---|---|---|\n",
        cells.iter().map(|cell| cell.one.len()).sum::<usize>(),
        cells.len(),
        PEOPLE - cells.iter().map(|cell| cell.one.len()).sum::<usize>(),
    )
    .unwrap();
    for (name, links) in found {
        let line = links.chance + 3.0 * links.deviation;
        writeln!(text, "| {name} | {} | {:.0} | {line:.0} |", links.correct, links.chance).unwrap();
    }
    text.push_str(
        "\nNo way finds more than chance and three deviations. No value that tells people apart at one publisher occurs at the other, \
         but what an agreement released to both. That the ways can find somebody where there is something to see is shown by \
         `the_adversary_finds_whoever_can_be_found`.\n\n## Small groups\n\n",
    );
    small_groups(town, &mut text);
    let _ = pairs;
    text.push_str(
        "\n## Channels beside the identifiers\n\n| channel | how it is closed | test |\n|---|---|---|\n",
    );
    for (channel, how, test) in CHANNELS {
        let test = if *test == "not yet" { (*test).to_owned() } else { format!("`{test}`") };
        writeln!(text, "| {channel} | {how} | {test} |").unwrap();
    }
    text
}

/// The tuples of released attributes that fewer than five people of a school share.
fn small_groups(town: &Town, text: &mut String) {
    let mut tuples: BTreeMap<(usize, bool, &str), usize> = BTreeMap::new();
    for person in &town.people {
        *tuples.entry((person.school, person.teacher, person.given_name)).or_default() += 1;
    }
    let small: Vec<_> = tuples.iter().filter(|(_, people)| **people < 5).collect();
    writeln!(
        text,
        "Of {} combinations of school, profile and first name, {} are shared by fewer than five people: an agreement that releases the \
         first name makes these people known to every publisher that has one. Each of them, with the number of people:\n",
        tuples.len(),
        small.len()
    )
    .unwrap();
    for profile in [false, true] {
        let of = small.iter().filter(|((_, teacher, _), _)| *teacher == profile);
        let listed: Vec<String> =
            of.map(|((school, _, name), people)| format!("{} {name} {people}", school + 1)).collect();
        let who = if profile { "Teachers" } else { "Pupils" };
        writeln!(text, "- {who} (school, name, people): {}", listed.join("; ")).unwrap();
    }
}

/// The report that is checked in is the one that was found.
pub fn check(found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/privacy-report.md");
    if std::env::var_os("PASSERELLE_TEST_WRITE").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == found,
        "docs/privacy-report.md is not what this test finds: run it with PASSERELLE_TEST_WRITE=1"
    );
}
