//! The id_token for a publisher (LTI Core 1.3, sections 5.3 and 5.4), spelled from a departure and from nothing else.

use std::collections::BTreeMap;

use boundary::{AnswerTo, Attribute, Departure, TOKEN_LIFE, World};
use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};

use crate::issuer;
use crate::wire::claims;
use crate::wire::roles;

/// Attributes that have a claim of their own in LTI; the others travel as custom parameters under GAR's names.
const CLAIMED: [Attribute; 3] = [Attribute::Nom, Attribute::Pre, Attribute::PMel];

/// The claims of a departure.
pub fn claims(world: &dyn World, answer: &AnswerTo, departure: &Departure) -> Value {
    let (released, delivery) = (departure.released(), departure.delivery());
    let identifiers = released.identifiers();
    let now = world.now().unix_timestamp();
    let issuer = issuer(world.public_url());
    let mut token = Map::new();
    let mut put = |name: &str, value: Value| token.insert(name.to_owned(), value);
    put("iss", json!(issuer));
    put("aud", json!(delivery.tool.client_id));
    put("sub", json!(identifiers.person));
    put("iat", json!(now));
    put("exp", json!(now + TOKEN_LIFE.whole_seconds()));
    put("nonce", json!(answer.nonce));
    put(claims::MESSAGE_TYPE, json!(claims::RESOURCE_LINK_REQUEST));
    put(claims::VERSION, json!(claims::LTI_1_3));
    put(claims::DEPLOYMENT_ID, json!(identifiers.school));
    put(claims::TARGET_LINK_URI, json!(delivery.target_url));
    put(claims::RESOURCE_LINK, json!({ "id": link_id(departure), "title": delivery.title }));
    put(claims::ROLES, json!(roles::write(released.profile())));
    if let Some(id) = &identifiers.context {
        put(claims::CONTEXT, context(id.as_str(), &delivery.context_kinds));
    }
    put(claims::TOOL_PLATFORM, tool_platform(world));
    put(claims::LAUNCH_PRESENTATION, presentation(departure));
    put(&format!("{issuer}{}", claims::RECEIPT), json!(delivery.receipt));
    let custom = custom(departure);
    if !custom.is_empty() {
        put(claims::CUSTOM, json!(custom));
    }
    names(departure, &mut token);
    Value::Object(token)
}

/// A launch without a link of the ENT's (from a protocol that has none) is the school's own link to the resource: the
/// school's pseudonym with the digest of the address, which the publisher knows anyway and which may be long.
fn link_id(departure: &Departure) -> String {
    let identifiers = departure.released().identifiers();
    if let Some(link) = &identifiers.link {
        return link.as_str().to_owned();
    }
    let target = departure.delivery().target_url.as_str();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, target.as_bytes());
    format!("{}-{}", identifiers.school.as_str(), HEXLOWER.encode(digest.as_ref()))
}

fn context(id: &str, kinds: &[String]) -> Value {
    let uri = |kind: &String| format!("http://purl.imsglobal.org/vocab/lis/v2/course#{kind}");
    let kinds: Vec<_> = kinds.iter().map(uri).collect();
    if kinds.is_empty() { json!({ "id": id }) } else { json!({ "id": id, "type": kinds }) }
}

/// The platform is the broker, whoever the ENT is.
fn tool_platform(world: &dyn World) -> Value {
    let host = world.public_url().host_str().unwrap_or_default();
    json!({ "guid": host, "name": "Passerelle", "product_family_code": "passerelle",
            "version": env!("CARGO_PKG_VERSION") })
}

fn presentation(departure: &Departure) -> Value {
    let delivery = departure.delivery();
    let mut presentation = Map::new();
    if let Some(target) = delivery.target {
        presentation.insert("document_target".to_owned(), json!(target));
    }
    if let Some(locale) = &delivery.locale {
        presentation.insert("locale".to_owned(), json!(locale));
    }
    if let Some(url) = &delivery.return_url {
        presentation.insert("return_url".to_owned(), json!(url));
    }
    Value::Object(presentation)
}

/// Custom parameters are text (5.4.6); several values of an attribute are divided by semicolons.
fn custom(departure: &Departure) -> BTreeMap<String, String> {
    let mut custom = departure.delivery().custom.clone();
    let attributes = departure.released().attributes();
    for (attribute, values) in attributes.iter().filter(|(attribute, _)| !CLAIMED.contains(attribute)) {
        custom.insert(attribute.as_str().to_owned(), values.join(";"));
    }
    custom
}

fn names(departure: &Departure, token: &mut Map<String, Value>) {
    let attributes = departure.released().attributes();
    let (family, given) = (attributes.first(Attribute::Nom), attributes.first(Attribute::Pre));
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            token.insert(name.to_owned(), json!(value));
        }
    };
    put("family_name", family);
    put("given_name", given);
    if let (Some(given), Some(family)) = (given, family) {
        put("name", Some(&format!("{given} {family}")));
    }
    put("email", attributes.first(Attribute::PMel));
}
