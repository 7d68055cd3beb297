//! Gathers what a licence decision depends on, and takes seats.

use std::sync::Arc;

use boundary::{
    Clock, Decision, Entitled, Fault, Kind, Offer, Question, RefusalCode, SeatOffer, SeatState, Stop,
    Subject, SubscriptionId, decide,
};

use super::{Licence, LicenceStore, Opened, Seat};
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
        self.weigh(subject, school, resource, tool).await.map(|(decision, _)| decision)
    }

    /// Decides, takes a seat where one is needed, and decides again: only a held seat entitles. With it comes what is to
    /// be noted of the seat, where it is time.
    ///
    /// # Errors
    /// The refusal of [`decide`], or a fault where the store does not answer.
    pub async fn entitle(
        &self,
        subject: &Subject,
        school: &School,
        resource: &Registered<Resource>,
        tool: &Registered<Tool>,
    ) -> Result<(Entitled, Option<Opened>), Stop> {
        let offer = match self.weigh(subject, school, resource, tool).await? {
            (Decision::Open(entitled), unnoted) => return Ok(self.noting(subject, entitled, &unnoted)),
            (Decision::Seat(offer), _) => offer,
        };
        if !self.store.take_seat(&offer, subject.person, &subject.school, self.clock.now()).await? {
            return Err(last_seat_gone(&offer).into());
        }
        match self.weigh(subject, school, resource, tool).await? {
            (Decision::Open(entitled), unnoted) => Ok(self.noting(subject, entitled, &unnoted)),
            (Decision::Seat(offer), _) => Err(last_seat_gone(&offer).into()),
        }
    }

    fn noting(
        &self,
        subject: &Subject,
        entitled: Entitled,
        unnoted: &[SubscriptionId],
    ) -> (Entitled, Option<Opened>) {
        let subscription = entitled.subscription().clone();
        let noted = unnoted.contains(&subscription);
        let opened = Opened { subscription, person: subject.person, at: self.clock.now() };
        (entitled, noted.then_some(opened))
    }

    /// Decides, and says on which of their seats it has not been noted lately that they are used.
    async fn weigh(
        &self,
        subject: &Subject,
        school: &School,
        resource: &Registered<Resource>,
        tool: &Registered<Tool>,
    ) -> Result<(Decision, Vec<SubscriptionId>), Stop> {
        let now = self.clock.now();
        let (mut offers, mut unnoted) = (Vec::new(), Vec::new());
        for licence in self.store.licences(&resource.value.ark, school).await?.iter() {
            let (offer, seat) = self.offer(subject, licence).await?;
            if seat.is_some_and(|seat| seat.wants_noting(now)) {
                unnoted.push(offer.subscription.clone());
            }
            offers.push(offer);
        }
        let question = Question {
            now,
            subject: subject.clone(),
            resource: resource.value.ark.clone(),
            withdrawn: resource.withdrawn,
            tool: tool.value.id.clone(),
            suspended: tool.withdrawn,
            sector: tool.value.sector.clone(),
            offers,
        };
        Ok((decide(&question)?, unnoted))
    }

    async fn offer(&self, subject: &Subject, licence: &Licence) -> Result<(Offer, Option<Seat>), Fault> {
        let subscription = &licence.subscription;
        let in_set = licence.sets.iter().any(|set| set.holds(subject));
        let (assigned, state, seat) = match subscription.kind {
            Kind::Etabl => (true, SeatState::Held, None),
            Kind::Indiv => self.standing(subject, licence, in_set).await?,
        };
        let offer = Offer {
            subscription: subscription.id.clone(),
            from: subscription.from,
            until: subscription.until,
            kind: subscription.kind,
            audience: subscription.audience.clone(),
            assigned,
            seat: state,
        };
        Ok((offer, seat))
    }

    async fn standing(
        &self,
        subject: &Subject,
        licence: &Licence,
        in_set: bool,
    ) -> Result<(bool, SeatState, Option<Seat>), Fault> {
        let subscription = &licence.subscription;
        if let Some(seat) = self.store.seat(&subscription.id, subject.person).await? {
            return Ok((seat.by_name || in_set, SeatState::Held, Some(seat)));
        }
        let Some(pool) = subscription.seats().pool_of(subject.profile).filter(|_| in_set) else {
            return Ok((in_set, SeatState::Full, None));
        };
        let room = self.store.has_room(&subscription.id, pool).await?;
        Ok((true, if room { SeatState::Free(pool) } else { SeatState::Full }, None))
    }
}

fn last_seat_gone(offer: &SeatOffer) -> boundary::Refusal {
    RefusalCode::NoSeat.about(format!("subscription {}: the last seat went meanwhile", offer.subscription))
}
