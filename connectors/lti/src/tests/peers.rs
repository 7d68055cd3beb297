//! The peers: an ENT with its key, a publisher's tool, and a person between them. All invented.

use std::sync::OnceLock;

use boundary::registration::{Deployment, KeySource, LtiPlatform, LtiTool, MatchKey};
use boundary::{ConnectionId, EntId, SectorId, ToolId};
use jose::sign::RsaSigner;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;
use url::Url;

use super::Earth;

/// When these tests begin.
pub const NOW: OffsetDateTime = datetime!(2026-11-24 08:05 UTC);
pub const ENT_ISSUER: &str = "https://ent.example";

fn once(cell: &'static OnceLock<RsaSigner>) -> &'static RsaSigner {
    cell.get_or_init(|| RsaSigner::generate().unwrap())
}

/// The ENT's key.
pub fn ent_key() -> &'static RsaSigner {
    static KEY: OnceLock<RsaSigner> = OnceLock::new();
    once(&KEY)
}

/// The broker's key towards publishers.
pub fn ours() -> &'static RsaSigner {
    static KEY: OnceLock<RsaSigner> = OnceLock::new();
    once(&KEY)
}

/// A key that nobody registered.
pub fn stranger_key() -> &'static RsaSigner {
    static KEY: OnceLock<RsaSigner> = OnceLock::new();
    once(&KEY)
}

/// Registers an ENT, with its key, under an id and a client id.
pub fn ent(world: &Earth, id: &str, client_id: &str) -> LtiPlatform {
    let connection = ConnectionId::parse(id).unwrap();
    let platform = LtiPlatform {
        id: connection.clone(),
        ent: EntId::parse("ent").unwrap(),
        issuer: ENT_ISSUER.to_owned(),
        client_id: client_id.to_owned(),
        deployments: vec![Deployment { id: "1".to_owned(), schools: vec![] }],
        authorization_url: Url::parse("https://ent.example/authorize?tenant=4").unwrap(),
        token_url: None,
        token_audience: None,
        keys: KeySource::JwksUri(Url::parse("https://ent.example/jwks.json").unwrap()),
        namespace: "ent".to_owned(),
        match_key: MatchKey::Sub,
        schools: vec![],
        provision: false,
        school_claim: Some("uai".to_owned()),
        trust_context_roles: false,
        jit_staff: false,
        return_origins: vec![ENT_ISSUER.to_owned()],
    };
    world.platforms.lock().unwrap().push(platform.clone());
    let key = (connection, ent_key().kid().to_owned(), ent_key().public_jwk().to_string());
    world.peer_keys.lock().unwrap().push(key);
    platform
}

/// Registers a publisher's tool.
pub fn tool(world: &Earth) -> LtiTool {
    let tool = LtiTool {
        tool: ToolId::parse("atlas-web").unwrap(),
        sector: SectorId::parse("atlas").unwrap(),
        client_id: "atlas".to_owned(),
        login_url: Url::parse("https://publisher.example/login?via=broker").unwrap(),
        redirect_uris: vec![
            "https://publisher.example/launch".to_owned(),
            "https://publisher.example".to_owned(),
        ],
        keys: None,
        target_url: Url::parse("https://publisher.example/atlas").unwrap(),
        custom: [("chapter".to_owned(), "1".to_owned())].into(),
    };
    world.tools.lock().unwrap().push(tool.clone());
    tool
}

/// What the ENT says of a pupil, in a token that passes every check while the clock stands at [`NOW`].
pub fn person(nonce: &str) -> Value {
    let claim = |name: &str| format!("https://purl.imsglobal.org/spec/lti/claim/{name}");
    json!({
        "iss": ENT_ISSUER,
        "aud": "broker",
        "sub": "raw-sub-4711",
        "iat": NOW.unix_timestamp(),
        "exp": NOW.unix_timestamp() + 60,
        "nonce": nonce,
        "given_name": "Rawgiven",
        "family_name": "Rawfamily",
        "email": "raw.mail@ent.example",
        claim("message_type"): "LtiResourceLinkRequest",
        claim("version"): "1.3.0",
        claim("deployment_id"): "1",
        claim("target_link_uri"): "https://broker.example/lti/r/atlas",
        claim("roles"): ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student"],
        claim("resource_link"): { "id": "raw-link-17", "title": "Raw title" },
        claim("context"): { "id": "raw-course-6A", "title": "Raw course", "type": ["CourseSection"] },
        claim("launch_presentation"): { "document_target": "iframe", "locale": "fr-FR",
                                        "return_url": "https://ent.example/back?course=raw-course-6A" },
        claim("lis"): { "person_sourcedid": "raw-national-number" },
        claim("custom"): { "uai": "0750001U" },
    })
}

/// A token under a key.
pub fn token_by(signer: &RsaSigner, claims: &Value) -> String {
    signer.sign(claims.to_string().as_bytes()).unwrap()
}
