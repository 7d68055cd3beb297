//! Login initiation towards a publisher (LTI Core 1.3, section 5.1.1.1).

use boundary::{Destination, Handle};
use url::Url;

use crate::issuer;

/// The address that starts the publisher's sign-on. Both hints are the one-time handle: opaque, and nothing about the
/// person.
pub fn login_initiation(public_url: &Url, destination: &Destination, handle: &Handle) -> Url {
    let mut to = destination.tool.login_url.clone();
    to.query_pairs_mut()
        .append_pair("iss", &issuer(public_url))
        .append_pair("login_hint", handle.as_str())
        .append_pair("target_link_uri", destination.target_url.as_str())
        .append_pair("client_id", &destination.tool.client_id)
        .append_pair("lti_deployment_id", destination.deployment.as_str())
        .append_pair("lti_message_hint", handle.as_str());
    to
}
