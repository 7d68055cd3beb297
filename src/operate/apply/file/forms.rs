//! The forms of single values: names, addresses, origins, keys. Each error says what to write instead.

use boundary::Uai;
use boundary::registration::KeySource;
use serde_json::Value;
use url::{Host, Url};

use super::at::At;
use super::notes::Notes;

/// Words for people: a name, a title, a purpose.
pub fn words(text: &str) -> Result<String, String> {
    let long = text.chars().count() > 255;
    if text.trim().is_empty() || long || text.contains(char::is_control) {
        Err("write 1 to 255 characters on one line".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// A code of somebody else's: a client id, a subject, a group.
pub fn code(text: &str) -> Result<String, String> {
    let text = words(text)?;
    if text.trim() == text { Ok(text) } else { Err("take away the spaces at its ends".to_owned()) }
}

/// The number of a school, whose key letter must be right unless the school is invented.
pub fn uai(text: &str, fictive: bool) -> Result<Uai, String> {
    if fictive {
        return Uai::parse_any_letter(text).map_err(|error| error.to_string());
    }
    Uai::parse(text).map_err(|error| match error {
        boundary::NotAUai::Letter { .. } => format!("{error}; an invented school has fictive = true"),
        boundary::NotAUai::Form(_) => error.to_string(),
    })
}

/// An address that people or we are sent to: https, or http to this machine only.
pub fn address(text: &str) -> Result<Url, String> {
    let refused = |why: &str| Err(format!("\"{text}\" {why}"));
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return refused("has a space in it: take it away");
    }
    let Ok(url) = Url::parse(text) else {
        return refused("is not a whole address: write one such as https://ent.example/path");
    };
    let plain = url.scheme() == "http" && url.host().is_some_and(|host| is_this_machine(&host));
    if url.scheme() != "https" && !plain {
        return refused("must begin with https:// (http:// is for 127.0.0.1 and localhost only)");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("this address has a user name or a password in it: take them away".to_owned());
    }
    Ok(url)
}

fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
    }
}

/// The address of an endpoint.
pub fn endpoint(text: &str) -> Result<Url, String> {
    let url = address(text)?;
    if url.fragment().is_some() {
        return Err(format!("\"{text}\" has a # in it: take it and what follows away"));
    }
    Ok(url)
}

/// An endpoint that is compared character for character.
pub fn exact_endpoint(text: &str) -> Result<String, String> {
    endpoint(text).map(|_| text.to_owned())
}

/// An issuer (OpenID Connect Core 1.0, section 2): an address without query and fragment.
pub fn issuer(text: &str) -> Result<String, String> {
    if endpoint(text)?.query().is_some() {
        return Err(format!("\"{text}\" has a ? in it: an issuer has no query"));
    }
    Ok(text.to_owned())
}

/// An origin: scheme, host and port.
pub fn origin(text: &str) -> Result<String, String> {
    let origin = address(text)?.origin().ascii_serialization();
    if origin == text {
        Ok(origin)
    } else {
        Err(format!("\"{text}\" is more than an origin: write {origin}"))
    }
}

/// Where a peer's keys come from: at most one of the three ways.
pub fn key_source(
    jwks_uri: Option<&At<String>>,
    jwks: Option<&At<String>>,
    pem: Option<&At<String>>,
    notes: &mut Notes<'_>,
) -> Option<KeySource> {
    if let Some(second) = [jwks_uri, jwks, pem].into_iter().flatten().nth(1) {
        notes.at(second.start, "keys come from one place: keep one of jwks_uri, jwks and pem");
        return None;
    }
    let uri = notes.read_option("jwks_uri", jwks_uri, endpoint);
    let set = notes.read_option("jwks", jwks, key_set);
    let pem = notes.read_option("pem", pem, public_key);
    let uri = uri.map(KeySource::JwksUri);
    uri.or(set.map(KeySource::Jwks)).or(pem.map(KeySource::Pem))
}

fn key_set(text: &str) -> Result<String, String> {
    let set: Value = serde_json::from_str(text).unwrap_or_default();
    let keys = set.get("keys").and_then(Value::as_array);
    let keys =
        keys.filter(|keys| !keys.is_empty()).ok_or("write a key set as JSON text: {\"keys\": [ … ]}")?;
    let secret = |key: &Value| key.get("d").is_some() || key.get("k").is_some();
    if keys.iter().any(secret) {
        return Err("this set holds a private or shared key: publish the public half only".to_owned());
    }
    Ok(text.to_owned())
}

fn public_key(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.contains("PRIVATE KEY") {
        return Err(
            "this is a private key: write the public one, and replace the key that was shown".to_owned()
        );
    }
    let begins = ["-----BEGIN PUBLIC KEY-----", "-----BEGIN RSA PUBLIC KEY-----"];
    if begins.iter().any(|begin| text.starts_with(begin)) {
        Ok(text.to_owned())
    } else {
        Err("write a public key that begins with -----BEGIN PUBLIC KEY-----".to_owned())
    }
}
