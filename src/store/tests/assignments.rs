//! [`AssignmentStore`] under `operate::assignments`: all or nothing, no seat sold twice, and every school keeps to itself.

use boundary::{Clock, Group, GroupStatus, Pool, Profile, SeatOffer, SubscriptionId};
use time::OffsetDateTime;

use super::examples::{
    NOW, atlas, beside_world, college, ent, fill, lycee, person, pupil, putting, seat, subscribed,
    subscription, withdrawing, write,
};
use super::recovery::recovery;
use super::{count, on_both, rows};
use crate::boot::SystemChance;
use crate::directory::DirectoryStore;
use crate::journal::Actor;
use crate::licensing::{LicenceStore, SetTarget};
use crate::operate::apply::{Record, RecordKind};
use crate::operate::assignments::{
    AssignError, Assigned, Bounds, Identity, Means, Page, Recovery, Request, Shortage, Target, Through,
    Transfer, Unassigned, Who, Why, assign, assignable, holders, preview, recover, seats, sets, transfer,
    unassign,
};
use crate::store::Store;

/// A clock that stands.
pub struct At(pub OffsetDateTime);

impl Clock for At {
    fn now(&self) -> OffsetDateTime {
        self.0
    }
}

pub const STANDING: At = At(NOW);

pub fn means(store: &Store) -> Means<'_> {
    Means { store, clock: &STANDING, chance: &SystemChance }
}

pub fn who(subject: &str) -> Identity {
    Identity { ent: ent(), namespace: "ent".to_owned(), subject: subject.to_owned() }
}

pub fn school() -> Bounds {
    Bounds::School(lycee())
}

pub fn asking(targets: Vec<Target>) -> Request {
    Request { subscription: subscribed("s"), bounds: school(), targets }
}

pub fn named(subjects: &[&str]) -> Vec<Target> {
    subjects.iter().map(|subject| Target::Person(who(subject))).collect()
}

fn class(code: &str) -> Target {
    Target::Group(Group { school: lycee(), status: GroupStatus::Division, code: code.to_owned(), year: None })
}

/// Somebody anywhere, as anything.
pub fn somebody(subject: &str, affiliations: &str) -> String {
    format!(
        "\n[[person]]\nent = \"ent\"\nnamespace = \"ent\"\nsubject = \"{subject}\"\naffiliations = [{affiliations}]\n"
    )
}

/// Of each subscription and pool: how many are used, and how many are held or reserved.
const LEDGER: &str = "SELECT p.subscription, p.pool, p.used, \
     (SELECT COUNT(*) FROM seat s WHERE s.subscription = p.subscription AND s.pool = p.pool) \
     + CAST((SELECT COALESCE(SUM(r.seats), 0) FROM reservation r JOIN seating g ON g.id = r.seating \
             WHERE g.subscription = p.subscription AND r.pool = p.pool) AS BIGINT) FROM pool p";

/// What is counted as used is what is held, or reserved.
pub async fn balanced(store: &Store) {
    let ledger: Vec<(String, String, i64, i64)> = rows(store, LEDGER).await;
    for (subscription, pool, used, held) in ledger {
        assert_eq!(used, held, "{subscription} {pool}");
    }
}

pub async fn used(store: &Store) -> i64 {
    count(store, "SELECT used FROM pool WHERE subscription = 's'").await
}

pub async fn held(store: &Store) -> i64 {
    count(store, "SELECT COUNT(*) FROM seat WHERE subscription = 's'").await
}

pub async fn launch(store: &Store, subject: &str) -> bool {
    let offer = SeatOffer { subscription: subscribed("s"), pool: Pool::All };
    store.take_seat(&offer, person(store, subject).await, &lycee(), NOW).await.unwrap()
}

/// Whether somebody has a seat, and whether by name.
pub async fn seat_of(store: &Store, subject: &str) -> Option<bool> {
    let seat = store.seat(&subscribed("s"), person(store, subject).await).await.unwrap();
    seat.map(|seat| seat.by_name)
}

