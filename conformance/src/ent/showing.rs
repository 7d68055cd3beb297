//! Where the portal shows a resource, as people choose it for a link in an LMS.

use crate::language::Language;

/// Where a resource shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Showing {
    /// In place of the portal.
    #[default]
    Tab,
    /// In a new tab or window.
    Window,
    /// In a frame of a page of the portal.
    Page,
}

impl Showing {
    pub(crate) const ALL: [Self; 3] = [Self::Tab, Self::Window, Self::Page];

    /// Its name in addresses.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tab => "tab",
            Self::Window => "window",
            Self::Page => "page",
        }
    }

    /// The one of that name; the usual one for any other.
    pub(crate) fn of_name(name: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|showing| Some(showing.name()) == name).unwrap_or_default()
    }

    /// What a tool is told about it (LTI 1.3 core, section 5.4.4).
    pub(crate) fn document_target(self) -> &'static str {
        match self {
            Self::Tab | Self::Window => "window",
            Self::Page => "iframe",
        }
    }

    pub(crate) fn words(self, language: Language) -> &'static str {
        let (fr, en) = match self {
            Self::Tab => ("Dans cet onglet", "In this tab"),
            Self::Window => ("Dans un nouvel onglet", "In a new tab"),
            Self::Page => ("Dans une page du portail", "In a page of the portal"),
        };
        language.say(fr, en)
    }
}
