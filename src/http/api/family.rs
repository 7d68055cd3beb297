//! Family: the operations that all kinds of records have: list, read, put, withdraw. A kind says who reads and who writes
//! it, and where it lives; the rest is here.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{LINK, LOCATION};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json, body::Bytes};
use boundary::EntId;
use futures::stream;
use serde_json::{Value, json};

use super::export::{self, Form as Exported};
use super::operation::{Answer, Form, Operation, Parameter, Verb};
use super::problem::{Code, Problem};
use super::query::{Query, cursor};
use super::right::{Named, actor, sight};
use super::{Api, Params, Shared, body, conditions};
use crate::operate::records::{self, Asked, Page, RecordKind, RevisedRecord, Sight, Wanted};

/// How many records are read at once for an export.
const EXPORTED: u32 = 500;

/// A kind of records.
pub trait Family: Send + Sync + 'static {
    /// The kind.
    const KIND: RecordKind;
    /// The address of the list, below `/api/v1`.
    const LIST: &'static str;
    /// The address of one.
    const ITEM: &'static str;
    /// The family in the document.
    const TAG: &'static str;
    /// One and many of them, in words and in names of operations: `school`, `schools`, `School`, `Schools`.
    const WORDS: [&'static str; 4];
    /// The parameters of the address of one.
    const AT: &'static [Parameter];
    /// Filters by what a record names: the parameter, and the kind of what is named.
    const FILTERS: &'static [(Parameter, RecordKind)] = &[];
    /// Whether a list can be searched by words.
    const SEARCHED: bool = false;
    /// What else is to be known of writes.
    const NOTE: &'static str = "";
    /// Who reads.
    type Reader: Named;
    /// Who writes.
    type Writer: Named;

    /// One, as it is sent.
    fn example() -> Value;
}

pub const LIMIT: Parameter =
    Parameter { name: "limit", says: "How many a page has at most, 1 to 200.", example: "50" };
pub const CURSOR: Parameter = Parameter {
    name: "cursor",
    says: "Where the page begins: next of the page before.",
    example: "MDc1MDAwMVU",
};
const WORDS: Parameter =
    Parameter { name: "q", says: "Words in the id, the name, the title or the town.", example: "lyc" };

const TAGGED: &[(&str, &str)] = &[("ETag", "The revision, for If-Match.")];
const CREATED: &[(&str, &str)] =
    &[("ETag", "The revision, for If-Match."), ("Location", "The address of the object.")];
const LINKED: &[(&str, &str)] = &[("Link", "The next page, where there is one (rel=next).")];

/// The operations of a kind.
pub fn operations<F: Family>() -> Vec<Operation> {
    let [one, many, one_id, many_id] = F::WORDS;
    let example = shown_example(F::example());
    let page = json!({ "items": [example], "next": null });
    let mut asks: Vec<Parameter> = F::FILTERS.iter().map(|(parameter, _)| *parameter).collect();
    asks.extend(F::SEARCHED.then_some(WORDS));
    asks.extend([LIMIT, CURSOR]);
    let above = F::AT.split_last().map_or(&[][..], |(_, above)| above);
    let parents: &[Code] = if above.is_empty() { &[] } else { &[Code::NotFound] };
    vec![
        Operation::new(Verb::Get, F::LIST, list::<F>)
            .named(F::TAG, format!("list{many_id}"), format!("List {many}"))
            .says("Page by page as JSON; whole as text/csv or application/x-ndjson, by the Accept header.")
            .at(above)
            .asks(&asks)
            .gives(
                Answer::json(200, "A page, or all of them.", Form::Page(F::KIND), page)
                    .or(export::CSV, Form::Json(json!({ "type": "string" })))
                    .or(export::NDJSON, Form::Json(json!({ "type": "string" })))
                    .with(LINKED),
            )
            .refuses(&[Code::RequestInvalid, Code::NotAcceptable])
            .refuses(parents),
        Operation::new(Verb::Get, F::ITEM, read::<F>)
            .named(F::TAG, format!("read{one_id}"), format!("Read {one}"))
            .at(F::AT)
            .gives(Answer::json(200, "The object.", Form::Shown(F::KIND), example.clone()).with(TAGGED))
            .refuses(&[Code::NotFound, Code::Withdrawn]),
        Operation::new(Verb::Put, F::ITEM, put::<F>)
            .named(F::TAG, format!("put{one_id}"), format!("Register or change {one}"))
            .says(format!("{}What is equal already is not written, and keeps its revision.", F::NOTE))
            .at(F::AT)
            .takes(Form::Sent(F::KIND), F::example())
            .gives(Answer::json(200, "It was changed.", Form::Shown(F::KIND), example.clone()).with(TAGGED))
            .gives(Answer::json(201, "It was registered.", Form::Shown(F::KIND), example).with(CREATED))
            .refuses(&[Code::NotFound, Code::ManagedElsewhere])
            .conditional(),
        Operation::new(Verb::Delete, F::ITEM, withdraw::<F>)
            .named(F::TAG, format!("withdraw{one_id}"), format!("Withdraw {one}"))
            .says("It is marked, not forgotten: what once was stays explainable. A PUT brings it back.")
            .at(F::AT)
            .gives(Answer::empty(204, "It was withdrawn."))
            .refuses(&[Code::NotFound, Code::Withdrawn, Code::ManagedElsewhere, Code::InUse])
            .conditional(),
    ]
}

