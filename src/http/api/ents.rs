//! ENTs and their LTI connections.

use serde_json::{Value, json};

use super::family::{self, Family};
use super::operation::{Operation, Parameter};
use crate::access::{Operator, Oversight, Read, SchoolReader, Write, area};
use crate::operate::records::RecordKind;

const ENT: Parameter = Parameter { name: "ent", says: "The ENT, by our id.", example: "ent-exemple" };

struct Ents;

impl Family for Ents {
    const KIND: RecordKind = RecordKind::Ent;
    const LIST: &'static str = "/ents";
    const ITEM: &'static str = "/ents/{ent}";
    const TAG: &'static str = "ENTs";
    const WORDS: [&'static str; 4] = ["an ENT", "ENTs", "Ent", "Ents"];
    const AT: &'static [Parameter] = &[ENT];
    const SEARCHED: bool = true;
    type Reader = SchoolReader<Read<area::Ents>>;
    type Writer = Operator<Write<area::Ents>>;

    fn example() -> Value {
        json!({
            "id": "ent-exemple",
            "name": "ENT d’exemple",
            "code": "X0",
            "origins": ["https://ent.example"]
        })
    }
}

struct Connections;

impl Family for Connections {
    const KIND: RecordKind = RecordKind::LtiPlatform;
    const LIST: &'static str = "/ents/{ent}/connections";
    const ITEM: &'static str = "/ents/{ent}/connections/{connection}";
    const TAG: &'static str = "ENTs";
    const WORDS: [&'static str; 4] =
        ["an LTI connection of an ENT", "the LTI connections of an ENT", "Connection", "Connections"];
    const AT: &'static [Parameter] = &[
        ENT,
        Parameter { name: "connection", says: "The connection, by our id.", example: "ent-exemple-lti" },
    ];
    type Reader = Oversight<Read<area::Ents>>;
    type Writer = Operator<Write<area::Ents>>;

    fn example() -> Value {
        json!({
            "id": "ent-exemple-lti",
            "issuer": "https://ent.example",
            "client_id": "passerelle-exemple",
            "deployments": ["1"],
            "authorization_url": "https://ent.example/authorize",
            "jwks_uri": "https://ent.example/jwks.json",
            "namespace": "ent-exemple",
            "match": "sub",
            "provision": false,
            "return_origins": ["https://ent.example"]
        })
    }
}

/// The operations of this family.
pub fn operations() -> Vec<Operation> {
    let mut all = family::operations::<Ents>();
    all.extend(family::operations::<Connections>());
    all
}
