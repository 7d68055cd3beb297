//! Assignments: who in a school may open what it has subscribed to, and who has a seat.
//!
//! People are named in bodies and never in addresses, which every proxy writes down: so lists of people are asked for with
//! a POST too.

mod forms;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use boundary::{SubscriptionId, Uai};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::forms::{counts, everyone, identity, object, person, targets, text};
use super::once::unkept;
use super::operation::{Answer, Form, Operation, Parameter, Verb};
use super::problem::{Code, Problem};
use super::query::Query;
use super::right::actor;
use super::{Params, Shared, body};
use crate::access::{Caller, Denied, Reach, Read, SchoolReader, SchoolStaff, Write, area};
use crate::operate::assignments::{
    self as operate, AssignError, Bounds, Identity, MOST, Page, Recovery, Request as Wanted, Target,
    Transfer, Who,
};
use crate::operate::records::Wrong;

const TAG: &str = "Assignments";
const SUBSCRIPTION: Parameter =
    Parameter { name: "subscription", says: "The subscription, by its id.", example: "abo-exemple" };
const SCHOOL: Parameter = Parameter {
    name: "school",
    says: "The school that is acted for. A manager of one school may leave it out; an operator who does acts for all.",
    example: "0650499P",
};
/// How many people a page has at most.
const LONGEST: usize = 500;
/// How many it has when nobody says.
const USUAL: usize = 100;

/// What is assigned, or taken back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Targets {
    school: Option<String>,
    targets: Vec<Target>,
}

/// Which holders are listed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    school: Option<String>,
    after: Option<Identity>,
    limit: Option<usize>,
}

/// Which seat passes on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Passed {
    school: Option<String>,
    from: Identity,
    to: Identity,
}

/// Whose seats come back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Taken {
    school: Option<String>,
    who: Who,
    #[serde(default)]
    dry_run: bool,
}

/// The operations of this family.
pub fn operations() -> Vec<Operation> {
    let mut all = looks();
    all.extend(writes());
    all
}

fn looks() -> Vec<Operation> {
    let pool =
        json!({ "pool": "pupil", "seats": 120, "used": 31, "free": 89, "by_name": 1, "through_sets": 30 });
    let supply = json!({ "subscription": "abo-exemple", "needs_assignment": true, "pools": [pool] });
    let expected = json!({ "people": 28, "outside": 2, "holding": 0, "needed": 28, "fits": true, "wrong": [],
        "pools": [{ "pool": "pupil", "seats": 120, "used": 31, "needed": 28 }] });
    let sets = json!({ "items": [{ "set": { "group": { "school": "0650499P", "status": "division", "code": "6A" } },
                                   "since": "2026-09-02T08:00:00Z", "of_file": false, "people": 28 }] });
    let holder = json!({ "identities": [person()], "school": "0650499P", "profile": "pupil", "through": "name",
                         "since": "2026-09-02T08:00:00Z", "opened": null, "of_file": false });
    let listed = json!({ "type": "object", "additionalProperties": false, "properties": {
        "school": text("The school that is acted for."), "after": identity(),
        "limit": { "type": "integer", "minimum": 1, "maximum": LONGEST } } });
    vec![
        Operation::new(Verb::Get, "/subscriptions/{subscription}/seats", seats)
            .named(TAG, "readSeats", "Say how many seats a subscription has, uses and has left")
            .at(&[SUBSCRIPTION])
            .asks(&[SCHOOL])
            .gives(Answer::json(200, "Its seats, pool by pool.", forms::supply(), supply))
            .refuses(&[Code::RequestInvalid, Code::NotFound, Code::NotYours]),
        Operation::new(Verb::Get, "/subscriptions/{subscription}/assignments", sets_of)
            .named(TAG, "listAssignments", "List the groups, levels and schools that a subscription is assigned to")
            .at(&[SUBSCRIPTION])
            .asks(&[SCHOOL])
            .gives(Answer::json(200, "The sets.", forms::sets(), sets))
            .refuses(&[Code::RequestInvalid, Code::NotFound, Code::NotYours]),
        Operation::new(Verb::Post, "/subscriptions/{subscription}/holders", holders)
            .named(TAG, "listHolders", "List who has a seat")
            .says("Page by page: after is the member next of the page before. Nothing is changed.")
            .at(&[SUBSCRIPTION])
            .takes(Form::Json(listed), json!({ "limit": 100 }))
            .gives(Answer::json(200, "They.", forms::holders(), json!({ "items": [holder], "next": null })))
            .refuses(&[Code::NotFound, Code::NotYours])
            .reads(),
        Operation::new(Verb::Post, "/subscriptions/{subscription}/assignments/preview", preview)
            .named(TAG, "previewAssignment", "Say what an assignment would come to")
            .says("How many people it means, how many seats it takes, whether they are there. Nothing is changed.")
            .at(&[SUBSCRIPTION])
            .takes(targets(), json!({ "targets": [everyone()] }))
            .gives(Answer::json(200, "What it would come to.", forms::preview(), expected))
            .refuses(&[Code::NotFound, Code::NotYours, Code::NeedsNoAssignment, Code::SubscriptionEnded])
            .reads(),
    ]
}

