//! Hop A: the sign-on is complete; decide, park, and send the browser to the publisher.

use boundary::{Arrival, Destination, Handle, In, LaunchId, RefusalCode, Request, Stop, Uai};

use super::answer::{Outcome, SchoolChoice};
use super::console::is_console;
use super::dispatcher::{Dispatcher, back_of};
use super::failed::{at_the_end_of_hop_a, in_decision};
use super::parked::{Awaits, Parked, binding_cookie, draw_binding};
use super::store::{Committed, Gate, Item, Write};
use super::weigh::{Asked, Weighed};
use crate::journal::{Event, Happened, Hop};

impl Dispatcher {
    pub(super) async fn arrived(&self, request: &Request) -> Result<Outcome, Stop> {
        match self.inbound.step(&*self.world, request).await? {
            In::Reply(reply) => Ok(Outcome::Step(*reply)),
            In::Arrived(arrival) => {
                let gate = Gate::FirstUse(arrival.proof.clone());
                if is_console(&arrival.wanted) {
                    return self.to_console(&request.launch, *arrival, gate).await;
                }
                self.admit(&request.launch, *arrival, None, gate).await
            }
        }
    }

    /// The person chose a school: the parked launch goes on from there.
    pub(super) async fn chosen(&self, request: &Request, launch: &mut LaunchId) -> Result<Outcome, Stop> {
        let malformed = |e: boundary::Ambiguous| RefusalCode::LoginMalformed.about(e.to_string());
        let handle = request.fields.one("launch").map_err(malformed)?.unwrap_or_default();
        let uai = request.fields.one("uai").map_err(malformed)?.unwrap_or_default();
        let handle = Handle::parse(handle).map_err(|e| RefusalCode::LoginMalformed.about(e.to_string()))?;
        let uai =
            Uai::parse_any_letter(uai).map_err(|_| RefusalCode::LoginMalformed.about("uai is not a UAI"))?;
        let parked = self.read_parked(&handle, request, Awaits::School).await?;
        *launch = parked.launch.clone();
        self.admit(&parked.launch, parked.arrival, Some(uai), Gate::Take(handle)).await
    }

    async fn admit(
        &self,
        launch: &LaunchId,
        arrival: Arrival,
        chosen: Option<Uai>,
        gate: Gate,
    ) -> Result<Outcome, Stop> {
        let back = back_of(&arrival);
        let connection = arrival.via.connection.clone();
        let mut event = self.event_of(launch, &arrival, Hop::A);
        let weighed = self.weigh_and_ask(&arrival, chosen.as_ref(), &mut event).await;
        let outcome = match weighed {
            Ok(Weighed::Choose(schools, resource)) => {
                let resource = (resource.value.ark.clone(), resource.value.tool.clone());
                let parked = self.parked(launch, arrival, None, resource, Awaits::School);
                self.ask_for_school(parked, schools, gate).await
            }
            Ok(Weighed::Asked(asked)) => self.send_on(launch, arrival, chosen, *asked, gate).await,
            Err(Stop::Refused(refusal)) => self.refuse(refusal, event, gate).await,
            Err(fault) => return Err(in_decision(connection, fault.with_back(&back))),
        };
        outcome
            .map_err(|stop| at_the_end_of_hop_a(connection, stop.with_back(&back)))
            .map(|outcome| outcome.with_back(back))
    }

    async fn weigh_and_ask(
        &self,
        arrival: &Arrival,
        chosen: Option<&Uai>,
        event: &mut Event,
    ) -> Result<Weighed, Stop> {
        let mut weighed = self.weigh(arrival, &arrival.wanted, chosen, event).await?;
        if let Weighed::Asked(asked) = &mut weighed {
            self.ask(asked).await?;
        }
        Ok(weighed)
    }

