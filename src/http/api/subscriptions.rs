//! Subscriptions: the right of schools to a resource.

use serde_json::{Value, json};

use super::family::{self, Family};
use super::operation::{Operation, Parameter};
use crate::access::{Anyone, Publisher, Read, Write, area};
use crate::operate::records::RecordKind;

struct Subscriptions;

impl Family for Subscriptions {
    const KIND: RecordKind = RecordKind::Subscription;
    const LIST: &'static str = "/subscriptions";
    const ITEM: &'static str = "/subscriptions/{subscription}";
    const TAG: &'static str = "Subscriptions";
    const WORDS: [&'static str; 4] = ["a subscription", "subscriptions", "Subscription", "Subscriptions"];
    const AT: &'static [Parameter] =
        &[Parameter { name: "subscription", says: "The subscription, by its id.", example: "abo-exemple" }];
    const FILTERS: &'static [(Parameter, RecordKind)] = &[
        (
            Parameter {
                name: "school",
                says: "Only subscriptions for this school, by its number or its nature.",
                example: "0650499P",
            },
            RecordKind::School,
        ),
        (
            Parameter {
                name: "resource",
                says: "Only subscriptions to this resource, by its ARK.",
                example: "ark:/99999/exemple",
            },
            RecordKind::Resource,
        ),
    ];
    const NOTE: &'static str = "Days are days in Paris; until is the last one. ";
    type Reader = Anyone<Read<area::Subscriptions>>;
    type Writer = Publisher<Write<area::Subscriptions>>;

    fn example() -> Value {
        json!({
            "id": "abo-exemple",
            "resource": "ark:/99999/exemple",
            "distributor": "editeur-exemple",
            "schools": ["0650499P"],
            "from": "2026-09-01",
            "school_year": "2026-2027",
            "kind": "INDIV",
            "audience": ["pupil", "teacher"],
            "seats": { "pupil": 120, "teacher": 10 }
        })
    }
}

/// The operations of this family.
pub fn operations() -> Vec<Operation> {
    family::operations::<Subscriptions>()
}