fn writes() -> Vec<Operation> {
    let passed = json!({ "type": "object", "required": ["from", "to"], "additionalProperties": false, "properties": {
        "school": text("The school that is acted for."), "from": identity(), "to": identity() } });
    let who = json!({ "description": "people, left, unassigned, or unused_since with a moment.", "oneOf": [
        { "type": "string", "enum": ["left", "unassigned"] },
        { "type": "object", "required": ["people"], "additionalProperties": false,
          "properties": { "people": { "type": "array", "maxItems": MOST, "items": identity() } } },
        { "type": "object", "required": ["unused_since"], "additionalProperties": false,
          "properties": { "unused_since": { "type": "string", "format": "date-time" } } } ] });
    let taken = json!({ "type": "object", "required": ["who"], "additionalProperties": false, "properties": {
        "school": text("The school that is acted for."), "who": who,
        "dry_run": { "type": "boolean", "description": "Only say how many it would be." } } });
    let assigned =
        json!({ "seated": 28, "named": 0, "already": 0, "duplicates": 0, "sets": 0, "sets_already": 0 });
    vec![
        write(
            Operation::new(Verb::Post, "/subscriptions/{subscription}/assignments", assign),
            ("assign", "Assign a subscription to people, groups, levels or a whole school"),
            "All of it or nothing: up to 10,000 targets. A person holds a seat from then on; whoever is in a set takes one \
             at their first launch while seats remain.",
        )
        .takes(targets(), json!({ "targets": [everyone()] }))
        .gives(Answer::json(200, "What was assigned.", counts(&["seated", "named", "already", "duplicates", "sets", "sets_already"]), assigned)),
        write(
            Operation::new(Verb::Post, "/subscriptions/{subscription}/assignments/removal", remove),
            ("unassign", "Take assignments back"),
            "Somebody named loses their seat; with a set go the seats of those whom nothing else gives one.",
        )
        .takes(targets(), json!({ "targets": [everyone()] }))
        .gives(Answer::json(200, "What was taken back.", counts(&["freed", "sets", "not_assigned"]), json!({ "freed": 0, "sets": 1, "not_assigned": 0 }))),
        write(
            Operation::new(Verb::Post, "/subscriptions/{subscription}/assignments/transfer", pass_on),
            ("transferSeat", "Pass a seat from one person to another"),
            "In one step, so that no third takes it.",
        )
        .takes(Form::Json(passed), json!({ "from": person(), "to": person() }))
        .gives(Answer::json(200, "It was passed on.", object(&[]), json!({}))),
        write(
            Operation::new(Verb::Post, "/subscriptions/{subscription}/assignments/recovery", take_back),
            ("recoverSeats", "Take seats back: of people, of those who left, of those who do not use theirs"),
            "With dry_run it only says how many.",
        )
        .takes(Form::Json(taken), json!({ "who": "left" }))
        .gives(Answer::json(200, "What was taken back.", counts(&["freed", "of_file"]), json!({ "freed": 3, "of_file": 0 }))),
    ]
}

fn write(operation: Operation, (id, summary): (&str, &str), says: &str) -> Operation {
    operation.named(TAG, id, summary).says(says).at(&[SUBSCRIPTION]).refuses(&[
        Code::NotFound,
        Code::NotYours,
        Code::NeedsNoAssignment,
        Code::SubscriptionEnded,
        Code::NoSeats,
        Code::NotTransferable,
        Code::Busy,
    ])
}

/// For whom a caller acts: the school that they name, the only one that they have, or, without either, every one.
fn bounds(caller: &Caller, school: Option<&str>) -> Result<Bounds, Problem> {
    let wrong = |words: String| Problem::invalid(vec![Wrong { pointer: "#/school".to_owned(), words }]);
    let named = school.map(Uai::parse_any_letter).transpose().map_err(|error| wrong(error.to_string()))?;
    let not_yours = |denied: Denied| Problem::new(Code::NotYours, denied.to_string());
    match (named, caller.reach()) {
        (Some(school), _) => caller.at(&school).map(|()| Bounds::School(school)).map_err(not_yours),
        (None, Reach::Everywhere) => Ok(Bounds::Covered),
        (None, Reach::Schools(own)) => match (own.iter().next(), own.len()) {
            (Some(only), 1) => Ok(Bounds::School(only.clone())),
            _ => Err(wrong("several schools are yours: name one".to_owned())),
        },
        (None, Reach::Organisation(_)) => Err(not_yours(Denied::NotYours)),
    }
}

