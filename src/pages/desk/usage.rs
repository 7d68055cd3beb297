//! What a school opened, and what was refused: a chart with its table, resources, and reasons.

use askama::Template;
use time::Date;

use super::Reader;
use super::chart::{self, Bar, HEIGHT};
use super::frame::{Frame, day};
use super::words::UsageWords;
use crate::operate::desk::{Usage, Uses};
use crate::pages::{Language, Page, Pages};

/// A school's usage in a period.
#[derive(Debug, Clone)]
pub struct UsagePage {
    /// The school's name.
    pub school: String,
    /// The page's own address.
    pub here: String,
    /// How many days the period has.
    pub span: u16,
    /// What was opened.
    pub usage: Usage,
}

/// For how many days a reader can ask.
pub const SPANS: [u16; 4] = [7, 30, 90, 365];

/// A day as it stands in the table.
struct Row {
    day: String,
    uses: Uses,
}

/// Why something was refused, in words.
struct Reason<'a> {
    title: &'a str,
    mend: &'a str,
    count: u64,
}

#[derive(Template)]
#[template(path = "desk/usage.html")]
struct UsageSheet<'a> {
    frame: Frame<'a>,
    words: &'a UsageWords,
    page: &'a UsagePage,
    spans: Vec<(u16, String)>,
    period: String,
    month: String,
    total: Uses,
    busiest: String,
    bars: Vec<Bar>,
    width: u64,
    days: Vec<Row>,
    reasons: Vec<Reason<'a>>,
}

impl Pages {
    /// What a school opened.
    #[must_use]
    pub fn usage(&self, reader: &Reader<'_>, page: &UsagePage) -> Page {
        let language = reader.language;
        let words = &self.desk_words(language).usage;
        let counts: Vec<(u64, u64)> =
            page.usage.days.iter().map(|(_, uses)| (uses.delivered, uses.refused)).collect();
        let sheet = UsageSheet {
            frame: self.frame(reader),
            words,
            page,
            spans: SPANS.map(|span| (span, words.span.replace("{days}", &span.to_string()))).into(),
            period: period(words, language, page),
            month: page.usage.period.last_month(),
            total: total(&counts),
            busiest: busiest(words, language, page),
            bars: chart::bars(&counts),
            width: chart::width(counts.len()),
            days: page.usage.days.iter().rev().map(|(date, uses)| row(language, *date, *uses)).collect(),
            reasons: self.reasons(words, language, &page.usage),
        };
        self.desk(200, &sheet)
    }

    fn reasons<'a>(&'a self, words: &'a UsageWords, language: Language, usage: &Usage) -> Vec<Reason<'a>> {
        let reason = |(code, count): &(Option<boundary::RefusalCode>, u64)| {
            let told = code.and_then(|code| self.refusals().entry(code)).map(|entry| entry.told(language));
            let (title, mend) = told.map_or((words.other.as_str(), ""), |told| (&told.title, &told.mend));
            Reason { title, mend, count: *count }
        };
        usage.refusals.iter().map(reason).collect()
    }
}

fn row(language: Language, date: Date, uses: Uses) -> Row {
    Row { day: day(language, date), uses }
}

fn total(counts: &[(u64, u64)]) -> Uses {
    let add = |sum: Uses, (delivered, refused): &(u64, u64)| Uses {
        delivered: sum.delivered + delivered,
        refused: sum.refused + refused,
    };
    counts.iter().fold(Uses::default(), add)
}

fn period(words: &UsageWords, language: Language, page: &UsagePage) -> String {
    let period = page.usage.period;
    words
        .period
        .replace("{from}", &day(language, period.from))
        .replace("{until}", &day(language, period.until))
}

/// What the chart shows, for whoever does not see it.
fn busiest(words: &UsageWords, language: Language, page: &UsagePage) -> String {
    let most = page.usage.days.iter().max_by_key(|(_, uses)| uses.delivered + uses.refused);
    let Some((date, uses)) = most.filter(|(_, uses)| uses.delivered + uses.refused > 0) else {
        return words.nothing.clone();
    };
    let count = (uses.delivered + uses.refused).to_string();
    words.busiest.replace("{count}", &count).replace("{day}", &day(language, *date))
}
