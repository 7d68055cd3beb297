//! A rehearsal: the way of a launch up to the release, for somebody who is not there. What it writes is up to the stores
//! of its rooms; it delivers nothing and journals nothing.

use std::sync::Arc;

use boundary::{Arrival, LaunchId, Released, Stop, Uai};

use super::depart::Ready;
use super::dispatcher::Dispatcher;
use super::weigh::Weighed;
use crate::directory::School;
use crate::journal::{Event, Hop};

/// How a rehearsed launch would end.
#[derive(Debug)]
pub enum Rehearsed {
    /// Delivered, with this.
    Released {
        /// What the publisher would learn.
        released: Box<Released>,
        /// Whether the person would get a new pseudonym.
        new_pseudonym: bool,
    },
    /// They would be asked to choose among these schools.
    Choose(Vec<Arc<School>>),
}

impl Dispatcher {
    /// Walks an arrival through the rooms as hop B does.
    ///
    /// # Errors
    /// What would end the launch: a refusal, or a fault. The event holds what was known by then.
    pub async fn rehearse(
        &self,
        launch: &LaunchId,
        arrival: &Arrival,
        chosen: Option<&Uai>,
    ) -> (Event, Result<Rehearsed, Stop>) {
        let mut event = self.event_of(launch, arrival, Hop::B);
        let rehearsed = self.walk(arrival, chosen, &mut event).await;
        (event, rehearsed)
    }

    async fn walk(
        &self,
        arrival: &Arrival,
        chosen: Option<&Uai>,
        event: &mut Event,
    ) -> Result<Rehearsed, Stop> {
        match self.weigh(arrival, &arrival.wanted, chosen, event).await? {
            Weighed::Choose(schools, _) => Ok(Rehearsed::Choose(schools)),
            Weighed::Asked(mut asked) => {
                let Ready { released, fresh, .. } = self.release(&mut asked, arrival, event.at).await?;
                let new_pseudonym = fresh.iter().any(|row| row.kind == "person");
                Ok(Rehearsed::Released { released: Box::new(released), new_pseudonym })
            }
        }
    }
}
