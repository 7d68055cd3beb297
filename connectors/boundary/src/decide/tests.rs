//! What `decide` answers, as a table and as properties.

use std::collections::BTreeSet;

use proptest::prelude::*;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::*;
use crate::{PersonId, Profile, Uai};

const NOW: OffsetDateTime = datetime!(2026-11-24 08:05 UTC);

fn offer(id: &str) -> Offer {
    Offer {
        subscription: SubscriptionId::parse(id).unwrap(),
        from: NOW - Duration::days(1),
        until: NOW + Duration::days(1),
        kind: Kind::Etabl,
        audience: BTreeSet::from([Profile::Pupil]),
        assigned: false,
        seat: SeatState::Full,
    }
}

fn question(offers: Vec<Offer>) -> Question {
    Question {
        now: NOW,
        subject: Subject {
            person: PersonId::stored(Uuid::nil()),
            school: Uai::parse("0750001U").unwrap(),
            profile: Profile::Pupil,
            groups: vec![],
            level: None,
        },
        resource: Ark::parse("ark:/99999/atlas").unwrap(),
        withdrawn: false,
        tool: ToolId::parse("atlas").unwrap(),
        suspended: false,
        sector: SectorId::parse("atlas").unwrap(),
        offers,
    }
}

fn code(question: Question) -> Result<(), RefusalCode> {
    decide(&question).map(|_| ()).map_err(|refusal| refusal.code())
}

#[test]
fn each_refusal_has_its_code() {
    let indiv = Offer { kind: Kind::Indiv, ..offer("s") };
    let table = [
        (question(vec![]), RefusalCode::NoSubscription),
        (question(vec![Offer { until: NOW, ..offer("s") }]), RefusalCode::Expired),
        (question(vec![Offer { from: NOW + Duration::SECOND, ..offer("s") }]), RefusalCode::NotYetValid),
        (
            question(vec![Offer { audience: BTreeSet::from([Profile::Teacher]), ..offer("s") }]),
            RefusalCode::WrongAudience,
        ),
        (question(vec![indiv.clone()]), RefusalCode::NotAssigned),
        (question(vec![Offer { assigned: true, ..indiv }]), RefusalCode::NoSeat),
        (Question { withdrawn: true, ..question(vec![offer("s")]) }, RefusalCode::ResourceWithdrawn),
        (Question { suspended: true, ..question(vec![offer("s")]) }, RefusalCode::ToolSuspended),
    ];
    for (question, wanted) in table {
        assert_eq!(code(question), Err(wanted));
    }
}

#[test]
fn the_first_moment_counts_and_the_last_does_not() {
    assert_eq!(code(question(vec![Offer { from: NOW, ..offer("s") }])), Ok(()));
    assert_eq!(code(question(vec![Offer { until: NOW, ..offer("s") }])), Err(RefusalCode::Expired));
}

#[test]
fn a_subscription_without_a_new_seat_comes_first() {
    let free = Offer { kind: Kind::Indiv, assigned: true, seat: SeatState::Free(Pool::All), ..offer("seat") };
    assert!(matches!(decide(&question(vec![free.clone()])), Ok(Decision::Seat(_))));
    let Ok(Decision::Open(entitled)) = decide(&question(vec![free, offer("whole-school")])) else {
        panic!("refused")
    };
    assert_eq!(entitled.subscription().as_str(), "whole-school");
}

#[test]
fn the_nearest_refusal_is_told() {
    let expired = Offer { until: NOW, ..offer("old") };
    let full = Offer { kind: Kind::Indiv, assigned: true, ..offer("full") };
    assert_eq!(code(question(vec![full, expired])), Err(RefusalCode::NoSeat));
}

fn any_offer() -> impl Strategy<Value = Offer> {
    let seat = prop_oneof![Just(SeatState::Held), Just(SeatState::Free(Pool::All)), Just(SeatState::Full)];
    let audience = prop::collection::btree_set(prop::sample::select(Profile::ALL.to_vec()), 0..4);
    (-3_i64..3, -3_i64..3, any::<bool>(), any::<bool>(), audience, seat).prop_map(
        |(from, until, etabl, assigned, audience, seat)| Offer {
            from: NOW + Duration::hours(from),
            until: NOW + Duration::hours(until),
            kind: if etabl { Kind::Etabl } else { Kind::Indiv },
            audience,
            assigned,
            seat,
            ..offer("s")
        },
    )
}

proptest! {
    /// Nobody is entitled unless one offer is valid now, for them, and either whole-school or a held seat.
    #[test]
    fn nothing_opens_without_a_licence(offers in prop::collection::vec(any_offer(), 0..6), blocked in any::<bool>()) {
        let asked = Question { withdrawn: blocked, ..question(offers.clone()) };
        let licensed = offers.iter().any(|o| {
            o.from <= NOW && NOW < o.until && o.audience.contains(&Profile::Pupil)
                && (o.kind == Kind::Etabl || (o.assigned && o.seat == SeatState::Held))
        });
        let opened = matches!(decide(&asked), Ok(Decision::Open(_)));
        prop_assert_eq!(opened, licensed && !blocked);
    }

    /// One more subscription never takes access away.
    #[test]
    fn more_licences_never_refuse_more(offers in prop::collection::vec(any_offer(), 0..5), extra in any_offer()) {
        let before = matches!(decide(&question(offers.clone())), Ok(Decision::Open(_)));
        let more = offers.into_iter().chain([extra]).collect();
        let after = matches!(decide(&question(more)), Ok(Decision::Open(_)));
        prop_assert!(after || !before);
    }
}
