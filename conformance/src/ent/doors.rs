//! The doors of the ENT, and those that sign people on.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;

use crate::language::Language;
use crate::page::{self, Frame, Leads, PostPage, Site};
use crate::params::Params;

use super::authorize::{Answer, authorize};
use super::portal::Portal;
use super::{Launch, Showing, shelf};

pub(crate) fn router(portal: Arc<Portal>) -> Router {
    Router::new()
        .route("/", get(shelf::home))
        .route("/resource", get(shelf::resource))
        .route("/launch", get(launch).post(launch))
        .route("/authorize", get(authorization).post(authorization))
        .route("/jwks.json", get(key_set))
        .route("/return", get(shelf::back))
        .route("/last.json", get(last))
        .with_state(portal)
}

/// A click on a tile: the ENT's page posts the login initiation to the broker.
async fn launch(
    State(portal): State<Arc<Portal>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::read(query.as_deref(), &body);
    let language = Language::wanted(params.get("lang"), &headers);
    let (Some(person), Some(tile)) = (params.get("person"), params.get("tile")) else {
        return shelf::missing(language);
    };
    let mut launch = Launch::new(person, tile);
    launch.showing = Showing::of_name(params.get("open"));
    launch.locale = params.get("lang").and_then(Language::of_tag).map(|language| language.tag().to_owned());
    let Ok(fields) = portal.login_request(&launch) else {
        return shelf::missing(language);
    };
    let title = language.say("Ouverture de la ressource", "Opening the resource");
    let post = PostPage {
        frame: Frame::new(Site::Ent, language, title),
        lead: language
            .say("Le portail vous confie à la passerelle.", "The portal hands you over to the gateway.")
            .to_owned(),
        action: format!("{}/lti/login", portal.settings.broker_url),
        fields,
    };
    page::page(StatusCode::OK, Leads::Away, &post)
}

async fn authorization(
    State(portal): State<Arc<Portal>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::read(query.as_deref(), &body);
    let language = Language::wanted(params.get("lang"), &headers);
    let title = language.say("Connexion à la ressource", "Signing on to the resource");
    let frame = Frame::new(Site::Ent, language, title);
    match authorize(&portal, &params) {
        Answer::Post(fields) => {
            let lead = language
                .say(
                    "Le portail dit à la passerelle qui vous êtes.",
                    "The portal tells the gateway who you are.",
                )
                .to_owned();
            let action = portal.settings.redirect_uri();
            page::page(StatusCode::OK, Leads::Away, &PostPage { frame, lead, action, fields })
        }
        Answer::Refused(why) => shelf::failed(StatusCode::BAD_REQUEST, frame, why.to_owned()),
        Answer::Failed(error) => shelf::failed(StatusCode::INTERNAL_SERVER_ERROR, frame, error.to_string()),
    }
}

async fn key_set(State(portal): State<Arc<Portal>>) -> Response {
    portal.keys.publish().await
}

async fn last(State(portal): State<Arc<Portal>>) -> Response {
    page::json(&portal.board.last_sent().unwrap_or(Value::Null))
}
