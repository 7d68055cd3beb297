//! Export: lists as JSON a page at a time, or whole as CSV (RFC 4180) or as one JSON object a line.

use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use futures::Stream;
use serde_json::Value;

use super::problem::{Code, Problem};

/// One JSON object a line.
pub const NDJSON: &str = "application/x-ndjson";
/// A table.
pub const CSV: &str = "text/csv";

/// The form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A page of JSON.
    Json,
    /// All of it, as a table.
    Csv,
    /// All of it, one object a line.
    Ndjson,
}

/// A list, by its name, and the columns of its table.
#[derive(Debug, Clone, Copy)]
pub struct List {
    /// What the file is called.
    pub name: &'static str,
    /// Its columns, which are members of its rows.
    pub columns: &'static [&'static str],
}

impl List {
    /// Some of its rows as text; the first of them come under the head of the table.
    pub fn slice(self, form: Form, rows: &[Value], first: bool) -> String {
        let columns: Vec<String> = self.columns.iter().map(|&column| column.to_owned()).collect();
        let mut text = if first && form == Form::Csv { head(&columns) } else { String::new() };
        for each in rows {
            text.push_str(&if form == Form::Csv { row(&columns, each) } else { line(each) });
        }
        text
    }
}

/// The form that a request accepts most (RFC 9110 section 12.5.1); of those it accepts alike, the first of ours.
pub fn accepted(headers: &HeaderMap) -> Result<Form, Problem> {
    let lines = headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let ranges: Vec<(&str, u32)> = lines.flat_map(|line| line.split(',')).map(range).collect();
    if ranges.is_empty() {
        return Ok(Form::Json);
    }
    let forms = [(Form::Json, "application/json"), (Form::Csv, CSV), (Form::Ndjson, NDJSON)];
    let weighed = forms.map(|(form, media)| (form, weight(&ranges, media)));
    let best = weighed.into_iter().rev().max_by_key(|(_, weight)| *weight);
    match best {
        Some((form, weight)) if weight > 0 => Ok(form),
        _ => Err(Problem::new(
            Code::NotAcceptable,
            "accept application/json, text/csv or application/x-ndjson",
        )),
    }
}

/// A range and its weight in thousandths.
fn range(text: &str) -> (&str, u32) {
    let mut parts = text.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let q = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let weight = q.map_or(1.0, |q| q.parse::<f32>().unwrap_or_default()).clamp(0.0, 1.0);
    (media, (weight * 1000.0) as u32)
}

/// The weight of a media type: that of the closest range.
fn weight(ranges: &[(&str, u32)], media: &str) -> u32 {
    let kind = media.split('/').next().unwrap_or_default();
    let any = format!("{kind}/*");
    let of =
        |wanted: &str| ranges.iter().find(|(range, _)| range.eq_ignore_ascii_case(wanted)).map(|(_, q)| *q);
    of(media).or_else(|| of(&any)).or_else(|| of("*/*")).unwrap_or_default()
}

/// A response whose body comes piece by piece.
pub fn streamed(
    form: Form,
    name: &str,
    pieces: impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
) -> Response {
    let (media, end) = match form {
        Form::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
        Form::Ndjson | Form::Json => (NDJSON, "ndjson"),
    };
    let mut response = Response::new(Body::from_stream(pieces));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{name}.{end}\"")) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    response
}

/// The head of a table.
pub fn head(columns: &[String]) -> String {
    let cells: Vec<String> = columns.iter().map(|column| cell(column)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A row of a table.
pub fn row(columns: &[String], value: &Value) -> String {
    let cells: Vec<String> = columns.iter().map(|column| cell(&flat(value.get(column)))).collect();
    format!("{}\r\n", cells.join(","))
}

/// One object as a line.
pub fn line(value: &Value) -> String {
    format!("{value}\n")
}

/// A value in a cell: lists of plain values with spaces between, everything deeper as JSON.
fn flat(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(values)) if values.iter().all(|value| !value.is_object() && !value.is_array()) => {
            values.iter().map(|value| flat(Some(value))).collect::<Vec<_>>().join(" ")
        }
        Some(other) => other.to_string(),
    }
}

/// What a spreadsheet would take for a formula becomes text.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guarded = if formula { format!("'{text}") } else { text.to_owned() };
    if guarded.contains(['"', ',', ';', '\r', '\n']) || formula {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_accepted_most_is_given() {
        let form = |line: &str| accepted(&HeaderMap::from_iter([(ACCEPT, line.parse().unwrap())])).ok();
        assert_eq!(accepted(&HeaderMap::new()).ok(), Some(Form::Json));
        for (line, wanted) in [
            ("*/*", Some(Form::Json)),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Some(Form::Json)),
            ("text/csv", Some(Form::Csv)),
            ("text/*", Some(Form::Csv)),
            ("application/x-ndjson, application/json;q=0.5", Some(Form::Ndjson)),
            ("application/json;q=0, */*", Some(Form::Csv)),
            ("application/*;q=0.2, text/csv;q=0.3", Some(Form::Csv)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json;q=x", None),
        ] {
            assert_eq!(form(line), wanted, "{line}");
        }
    }

    #[test]
    fn no_cell_is_a_formula() {
        let columns = ["a", "b", "c", "d"].map(ToOwned::to_owned);
        let value = json!({ "a": "=1+1", "b": "x \"y\", z", "c": ["u", "v"], "d": { "w": 1 } });
        assert_eq!(row(&columns, &value), "\"'=1+1\",\"x \"\"y\"\", z\",u v,\"{\"\"w\"\":1}\"\r\n");
        for start in ["=", "+", "-", "@", "\t", "\r"] {
            assert!(cell(&format!("{start}cmd")).starts_with("\"'"), "{start:?}");
        }
        assert_eq!(head(&columns), "a,b,c,d\r\n");
    }
}
