//! The witness: reads exports and receipts with OpenSSL and a JSON parser alone, as `docs/journal.md` describes them.
//!
//! It shares no code with the broker, so that signer and verifier cannot confirm each other's mistakes.

use std::collections::BTreeMap;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use openssl::pkey::{Id, PKey, Public};
use openssl::sha::sha256;
use openssl::sign::Verifier;
use serde_json::Value;

/// The published keys, by id.
pub struct Witness(BTreeMap<String, PKey<Public>>);

/// What a genuine export holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub covered: u64,
    pub uncovered: u64,
    pub receipts: u64,
    pub bodies: Vec<Value>,
}

type Doubt = String;

impl Witness {
    /// Reads a key set.
    pub fn new(set: &str) -> Self {
        let set: Value = serde_json::from_str(set).unwrap();
        let keys = set["keys"].as_array().unwrap().iter().map(|key| {
            assert_eq!((&key["kty"], &key["crv"]), (&"OKP".into(), &"Ed25519".into()));
            let x = BASE64URL_NOPAD.decode(key["x"].as_str().unwrap().as_bytes()).unwrap();
            let public = PKey::public_key_from_raw_bytes(&x, Id::ED25519).unwrap();
            (key["kid"].as_str().unwrap().to_owned(), public)
        });
        Self(keys.collect())
    }

    /// The claims of a token of this type, if its signature is genuine.
    pub fn token(&self, typ: &str, token: &str) -> Result<Value, Doubt> {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, signature] = parts[..] else { return Err("not three parts".to_owned()) };
        let bytes = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|e| e.to_string());
        let header_value: Value = serde_json::from_slice(&bytes(header)?).map_err(|e| e.to_string())?;
        if header_value["alg"] != "EdDSA" || header_value["typ"] != typ {
            return Err(format!("header {header_value}"));
        }
        let kid = header_value["kid"].as_str().unwrap_or_default();
        let key = self.0.get(kid).ok_or("unknown key")?;
        let mut verifier = Verifier::new_without_digest(key).unwrap();
        let genuine = verifier.verify_oneshot(&bytes(signature)?, format!("{header}.{claims}").as_bytes());
        if !genuine.unwrap_or(false) {
            return Err("the signature is wrong".to_owned());
        }
        serde_json::from_slice(&bytes(claims)?).map_err(|e| e.to_string())
    }

    /// The claims of a receipt.
    pub fn receipt(&self, token: &str) -> Result<Value, Doubt> {
        self.token("passerelle-receipt+jwt", token)
    }

    /// Reads an export from its first line to its last.
    pub fn export(&self, text: &str) -> Result<Seen, Doubt> {
        let lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap_or_default()).collect();
        let of = lines.first().ok_or("empty")?["of"].as_str().unwrap_or_default().to_owned();
        let mut held = self.state(&lines, &of)?;
        let (mut seen, mut chain, mut prev, mut seq) = (Seen::default(), String::new(), [0; 32], 0);
        let mut events = 0;
        for line in &lines {
            match line["line"].as_str().unwrap_or_default() {
                "export" | "checkpoint" | "state" => {}
                "chain" => {
                    reached(&held, &chain, seq, &prev)?;
                    held.remove(&chain);
                    let next = line["chain"].as_str().unwrap_or_default().to_owned();
                    if next <= chain {
                        return Err(format!("{next} stands twice, or out of order"));
                    }
                    chain = next;
                    seq = line["after"].as_i64().ok_or("no number")?;
                    prev = hash(&line["hash"])?;
                    let begins = held.get(&chain).map_or_else(
                        || (0, sha256(format!("passerelle chain\n{chain}").as_bytes())),
                        |held| (held.after, held.after_hash),
                    );
                    if begins != (seq, prev) || !chain.starts_with(&format!("{of}/")) {
                        return Err(format!("{chain} begins elsewhere"));
                    }
                }
                kind @ ("event" | "digest") => {
                    seq += 1;
                    events += 1;
                    let body = line["body"].as_str().unwrap_or_default();
                    let digest = match kind {
                        "event" => sha256(format!("passerelle event\n{body}").as_bytes()),
                        _ => hash(&line["digest"])?,
                    };
                    prev = sha256(&[b"passerelle link\n".as_slice(), &prev, &digest].concat());
                    if line["seq"] != seq || hash(&line["hash"])? != prev {
                        return Err(format!("{chain}, event {seq}"));
                    }
                    let here = held.get(&chain);
                    if here.is_some_and(|held| held.seq == seq && held.hash != prev) {
                        return Err(format!("{chain}: another head"));
                    }
                    let covered = here.is_some_and(|held| seq <= held.seq);
                    *(if covered { &mut seen.covered } else { &mut seen.uncovered }) += 1;
                    if kind == "event" {
                        let body: Value = serde_json::from_str(body).map_err(|e| e.to_string())?;
                        self.event(&body, &of, &mut seen)?;
                        seen.bodies.push(body);
                    }
                }
                "end" => {
                    reached(&held, &chain, seq, &prev)?;
                    held.remove(&chain);
                    let before = text.trim_end().rfind('\n').map_or(0, |at| at + 1);
                    if line["events"] != events
                        || hash(&line["sha256"])? != sha256(&text.as_bytes()[..before])
                    {
                        return Err("the end line".to_owned());
                    }
                    return held
                        .into_keys()
                        .next()
                        .map_or(Ok(seen), |chain| Err(format!("{chain} is missing")));
                }
                other => return Err(format!("a line of kind {other:?}")),
            }
        }
        Err("no end line".to_owned())
    }

    /// What the checkpoint says is held, by chain.
    fn state(&self, lines: &[Value], of: &str) -> Result<BTreeMap<String, Held>, Doubt> {
        let line = |kind: &str| lines.iter().find(|line| line["line"] == kind);
        let checkpoint = line("checkpoint").ok_or("no checkpoint")?;
        let state = line("state").ok_or("no state")?;
        let token = checkpoint["token"].as_str().unwrap_or_default();
        let signed = self.token("passerelle-checkpoint+jwt", token)?;
        let text = state["text"].as_str().unwrap_or_default();
        let mut node = sha256(&[&[0], text.as_bytes()].concat());
        for step in state["proof"].as_array().ok_or("no proof")? {
            node = match (step.get("left"), step.get("right")) {
                (Some(left), None) => sha256(&[&[1], &hash(left)?[..], &node[..]].concat()),
                (None, Some(right)) => sha256(&[&[1], &node[..], &hash(right)?[..]].concat()),
                _ => return Err("a step with no side".to_owned()),
            };
        }
        if hash(&signed["root"])? != node {
            return Err("the checkpoint does not sign the state".to_owned());
        }
        let state: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
        if state["of"] != of {
            return Err("the state is another's".to_owned());
        }
        let number = |value: &Value| value.as_i64().ok_or("no number");
        let mut held = BTreeMap::new();
        for chain in state["chains"].as_array().ok_or("no chains")? {
            let one = Held {
                after: number(&chain["after"])?,
                after_hash: hash(&chain["after_hash"])?,
                seq: number(&chain["seq"])?,
                hash: hash(&chain["hash"])?,
            };
            held.insert(chain["chain"].as_str().unwrap_or_default().to_owned(), one);
        }
        Ok(held)
    }

    fn event(&self, body: &Value, of: &str, seen: &mut Seen) -> Result<(), Doubt> {
        if body["school"] != of {
            return Err("an event of another school".to_owned());
        }
        if body["outcome"] != "refused" {
            body.get("receipt").ok_or("a delivery without a receipt")?;
            let claims = self.receipt(&rebuilt(body))?;
            assert_eq!(claims["jti"], body["launch"]);
            seen.receipts += 1;
        }
        Ok(())
    }
}

