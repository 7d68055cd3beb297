//! Statistics: how often what was opened where, by how many, and why it was refused.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::Uri;
use axum::http::header::LINK;
use axum::response::{IntoResponse, Response};
use boundary::{Fault, Uai, paris_date};
use futures::future::BoxFuture;
use futures::stream;
use serde_json::{Value, json};
use time::macros::format_description;
use time::{Date, Duration};

use super::export::{self, Form as Exported, List};
use super::family::{CURSOR, LIMIT, link};
use super::operation::{Answer, Form, Operation, Parameter, Verb};
use super::problem::{Code, Problem};
use super::query::{Query, cursor};
use super::right::sight;
use super::{Api, Shared};
use crate::access::{Caller, Denied, PublisherReader, Reach, Read, SchoolReader, area};
use crate::operate::statistics::{Asked, Place, sectors_of};

const TAG: &str = "Statistics";
const SCHOOL: Parameter = Parameter {
    name: "school",
    says: "Only this school, by its number. A manager of several schools names one.",
    example: "0650499P",
};
const RESOURCE: Parameter =
    Parameter { name: "resource", says: "Only this resource, by its ARK.", example: "ark:/99999/exemple" };
const FROM: Parameter = Parameter {
    name: "from",
    says: "From this day on (in Paris); thirty days ago where it is absent.",
    example: "2026-09-01",
};
const UNTIL: Parameter =
    Parameter { name: "until", says: "Until this day; today where it is absent.", example: "2027-08-15" };
/// How many days are told where nobody says.
const DAYS: Duration = Duration::days(30);
/// How many rows an export reads at a time.
const SLICE: u32 = 1000;

/// What launches are counted under.
pub const LAUNCHES: List = List {
    name: "launches",
    columns: &["day", "school", "resource", "sector", "profile", "outcome", "launches"],
};
const USERS: List = List { name: "users", columns: &["period", "school", "resource", "sector", "users"] };
const DELIVERIES: List =
    List { name: "deliveries", columns: &["day", "school", "resource", "sector", "launches", "users"] };

/// The operations of this family.
pub fn operations() -> Vec<Operation> {
    let at = |period: &str| json!({ period: "2026-09-07", "school": "0650499P", "resource": "ark:/99999/exemple", "sector": "exemple" });
    let with = |mut row: Value, more: Value| {
        if let (Value::Object(row), Value::Object(more)) = (&mut row, more) {
            row.extend(more);
        }
        row
    };
    let launches = with(at("day"), json!({ "profile": "pupil", "outcome": "delivered", "launches": 128 }));
    vec![
        operation("/statistics/launches", launches_of, launches)
            .named(TAG, "listLaunches", "List launches by day, school, resource, profile and outcome")
            .says(
                "outcome is delivered, or the code of a refusal (specs/refusals.toml). What was not known when a launch \
                 ended is empty.",
            ),
        operation("/statistics/users", users_of, with(at("period"), json!({ "users": 61 })))
            .named(TAG, "listUsers", "List how many people opened what, by day, month, school and resource")
            .says(
                "A person is another one for each publisher: counts of two resources are not to be summed. A month, \
                 2026-09, is told where its first day is asked for.",
            ),
        operation("/statistics/deliveries", deliveries_of, with(at("day"), json!({ "launches": 128, "users": 61 })))
            .named(TAG, "listDeliveries", "List what was delivered to a publisher, by day, school and resource")
            .says(
                "What is of fewer than five launches or five people is left out, and stands in no sum: there is nothing \
                 from which it could be subtracted. Days are told once they are over and all of them was read, which is \
                 within a day: then they change no more.",
            ),
    ]
}

