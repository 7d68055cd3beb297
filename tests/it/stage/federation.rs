//! The federation of a test: two schools, an ENT, a publisher, and whatever the test adds.

/// A federation file in the making.
pub struct Federation {
    head: String,
    connection: String,
    people: String,
    rest: String,
}

/// The school that most tests play in.
pub const LYCEE: &str = "0750001U";
/// The other school.
pub const COLLEGE: &str = "0440001M";
/// The resource of the plain federation.
pub const ATLAS: &str = "ark:/99999/atlas";
/// The client id that the reference ENT gave the broker.
pub const CLIENT: &str = "passerelle-test";

impl Federation {
    /// One ENT with two schools and one publisher with one resource, `atlas`, for everybody at both.
    pub fn new(ent: &str, publisher: &str) -> Self {
        let head = format!(
            r#"
[[ent]]
id = "ent"
name = "ENT de test"
code = "A0"
origins = ["{ent}"]

[[school]]
uai = "{LYCEE}"
name = "Lycée de test"
town = "Paris"
ents = ["ent"]
fictive = true

[[school]]
uai = "{COLLEGE}"
name = "Collège de test"
town = "Nantes"
nature = "340"
ents = ["ent"]
fictive = true

[[organisation]]
id = "editeur"
name = "Éditeur de test"
roles = ["publisher", "technical-distributor"]

[[sector]]
id = "secteur"
organisation = "editeur"

[[tool]]
id = "outil"
sector = "secteur"
protocol = "lti"
[tool.lti]
client_id = "outil"
login_url = "{publisher}/login"
redirect_uris = ["{publisher}/launch"]
jwks_uri = "{publisher}/jwks.json"
target_url = "{publisher}/"

[[resource]]
ark = "ark:/99999/atlas"
key = "atlas"
title = "Atlas"
tool = "outil"
"#
        );
        let connection = format!(
            r#"
[[ent.lti]]
id = "ent-lti"
issuer = "{ent}"
client_id = "{CLIENT}"
deployments = [{{ id = "1", schools = ["{LYCEE}"] }}, {{ id = "2", schools = ["{COLLEGE}"] }}, "3"]
authorization_url = "{ent}/authorize"
jwks_uri = "{ent}/jwks.json"
namespace = "ent"
match = "sub"
provision = true
trust_context_roles = true
jit_staff = true
return_origins = ["{ent}"]
"#
        );
        Self { head, connection, people: String::new(), rest: String::new() }
    }

    /// Changes a setting of the connection: `provision = true` becomes what is given.
    pub fn connection(mut self, old: &str, new: &str) -> Self {
        assert!(self.connection.contains(old), "the connection has no {old}");
        self.connection = self.connection.replace(old, new);
        self
    }

    /// Changes something else of the plain federation.
    pub fn head(mut self, old: &str, new: &str) -> Self {
        assert!(self.head.contains(old), "the federation has no {old}");
        self.head = self.head.replacen(old, new, 1);
        self
    }

    /// Adds a second registration at the same issuer.
    pub fn second_connection(mut self, id: &str, client_id: &str) -> Self {
        let first = self.connection.clone();
        let second = first.replace("\"ent-lti\"", &format!("\"{id}\""));
        self.connection += &second.replace(&format!("\"{CLIENT}\""), &format!("\"{client_id}\""));
        self
    }

    /// Adds a subscription of both schools to the atlas, with these further lines.
    pub fn subscription(mut self, id: &str, lines: &str) -> Self {
        self.rest += &format!(
            "\n[[subscription]]\nid = \"{id}\"\nresource = \"{ATLAS}\"\nschools = [\"{LYCEE}\", \"{COLLEGE}\"]\n{lines}\n"
        );
        self
    }

    /// A subscription of both schools to the atlas for everybody, without seats.
    pub fn open_to_all(self) -> Self {
        self.open_to_all_as("abo")
    }

    /// The same, under another id.
    pub fn open_to_all_as(self, id: &str) -> Self {
        self.subscription(
            id,
            &format!("from = 2020-01-01\nuntil = {}\nkind = \"ETABL\"\naudience = [{EVERYBODY}]\nseats = \"unlimited\"", in_days(500)),
        )
    }

    /// Lists a person with affiliations such as `{ school = "…", profile = "pupil" }`.
    pub fn person(mut self, subject: &str, affiliations: &str) -> Self {
        self.people += &format!(
            "\n[[person]]\nent = \"ent\"\nnamespace = \"ent\"\nsubject = \"{subject}\"\naffiliations = [{affiliations}]\n"
        );
        self
    }

    /// Leaves a table of the plain federation out.
    pub fn without(mut self, table: &str) -> Self {
        let (before, after) = self.head.split_once(table).unwrap();
        let rest = after.find("\n[[").map_or("", |next| &after[next..]);
        self.head = format!("{before}{rest}");
        self
    }

    /// Adds any lines.
    pub fn with(mut self, lines: &str) -> Self {
        self.rest += lines;
        self
    }

    /// The file's text. `[[ent.lti]]` belongs to the `[[ent]]` before it.
    pub fn text(&self) -> String {
        let (ent, after) = self.head.split_once("[[school]]").unwrap();
        format!("{ent}{}\n[[school]]{after}{}{}", self.connection, self.people, self.rest)
    }
}

/// The date so many days from today.
#[expect(clippy::disallowed_methods, reason = "a test is a caller, and callers own the clock")]
pub fn in_days(days: i64) -> String {
    let day = (time::OffsetDateTime::now_utc() + time::Duration::days(days)).date();
    format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day())
}

/// Every profile, as an audience.
pub const EVERYBODY: &str =
    r#""pupil", "teacher", "librarian", "head", "school-life", "staff", "local", "guardian", "other""#;
