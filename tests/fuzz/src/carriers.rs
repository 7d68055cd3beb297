//! The carriers between two requests: sealed tickets, the way back, handles, and what is parked.
//!
//! The first byte says what the rest is, modulo 8:
//!
//! - `h`: a handle.
//! - `i`: a sealed text of a stranger's.
//! - `j`: what a `state` holds, sealed with the right key: even so it lets nobody in without cookie and token.
//! - `k`: what a way back holds, sealed with the right key.
//! - `l`: changes to a sealed text, three bytes each: where, counted from its end (two bytes), and by how much the letter
//!   there is moved on in its alphabet, or from 128 on what stands there then.
//! - `m`: something to seal, which must come back and open for no other purpose.
//! - `n`: a parked arrival.
//! - `o`: the header of a sealed text whose other parts are genuine.

use boundary::{
    Arrival, Body, Fields, Handle, In, Inbound, Method, Out, Outbound, Request, SealPurpose, Tickets,
};
use data_encoding::BASE64URL_NOPAD;
use futures::FutureExt;
use serde_json::Value;

use super::Ending;
use super::peers::cookie_of;
use super::world::{NOW, TOOL, fields, request, sign_on, stage};

const PURPOSES: [SealPurpose; 4] = SealPurpose::ALL;

/// Hands a carrier in, and asks whether it opened only what it may.
pub fn run(data: &[u8]) -> Ending {
    let Some((&first, rest)) = data.split_first() else { return Ending::new("empty", "") };
    if first % 8 == 4 {
        return changed(rest);
    }
    if first % 8 == 5 {
        return sealed(rest);
    }
    if first % 8 == 7 {
        return headed(rest);
    }
    let Ok(text) = str::from_utf8(rest) else { return Ending::new("not text", "") };
    match first % 8 {
        0 => handle(text),
        1 => foreign(text),
        2 => ticket(text),
        3 => way_back(text),
        _ => arrival(text),
    }
}

fn handle(text: &str) -> Ending {
    match Handle::parse(text) {
        Ok(handle) => {
            let alphabet = |byte: u8| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte);
            assert!(text.len() == 26 && text.bytes().all(alphabet), "{text:?} is a handle");
            assert_eq!(handle.as_str(), text);
            assert!(!format!("{handle:?}").contains(text), "a handle is a secret");
            Ending::new("handle", "")
        }
        Err(error) => Ending::new("no handle", error.to_string()),
    }
}

/// Whoever has no key has no ticket, at any door that takes one.
fn foreign(text: &str) -> Ending {
    for purpose in PURPOSES {
        assert_eq!(stage().open(purpose, text), None, "a stranger sealed for {purpose:?}");
    }
    assert_eq!(follow(text, Fields::default(), Fields::default()), None);
    post_state(text, Fields::default())
}

/// A `state` posted without a token: nothing comes of it but a refusal.
fn post_state(state: &str, cookies: Fields) -> Ending {
    let posted = request("/lti/launch", Method::Post, None, fields(&[("state", state)]));
    let step = TOOL.step(stage(), &Request { cookies, ..posted }).now_or_never().unwrap();
    let ending = match step {
        Ok(In::Arrived(_)) => panic!("somebody arrived without a token"),
        Ok(In::Reply(reply)) => panic!("a launch is answered with {reply:?}"),
        Err(stop) => Ending::stopped(&stop),
    };
    let known = ["launch_stale", "registration_unknown", "browser_unbound"];
    assert!(known.contains(&ending.word.as_str()), "{ending:?}");
    ending
}

fn ticket(plain: &str) -> Ending {
    let state = stage().seal(SealPurpose::LtiState, plain.as_bytes()).unwrap();
    let read: Value = serde_json::from_str(plain).unwrap_or_default();
    let unbound = post_state(&state, Fields::default());
    assert_ne!(unbound.says, "id_token is missing", "the cookie was not asked for");
    let Some(cookie) = read["cookie"].as_str() else { return unbound };
    assert!(read["connection"].is_string() || unbound.word == "launch_stale");
    post_state(&state, fields(&[(&cookie_of(&state), cookie)]))
}

