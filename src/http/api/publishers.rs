//! What publishers offer: organisations, sectors, tools, resources.

use serde_json::{Value, json};

use super::family::{self, Family};
use super::operation::{Operation, Parameter};
use crate::access::{Anyone, Operator, Publisher, PublisherReader, Read, Write, area};
use crate::operate::records::RecordKind;

struct Organisations;

impl Family for Organisations {
    const KIND: RecordKind = RecordKind::Organisation;
    const LIST: &'static str = "/organisations";
    const ITEM: &'static str = "/organisations/{organisation}";
    const TAG: &'static str = "Publishers";
    const WORDS: [&'static str; 4] = ["an organisation", "organisations", "Organisation", "Organisations"];
    const AT: &'static [Parameter] = &[Parameter {
        name: "organisation",
        says: "The organisation, by our id.",
        example: "editeur-exemple",
    }];
    const SEARCHED: bool = true;
    type Reader = PublisherReader<Read<area::Organisations>>;
    type Writer = Operator<Write<area::Organisations>>;

    fn example() -> Value {
        json!({
            "id": "editeur-exemple",
            "name": "Éditeur d’exemple",
            "siren_isni": "123456789_0000000000000000",
            "roles": ["publisher", "technical-distributor"]
        })
    }
}

struct Sectors;

impl Family for Sectors {
    const KIND: RecordKind = RecordKind::Sector;
    const LIST: &'static str = "/sectors";
    const ITEM: &'static str = "/sectors/{sector}";
    const TAG: &'static str = "Publishers";
    const WORDS: [&'static str; 4] = ["a sector", "sectors", "Sector", "Sectors"];
    const AT: &'static [Parameter] =
        &[Parameter { name: "sector", says: "The sector, by our id.", example: "secteur-exemple" }];
    const FILTERS: &'static [(Parameter, RecordKind)] = &[(
        Parameter {
            name: "organisation",
            says: "Only sectors of this organisation.",
            example: "editeur-exemple",
        },
        RecordKind::Organisation,
    )];
    const NOTE: &'static str = "A sector gets its key when it is registered. Its scope never changes, because every \
                                pseudonym in it would. ";
    type Reader = PublisherReader<Read<area::Sectors>>;
    type Writer = Publisher<Write<area::Sectors>>;

    fn example() -> Value {
        json!({ "id": "secteur-exemple", "organisation": "editeur-exemple", "scope": "portable" })
    }
}

struct Tools;

impl Family for Tools {
    const KIND: RecordKind = RecordKind::Tool;
    const LIST: &'static str = "/tools";
    const ITEM: &'static str = "/tools/{tool}";
    const TAG: &'static str = "Publishers";
    const WORDS: [&'static str; 4] = ["a tool", "tools", "Tool", "Tools"];
    const AT: &'static [Parameter] =
        &[Parameter { name: "tool", says: "The tool, by our id.", example: "outil-exemple" }];
    const FILTERS: &'static [(Parameter, RecordKind)] = &[(
        Parameter { name: "sector", says: "Only tools of this sector.", example: "secteur-exemple" },
        RecordKind::Sector,
    )];
    const NOTE: &'static str = "A tool keeps its sector for good. ";
    type Reader = PublisherReader<Read<area::Tools>>;
    type Writer = Publisher<Write<area::Tools>>;

    fn example() -> Value {
        json!({
            "id": "outil-exemple",
            "sector": "secteur-exemple",
            "protocol": "lti",
            "lti": {
                "client_id": "outil-exemple",
                "login_url": "https://outil.example/login",
                "redirect_uris": ["https://outil.example/launch"],
                "jwks_uri": "https://outil.example/jwks.json",
                "target_url": "https://outil.example/"
            }
        })
    }
}

struct Resources;

impl Family for Resources {
    const KIND: RecordKind = RecordKind::Resource;
    const LIST: &'static str = "/resources";
    const ITEM: &'static str = "/resources/{resource}";
    const TAG: &'static str = "Publishers";
    const WORDS: [&'static str; 4] = ["a resource", "resources", "Resource", "Resources"];
    const AT: &'static [Parameter] = &[Parameter {
        name: "resource",
        says: "The resource: its ARK with / as %2F, or its key where it has been registered.",
        example: "ark:/99999/exemple",
    }];
    const FILTERS: &'static [(Parameter, RecordKind)] = &[(
        Parameter { name: "tool", says: "Only resources that this tool opens.", example: "outil-exemple" },
        RecordKind::Tool,
    )];
    const SEARCHED: bool = true;
    const NOTE: &'static str = "Another tool may open it, as long as it is of the same sector. ";
    type Reader = Anyone<Read<area::Resources>>;
    type Writer = Publisher<Write<area::Resources>>;

    fn example() -> Value {
        json!({
            "ark": "ark:/99999/exemple",
            "key": "exemple",
            "title": "Ressource d’exemple",
            "tool": "outil-exemple"
        })
    }
}

/// The operations of this family.
pub fn operations() -> Vec<Operation> {
    let mut all = family::operations::<Organisations>();
    all.extend(family::operations::<Sectors>());
    all.extend(family::operations::<Tools>());
    all.extend(family::operations::<Resources>());
    all
}
