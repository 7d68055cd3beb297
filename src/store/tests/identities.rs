//! [`IdentityStore`]: people who are joined, and who are parted again.

use std::sync::Arc;

use boundary::{PersonId, Pool, Pseudonym, Root, SeatOffer};
use time::Duration;

use super::examples::{
    NOW, fill, lycee, newcomer, pupil, root, seat as seat_of, sector, subscribed, subscription,
};
use super::{Place, count, on_both, rows};
use crate::boot::SystemChance;
use crate::directory::{DirectoryStore, Known, Newcomer};
use crate::journal::Actor;
use crate::launch::{Committed, Gate, Item, LaunchStore, Write};
use crate::licensing::LicenceStore;
use crate::operate::identities::{Act, Identity, IdentityStore, Leaving, Merged, Parted, Refused};
use crate::operate::subject::SubjectStore;
use crate::pseudonyms::{NameRow, PseudonymStore};
use crate::store::Store;

/// A second ENT.
const MORE: &str = "\n[[ent]]\nid = \"other\"\nname = \"Other\"\n";
const LEA: &str = "ent/ent/lea";
const ALSO: &str = "other/portal/lea";
const THIRD: &str = "other/portal/lea-2";

fn identity(text: &str) -> Identity {
    text.parse().unwrap()
}

async fn ready(place: &Place, more: &str) -> Store {
    let store = place.store().await;
    fill(&store, &format!("{MORE}{more}")).await;
    store
}

/// Somebody who comes for the first time, so many days after the first.
async fn comes(store: &Store, name: &str, days: i64) {
    let Identity { ent, namespace, subject } = identity(name);
    let at = NOW + Duration::days(days);
    let newcomer = Newcomer { ent, namespace, at, ..newcomer(&subject) };
    store.provision(newcomer).await.unwrap();
}

async fn known(store: &Store, name: &str) -> Arc<Known> {
    let Identity { ent, namespace, subject } = identity(name);
    store.known(&ent, &namespace, &subject).await.unwrap().unwrap()
}

/// Somebody launches and is given a value for the first time, on a day.
async fn names(store: &Store, person: PersonId, value: &str, days: i64) -> Committed {
    let row = NameRow {
        sector: sector(),
        value: Pseudonym::stored(value).unwrap(),
        scope: "portable".to_owned(),
        kind: "person",
        subject: person.uuid().to_string(),
        at: NOW + Duration::days(days),
        epoch: 1,
        replaces: None,
    };
    let key = format!("{} {days}", person.uuid());
    let gate = Gate::FirstUse(boundary::FirstUse { key, until: NOW + Duration::DAY });
    store.commit(Item { gate, writes: vec![Write::Name(row)], at: NOW }).await.unwrap()
}

async fn released(store: &Store, name: &str, value: &str, days: i64) {
    let person = known(store, name).await.person;
    assert_eq!(names(store, person, value, days).await, Committed::Done);
}

/// What the atlas calls somebody.
async fn called(store: &Store, name: &str) -> Option<String> {
    let person = known(store, name).await.person;
    let known = PseudonymStore::person(store, &sector(), "portable", person).await.unwrap().unwrap();
    known.name.map(|name| name.value.as_str().to_owned())
}

async fn join(store: &Store, pairs: &[(&str, &str)], dry_run: bool) -> Vec<Result<Merged, Refused>> {
    let pairs: Vec<_> = pairs.iter().map(|(one, other)| (identity(one), identity(other))).collect();
    store.join(&pairs, Act { actor: &Actor::command(), at: NOW, dry_run }).await.unwrap()
}

async fn merge(store: &Store, one: &str, other: &str) -> Result<Merged, Refused> {
    join(store, &[(one, other)], false).await.remove(0)
}

async fn part(store: &Store, names: &[&str], fresh: bool) -> Result<Parted, Refused> {
    let identities: Vec<Identity> = names.iter().map(|name| identity(name)).collect();
    let (person, root) = (PersonId::draw(NOW, &SystemChance), Root::draw(&SystemChance));
    let leaving = Leaving { identities: &identities, fresh, person, root };
    store.part(&leaving, Act { actor: &Actor::command(), at: NOW, dry_run: false }).await.unwrap()
}

#[tokio::test]
async fn p4_who_is_joined_is_one_person_whom_the_publisher_calls_as_it_did_first() {
    on_both("identities_merge", async |place| {
        let store = ready(place, "").await;
        comes(&store, LEA, 0).await;
        comes(&store, ALSO, 1).await;
        released(&store, ALSO, "first", 1).await;
        released(&store, LEA, "second", 2).await;
        let merged = merge(&store, ALSO, LEA).await.unwrap();
        assert_eq!((merged.identities, merged.settled), (2, vec![sector()]));
        assert!(known(&store, LEA).await.person == known(&store, ALSO).await.person, "one person");
        for name in [LEA, ALSO] {
            assert_eq!(called(&store, name).await.as_deref(), Some("first"));
        }
        let whose = "SELECT COUNT(DISTINCT subject) FROM pseudonym WHERE kind = 'person'";
        assert_eq!(count(&store, whose).await, 1, "both are understood when they come back");
        assert_eq!(count(&store, "SELECT COUNT(*) FROM person").await, 1);
        let kept = store.kept(known(&store, LEA).await.person).await.unwrap();
        assert_eq!((kept.roots.len(), kept.names.len()), (2, 2), "what was sent of either is found");
        assert_eq!(merge(&store, LEA, ALSO).await, Err(Refused::One));
        assert_eq!(merge(&store, LEA, "ent/ent/noe").await, Err(Refused::Unknown("second")));
    })
    .await;
}

