//! The stage: school by school, what an archive says is compared with what counts and written beside it; at the end it is made
//! to count. While one part is written, the next one is put together.

use std::collections::HashMap;
use std::sync::Arc;

use boundary::{Fault, PersonId, SchoolYear, Uai, paris_date};
use time::OffsetDateTime;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::compare::{Compared, Ground, Tools, compare};
use super::entry::{At, Entries, Entry};
use super::import::{ImportError, Means, Options};
use super::intake::{Intake, Tally};
use super::pace::{MOST, Pace};
use super::policy::{holds, keeps_its_state};
use super::queue::Queue;
use super::report::{Counts, Line, SchoolReport, SchoolVerdict};
use super::school::{Gathered, LooseEnd, gather};
use super::seal::Drawn;
use super::store::{Flip, Hold, RowKey, Standing, StoredPerson};
use crate::directory::GroupListed;

/// What an import does to a school, in the journal.
const VERB: &str = "import";
/// How many schools one transaction moves on, and how many bytes of groups and reports.
const AT_ONCE: usize = 40;
/// How many identities are asked for at once.
const NAMES: usize = 2000;
/// How many parts are put together before one is written.
const AHEAD: usize = 1;

/// An import whose archive is whole.
pub(super) struct Stage<'a> {
    pub means: &'a Means,
    pub options: &'a Options,
    pub hold: &'a Hold,
    pub namespace: &'a str,
    pub degree: &'a str,
}

/// A school, ready to be written.
struct Prepared {
    queue: Queue,
    flip: Flip,
    loose: Vec<LooseEnd>,
}

