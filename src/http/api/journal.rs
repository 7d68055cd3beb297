//! The journal of a school, in the file that the school verifies by itself.

use std::fs::File;
use std::io::{BufWriter, Read as _, Seek, Write as _};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use boundary::{Fault, Uai};
use futures::stream;
use serde_json::json;
use time::Date;
use time::macros::format_description;
use tokio::task::spawn_blocking;

use super::Shared;
use super::export::NDJSON;
use super::operation::{Answer, Form, Operation, Parameter, Verb};
use super::problem::{Code, Problem};
use super::query::Query;
use crate::access::{Read, SchoolReader, area};
use crate::operate::school_journal::{self, Asked, ReadError};

const SCHOOL: Parameter =
    Parameter { name: "school", says: "The school's number; required.", example: "0650499P" };
const FROM: Parameter = Parameter {
    name: "from",
    says: "Events from this day on (in Paris); the others stand there by their digest.",
    example: "2026-09-01",
};
const UNTIL: Parameter =
    Parameter { name: "until", says: "Events until this day and no later.", example: "2027-08-15" };

/// The operations of this family.
pub fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Verb::Get, "/journal/export", export)
            .named("Journal", "exportJournal", "Export a school's journal")
            .says("One JSON object a line; docs/journal.md has the form, and says how a school verifies it.")
            .asks(&[SCHOOL, FROM, UNTIL])
            .gives(Answer {
                status: 200,
                says: "The export.",
                forms: vec![(NDJSON, Form::Json(json!({ "type": "string" })))],
                example: Some(json!("{\"line\":\"export\",\"version\":1,\"of\":\"0650499P\"}\n")),
                headers: &[],
            })
            .refuses(&[Code::RequestInvalid, Code::NotFound, Code::JournalUnsigned, Code::NotYours]),
    ]
}

async fn export(
    right: SchoolReader<Read<area::Journal>>,
    State(api): State<Shared>,
    request: Request,
) -> Result<Response, Response> {
    let asked = asked(&request).map_err(IntoResponse::into_response)?;
    let school = Uai::parse_any_letter(&asked.of).map_err(|_| Problem::not_found().into_response())?;
    right.at(&school).map_err(IntoResponse::into_response)?;
    let written = written(&api, &asked).await;
    let file = written.map_err(|error| problem(error).into_response())?;
    Ok(sent(file, &asked.of))
}

fn asked(request: &Request) -> Result<Asked, Problem> {
    let query = Query::read(request.uri(), &[SCHOOL.name, FROM.name, UNTIL.name])?;
    let of = query.get(SCHOOL.name).ok_or_else(|| Problem::parameter(SCHOOL.name, "name the school"))?;
    let day = |name: &str| {
        let read = |text| {
            Date::parse(text, format_description!("[year]-[month]-[day]"))
                .map_err(|_| Problem::parameter(name, "write a day such as 2026-09-01"))
        };
        query.get(name).map(read).transpose()
    };
    Ok(Asked { of: of.to_owned(), from: day(FROM.name)?, until: day(UNTIL.name)? })
}

/// The whole export in a file without a name: a reader who is slow holds no transaction, and what fails is told before
/// anything was sent.
async fn written(api: &Shared, asked: &Asked) -> Result<File, ReadError> {
    let mut out = BufWriter::new(tempfile::tempfile()?);
    school_journal::write(&*api.journal, asked, api.clock.now(), &mut out).await?;
    out.flush()?;
    let mut file = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(file)
}

fn problem(error: ReadError) -> Problem {
    match error {
        ReadError::Fault(fault) => fault.into(),
        ReadError::File(error) => Fault::new(format!("an export cannot be written: {}", error.kind())).into(),
        ReadError::Nothing(_) => Problem::not_found(),
        ReadError::Unsigned(_) => Problem::new(
            Code::JournalUnsigned,
            "a checkpoint is made every hour: ask again after the next one",
        ),
    }
}

fn sent(file: File, school: &str) -> Response {
    let pieces = stream::unfold(Some(file), |file| async move {
        let mut file = file?;
        let read = spawn_blocking(move || {
            let mut piece = vec![0; 64 * 1024];
            let read = file.read(&mut piece);
            read.map(|many| {
                piece.truncate(many);
                (piece, file)
            })
        });
        match read.await.unwrap_or_else(|error| Err(std::io::Error::other(error))) {
            Ok((piece, _)) if piece.is_empty() => None,
            Ok((piece, file)) => Some((Ok(Bytes::from(piece)), Some(file))),
            Err(error) => Some((Err(error), None)),
        }
    });
    let mut response = Response::new(Body::from_stream(pieces));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"journal-{school}.jsonl\"")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    response
}
