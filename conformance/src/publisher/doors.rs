//! The doors of the publisher and the pages behind them.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::language::Language;
use crate::page::{self, Frame, Leads, NoticePage, Site};
use crate::params::{Params, cookie, with_query};
use crate::withheld;

use super::checks::{self, Verdict};
use super::seen::SeenPage;
use super::{Office, login};

pub(crate) fn router(office: Arc<Office>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/login", get(begin).post(begin))
        .route("/launch", post(launch))
        .route("/seen", get(seen))
        .route("/last.json", get(last))
        .route("/jwks.json", get(key_set))
        .with_state(office)
}

fn wanted(params: &Params, headers: &HeaderMap) -> Language {
    Language::wanted(params.get("lang"), headers)
}

fn notice(
    status: StatusCode,
    language: Language,
    title: &str,
    words: &str,
    details: Vec<String>,
) -> Response {
    let frame = Frame::new(Site::Publisher, language, title);
    let page = NoticePage { frame, paragraphs: vec![words.to_owned()], details, onward: None };
    page::page(status, Leads::Within, &page)
}

async fn home(RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let language = wanted(&Params::read(query.as_deref(), b""), &headers);
    let title =
        language.say("Les ressources s’ouvrent depuis l’ENT", "Resources open from the school portal");
    let words = language.say(
        "Ouvrez une ressource dans votre portail : vous verrez ici ce que l’éditeur sait de vous.",
        "Open a resource in your portal: you will see here what the publisher knows about you.",
    );
    notice(StatusCode::OK, language, title, words, Vec::new())
}

async fn begin(
    State(office): State<Arc<Office>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::read(query.as_deref(), &body);
    match login::begin(&office, &params) {
        Ok(asked) => {
            let mut response = StatusCode::FOUND.into_response();
            let plain =
                format!("etat-{0}={0}; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=None", asked.state);
            let twin = plain.replacen("etat-", "etat-p-", 1) + "; Partitioned";
            set(&mut response, &[(LOCATION, &asked.to), (SET_COOKIE, &plain), (SET_COOKIE, &twin)]);
            response
        }
        Err(why) => {
            let language = wanted(&params, &headers);
            let title = language.say("Demande incomplète", "Incomplete request");
            let words = language.say(
                "La passerelle n’a pas dit tout ce qu’il faut pour ouvrir la ressource.",
                "The gateway did not say all that it takes to open the resource.",
            );
            notice(StatusCode::BAD_REQUEST, language, title, words, vec![why])
        }
    }
}

fn set(response: &mut Response, headers: &[(axum::http::HeaderName, &str)]) {
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().append(name.clone(), value);
        }
    }
}

async fn launch(State(office): State<Arc<Office>>, headers: HeaderMap, body: Bytes) -> Response {
    let params = Params::read(None, &body);
    let language = wanted(&params, &headers);
    if let Some(error) = params.get("error") {
        let title = language.say("L’accès a été refusé", "Access was refused");
        let words = language.say(
            "La passerelle ne vous laisse pas ouvrir cette ressource.",
            "The gateway does not let you open this resource.",
        );
        return notice(StatusCode::FORBIDDEN, language, title, words, vec![error.to_owned()]);
    }
    let verdict = examine(&office, &headers, &params).await;
    if let Some(failed) = &verdict.failed {
        let title = language.say("Ce jeton n’est pas accepté", "This token is not accepted");
        let words = language.say(
            "L’éditeur a vérifié ce qu’il a reçu, et ceci n’allait pas.",
            "The publisher checked what it received, and this was wrong.",
        );
        let passed = format!("passed: {}", verdict.passed.join(", "));
        return notice(StatusCode::FORBIDDEN, language, title, words, vec![failed.clone(), passed]);
    }
    let id = office.world.token();
    office.board.received(&id, verdict.claims);
    let mut response = StatusCode::SEE_OTHER.into_response();
    set(&mut response, &[(LOCATION, &with_query("/seen", &[("id", &id)]))]);
    response
}

async fn examine(office: &Office, headers: &HeaderMap, params: &Params) -> Verdict {
    let Some(state) = params.get("state") else { return Verdict::failure("state is missing") };
    let bound =
        ["etat-", "etat-p-"].iter().any(|form| cookie(headers, &format!("{form}{state}")) == Some(state));
    if !bound {
        return Verdict::failure("the cookie of this sign-on is absent");
    }
    let Some(begun) = office.end(state) else {
        return Verdict::failure("this state is not one of ours, or was used");
    };
    match params.get("id_token") {
        Some(token) => checks::judge(office, token, &begun).await,
        None => Verdict::failure("id_token is missing"),
    }
}

async fn seen(State(office): State<Arc<Office>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let params = Params::read(query.as_deref(), b"");
    let id = params.get("id").unwrap_or_default();
    let Some(exchange) = office.board.find(id) else {
        let language = wanted(&params, &headers);
        let title =
            language.say("Cette ouverture n’est plus en mémoire", "This launch is no longer remembered");
        let words = language.say(
            "Ouvrez de nouveau la ressource depuis votre portail.",
            "Open the resource again from your portal.",
        );
        return notice(StatusCode::NOT_FOUND, language, title, words, Vec::new());
    };
    // The portal's language was handed on with the launch; a reader who asks for another gets it.
    let language = Language::wanted(params.get("lang").or(SeenPage::locale(&exchange)), &headers);
    let address = with_query("/seen", &[("id", id)]);
    page::page(StatusCode::OK, Leads::Within, &SeenPage::new(&office, &exchange, language, &address))
}

async fn last(State(office): State<Arc<Office>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let language = wanted(&Params::read(query.as_deref(), b""), &headers);
    page::json(&withheld::report(office.board.last().as_ref(), language))
}

async fn key_set(State(office): State<Arc<Office>>) -> Response {
    page::json(&crate::jose::jwks([&office.key]))
}
