//! To the console: a launch that ends with us. The sign-on is an ENT's like any other; who may enter is what its roster,
//! or an operator's file, says.

use boundary::{Arrival, Attribute, Fault, Handle, LaunchId, SealPurpose, Stop, Wanted};

use super::answer::{ConsoleEntry, Outcome};
use super::dispatcher::{Dispatcher, back_of};
use super::failed::{at_the_end_of_hop_a, in_decision};
use super::store::{Committed, Gate, Item, ParkedRow, Write};
use crate::directory::Entry;
use crate::journal::Hop;

/// The longest name that the console shows.
const LONGEST: usize = 80;

/// Whether somebody wants the console.
pub(super) fn is_console(wanted: &Wanted) -> bool {
    matches!(wanted, Wanted::Key(key) if key.is_console())
}

impl Dispatcher {
    /// Parks somebody who manages a school until their browser has come to the console; once, and not for long.
    /// Nothing about them is provisioned.
    pub(super) async fn to_console(
        &self,
        launch: &LaunchId,
        arrival: Arrival,
        gate: Gate,
    ) -> Result<Outcome, Stop> {
        let (back, connection) = (back_of(&arrival), arrival.via.connection.clone());
        let event = self.event_of(launch, &arrival, Hop::A);
        let managed = self.rooms.directory.managed(&arrival, &*self.rooms.managers).await;
        let outcome = match managed {
            Ok((person, schools)) => {
                let ent = arrival.via.ent.clone();
                let entry = Entry::new(ent, person, schools, shown(&arrival));
                self.park_entry(entry, arrival.locale, gate).await
            }
            Err(Stop::Refused(refusal)) => self.refuse(refusal, event, gate).await,
            Err(fault) => return Err(in_decision(connection, fault.with_back(&back))),
        };
        outcome
            .map_err(|stop| at_the_end_of_hop_a(connection, stop.with_back(&back)))
            .map(|outcome| outcome.with_back(back))
    }

    async fn park_entry(&self, entry: Entry, locale: Option<String>, gate: Gate) -> Result<Outcome, Stop> {
        let at = self.world.now();
        let plain = serde_json::to_vec(&entry).map_err(|e| Fault::new(format!("an entry: {e}")))?;
        let sealed = self.world.seal(SealPurpose::Console, &plain)?;
        let handle = Handle::draw(&*self.world);
        let row = ParkedRow { handle: handle.clone(), sealed, until: at + self.parked_for };
        match self.rooms.launches.commit(Item { gate, writes: vec![Write::Park(row)], at }).await? {
            Committed::Done => {
                Ok(Outcome::Console(Box::new(ConsoleEntry { handle, ent: entry.ent, locale })))
            }
            Committed::Closed => Err(super::arrive::used_before()),
            Committed::Renamed => Err(super::arrive::renamed()),
        }
    }
}

/// How the sign-on calls somebody.
fn shown(arrival: &Arrival) -> Option<String> {
    let one = |attribute| arrival.attributes.get(attribute).first().map(String::as_str);
    let names: Vec<&str> = [one(Attribute::Pre), one(Attribute::Nom)].into_iter().flatten().collect();
    let name: String = names.join(" ").chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    (!name.trim().is_empty()).then(|| name.trim().to_owned())
}