fn subscription(params: &Params) -> Result<SubscriptionId, Problem> {
    let id = params.0.first().map(String::as_str).unwrap_or_default();
    SubscriptionId::parse(id).map_err(|_| Problem::not_found())
}

/// The school of the query.
fn asked(request: &Request) -> Result<Option<String>, Problem> {
    let query = Query::read(request.uri(), &[SCHOOL.name])?;
    Ok(query.get(SCHOOL.name).map(ToOwned::to_owned))
}

async fn read<T: DeserializeOwned>(request: Request) -> Result<T, Problem> {
    Query::read(request.uri(), &[])?;
    body::members(&body::json(request).await?)
}

fn told<T: Serialize>(done: Result<T, AssignError>) -> Result<Response, Problem> {
    done.map(|done| Json(done).into_response()).map_err(problem)
}

async fn seats(
    right: SchoolReader<Read<area::Assignments>>,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let (id, bounds) = (subscription(&params)?, bounds(&right, asked(&request)?.as_deref())?);
    told(operate::seats(&api.assigning(), &id, &bounds).await)
}

async fn sets_of(
    right: SchoolReader<Read<area::Assignments>>,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let (id, bounds) = (subscription(&params)?, bounds(&right, asked(&request)?.as_deref())?);
    told(operate::sets(&api.assigning(), &id, &bounds).await.map(|sets| json!({ "items": sets })))
}

async fn holders(
    right: SchoolStaff<Read<area::Assignments>>,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let (id, listed): (_, Listed) = (subscription(&params)?, read(request).await?);
    let bounds = bounds(&right, listed.school.as_deref())?;
    let page = Page { after: listed.after, limit: listed.limit.unwrap_or(USUAL).clamp(1, LONGEST) };
    told(operate::holders(&api.assigning(), &id, &bounds, &page).await).map(unkept)
}

async fn wanted(caller: &Caller, params: &Params, request: Request) -> Result<Wanted, Problem> {
    let subscription = subscription(params)?;
    let Targets { school, targets } = read(request).await?;
    Ok(Wanted { subscription, bounds: bounds(caller, school.as_deref())?, targets })
}

async fn preview(
    right: SchoolStaff<Read<area::Assignments>>,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let wanted = wanted(&right, &params, request).await?;
    told(operate::preview(&api.assigning(), &wanted).await).map(unkept)
}

async fn assign(
    right: SchoolStaff<Write<area::Assignments>>,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let wanted = wanted(&right, &params, request).await?;
    told(operate::assign(&api.assigning(), &actor(&right), &wanted).await)
}

async fn remove(
    right: SchoolStaff<Write<area::Assignments>>,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let wanted = wanted(&right, &params, request).await?;
    told(operate::unassign(&api.assigning(), &actor(&right), &wanted).await)
}

async fn pass_on(
    right: SchoolStaff<Write<area::Assignments>>,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let subscription = subscription(&params)?;
    let Passed { school, from, to } = read(request).await?;
    let bounds = bounds(&right, school.as_deref())?;
    let transfer = Transfer { subscription, bounds, from, to };
    told(operate::transfer(&api.assigning(), &actor(&right), &transfer).await)
}

async fn take_back(
    right: SchoolStaff<Write<area::Assignments>>,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let subscription = subscription(&params)?;
    let Taken { school, who, dry_run } = read(request).await?;
    let asked = Recovery { subscription, bounds: bounds(&right, school.as_deref())?, who };
    let means = api.assigning();
    if dry_run {
        return told(operate::recoverable(&means, &asked).await);
    }
    told(operate::recover(&means, &actor(&right), &asked).await)
}

fn problem(error: AssignError) -> Problem {
    let words = error.to_string();
    let at =
        |pointer: &str| Problem::invalid(vec![Wrong { pointer: pointer.to_owned(), words: words.clone() }]);
    match error {
        AssignError::UnknownSubscription(_) => Problem::not_found(),
        AssignError::Etabl(_) => Problem::new(Code::NeedsNoAssignment, words),
        AssignError::Ended(_) => Problem::new(Code::SubscriptionEnded, words),
        AssignError::Nobody | AssignError::TooMany => at("#/targets"),
        AssignError::NoSuchPage => at("#/after"),
        AssignError::Wrong(wrong) => {
            let one = |wrong: operate::Wrong| Wrong {
                pointer: format!("#/targets/{}", wrong.index),
                words: wrong.why.to_string(),
            };
            Problem::invalid(wrong.into_iter().map(one).collect())
        }
        AssignError::NoSeats(short) => Problem::new(Code::NoSeats, words).with("pools", json!(short)),
        AssignError::NotTransferable(_) => Problem::new(Code::NotTransferable, words),
        AssignError::Busy(_) => Problem::new(Code::Busy, words),
        AssignError::Fault(fault) => fault.into(),
    }
}
