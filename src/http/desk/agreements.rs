//! Agreements that wait: an operator approves or rejects what a publisher asks for.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use boundary::Agreement;

use super::read::{Reading, Unread, done};
use super::{Desk, broken};
use crate::access::{Operator, Oversight};
use crate::http::answer;
use crate::http::console::Posted;
use crate::operate::records::{
    self, Asked, Expected, ManagedBy, Record, RecordError, RecordKind, Sight, Verdict,
};
use crate::pages::{Act, Cell, Done, Head, OversightWords, Place, Sheet, Table};

/// The page's address.
const HERE: &str = "/console/agreements";
/// How many agreements are looked at for a page, and how many it shows.
const LOOKED: u32 = 200;
const SHOWN: usize = 20;

/// Agreements with lines that nobody has decided about.
pub(super) async fn list(
    State(room): State<Arc<Desk>>,
    staff: Oversight,
    reading: Reading,
) -> Result<Response, Unread> {
    let words = &room.pages.desk_words(reading.language).oversight;
    let decides = Operator::<crate::access::AnyScope>::ROLES.contains(&staff.role.name());
    let (mut tables, mut after) = (Vec::new(), reading.field("after").to_owned());
    loop {
        let asked =
            Asked { kind: RecordKind::Agreement, about: Vec::new(), words: None, after, limit: LOOKED };
        let found = records::list(&*room.store, &Sight::Everything, &asked).await.map_err(broken)?;
        for record in found.records {
            // What a file looks after is decided there.
            let ours = decides && record.stored.managed_by == ManagedBy::Api;
            if let Record::Agreement(agreement) = record.stored.record
                && agreement.attributes.iter().any(|line| line.approved_by.is_none())
            {
                tables.push(table(words, &agreement, ours.then_some(record.revision)));
            }
        }
        match found.next {
            Some(next) if tables.len() < SHOWN => after = next,
            _ => break,
        }
    }
    let sub = if tables.is_empty() { words.no_agreements.clone() } else { words.agreements_words.clone() };
    let sheet = Sheet { title: words.agreements.clone(), sub, tables, ..Sheet::default() };
    Ok(answer::page(room.pages.sheet(&reading.reader(Place::Oversight(HERE)), 200, &sheet)))
}

/// With a revision, its lines can be decided: those that are shown, and no others that came meanwhile.
fn table(words: &OversightWords, agreement: &Agreement, revision: Option<u64>) -> Table {
    let waiting = agreement.attributes.iter().filter(|line| line.approved_by.is_none());
    let rows = waiting.map(|line| vec![Cell::of(line.name.as_str()), Cell::of(&line.purpose)]).collect();
    let act = |revision: u64, verdict: &str, label: &str, quiet| Act {
        to: HERE.to_owned(),
        words: label.to_owned(),
        posts: true,
        fields: vec![
            ("resource", agreement.resource.to_string()),
            ("revision", revision.to_string()),
            ("verdict", verdict.to_owned()),
        ],
        quiet,
    };
    let acts = revision.map(|revision| {
        [act(revision, "approve", &words.approve, false), act(revision, "reject", &words.reject, true)]
    });
    let acts = acts.into_iter().flatten().collect();
    Table {
        title: agreement.resource.to_string(),
        heads: vec![Head::of(&words.attribute), Head::of(&words.purpose)],
        rows,
        acts,
        ..Table::default()
    }
}

/// Decides about every line of one agreement that waits.
pub(super) async fn decide(
    State(room): State<Arc<Desk>>,
    operator: Operator,
    reading: Reading,
    Posted(fields): Posted,
) -> Result<Response, Unread> {
    let one = |name: &str| fields.one(name).ok().flatten().unwrap_or_default();
    let verdict = match one("verdict") {
        "approve" => Verdict::Approve { by: operator.account.to_string() },
        "reject" => Verdict::Reject,
        _ => return Err(reading.absent()),
    };
    let revision = one("revision").parse().map_err(|_| reading.absent())?;
    let decision = (&verdict, Expected::Revision(revision));
    let (means, actor) = (room.recording(), operator.actor());
    match records::judge(&means, &actor, one("resource"), &[], decision).await {
        Ok(_) => Ok(done(HERE, Done::Decided)),
        Err(RecordError::Fault(fault)) => Err(broken(fault).into()),
        Err(_) => {
            let words = &room.pages.desk_words(reading.language).oversight;
            let error = Some(words.moved.clone());
            let sheet = Sheet { title: words.agreements.clone(), error, ..Sheet::default() };
            Ok(answer::page(room.pages.sheet(&reading.reader(Place::Oversight(HERE)), 422, &sheet)))
        }
    }
}
