//! From an arrival to a person at a school.

use std::collections::BTreeSet;
use std::sync::Arc;

use boundary::registration::{Deployment, LtiPlatform};
use boundary::{
    Arrival, Chance, Clock, EntId, Fault, Group, PersonId, Refusal, RefusalCode, Root, SchoolClaim,
    SchoolYear, Stop, Subject, Uai,
};
use time::OffsetDateTime;

use super::{
    Affiliation, DirectoryStore, InactiveDeployment, Known, ManagerStore, Newcomer, School, SchoolAnswer,
    SchoolQuestion, SealedAttributes, Standing, profile_of, school_of,
};

/// What an arrival was resolved to.
#[derive(Debug)]
pub enum Resolved {
    /// A person at a school.
    Placed(Box<Placed>),
    /// They have several schools and nothing says which: they choose.
    Choose(Vec<Arc<School>>),
}

/// A person at a school.
#[derive(Debug)]
pub struct Placed {
    /// Who, of which school, as what.
    pub subject: Subject,
    /// The school.
    pub school: Arc<School>,
    /// What has to be written before they are there.
    pub joining: Option<Joining>,
    /// What the roster says of them there.
    pub sealed: Option<SealedAttributes>,
}

/// Somebody whom a launch brings to a school. Nothing is written before the licence says yes: a stranger who may open
/// nothing leaves nothing behind.
#[derive(Debug)]
pub enum Joining {
    /// A person seen for the first time.
    Newcomer(Newcomer),
    /// A person known from other launches, at a school that is new to them.
    Affiliation(EntId, PersonId, Affiliation),
}

/// The directory over its store.
pub struct Directory {
    store: Arc<dyn DirectoryStore>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

impl Directory {
    /// A directory over a store.
    #[must_use]
    pub fn new(store: Arc<dyn DirectoryStore>, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        Self { store, clock, chance }
    }

    /// What the directory reads from.
    #[must_use]
    pub fn store(&self) -> &dyn DirectoryStore {
        &*self.store
    }

    /// Says who came, of which school, as what. `chosen` is the school chosen on our page. Nothing is written; somebody
    /// unknown comes with what [`Directory::join`] has to write, where the connection provisions.
    ///
    /// # Errors
    /// A refusal where something does not fit, a fault where the store does not answer.
    pub async fn resolve(&self, arrival: &Arrival, chosen: Option<&Uai>) -> Result<Resolved, Stop> {
        let platform = self.platform(arrival).await?;
        let deployment = self.deployment(arrival, &platform).await?;
        let now = self.clock.now();
        let year = SchoolYear::at(now);
        let known = self.store.known(&arrival.via.ent, &arrival.namespace, &arrival.subject).await?;
        let reach = Reach { platform: &platform, deployment };
        self.check_named(&reach, arrival, chosen).await?;
        let current = self.current_schools(&reach, known.as_deref(), (year, now)).await?;
        let uais: Vec<Uai> = current.iter().map(|school| school.uai.clone()).collect();
        let answer = school_of(&SchoolQuestion {
            claim: &arrival.school,
            chosen,
            only_of_deployment: reach.only_of_deployment(),
            current: &uais,
            standing: standing(known.as_deref(), &current, (year, now)),
            provision: platform.provision && known.as_deref().is_none_or(Known::is_provisioned),
        })?;
        match answer {
            SchoolAnswer::Choose(_) => Ok(Resolved::Choose(current)),
            SchoolAnswer::At(uai) => self.at(&platform, arrival, known, &uai, (year, now)).await,
            SchoolAnswer::Join(uai) => self.brought(&platform, arrival, known, &uai, year).await,
        }
    }

