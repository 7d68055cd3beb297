//! Third-party login initiation at the tool (LTI 1.3 core, section 5.1.1.1): checks who asks, and asks back.

use crate::params::{Params, with_query};

use super::{Begun, Office};

/// Where to send the browser, and the state that its cookie must hold.
pub(crate) struct Asked {
    pub(crate) to: String,
    pub(crate) state: String,
}

/// Begins a sign-on.
///
/// # Errors
/// In words, what the request lacks.
pub(crate) fn begin(office: &Office, params: &Params) -> Result<Asked, String> {
    let required = |name: &str| params.get(name).ok_or_else(|| format!("{name} is missing"));
    if let Some(name) = params.repeated() {
        return Err(format!("{name} is given twice"));
    }
    if required("iss")? != office.settings.broker_url {
        return Err("iss is not the broker".to_owned());
    }
    let client_id = required("client_id")?;
    if !office.settings.clients.iter().any(|client| client.client_id == client_id) {
        return Err("client_id is not one of ours".to_owned());
    }
    required("target_link_uri")?;
    let (state, nonce) = (office.world.token(), office.world.token());
    let redirect_uri = format!("{}/launch", office.settings.url);
    let mut fields = vec![
        ("scope", "openid"),
        ("response_type", "id_token"),
        ("response_mode", "form_post"),
        ("prompt", "none"),
        ("client_id", client_id),
        ("redirect_uri", &redirect_uri),
        ("login_hint", required("login_hint")?),
        ("state", &state),
        ("nonce", &nonce),
    ];
    fields.extend(params.get("lti_message_hint").map(|hint| ("lti_message_hint", hint)));
    let to = with_query(&format!("{}/lti/authorize", office.settings.broker_url), &fields);
    let deployment_id = params.get("lti_deployment_id").map(str::to_owned);
    office.begin(&state, Begun { nonce, client_id: client_id.to_owned(), deployment_id });
    Ok(Asked { to, state })
}
