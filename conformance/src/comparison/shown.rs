//! A claim's value as a reader sees it.

use serde_json::Value;

use crate::language::Language;

/// A longer value is cut: what follows is a token or a text that nobody reads in a table.
const LONGEST: usize = 96;

/// How a kind of value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    Text,
    /// As it is, in letters of one width.
    Code,
    /// Words of the LTI vocabularies, translated.
    Vocabulary,
}

/// A value, ready for a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) text: String,
    /// Whether it is for programs: an identifier, an address.
    pub(crate) code: bool,
}

impl Shown {
    pub(super) fn of(form: Form, value: &Value, language: Language) -> Self {
        let text = match value {
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| one(form, item, language)).collect();
                items.join(", ")
            }
            other => one(form, other, language),
        };
        Self { text: cut(text), code: form == Form::Code }
    }
}

fn one(form: Form, value: &Value, language: Language) -> String {
    let Some(text) = value.as_str() else { return value.to_string() };
    match form {
        Form::Vocabulary => word(text).map_or_else(|| last(text), |(fr, en)| language.say(fr, en)).to_owned(),
        Form::Text | Form::Code => text.to_owned(),
    }
}

/// What comes after the last `#` of a vocabulary's address.
fn last(text: &str) -> &str {
    text.rsplit('#').next().unwrap_or(text)
}

/// The words that the demonstration's people and courses use (LTI 1.3 core, appendix A, and section 5.4.4).
fn word(text: &str) -> Option<(&'static str, &'static str)> {
    Some(match text.rsplit('/').next()? {
        "membership#Learner" => ("participant au cours", "learner of the course"),
        "membership#Instructor" => ("animateur du cours", "instructor of the course"),
        "person#Student" => ("élève de l’établissement", "pupil of the school"),
        "person#Faculty" => ("enseignant de l’établissement", "teacher of the school"),
        "person#Staff" => ("personnel de l’établissement", "staff of the school"),
        "course#CourseSection" => ("un cours", "a course"),
        "window" => ("dans une fenêtre à elle", "in a window of its own"),
        "iframe" => ("dans une page du portail", "inside a page of the portal"),
        _ => return None,
    })
}

fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