    /// Which schools somebody who arrived manages, of those that the connection may speak for. Nobody is provisioned, and
    /// a school that the sign-on names must be among them.
    ///
    /// # Errors
    /// A refusal where there is none, a fault where the store does not answer.
    pub async fn managed(
        &self,
        arrival: &Arrival,
        managers: &dyn ManagerStore,
    ) -> Result<(PersonId, BTreeSet<Uai>), Stop> {
        let platform = self.platform(arrival).await?;
        let deployment = self.deployment(arrival, &platform).await?;
        let reach = Reach { platform: &platform, deployment };
        self.check_named(&reach, arrival, None).await?;
        let known = self.store.known(&arrival.via.ent, &arrival.namespace, &arrival.subject).await?;
        let not_manager = |words: &str| RefusalCode::ConsoleNotManager.about(words);
        let known = known.ok_or_else(|| not_manager("unknown identity"))?;
        let manager = managers.manager(&arrival.via.ent, known.person).await?;
        let manager = manager.ok_or_else(|| not_manager("the person manages no school"))?;
        let mut schools = BTreeSet::new();
        for uai in manager.schools {
            if self.store.school(&uai).await?.is_some_and(|school| reach.speaks_for(&school)) {
                schools.insert(uai);
            }
        }
        let named = match &arrival.school {
            SchoolClaim::Signed(uai) | SchoolClaim::Hinted(uai) => Some(uai),
            SchoolClaim::Silent => reach.only_of_deployment(),
            SchoolClaim::Unreadable => {
                return Err(RefusalCode::SchoolUnknown.about("the school that is named is not a UAI").into());
            }
        };
        if schools.is_empty() || named.is_some_and(|uai| !schools.contains(uai)) {
            return Err(not_manager("the person manages other schools than this one").into());
        }
        Ok((known.person, schools))
    }

    async fn platform(&self, arrival: &Arrival) -> Result<Arc<LtiPlatform>, Stop> {
        let found = self.store.lti_platform(&arrival.via.connection).await?;
        let gone =
            || RefusalCode::RegistrationUnknown.about("the connection was withdrawn during the launch");
        found.ok_or_else(|| gone().into())
    }

    async fn deployment<'p>(
        &self,
        arrival: &Arrival,
        platform: &'p LtiPlatform,
    ) -> Result<&'p Deployment, Stop> {
        let id = arrival.via.deployment.as_deref().unwrap_or_default();
        if let Some(known) = platform.deployments.iter().find(|deployment| deployment.id == id) {
            return Ok(known);
        }
        let (connection, deployment) = (platform.id.clone(), id.to_owned());
        let first_seen = self.clock.now();
        self.store.note_deployment(InactiveDeployment { connection, deployment, first_seen }).await?;
        let words =
            format!("connection {} has no deployment \"{id}\": list it under deployments", platform.id);
        Err(RefusalCode::DeploymentInactive.about(words).into())
    }

    /// A school that somebody names must exist and be one that the connection may speak for.
    async fn check_named(
        &self,
        reach: &Reach<'_>,
        arrival: &Arrival,
        chosen: Option<&Uai>,
    ) -> Result<(), Stop> {
        let claimed = match &arrival.school {
            SchoolClaim::Signed(uai) | SchoolClaim::Hinted(uai) => Some(uai),
            SchoolClaim::Silent | SchoolClaim::Unreadable => reach.only_of_deployment(),
        };
        let Some(uai) = chosen.or(claimed) else {
            return Ok(());
        };
        let unknown = || RefusalCode::SchoolUnknown.about(format!("school {uai} is not registered"));
        let school = self.store.school(uai).await?.ok_or_else(unknown)?;
        if reach.speaks_for(&school) { Ok(()) } else { Err(not_of_ent(reach, uai).into()) }
    }

    async fn current_schools(
        &self,
        reach: &Reach<'_>,
        known: Option<&Known>,
        (year, now): (SchoolYear, OffsetDateTime),
    ) -> Result<Vec<Arc<School>>, Fault> {
        let mut schools: Vec<Arc<School>> = Vec::new();
        for affiliation in known.into_iter().flat_map(Known::counted).filter(|a| a.is_current(year, now)) {
            if schools.iter().any(|school| school.uai == affiliation.school) {
                continue;
            }
            let found = self.store.school(&affiliation.school).await?;
            schools.extend(found.filter(|school| reach.speaks_for(school)));
        }
        Ok(schools)
    }

    async fn at(
        &self,
        platform: &LtiPlatform,
        arrival: &Arrival,
        known: Option<Arc<Known>>,
        uai: &Uai,
        (year, now): (SchoolYear, OffsetDateTime),
    ) -> Result<Resolved, Stop> {
        let unknown = || RefusalCode::UnknownPerson.about("unknown identity");
        let known = known.ok_or_else(unknown)?;
        let here =
            || known.affiliations.iter().filter(|a| a.school == *uai && a.is_current(year, now) && !a.jit);
        let roster: Vec<_> = here().map(|affiliation| affiliation.profile).collect();
        let profile = profile_of(&roster, &arrival.roles, platform.trust_context_roles, platform.jit_staff);
        let current = |group: &&Group| group.school == *uai && group.year.is_none_or(|own| own == year);
        let subject = Subject {
            person: known.person,
            school: uai.clone(),
            profile,
            groups: known.groups.iter().filter(current).cloned().collect(),
            level: here().find_map(|affiliation| affiliation.level.clone()),
        };
        let sealed = known.sealed.iter().find(|sealed| sealed.school == *uai).cloned();
        self.placed(subject, None, sealed).await
    }

    async fn brought(
        &self,
        platform: &LtiPlatform,
        arrival: &Arrival,
        known: Option<Arc<Known>>,
        uai: &Uai,
        year: SchoolYear,
    ) -> Result<Resolved, Stop> {
        let profile = profile_of(&[], &arrival.roles, platform.trust_context_roles, platform.jit_staff);
        let affiliation = Affiliation {
            school: uai.clone(),
            profile,
            level: None,
            year: Some(year),
            jit: true,
            until: None,
        };
        let joining = match known {
            Some(known) => Joining::Affiliation(arrival.via.ent.clone(), known.person, affiliation),
            None => Joining::Newcomer(self.newcomer(arrival, affiliation)),
        };
        let person = joining.person();
        let subject = Subject { person, school: uai.clone(), profile, groups: Vec::new(), level: None };
        self.placed(subject, Some(joining), None).await
    }

    fn newcomer(&self, arrival: &Arrival, affiliation: Affiliation) -> Newcomer {
        let at = self.clock.now();
        Newcomer {
            person: PersonId::draw(at, &*self.chance),
            root: Root::draw(&*self.chance),
            ent: arrival.via.ent.clone(),
            namespace: arrival.namespace.clone(),
            subject: arrival.subject.clone(),
            affiliation,
            at,
        }
    }

    /// Writes somebody down at their school, and says who they are: another launch of theirs may have come first, and
    /// then they are whom that one wrote.
    ///
    /// # Errors
    /// A fault where the store does not answer.
    pub async fn join(&self, joining: Joining) -> Result<PersonId, Fault> {
        let newcomer = match joining {
            Joining::Affiliation(ent, person, affiliation) => {
                self.store.affiliate(&ent, person, affiliation).await?;
                return Ok(person);
            }
            Joining::Newcomer(newcomer) => newcomer,
        };
        let Newcomer { ent, namespace, subject, .. } = newcomer.clone();
        self.store.provision(newcomer).await?;
        let stored = self.store.known(&ent, &namespace, &subject).await?;
        let lost = || Fault::new("a provisioned person is not there");
        Ok(stored.ok_or_else(lost)?.person)
    }

    async fn placed(
        &self,
        subject: Subject,
        joining: Option<Joining>,
        sealed: Option<SealedAttributes>,
    ) -> Result<Resolved, Stop> {
        let school = self.store.school(&subject.school).await?;
        let gone =
            || RefusalCode::SchoolUnknown.about(format!("school {} is not registered", subject.school));
        let school = school.ok_or_else(gone)?;
        Ok(Resolved::Placed(Box::new(Placed { subject, school, joining, sealed })))
    }
}

