//! Schools.

use serde_json::{Value, json};

use super::family::{self, Family};
use super::operation::{Operation, Parameter};
use crate::access::{Operator, Read, SchoolReader, Write, area};
use crate::operate::records::RecordKind;

struct Schools;

impl Family for Schools {
    const KIND: RecordKind = RecordKind::School;
    const LIST: &'static str = "/schools";
    const ITEM: &'static str = "/schools/{uai}";
    const TAG: &'static str = "Schools";
    const WORDS: [&'static str; 4] = ["a school", "schools", "School", "Schools"];
    const AT: &'static [Parameter] =
        &[Parameter { name: "uai", says: "The school's national number.", example: "0650499P" }];
    const FILTERS: &'static [(Parameter, RecordKind)] = &[(
        Parameter { name: "ent", says: "Only schools for which this ENT may speak.", example: "ent-exemple" },
        RecordKind::Ent,
    )];
    const SEARCHED: bool = true;
    type Reader = SchoolReader<Read<area::Schools>>;
    type Writer = Operator<Write<area::Schools>>;

    fn example() -> Value {
        json!({
            "uai": "0650499P",
            "name": "Collège d’exemple",
            "town": "Lourdes",
            "nature": "340",
            "ents": [],
            "fictive": false
        })
    }
}

/// The operations of this family.
pub fn operations() -> Vec<Operation> {
    family::operations::<Schools>()
}
