//! The drop folder's job: looks every minute or so for archives that ENTs have sent.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::operate::roster::{Dropped, RosterFolder, Verdict};

/// Watches a folder until told to stop. Several hosts may watch one: an ENT's imports take turns, and what one has moved the
/// others no longer find.
pub async fn watch_rosters(folder: Arc<RosterFolder>, every: Duration, mut stopped: watch::Receiver<bool>) {
    let mut failing = false;
    loop {
        match folder.look().await {
            Ok(dropped) => {
                failing = false;
                dropped.iter().for_each(tell);
            }
            Err(error) if !failing => {
                failing = true;
                tracing::error!(%error, folder = %folder.folder.display(), "the drop folder of rosters cannot be read");
            }
            Err(_) => {}
        }
        tokio::select! {
            () = sleep(every) => {}
            _ = stopped.wait_for(|stop| *stop) => return,
        }
    }
}

/// Counts, codes and names of archives: nothing of anybody.
fn tell(dropped: &Dropped) {
    match dropped {
        Dropped::Imported(report) => {
            let (ent, archive, number) = (report.ent.as_str(), report.archive.as_str(), report.number);
            let totals = &report.totals;
            let (people, new, changed) = (totals.people, totals.new, totals.changed);
            let (left, held, rejected) = (totals.left, totals.held, totals.rejected);
            match (&report.fault, report.verdict) {
                (Some(fault), _) => {
                    tracing::warn!(ent, archive, number, fault = fault.code, "a roster was refused");
                }
                (None, Verdict::Taken) => {
                    tracing::info!(ent, archive, number, people, new, changed, left, "a roster was imported");
                }
                (None, _) => tracing::warn!(
                    ent,
                    archive,
                    number,
                    people,
                    new,
                    changed,
                    left,
                    held,
                    rejected,
                    "a roster was imported in part"
                ),
            }
        }
        Dropped::Refused(archive, words) => tracing::warn!(archive, %words, "a roster was refused"),
        Dropped::Waits(archive, words) => tracing::warn!(archive, %words, "a roster waits"),
    }
}
