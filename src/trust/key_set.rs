//! A key set (RFC 7517 section 5), split into its keys.

use std::sync::Arc;

use serde_json::{Map, Value};

/// How many keys of a set are looked at.
const MOST: usize = 64;
/// Members that no published key may have (RFC 7518 section 6.3.2); they are dropped where a peer leaks them.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Keys for signatures, by id.
pub struct KeySet(Vec<(Option<String>, Arc<str>)>);

impl KeySet {
    /// Reads a set; `None` when it is something else.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let document: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
        let keys = document.get("keys")?.as_array()?.iter().take(MOST).filter_map(Value::as_object);
        let signs = |key: &&Map<String, Value>| key.get("use").is_none_or(|usage| usage == "sig");
        Some(Self(keys.filter(signs).map(entry).collect()))
    }

    /// All keys, as JWK text.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, key)| &**key)
    }

    /// The key of an id. A key without id serves only where it is the only one.
    #[must_use]
    pub fn key(&self, kid: &str) -> Option<Arc<str>> {
        let named = self.0.iter().find(|(own, _)| own.as_deref() == Some(kid));
        let only = match self.0.as_slice() {
            [only @ (None, _)] => Some(only),
            _ => None,
        };
        named.or(only).map(|(_, key)| Arc::clone(key))
    }
}

fn entry(key: &Map<String, Value>) -> (Option<String>, Arc<str>) {
    let public: Map<String, Value> = key
        .iter()
        .filter(|(name, _)| !PRIVATE.contains(&name.as_str()))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    let kid = public.get("kid").and_then(Value::as_str).map(str::to_owned);
    (kid, Arc::from(Value::Object(public).to_string()))
}
