//! The page that a launch ends on: what the portal sent beside what the publisher received, and why they differ.

use askama::Template;
use serde_json::Value;

use crate::board::Exchange;
use crate::comparison::{Comparison, Row, Verdict};
use crate::language::Language;
use crate::page::{Frame, Site};

use super::Office;

const CLAIM: &str = "https://purl.imsglobal.org/spec/lti/claim/";

/// How one end knows the person.
struct Face {
    /// What it would call them.
    name: Option<String>,
    identifier: String,
    profile: String,
}

/// A part of the bar that shows the fates in proportion: its class, where it begins, how long it is.
struct Segment {
    class: &'static str,
    from: usize,
    length: usize,
}

/// A kind of fate, counted and explained.
struct Fate {
    verdict: Verdict,
    count: usize,
    words: &'static str,
}

#[derive(Template)]
#[template(path = "publisher/seen.html")]
pub(crate) struct SeenPage {
    frame: Frame,
    /// The resource, and the product that showed it.
    opened: String,
    at_portal: Face,
    at_publisher: Face,
    bar: Vec<Segment>,
    fates: Vec<Fate>,
    compared: Comparison,
    back: Option<String>,
}

impl SeenPage {
    /// `address` is the page's own, without its language.
    pub(crate) fn new(office: &Office, exchange: &Exchange, language: Language, address: &str) -> Self {
        let Exchange { sent, received } = exchange;
        let title = language.say("Ce que l’éditeur sait de vous", "What the publisher knows about you");
        let compared = Comparison::of(sent, received, language);
        let fates = fates(&compared, language);
        Self {
            frame: Frame::new(Site::Publisher, language, title).with_switch(address),
            opened: opened(office, received),
            at_portal: face(&compared, |row| row.sent.as_ref().map(|shown| shown.text.clone())),
            at_publisher: face(&compared, |row| row.received.as_ref().map(|shown| shown.text.clone())),
            bar: bar(&fates),
            fates,
            compared,
            back: claimed(received, "launch_presentation", "return_url").map(str::to_owned),
        }
    }

    /// The language that the launch was begun in.
    pub(crate) fn locale(exchange: &Exchange) -> Option<&str> {
        claimed(&exchange.received, "launch_presentation", "locale")
    }

    fn word(&self, verdict: &Verdict) -> &'static str {
        let (fr, en) = match verdict {
            Verdict::Passed => ("Transmis", "Passed on"),
            Verdict::Pseudonym => ("Pseudonyme", "Pseudonym"),
            Verdict::Rewritten => ("Récrit", "Rewritten"),
            Verdict::Withheld => ("Retenu", "Withheld"),
            Verdict::Added => ("Ajouté", "Added"),
            Verdict::Renewed => ("Renouvelé", "Renewed"),
        };
        self.frame.say(fr, en)
    }

    /// Whichever fits a number.
    fn plural<'a>(&self, count: &usize, one: &'a str, many: &'a str) -> &'a str {
        // French counts nought as one, English as many.
        let single = *count == 1 || (*count == 0 && self.frame.language == Language::French);
        if single { one } else { many }
    }
}

impl Verdict {
    /// Its style.
    fn class(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Pseudonym => "pseudonym",
            Self::Rewritten => "rewritten",
            Self::Withheld => "withheld",
            Self::Added => "added",
            Self::Renewed => "renewed",
        }
    }
}

fn claimed<'a>(claims: &'a Value, claim: &str, member: &str) -> Option<&'a str> {
    claims.get(format!("{CLAIM}{claim}"))?.get(member)?.as_str()
}

/// "Atlas vivant, Le Cartographe": the resource, and the product that the token was meant for.
fn opened(office: &Office, received: &Value) -> String {
    let resource = claimed(received, "resource_link", "title");
    let client = received.get("aud").and_then(Value::as_str);
    let product = office.settings.clients.iter().find(|known| Some(known.client_id.as_str()) == client);
    let names = [resource, product.map(|product| product.name.as_str())];
    names.into_iter().flatten().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn face(compared: &Comparison, end: impl Fn(&Row) -> Option<String>) -> Face {
    let shown = |name: &str| compared.row(name).and_then(&end);
    Face {
        name: shown("name").or_else(|| shown("given_name")),
        identifier: shown("sub").unwrap_or_default(),
        profile: shown("roles").unwrap_or_default(),
    }
}

fn fates(compared: &Comparison, language: Language) -> Vec<Fate> {
    let counts = compared.counts;
    let fate = |verdict, count, fr, en| Fate { verdict, count, words: language.say(fr, en) };
    let all = [
        fate(
            Verdict::Passed,
            counts.passed,
            "tel quel : un accord ou l’ouverture le demande",
            "as it was: an agreement or opening asks for it",
        ),
        fate(
            Verdict::Pseudonym,
            counts.pseudonyms,
            "remplacé par une valeur que seul cet éditeur voit",
            "replaced by a value that only this publisher sees",
        ),
        fate(
            Verdict::Rewritten,
            counts.rewritten,
            "la passerelle donne sa propre valeur",
            "the gateway gives a value of its own",
        ),
        fate(Verdict::Withheld, counts.withheld, "l’éditeur ne le voit pas", "the publisher does not see it"),
        fate(Verdict::Added, counts.added, "le portail ne l’a pas envoyé", "the portal did not send it"),
    ];
    all.into_iter().filter(|fate| fate.count > 0).collect()
}

/// What the portal sent, by fate.
fn bar(fates: &[Fate]) -> Vec<Segment> {
    let mut from = 0;
    let mut segments = Vec::new();
    for Fate { verdict, count, .. } in fates.iter().filter(|fate| fate.verdict != Verdict::Added) {
        segments.push(Segment { class: verdict.class(), from, length: *count });
        from += count;
    }
    segments
}
