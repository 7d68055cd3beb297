//! Every check of a received id_token (LTI 1.3 core, section 5.1.3), by requirement id of the platform.

use serde_json::Value;

use crate::jose;

use super::{Begun, Office};

/// The checks that passed, and the first that did not.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) passed: Vec<&'static str>,
    pub(crate) failed: Option<String>,
    pub(crate) claims: Value,
}

impl Verdict {
    fn check(&mut self, name: &'static str, holds: bool) {
        match (holds, &self.failed) {
            (_, Some(_)) => {}
            (true, None) => self.passed.push(name),
            (false, None) => self.failed = Some(name.to_owned()),
        }
    }

    pub(crate) fn failure(words: impl Into<String>) -> Self {
        Self { failed: Some(words.into()), ..Self::default() }
    }
}

const LTI: &str = "https://purl.imsglobal.org/spec/lti/claim/";

/// Judges a token.
pub(crate) async fn judge(office: &Office, token: &str, begun: &Begun) -> Verdict {
    let (header, claims) = match verified(office, token).await {
        Ok(both) => both,
        Err(words) => return Verdict::failure(words),
    };
    let mut verdict = Verdict { passed: vec!["signature"], ..Verdict::default() };
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let lti = |name: &str| claims.get(format!("{LTI}{name}")).cloned().unwrap_or_default();
    let now = office.world.now().unix_timestamp();
    let seconds = |name: &str| claims.get(name).and_then(Value::as_i64).unwrap_or_default();
    verdict.check("P-20 header", header.get("alg") == Some(&"RS256".into()) && header.get("kid").is_some());
    verdict.check("P-21 iss", text("iss") == office.settings.broker_url);
    verdict.check("P-21 aud", text("aud") == begun.client_id);
    verdict.check("P-21 nonce", text("nonce") == begun.nonce);
    verdict.check("P-21 iat", (now - seconds("iat")).abs() < 120);
    verdict.check("P-21 exp", seconds("exp") > now && seconds("exp") - seconds("iat") <= 3600);
    verdict.check("P-22 version", lti("version") == "1.3.0");
    verdict.check("P-22 message_type", lti("message_type") == "LtiResourceLinkRequest");
    let deployment = lti("deployment_id").as_str().unwrap_or_default().to_owned();
    verdict.check("P-22 deployment_id", !deployment.is_empty() && deployment.len() <= 255);
    let announced = begun.deployment_id.as_ref().is_none_or(|id| *id == deployment);
    verdict.check("P-22 deployment as announced", announced);
    verdict.check("P-22 target_link_uri", lti("target_link_uri").is_string());
    verdict.check("P-22 roles", lti("roles").is_array());
    let link = lti("resource_link").get("id").and_then(Value::as_str).is_some_and(|id| id.len() <= 255);
    verdict.check("P-23 resource_link.id", link);
    verdict.check("P-24 sub", (1..=255).contains(&text("sub").len()) && text("sub").is_ascii());
    verdict.claims = claims;
    verdict
}

async fn verified(office: &Office, token: &str) -> Result<(Value, Value), String> {
    let mut last = String::new();
    for again in [false, true] {
        let keys = office.broker_keys(again).await.map_err(|e| e.to_string())?;
        match jose::verify(token, &keys) {
            Ok(both) => return Ok(both),
            Err(e) => last = e.to_string(),
        }
    }
    Err(last)
}
