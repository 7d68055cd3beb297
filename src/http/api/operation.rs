//! Operation: one method of one address, with everything that the document says of it. What is not an operation is not
//! mounted, and what is mounted is in the document.

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use serde_json::Value;

use super::Shared;
use super::problem::Code;
use super::right::{ByRight, Right};
use crate::access::{RoleName, Scope};
use crate::operate::records::RecordKind;

/// A method of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// GET, and HEAD with it.
    Get,
    /// PUT.
    Put,
    /// POST.
    Post,
    /// DELETE.
    Delete,
}

impl Verb {
    /// As the document has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Put => "put",
            Self::Post => "post",
            Self::Delete => "delete",
        }
    }

    /// Whether it changes something.
    pub const fn writes(self) -> bool {
        !matches!(self, Self::Get)
    }

    const fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Put => MethodFilter::PUT,
            Self::Post => MethodFilter::POST,
            Self::Delete => MethodFilter::DELETE,
        }
    }
}

/// The form of a value.
#[derive(Debug, Clone)]
pub enum Form {
    /// A record as it is sent.
    Sent(RecordKind),
    /// A record as it is shown.
    Shown(RecordKind),
    /// A page of records.
    Page(RecordKind),
    /// A JSON schema of its own.
    Json(Value),
}

/// A parameter of the query or the path.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub says: &'static str,
    /// A value.
    pub example: &'static str,
}

/// What the body of a request is.
#[derive(Debug, Clone)]
pub struct Body {
    /// Its media type.
    pub media: &'static str,
    /// Its form.
    pub form: Form,
    /// One.
    pub example: Value,
}

/// What an answer is.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// What it means.
    pub says: &'static str,
    /// Its media types, each with its form; none where the body is empty.
    pub forms: Vec<(&'static str, Form)>,
    /// An example of the first.
    pub example: Option<Value>,
    /// Its headers.
    pub headers: &'static [(&'static str, &'static str)],
}

/// One method of one address.
pub struct Operation {
    /// The method.
    pub verb: Verb,
    /// The address below `/api/v1`.
    pub path: &'static str,
    /// The handler.
    pub handler: MethodRouter<Shared>,
    /// The roles that pass; none where nobody need be signed in.
    pub roles: &'static [RoleName],
    /// The scope that a token must have.
    pub scope: Option<Scope>,
    /// Its name.
    pub id: String,
    /// Its family.
    pub tag: &'static str,
    /// What it does, in a line.
    pub summary: String,
    /// What else is to be known.
    pub description: String,
    /// Parameters of the path, in its order.
    pub path_parameters: Vec<Parameter>,
    /// Parameters of the query.
    pub parameters: Vec<Parameter>,
    /// What it takes.
    pub body: Option<Body>,
    /// What it gives.
    pub answers: Vec<Answer>,
    /// Why it may not be done, beside what every operation has.
    pub problems: Vec<Code>,
    /// Whether a change must say which revision it means.
    pub conditional: bool,
    /// Whether the request may carry a key under which it is done once.
    pub keyed: bool,
    /// Whether it changes nothing.
    pub safe: bool,
}

impl Operation {
    /// A method of an address. The handler's first argument says who may call it.
    pub fn new<H, T>(verb: Verb, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: ByRight + 'static,
    {
        Self {
            verb,
            path,
            handler: on(verb.filter(), handler),
            roles: T::First::ROLES,
            scope: T::First::SCOPE,
            id: String::new(),
            tag: "",
            summary: String::new(),
            description: String::new(),
            path_parameters: Vec::new(),
            parameters: Vec::new(),
            body: None,
            answers: Vec::new(),
            problems: Vec::new(),
            conditional: false,
            keyed: verb.writes(),
            safe: !verb.writes(),
        }
    }

    /// Names it, in its family, and says what it does.
    pub fn named(mut self, tag: &'static str, id: impl Into<String>, summary: impl Into<String>) -> Self {
        (self.tag, self.id, self.summary) = (tag, id.into(), summary.into());
        self
    }

    /// Says what else is to be known.
    pub fn says(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Adds parameters of the path.
    pub fn at(mut self, parameters: &[Parameter]) -> Self {
        self.path_parameters.extend(parameters);
        self
    }

    /// Adds parameters of the query.
    pub fn asks(mut self, parameters: &[Parameter]) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// Takes JSON.
    pub fn takes(mut self, form: Form, example: Value) -> Self {
        self.body = Some(Body { media: "application/json", form, example });
        self.problems.extend([Code::Malformed, Code::MediaUnsupported, Code::TooLarge, Code::Invalid]);
        self
    }

    /// Gives this.
    pub fn gives(mut self, answer: Answer) -> Self {
        self.answers.push(answer);
        self
    }

    /// May not be done for these reasons.
    pub fn refuses(mut self, problems: &[Code]) -> Self {
        self.problems.extend(problems);
        self
    }

    /// Changes nothing, whatever its method is.
    pub fn reads(mut self) -> Self {
        (self.safe, self.keyed) = (true, false);
        self
    }

    /// Changes what must not have been changed meanwhile.
    pub fn conditional(mut self) -> Self {
        self.conditional = true;
        self.refuses(&[Code::RevisionMissing, Code::RevisionStale])
    }
}

impl Answer {
    /// JSON.
    pub fn json(status: u16, says: &'static str, form: Form, example: Value) -> Self {
        Self { status, says, forms: vec![("application/json", form)], example: Some(example), headers: &[] }
    }

    /// Nothing.
    pub const fn empty(status: u16, says: &'static str) -> Self {
        Self { status, says, forms: Vec::new(), example: None, headers: &[] }
    }

    /// With these headers.
    pub const fn with(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }

    /// In another form too.
    pub fn or(mut self, media: &'static str, form: Form) -> Self {
        self.forms.push((media, form));
        self
    }
}
