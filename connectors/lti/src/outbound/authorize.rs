//! The authorization request of a publisher (LTI Core 1.3, section 5.1.1.2; OpenID Connect Core 1.0, section 3.2.2.1).

use boundary::{AnswerTo, Handle, Out, Refusal, RefusalCode, Reply, Request, Stop, World};
use url::Url;

use super::post;

/// The longest state and nonce that are echoed.
const LONGEST: usize = 2048;

pub async fn authorize(world: &dyn World, request: &Request) -> Result<Out, Stop> {
    let field = |name: &str| request.fields.one(name).map_err(|e| Stop::from(invalid(&e.to_string())));
    // Until the address is known to be the tool's, nothing is sent there: a page says what is wrong (P-12).
    let client_id = field("client_id")?.ok_or_else(|| invalid("client_id is missing"))?;
    let unknown = || Stop::from(RefusalCode::ToolUnknown.about("no tool has this client id"));
    let tool = world.lti_tool(client_id).await?.ok_or_else(unknown)?;
    let redirect_uri = field("redirect_uri")?.ok_or_else(|| invalid("redirect_uri is missing"))?;
    let unregistered = || {
        let words = format!("tool {} has not registered the redirect_uri that it names", tool.tool);
        Stop::from(RefusalCode::RedirectUriUnregistered.about(words))
    };
    let registered = tool.redirect_uris.iter().any(|uri| uri == redirect_uri);
    let redirect_uri = Url::parse(redirect_uri).ok().filter(|_| registered).ok_or_else(unregistered)?;
    // One that was given twice, or is too long, is not echoed; what is wrong with it is said below.
    let state = request.fields.one("state").ok().flatten().filter(|state| state.len() <= LONGEST);
    let state = state.map(str::to_owned);
    let answer = AnswerTo { tool: tool.tool.clone(), redirect_uri, state, nonce: String::new() };
    Ok(match read(request) {
        Ok((handle, nonce)) => Out::Resume(handle, Box::new(AnswerTo { nonce, ..answer })),
        Err((error, words)) => Out::Reply(Box::new(error_post(&answer, error, words))),
    })
}

type Wrong = (&'static str, &'static str);

/// The rest of the request; what is wrong with it is posted to the tool. `prompt` is not looked at: tools send odd
/// ones, and we never ask anybody anything.
fn read(request: &Request) -> Result<(Handle, String), Wrong> {
    let field =
        |name: &str| request.fields.one(name).map_err(|_| ("invalid_request", "a parameter is given twice"));
    if !field("scope")?.unwrap_or_default().split(' ').any(|scope| scope == "openid") {
        return Err(("invalid_scope", "scope must contain openid"));
    }
    if field("response_type")? != Some("id_token") {
        return Err(("unsupported_response_type", "response_type must be id_token"));
    }
    if field("response_mode")? != Some("form_post") {
        return Err(("invalid_request", "response_mode must be form_post"));
    }
    if field("state")?.is_some_and(|state| state.len() > LONGEST) {
        return Err(("invalid_request", "state is too long"));
    }
    let nonce = field("nonce")?.filter(|nonce| !nonce.is_empty() && nonce.len() <= LONGEST);
    let nonce = nonce.ok_or(("invalid_request", "nonce is missing or too long"))?;
    let hint = field("login_hint")?.ok_or(("invalid_request", "login_hint is missing"))?;
    let handle = Handle::parse(hint).map_err(|_| ("invalid_request", "login_hint is not one of ours"))?;
    if field("lti_message_hint")?.is_some_and(|other| other != hint) {
        return Err(("invalid_request", "lti_message_hint does not belong to login_hint"));
    }
    Ok((handle, nonce.to_owned()))
}

fn invalid(words: &str) -> Refusal {
    RefusalCode::AuthorizationInvalid.about(words)
}

/// An error to a verified address (OpenID Connect Core 1.0, section 3.1.2.6).
pub fn error_post(answer: &AnswerTo, error: &str, words: &str) -> Reply {
    post(answer, vec![("error", error.to_owned()), ("error_description", words.to_owned())])
}

/// The protocol's word for one of our codes.
pub const fn error_of(code: RefusalCode) -> &'static str {
    match code {
        RefusalCode::HandleSpent | RefusalCode::AuthorizationInvalid | RefusalCode::Replayed => {
            "invalid_request"
        }
        _ => "access_denied",
    }
}
