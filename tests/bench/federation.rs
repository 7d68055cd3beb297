//! The federation that is launched in: fifty schools of one ENT, one publisher, and as much around them as asked.

use std::fmt::Write;

/// How many schools the federation has.
pub const SCHOOLS: u64 = 50;
/// The broker's client id at the ENT.
pub const CLIENT: &str = "passerelle";
/// The publisher's tool.
pub const TOOL: &str = "outil";
/// Where launches end. Nothing listens there: the crowd is the publisher.
pub const PUBLISHER: &str = "https://editeur.example";
/// Every launch of the general case is of this resource, which is subscribed to for whole schools.
pub const ATLAS: &str = "atlas";
/// This one is assigned person by person, to everyone.
pub const DICTIONARY: &str = "dictionnaire";

/// How much there is of what a launch must find its way through.
#[derive(Debug, Clone)]
pub struct Size {
    /// People known before, each with the pseudonym of an earlier launch.
    pub people: u64,
    /// Registrations of ENTs.
    pub registrations: u64,
    /// Subscriptions of the first school, four to a resource.
    pub subscriptions: u64,
}

impl Default for Size {
    fn default() -> Self {
        Self { people: 100_000, registrations: 1, subscriptions: 2 }
    }
}

/// The number of the nth school, with the letter that it must have.
pub fn uai(n: u64) -> String {
    let digits = 750_000 + n;
    let letter = "ABCDEFGHJKLMNPRSTUVWXYZ".chars().nth(usize::try_from(digits % 23).unwrap()).unwrap();
    format!("{digits:07}{letter}")
}

/// The federation file, with subscriptions that last for years from this one.
pub fn text(ent: &str, year: i32) -> String {
    let mut text = format!(
        r#"
[[ent]]
id = "ent"
name = "ENT de mesure"
code = "M0"
origins = ["{ent}"]
[[ent.lti]]
id = "ent-lti"
issuer = "{ent}"
client_id = "{CLIENT}"
deployments = ["1"]
authorization_url = "{ent}/authorize"
jwks_uri = "{ent}/jwks.json"
namespace = "ent"
match = "sub"
school_claim = "custom.uai"
provision = true
return_origins = ["{ent}"]

[[organisation]]
id = "editeur"
name = "Éditeur de mesure"
roles = ["publisher", "technical-distributor"]

[[sector]]
id = "secteur"
organisation = "editeur"

[[tool]]
id = "{TOOL}"
sector = "secteur"
protocol = "lti"
[tool.lti]
client_id = "{TOOL}"
login_url = "{PUBLISHER}/login"
redirect_uris = ["{PUBLISHER}/launch"]
jwks_uri = "{PUBLISHER}/jwks.json"
target_url = "{PUBLISHER}/"
"#
    );
    let schools: Vec<String> = (0..SCHOOLS).map(uai).collect();
    for (n, uai) in schools.iter().enumerate() {
        write!(
            text,
            "\n[[school]]\nuai = \"{uai}\"\nname = \"Lycée {n}\"\ntown = \"Paris\"\nents = [\"ent\"]\n"
        )
        .unwrap();
    }
    text + &resource(ATLAS, "ETABL", &schools, year)
        + &resource(DICTIONARY, "INDIV", &schools, year)
        + "\n[[assignment]]\nsubscription = \"dictionnaire-abo\"\neveryone = true\n"
}

/// A resource that may greet people by their first name, and a subscription of all schools to it.
fn resource(key: &str, kind: &str, schools: &[String], year: i32) -> String {
    let (from, until) = (year - 2, year + 3);
    format!(
        r#"
[[resource]]
ark = "ark:/99999/{key}"
key = "{key}"
title = "Une ressource"
tool = "{TOOL}"
custom = {{ chapter = "1" }}

[[agreement]]
resource = "ark:/99999/{key}"
attributes = [{{ name = "PRE", purpose = "accueil par le prénom", approved_by = "le délégué", approved_on = 2025-01-06 }}]

[[subscription]]
id = "{key}-abo"
resource = "ark:/99999/{key}"
schools = {schools:?}
from = {from}-09-01
until = {until}-08-15
kind = "{kind}"
audience = ["pupil", "teacher", "other"]
seats = "unlimited"
"#
    )
}

/// A subscription of all schools to the dictionary, for so many people.
pub fn seats(id: &str, seats: u64) -> String {
    let schools: Vec<String> = (0..SCHOOLS).map(uai).collect();
    format!(
        r#"
[[subscription]]
id = "{id}"
resource = "ark:/99999/{DICTIONARY}"
schools = {schools:?}
from = 2020-09-01
until = 2099-08-15
kind = "INDIV"
audience = ["pupil", "teacher", "other"]
seats = {seats}
"#
    )
}
