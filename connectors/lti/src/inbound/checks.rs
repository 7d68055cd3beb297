//! Every check of an id_token (LTI Core 1.3, section 5.1.3; OpenID Connect Core 1.0, section 3.1.3.7), in a fixed order.
//! The trail names the checks that passed, so that an operator sees how far it came.

use boundary::registration::LtiPlatform;
use boundary::{RefusalCode, Stop, Trail, World};
use serde_json::Value;
use url::Url;

use crate::wire::claims::{
    Claims, DEPLOYMENT_ID, LTI_1_3, MESSAGE_TYPE, RESOURCE_LINK, RESOURCE_LINK_REQUEST, ROLES,
    TARGET_LINK_URI, VERSION,
};

/// How old a token may be, in seconds: a slow first launch takes its time.
const OLDEST: i64 = 600;

/// One token under examination.
pub struct Run<'a> {
    pub claims: &'a Claims,
    pub platform: &'a LtiPlatform,
    pub world: &'a dyn World,
    pub nonce: &'a str,
    /// How far two clocks may differ, in seconds.
    pub leeway: i64,
}

/// A check's name, and what it asks.
type Check<R> = (&'static str, fn(&R) -> Result<(), String>);

impl Run<'_> {
    /// Runs every check; the first that fails ends it.
    pub fn all(&self, trail: &mut Trail) -> Result<(), Stop> {
        let checks: [Check<Self>; 12] = [
            ("iss", Self::iss),
            ("aud", Self::aud),
            ("exp", Self::exp),
            ("iat", Self::iat),
            ("nonce", Self::nonce),
            ("version", Self::version),
            ("deployment_id", Self::deployment_id),
            ("roles", Self::roles),
            ("sub", Self::sub),
            ("target_link_uri", Self::target_link_uri),
            ("message_type", Self::message_type),
            ("resource_link", Self::resource_link),
        ];
        for (name, check) in checks {
            trail.begin(name);
            if let Err(why) = check(self) {
                let code =
                    if why == UNSERVED { RefusalCode::MessageUnsupported } else { RefusalCode::TokenInvalid };
                let passed = trail.passed().join(", ");
                return Err(code.about(format!("{name}: {why}; passed before: {passed}")).into());
            }
        }
        Ok(())
    }

    fn iss(&self) -> Result<(), String> {
        require(self.claims.text("iss") == Some(&self.platform.issuer), "is not the registered issuer")
    }

    /// With several audiences every one must be trusted, and we trust only ourselves; `azp` must be us where it is.
    fn aud(&self) -> Result<(), String> {
        let ours = |value: &Value| value.as_str() == Some(&self.platform.client_id);
        let fits = match self.claims.0.get("aud") {
            Some(Value::Array(all)) => !all.is_empty() && all.iter().all(ours),
            Some(one) => ours(one),
            None => false,
        };
        require(fits, "is not our client id alone")?;
        require(self.claims.0.get("azp").is_none_or(ours), "azp is somebody else")
    }

    fn exp(&self) -> Result<(), String> {
        let exp = self.claims.seconds("exp").ok_or("is missing")?;
        let late = self.world.now().unix_timestamp().saturating_sub(exp);
        require(late < self.leeway, &format!("was {late} s ago"))
    }

    fn iat(&self) -> Result<(), String> {
        let iat = self.claims.seconds("iat").ok_or("is missing")?;
        let age = self.world.now().unix_timestamp().saturating_sub(iat);
        require(age >= -self.leeway, &format!("is {} s in the future", -age))?;
        require(age <= OLDEST + self.leeway, &format!("is {age} s old"))
    }

    fn nonce(&self) -> Result<(), String> {
        require(self.claims.text("nonce") == Some(self.nonce), "is not the one of this sign-on")
    }

    fn version(&self) -> Result<(), String> {
        require(self.claims.text(VERSION) == Some(LTI_1_3), "is not 1.3.0")
    }

    fn deployment_id(&self) -> Result<(), String> {
        require(
            self.claims.text(DEPLOYMENT_ID).is_some_and(is_identifier),
            "is missing or not 1 to 255 printable ASCII characters",
        )
    }

    fn roles(&self) -> Result<(), String> {
        require(self.claims.0.get(ROLES).is_some_and(Value::is_array), "is missing or not a list")
    }

    fn sub(&self) -> Result<(), String> {
        require(
            self.claims.text("sub").is_some_and(is_identifier),
            "is missing or not 1 to 255 printable ASCII characters",
        )
    }

    fn target_link_uri(&self) -> Result<(), String> {
        let target = self.claims.text(TARGET_LINK_URI).and_then(|text| Url::parse(text).ok());
        let ours = target.is_some_and(|url| url.origin() == self.world.public_url().origin());
        require(ours, "is missing or not on our host")
    }

    fn message_type(&self) -> Result<(), String> {
        match self.claims.text(MESSAGE_TYPE) {
            None => Err("is missing".to_owned()),
            Some(RESOURCE_LINK_REQUEST) => Ok(()),
            Some(_) => Err(UNSERVED.to_owned()),
        }
    }

    fn resource_link(&self) -> Result<(), String> {
        require(self.claims.member(RESOURCE_LINK, "id", 255).is_some(), "id is missing or too long")
    }
}

/// Said of a message type that LTI knows and we do not serve.
const UNSERVED: &str = "is not one that is served here";

fn require(holds: bool, words: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(words.to_owned()) }
}

/// Control characters are ASCII too, but no identifier: some stores cannot hold them, and no page can show them.
fn is_identifier(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}