fn operation<H, T>(path: &'static str, handler: H, row: Value) -> Operation
where
    H: axum::handler::Handler<T, Shared>,
    T: super::right::ByRight + 'static,
{
    let item = form_of(&row);
    let page = json!({ "type": "object", "required": ["items", "next"], "properties": {
        "items": { "type": "array", "items": item }, "next": { "type": ["string", "null"] } } });
    let answer =
        Answer::json(200, "A page, or all of it.", Form::Json(page), json!({ "items": [row], "next": null }));
    let text = || Form::Json(json!({ "type": "string" }));
    Operation::new(Verb::Get, path, handler)
        .asks(&[FROM, UNTIL, SCHOOL, RESOURCE, LIMIT, CURSOR])
        .gives(answer.or(export::CSV, text()).or(export::NDJSON, text()))
        .refuses(&[Code::RequestInvalid, Code::NotAcceptable, Code::NotYours])
}

/// A row has the members of its example.
fn form_of(row: &Value) -> Value {
    let members = row.as_object().into_iter().flatten();
    let of = |value: &Value| json!({ "type": if value.is_string() { "string" } else { "integer" } });
    let forms: serde_json::Map<String, Value> =
        members.map(|(name, value)| (name.clone(), of(value))).collect();
    json!({ "type": "object", "required": forms.keys().collect::<Vec<_>>(), "properties": forms })
}

/// What a query asks for, and where it goes on.
struct Wanted {
    asked: Asked,
    after: Vec<String>,
    form: Exported,
    uri: Uri,
}

fn wanted(api: &Api, caller: &Caller, request: &Request) -> Result<Wanted, Problem> {
    let known = [FROM, UNTIL, SCHOOL, RESOURCE, LIMIT, CURSOR].map(|parameter| parameter.name);
    let query = Query::read(request.uri(), &known)?;
    let today = paris_date(api.clock.now());
    let until = day(&query, UNTIL.name)?.unwrap_or(today);
    let from = match day(&query, FROM.name)? {
        Some(from) => from,
        None => until
            .checked_sub(DAYS)
            .ok_or_else(|| Problem::parameter(UNTIL.name, "there are no thirty days before it"))?,
    };
    let asked = Asked {
        from,
        until,
        school: school(caller, query.get(SCHOOL.name))?,
        resource: query.get(RESOURCE.name).map(ToOwned::to_owned),
        limit: query.limit()?,
    };
    let after = query.after()?;
    let after =
        if after.is_empty() { Vec::new() } else { after.split('\n').map(ToOwned::to_owned).collect() };
    let form = export::accepted(request.headers())?;
    Ok(Wanted { asked, after, form, uri: request.uri().clone() })
}

fn day(query: &Query, name: &str) -> Result<Option<Date>, Problem> {
    let form = format_description!("[year]-[month]-[day]");
    let date = |text: &str| Date::parse(text, form);
    query.get(name).map(date).transpose().map_err(|_| Problem::parameter(name, "write a day as 2026-09-01"))
}

/// The school that is asked for, the only one of whoever has one, or every one for whoever sees all.
fn school(caller: &Caller, named: Option<&str>) -> Result<Option<String>, Problem> {
    let wrong = |words: String| Problem::parameter(SCHOOL.name, words);
    let named = named.map(Uai::parse_any_letter).transpose().map_err(|error| wrong(error.to_string()))?;
    match (named, caller.reach()) {
        // A publisher's own resources are used at schools that are nobody's here.
        (named, Reach::Everywhere | Reach::Organisation(_)) => Ok(named.map(|uai| uai.to_string())),
        (Some(uai), Reach::Schools(_)) => caller
            .at(&uai)
            .map(|()| Some(uai.to_string()))
            .map_err(|denied: Denied| Problem::new(Code::NotYours, denied.to_string())),
        (None, Reach::Schools(own)) => match (own.iter().next(), own.len()) {
            (Some(only), 1) => Ok(Some(only.to_string())),
            _ => Err(wrong("several schools are yours: name one".to_owned())),
        },
    }
}

/// A place of four, the first where none is told.
fn four(after: &[String]) -> [String; 4] {
    let part = |n: usize| after.get(n).cloned().unwrap_or_default();
    [part(0), part(1), part(2), part(3)]
}

/// Rows behind a place, each with its own place.
type Rows = Result<Vec<(Vec<String>, Value)>, Fault>;

async fn launches_of(
    right: SchoolReader<Read<area::Statistics>>,
    State(api): State<Shared>,
    request: Request,
) -> Result<Response, Problem> {
    let wanted = wanted(&api, &right, &request)?;
    told(api, wanted, LAUNCHES, |api, asked, after| {
        Box::pin(async move {
            let part = |n: usize| after.get(n).cloned().unwrap_or_default();
            let place = Place(part(0), part(1), part(2), part(3), part(4), part(5));
            let rows = api.statistics.launches(&asked, &place).await?;
            let row = |row: crate::operate::statistics::Launches| {
                let Place(a, b, c, d, e, f) = row.place();
                (vec![a, b, c, d, e, f], json!(row))
            };
            Ok(rows.into_iter().map(row).collect())
        })
    })
    .await
}

async fn users_of(
    right: SchoolReader<Read<area::Statistics>>,
    State(api): State<Shared>,
    request: Request,
) -> Result<Response, Problem> {
    let wanted = wanted(&api, &right, &request)?;
    told(api, wanted, USERS, |api, asked, after| {
        Box::pin(async move {
            let rows = api.statistics.users(&asked, &four(&after)).await?;
            let place = |row: &crate::operate::statistics::Users| {
                vec![row.period.clone(), row.school.clone(), row.resource.clone(), row.sector.clone()]
            };
            Ok(rows.into_iter().map(|row| (place(&row), json!(row))).collect())
        })
    })
    .await
}

async fn deliveries_of(
    right: PublisherReader<Read<area::Statistics>>,
    State(api): State<Shared>,
    request: Request,
) -> Result<Response, Problem> {
    let mut wanted = wanted(&api, &right, &request)?;
    drop(request);
    wanted.asked = closed(&api, wanted.asked).await?;
    let sectors = sectors_of(&*api.records, &sight(&right)).await?;
    told(api, wanted, DELIVERIES, move |api, asked, after| {
        let sectors = sectors.clone();
        Box::pin(async move {
            let rows = api.statistics.deliveries(&asked, &sectors, &four(&after)).await?;
            let place = |row: &crate::operate::statistics::Deliveries| {
                vec![row.day.clone(), row.school.clone(), row.resource.clone(), row.sector.clone()]
            };
            Ok(rows.into_iter().map(|row| (place(&row), json!(row))).collect())
        })
    })
    .await
}

/// What is asked for, of days whose counts change no more: of two answers that differ by one launch, somebody could tell
/// whose it was.
async fn closed(api: &Api, asked: Asked) -> Result<Asked, Problem> {
    let closed = api.statistics.closed().await?.unwrap_or(Date::MIN);
    Ok(Asked { until: asked.until.min(closed), ..asked })
}

/// A page of JSON, or all of it in another form.
async fn told(
    api: Shared,
    wanted: Wanted,
    list: List,
    read: impl Fn(Shared, Asked, Vec<String>) -> BoxFuture<'static, Rows> + Send + 'static,
) -> Result<Response, Problem> {
    let Wanted { mut asked, after, form, uri } = wanted;
    if form != Exported::Json {
        asked.limit = SLICE;
        return Ok(exported(api, asked, (form, list), read));
    }
    let limit = asked.limit as usize;
    let rows = read(api, asked, after).await?;
    let next =
        if rows.len() < limit { None } else { rows.last().map(|(place, _)| cursor(&place.join("\n"))) };
    let items: Vec<&Value> = rows.iter().map(|(_, row)| row).collect();
    let mut response = Json(json!({ "items": items, "next": next })).into_response();
    if let Some(link) = next.and_then(|next| link(&uri, &next)) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

fn exported(
    api: Shared,
    asked: Asked,
    (form, list): (Exported, List),
    read: impl Fn(Shared, Asked, Vec<String>) -> BoxFuture<'static, Rows> + Send + 'static,
) -> Response {
    let begin = Some((read, Vec::new(), true));
    let pieces = stream::unfold(begin, move |state| {
        let (api, asked) = (Shared::clone(&api), asked.clone());
        async move {
            let (read, after, first) = state?;
            let rows = match read(api, asked.clone(), after).await {
                Ok(rows) => rows,
                Err(fault) => {
                    tracing::error!(%fault, "an export broke off");
                    return Some((Err(std::io::Error::other("the database did not answer")), None));
                }
            };
            let values: Vec<Value> = rows.iter().map(|(_, row)| row.clone()).collect();
            let text = list.slice(form, &values, first);
            let whole = rows.len() < SLICE as usize;
            let following = rows.last().filter(|_| !whole).map(|(place, _)| place.clone());
            Some((Ok(Bytes::from(text)), following.map(|after| (read, after, false))))
        }
    });
    export::streamed(form, list.name, pieces)
}