/// An example as it is shown.
fn shown_example(mut example: Value) -> Value {
    if let Value::Object(members) = &mut example {
        members.insert("managed_by".to_owned(), json!("api"));
        members.insert("revision".to_owned(), json!(1));
    }
    example
}

/// What the address of a request says.
struct Address {
    parent: Option<String>,
    id: String,
}

impl Address {
    fn of<F: Family>(params: &Params) -> Self {
        let mut values = params.0.clone();
        let id = if values.len() == F::AT.len() { values.pop() } else { None };
        Self { parent: values.pop(), id: id.unwrap_or_default() }
    }

    /// Resources and agreements are named by ARK or by the resource's key.
    async fn resolve<F: Family>(params: &Params, api: &Api) -> Result<Self, Problem> {
        let mut address = Self::of::<F>(params);
        let by_resource = matches!(F::KIND, RecordKind::Resource | RecordKind::Agreement);
        if by_resource && !address.id.starts_with("ark:/") {
            address.id = ark_of(api, &address.id).await?;
        }
        Ok(address)
    }
}

/// The ARK of the resource with a key.
pub async fn ark_of(api: &Api, key: &str) -> Result<String, Problem> {
    let found = api.records.named(RecordKind::Resource, key, 5).await?;
    let live = found.iter().find(|found| !found.stored.withdrawn).or_else(|| found.first());
    live.map(|found| found.stored.record.id()).ok_or_else(Problem::not_found)
}

/// What stands above in the address must be in sight.
async fn parent(api: &Api, sight: &Sight, address: &Address) -> Result<Option<EntId>, Problem> {
    let Some(id) = &address.parent else { return Ok(None) };
    records::get(&*api.records, sight, RecordKind::Ent, id).await?;
    EntId::parse(id).map(Some).map_err(|_| Problem::not_found())
}

async fn list<F: Family>(
    right: F::Reader,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let sight = sight(right.caller());
    let form = export::accepted(request.headers())?;
    let ent = parent(&api, &sight, &Address::of::<F>(&params)).await?;
    let mut asked = asked::<F>(request.uri())?;
    asked.about.extend(ent.map(|ent| (RecordKind::Ent, ent.to_string())));
    if form != Exported::Json {
        asked.limit = EXPORTED;
        return Ok(exported::<F>(api, sight, asked, form));
    }
    let page = records::list(&*api.records, &sight, &asked).await?;
    let next = page.next.as_deref().map(cursor);
    let items: Vec<Value> = page.records.iter().map(records::shown).collect();
    let mut response = Json(json!({ "items": items, "next": next })).into_response();
    if let Some(link) = next.and_then(|next| link(request.uri(), &next)) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

fn asked<F: Family>(uri: &Uri) -> Result<Asked, Problem> {
    let mut known: Vec<&str> = F::FILTERS.iter().map(|(parameter, _)| parameter.name).collect();
    known.extend(F::SEARCHED.then_some(WORDS.name));
    known.extend([LIMIT.name, CURSOR.name]);
    let query = Query::read(uri, &known)?;
    let filter =
        |(parameter, kind): &(Parameter, RecordKind)| Some((*kind, query.get(parameter.name)?.to_owned()));
    Ok(Asked {
        kind: F::KIND,
        about: F::FILTERS.iter().filter_map(filter).collect(),
        words: query.get(WORDS.name).map(ToOwned::to_owned),
        after: query.after()?,
        limit: query.limit()?,
    })
}

/// The address of the next page.
pub fn link(uri: &Uri, cursor: &str) -> Option<HeaderValue> {
    let others = uri.query().unwrap_or_default().split('&');
    let mut pairs: Vec<String> = others
        .filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(CURSOR.name))
        .map(ToOwned::to_owned)
        .collect();
    pairs.push(format!("{}={cursor}", CURSOR.name));
    // The path that a client sees, whatever a router took off.
    let path = uri.path();
    let base = if path.starts_with("/api/v1") { "" } else { "/api/v1" };
    HeaderValue::try_from(format!("<{base}{path}?{}>; rel=\"next\"", pairs.join("&"))).ok()
}

