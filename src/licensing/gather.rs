//! Gathers what a licence decision depends on, and takes seats.

use std::sync::Arc;

use boundary::{
    Ark, Clock, Decision, Entitled, Fault, Kind, Offer, Question, RefusalCode, SeatOffer, SeatState, Stop,
    Subject, decide,
};

use super::{Licence, LicenceStore};
use crate::catalogue::Resource;
use crate::directory::{Registered, School, Tool};

/// Licensing over its store.
pub struct Licensing {
    store: Arc<dyn LicenceStore>,
    clock: Arc<dyn Clock>,
}

impl Licensing {
    /// Licensing over a store.
    #[must_use]
    pub fn new(store: Arc<dyn LicenceStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Decides whether somebody may open a resource now. Reads only: no seat is taken.
    ///
    /// # Errors
    /// The refusal of [`decide`], or a fault where the store does not answer.
    pub async fn ask(
        &self,
        subject: &Subject,
        school: &School,
        resource: &Registered<Resource>,
        tool: &Registered<Tool>,
    ) -> Result<Decision, Stop> {
        let question = Question {
            now: self.clock.now(),
            subject: subject.clone(),
            resource: resource.value.ark.clone(),
            withdrawn: resource.withdrawn,
            tool: tool.value.id.clone(),
            suspended: tool.withdrawn,
            sector: tool.value.sector.clone(),
            offers: self.offers(subject, school, &resource.value.ark).await?,
        };
        Ok(decide(&question)?)
    }

    /// Decides, takes a seat where one is needed, and decides again: only a held seat entitles.
    ///
    /// # Errors
    /// The refusal of [`decide`], or a fault where the store does not answer.
    pub async fn entitle(
        &self,
        subject: &Subject,
        school: &School,
        resource: &Registered<Resource>,
        tool: &Registered<Tool>,
    ) -> Result<Entitled, Stop> {
        let offer = match self.ask(subject, school, resource, tool).await? {
            Decision::Open(entitled) => return Ok(entitled),
            Decision::Seat(offer) => offer,
        };
        if !self.store.take_seat(&offer, subject.person, self.clock.now()).await? {
            return Err(last_seat_gone(&offer).into());
        }
        match self.ask(subject, school, resource, tool).await? {
            Decision::Open(entitled) => Ok(entitled),
            Decision::Seat(offer) => Err(last_seat_gone(&offer).into()),
        }
    }

    async fn offers(&self, subject: &Subject, school: &School, resource: &Ark) -> Result<Vec<Offer>, Fault> {
        let mut offers = Vec::new();
        for licence in self.store.licences(resource, school).await?.iter() {
            offers.push(self.offer(subject, licence).await?);
        }
        Ok(offers)
    }

    async fn offer(&self, subject: &Subject, licence: &Licence) -> Result<Offer, Fault> {
        let subscription = &licence.subscription;
        let in_set = licence.sets.iter().any(|set| set.holds(subject));
        let (assigned, seat) = match subscription.kind {
            Kind::Etabl => (true, SeatState::Held),
            Kind::Indiv => self.standing(subject, licence, in_set).await?,
        };
        Ok(Offer {
            subscription: subscription.id.clone(),
            from: subscription.from,
            until: subscription.until,
            kind: subscription.kind,
            audience: subscription.audience.clone(),
            assigned,
            seat,
        })
    }

    async fn standing(
        &self,
        subject: &Subject,
        licence: &Licence,
        in_set: bool,
    ) -> Result<(bool, SeatState), Fault> {
        let subscription = &licence.subscription;
        if let Some(seat) = self.store.seat(&subscription.id, subject.person).await? {
            return Ok((seat.by_name || in_set, SeatState::Held));
        }
        let Some(pool) = subscription.seats().pool_of(subject.profile).filter(|_| in_set) else {
            return Ok((in_set, SeatState::Full));
        };
        let room = self.store.has_room(&subscription.id, pool).await?;
        Ok((true, if room { SeatState::Free(pool) } else { SeatState::Full }))
    }
}

fn last_seat_gone(offer: &SeatOffer) -> boundary::Refusal {
    RefusalCode::NoSeat.about(format!("subscription {}: the last seat went meanwhile", offer.subscription))
}
