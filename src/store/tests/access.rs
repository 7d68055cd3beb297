//! Access on both engines: what is taken once is taken once, however many try at the same time.

use std::collections::BTreeSet;

use boundary::{EntId, FirstUse};
use futures::future::join_all;
use time::{Duration, OffsetDateTime};

use super::examples::NOW;
use super::{Place, count, on_both};
use crate::access::{
    AccountId, AccountRow, AccountStore, Attempt, ClientStore, Counted, Enrolled, Hashed, Role, Scopes,
    SessionRow, SessionStore, Stage, TokenKind, TokenRow, TokenStore,
};
use crate::directory::ManagerStore;
use crate::jobs::Purge;
use crate::journal::{Actor, Change};
use crate::store::Store;

fn id() -> AccountId {
    AccountId::parse("op-nuit").unwrap()
}

fn change(verb: &'static str) -> Change {
    Change::new(NOW, &Actor::command(), verb, "account", "op-nuit")
}

fn row() -> AccountRow {
    AccountRow {
        id: id(),
        role: Role::Operator,
        disabled: false,
        password: None,
        step: 0,
        enrolment: Some((Hashed::of("link"), NOW + Duration::DAY)),
        keys: None,
        scopes: Scopes::default(),
        created: NOW,
    }
}

fn enrolled(at: OffsetDateTime) -> Enrolled {
    let recovery = ["one", "two"].map(Hashed::of).to_vec();
    Enrolled {
        account: id(),
        enrolment: Hashed::of("link"),
        password: "hashed".to_owned(),
        step: 7,
        recovery,
        at,
    }
}

async fn with_account(place: &Place) -> Store {
    let store = place.store().await;
    assert!(store.add_account(&row(), Some("sealed"), change("add")).await.unwrap());
    store
}

