//! What records name: it must be registered, and fit. Asked of the records of a file together with what stays stored.

use std::collections::{BTreeMap, BTreeSet};

use boundary::registration::{Deployment, LtiPlatform, MatchKey};
use boundary::{Ark, EntId, Kind, SectorId, Uai};

use super::file::Reading;
use super::mistake::Mistakes;
use super::record::{AssignmentRecord, AssignmentTarget, ManagedBy, PersonRecord, Record, RecordKind};
use super::store::StoredRecord;
use crate::catalogue::Resource;
use crate::directory::School;
use crate::licensing::{Coverage, Subscription, rules};

/// The name of a record: its kind and its id.
pub type Name = (RecordKind, String);

/// Checks what the records of a file name. It may stand in the file or be stored already, unless a prune takes it
/// away; where both have a record of one name, the file's counts.
pub fn check(reading: &mut Reading<'_>, stored: &[StoredRecord], prune: bool) {
    let wanted: BTreeSet<Name> =
        reading.records.iter().map(|record| (record.value.kind(), record.value.id())).collect();
    let goes = |old: &StoredRecord| old.withdrawn || prune && is_pruned(old, &wanted);
    check_existence(reading, stored.iter().filter(|old| !goes(old)));
    check_unique(reading, stored.iter().filter(|old| !goes(old) || keeps_its_name(&old.record)), &wanted);
}

fn check_existence<'s>(reading: &mut Reading<'_>, stored: impl Iterator<Item = &'s StoredRecord>) {
    let (records, mistakes) = (&reading.records, &mut reading.mistakes);
    let mut world = World::default();
    for old in stored {
        world.put(&old.record);
    }
    for record in records {
        world.put(&record.value);
    }
    for record in records {
        let mut at = Place { line: record.line, mistakes };
        for (kind, id) in names(&record.value) {
            let name = (kind, id);
            if !world.0.contains_key(&name) && !reading.mentioned.contains(&name) {
                at.wrong(format!(
                    "no {} \"{}\" is registered: add it to this file, or correct the name",
                    kind.as_str(),
                    name.1
                ));
            }
        }
        world.fits(&record.value, &mut at);
    }
}

/// Checks that records fit what they name, with these others as they are or will be.
pub fn misfits(records: &[Record], others: &[&Record]) -> Mistakes<'static> {
    let mut mistakes = Mistakes::of("");
    let mut world = World::default();
    records.iter().chain(others.iter().copied()).for_each(|record| world.put(record));
    for record in records {
        world.fits(record, &mut Place { line: 1, mistakes: &mut mistakes });
    }
    mistakes
}

/// Whether a prune takes a stored record away.
pub fn is_pruned(old: &StoredRecord, wanted: &BTreeSet<Name>) -> bool {
    let name = (old.record.kind(), old.record.id());
    old.managed_by == ManagedBy::File && !old.withdrawn && !wanted.contains(&name)
}

/// What a record names.
pub fn names(record: &Record) -> Vec<Name> {
    let schools = |all: &[Uai]| all.iter().map(school_name).collect::<Vec<_>>();
    let ent = |id: &EntId| (RecordKind::Ent, id.to_string());
    let resource = |ark: &Ark| (RecordKind::Resource, ark.to_string());
    match record {
        Record::Ent(_) | Record::Organisation(_) => Vec::new(),
        Record::LtiPlatform(platform) => {
            let mut names = vec![ent(&platform.ent)];
            names.extend(schools(&platform.schools));
            names.extend(platform.deployments.iter().flat_map(|deployment| schools(&deployment.schools)));
            names
        }
        Record::School(school) => school.ents.iter().map(ent).collect(),
        Record::Sector(sector) => vec![(RecordKind::Organisation, sector.organisation.to_string())],
        Record::Tool(tool) => vec![(RecordKind::Sector, tool.sector.to_string())],
        Record::Resource(one) => {
            let tool = (RecordKind::Tool, one.tool.to_string());
            one.family.iter().map(resource).chain([tool]).collect()
        }
        Record::Agreement(agreement) => vec![resource(&agreement.resource)],
        Record::Subscription(subscription) => names_of_subscription(subscription),
        Record::Person(person) => {
            let schools = person.schools.iter().map(|at| school_name(&at.school));
            schools.chain([ent(&person.ent)]).collect()
        }
        Record::Assignment(assignment) => names_of_assignment(assignment),
    }
}

