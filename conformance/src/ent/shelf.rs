//! The portal as people use it: who they are, what there is to open, and where they come back to.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::language::Language;
use crate::page::{self, Frame, Leads, NoticePage, Site};
use crate::params::{Params, with_query};

use super::portal::Portal;
use super::settings::{Person, Tile};
use super::showing::Showing;

#[derive(Template)]
#[template(path = "ent/choose.html")]
struct ChoosePage<'a> {
    frame: Frame,
    schools: Vec<(&'a str, Vec<&'a Person>)>,
}

/// A way of showing resources that can be chosen: its words, its address, and whether it is the current one.
struct Choice {
    words: &'static str,
    address: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "ent/tiles.html")]
struct TilesPage<'a> {
    frame: Frame,
    person: &'a Person,
    tiles: &'a [Tile],
    showing: Showing,
    choices: [Choice; 3],
}

#[derive(Template)]
#[template(path = "ent/resource.html")]
struct ResourcePage<'a> {
    frame: Frame,
    tile: &'a Tile,
    launch: String,
    back: String,
}

/// The address of somebody's tiles.
fn tiles_of(person: &Person, showing: Showing) -> String {
    with_query("/", &[("person", &person.id), ("open", showing.name())])
}

pub(super) async fn home(
    State(portal): State<Arc<Portal>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = Params::read(query.as_deref(), b"");
    let language = Language::wanted(params.get("lang"), &headers);
    let Some(id) = params.get("person") else {
        return choose(&portal, language);
    };
    match portal.settings.person(id) {
        Some(person) => tiles(&portal, language, person, Showing::of_name(params.get("open"))),
        None => missing(language),
    }
}

fn choose(portal: &Portal, language: Language) -> Response {
    let title = language.say("Qui êtes-vous ?", "Who are you?");
    let mut schools: Vec<(&str, Vec<&Person>)> = Vec::new();
    for person in &portal.settings.people {
        match schools.iter_mut().find(|(school, _)| *school == person.school) {
            Some((_, people)) => people.push(person),
            None => schools.push((&person.school, vec![person])),
        }
    }
    let frame = Frame::new(Site::Ent, language, title).with_switch("/");
    page::page(StatusCode::OK, Leads::Within, &ChoosePage { frame, schools })
}

fn tiles(portal: &Portal, language: Language, person: &Person, showing: Showing) -> Response {
    let title = language.say("Médiacentre", "Resource centre");
    let choices = Showing::ALL.map(|each| Choice {
        words: each.words(language),
        address: with_query(&tiles_of(person, each), &[("lang", language.tag())]),
        current: each == showing,
    });
    let frame = Frame::new(Site::Ent, language, title).with_switch(&tiles_of(person, showing));
    let tiles = &portal.settings.tiles;
    page::page(StatusCode::OK, Leads::Within, &TilesPage { frame, person, tiles, showing, choices })
}

/// A resource in a frame of a page of the portal, as an LMS shows what is placed in a course.
pub(super) async fn resource(
    State(portal): State<Arc<Portal>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = Params::read(query.as_deref(), b"");
    let language = Language::wanted(params.get("lang"), &headers);
    let person = params.get("person").and_then(|id| portal.settings.person(id));
    let tile = params.get("tile").and_then(|key| portal.settings.tile(key));
    let (Some(person), Some(tile)) = (person, tile) else {
        return missing(language);
    };
    let chosen = [("person", person.id.as_str()), ("tile", &tile.key), ("open", Showing::Page.name())];
    let in_language = [("lang", language.tag())];
    let resource = ResourcePage {
        frame: Frame::new(Site::Ent, language, &tile.title).with_switch(&with_query("/resource", &chosen)),
        tile,
        launch: with_query(&with_query("/launch", &chosen), &in_language),
        back: with_query(&tiles_of(person, Showing::Page), &in_language),
    };
    page::page(StatusCode::OK, Leads::Framing, &resource)
}

/// The return address (LTI 1.3 core, section 5.4.4): shows what the tool has to say.
pub(super) async fn back(
    State(portal): State<Arc<Portal>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = Params::read(query.as_deref(), b"");
    let language = Language::wanted(params.get("lang"), &headers);
    let given = |names: &[&'static str]| -> Vec<(&str, &str)> {
        names.iter().filter_map(|name| Some((*name, params.get(name)?))).collect()
    };
    let messages = given(&["lti_errormsg", "lti_msg"]);
    let mut said: Vec<String> = messages.iter().map(|(_, words)| (*words).to_owned()).collect();
    let title = match params.get("lti_errormsg") {
        Some(_) => language.say("La ressource ne s’est pas ouverte", "The resource did not open"),
        None => language.say("Vous êtes de retour au portail", "You are back at the portal"),
    };
    if said.is_empty() {
        said.push(language.say("À bientôt dans une ressource.", "See you soon in a resource.").to_owned());
    }
    let person = params.get("person").and_then(|id| portal.settings.person(id));
    let showing = Showing::of_name(params.get("open"));
    let onward = person.map_or_else(|| "/".to_owned(), |person| tiles_of(person, showing));
    let own = with_query("/return", &given(&["person", "open", "lti_errormsg", "lti_msg"]));
    let frame = Frame::new(Site::Ent, language, title).with_switch(&own).fitting(&headers);
    notice(StatusCode::OK, frame, said, &with_query(&onward, &[("lang", language.tag())]))
}

pub(super) fn missing(language: Language) -> Response {
    let title = language.say("Page introuvable", "Page not found");
    let words = language.say(
        "Cette personne ou cette ressource n’existe pas sur ce portail.",
        "This person or this resource does not exist on this portal.",
    );
    notice(StatusCode::NOT_FOUND, Frame::new(Site::Ent, language, title), vec![words.to_owned()], "/")
}

/// The portal cannot go on; `why` is for whoever connects something to it.
pub(super) fn failed(status: StatusCode, frame: Frame, why: String) -> Response {
    let words = frame.say("Le portail n’a pas pu vous connecter.", "The portal could not sign you on.");
    let paragraphs = vec![words.to_owned()];
    let page = NoticePage { onward: onward(&frame, "/"), frame, paragraphs, details: vec![why] };
    page::page(status, Leads::Within, &page)
}

fn notice(status: StatusCode, frame: Frame, paragraphs: Vec<String>, to: &str) -> Response {
    let page = NoticePage { onward: onward(&frame, to), frame, paragraphs, details: Vec::new() };
    page::page(status, Leads::Within, &page)
}

fn onward(frame: &Frame, to: &str) -> Option<(String, String)> {
    Some((to.to_owned(), frame.say("Retour aux ressources", "Back to the resources").to_owned()))
}