pub fn pupils(names: &[&str]) -> String {
    names.iter().map(|name| pupil(name)).collect()
}

/// Léa, Noé and Zoé of the lycée, and a subscription.
pub async fn small(store: &Store, seats: &str) {
    fill(store, &format!("{}{}", subscription("s", seats), pupils(&["lea", "noe", "zoe"]))).await;
}

/// A seat by name.
pub const BY_NAME: Option<bool> = Some(true);
/// A seat through a set.
pub const BY_SET: Option<bool> = Some(false);

#[tokio::test]
async fn people_get_seats_by_name_and_are_told_apart() {
    on_both("assign_names", async |place| {
        let store = place.store().await;
        small(&store, "3").await;
        assert!(launch(&store, "noe").await);
        let by = Actor::account("a1");
        let done = assign(&means(&store), &by, &asking(named(&["lea", "noe", "lea"]))).await.unwrap();
        assert_eq!(done, Assigned { seated: 1, named: 1, duplicates: 1, ..Assigned::default() });
        assert_eq!(seat_of(&store, "lea").await, BY_NAME);
        assert_eq!(seat_of(&store, "noe").await, BY_NAME);
        let again = assign(&means(&store), &by, &asking(named(&["lea", "noe"]))).await.unwrap();
        assert_eq!(again, Assigned { already: 2, ..Assigned::default() });
        assert_eq!((used(&store).await, held(&store).await), (2, 2));
        let told: Vec<(String, String)> =
            rows(&store, "SELECT chain, body FROM event WHERE body LIKE '%\"assign\"%'").await;
        let [(chain, body)] = told.as_slice() else { panic!("once, for what was new: {told:?}") };
        assert!(chain.contains("0750001U"), "the school's own: {chain}");
        for part in ["\"account:a1\"", "\"subscription\"", "\"s\"", "\"count\":2", "\"person\""] {
            assert!(body.contains(part), "{part}: {body}");
        }
        assert!(!body.contains("lea"), "nobody is named: {body}");
    })
    .await;
}

