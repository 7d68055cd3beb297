//! Parameters of login and authorization requests, from the bytes of a query or a form to where the browser is sent.
//!
//! The first byte says which door, modulo 4: `l` login, `m` the login of one connection (its name, a line end, the
//! form), `n` authorization, `o` the way back. Capital letters lay the fields over a request that is right: what they
//! do not name is added.

use std::collections::BTreeMap;

use boundary::{Body, Fields, In, Inbound, Method, Out, Outbound, Request, SealPurpose, Tickets};
use futures::FutureExt;
use passerelle::http::form;
use serde_json::json;
use url::Url;
use url::form_urlencoded::{Serializer, parse};

use super::Ending;
use super::world::{BACK, DRAWN, NOW, REDIRECTS, TOOL, request, stage};

const LOGIN: [(&str, &str); 4] = [
    ("iss", "https://ent.example"),
    ("login_hint", "somebody"),
    ("target_link_uri", "https://broker.example/lti/r/atlas"),
    ("client_id", "passerelle"),
];
const AUTHORIZE: [(&str, &str); 8] = [
    ("client_id", "outil"),
    ("redirect_uri", REDIRECTS[0]),
    ("scope", "openid"),
    ("response_type", "id_token"),
    ("response_mode", "form_post"),
    ("nonce", "n-1"),
    ("login_hint", DRAWN),
    ("state", "s-1"),
];

/// Reads parameters, takes them to their door, and asks whether the browser is sent only where it may.
pub fn run(data: &[u8]) -> Ending {
    let Some((&first, rest)) = data.split_first() else { return Ending::new("empty", "") };
    let (door, over) = (first % 4, first & 0x20 == 0);
    let (segment, rest) = match (door, rest.iter().position(|byte| *byte == b'\n')) {
        (1, Some(end)) => (str::from_utf8(&rest[..end]).unwrap_or_default(), &rest[end + 1..]),
        _ => ("ent-lis", rest),
    };
    let encoded = match (over, door) {
        (false, _) => rest.to_vec(),
        (true, 0) => laid_over(rest, &LOGIN),
        (true, 1) => laid_over(rest, &LOGIN[..3]),
        (true, _) => laid_over(rest, &AUTHORIZE),
    };
    let fields = match form::read(&encoded) {
        Ok(fields) => fields,
        Err(malformed) => return Ending::new("malformed", malformed.to_string()),
    };
    assert_read_as_others_read(&encoded, &fields);
    match door {
        0 => login("/lti/login", None, fields),
        1 => login("/lti/login/{connection}", Some(segment), fields),
        2 => authorize(fields),
        _ => way_back(&encoded, fields),
    }
}

fn laid_over(given: &[u8], right: &[(&str, &str)]) -> Vec<u8> {
    let names: Vec<_> = parse(given).map(|(name, _)| name.into_owned()).collect();
    let rest = right.iter().filter(|(name, _)| !names.iter().any(|own| own == name));
    let rest = Serializer::new(String::new()).extend_pairs(rest).finish();
    [given, b"&", rest.as_bytes()].concat()
}

