//! Assigning to a set, and taking that back: first what it comes to, then the act.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::Desk;
use super::read::{Here, Reading, Unread, done};
use super::subscription::unread;
use super::targets;
use crate::access::SchoolStaff;
use crate::http::answer;
use crate::http::console::Posted;
use crate::operate::assignments::{self, AssignError, Preview, Request, Target};
use crate::pages::{Ask, AssignWords, Done, Place};

/// What an assignment would come to.
pub(super) async fn look(
    State(room): State<Arc<Desk>>,
    staff: SchoolStaff,
    reading: Reading,
) -> Result<Response, Unread> {
    let here = reading.here(&staff).await?;
    let target = targets::read(&here.school, &reading.asked).ok_or_else(|| reading.absent())?;
    ask(&room, &reading, &here, target, None).await
}

/// Assigns.
pub(super) async fn assign(
    State(room): State<Arc<Desk>>,
    staff: SchoolStaff,
    reading: Reading,
    Posted(fields): Posted,
) -> Result<Response, Unread> {
    let here = reading.here(&staff).await?;
    let target = targets::read(&here.school, &fields).ok_or_else(|| reading.absent())?;
    let request = request(&here, &target);
    match assignments::assign(&room.assigning(), &staff.actor(), &request).await {
        Ok(_) => Ok(done(&here.address, Done::Assigned)),
        Err(AssignError::Fault(fault)) => Err(super::broken(fault).into()),
        Err(error) => {
            let words = &room.pages.desk_words(reading.language).assign;
            ask(&room, &reading, &here, target, Some(told(words, &error))).await
        }
    }
}

/// What taking a set back would come to.
pub(super) async fn look_back(
    State(room): State<Arc<Desk>>,
    staff: SchoolStaff,
    reading: Reading,
) -> Result<Response, Unread> {
    let here = reading.here(&staff).await?;
    let target = targets::read(&here.school, &reading.asked).ok_or_else(|| reading.absent())?;
    Ok(ask_back(&room, &reading, &here, &target, None))
}

/// Takes a set back.
pub(super) async fn unassign(
    State(room): State<Arc<Desk>>,
    staff: SchoolStaff,
    reading: Reading,
    Posted(fields): Posted,
) -> Result<Response, Unread> {
    let here = reading.here(&staff).await?;
    let target = targets::read(&here.school, &fields).ok_or_else(|| reading.absent())?;
    let request = request(&here, &target);
    match assignments::unassign(&room.assigning(), &staff.actor(), &request).await {
        Ok(_) => Ok(done(&here.address, Done::Unassigned)),
        Err(AssignError::Fault(fault)) => Err(super::broken(fault).into()),
        Err(error) => {
            let words = &room.pages.desk_words(reading.language).assign;
            Ok(ask_back(&room, &reading, &here, &target, Some(told(words, &error))))
        }
    }
}

fn request(here: &Here, target: &Target) -> Request {
    let subscription = here.one.subscription.clone();
    Request { subscription, bounds: here.bounds(), targets: vec![target.clone()] }
}

async fn ask(
    room: &Desk,
    reading: &Reading,
    here: &Here,
    target: Target,
    error: Option<String>,
) -> Result<Response, Unread> {
    let words = &room.pages.desk_words(reading.language).assign;
    let found = assignments::preview(&room.assigning(), &request(here, &target)).await;
    let (lines, wrong) = match found {
        Ok(preview) => (lines(words, &preview), (!preview.wrong.is_empty()).then(|| words.wrong.clone())),
        Err(error @ AssignError::Fault(_)) => return Err(unread(reading, error)),
        Err(error) => (Vec::new(), Some(told(words, &error))),
    };
    let Here { school, one, address } = here;
    let ask = Ask {
        title: words.title.replace("{set}", &targets::name(words, &target)),
        about: one.title.clone(),
        lines,
        possible: wrong.is_none(),
        error: error.or(wrong),
        action: format!("{address}/assign"),
        fields: targets::fields(&target),
        button: words.button.clone(),
        back: address.clone(),
        ..Ask::default()
    };
    Ok(answer::page(room.pages.ask(&reading.reader(Place::Subscription(school, address)), &ask)))
}

fn ask_back(room: &Desk, reading: &Reading, here: &Here, target: &Target, error: Option<String>) -> Response {
    let words = &room.pages.desk_words(reading.language).assign;
    let Here { school, one, address } = here;
    let ask = Ask {
        title: words.unassign_title.replace("{set}", &targets::name(words, target)),
        about: one.title.clone(),
        lines: vec![words.unassign_lines.clone()],
        possible: error.is_none(),
        error,
        action: format!("{address}/unassign"),
        fields: targets::fields(target),
        button: words.unassign_button.clone(),
        back: address.clone(),
        ..Ask::default()
    };
    answer::page(room.pages.ask(&reading.reader(Place::Subscription(school, address)), &ask))
}

/// What an assignment comes to, in sentences.
fn lines(words: &AssignWords, preview: &Preview) -> Vec<String> {
    let mut lines = vec![words.meant.replace("{people}", &preview.people.to_string())];
    if preview.outside > 0 {
        lines.push(words.outside.replace("{people}", &preview.outside.to_string()));
    }
    if preview.holding > 0 {
        lines.push(words.holding.replace("{people}", &preview.holding.to_string()));
    }
    lines.push(words.needed.replace("{needed}", &preview.needed.to_string()));
    let free: Option<u64> = preview
        .pools
        .iter()
        .map(|pool| pool.seats.map(|seats| seats.saturating_sub(pool.used)))
        .try_fold(0u64, |sum, free| Some(sum.saturating_add(free?)));
    lines.push(match free {
        Some(free) => words.free.replace("{free}", &free.to_string()),
        None => words.free_unlimited.clone(),
    });
    if !preview.fits {
        lines.push(words.short.clone());
    }
    lines
}

/// Why nothing was done, for whoever manages a school.
pub(super) fn told(words: &AssignWords, error: &AssignError) -> String {
    match error {
        AssignError::NoSeats(_) => words.no_seats.clone(),
        AssignError::Busy(_) => words.busy.clone(),
        AssignError::Etabl(_) | AssignError::Ended(_) | AssignError::UnknownSubscription(_) => {
            words.over.clone()
        }
        AssignError::NotTransferable(_) => words.not_transferable.clone(),
        _ => words.wrong.clone(),
    }
}