fn way_back(plain: &str) -> Ending {
    let sealed = stage().seal(SealPurpose::Return, plain.as_bytes()).unwrap();
    let said =
        fields(&[("lti_msg", plain), ("lti_errormsg", "again"), ("lti_errormsg", "again"), ("other", "x")]);
    assert_eq!(follow(&sealed, said.clone(), Fields::default()), None, "the cookie was not asked for");
    let read: Value = serde_json::from_str(plain).unwrap_or_default();
    let cookies = fields(&[("passerelle-back", read["cookie"].as_str().unwrap_or_default())]);
    let Some(to) = follow(&sealed, said, cookies) else { return Ending::new("nowhere", "") };
    let mut wanted = url::Url::parse(read["to"].as_str().unwrap()).unwrap();
    let short: String = plain.chars().take(1000).collect();
    wanted.query_pairs_mut().append_pair("lti_msg", &short);
    assert_eq!(to, wanted);
    let age = NOW.unix_timestamp() - read["issued"].as_i64().unwrap();
    assert!((-60..=12 * 3600).contains(&age), "a way back of another time");
    Ending::new("way back", "")
}

/// Where a way back leads, if anywhere.
fn follow(sealed: &str, said: Fields, cookies: Fields) -> Option<url::Url> {
    let asked = request("/lti/return/{ticket}", Method::Get, Some(sealed), said);
    let request = Request { cookies, ..asked };
    let Ok(Out::Reply(reply)) = lti::Platform.step(stage(), &request).now_or_never().unwrap() else {
        panic!("a way back is a reply");
    };
    assert!(reply.cookies.is_empty());
    match reply.body {
        Body::Redirect(to) => Some(to),
        Body::Page(_) => None,
        other => panic!("a way back is answered with {other:?}"),
    }
}

fn changed(changes: &[u8]) -> Ending {
    let genuine = &sign_on(0).state;
    let mut bytes = genuine.clone().into_bytes();
    for change in changes.chunks_exact(3) {
        let back = usize::from(change[0]) << 8 | usize::from(change[1]);
        let at = bytes.len() - 1 - back % bytes.len();
        bytes[at] = moved(bytes[at], change[2]);
    }
    let Ok(text) = String::from_utf8(bytes) else { return Ending::new("not text", "") };
    if text == *genuine {
        return Ending::new("unchanged", "");
    }
    foreign(&text)
}

fn moved(letter: u8, by: u8) -> u8 {
    let alphabet = BASE64URL_NOPAD.specification().symbols.into_bytes();
    match alphabet.iter().position(|own| *own == letter) {
        Some(at) if by < 128 => alphabet[(at + usize::from(by)) % alphabet.len()],
        _ => by & 0x7f,
    }
}

fn sealed(plain: &[u8]) -> Ending {
    for purpose in PURPOSES {
        let sealed = stage().seal(purpose, plain).unwrap();
        for other in PURPOSES {
            let opened = stage().open(other, &sealed);
            let fits = other == purpose && sealed.len() <= 64 * 1024;
            assert_eq!(opened.as_deref(), fits.then_some(plain), "{purpose:?} opened as {other:?}");
        }
    }
    Ending::new("sealed", "")
}

fn headed(header: &[u8]) -> Ending {
    let (genuine, rest) = sign_on(0).state.split_once('.').unwrap();
    let header = BASE64URL_NOPAD.encode(header);
    if header == genuine {
        return Ending::new("unchanged", "");
    }
    foreign(&format!("{header}.{rest}"))
}

/// A row that was sealed is ours; even so, one of another form is an error and not a panic.
fn arrival(text: &str) -> Ending {
    let Ok(arrival) = serde_json::from_str::<Arrival>(text) else { return Ending::new("no arrival", "") };
    let again: Arrival = serde_json::from_slice(&serde_json::to_vec(&arrival).unwrap()).unwrap();
    assert!(again == arrival, "parking changed an arrival");
    Ending::new("arrival", "")
}
