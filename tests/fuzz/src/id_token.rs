//! The id_token of an ENT, from its bytes to an arrival, and an arrival parked and taken up again.
//!
//! The first byte says how the token is made, modulo 4, and over which connection it comes:
//!
//! - `p`: a JSON merge patch over claims that are right, signed. So small inputs reach what stands behind the signature.
//! - `q`: a header, over claims that are right; the signature is an HMAC under the public key.
//! - `r`: the token itself.
//! - `s`: a header, a line end, and claims as they are, signed; either may be empty and is then the right one.

use boundary::{Arrival, Attribute, In, Inbound, SchoolClaim, Wanted};
use data_encoding::BASE64URL_NOPAD;
use futures::FutureExt;
use serde_json::{Value, json};
use time::Duration;
use url::Url;

use super::Ending;
use super::peers::patch;
use super::world::{BACK, DRAWN, NOW, TOOL, launch, sign_on, stage};

const LTI: &str = "https://purl.imsglobal.org/spec/lti/claim/";
const HEADER: &[u8] = br#"{"alg":"ES256","kid":"ec"}"#;

/// Lets a token in, and asks whether what it became is what it says.
pub fn run(data: &[u8]) -> Ending {
    let Some((&first, rest)) = data.split_first() else { return Ending::new("empty", "") };
    let connection = usize::from((first / 4 + 2) % 3);
    let token = match first % 4 {
        0 => patched(connection, rest),
        1 => Some(stage().peers.forge(or(rest, HEADER), &right(connection))),
        2 => str::from_utf8(rest).ok().map(str::to_owned),
        _ => Some(written(connection, rest)),
    };
    let Some(token) = token else { return Ending::new("unmade", "") };
    let signed_by_peer = first % 4 == 0 || first % 4 == 3;
    let step = TOOL.step(stage(), &launch(sign_on(connection), &token)).now_or_never().unwrap();
    match step {
        Ok(In::Arrived(arrival)) => {
            assert!(signed_by_peer, "nobody who can sign signed this: {token}");
            assert_believable_header(&token);
            assert_right(connection, &claims_of(&token));
            assert_says_what_claims_say(connection, &arrival, &claims_of(&token));
            assert_parks(&arrival);
            Ending::new("arrived", format!("{:?}", arrival.wanted))
        }
        Ok(In::Reply(reply)) => panic!("a launch is answered with {reply:?}"),
        Err(stop) => {
            let back = match &stop {
                boundary::Stop::Refused(refusal) => refusal.back().return_url.clone(),
                boundary::Stop::Fault(_) => None,
            };
            assert!(back.is_none_or(|url| is_the_ents(&url)), "a way back that is nobody's");
            let ending = Ending::stopped(&stop);
            let known = ["token_invalid", "message_unsupported"];
            assert!(known.contains(&ending.word.as_str()), "{ending:?}");
            ending
        }
    }
}

/// Claims of an ENT that does everything right.
fn claims(connection: usize) -> Value {
    let platform = &stage().platforms[connection];
    let now = NOW.unix_timestamp();
    json!({
        "iss": platform.issuer, "aud": platform.client_id, "sub": "s-1", "nonce": DRAWN, "iat": now, "exp": now + 300,
        format!("{LTI}message_type"): "LtiResourceLinkRequest",
        format!("{LTI}version"): "1.3.0",
        format!("{LTI}deployment_id"): "1",
        format!("{LTI}target_link_uri"): "https://broker.example/lti/r/atlas?idEtab=0750001U",
        format!("{LTI}resource_link"): { "id": "lien-7" },
        format!("{LTI}roles"): ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student"],
        format!("{LTI}context"): { "id": "cours-7", "type": ["CourseSection"] },
        format!("{LTI}lis"): { "person_sourcedid": "l-1" },
        format!("{LTI}custom"): { "matricule": "m-1", "ecole": "0750001U" },
        format!("{LTI}launch_presentation"): { "return_url": "https://ent.example/back", "locale": "fr" },
        "given_name": "Prénom", "family_name": "Nom", "email": "nom@ent.example",
    })
}

fn right(connection: usize) -> Vec<u8> {
    claims(connection).to_string().into_bytes()
}

/// Claim names of LTI are long: `~` at the beginning of a name stands for what they share.
fn patched(connection: usize, change: &[u8]) -> Option<String> {
    let text = str::from_utf8(change).ok()?.replace("\"~", &format!("\"{LTI}"));
    let change: Value = serde_json::from_str(&text).ok()?;
    let mut all = claims(connection);
    patch(&mut all, &change);
    Some(stage().peers.sign(HEADER, all.to_string().as_bytes()))
}

fn written(connection: usize, text: &[u8]) -> String {
    let mut halves = text.splitn(2, |byte| *byte == b'\n');
    let (header, claims) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
    stage().peers.sign(or(header, HEADER), or(claims, &right(connection)))
}

fn or<'a>(given: &'a [u8], otherwise: &'a [u8]) -> &'a [u8] {
    if given.is_empty() { otherwise } else { given }
}

/// What the token says, read without the broker.
fn claims_of(token: &str) -> Value {
    part(token, 1)
}

fn part(token: &str, at: usize) -> Value {
    let part = token.split('.').nth(at).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
}