/// All of a list, slice by slice, as fast as it is taken.
fn exported<F: Family>(api: Shared, sight: Sight, asked: Asked, form: Exported) -> Response {
    let columns = Arc::new(api.document.columns(F::KIND));
    let head = if form == Exported::Csv { export::head(&columns) } else { String::new() };
    let pieces = stream::unfold(Some((api, sight, asked, head)), move |state| {
        let columns = Arc::clone(&columns);
        async move {
            let (api, sight, mut asked, mut text) = state?;
            let page = match records::list(&*api.records, &sight, &asked).await {
                Ok(page) => page,
                Err(fault) => {
                    tracing::error!(%fault, "an export broke off");
                    return Some((Err(std::io::Error::other("the database did not answer")), None));
                }
            };
            let Page { records, next } = page;
            for record in &records {
                let shown = records::shown(record);
                text.push_str(&if form == Exported::Csv {
                    export::row(&columns, &shown)
                } else {
                    export::line(&shown)
                });
            }
            let following = next.map(|after| {
                asked.after = after;
                (api, sight, asked, String::new())
            });
            Some((Ok(Bytes::from(text)), following))
        }
    });
    export::streamed(form, F::LIST.rsplit('/').next().unwrap_or("list"), pieces)
}

async fn read<F: Family>(
    right: F::Reader,
    State(api): State<Shared>,
    params: Params,
) -> Result<Response, Problem> {
    let sight = sight(right.caller());
    let address = Address::resolve::<F>(&params, &api).await?;
    let ent = parent(&api, &sight, &address).await?;
    let found = records::get(&*api.records, &sight, F::KIND, &address.id).await?;
    of_parent(&found, ent.as_ref())?;
    Ok(one(StatusCode::OK, &found))
}

/// A connection is found under its own ENT alone.
fn of_parent(found: &RevisedRecord, ent: Option<&EntId>) -> Result<(), Problem> {
    let own = records::ent_of(&found.stored.record);
    if ent.is_none() || own == ent { Ok(()) } else { Err(Problem::not_found()) }
}

/// One record with its revision.
pub fn one(status: StatusCode, record: &RevisedRecord) -> Response {
    let mut response = (status, Json(records::shown(record))).into_response();
    conditions::tag(&mut response, record.revision);
    response
}

async fn put<F: Family>(
    right: F::Writer,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let sight = sight(right.caller());
    let expected = conditions::expected(request.headers())?;
    Query::read(request.uri(), &[])?;
    let address = Address::resolve::<F>(&params, &api).await?;
    let ent = parent(&api, &sight, &address).await?;
    let path = request.uri().path().to_owned();
    let body = body::json(request).await?;
    let wanted =
        Wanted { sight: &sight, kind: F::KIND, id: &address.id, ent: ent.as_ref(), body: &body, expected };
    let put = records::put(&api.means(), &actor(right.caller()), wanted).await?;
    let status = if put.created { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = one(status, &put.record);
    if let (true, Ok(location)) = (put.created, HeaderValue::try_from(format!("/api/v1{path}"))) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

async fn withdraw<F: Family>(
    right: F::Writer,
    State(api): State<Shared>,
    params: Params,
    request: Request,
) -> Result<Response, Problem> {
    let sight = sight(right.caller());
    let expected = conditions::expected(request.headers())?;
    Query::read(request.uri(), &[])?;
    let address = Address::resolve::<F>(&params, &api).await?;
    if let Some(ent) = parent(&api, &sight, &address).await? {
        let found = records::get(&*api.records, &sight, F::KIND, &address.id).await?;
        of_parent(&found, Some(&ent))?;
    }
    let name = (F::KIND, address.id.as_str());
    records::withdraw(&api.means(), &actor(right.caller()), &sight, name, expected).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
