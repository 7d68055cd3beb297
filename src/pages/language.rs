//! Language: which of our two languages a reader gets. French unless the reader prefers English.

/// A language that pages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// French, the default.
    Fr,
    /// English.
    En,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Fr, Self::En];

    /// The tag for the `lang` attribute (RFC 5646).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
        }
    }

    /// The language of a tag such as `fr`, `fr-FR` or `en_GB`; `None` for any other language.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// The language that an `Accept-Language` header (RFC 9110 section 12.5.4) prefers.
    #[must_use]
    pub fn negotiate(accept_language: Option<&str>) -> Self {
        let header = accept_language.unwrap_or_default();
        let weight = |wanted| {
            header
                .split(',')
                .filter_map(|range| weighed(range).filter(|(language, _)| *language == wanted))
                .map(|(_, thousandths)| thousandths)
                .max()
        };
        match (weight(Self::Fr), weight(Self::En)) {
            (None, Some(en)) if en > 0 => Self::En,
            (Some(fr), Some(en)) if en > fr => Self::En,
            _ => Self::Fr,
        }
    }
}

/// One language range with its weight in thousandths.
fn weighed(range: &str) -> Option<(Language, u32)> {
    let mut parts = range.split(';');
    let language = Language::of_tag(parts.next()?)?;
    let quality = parts.find_map(|p| p.trim().strip_prefix("q=").map(str::to_owned));
    let thousandths = quality.map_or(Some(1000), |q| in_thousandths(&q))?;
    Some((language, thousandths))
}

fn in_thousandths(quality: &str) -> Option<u32> {
    let (whole, fraction) = quality.split_once('.').unwrap_or((quality, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{fraction:0<3}").parse::<u32>().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_unless_english_is_preferred() {
        for (header, language) in [
            (None, Language::Fr),
            (Some(""), Language::Fr),
            (Some("de-DE,de;q=0.9"), Language::Fr),
            (Some("*"), Language::Fr),
            (Some("en"), Language::En),
            (Some("en-GB,en;q=0.9"), Language::En),
            (Some("en;q=0"), Language::Fr),
            (Some("fr-FR,fr;q=0.9,en;q=0.8"), Language::Fr),
            (Some("de, en;q=0.7, fr;q=0.3"), Language::En),
            (Some("en, fr"), Language::Fr),
            (Some("EN-us;q=1.0, fr;q=0.999"), Language::En),
            (Some("en;q=7, fr;q=0.1"), Language::Fr),
            (Some("en;q=0.12345678901234567890"), Language::Fr),
            (Some(";;;,,,q=,en-"), Language::En),
        ] {
            assert_eq!(Language::negotiate(header), language, "{header:?}");
        }
    }

    #[test]
    fn a_tag_counts_by_its_first_part() {
        assert_eq!(Language::of_tag("fr-CA"), Some(Language::Fr));
        assert_eq!(Language::of_tag("en_GB"), Some(Language::En));
        assert_eq!(Language::of_tag("enm"), None);
    }
}