/// What is held of a chain.
struct Held {
    after: i64,
    after_hash: [u8; 32],
    seq: i64,
    hash: [u8; 32],
}

fn reached(held: &BTreeMap<String, Held>, chain: &str, seq: i64, hash: &[u8; 32]) -> Result<(), Doubt> {
    match held.get(chain) {
        Some(held) if held.seq > seq || (held.seq == seq && held.hash != *hash) => {
            Err(format!("{chain} does not reach its head"))
        }
        _ => Ok(()),
    }
}

fn hash(value: &Value) -> Result<[u8; 32], Doubt> {
    let bytes = HEXLOWER.decode(value.as_str().unwrap_or_default().as_bytes()).map_err(|e| e.to_string())?;
    bytes.try_into().map_err(|_| "not 32 bytes".to_owned())
}

/// The receipt of an event, put together from it.
pub fn rebuilt(body: &Value) -> String {
    let receipt = &body["receipt"];
    let at = time::OffsetDateTime::parse(
        body["at"].as_str().unwrap(),
        &time::format_description::well_known::Rfc3339,
    );
    let attributes = body.get("attributes").cloned().unwrap_or_else(|| serde_json::json!([]));
    let claims = format!(
        r#"{{"iss":{},"aud":{},"jti":{},"iat":{},"deployment_id":{},"resource":{},"profile":{},"attributes":{attributes}}}"#,
        receipt["iss"],
        receipt["aud"],
        body["launch"],
        at.unwrap().unix_timestamp(),
        receipt["deployment_id"],
        body["resource"],
        body["profile"]
    );
    let header = format!(r#"{{"alg":"EdDSA","typ":"passerelle-receipt+jwt","kid":{}}}"#, receipt["kid"]);
    let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
    format!("{}.{}.{}", part(&header), part(&claims), receipt["signature"].as_str().unwrap())
}
