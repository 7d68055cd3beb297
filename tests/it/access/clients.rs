//! Clients: programs that sign for their tokens (RFC 7523), and those who forge, repeat or misdirect what they sign.

use conformance::jose::{SigningKey, forge_hs256, forge_none, jwks};
use serde_json::{Value, json};

use super::visitor::{Answer, Visitor};
use crate::stage::{Broker, Engine, Stage, on_both_engines};

const CLIENT: &str = "client-entreprise";
const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

struct Program {
    stage: Stage,
    key: SigningKey,
    visitor: Visitor,
}

#[expect(clippy::disallowed_methods, reason = "a test is a caller, and callers own the clock")]
fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp()
}

impl Program {
    async fn open(engine: Engine) -> Self {
        let (stage, key) = (Stage::plain(engine).await, SigningKey::generate().unwrap());
        let file = stage.database.folder().join("jwks.json");
        std::fs::write(&file, jwks([&key]).to_string()).unwrap();
        let made = stage.command(&[
            "accounts",
            "add",
            CLIENT,
            "--role",
            "operator",
            "--scope",
            "tools:write",
            "--scope",
            "ents:read",
            "--jwks",
            file.to_str().unwrap(),
        ]);
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        let visitor = Visitor::of(&stage.broker.url);
        Self { stage, key, visitor }
    }

    fn claims(&self, id: &str) -> Value {
        let aud = format!("{}/api/v1/token", self.stage.broker.url);
        json!({ "iss": CLIENT, "sub": CLIENT, "aud": aud, "iat": now(), "exp": now() + 120, "jti": id })
    }

    fn signed(&self, claims: &Value) -> String {
        self.key.sign(&self.key.header(), claims).unwrap()
    }

    async fn ask(&mut self, assertion: &str, more: &[(&str, &str)]) -> Answer {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", TYPE),
            ("client_assertion", assertion),
        ];
        let fields: Vec<_> = fields.into_iter().chain(more.iter().copied()).collect();
        self.visitor.post("/api/v1/token", &fields).await
    }
}

