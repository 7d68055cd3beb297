//! What was sent about a person: the events of the journal that carry a commitment of theirs.
//!
//! The roll-up notes afterwards in whose chains a commitment stands, so that only these schools' events are read. What
//! it has not come to yet is read too, so that the answer is whole at every moment.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use boundary::{Ark, Attribute, Fault, Profile, Uai, commitment};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{Kept, Publisher, SubjectStore};
use crate::journal::{JournalView, StoredEvent, Stretch, commitment_key, owner_of};

/// How far the clocks of hosts may be apart.
const APART: Duration = Duration::DAY;
/// How much of what was not rolled up is looked through at once.
const WINDOW: Duration = Duration::hours(6);

/// One launch that was delivered: what was sent, to whom, when, for which school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disclosure {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The launch, as in the publisher's receipt.
    pub launch: String,
    /// To whom.
    #[serde(flatten)]
    pub publisher: Publisher,
    /// Which resource was opened.
    pub resource: Option<Ark>,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// For which school.
    pub school: Option<Uai>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub school_name: Option<String>,
    /// As what.
    pub profile: Option<Profile>,
    /// The names of the attributes that were sent.
    pub attributes: Vec<Attribute>,
}

/// What is read of an event that is theirs.
#[derive(Deserialize)]
struct Told {
    launch: String,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    school: Option<Uai>,
    resource: Option<Ark>,
    profile: Option<Profile>,
    #[serde(default)]
    attributes: Vec<Attribute>,
    commitment: String,
}

/// What is read of any event.
#[derive(Deserialize)]
struct Marked<'a> {
    #[serde(borrow)]
    commitment: Option<&'a str>,
}

/// Finds what was sent about a person, oldest first.
pub(super) async fn find(store: &dyn SubjectStore, kept: &Kept) -> Result<Vec<Disclosure>, Fault> {
    let mut publishers: HashMap<String, Publisher> = HashMap::new();
    for name in &kept.names {
        let publisher = store.publisher_of(&name.sector).await?;
        for root in &kept.roots {
            let commitment = commitment(root, &name.sector, &name.value);
            publishers.insert(HEXLOWER.encode(commitment.bytes()), publisher.clone());
        }
    }
    let mut found = Vec::new();
    for told in theirs(store, &publishers).await? {
        let Some(publisher) = publishers.get(&told.commitment) else { continue };
        found.push(disclosure(store, told, publisher.clone()).await?);
    }
    found.sort_by(|a: &Disclosure, b| (a.at, &a.launch).cmp(&(b.at, &b.launch)));
    Ok(found)
}

async fn disclosure(store: &dyn SubjectStore, told: Told, publisher: Publisher) -> Result<Disclosure, Fault> {
    let Told { launch, at, school, resource, profile, attributes, .. } = told;
    let title = match &resource {
        Some(ark) => store.title(ark).await?,
        None => None,
    };
    let school_name = match &school {
        Some(uai) => store.school_name(uai).await?,
        None => None,
    };
    Ok(Disclosure { at, launch, publisher, resource, title, school, school_name, profile, attributes })
}

/// The events with one of these commitments, at one moment of the journal.
async fn theirs<T>(store: &dyn SubjectStore, commitments: &HashMap<String, T>) -> Result<Vec<Told>, Fault> {
    if commitments.is_empty() {
        return Ok(Vec::new());
    }
    let mut view = store.look().await?;
    let keys: Vec<&str> = commitments.keys().filter_map(|hex| commitment_key(hex)).collect();
    let owners: BTreeSet<String> = view.owners_of(&keys).await?.into_iter().collect();
    let mut found = Vec::new();
    for owner in &owners {
        gather(&mut *view, Stretch::of_owner(owner), commitments, &mut found).await?;
    }
    for (chain, seq) in unread(&mut *view).await? {
        if !owners.contains(owner_of(&chain)) {
            gather(&mut *view, Stretch::of_chain(&chain, seq), commitments, &mut found).await?;
        }
    }
    Ok(found)
}

/// The chains that the roll-up has not read to their ends.
async fn unread(view: &mut dyn JournalView) -> Result<BTreeMap<String, i64>, Fault> {
    let Some((first, last)) = view.span().await? else { return Ok(BTreeMap::new()) };
    let through = view.read_through().await?;
    let mut from = through.map_or(first, |through| first.max(through - APART));
    let mut chains = BTreeMap::new();
    while from <= last {
        let unread = view.unread(from, from + WINDOW).await?;
        chains.extend(unread.into_iter().map(|unread| (unread.chain, unread.seq)));
        from += WINDOW;
    }
    Ok(chains)
}

async fn gather<T>(
    view: &mut dyn JournalView,
    mut stretch: Stretch,
    commitments: &HashMap<String, T>,
    found: &mut Vec<Told>,
) -> Result<(), Fault> {
    loop {
        let events = view.events(&stretch).await?;
        for event in &events {
            found.extend(told(event, commitments)?);
        }
        match events.last() {
            Some(last) => stretch = stretch.behind(last),
            None => return Ok(()),
        }
    }
}

fn told<T>(event: &StoredEvent, commitments: &HashMap<String, T>) -> Result<Option<Told>, Fault> {
    let marked = serde_json::from_str::<Marked<'_>>(&event.body).ok();
    let theirs = marked.and_then(|marked| marked.commitment).is_some_and(|hex| commitments.contains_key(hex));
    if !theirs {
        return Ok(None);
    }
    // What is theirs and cannot be read would be missing from the report: say so rather than leave it out.
    let unreadable =
        |e| Fault::new(format!("event {} of chain {} cannot be read: {e}", event.seq, event.chain));
    serde_json::from_str(&event.body).map(Some).map_err(unreadable)
}
