//! Two publishers put together all they have received about ten thousand people, and try to find out who is who (P1, P2).
//!
//! The launches go through the real rooms, store and spelling of tokens; only the ENT's sign-on is left out, because
//! what an ENT signs is not what a publisher sees, and the broker's RSA signature, which hides nothing. What the test
//! found stands in `docs/privacy-report.md`; run it with `PASSERELLE_TEST_WRITE=1` to write that file anew.

mod adversary;
mod report;
mod stream;
mod town;

use std::collections::BTreeMap;

use adversary::{MATCHERS, Pair, cells};
use town::Town;

/// How many people launch at both publishers.
const PEOPLE: usize = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn p1_p2_two_publishers_that_pool_what_they_have_link_nobody() {
    let town = Town::open(PEOPLE).await;
    let seen = [town.launch_all("one").await, town.launch_all("two").await];
    for (person, (one, two)) in seen[0].iter().zip(&seen[1]).enumerate() {
        nothing_personal_is_shared(person, one, two);
    }
    let pairs: Vec<Pair> = town
        .people
        .iter()
        .zip(seen[0].iter().zip(&seen[1]))
        .map(|(person, (one, two))| Pair { cell: person.cell(), one: one.clone(), two: two.clone() })
        .collect();
    let cells = cells(&pairs);
    let found: Vec<_> =
        MATCHERS.iter().map(|matcher| (matcher.name, matcher.links(&pairs, &cells))).collect();
    for (name, links) in &found {
        assert!(
            links.correct as f64 <= links.chance + 3.0 * links.deviation,
            "{name} links {} people; chance links {:.0}, three deviations more are {:.0}",
            links.correct,
            links.chance,
            links.chance + 3.0 * links.deviation
        );
    }
    report::check(&report::write(&town, &pairs, &cells, &found));
}

/// No value that tells people apart at one publisher occurs at the other, unless an agreement released it to both.
fn nothing_personal_is_shared(person: usize, one: &BTreeMap<String, String>, two: &BTreeMap<String, String>) {
    const SHARED: [&str; 3] = ["given_name", "launch_presentation", "roles"];
    let shared = |path: &str| SHARED.iter().any(|name| path.contains(name));
    let own = |(path, value): &(&String, &String)| value.len() >= 20 && !shared(path) && !is_constant(value);
    for (path, value) in one.iter().filter(own) {
        let there = two.iter().find(|(other, same)| !shared(other) && *same == value);
        assert!(there.is_none(), "person {person}: {path} is {there:?} at the other publisher");
    }
}

/// What is the same for everybody.
fn is_constant(value: &str) -> bool {
    value.starts_with("http") || value.starts_with("Lti")
}

/// An adversary that is told who is who finds everybody: the matchers are able to link where there is something to see.
#[test]
fn the_adversary_finds_whoever_can_be_found() {
    let same: Vec<Pair> = (0..2000)
        .map(|n: usize| {
            let value =
                format!("{:032x}", (n as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_0c9d_2e1b_7a35));
            let fields =
                BTreeMap::from([("sub".to_owned(), value.chars().cycle().take(26 + n % 7).collect())]);
            Pair { cell: format!("{}", n % 100), one: fields.clone(), two: fields }
        })
        .collect();
    let cells = cells(&same);
    for matcher in MATCHERS {
        let links = matcher.links(&same, &cells);
        let blind = matcher.name == "order of creation";
        assert!(
            blind || links.correct as f64 > links.chance + 3.0 * links.deviation,
            "{}: {links:?}",
            matcher.name
        );
    }
}