#[tokio::test]
async fn each_wrong_target_is_told_and_nothing_is_written() {
    on_both("assign_wrong", async |place| {
        let store = place.store().await;
        let text = format!(
            "{}{}{}{}{}{}",
            subscription("s", "{ pupil = 5 }"),
            pupil("lea"),
            somebody("col", "{ school = \"0440001M\", profile = \"pupil\" }"),
            somebody("head", "{ school = \"0750001U\", profile = \"head\" }"),
            somebody("old", "{ school = \"0750001U\", profile = \"pupil\", year = \"2024-2025\" }"),
            somebody("prof", "{ school = \"0750001U\", profile = \"teacher\" }"),
        );
        fill(&store, &text).await;
        let mut targets = named(&["lea", "nobody", "col", "head", "old", "prof"]);
        targets.push(Target::Everyone { school: college() });
        targets.push(Target::Level { school: lycee(), level: " ".to_owned() });
        let wrong = |error| match error {
            AssignError::Wrong(wrong) => {
                wrong.into_iter().map(|one| (one.index, one.why)).collect::<Vec<_>>()
            }
            other => panic!("{other}"),
        };
        let by = Actor::command();
        let found = wrong(assign(&means(&store), &by, &asking(targets.clone())).await.unwrap_err());
        let wanted = [
            (1, Why::UnknownPerson),
            (2, Why::UnknownPerson),
            (3, Why::WrongAudience(Profile::Head)),
            (4, Why::UnknownPerson),
            (5, Why::NoPool(Profile::Teacher)),
            (6, Why::OtherSchool(college())),
            (7, Why::Form),
        ];
        assert_eq!(found, wanted, "to a school, other schools' people are nobody");
        let operator = Request { bounds: Bounds::Covered, ..asking(targets) };
        let found = wrong(assign(&means(&store), &by, &operator).await.unwrap_err());
        assert_eq!(found[1], (2, Why::NotAtSchool));
        assert_eq!(found[5], (6, Why::NotCovered(college())));
        assert_eq!((held(&store).await, count(&store, "SELECT COUNT(*) FROM assignment").await), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn subscriptions_that_take_no_assignment_say_why() {
    on_both("assign_none", async |place| {
        let store = place.store().await;
        let etabl = subscription("whole", "\"unlimited\"").replace("INDIV", "ETABL");
        let over = subscription("over", "5")
            .replace("2026-09-01\nschool_year = \"2026-2027\"", "2025-09-01\nuntil = 2026-10-01");
        fill(&store, &format!("{}{etabl}{over}{}", subscription("s", "2"), pupils(&["lea", "noe", "zoe"])))
            .await;
        let ask = async |id: &str, bounds: Bounds, targets: Vec<Target>| {
            let request = Request { subscription: subscribed(id), bounds, targets };
            assign(&means(&store), &Actor::command(), &request).await.unwrap_err()
        };
        let lea = || named(&["lea"]);
        assert_eq!(ask("whole", school(), lea()).await.code(), "needs_no_assignment");
        assert_eq!(ask("over", school(), lea()).await.code(), "subscription_ended");
        assert_eq!(ask("nothing", school(), lea()).await.code(), "unknown_subscription");
        assert_eq!(ask("s", Bounds::School(college()), lea()).await.code(), "unknown_subscription");
        assert_eq!(ask("s", school(), Vec::new()).await.code(), "nobody_named");
        assert_eq!(ask("s", school(), vec![Target::Person(who("lea")); 10_001]).await.code(), "too_many");
        match ask("s", school(), named(&["lea", "noe", "zoe"])).await {
            AssignError::NoSeats(short) => {
                assert_eq!(short, [Shortage { pool: Pool::All, needed: 3, free: 2 }]);
            }
            other => panic!("{other}"),
        }
        assert_eq!(held(&store).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_set_of_one_school_reaches_no_other_school() {
    on_both("assign_bounds", async |place| {
        let store = place.store().await;
        let both = subscription("s", "9").replace("[\"0750001U\"]", "[\"0440001M\", \"0750001U\"]");
        let text = format!(
            "{both}{}{}",
            pupil("lea"),
            somebody(
                "col",
                "{ school = \"0440001M\", profile = \"pupil\", groups = [\"6A\"], level = \"6\" }"
            )
        );
        fill(&store, &text).await;
        let level = Target::Level { school: lycee(), level: "6".to_owned() };
        let targets = vec![Target::Everyone { school: lycee() }, class("2DE3"), level];
        let by = Actor::command();
        let done = assign(&means(&store), &by, &asking(targets.clone())).await.unwrap();
        assert_eq!(done.sets, 3);
        let of = async |uai| {
            let school = store.school(&uai).await.unwrap().unwrap();
            store.licences(&atlas(), &school).await.unwrap()[0].sets.len()
        };
        assert_eq!((of(lycee()).await, of(college()).await), (3, 0));
        let shown = sets(&means(&store), &subscribed("s"), &school()).await.unwrap();
        let people: Vec<_> = shown.iter().map(|one| (one.set.to_string(), one.people, one.of_file)).collect();
        let wanted = [
            ("division 0750001U 2DE3 2026-2027".to_owned(), Some(1), false),
            ("at 0750001U everyone".to_owned(), Some(1), false),
            ("at 0750001U level 6".to_owned(), Some(0), false),
        ];
        assert_eq!(people, wanted);
        let other = Bounds::School(college());
        assert_eq!(sets(&means(&store), &subscribed("s"), &other).await.unwrap(), []);
        let theirs = Request { bounds: other.clone(), ..asking(targets.clone()) };
        let error = unassign(&means(&store), &by, &theirs).await.unwrap_err();
        assert_eq!(error.code(), "wrong_targets", "a school takes nothing of another's back");
        let seen = preview(&means(&store), &asking(targets.clone())).await.unwrap();
        assert_eq!((seen.people, seen.needed, seen.fits), (1, 1, true));
        let again = assign(&means(&store), &by, &asking(targets.clone())).await.unwrap();
        assert_eq!((again.sets, again.sets_already), (0, 3));
        let gone = unassign(&means(&store), &by, &asking(targets)).await.unwrap();
        assert_eq!(gone.sets, 3);
        assert_eq!(of(lycee()).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_set_that_goes_frees_the_seats_that_nothing_else_gives() {
    on_both("assign_let_go", async |place| {
        let store = place.store().await;
        small(&store, "3").await;
        let by = Actor::command();
        let whole = || vec![Target::Everyone { school: lycee() }];
        assign(&means(&store), &by, &asking([whole(), vec![class("2DE3")], named(&["zoe"])].concat()))
            .await
            .unwrap();
        assert!(launch(&store, "lea").await && launch(&store, "noe").await);
        let first = unassign(&means(&store), &by, &asking(whole())).await.unwrap();
        assert_eq!(
            first,
            Unassigned { sets: 1, ..Unassigned::default() },
            "the class gives them theirs still"
        );
        let second = unassign(&means(&store), &by, &asking(vec![class("2DE3")])).await.unwrap();
        assert_eq!(second, Unassigned { sets: 1, freed: 2, ..Unassigned::default() });
        assert_eq!(seat_of(&store, "zoe").await, BY_NAME);
        assert_eq!((used(&store).await, held(&store).await), (1, 1));
        let third =
            unassign(&means(&store), &by, &asking([named(&["zoe", "lea"]), whole()].concat())).await.unwrap();
        assert_eq!(third, Unassigned { freed: 1, not_assigned: 2, sets: 0 });
        balanced(&store).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_file_and_a_school_assign_goes_when_both_have_taken_it_back() {
    on_both("assign_both", async |place| {
        let store = place.store().await;
        small(&store, "3").await;
        let text =
            format!("{}{}{}", subscription("s", "3"), pupils(&["lea", "noe", "zoe"]), seat("s", "lea"));
        let everyone = "\n[[assignment]]\nsubscription = \"s\"\neveryone = true\nschool = \"0750001U\"\n";
        let file: Vec<Record> = beside_world(&format!("{text}{everyone}{}", seat("s", "noe")))
            .into_iter()
            .filter(|record| record.kind() == RecordKind::Assignment)
            .collect();
        let by = Actor::command();
        let ours = || [named(&["lea"]), vec![Target::Everyone { school: lycee() }]].concat();
        assign(&means(&store), &by, &asking(ours())).await.unwrap();
        write(&store, putting(file.clone())).await.unwrap();
        write(&store, putting(file.clone())).await.unwrap();
        let listed = || async {
            use crate::operate::apply::FederationStore;
            let all = store.records().await.unwrap();
            all.iter().filter(|stored| stored.record.kind() == RecordKind::Assignment).count()
        };
        assert_eq!(listed().await, 3, "the file finds what it wrote");
        let of_file = unassign(&means(&store), &by, &asking(named(&["noe"]))).await.unwrap_err();
        assert!(matches!(&of_file, AssignError::Wrong(wrong) if wrong[0].why == Why::OfFile));
        write(&store, withdrawing(file)).await.unwrap();
        assert_eq!(listed().await, 0);
        assert_eq!(seat_of(&store, "lea").await, BY_NAME, "the school's own stays");
        assert_eq!(seat_of(&store, "noe").await, None);
        assert_eq!(sets(&means(&store), &subscribed("s"), &school()).await.unwrap().len(), 1);
        let gone = unassign(&means(&store), &by, &asking(ours())).await.unwrap();
        assert_eq!((gone.freed, gone.sets), (1, 1));
        balanced(&store).await;
    })
    .await;
}

#[tokio::test]
async fn holders_are_listed_page_by_page_and_seats_are_counted() {
    on_both("holders", async |place| {
        let store = place.store().await;
        small(&store, "9").await;
        let by = Actor::command();
        assign(&means(&store), &by, &asking([named(&["lea", "noe"]), vec![class("2DE3")]].concat()))
            .await
            .unwrap();
        assert!(launch(&store, "zoe").await);
        let s = subscribed("s");
        let mut page = Page { after: None, limit: 2 };
        let first = holders(&means(&store), &s, &school(), &page).await.unwrap();
        page.after = first.next.clone();
        assert!(first.items.len() == 2 && page.after.is_some());
        let second = holders(&means(&store), &s, &school(), &page).await.unwrap();
        assert_eq!((second.items.len(), &second.next), (1, &None));
        let mut all = [first.items, second.items].concat();
        all.sort_by(|a, b| a.identities.cmp(&b.identities));
        let subjects: Vec<_> = all.iter().map(|holder| holder.identities[0].subject.as_str()).collect();
        assert_eq!(subjects, ["lea", "noe", "zoe"]);
        assert_eq!(
            (&all[0].through, all[0].since, all[0].profile),
            (&Through::Name, NOW, Some(Profile::Pupil))
        );
        assert!(matches!(&all[2].through, Through::Sets(sets) if matches!(sets[0], SetTarget::Group(_))));
        let supply = seats(&means(&store), &s, &school()).await.unwrap();
        let pool = &supply.pools[0];
        assert_eq!((pool.used, pool.free, pool.by_name, pool.through_sets), (3, Some(6), 2, 1));
        let open = assignable(&means(&store), &lycee(), &atlas()).await.unwrap();
        assert!(open.len() == 1 && open[0].open && open[0].transferable);
        let other =
            holders(&means(&store), &s, &Bounds::School(college()), &Page { after: None, limit: 9 }).await;
        assert_eq!(other.unwrap_err().code(), "unknown_subscription");
        let lost = Page { after: Some(who("nobody")), limit: 2 };
        assert_eq!(holders(&means(&store), &s, &school(), &lost).await.unwrap_err().code(), "no_such_page");
    })
    .await;
}

/// Who asks about a subscription that is not theirs learns nothing, whatever they ask.
#[tokio::test]
async fn to_another_school_a_subscription_is_not_there() {
    on_both("assign_tenants", async |place| {
        let store = place.store().await;
        small(&store, "3").await;
        let by = Actor::command();
        assign(&means(&store), &by, &asking(named(&["lea"]))).await.unwrap();
        let (theirs, s): (Bounds, SubscriptionId) = (Bounds::School(college()), subscribed("s"));
        let means = means(&store);
        let request = || Request { bounds: theirs.clone(), ..asking(named(&["lea"])) };
        let asked =
            Transfer { subscription: s.clone(), bounds: theirs.clone(), from: who("lea"), to: who("noe") };
        let taken = Recovery { bounds: theirs.clone(), ..recovery(Who::People(vec![who("lea")])) };
        let codes = [
            assign(&means, &by, &request()).await.unwrap_err(),
            unassign(&means, &by, &request()).await.unwrap_err(),
            preview(&means, &request()).await.unwrap_err(),
            transfer(&means, &by, &asked).await.unwrap_err(),
            recover(&means, &by, &taken).await.unwrap_err(),
            seats(&means, &s, &theirs).await.unwrap_err(),
            sets(&means, &s, &theirs).await.unwrap_err(),
            holders(&means, &s, &theirs, &Page { after: None, limit: 5 }).await.unwrap_err(),
        ];
        assert!(codes.iter().all(|error| error.code() == "unknown_subscription"), "{codes:?}");
        assert_eq!(seat_of(&store, "lea").await, BY_NAME);
        assert_eq!(assignable(&means, &college(), &atlas()).await.unwrap(), []);
    })
    .await;
}