/// The algorithm is one of the key's own, and nothing critical stands in the header.
fn assert_believable_header(token: &str) {
    let header = part(token, 0);
    let pair = (header["kid"].as_str().unwrap(), header["alg"].as_str().unwrap());
    assert!(
        [
            ("ec", "ES256"),
            ("rsa", "RS256"),
            ("rsa", "RS384"),
            ("rs384", "RS384"),
            ("pem", "RS256"),
            ("pem", "RS384")
        ]
        .contains(&pair),
        "{pair:?}"
    );
    assert!(header.get("crit").is_none());
}

/// Every rule of LTI Core 1.3, section 5.1.3, once more and in other words than the connector's.
fn assert_right(connection: usize, claims: &Value) {
    let platform = &stage().platforms[connection];
    let lti = |name: &str| &claims[format!("{LTI}{name}")];
    assert_eq!(claims["iss"], platform.issuer.as_str());
    let audiences: Vec<&str> = match &claims["aud"] {
        Value::Array(all) => all.iter().map(|one| one.as_str().unwrap()).collect(),
        one => vec![one.as_str().unwrap()],
    };
    assert!(!audiences.is_empty() && audiences.iter().all(|one| *one == platform.client_id));
    assert!(claims.get("azp").is_none_or(|azp| azp == platform.client_id.as_str()));
    let now = NOW.unix_timestamp() as f64;
    assert!(claims["exp"].as_f64().unwrap() > now - 61.0, "expired");
    let issued = claims["iat"].as_f64().unwrap();
    assert!(issued > now - 661.0 && issued < now + 61.0, "issued at another time");
    assert_eq!(claims["nonce"], DRAWN);
    assert_eq!(lti("version"), "1.3.0");
    assert_eq!(lti("message_type"), "LtiResourceLinkRequest");
    assert!(lti("roles").is_array());
    for text in [lti("deployment_id"), &claims["sub"]] {
        let text = text.as_str().unwrap();
        assert!(!text.is_empty() && text.len() < 256 && text.is_ascii());
    }
    let target = Url::parse(lti("target_link_uri").as_str().unwrap()).unwrap();
    assert_eq!((target.scheme(), target.host_str(), target.port()), ("https", Some("broker.example"), None));
    let link = lti("resource_link")["id"].as_str().unwrap();
    assert!(!link.is_empty() && link.len() < 256);
}

/// Nothing in an arrival that the claims do not say.
fn assert_says_what_claims_say(connection: usize, arrival: &Arrival, claims: &Value) {
    let platform = &stage().platforms[connection];
    let lti = |name: &str| &claims[format!("{LTI}{name}")];
    assert_eq!((&arrival.via.ent, &arrival.via.connection), (&platform.ent, &platform.id));
    assert_eq!(arrival.via.deployment.as_deref(), lti("deployment_id").as_str());
    assert_eq!(arrival.namespace, platform.namespace);
    let named = [&claims["sub"], &lti("lis")["person_sourcedid"], &lti("custom")["matricule"]];
    assert_eq!(Some(&*arrival.subject), named[connection].as_str());
    assert!(!arrival.subject.is_empty() && arrival.subject.len() < 256);
    let of_link = ["uai", "UAI"].iter().any(|name| lti("custom")[*name].is_string());
    match &arrival.school {
        SchoolClaim::Signed(uai) => {
            let claim = platform.school_claim.as_deref().expect("a link's words are no signature");
            let text = lti("custom")[claim].as_str().unwrap();
            assert_eq!(text.trim().to_uppercase(), uai.as_str());
        }
        SchoolClaim::Hinted(_) => assert!(of_link || lti("target_link_uri").as_str().unwrap().contains('?')),
        SchoolClaim::Silent | SchoolClaim::Unreadable => {}
    }
    match &arrival.wanted {
        Wanted::Ark(ark) => assert!(lti("custom")["resource"].as_str().unwrap().ends_with(ark.as_str())),
        Wanted::Key(key) => assert!(lti("target_link_uri").as_str().unwrap().contains(key.as_str())),
        Wanted::Unnamed => {}
    }
    let spelled =
        [(Attribute::Nom, "family_name"), (Attribute::Pre, "given_name"), (Attribute::PMel, "email")];
    for (attribute, values) in arrival.attributes.iter() {
        let (_, claim) =
            spelled.iter().find(|(own, _)| *own == attribute).expect("an attribute that no claim spells");
        assert!(values.iter().all(|value| claims[*claim].as_str() == Some(value)));
    }
    assert!(arrival.return_url.as_ref().is_none_or(is_the_ents), "a way back that is nobody's");
    assert!(arrival.locale.as_deref().is_none_or(|locale| ["fr", "en"].contains(&locale)));
    let remembered = arrival.proof.until - NOW;
    assert!((Duration::minutes(10)..=Duration::minutes(20)).contains(&remembered), "{remembered}");
    assert!(arrival.proof.key.starts_with(&format!("{} ", platform.id)));
}

fn is_the_ents(url: &Url) -> bool {
    url.origin().ascii_serialization() == BACK
}

/// What is parked is what is taken up.
fn assert_parks(arrival: &Arrival) {
    let parked = serde_json::to_vec(arrival).unwrap();
    assert!(serde_json::from_slice::<Arrival>(&parked).unwrap() == *arrival, "parking changed an arrival");
}
