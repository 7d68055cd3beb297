//! What both hops ask of an arrival: which resource, who, and through which tool.

use std::sync::Arc;

use boundary::{Arrival, Fault, RefusalCode, Stop, Subject, Uai, Wanted};

use super::dispatcher::Dispatcher;
use crate::catalogue::{self, Resource};
use crate::directory::{Joining, Placed, Registered, Resolved, School, SealedAttributes, Sector, Tool};
use crate::journal::{Event, Happened, Hop};

/// Somebody at a school who wants a resource.
pub(super) struct Asked {
    pub subject: Subject,
    pub school: Arc<School>,
    pub resource: Arc<Registered<Resource>>,
    pub tool: Arc<Registered<Tool>>,
    pub sector: Arc<Sector>,
    /// What has to be written before they are at the school.
    pub joining: Option<Joining>,
    /// What the roster says of them there.
    pub sealed: Option<SealedAttributes>,
}

/// What an arrival asks for, or the schools to choose from first.
pub(super) enum Weighed {
    Asked(Box<Asked>),
    Choose(Vec<Arc<School>>, Arc<Registered<Resource>>),
}

impl Dispatcher {
    /// Resolves who came, of which school, for which resource. `known` gathers what is known on the way, so that a
    /// refusal can be journalled with it.
    pub(super) async fn weigh(
        &self,
        arrival: &Arrival,
        wanted: &Wanted,
        chosen: Option<&Uai>,
        event: &mut Event,
    ) -> Result<Weighed, Stop> {
        let resource = catalogue::find(&*self.rooms.catalogue, wanted).await?;
        event.resource = Some(resource.value.ark.clone());
        let store = self.rooms.directory.store();
        let missing =
            |what: &str| Fault::new(format!("resource {}: its {what} is not registered", resource.value.ark));
        let tool = store.tool(&resource.value.tool).await?.ok_or_else(|| missing("tool"))?;
        let sector = store.sector(&tool.value.sector).await?.ok_or_else(|| missing("sector"))?;
        event.sector = Some(sector.id.clone());
        match self.rooms.directory.resolve(arrival, chosen).await? {
            Resolved::Choose(schools) => Ok(Weighed::Choose(schools, resource)),
            Resolved::Placed(placed) => {
                let Placed { subject, school, joining, sealed } = *placed;
                event.school = Some(subject.school.clone());
                event.profile = Some(subject.profile);
                let asked = Asked { subject, school, resource, tool, sector, joining, sealed };
                Ok(Weighed::Asked(Box::new(asked)))
            }
        }
    }

    /// Asks the licences, which takes no seat, and writes somebody new down only if they say yes.
    pub(super) async fn ask(&self, asked: &mut Asked) -> Result<(), Stop> {
        let Asked { subject, school, resource, tool, .. } = &*asked;
        self.rooms.licensing.ask(subject, school, resource, tool).await?;
        if let Some(joining) = asked.joining.take() {
            asked.subject.person = self.rooms.directory.join(joining).await?;
        }
        Ok(())
    }

    /// What is known of a launch when its weighing begins.
    pub(super) fn event_of(&self, launch: &boundary::LaunchId, arrival: &Arrival, hop: Hop) -> Event {
        Event {
            launch: launch.clone(),
            at: self.world.now().truncate_to_millisecond(),
            hop,
            ent: arrival.via.ent.clone(),
            school: None,
            sector: None,
            resource: None,
            profile: None,
            happened: Happened::Refused(RefusalCode::NotFound),
            attributes: Vec::new(),
            commitment: None,
            receipt: None,
        }
    }
}