fn school_name(uai: &Uai) -> Name {
    (RecordKind::School, uai.to_string())
}

fn names_of_subscription(subscription: &Subscription) -> Vec<Name> {
    let mut names = vec![(RecordKind::Resource, subscription.resource.to_string())];
    let distributor = subscription.distributor.iter();
    names.extend(distributor.map(|id| (RecordKind::Organisation, id.to_string())));
    if let Coverage::Schools(schools) = &subscription.coverage {
        names.extend(schools.iter().map(school_name));
    }
    names
}

fn names_of_assignment(assignment: &AssignmentRecord) -> Vec<Name> {
    let subscription = (RecordKind::Subscription, assignment.subscription.to_string());
    let target = match &assignment.target {
        AssignmentTarget::Person { ent, .. } => Some((RecordKind::Ent, ent.to_string())),
        AssignmentTarget::Set(set) => set.school().map(school_name),
    };
    target.into_iter().chain([subscription]).collect()
}

/// Where mistakes of one record go.
struct Place<'m, 't> {
    line: usize,
    mistakes: &'m mut Mistakes<'t>,
}

impl Place<'_, '_> {
    fn wrong(&mut self, words: impl AsRef<str>) {
        self.mistakes.add(self.line, words);
    }
}

/// All records by name.
#[derive(Default)]
struct World<'r>(BTreeMap<Name, &'r Record>);

impl<'r> World<'r> {
    fn put(&mut self, record: &'r Record) {
        self.0.insert((record.kind(), record.id()), record);
    }

    fn school(&self, uai: &Uai) -> Option<&'r School> {
        match self.0.get(&school_name(uai)) {
            Some(Record::School(school)) => Some(school),
            _ => None,
        }
    }

    fn resource(&self, ark: &Ark) -> Option<&'r Resource> {
        match self.0.get(&(RecordKind::Resource, ark.to_string())) {
            Some(Record::Resource(resource)) => Some(resource),
            _ => None,
        }
    }

    fn sector(&self, resource: &Resource) -> Option<&'r SectorId> {
        match self.0.get(&(RecordKind::Tool, resource.tool.to_string())) {
            Some(Record::Tool(tool)) => Some(&tool.sector),
            _ => None,
        }
    }

    /// What a record names must fit it; what does not exist is noted elsewhere.
    fn fits(&self, record: &Record, at: &mut Place<'_, '_>) {
        match record {
            Record::LtiPlatform(platform) => self.platform_fits(platform, at),
            Record::Resource(resource) => self.family_fits(resource, at),
            Record::Subscription(subscription) => self.degree_fits(subscription, at),
            Record::Person(person) => self.person_fits(person, at),
            Record::Assignment(assignment) => self.assignment_fits(assignment, at),
            _ => {}
        }
    }

    fn platform_fits(&self, platform: &LtiPlatform, at: &mut Place<'_, '_>) {
        let of_deployments = platform.deployments.iter().flat_map(|deployment| &deployment.schools);
        for uai in platform.schools.iter().chain(of_deployments) {
            self.spoken_for(&platform.ent, uai, at);
        }
        self.shares_namespace(platform, at);
        if platform.schools.is_empty() {
            return;
        }
        for Deployment { id, schools } in &platform.deployments {
            for uai in schools.iter().filter(|uai| !platform.schools.contains(uai)) {
                at.wrong(format!(
                    "deployment \"{id}\" speaks for {uai} and the connection does not: add it to schools"
                ));
            }
        }
    }

    /// Equal namespace, equal person: so the keys of all its connections must come from one place.
    fn shares_namespace(&self, platform: &LtiPlatform, at: &mut Place<'_, '_>) {
        let others = self.0.values().filter_map(|record| match record {
            Record::LtiPlatform(other) if other.id != platform.id && other.ent == platform.ent => Some(other),
            _ => None,
        });
        for other in others.filter(|other| other.namespace == platform.namespace) {
            let theirs = &other.id;
            if other.match_key != platform.match_key {
                at.wrong(format!(
                    "namespace \"{}\" is that of connection \"{theirs}\" too, which matches people by another claim: \
                     match by the same claim, or name another namespace",
                    platform.namespace
                ));
            } else if platform.match_key == MatchKey::Sub && other.issuer != platform.issuer {
                at.wrong(format!(
                    "namespace \"{}\" is that of connection \"{theirs}\" too, whose issuer is another: its people would be \
                     taken for these where sub is equal; name another namespace",
                    platform.namespace
                ));
            }
        }
    }

    fn spoken_for(&self, ent: &EntId, uai: &Uai, at: &mut Place<'_, '_>) {
        if self.school(uai).is_some_and(|school| !school.ents.contains(ent)) {
            at.wrong(format!(
                "school {uai} is not one of ENT \"{ent}\": add the ENT to the school's ents, or drop the school here"
            ));
        }
    }

    fn family_fits(&self, resource: &Resource, at: &mut Place<'_, '_>) {
        let mother = resource.family.as_ref().and_then(|ark| self.resource(ark));
        let sectors = mother.and_then(|mother| self.sector(mother)).zip(self.sector(resource));
        if let Some((theirs, ours)) = sectors.filter(|(theirs, ours)| theirs != ours) {
            at.wrong(format!(
                "a family stays within one sector: the mother is in \"{theirs}\", this resource in \"{ours}\""
            ));
        }
    }

    /// RG11.
    fn degree_fits(&self, subscription: &Subscription, at: &mut Place<'_, '_>) {
        let nature_of = |uai: &Uai| self.school(uai).and_then(|school| school.nature.as_deref());
        if let Err(breach) = rules::degree(subscription, nature_of) {
            at.wrong(breach.words);
        }
    }

    fn person_fits(&self, person: &PersonRecord, at: &mut Place<'_, '_>) {
        for affiliation in &person.schools {
            self.spoken_for(&person.ent, &affiliation.school, at);
        }
    }

    fn assignment_fits(&self, assignment: &AssignmentRecord, at: &mut Place<'_, '_>) {
        let name = (RecordKind::Subscription, assignment.subscription.to_string());
        let Some(Record::Subscription(subscription)) = self.0.get(&name) else { return };
        if subscription.kind == Kind::Etabl {
            at.wrong(format!(
                "subscription \"{}\" is ETABL, for the whole audience of the school: it takes no assignment",
                subscription.id
            ));
        }
        if let AssignmentTarget::Set(set) = &assignment.target
            && let Some(school) = set.school().and_then(|uai| self.school(uai))
            && !subscription.coverage.covers(school)
        {
            at.wrong(format!(
                "subscription \"{}\" does not cover school {}: add the school to it, or drop the assignment",
                subscription.id, school.uai
            ));
        }
    }
}

