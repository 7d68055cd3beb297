//! The doors of the ENT and the pages behind them.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;

use crate::language::Language;
use crate::page::{self, Forms, Frame, NoticePage, PostPage, Site};
use crate::params::{Params, cookie, with_query};

use super::Launch;
use super::authorize::{Answer, authorize};
use super::portal::Portal;
use super::settings::{Person, Tile};

/// Remembers who was chosen and in which language, so that the way back from a resource ends where it began.
const SESSION: &str = "portail";

pub(crate) fn router(portal: Arc<Portal>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/launch", get(launch).post(launch))
        .route("/authorize", get(authorization).post(authorization))
        .route("/jwks.json", get(key_set))
        .route("/return", get(back))
        .route("/last.json", get(last))
        .with_state(portal)
}

#[derive(Template)]
#[template(path = "ent/choose.html")]
struct ChoosePage<'a> {
    frame: Frame,
    schools: Vec<(&'a str, Vec<&'a Person>)>,
}

#[derive(Template)]
#[template(path = "ent/tiles.html")]
struct TilesPage<'a> {
    frame: Frame,
    person: &'a Person,
    tiles: &'a [Tile],
}

async fn home(State(portal): State<Arc<Portal>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let params = Params::read(query.as_deref(), b"");
    let language = wanted(&params, &headers);
    let Some(id) = params.get("person") else {
        return choose(&portal, language);
    };
    match portal.settings.person(id) {
        Some(person) => tiles(&portal, language, person),
        None => missing(language),
    }
}

fn choose(portal: &Portal, language: Language) -> Response {
    let title = language.say("Qui êtes-vous ?", "Who are you?");
    let mut schools: Vec<(&str, Vec<&Person>)> = Vec::new();
    for person in &portal.settings.people {
        match schools.iter_mut().find(|(school, _)| *school == person.school) {
            Some((_, people)) => people.push(person),
            None => schools.push((&person.school, vec![person])),
        }
    }
    let frame = Frame::new(Site::Ent, language, title).with_switch("/");
    page::page(StatusCode::OK, Forms::Stay, &ChoosePage { frame, schools })
}

fn tiles(portal: &Portal, language: Language, person: &Person) -> Response {
    let title = language.say("Médiacentre", "Resource centre");
    let frame =
        Frame::new(Site::Ent, language, title).with_switch(&with_query("/", &[("person", &person.id)]));
    let tiles = TilesPage { frame, person, tiles: &portal.settings.tiles };
    let mut response = page::page(StatusCode::OK, Forms::Stay, &tiles);
    let session = format!("{SESSION}={}.{}; Path=/; HttpOnly; SameSite=Lax", language.tag(), person.id);
    if let Ok(session) = HeaderValue::from_str(&session) {
        response.headers_mut().append(SET_COOKIE, session);
    }
    response
}

/// A click on a tile: the ENT's page posts the login initiation to the broker.
async fn launch(
    State(portal): State<Arc<Portal>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::read(query.as_deref(), &body);
    let language = wanted(&params, &headers);
    let (Some(person), Some(tile)) = (params.get("person"), params.get("tile")) else {
        return missing(language);
    };
    let mut launch = Launch::new(person, tile);
    launch.locale = params.get("lang").and_then(Language::of_tag).map(|language| language.tag().to_owned());
    let Ok(fields) = portal.login_request(&launch) else {
        return missing(language);
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
    page::page(StatusCode::OK, Forms::Leave, &post)
}

async fn authorization(
    State(portal): State<Arc<Portal>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let params = Params::read(query.as_deref(), &body);
    let language = wanted(&params, &headers);
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
            page::page(StatusCode::OK, Forms::Leave, &PostPage { frame, lead, action, fields })
        }
        Answer::Refused(why) => notice(StatusCode::BAD_REQUEST, frame, vec![why.to_owned()], "/"),
        Answer::Failed(error) => {
            notice(StatusCode::INTERNAL_SERVER_ERROR, frame, vec![error.to_string()], "/")
        }
    }
}

async fn key_set(State(portal): State<Arc<Portal>>) -> Response {
    portal.keys.publish().await
}

async fn last(State(portal): State<Arc<Portal>>) -> Response {
    page::json(&portal.board.last_sent().unwrap_or(Value::Null))
}

/// The return address (LTI 1.3 core, section 5.4.4): shows what the tool has to say.
async fn back(State(portal): State<Arc<Portal>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let params = Params::read(query.as_deref(), b"");
    let language = wanted(&params, &headers);
    let messages: Vec<(&str, &str)> =
        ["lti_errormsg", "lti_msg"].into_iter().filter_map(|name| Some((name, params.get(name)?))).collect();
    let mut said: Vec<String> = messages.iter().map(|(_, words)| (*words).to_owned()).collect();
    let title = match params.get("lti_errormsg") {
        Some(_) => language.say("La ressource ne s’est pas ouverte", "The resource did not open"),
        None => language.say("Vous êtes de retour au portail", "You are back at the portal"),
    };
    if said.is_empty() {
        said.push(language.say("À bientôt dans une ressource.", "See you soon in a resource.").to_owned());
    }
    let person = session(&headers).map(|(_, person)| person);
    let onward = match person.filter(|id| portal.settings.person(id).is_some()) {
        Some(person) => with_query("/", &[("person", person), ("lang", language.tag())]),
        None => with_query("/", &[("lang", language.tag())]),
    };
    let frame = Frame::new(Site::Ent, language, title).with_switch(&with_query("/return", &messages));
    notice(StatusCode::OK, frame, said, &onward)
}

fn missing(language: Language) -> Response {
    let title = language.say("Page introuvable", "Page not found");
    let words = language.say(
        "Cette personne ou cette ressource n’existe pas sur ce portail.",
        "This person or this resource does not exist on this portal.",
    );
    notice(StatusCode::NOT_FOUND, Frame::new(Site::Ent, language, title), vec![words.to_owned()], "/")
}

fn notice(status: StatusCode, frame: Frame, paragraphs: Vec<String>, onward: &str) -> Response {
    let words = frame.say("Retour aux ressources", "Back to the resources").to_owned();
    let page = NoticePage { frame, paragraphs, onward: Some((onward.to_owned(), words)) };
    page::page(status, Forms::Stay, &page)
}

/// The language asked for, else the one of the session, else the browser's.
fn wanted(params: &Params, headers: &HeaderMap) -> Language {
    let asked = params.get("lang").or_else(|| session(headers).map(|(language, _)| language));
    Language::wanted(asked, headers)
}

fn session(headers: &HeaderMap) -> Option<(&str, &str)> {
    cookie(headers, SESSION)?.split_once('.')
}
