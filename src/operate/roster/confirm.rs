//! Confirming departures: those whom the last archive of a school missed, and who were held, leave.

use boundary::{EntId, Uai};
use tokio::time::Instant;

use super::import::{ImportError, Means, Options, begin, empty};
use super::pace::Pace;
use super::report::{Counts, Report, SchoolVerdict};
use super::stage::{clear, leaving, report};
use super::store::{Flip, Hold};

/// Lets those go who are held at these schools of an ENT. It is an import of its own, and leaves a report.
///
/// # Errors
/// [`ImportError`]; nobody leaves then.
pub async fn confirm(means: &Means, ent: &EntId, options: &Options) -> Result<Report, ImportError> {
    let standings = means.store.standings(ent).await?;
    for uai in &options.confirm {
        if !standings.iter().any(|standing| standing.school == *uai) {
            let words = format!("no roster of ENT {ent} lists the school {uai}: nobody is held there");
            return Err(ImportError::Wrong(words));
        }
    }
    let hold = begin(means, ent, "", options).await?;
    let mut told = empty(&hold, "", means);
    let mut pace = Pace::new();
    let mut ran = Ok(());
    for uai in &options.confirm {
        ran = school(means, &hold, options, uai, &mut pace, &mut told).await;
        if ran.is_err() {
            break;
        }
    }
    told.ended = means.clock.now();
    told.conclude();
    let state = if ran.is_ok() { "taken" } else { "broken" };
    let ended = means.store.end_import(&hold, state, &told, told.ended).await;
    ran?;
    ended?;
    clear(means, &mut pace).await?;
    Ok(told)
}

async fn school(
    means: &Means,
    hold: &Hold,
    options: &Options,
    uai: &Uai,
    pace: &mut Pace,
    told: &mut Report,
) -> Result<(), ImportError> {
    let store = &*means.store;
    let held = store.held_rows(&hold.ent, uai).await?;
    let standings = store.standings(&hold.ent).await?;
    let Some(standing) = standings.into_iter().find(|standing| standing.school == *uai) else {
        return Ok(());
    };
    let left = held.len() as u64;
    let counts = Counts { left, ..Counts::default() };
    let report = report(uai, SchoolVerdict::Taken, counts, None);
    told.schools.push(report.clone());
    if left == 0 {
        return Ok(());
    }
    let mut queue = leaving(held);
    while let Some(batch) = queue.take(pace.rows()) {
        let (began, now) = (Instant::now(), means.clock.now());
        if !store.write_batch(hold, "", &batch, now + means.grace, now).await? {
            return Err(ImportError::Lost);
        }
        pace.after(began.elapsed(), store).await?;
    }
    let flip = Flip {
        school: uai.clone(),
        moves: true,
        degree: standing.degree,
        people: standing.people.saturating_sub(left),
        groups: None,
        report,
        verb: "confirm",
        changed: left,
    };
    if store.flip(hold, &[flip], &options.actor, means.clock.now()).await? {
        Ok(())
    } else {
        Err(ImportError::Lost)
    }
}
