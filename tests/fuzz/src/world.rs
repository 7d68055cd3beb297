//! The world that the targets play in: three connections of two ENTs, one tool, a clock that stands still and chance
//! that is none. Only the keys of the peers differ from process to process, so that none lies in the repository.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use boundary::registration::{LtiPlatform, LtiTool};
use boundary::{
    Body, Chance, Clock, ConnectionId, Fault, Fields, In, Inbound, LaunchId, Method, PeerKeys, PublishedKeys,
    Registrations, Request, SealPurpose, Signatures, Tickets, World,
};
use bytes::Bytes;
use futures::FutureExt;
use jose::seal::{Seal, SealingKey};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;
use url::Url;

use super::peers::{Peers, cookie_of};

/// The time of this world.
pub const NOW: OffsetDateTime = datetime!(2026-11-24 08:05 UTC);
/// What chance gives in this world.
pub const DRAWN: &str = "aebagbafaydqqcikbmga2dqpca";
/// The connector as the broker runs it unless told otherwise: clocks may differ by a minute.
pub static TOOL: lti::Tool = lti::Tool::with_leeway(60);
/// Where the tool may be answered.
pub const REDIRECTS: [&str; 2] = ["https://outil.example/launch", "https://outil.example/launch?v=2"];
/// An address of the ENT's, and the only origin that people are sent back to.
pub const BACK: &str = "https://ent.example";

/// The stage.
pub struct Stage {
    pub peers: Peers,
    pub platforms: [Arc<LtiPlatform>; 3],
    tool: Arc<LtiTool>,
    seal: Seal,
    public_url: Url,
}

/// The one stage of this process.
pub fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| Stage {
        peers: Peers::new(),
        platforms: platforms().map(|value| Arc::new(serde_json::from_value(value).unwrap())),
        tool: Arc::new(serde_json::from_value(tool()).unwrap()),
        seal: Seal::new(vec![SealingKey::from_bits([7; 32])]),
        public_url: Url::parse("https://broker.example").unwrap(),
    })
}

/// Two connections share an issuer; each matches people by another claim, and one lets the ENT name the school.
fn platforms() -> [Value; 3] {
    let platform = |id: &str, issuer: &str, client: &str, key: &str, authorization: &str| {
        json!({
            "id": id, "ent": "ent", "issuer": issuer, "client_id": client, "namespace": id, "match": key,
            "deployments": [{ "id": "1", "schools": ["0750001U"] }, { "id": "2" }],
            "authorization_url": authorization, "keys": { "jwks_uri": format!("{issuer}/jwks") },
            "return_origins": [BACK],
        })
    };
    let asks = "https://ent.example/authorize";
    let mut first = platform("ent-sub", "https://ent.example", "passerelle", "sub", asks);
    first["school_claim"] = json!("ecole");
    [
        first,
        platform("ent-lis", "https://ent.example", "passerelle-2", "lis.person_sourcedid", asks),
        platform(
            "ent-custom",
            "https://lms.example",
            "passerelle",
            "custom.matricule",
            "https://lms.example/a?b=c",
        ),
    ]
}

fn tool() -> Value {
    json!({
        "tool": "outil-web", "sector": "outil", "client_id": "outil", "redirect_uris": REDIRECTS,
        "login_url": "https://outil.example/login", "target_url": "https://outil.example/",
    })
}

impl Clock for Stage {
    fn now(&self) -> OffsetDateTime {
        NOW
    }
}

impl Chance for Stage {
    fn fill(&self, bytes: &mut [u8]) {
        (1..).zip(bytes).for_each(|(value, byte)| *byte = value);
    }
}

impl Tickets for Stage {
    fn seal(&self, purpose: SealPurpose, plain: &[u8]) -> Result<String, Fault> {
        self.seal.seal(purpose.as_str(), plain).map_err(|e| Fault::new(e.to_string()))
    }

    fn open(&self, purpose: SealPurpose, sealed: &str) -> Option<Vec<u8>> {
        self.seal.open(purpose.as_str(), sealed)
    }
}

impl Signatures for Stage {
    fn sign_lti(&self, claims: &[u8]) -> Result<String, Fault> {
        self.peers.signer.sign(claims).map_err(|e| Fault::new(e.to_string()))
    }
}

impl PublishedKeys for Stage {
    fn jwks(&self) -> Result<Bytes, Fault> {
        Ok(Bytes::from_static(b"{\"keys\":[]}"))
    }
}

#[async_trait]
impl Registrations for Stage {
    async fn lti_platforms(&self, issuer: &str) -> Result<Vec<Arc<LtiPlatform>>, Fault> {
        Ok(self.platforms.iter().filter(|platform| platform.issuer == issuer).cloned().collect())
    }

    async fn lti_platform(&self, connection: &ConnectionId) -> Result<Option<Arc<LtiPlatform>>, Fault> {
        Ok(self.platforms.iter().find(|platform| platform.id == *connection).cloned())
    }

    async fn lti_tool(&self, client_id: &str) -> Result<Option<Arc<LtiTool>>, Fault> {
        Ok((client_id == self.tool.client_id).then(|| Arc::clone(&self.tool)))
    }
}

#[async_trait]
impl PeerKeys for Stage {
    async fn key_of(&self, _: &LtiPlatform, kid: &str) -> Result<Option<Arc<str>>, Fault> {
        Ok(self.peers.key(kid).map(Arc::from))
    }
}

impl World for Stage {
    fn public_url(&self) -> &Url {
        &self.public_url
    }
}

/// A request at a door.
pub fn request(door: &'static str, method: Method, segment: Option<&str>, fields: Fields) -> Request {
    Request {
        launch: LaunchId::draw(stage()),
        door,
        method,
        segment: segment.map(str::to_owned),
        fields,
        cookies: Fields::default(),
        locale: "fr",
    }
}

/// Fields of pairs.
pub fn fields(pairs: &[(&str, &str)]) -> Fields {
    Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

/// A sign-on that was begun over each connection.
pub struct SignOn {
    pub state: String,
    cookie: (String, String),
}

/// The sign-on of a connection, begun once in this process.
pub fn sign_on(connection: usize) -> &'static SignOn {
    static BEGUN: OnceLock<[SignOn; 3]> = OnceLock::new();
    let begun = BEGUN.get_or_init(|| std::array::from_fn(|at| begin(&stage().platforms[at])));
    &begun[connection % begun.len()]
}

fn begin(platform: &LtiPlatform) -> SignOn {
    let asked = fields(&[
        ("iss", &platform.issuer),
        ("login_hint", "somebody"),
        ("target_link_uri", "https://broker.example/lti/r/atlas"),
    ]);
    let request = request("/lti/login/{connection}", Method::Post, Some(platform.id.as_str()), asked);
    let step = TOOL.step(stage(), &request).now_or_never().unwrap().unwrap();
    let In::Reply(reply) = step else { panic!("a login is not an arrival") };
    let Body::Redirect(to) = reply.body else { panic!("a login is answered with a redirect") };
    let (_, state) = to.query_pairs().find(|(name, _)| name == "state").unwrap();
    let cookie = (cookie_of(&state), reply.cookies[0].value.clone());
    SignOn { state: state.into_owned(), cookie }
}

/// What a browser posts to end a sign-on.
pub fn launch(sign_on: &SignOn, token: &str) -> Request {
    let posted = fields(&[("state", &sign_on.state), ("id_token", token)]);
    let cookies = Fields::new(vec![sign_on.cookie.clone()]);
    Request { cookies, ..request("/lti/launch", Method::Post, None, posted) }
}
