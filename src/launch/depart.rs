//! Hop B: the publisher asks for a parked launch. Read it, decide again, take it as it is written down, deliver.

use std::collections::BTreeMap;
use std::sync::Arc;

use boundary::{
    AnswerTo, Arrival, Attribute, Attributes, Commitment, Delivery, Departure, Fault, Handle, LaunchId, Out,
    Refusal, RefusalCode, Released, Reply, Request, Stop, Wanted, paris_date, release,
};
use time::OffsetDateTime;
use url::Url;

use super::answer::{Labels, Outcome};
use super::dispatcher::{Dispatcher, back_of};
use super::failed::at_hop_b;
use super::parked::{Awaits, Parked};
use super::store::{Committed, Gate, Item, Write};
use super::weigh::{Asked, Weighed};
use crate::directory::Joining;
use crate::journal::{Event, Happened, Hop, Parties, issue};
use crate::licensing::Opened;
use crate::pseudonyms::{NameRow, Named};

/// How often a launch is decided again because a pseudonym changed under it. More often than once is a fault.
const ATTEMPTS: usize = 3;

/// What a launch comes to once it is decided.
pub(super) struct Ready {
    /// What the publisher may know.
    pub released: Released,
    /// Pseudonyms that are new.
    pub fresh: Vec<NameRow>,
    /// By which the person's own history is found.
    pub commitment: Commitment,
    /// What is to be noted of the seat.
    pub opened: Option<Opened>,
}

impl Dispatcher {
    pub(super) async fn departed(
        &self,
        request: &Request,
        launch: &mut LaunchId,
        labels: &mut Labels,
    ) -> Result<Outcome, Stop> {
        let (handle, answer) = match self.outbound.step(&*self.world, request).await? {
            Out::Reply(reply) => return Ok(Outcome::Step(*reply)),
            Out::Resume(handle, answer) => (handle, answer),
        };
        let parked = match self.read_parked(&handle, request, Awaits::Publisher).await {
            Ok(parked) => parked,
            Err(Stop::Refused(refusal)) => return Ok(self.tell(&answer, refusal)),
            Err(fault) => return Err(fault),
        };
        *launch = parked.launch.clone();
        labels.via = Some(parked.arrival.via.protocol.as_str());
        let back = back_of(&parked.arrival);
        let resumed = self.resume(request, &handle, &answer, &parked).await;
        resumed.map_err(|stop| stop.with_back(&back).ending(at_hop_b(&parked.arrival, "delivery")))
    }

    /// Reads a parked launch and checks that this browser brought it. It stays until it is taken.
    pub(super) async fn read_parked(
        &self,
        handle: &Handle,
        request: &Request,
        awaits: Awaits,
    ) -> Result<Parked, Stop> {
        let row = self.rooms.launches.parked(handle, self.world.now()).await?;
        let row = row.ok_or_else(spent)?;
        let parked = Parked::open(&row, &*self.world)?;
        let (cookie, _) = self.outbound.binding(handle);
        if !request.presents(&cookie, &parked.binding) {
            // No way back: whoever holds a handle without its cookie may be the publisher, who must not learn the ENT.
            return Err(RefusalCode::BrowserUnbound
                .about("the binding cookie is absent")
                .ending(at_hop_b(&parked.arrival, "cookie"))
                .into());
        }
        let back = back_of(&parked.arrival);
        if parked.awaits == awaits { Ok(parked) } else { Err(spent().with_back(back).into()) }
    }

    async fn resume(
        &self,
        request: &Request,
        handle: &Handle,
        answer: &AnswerTo,
        parked: &Parked,
    ) -> Result<Outcome, Stop> {
        if parked.tool != answer.tool {
            let words = format!("tool {} asks for a launch of tool {}", answer.tool, parked.tool);
            let refusal = RefusalCode::AuthorizationInvalid.about(words);
            return Ok(self.tell(answer, refusal.ending(at_hop_b(&parked.arrival, "tool"))));
        }
        for _ in 0..ATTEMPTS {
            let mut event = self.event_of(&parked.launch, &parked.arrival, Hop::B);
            let item = match self.deliver(request, answer, parked, &mut event).await {
                Ok((reply, names)) => (Outcome::Delivered(reply), names),
                Err(Stop::Refused(refusal)) => {
                    event.happened = Happened::Refused(refusal.code());
                    (self.tell(answer, refusal), Vec::new())
                }
                Err(fault) => return Err(fault),
            };
            let (outcome, mut writes) = item;
            let at = event.at;
            writes.push(Write::Event(event));
            match self.rooms.launches.commit(Item { gate: Gate::Take(handle.clone()), writes, at }).await? {
                Committed::Done => return Ok(outcome),
                Committed::Closed => return Ok(self.tell(answer, spent())),
                Committed::Renamed => {}
            }
        }
        Err(Fault::new("a pseudonym kept changing while the launch was decided").into())
    }

