//! The claims of an id_token, as generous as a stock LMS makes them: far more than a publisher needs.

use serde_json::{Map, Value, json};

use crate::params::with_query;

use super::settings::{EntSettings, Person, Registration, Tile};
use super::showing::Showing;

const CLAIM: &str = "https://purl.imsglobal.org/spec/lti/claim/";
/// How long a token is good for, in seconds.
const LIFETIME: i64 = 60;

/// Everything that one id_token is about.
pub(crate) struct Subject<'a> {
    pub(crate) settings: &'a EntSettings,
    pub(crate) registration: &'a Registration,
    pub(crate) person: &'a Person,
    pub(crate) tile: &'a Tile,
    /// The language of the page that the person clicked on.
    pub(crate) locale: &'a str,
    pub(crate) showing: Showing,
}

/// The claims of a resource link launch (LTI 1.3 core, section 5.3) with all optional ones.
pub(crate) fn claims(subject: &Subject<'_>, nonce: &str, now: i64) -> Value {
    let mut all = Map::new();
    security(&mut all, subject, nonce, now);
    identity(&mut all, subject);
    message(&mut all, subject);
    place(&mut all, subject);
    platform(&mut all, subject);
    Value::Object(all)
}

fn put(all: &mut Map<String, Value>, name: &str, value: Value) {
    all.insert(format!("{CLAIM}{name}"), value);
}

/// The security framework's own claims (1EdTech security framework 1.0, section 5.1.2).
fn security(all: &mut Map<String, Value>, subject: &Subject<'_>, nonce: &str, now: i64) {
    all.insert("iss".into(), json!(subject.settings.issuer()));
    all.insert("aud".into(), json!(subject.registration.client_id));
    all.insert("iat".into(), json!(now));
    all.insert("exp".into(), json!(now + LIFETIME));
    all.insert("nonce".into(), json!(nonce));
}

/// Who it is (LTI 1.3 core, sections 5.3.6 and 5.4.5 to 5.4.6), and what vendors add.
fn identity(all: &mut Map<String, Value>, subject: &Subject<'_>) {
    let person = subject.person;
    let picture = format!("{}/user/{}/portrait.jpg", subject.settings.url, person.sub);
    for (name, value) in [
        ("sub", person.sub.as_str()),
        ("name", &person.name),
        ("given_name", &person.given_name),
        ("family_name", &person.family_name),
        ("email", &person.email),
        ("picture", &picture),
        ("locale", &person.locale),
    ] {
        all.insert(name.into(), json!(value));
    }
    put(all, "roles", json!(person.roles));
    put(all, "ext", json!({"user_username": username(person), "lms": "demo-1"}));
    let mut lis = json!({"person_sourcedid": person.sourcedid});
    if let (Some(course), Some(members)) = (&subject.tile.context, lis.as_object_mut()) {
        members.insert("course_section_sourcedid".into(), json!(course.label));
    }
    put(all, "lis", lis);
}

fn username(person: &Person) -> &str {
    person.email.split_once('@').map_or(person.email.as_str(), |(name, _)| name)
}

/// What is asked for (LTI 1.3 core, sections 5.3.1 to 5.3.4).
fn message(all: &mut Map<String, Value>, subject: &Subject<'_>) {
    let settings = subject.settings;
    put(all, "message_type", json!("LtiResourceLinkRequest"));
    put(all, "version", json!("1.3.0"));
    put(all, "deployment_id", json!(subject.registration.deployment_id));
    put(all, "target_link_uri", json!(format!("{}/lti/r/{}", settings.broker_url, subject.tile.key)));
    put(all, "custom", custom(subject));
}

/// Custom values are strings (LTI 1.3 core, section 5.4.6); the addresses in it name the course.
fn custom(subject: &Subject<'_>) -> Value {
    let (url, tile) = (&subject.settings.url, subject.tile);
    let mut values = Map::new();
    let setting = format!("{url}/mod/lti/services.php/tool/1/custom");
    values.insert("system_setting_url".into(), json!(setting));
    if let Some(course) = &tile.context {
        let members =
            format!("{url}/mod/lti/services.php/CourseSection/{}/bindings/1/memberships", course.id);
        values.insert("context_memberships_url".into(), json!(members));
    }
    if tile.send_resource {
        values.insert("resource".into(), json!(tile.resource));
    }
    if subject.person.send_uai {
        values.insert("uai".into(), json!(subject.person.uai));
    }
    Value::Object(values)
}

/// Where the link is placed (LTI 1.3 core, sections 5.3.5 and 5.4.1).
fn place(all: &mut Map<String, Value>, subject: &Subject<'_>) {
    let tile = subject.tile;
    let description = format!("{} — {}", tile.title, subject.person.school);
    let link = json!({"id": tile.resource_link, "title": tile.title, "description": description});
    put(all, "resource_link", link);
    if let Some(course) = &tile.context {
        let kind = ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"];
        let context = json!({"id": course.id, "label": course.label, "title": course.title, "type": kind});
        put(all, "context", context);
    }
}

/// The ENT itself (LTI 1.3 core, sections 5.4.2 and 5.4.4), and a claim that no standard knows.
fn platform(all: &mut Map<String, Value>, subject: &Subject<'_>) {
    let url = &subject.settings.url;
    let guid = url.split_once("://").map_or(url.as_str(), |(_, host)| host);
    let platform = json!({
        "guid": guid,
        "name": "Portail de démonstration",
        "description": "ENT de référence",
        "url": url,
        "product_family_code": "passerelle-demo",
        "version": env!("CARGO_PKG_VERSION"),
    });
    put(all, "tool_platform", platform);
    let showing = subject.showing;
    let way_back =
        [("person", subject.person.id.as_str()), ("open", showing.name()), ("lang", subject.locale)];
    let presentation = json!({
        "document_target": showing.document_target(),
        "locale": subject.locale,
        "return_url": with_query(&format!("{url}/return"), &way_back),
    });
    put(all, "launch_presentation", presentation);
    all.insert("https://www.instructure.com/placement".into(), json!("course_navigation"));
}