#[tokio::test]
async fn an_account_is_stored_and_read_again() {
    on_both("access_account", async |place| {
        let store = with_account(place).await;
        assert_eq!(store.account(&id()).await.unwrap(), Some(row()));
        assert_eq!(store.authenticator(&id()).await.unwrap().as_deref(), Some("sealed"));
        assert!(!store.add_account(&row(), Some("other"), change("add")).await.unwrap());
        assert_eq!(
            store.authenticator(&id()).await.unwrap().as_deref(),
            Some("sealed"),
            "nothing was written"
        );
        let late = NOW + Duration::DAY;
        assert_eq!(store.enrolling(&Hashed::of("link"), late).await.unwrap(), None);
        assert!(!store.enrol(&enrolled(late), change("enrol")).await.unwrap(), "the link has expired");
        assert!(store.enrol(&enrolled(NOW), change("enrol")).await.unwrap());
        assert!(!store.enrol(&enrolled(NOW), change("enrol")).await.unwrap(), "it counts once");
        let read = store.account(&id()).await.unwrap().unwrap();
        assert_eq!((read.password.as_deref(), read.step, read.enrolment), (Some("hashed"), 7, None));
        assert!(!store.change_password(&id(), ("other", "new"), change("change")).await.unwrap());
        assert!(store.change_password(&id(), ("hashed", "new"), change("change")).await.unwrap());
        let again = AccountRow { enrolment: Some((Hashed::of("again"), late)), ..row() };
        assert!(store.reset_account(&again, "fresh", change("reset")).await.unwrap());
        let read = store.account(&id()).await.unwrap().unwrap();
        assert_eq!((read.password, read.step), (None, 0));
        assert_eq!(store.authenticator(&id()).await.unwrap().as_deref(), Some("fresh"));
        assert!(!store.take_recovery(&id(), &Hashed::of("one")).await.unwrap(), "codes go with the reset");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_taken_once_however_many_show_it() {
    on_both("access_codes", async |place| {
        let store = with_account(place).await;
        assert!(store.enrol(&enrolled(NOW), change("enrol")).await.unwrap());
        let others = [place.store().await, place.store().await];
        let own = id();
        let steps = join_all((0..20).map(|n| others[n % 2].take_step(&own, 8))).await;
        assert_eq!(steps.into_iter().filter(|taken| *taken.as_ref().unwrap()).count(), 1);
        assert!(!store.take_step(&own, 8).await.unwrap() && !store.take_step(&own, 3).await.unwrap());
        assert!(store.take_step(&own, 9).await.unwrap());
        let code = Hashed::of("one");
        let codes = join_all((0..20).map(|n| others[n % 2].take_recovery(&own, &code))).await;
        assert_eq!(codes.into_iter().filter(|taken| *taken.as_ref().unwrap()).count(), 1);
        let other = AccountId::parse("op-jour").unwrap();
        assert!(!store.take_recovery(&other, &Hashed::of("two")).await.unwrap(), "codes are somebody's own");
    })
    .await;
}

/// A free number of attempts, however many come at once and on however many hosts; then waits that grow.
#[tokio::test(flavor = "multi_thread")]
async fn attempts_at_once_gain_nothing() {
    on_both("access_attempts", async |place| {
        let stores = [place.store().await, place.store().await];
        let counted = |name: &str, free| Counted { name: Hashed::of(name), free, longest: Duration::MINUTE };
        let both = [counted("pair", 5), counted("address", 30)];
        let tried = join_all((0..40).map(|n| stores[n % 2].attempt(&both, NOW))).await;
        let made = tried.into_iter().filter(|tried| matches!(tried, Ok(Attempt::Made))).count();
        assert_eq!(made, 6, "five that are free, and the one that begins the wait");
        let at = |seconds| NOW + Duration::seconds(seconds);
        assert_eq!(stores[0].attempt(&both, NOW).await.unwrap(), Attempt::Wait(at(1)));
        for (second, until) in [(1, 3), (3, 7), (7, 15), (15, 31), (31, 63), (63, 123)] {
            assert_eq!(stores[0].attempt(&both, at(second)).await.unwrap(), Attempt::Made, "{second}");
            assert_eq!(
                stores[1].attempt(&both, at(second)).await.unwrap(),
                Attempt::Wait(at(until)),
                "{second}"
            );
        }
        // One that waits holds back the rest, and counts against none of it.
        let alone = [counted("address", 12)];
        assert_eq!(stores[0].attempt(&alone, at(64)).await.unwrap(), Attempt::Made);
        stores[0].forgive(&[Hashed::of("pair")], &Hashed::of("address")).await.unwrap();
        assert_eq!(stores[1].attempt(&both, at(64)).await.unwrap(), Attempt::Made, "forgiven");
        let hour_later = at(64) + Duration::HOUR + Duration::SECOND;
        for _ in 0..5 {
            assert_eq!(stores[0].attempt(&both[..1], hour_later).await.unwrap(), Attempt::Made, "forgotten");
        }
        assert_eq!(Purge::purge(&stores[0], hour_later + Duration::HOUR).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assertion_brings_one_token() {
    on_both("access_grants", async |place| {
        let stores = [place.store().await, place.store().await];
        let client = AccountId::parse("client-x").unwrap();
        let until = NOW + Duration::MINUTE;
        let grants = join_all((0..20).map(|n: usize| {
            let (store, client) = (&stores[n % 2], client.clone());
            async move {
                let token = TokenRow {
                    id: format!("tok-{n}"),
                    kind: TokenKind::Client,
                    account: client,
                    role: Role::Operator,
                    scopes: Scopes::parse("ents:read").unwrap(),
                    created: NOW,
                    expires: Some(until),
                    used: None,
                };
                let once = FirstUse { key: "assertion x".to_owned(), until };
                store.grant(&once, &Hashed::of(&token.id), &token).await
            }
        }));
        let given: Vec<bool> = grants.await.into_iter().map(Result::unwrap).collect();
        assert_eq!(given.iter().filter(|given| **given).count(), 1);
        let hash = Hashed::of(&format!("tok-{}", given.iter().position(|given| *given).unwrap()));
        assert!(stores[0].token(&hash, NOW).await.unwrap().is_some());
        assert!(stores[0].token(&hash, until).await.unwrap().is_none(), "until then and no longer");
        assert!(stores[0].tokens().await.unwrap().is_empty(), "nobody looks after a token of an hour");
        assert_eq!(Purge::purge(&stores[0], until).await.unwrap(), 1);
    })
    .await;
}

fn session(at: OffsetDateTime) -> SessionRow {
    SessionRow {
        account: id(),
        role: Role::Operator,
        stage: Stage::Full,
        sealed: None,
        created: at,
        seen: at,
        expires: at + Duration::HOUR,
    }
}

#[tokio::test]
async fn a_session_counts_while_it_is_used_and_its_account_is_open() {
    on_both("access_sessions", async |place| {
        let store = with_account(place).await;
        let hash = Hashed::of("session");
        let idle = |now: OffsetDateTime| now - Duration::minutes(30);
        store.begin_session(&hash, &session(NOW), None, None).await.unwrap();
        assert_eq!(store.session(&hash, NOW, idle(NOW)).await.unwrap(), Some(session(NOW)));
        let later = NOW + Duration::minutes(30);
        assert_eq!(store.session(&hash, later, idle(later)).await.unwrap(), None, "nobody used it");
        store.session_seen(&hash, NOW + Duration::MINUTE).await.unwrap();
        assert!(store.session(&hash, later, idle(later)).await.unwrap().is_some());
        let end = NOW + Duration::HOUR;
        store.session_seen(&hash, end - Duration::SECOND).await.unwrap();
        assert_eq!(store.session(&hash, end, idle(end)).await.unwrap(), None, "it is over");
        let next = Hashed::of("next");
        store.begin_session(&next, &session(NOW), Some(&hash), Some(change("sign-in"))).await.unwrap();
        assert_eq!(
            store.session(&hash, NOW, idle(NOW)).await.unwrap(),
            None,
            "another one came in its place"
        );
        assert!(store.shut_account(&id(), true, change("disable")).await.unwrap());
        assert!(!store.shut_account(&id(), true, change("disable")).await.unwrap());
        assert_eq!(store.session(&next, NOW, idle(NOW)).await.unwrap(), None);
        assert!(store.shut_account(&id(), false, change("enable")).await.unwrap());
        assert_eq!(store.session(&next, NOW, idle(NOW)).await.unwrap(), None, "what was ended stays ended");
        assert_eq!(count(&store, "SELECT count(*) FROM console_session").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_token_counts_while_its_account_is_open() {
    on_both("access_tokens", async |place| {
        let store = with_account(place).await;
        let school = BTreeSet::from([boundary::Uai::parse_any_letter("0750001U").unwrap()]);
        let token = TokenRow {
            id: "tok-a".to_owned(),
            kind: TokenKind::Scoped,
            account: id(),
            role: Role::SchoolManager(school),
            scopes: Scopes::parse("assignments:write journal:read").unwrap(),
            created: NOW,
            expires: None,
            used: None,
        };
        let hash = Hashed::of("token");
        store.add_token(&hash, &token, change("add")).await.unwrap();
        assert_eq!(store.token(&hash, NOW).await.unwrap().as_ref(), Some(&token));
        store.token_used("tok-a", NOW).await.unwrap();
        store.token_used("tok-a", NOW - Duration::DAY).await.unwrap();
        assert_eq!(store.tokens().await.unwrap()[0].used, Some(NOW), "the last day, in whichever order");
        store.shut_account(&id(), true, change("disable")).await.unwrap();
        assert_eq!(store.token(&hash, NOW).await.unwrap(), None);
        store.shut_account(&id(), false, change("enable")).await.unwrap();
        assert!(store.token(&hash, NOW).await.unwrap().is_some());
        assert!(!store.revoke_token("tok-\0", change("revoke")).await.unwrap());
        assert!(store.revoke_token("tok-a", change("revoke")).await.unwrap());
        assert_eq!(store.token(&hash, NOW).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn nobody_manages_who_is_not_named() {
    on_both("access_managers", async |place| {
        let store = place.store().await;
        let person = boundary::PersonId::draw(NOW, &crate::boot::SystemChance);
        let ent = EntId::parse("ent").unwrap();
        assert!(store.manager(&ent, person).await.unwrap().is_none());
    })
    .await;
}