    async fn send_on(
        &self,
        launch: &LaunchId,
        arrival: Arrival,
        chosen: Option<Uai>,
        asked: Asked,
        gate: Gate,
    ) -> Result<Outcome, Stop> {
        let ent = arrival.via.ent.clone();
        let destination = Destination {
            tool: std::sync::Arc::new(asked.tool.value.lti.clone()),
            target_url: asked
                .resource
                .value
                .target_url
                .clone()
                .unwrap_or_else(|| asked.tool.value.lti.target_url.clone()),
            deployment: self.rooms.names.of_school(&asked.sector, &asked.subject.school).await?,
        };
        let resource = (asked.resource.value.ark.clone(), asked.tool.value.id.clone());
        let parked = self.parked(launch, arrival, chosen, resource, Awaits::Publisher);
        let handle = Handle::draw(&*self.world);
        let reply = self.outbound.send(&*self.world, &destination, &handle).await?;
        self.park(&parked, &handle, gate).await?;
        let cookie = self.cookie(&handle, &parked);
        Ok(Outcome::Step(reply.with_cookie(cookie).within(ent)))
    }

    async fn ask_for_school(
        &self,
        parked: Parked,
        schools: Vec<std::sync::Arc<crate::directory::School>>,
        gate: Gate,
    ) -> Result<Outcome, Stop> {
        let handle = Handle::draw(&*self.world);
        self.park(&parked, &handle, gate).await?;
        let cookie = self.cookie(&handle, &parked);
        let (ent, locale) = (Some(parked.arrival.via.ent), parked.arrival.locale);
        Ok(Outcome::Choose(Box::new(SchoolChoice { handle, schools, ent, cookie, locale })))
    }

    fn parked(
        &self,
        launch: &LaunchId,
        arrival: Arrival,
        chosen: Option<Uai>,
        (resource, tool): (boundary::Ark, boundary::ToolId),
        awaits: Awaits,
    ) -> Parked {
        let binding = draw_binding(&*self.world);
        Parked { launch: launch.clone(), awaits, arrival, chosen, resource, tool, binding }
    }

    fn cookie(&self, handle: &Handle, parked: &Parked) -> boundary::BindingCookie {
        let seconds = u32::try_from(self.parked_for.as_secs()).unwrap_or(600);
        binding_cookie(self.outbound.binding(handle), &parked.binding, seconds)
    }

    async fn park(&self, parked: &Parked, handle: &Handle, gate: Gate) -> Result<(), Stop> {
        let at = self.world.now();
        let row = parked.seal(handle, at + self.parked_for, &*self.world)?;
        match self.rooms.launches.commit(Item { gate, writes: vec![Write::Park(row)], at }).await? {
            Committed::Done => Ok(()),
            Committed::Closed => Err(used_before()),
            Committed::Renamed => Err(renamed()),
        }
    }

    /// Writes a refusal down; a sign-on that was used before is told so instead.
    pub(super) async fn refuse(
        &self,
        refusal: boundary::Refusal,
        mut event: Event,
        gate: Gate,
    ) -> Result<Outcome, Stop> {
        event.happened = Happened::Refused(refusal.code());
        let item = Item { gate, at: event.at, writes: vec![Write::Event(event)] };
        match self.rooms.launches.commit(item).await? {
            Committed::Done => Ok(Outcome::refused(refusal)),
            Committed::Closed => Err(used_before()),
            Committed::Renamed => Err(renamed()),
        }
    }
}

pub(super) fn used_before() -> Stop {
    RefusalCode::Replayed.about("this sign-on was used before").into()
}

/// Hop A writes no pseudonym down, so none can have changed under it.
pub(super) fn renamed() -> Stop {
    boundary::Fault::new("the store says that a pseudonym changed where none was written").into()
}

impl Outcome {
    pub(super) fn with_back(self, back: boundary::Back) -> Self {
        match self {
            Self::Refused { refusal, told } => Self::Refused { refusal: refusal.with_back(back), told },
            other => other,
        }
    }
}