/// A launch that was under way when its person became somebody else writes nothing of theirs.
#[tokio::test]
async fn p16_nothing_is_given_to_whoever_is_somebody_else_by_now() {
    on_both("identities_stale", async |place| {
        let store = ready(place, &subscription("s", "5")).await;
        comes(&store, LEA, 0).await;
        comes(&store, ALSO, 1).await;
        let before = known(&store, ALSO).await.person;
        merge(&store, LEA, ALSO).await.unwrap();
        assert_eq!(names(&store, before, "late", 1).await, Committed::Renamed);
        let offer = SeatOffer { subscription: subscribed("s"), pool: Pool::All };
        assert!(store.take_seat(&offer, before, &lycee(), NOW).await.is_err());
        assert_eq!(count(&store, "SELECT COUNT(*) FROM pseudonym").await, 0);
        assert_eq!(count(&store, "SELECT COUNT(*) FROM seat").await, 0);
        assert_eq!(count(&store, "SELECT used FROM pool").await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_undone_joining_gives_each_their_names_and_root() {
    on_both("identities_undone", async |place| {
        let store = ready(place, "").await;
        comes(&store, LEA, 0).await;
        comes(&store, ALSO, 1).await;
        released(&store, LEA, "hers", 2).await;
        released(&store, ALSO, "theirs", 1).await;
        let roots = async || {
            let (one, other) = (known(&store, LEA).await.person, known(&store, ALSO).await.person);
            [root(&store, one).await, root(&store, other).await]
        };
        let before = (known(&store, LEA).await, roots().await);
        merge(&store, LEA, ALSO).await.unwrap();
        assert_eq!(called(&store, LEA).await.as_deref(), Some("theirs"), "which was known first");
        let parted = part(&store, &[LEA], false).await.unwrap();
        assert_eq!((parted.identities, parted.sectors, parted.shared), (1, vec![sector()], false));
        assert_eq!(called(&store, LEA).await.as_deref(), Some("hers"));
        assert_eq!(called(&store, ALSO).await.as_deref(), Some("theirs"));
        assert!(known(&store, LEA).await == before.0, "each is at their own schools again");
        assert!(roots().await == before.1);
        let traces = "SELECT (SELECT COUNT(*) FROM pseudonym WHERE root IS NOT NULL OR origin IS NOT NULL) \
                      + (SELECT COUNT(*) FROM identity WHERE origin IS NOT NULL)";
        assert_eq!(count(&store, traces).await, 0, "as if it had never been");
    })
    .await;
}

/// Léa and her two other accounts: who was joined in steps leaves in steps.
#[tokio::test]
async fn who_was_joined_in_steps_leaves_as_they_came() {
    on_both("identities_steps", async |place| {
        let store = ready(place, "").await;
        for (days, name) in (0..).zip([LEA, ALSO, THIRD]) {
            comes(&store, name, days).await;
            released(&store, name, &format!("value-{days}"), 10 - days).await;
        }
        merge(&store, ALSO, THIRD).await.unwrap();
        merge(&store, LEA, ALSO).await.unwrap();
        assert_eq!(called(&store, LEA).await.as_deref(), Some("value-2"), "what was known first");
        assert_eq!(part(&store, &[LEA, ALSO, THIRD], false).await, Err(Refused::NobodyStays));
        assert_eq!(part(&store, &[ALSO, THIRD], false).await, Err(Refused::CameTogether));
        part(&store, &[THIRD], false).await.unwrap();
        assert_eq!(called(&store, THIRD).await.as_deref(), Some("value-2"));
        assert_eq!(called(&store, LEA).await.as_deref(), Some("value-1"), "of hers and ALSO's, the first");
        part(&store, &[ALSO], false).await.unwrap();
        for (name, value) in [(LEA, "value-0"), (ALSO, "value-1"), (THIRD, "value-2")] {
            assert_eq!(called(&store, name).await.as_deref(), Some(value), "{name}");
        }
        assert_eq!(part(&store, &[LEA, ALSO], true).await, Err(Refused::NotOne));
    })
    .await;
}

#[tokio::test]
async fn somebody_new_has_nothing_of_whom_they_left() {
    on_both("identities_fresh", async |place| {
        let store = ready(place, "").await;
        comes(&store, LEA, 0).await;
        comes(&store, ALSO, 1).await;
        released(&store, ALSO, "theirs", 1).await;
        merge(&store, LEA, ALSO).await.unwrap();
        assert_eq!(part(&store, &[ALSO], true).await.unwrap().sectors, []);
        assert_eq!(called(&store, LEA).await.as_deref(), Some("theirs"), "who stays keeps what was said");
        assert_eq!(called(&store, ALSO).await, None);
        assert_eq!(known(&store, ALSO).await.affiliations.len(), 1, "their ENT's word goes with them");
        assert_eq!(part(&store, &[ALSO], true).await, Err(Refused::NobodyStays));
    })
    .await;
}

#[tokio::test]
async fn one_person_holds_one_seat() {
    on_both("identities_seats", async |place| {
        let lines = format!(
            "{}{}{}{}",
            pupil("lea"),
            subscription("s", "3"),
            subscription("t", "3"),
            seat_of("s", "lea")
        );
        let store = ready(place, &lines).await;
        comes(&store, ALSO, 1).await;
        let also = known(&store, ALSO).await.person;
        for id in ["s", "t"] {
            let offer = SeatOffer { subscription: subscribed(id), pool: Pool::All };
            assert!(store.take_seat(&offer, also, &lycee(), NOW).await.unwrap());
        }
        let used = async || rows::<(i64,)>(&store, "SELECT used FROM pool ORDER BY subscription").await;
        assert_eq!(used().await, [(2,), (1,)]);
        assert_eq!(merge(&store, LEA, ALSO).await.unwrap().seats_back, [subscribed("s")]);
        assert_eq!(used().await, [(1,), (1,)]);
        let person = known(&store, ALSO).await.person;
        assert!(store.seat(&subscribed("s"), person).await.unwrap().unwrap().by_name);
        assert!(!store.seat(&subscribed("t"), person).await.unwrap().unwrap().by_name);
    })
    .await;
}

#[tokio::test]
async fn all_pairs_or_none_and_a_dry_run_changes_nothing() {
    on_both("identities_dry", async |place| {
        let store = ready(place, &format!("{}{}", pupil("lea"), pupil("noe"))).await;
        comes(&store, ALSO, 1).await;
        comes(&store, THIRD, 1).await;
        let people = "SELECT COUNT(*) FROM person";
        assert!(join(&store, &[(LEA, ALSO), (ALSO, THIRD)], true).await.iter().all(Result::is_ok));
        assert_eq!(count(&store, people).await, 4);
        let mixed = join(&store, &[(LEA, ALSO), (LEA, "ent/ent/noe"), (ALSO, LEA)], false).await;
        assert!(mixed[0].is_ok());
        assert_eq!(mixed[1], Err(Refused::BothOfFile("ent".to_owned())));
        assert_eq!(mixed[2], Err(Refused::One), "each line meets what the lines before it did");
        assert_eq!(count(&store, people).await, 4);
        assert!(join(&store, &[(LEA, ALSO), (ALSO, THIRD)], false).await.iter().all(Result::is_ok));
        assert_eq!(count(&store, people).await, 2);
    })
    .await;
}

/// Launches of both go on while they are joined and parted, over and over: nothing is lost, and no value strays.
#[tokio::test(flavor = "multi_thread")]
async fn launches_go_on_while_people_are_joined_and_parted() {
    on_both("identities_raced", async |place| {
        let text = subscription("s", "50");
        let (store, other) = (ready(place, &text).await, place.store().await);
        comes(&store, LEA, 0).await;
        comes(&store, ALSO, 1).await;
        let offer = SeatOffer { subscription: subscribed("s"), pool: Pool::All };
        let launches = async {
            for n in 0..40 {
                let person = known(&other, ALSO).await.person;
                let value = format!("v{}", person.uuid());
                // Refused where the person is somebody else by now; what counts is what is left.
                names(&other, person, &value, 100 + n).await;
                other.take_seat(&offer, person, &lycee(), NOW).await.ok();
            }
        };
        let care = async {
            for _ in 0..8 {
                merge(&store, LEA, ALSO).await.unwrap();
                part(&store, &[ALSO], false).await.unwrap();
            }
        };
        tokio::join!(launches, care);
        let stray = "SELECT COUNT(*) FROM seat WHERE person NOT IN (SELECT id FROM person)";
        assert_eq!(count(&store, stray).await, 0);
        let seats = count(&store, "SELECT COUNT(*) FROM seat").await;
        assert_eq!(count(&store, "SELECT used FROM pool").await, seats, "seats are counted as they are held");
        let people = "SELECT CAST(COUNT(*) AS BIGINT) FROM pseudonym WHERE kind = 'person'";
        let values = count(&store, people).await;
        let [lea, also] = [known(&store, LEA).await.person, known(&store, ALSO).await.person];
        let mut theirs = 0;
        for person in [lea, also] {
            theirs += store.kept(person).await.unwrap().names.len();
        }
        assert_eq!(i64::try_from(theirs).unwrap(), values, "no value is nobody's");
    })
    .await;
}