async fn a_client_that_signs_has_a_token_for_an_hour(engine: Engine) {
    let mut program = Program::open(engine).await;
    let assertion = program.signed(&program.claims("1"));
    let answer = program.ask(&assertion, &[("scope", "tools:read")]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    let given = answer.json();
    assert_eq!((given["token_type"].as_str(), given["expires_in"].as_i64()), (Some("Bearer"), Some(3600)));
    assert_eq!(given["scope"], "tools:read");
    let token = given["access_token"].as_str().unwrap().to_owned();
    let me = program.visitor.call("/api/v1/me", &format!("Bearer {token}")).await;
    assert_eq!(me.json()["account"], CLIENT);
    assert!(!String::from_utf8_lossy(&program.stage.database.bytes()).contains(&token));
    // Whatever the client may have, where it asks for nothing.
    let assertion = program.signed(&program.claims("2"));
    assert_eq!(
        program.ask(&assertion, &[("client_id", CLIENT)]).await.json()["scope"],
        "ents:read tools:write"
    );
    // Shut, it has nothing any more, and is given nothing.
    assert_eq!(program.stage.command(&["accounts", "disable", CLIENT]).code, Some(0));
    assert_eq!(program.visitor.call("/api/v1/me", &format!("Bearer {token}")).await.status, 401);
    let assertion = program.signed(&program.claims("3"));
    assert_eq!(program.ask(&assertion, &[]).await.json()["error"], "invalid_client");
}

async fn an_assertion_counts_once_on_every_host(engine: Engine) {
    let mut program = Program::open(engine).await;
    let assertion = program.signed(&program.claims("once"));
    assert_eq!(program.ask(&assertion, &[]).await.status, 200);
    let again = program.ask(&assertion, &[]).await;
    assert_eq!((again.status, again.json()["error"].as_str()), (401, Some("invalid_client")));
    let second = Broker::beside(&program.stage.broker);
    program.visitor.origin = second.url.clone();
    assert_eq!(program.ask(&assertion, &[]).await.status, 401);
}

async fn what_is_forged_or_meant_for_others_brings_nothing(engine: Engine) {
    let mut program = Program::open(engine).await;
    let honest = program.claims("x");
    let with = |name: &str, value: Value| {
        let mut claims = honest.clone();
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = honest.clone();
        claims.as_object_mut().unwrap().remove(name);
        claims
    };
    let cases = [
        ("another audience", with("aud", json!("https://elsewhere.example/token"))),
        ("no audience", without("aud")),
        ("expired", with("exp", json!(now() - 3600))),
        ("never expires", without("exp")),
        ("expires in a day", with("exp", json!(now() + 86_400))),
        ("no jti", without("jti")),
        ("an empty jti", with("jti", json!(""))),
        ("another subject", with("sub", json!("client-autre"))),
        ("an unknown client", with("iss", json!("client-inconnu"))),
        ("no issuer", without("iss")),
        ("from the future", with("nbf", json!(now() + 3600))),
        ("an account of a person", with("iss", json!("op-nuit"))),
    ];
    for (name, claims) in cases {
        let assertion = program.signed(&claims);
        let answer = program.ask(&assertion, &[]).await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (401, Some("invalid_client")), "{name}");
    }
    let other = SigningKey::generate().unwrap();
    let header = program.key.header();
    let forged = [
        ("alg none", forge_none(&honest)),
        ("alg HS256", forge_hs256(&program.key.public_pem().unwrap(), program.key.kid(), &honest).unwrap()),
        ("another key under its id", other.sign(&header, &honest).unwrap()),
        ("an unknown key", other.sign(&other.header(), &honest).unwrap()),
        ("no JWS", "x".to_owned()),
        ("nothing signed", format!("{}.", program.signed(&honest).rsplit_once('.').unwrap().0)),
    ];
    for (name, assertion) in forged {
        let answer = program.ask(&assertion, &[]).await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (401, Some("invalid_client")), "{name}");
    }
    let assertion = program.signed(&honest);
    let named = program.ask(&assertion, &[("client_id", "client-autre")]).await;
    assert_eq!(named.json()["error"], "invalid_client");
    let more = program.ask(&assertion, &[("scope", "ents:write")]).await;
    assert_eq!((more.status, more.json()["error"].as_str()), (400, Some("invalid_scope")));
    assert_eq!(program.ask(&assertion, &[]).await.status, 200, "what was refused used nothing up");
}

async fn a_request_in_another_form_is_told_so(engine: Engine) {
    let mut program = Program::open(engine).await;
    let assertion = program.signed(&program.claims("1"));
    let post = async |program: &mut Program, fields: &[(&str, &str)]| {
        let answer = program.visitor.post("/api/v1/token", fields).await;
        (answer.status, answer.json()["error"].as_str().unwrap().to_owned())
    };
    let bad = |error: &str| (400, error.to_owned());
    let own = [("client_assertion_type", TYPE), ("client_assertion", assertion.as_str())];
    assert_eq!(post(&mut program, &own).await, bad("invalid_request"));
    let with = |grant: &'static str| [&own[..], &[("grant_type", grant)]].concat();
    assert_eq!(post(&mut program, &with("authorization_code")).await, bad("unsupported_grant_type"));
    let doubled =
        [&with("client_credentials")[..], &[("scope", "ents:read"), ("scope", "ents:read")]].concat();
    assert_eq!(post(&mut program, &doubled).await, bad("invalid_request"));
    let secret = [("grant_type", "client_credentials"), ("client_id", CLIENT), ("client_secret", "x")];
    assert_eq!(post(&mut program, &secret).await, bad("invalid_request"));
}

on_both_engines! {
    a_client_that_signs_has_a_token_for_an_hour,
    an_assertion_counts_once_on_every_host,
    what_is_forged_or_meant_for_others_brings_nothing,
    a_request_in_another_form_is_told_so,
}
