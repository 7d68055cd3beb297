//! Agreement: which attributes of a person a resource may see, for what purpose, approved by whom.

use serde::{Deserialize, Serialize};
use time::Date;

use crate::ark::Ark;
use crate::attribute::Attribute;

time::serde::format_description!(iso_date, Date, "[year]-[month]-[day]");

/// One attribute of an agreement. It counts only once an operator approved it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreementLine {
    /// The attribute.
    pub name: Attribute,
    /// Why the publisher needs it, in words for the processing register.
    pub purpose: String,
    /// The operator who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// The day of the approval.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "iso_date::option")]
    pub approved_on: Option<Date>,
}

impl AgreementLine {
    /// Whether an operator approved this line on or before a day.
    #[must_use]
    pub fn is_approved(&self, today: Date) -> bool {
        self.approved_by.is_some() && self.approved_on.is_some_and(|day| day <= today)
    }
}

/// What was agreed about one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The resource.
    pub resource: Ark,
    /// Its attributes.
    pub attributes: Vec<AgreementLine>,
}
