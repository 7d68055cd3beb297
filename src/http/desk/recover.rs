//! Taking seats back: of people who were ticked, of those who left, of those whose seat opens nothing any more.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use boundary::Fields;

use super::Desk;
use super::assign::told;
use super::read::{Here, Reading, Unread, done};
use crate::access::SchoolStaff;
use crate::http::answer;
use crate::http::console::Posted;
use crate::operate::assignments::{self, AssignError, Identity, Recovered, Recovery, Who};
use crate::pages::{Ask, Done, Place};

/// What taking seats back would come to.
pub(super) async fn look(
    State(room): State<Arc<Desk>>,
    staff: SchoolStaff,
    reading: Reading,
) -> Result<Response, Unread> {
    let here = reading.here(&staff).await?;
    // People are brought by a form alone.
    let who = who(&reading.asked).filter(|who| !matches!(who, Who::People(_)));
    ask(&room, &reading, &here, who.ok_or_else(|| reading.absent())?, None).await
}

/// Takes them back, once that was confirmed. The form with the ticked people comes here first, so that who they are stands
/// in no address.
pub(super) async fn recover(
    State(room): State<Arc<Desk>>,
    staff: SchoolStaff,
    reading: Reading,
    Posted(fields): Posted,
) -> Result<Response, Unread> {
    let here = reading.here(&staff).await?;
    let who = who(&fields).ok_or_else(|| reading.absent())?;
    if fields.one("confirmed").ok().flatten() != Some("yes") {
        return ask(&room, &reading, &here, who, None).await;
    }
    let asked = recovery(&here, who.clone());
    match assignments::recover(&room.assigning(), &staff.actor(), &asked).await {
        Ok(_) => Ok(done(&here.address, Done::Recovered)),
        Err(AssignError::Fault(fault)) => Err(super::broken(fault).into()),
        Err(error) => {
            let words = &room.pages.desk_words(reading.language).assign;
            ask(&room, &reading, &here, who, Some(told(words, &error))).await
        }
    }
}

fn recovery(here: &Here, who: Who) -> Recovery {
    Recovery { subscription: here.one.subscription.clone(), bounds: here.bounds(), who }
}

fn who(fields: &Fields) -> Option<Who> {
    match fields.one("who").ok().flatten()? {
        "left" => Some(Who::Left),
        "unassigned" => Some(Who::Unassigned),
        "people" => {
            let people: Option<Vec<Identity>> =
                fields.all("person").map(|text| serde_json::from_str(text).ok()).collect();
            people.filter(|people| !people.is_empty()).map(Who::People)
        }
        _ => None,
    }
}

fn fields_of(who: &Who) -> Vec<(&'static str, String)> {
    let mut fields = vec![("confirmed", "yes".to_owned())];
    match who {
        Who::Left => fields.push(("who", "left".to_owned())),
        Who::Unassigned => fields.push(("who", "unassigned".to_owned())),
        Who::People(people) => {
            fields.push(("who", "people".to_owned()));
            let texts = people.iter().filter_map(|one| serde_json::to_string(one).ok());
            fields.extend(texts.map(|text| ("person", text)));
        }
        Who::UnusedSince(_) => {}
    }
    fields
}

async fn ask(
    room: &Desk,
    reading: &Reading,
    here: &Here,
    who: Who,
    error: Option<String>,
) -> Result<Response, Unread> {
    let words = &room.pages.desk_words(reading.language).assign;
    let Here { school, one, address } = here;
    let fields = fields_of(&who);
    let found = assignments::recoverable(&room.assigning(), &recovery(here, who)).await;
    let (found, wrong) = match found {
        Ok(found) => (found, None),
        Err(AssignError::Fault(fault)) => return Err(super::broken(fault).into()),
        Err(error) => (Recovered::default(), Some(told(words, &error))),
    };
    let mut lines = Vec::new();
    if found.freed > 0 {
        lines.push(words.recover_lines.replace("{seats}", &found.freed.to_string()));
    }
    if found.of_file > 0 {
        lines.push(words.recover_file.replace("{seats}", &found.of_file.to_string()));
    }
    if found.freed == 0 && wrong.is_none() {
        lines.push(words.recover_none.clone());
    }
    let ask = Ask {
        title: words.recover_title.clone(),
        about: one.title.clone(),
        lines,
        possible: found.freed > 0,
        error: error.or(wrong),
        action: format!("{address}/recover"),
        fields,
        button: words.recover_button.clone(),
        grave: true,
        back: address.clone(),
        ..Ask::default()
    };
    Ok(answer::page(room.pages.ask(&reading.reader(Place::Subscription(school, address)), &ask)))
}