impl Joining {
    /// Who joins, as far as this launch knows.
    const fn person(&self) -> PersonId {
        match self {
            Self::Newcomer(newcomer) => newcomer.person,
            Self::Affiliation(_, person, _) => *person,
        }
    }
}

fn standing(
    known: Option<&Known>,
    current: &[Arc<School>],
    (year, now): (SchoolYear, OffsetDateTime),
) -> Standing {
    match known {
        None => Standing::Stranger,
        Some(_) if !current.is_empty() => Standing::Here,
        Some(known) if known.counted().any(|a| a.is_current(year, now)) => Standing::Elsewhere,
        Some(_) => Standing::Left,
    }
}

/// The schools that a connection and its deployment may speak for.
struct Reach<'a> {
    platform: &'a LtiPlatform,
    deployment: &'a Deployment,
}

impl Reach<'_> {
    fn speaks_for(&self, school: &School) -> bool {
        let within = |schools: &[Uai]| schools.is_empty() || schools.contains(&school.uai);
        school.ents.contains(&self.platform.ent)
            && within(&self.platform.schools)
            && within(&self.deployment.schools)
    }

    fn only_of_deployment(&self) -> Option<&Uai> {
        let schools = if self.deployment.schools.is_empty() {
            &self.platform.schools
        } else {
            &self.deployment.schools
        };
        match schools.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}

fn not_of_ent(reach: &Reach<'_>, uai: &Uai) -> Refusal {
    let Reach { platform, deployment } = reach;
    RefusalCode::SchoolNotOfEnt.about(format!(
        "school {uai} is not one that connection {} may speak for with deployment \"{}\"",
        platform.id, deployment.id
    ))
}