/// A withdrawn tool or resource keeps its other name, so that its launches are refused with the right words.
const fn keeps_its_name(record: &Record) -> bool {
    matches!(record, Record::Tool(_) | Record::Resource(_))
}

/// Other names under which launches look records up belong to one record each.
fn check_unique<'s>(
    reading: &mut Reading<'_>,
    stored: impl Iterator<Item = &'s StoredRecord>,
    wanted: &BTreeSet<Name>,
) {
    let mut owners: BTreeMap<Name, String> = BTreeMap::new();
    for old in stored {
        let (kind, id) = (old.record.kind(), old.record.id());
        if let Some((_, name)) = other_name(&old.record)
            && !wanted.contains(&(kind, id.clone()))
        {
            owners.insert((kind, name), id);
        }
    }
    for record in &reading.records {
        let Some((words, name)) = other_name(&record.value) else {
            continue;
        };
        let (kind, id) = (record.value.kind(), record.value.id());
        if let Some(owner) = owners.get(&(kind, name.clone())) {
            let words = format!("{words} belongs to {} \"{owner}\" already: choose another", kind.as_str());
            reading.mistakes.add(record.line, words);
        } else {
            owners.insert((kind, name), id);
        }
    }
}

/// The other name of a record, in words and as a key.
fn other_name(record: &Record) -> Option<(String, String)> {
    match record {
        Record::LtiPlatform(platform) => Some((
            format!("issuer {} with client_id \"{}\"", platform.issuer, platform.client_id),
            format!("{}\n{}", platform.issuer, platform.client_id),
        )),
        Record::Tool(tool) => {
            let id = tool.lti.client_id.clone();
            Some((format!("client_id \"{id}\""), id))
        }
        Record::Resource(resource) => {
            let key = resource.key.to_string();
            Some((format!("key \"{key}\""), key))
        }
        _ => None,
    }
}