impl Stage<'_> {
    /// Writes everything and makes it count. What became of each school.
    pub async fn run(&self, intake: &mut Intake, mut pace: Pace) -> Result<Vec<SchoolReport>, ImportError> {
        let ent = &self.hold.ent;
        let standings = self.means.store.standings(ent).await?;
        let standings: HashMap<Uai, Standing> =
            standings.into_iter().map(|standing| (standing.school.clone(), standing)).collect();
        let (to, mut from) = mpsc::channel(AHEAD);
        let mut flips = Vec::new();
        let mut loose = Vec::new();
        let preparing = self.prepare(intake, &standings, to);
        let writing = self.write(&mut from, &mut pace, &mut flips, &mut loose);
        let (prepared, written) = tokio::join!(preparing, writing);
        // Whoever prepares notices that nobody writes any more: the first reason is the writer's.
        written?;
        prepared?;
        for (uai, end) in loose {
            intake.rejects.add(line(uai, end, &intake.files));
        }
        let reports = flips.iter().map(|flip| flip.report.clone()).collect();
        self.flip(flips, &mut pace).await?;
        self.clear(&mut pace).await?;
        Ok(reports)
    }

    /// Puts schools together, part by part, and hands them on.
    async fn prepare(
        &self,
        intake: &Intake,
        standings: &HashMap<Uai, Standing>,
        to: mpsc::Sender<Prepared>,
    ) -> Result<(), ImportError> {
        let (mut people, mut done) = (0, 0);
        let of = intake.tallies.iter().filter(|tally| tally.listed).count();
        for part in 0..intake.spool.parts() {
            let mut schools = self.gather(intake, part).await?;
            for number in (part..intake.schools.len()).step_by(intake.spool.parts()) {
                let (Some(uai), Some(tally)) = (intake.schools.get(number), intake.tallies.get(number))
                else {
                    continue;
                };
                let standing = standings.get(uai);
                let gathered = schools.remove(&number).unwrap_or_default();
                people += gathered.people.len() as u64;
                if let Some(prepared) = self.school(uai, *tally, standing, gathered).await? {
                    done += usize::from(tally.listed);
                    self.means.progress.comparing(people, done, of);
                    if to.send(prepared).await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    async fn gather(&self, intake: &Intake, part: usize) -> Result<HashMap<usize, Gathered>, ImportError> {
        let torn = |e: std::io::Error| Fault::new(format!("what was put aside of the archive is gone: {e}"));
        let bytes = intake.spool.read(part).map_err(torn)?;
        let gathering = tokio::task::spawn_blocking(move || {
            let mut schools: HashMap<usize, Vec<(At, Entry<'_>)>> = HashMap::new();
            for (school, at, entry) in Entries::of(&bytes) {
                schools.entry(school).or_default().push((at, entry));
            }
            schools.into_iter().map(|(school, entries)| (school, gather(&entries))).collect()
        });
        Ok(gathering.await.map_err(|_| Fault::new("putting a school together broke off"))?)
    }

    /// One school: nothing where the archive does not speak of it and never did.
    async fn school(
        &self,
        uai: &Uai,
        tally: Tally,
        standing: Option<&Standing>,
        gathered: Gathered,
    ) -> Result<Option<Prepared>, ImportError> {
        if !tally.listed {
            return self.absent(uai, tally, standing).await;
        }
        let rejected = tally.rejected + gathered.loose.len() as u64;
        let taken = tally.taken.saturating_sub(gathered.loose.len() as u64);
        let counts = Counts {
            records: tally.taken + tally.rejected,
            rejected,
            people: gathered.people.len() as u64,
            managers: gathered.people.iter().filter(|listed| listed.manages).count() as u64,
            ..Counts::default()
        };
        let kept = if tally.overflows {
            Some(
                "the archive has more records of this school than are taken: see that no other school's bear its number",
            )
        } else if keeps_its_state(taken, rejected) {
            Some("more than 5 % of its records were rejected: mend them and send the archive again")
        } else {
            None
        };
        if let Some(mend) = kept {
            let report = report(uai, SchoolVerdict::Kept, counts, Some(mend.to_owned()));
            return Ok(Some(self.told(report, gathered.loose)));
        }
        let Gathered { people, groups, loose } = gathered;
        let stored = self.means.store.rows_of_school(&self.hold.ent, uai).await?;
        let subjects = people.iter().map(|listed| listed.subject.clone()).collect();
        let known = self.named(subjects).await?;
        let current = standing.map_or(0, |standing| standing.current);
        let compared = self.compare(uai, current, people, stored, known).await?;
        Ok(Some(self.judged(uai, compared, counts, groups, loose)))
    }

    /// A school of which the archive has no record of its own. If archives of this degree used to list it, everybody is missing.
    async fn absent(
        &self,
        uai: &Uai,
        tally: Tally,
        standing: Option<&Standing>,
    ) -> Result<Option<Prepared>, ImportError> {
        let records = tally.taken + tally.rejected;
        let listed_before = standing.filter(|s| s.degree == self.degree && s.people > 0);
        let counts = Counts { records, rejected: records, ..Counts::default() };
        match listed_before {
            None if records == 0 => Ok(None),
            None => {
                let mend = "the archive has records of this school and no GAREtab for it: send that too";
                let report = report(uai, SchoolVerdict::Kept, counts, Some(mend.to_owned()));
                Ok(Some(self.told(report, Vec::new())))
            }
            Some(standing) if self.options.confirm.contains(uai) => {
                let stored = self.means.store.rows_of_school(&self.hold.ent, uai).await?;
                let compared =
                    self.compare(uai, standing.current, Vec::new(), stored, HashMap::new()).await?;
                Ok(Some(self.judged(uai, compared, counts, Vec::new(), Vec::new())))
            }
            Some(standing) => {
                let counts = Counts { held: standing.people, ..counts };
                let mend = format!(
                    "the archive does not list this school any more: send it, or confirm that everybody left with --confirm {uai}"
                );
                Ok(Some(self.told(report(uai, SchoolVerdict::Absent, counts, Some(mend)), Vec::new())))
            }
        }
    }

    /// A school that stays as it was.
    fn told(&self, report: SchoolReport, loose: Vec<LooseEnd>) -> Prepared {
        let (school, degree) = (report.uai.clone(), self.degree.to_owned());
        let flip =
            Flip { school, moves: false, degree, people: 0, groups: None, report, verb: VERB, changed: 0 };
        Prepared { queue: Queue::default(), flip, loose }
    }

    async fn named(&self, subjects: Vec<String>) -> Result<HashMap<String, PersonId>, ImportError> {
        let mut known = HashMap::with_capacity(subjects.len());
        for some in subjects.chunks(NAMES) {
            known.extend(self.means.store.people_named(&self.hold.ent, self.namespace, some).await?);
        }
        Ok(known)
    }

    async fn compare(
        &self,
        uai: &Uai,
        current: i64,
        people: Vec<super::school::Listed>,
        stored: Vec<StoredPerson>,
        known: HashMap<String, PersonId>,
    ) -> Result<Compared, ImportError> {
        let (ent, school) = (self.hold.ent.clone(), uai.clone());
        let (seal, chance, now) = (Arc::clone(&self.means.seal), Arc::clone(&self.means.chance), self.now());
        let comparing = tokio::task::spawn_blocking(move || {
            let year = SchoolYear::at(now);
            let ground =
                Ground { ent: &ent, school: &school, current, stored: &stored, people: &known, year };
            let drawn = Drawn::from(&*chance);
            compare(people, &ground, &Tools { seal: &*seal, chance: &drawn, now })
        });
        Ok(comparing.await.map_err(|_| Fault::new("comparing a school broke off"))??)
    }

    /// Decides about those who are missing, and says what is to be written.
    fn judged(
        &self,
        uai: &Uai,
        compared: Compared,
        counts: Counts,
        groups: Vec<GroupListed>,
        loose: Vec<LooseEnd>,
    ) -> Prepared {
        let Compared { puts, missing, reopened, dropped, members, new, changed, unchanged } = compared;
        let missing_members = missing.iter().filter(|one| one.is_member).count() as u64;
        let confirmed = self.options.confirm.contains(uai);
        let held = !confirmed && holds(paris_date(self.now()), members, missing_members);
        let mut counts = Counts { new, changed, unchanged, ..counts };
        let joined = puts.iter().filter(|put| put.ends.is_none() && put.row.profile.is_some()).count() as u64;
        let mut queue = Queue::default();
        dropped.into_iter().for_each(|key| queue.drop(key));
        reopened.into_iter().for_each(|key| queue.reopen(key));
        puts.into_iter().for_each(|put| queue.put(put));
        let gone = missing.len() as u64;
        for one in missing {
            match (held, one.is_member) {
                (true, _) => queue.hold(one.key),
                (false, true) => queue.leave(one.key),
                (false, false) => queue.end(one.key),
            }
        }
        let (verdict, mend) = if held {
            counts.held = missing_members;
            let mend = format!(
                "{missing_members} of {members} people are missing, and stay: send the archive whole, or confirm with \
                 --confirm {uai} that they left"
            );
            (SchoolVerdict::Held, Some(mend))
        } else {
            counts.left = missing_members;
            (SchoolVerdict::Taken, None)
        };
        let people = (members + joined).saturating_sub(if held { 0 } else { missing_members });
        let changed = counts.new + counts.changed + if held { 0 } else { gone };
        let (report, degree) = (report(uai, verdict, counts, mend), self.degree.to_owned());
        let (school, groups) = (uai.clone(), Some(groups));
        let flip = Flip { school, moves: true, degree, people, groups, report, verb: VERB, changed };
        Prepared { queue, flip, loose }
    }

    /// Writes what is handed on, as much at a time as a transaction may have, across schools.
    async fn write(
        &self,
        from: &mut mpsc::Receiver<Prepared>,
        pace: &mut Pace,
        flips: &mut Vec<Flip>,
        loose: &mut Vec<(Uai, LooseEnd)>,
    ) -> Result<(), ImportError> {
        let mut queue = Queue::default();
        while let Some(prepared) = from.recv().await {
            let Prepared { queue: mut more, flip, loose: ends } = prepared;
            loose.extend(ends.into_iter().map(|end| (flip.school.clone(), end)));
            flips.push(flip);
            queue.append(&mut more);
            while queue.weight() >= pace.rows() {
                self.write_some(&mut queue, pace).await?;
            }
        }
        while queue.weight() > 0 {
            self.write_some(&mut queue, pace).await?;
        }
        Ok(())
    }

    async fn write_some(&self, queue: &mut Queue, pace: &mut Pace) -> Result<(), ImportError> {
        let Some(batch) = queue.take(pace.rows().min(MOST)) else { return Ok(()) };
        let began = Instant::now();
        let now = self.now();
        let leave = now + self.means.grace;
        let store = &*self.means.store;
        if !store.write_batch(self.hold, self.namespace, &batch, leave, now).await? {
            return Err(ImportError::Lost);
        }
        Ok(pace.after(began.elapsed(), store).await?)
    }

    /// Makes what was written count.
    async fn flip(&self, flips: Vec<Flip>, pace: &mut Pace) -> Result<(), ImportError> {
        let store = &*self.means.store;
        for some in flips.chunks(AT_ONCE) {
            let began = Instant::now();
            if !store.flip(self.hold, some, &self.options.actor, self.now()).await? {
                return Err(ImportError::Lost);
            }
            pace.after(began.elapsed(), store).await?;
        }
        Ok(())
    }

    /// Takes away what counts no longer. Whatever is left, the purge takes.
    async fn clear(&self, pace: &mut Pace) -> Result<(), ImportError> {
        clear(self.means, pace).await
    }

    fn now(&self) -> OffsetDateTime {
        self.means.clock.now()
    }
}

/// Takes away what counts no longer.
pub(super) async fn clear(means: &Means, pace: &mut Pace) -> Result<(), ImportError> {
    loop {
        let began = Instant::now();
        if means.store.clear_ended().await? == 0 {
            return Ok(());
        }
        let took = began.elapsed();
        pace.after(took, &*means.store).await?;
        sleep(took / 4).await;
    }
}

pub(super) fn report(
    uai: &Uai,
    verdict: SchoolVerdict,
    counts: Counts,
    mend: Option<String>,
) -> SchoolReport {
    SchoolReport { uai: uai.clone(), verdict, counts, mend }
}

fn line(uai: Uai, end: LooseEnd, files: &[String]) -> Line {
    let file = files.get(usize::try_from(end.at.file).unwrap_or(usize::MAX));
    Line {
        school: Some(uai),
        file: file.cloned().unwrap_or_default(),
        line: end.at.line,
        element: end.element.to_owned(),
        code: end.why.code().to_owned(),
        reason: end.why.words().to_owned(),
        person: Some(end.person),
    }
}

/// Rows of people who are held, and leave now that somebody has confirmed it.
pub(super) fn leaving(held: Vec<RowKey>) -> Queue {
    let mut queue = Queue::default();
    held.into_iter().for_each(|key| queue.leave(key));
    queue
}