    /// Decides, releases and signs. Nothing is written yet but a seat, and somebody new who has just been let in.
    async fn deliver(
        &self,
        request: &Request,
        answer: &AnswerTo,
        parked: &Parked,
        event: &mut Event,
    ) -> Result<(Reply, Vec<Write>), Stop> {
        let arrival = &parked.arrival;
        let wanted = Wanted::Ark(parked.resource.clone());
        let mut asked = match self.weigh(arrival, &wanted, parked.chosen.as_ref(), event).await? {
            Weighed::Asked(asked) => asked,
            Weighed::Choose(..) => {
                return Err(RefusalCode::SchoolAmbiguous
                    .about("a second school came up during the launch")
                    .into());
            }
        };
        // Whoever was unknown to hop A was written down there: they were erased meanwhile, and only come back from the ENT.
        if matches!(asked.joining.as_ref(), Some(Joining::Newcomer(_))) {
            return Err(RefusalCode::HandleSpent.about("the person was erased meanwhile").into());
        }
        if asked.tool.value.id != answer.tool {
            // The token would be for the new tool and go to the old one's address.
            return Err(RefusalCode::HandleSpent
                .about("the resource moved to another tool meanwhile")
                .into());
        }
        let Ready { released, fresh, commitment, opened } =
            self.release(&mut asked, arrival, event.at).await?;
        event.happened = Happened::Delivered;
        event.attributes = released.attributes().names().collect();
        event.commitment = Some(commitment);
        let way_back = match &arrival.return_url {
            Some(url) => self.outbound.way_back(&*self.world, request, url)?,
            None => None,
        };
        let (return_url, cookie) = way_back.unzip();
        let (deployment, issuer) = (&released.identifiers().school, self.world.public_url());
        let issuer = issuer.as_str().trim_end_matches('/');
        let to = Parties { issuer, client: &asked.tool.value.lti.client_id, deployment };
        let receipt = issue(event, to, &*self.rooms.receipts)?;
        let departure = Departure::new(released, delivery(&asked, arrival, return_url, receipt));
        let mut reply = self.outbound.finish(&*self.world, answer, &departure).await?;
        reply.cookies.extend(cookie);
        let writes = fresh.into_iter().map(Write::Name).chain(opened.map(Write::Opened)).collect();
        Ok((reply.within(arrival.via.ent.clone()), writes))
    }

    /// May they open it, what does the publisher call them, and what may it know? Somebody new is written down, and a
    /// seat that is needed is taken.
    pub(super) async fn release(
        &self,
        asked: &mut Asked,
        arrival: &Arrival,
        at: OffsetDateTime,
    ) -> Result<Ready, Stop> {
        if asked.joining.is_some() {
            self.ask(asked).await?;
        }
        let Asked { subject, school, resource, tool, sector, .. } = &*asked;
        let (entitled, opened) = self.rooms.licensing.entitle(subject, school, resource, tool).await?;
        let Named { identifiers, fresh, commitment } =
            self.rooms.names.of_launch(sector, subject, arrival).await?;
        let agreement = self.rooms.agreements.agreement(&resource.value.ark).await?;
        let known = self.known_attributes(asked, arrival).await?;
        let released = release(entitled, identifiers, agreement.as_deref(), &known, paris_date(at));
        Ok(Ready { released, fresh, commitment, opened })
    }

    /// What is known about the person, from the directory and the sign-on. The agreement decides what passes.
    async fn known_attributes(&self, asked: &Asked, arrival: &Arrival) -> Result<Attributes, Fault> {
        let mut known = self.roster_attributes(asked, arrival)?;
        for (attribute, values) in arrival.attributes.iter() {
            fill(&mut known, attribute, values.to_vec());
        }
        known.set(Attribute::Uai, vec![asked.subject.school.to_string()]);
        let ent = self.rooms.directory.store().ent(&arrival.via.ent).await?;
        known.set(Attribute::IdEnt, ent.and_then(|ent| ent.code.clone()).into_iter().collect());
        for (attribute, status) in [
            (Attribute::Div, boundary::GroupStatus::Division),
            (Attribute::Gro, boundary::GroupStatus::Group),
        ] {
            let groups = asked.subject.groups.iter().filter(|group| group.status == status);
            fill(&mut known, attribute, groups.map(|group| format!("{0}##{0}", group.code)).collect());
        }
        fill(&mut known, Attribute::EMef, asked.subject.level.iter().cloned().collect());
        Ok(known)
    }

    /// What the roster says has the last word; the sign-on and the directory say the rest.
    fn roster_attributes(&self, asked: &Asked, arrival: &Arrival) -> Result<Attributes, Fault> {
        let Some(sealed) = &asked.sealed else { return Ok(Attributes::default()) };
        let lost = || Fault::new("what a roster says does not open under any key of people");
        self.rooms.rosters.open(&arrival.via.ent, sealed).ok_or_else(lost)
    }

    /// A refusal at hop B goes to the publisher in its protocol's form; only where the browser is not the one that
    /// began, our own page says what to do, because nobody else can.
    fn tell(&self, answer: &AnswerTo, refusal: Refusal) -> Outcome {
        let ours = refusal.code() == RefusalCode::BrowserUnbound;
        let told = (!ours).then(|| self.outbound.refuse(answer, &refusal));
        Outcome::Refused { refusal, told }
    }
}

/// Sets what is not known yet.
fn fill(known: &mut Attributes, attribute: Attribute, values: Vec<String>) {
    if known.get(attribute).is_empty() {
        known.set(attribute, values);
    }
}

fn spent() -> Refusal {
    RefusalCode::HandleSpent.about("the parked launch is gone: used, expired, or never there")
}

fn delivery(asked: &Asked, arrival: &Arrival, return_url: Option<Url>, receipt: String) -> Delivery {
    let (resource, tool) = (&asked.resource.value, &asked.tool.value.lti);
    let custom: BTreeMap<_, _> = tool.custom.iter().chain(&resource.custom).collect();
    Delivery {
        tool: Arc::new(tool.clone()),
        title: resource.title.clone(),
        target_url: resource.target_url.clone().unwrap_or_else(|| tool.target_url.clone()),
        custom: custom.into_iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        context_kinds: arrival.context.as_ref().map(|context| context.kinds.clone()).unwrap_or_default(),
        target: arrival.target,
        locale: arrival.locale.clone(),
        return_url,
        receipt,
    }
}