/// What is read is what every other reader reads; what is given twice counts for nothing.
fn assert_read_as_others_read(encoded: &[u8], fields: &Fields) {
    let mut others: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in parse(encoded) {
        others.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    for (name, values) in &others {
        match values.as_slice() {
            [only] => assert_eq!(fields.one(name), Ok(Some(only.as_str())), "{name:?}"),
            _ => assert!(fields.one(name).is_err(), "{name:?} was given twice"),
        }
    }
}

fn login(door: &'static str, segment: Option<&str>, fields: Fields) -> Ending {
    let asked = request(door, Method::Post, segment, fields);
    let reply = match TOOL.step(stage(), &asked).now_or_never().unwrap() {
        Ok(In::Reply(reply)) => reply,
        Ok(In::Arrived(_)) => panic!("somebody arrived at the login"),
        Err(stop) => return Ending::stopped(&stop),
    };
    let Body::Redirect(to) = reply.body else { panic!("a login is answered with {:?}", reply.body) };
    let one = |name: &str| asked.fields.one(name).unwrap();
    let platform = stage().platforms.iter().find(|platform| {
        Some(&*platform.issuer) == one("iss")
            && one("client_id").is_none_or(|id| id.is_empty() || id == platform.client_id)
            && segment.is_none_or(|segment| segment == platform.id.as_str())
    });
    let platform = platform.expect("a registration that fits");
    assert_goes_to(&to, &platform.authorization_url);
    let mut wanted: Vec<(&str, &str)> = vec![
        ("scope", "openid"),
        ("response_type", "id_token"),
        ("response_mode", "form_post"),
        ("prompt", "none"),
        ("client_id", &platform.client_id),
        ("redirect_uri", "https://broker.example/lti/launch"),
        ("login_hint", one("login_hint").unwrap()),
        ("nonce", DRAWN),
    ];
    wanted.extend(
        one("lti_message_hint").filter(|hint| !hint.is_empty()).map(|hint| ("lti_message_hint", hint)),
    );
    let pairs: Vec<_> = to.query_pairs().collect();
    let registered = platform.authorization_url.query_pairs().count();
    assert_eq!(pairs.len(), registered + wanted.len() + 1, "parameters of somebody else: {to}");
    for (name, value) in wanted {
        let given: Vec<_> = pairs.iter().filter(|(own, _)| own == name).map(|(_, value)| &**value).collect();
        assert_eq!(given, [value], "{name}");
    }
    let [cookie] = reply.cookies.as_slice() else { panic!("{:?}", reply.cookies) };
    assert_eq!((cookie.path, cookie.max_age), ("/lti", 600));
    Ending::new("redirect", platform.id.as_str())
}

/// The same address but for what is asked of it.
fn assert_goes_to(to: &Url, registered: &Url) {
    let place = |url: &Url| {
        (url.origin(), url.path().to_owned(), url.username().to_owned(), url.password().is_some())
    };
    assert_eq!(place(to), place(registered), "{to}");
    assert!(
        to.fragment().is_none() && to.query().unwrap().starts_with(registered.query().unwrap_or("scope"))
    );
}

fn authorize(fields: Fields) -> Ending {
    let asked = request("/lti/authorize", Method::Post, None, fields);
    let one = |name: &str| asked.fields.one(name).unwrap();
    let (to, state, ending) = match lti::Platform.step(stage(), &asked).now_or_never().unwrap() {
        Ok(Out::Resume(handle, answer)) => {
            assert_eq!(Some(handle.as_str()), one("login_hint"));
            assert_eq!(Some(&*answer.nonce), one("nonce"));
            assert!(!answer.nonce.is_empty() && answer.nonce.len() <= 2048);
            assert_eq!(answer.tool.as_str(), "outil-web");
            (answer.redirect_uri, answer.state, Ending::new("resume", ""))
        }
        Ok(Out::Reply(reply)) => {
            assert!(reply.cookies.is_empty());
            let Body::AutoPost { to, fields } = reply.body else { panic!("answered with {:?}", reply.body) };
            let value =
                |name: &str| fields.iter().find(|(own, _)| *own == name).map(|(_, value)| value.clone());
            assert_eq!(value("id_token"), None);
            (to, value("state"), Ending::new(&value("error").unwrap(), value("error_description").unwrap()))
        }
        Err(stop) => return Ending::stopped(&stop),
    };
    assert_eq!(one("client_id"), Some("outil"));
    let given = one("redirect_uri").unwrap();
    assert!(REDIRECTS.contains(&given), "posted to {given}, which nobody registered");
    assert_eq!(to, Url::parse(given).unwrap());
    assert!(state.as_ref().is_none_or(|state| state.len() <= 2048));
    if let (Some(state), Ok(given)) = (state, asked.fields.one("state")) {
        assert_eq!(Some(&*state), given, "the state is echoed untouched");
    }
    ending
}

/// A tool may add its own words on the way back, and nothing else.
fn way_back(encoded: &[u8], fields: Fields) -> Ending {
    let to = format!("{BACK}/back?own=1");
    let plain = json!({ "to": to, "cookie": DRAWN, "issued": NOW.unix_timestamp() }).to_string();
    let sealed = stage().seal(SealPurpose::Return, plain.as_bytes()).unwrap();
    let cookies = Fields::new(vec![("passerelle-back".to_owned(), DRAWN.to_owned())]);
    let asked = Request { cookies, ..request("/lti/return/{ticket}", Method::Get, Some(&sealed), fields) };
    let Ok(Out::Reply(reply)) = lti::Platform.step(stage(), &asked).now_or_never().unwrap() else {
        panic!("a way back is a reply");
    };
    let Body::Redirect(to) = reply.body else { panic!("a way back is answered with {:?}", reply.body) };
    assert_eq!((to.origin().ascii_serialization().as_str(), to.path()), (BACK, "/back"));
    let given: Vec<_> = parse(encoded).collect();
    let mut pairs = to.query_pairs();
    assert_eq!(pairs.next().unwrap().0, "own");
    for (name, value) in pairs {
        assert!(["lti_msg", "lti_log", "lti_errormsg", "lti_errorlog"].contains(&&*name), "{name}");
        assert!(value.chars().count() <= 1000);
        assert!(given.iter().any(|(own, all)| *own == name && all.starts_with(&*value)));
    }
    Ending::new("way back", "")
}
