//! Claim names (LTI Core 1.3, section 5.3 and appendix) and bounded reading of what stands under them.

use serde_json::{Map, Value};

/// `message_type` (5.3.1).
pub const MESSAGE_TYPE: &str = "https://purl.imsglobal.org/spec/lti/claim/message_type";
/// `version` (5.3.2).
pub const VERSION: &str = "https://purl.imsglobal.org/spec/lti/claim/version";
/// `deployment_id` (5.3.3).
pub const DEPLOYMENT_ID: &str = "https://purl.imsglobal.org/spec/lti/claim/deployment_id";
/// `target_link_uri` (5.3.4).
pub const TARGET_LINK_URI: &str = "https://purl.imsglobal.org/spec/lti/claim/target_link_uri";
/// `resource_link` (5.3.5).
pub const RESOURCE_LINK: &str = "https://purl.imsglobal.org/spec/lti/claim/resource_link";
/// `roles` (5.3.7).
pub const ROLES: &str = "https://purl.imsglobal.org/spec/lti/claim/roles";
/// `context` (5.4.1).
pub const CONTEXT: &str = "https://purl.imsglobal.org/spec/lti/claim/context";
/// `tool_platform` (5.4.2).
pub const TOOL_PLATFORM: &str = "https://purl.imsglobal.org/spec/lti/claim/tool_platform";
/// `launch_presentation` (5.4.4).
pub const LAUNCH_PRESENTATION: &str = "https://purl.imsglobal.org/spec/lti/claim/launch_presentation";
/// `lis` (5.4.5).
pub const LIS: &str = "https://purl.imsglobal.org/spec/lti/claim/lis";
/// `custom` (5.4.6).
pub const CUSTOM: &str = "https://purl.imsglobal.org/spec/lti/claim/custom";
/// What follows our issuer in the name of the claim with the receipt: a claim of a vendor's own is a URL of the
/// vendor's (5.4.7).
pub const RECEIPT: &str = "/claim/receipt";
/// The one message that is served so far (5.3.1).
pub const RESOURCE_LINK_REQUEST: &str = "LtiResourceLinkRequest";
/// The version (5.3.2).
pub const LTI_1_3: &str = "1.3.0";

/// The claims of a verified id_token.
pub struct Claims(pub Map<String, Value>);

impl Claims {
    /// A text claim.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// A text member of an object claim, not empty and at most `longest` bytes.
    pub fn member(&self, claim: &str, name: &str, longest: usize) -> Option<&str> {
        let text = self.0.get(claim)?.get(name)?.as_str()?;
        (!text.is_empty() && text.len() <= longest).then_some(text)
    }

    /// A custom parameter. A value left as `$Name` was not substituted and counts as absent (T-36).
    pub fn custom(&self, name: &str) -> Option<&str> {
        self.member(CUSTOM, name, 1024).filter(|value| !value.starts_with('$'))
    }

    /// A moment in seconds since 1970; a fraction is cut off.
    pub fn seconds(&self, name: &str) -> Option<i64> {
        let number = self.0.get(name)?;
        #[expect(clippy::cast_possible_truncation, reason = "a fraction of a second does not count")]
        number.as_i64().or_else(|| number.as_f64().filter(|n| n.abs() < 1e15).map(|n| n as i64))
    }
}
