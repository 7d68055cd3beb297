//! One import, from its archive to its report.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration as Wait;

use boundary::{Chance, Clock, EntId, Fault, Uai};
use gar::roster::{Fault as Structural, Limits, Md5, Summary};
use thiserror::Error;
use time::Duration;
use tokio::time::{Instant, interval, sleep};

use super::choose::{ent_of, namespace_of, schools_of};
use super::intake::{Intake, Schools};
use super::pace::Pace;
use super::report::{self, Counts, Report, SchoolReport, SchoolVerdict, Verdict};
use super::seal::RosterSealing;
use super::stage::Stage;
use super::store::{Beginning, Hold, RosterStore};
use crate::journal::Actor;

/// How often the turn is renewed while an archive is read.
const KEEP: Wait = Wait::from_secs(5);
/// How often it is looked whether anybody launches meanwhile.
const LOOK: Wait = Wait::from_millis(250);
/// How often it is asked whether another import is over.
const AGAIN: Wait = Wait::from_millis(500);

/// What an import works with.
#[derive(Clone)]
pub struct Means {
    /// Where rosters are.
    pub store: Arc<dyn RosterStore>,
    /// What seals what they say.
    pub seal: Arc<dyn RosterSealing>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What people's ids and roots are drawn from.
    pub chance: Arc<dyn Chance>,
    /// How long leavers keep their access.
    pub grace: Duration,
    /// Who is told how far it is.
    pub progress: Arc<dyn Progress>,
}

/// Who is told how far an import is. It is told often, and must not wait.
pub trait Progress: Send + Sync {
    /// So many bytes of the archive were read, and so many records in them.
    fn reading(&self, bytes: u64, records: u64) {
        let _ = (bytes, records);
    }
    /// So many people were compared, of this many schools out of all.
    fn comparing(&self, people: u64, schools: usize, of: usize) {
        let _ = (people, schools, of);
    }
}

/// Nobody is told.
#[derive(Debug, Clone, Copy)]
pub struct Quietly;

impl Progress for Quietly {}

/// An archive, from wherever it comes.
pub struct Source {
    /// Its name, without folders.
    pub name: String,
    /// Its bytes.
    pub archive: Box<dyn Read + Send>,
    /// What its companion says, where it has one.
    pub companion: Option<Vec<u8>>,
}

/// How an import is asked to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The ENT; the one whose code stands in the archive's name when absent.
    pub ent: Option<EntId>,
    /// Schools whose departures are confirmed, however many they are.
    pub confirm: BTreeSet<Uai>,
    /// Who asks.
    pub actor: Actor,
    /// How long to wait for another import of this ENT.
    pub patience: Wait,
}

/// Why there is no report.
#[derive(Debug, Error)]
pub enum ImportError {
    /// It cannot begin: nothing was changed.
    #[error("{0}")]
    Wrong(String),
    /// Another import of this ENT is under way.
    #[error("another import of ENT {0} is under way: wait until it has ended")]
    Busy(EntId),
    /// Somebody else took its turn.
    #[error(
        "another import took the turn of this one, which was too slow: what counted counts; import it again"
    )]
    Lost,
    /// Something did not answer. What counted counts, or what was written counts whole, school by school.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Makes what an archive says count. A refused archive is a report too.
///
/// # Errors
/// [`ImportError`] where there is nothing to report.
pub async fn import(means: &Means, source: Source, options: &Options) -> Result<Report, ImportError> {
    let ent = ent_of(means.store.ents().await?, options.ent.as_ref(), &source.name)?;
    let namespace = namespace_of(&ent, &*means.store).await?;
    let schools = schools_of(&ent, &*means.store).await?;
    let hold = begin(means, &ent.id, &source.name, options).await?;
    let mut report = empty(&hold, &source.name, means);
    let ran = Run { means, options, hold: &hold, namespace: &namespace, code: ent.code.as_deref() }
        .run(source, schools, &mut report)
        .await;
    report.ended = means.clock.now();
    let state = match &ran {
        Ok(()) if report.is_refused() => "refused",
        Ok(()) => "taken",
        Err(_) => "broken",
    };
    let ended = means.store.end_import(&hold, state, &report, report.ended).await;
    ran?;
    ended?;
    Ok(report)
}

/// Takes the turn of an ENT's imports.
pub(super) async fn begin(
    means: &Means,
    ent: &EntId,
    archive: &str,
    options: &Options,
) -> Result<Hold, ImportError> {
    let mut bits = [0; 10];
    means.chance.fill(&mut bits);
    let holder = data_encoding::BASE32_NOPAD.encode(&bits).to_ascii_lowercase();
    let began = Instant::now();
    loop {
        let (ent, holder) = (ent.clone(), holder.clone());
        let (actor, archive) = (options.actor.as_str().to_owned(), archive.to_owned());
        let at = means.clock.now();
        let beginning = Beginning { ent: ent.clone(), holder, actor, archive, at };
        if let Some(hold) = means.store.begin_import(&beginning).await? {
            return Ok(hold);
        }
        if began.elapsed() >= options.patience {
            return Err(ImportError::Busy(ent));
        }
        sleep(AGAIN).await;
    }
}

pub(super) fn empty(hold: &Hold, archive: &str, means: &Means) -> Report {
    let now = means.clock.now();
    Report {
        ent: hold.ent.clone(),
        archive: archive.to_owned(),
        number: hold.number,
        degree: None,
        md5: None,
        md5_compared: false,
        began: now,
        ended: now,
        verdict: Verdict::Taken,
        fault: None,
        totals: Counts::default(),
        schools: Vec::new(),
        rejects: Vec::new(),
        rejects_untold: 0,
        warnings: Vec::new(),
    }
}

/// An import that has its turn.
struct Run<'a> {
    means: &'a Means,
    options: &'a Options,
    hold: &'a Hold,
    namespace: &'a str,
    code: Option<&'a str>,
}

impl Run<'_> {
    async fn run(&self, source: Source, schools: Schools, report: &mut Report) -> Result<(), ImportError> {
        let mut pace = Pace::new();
        let companion = source.companion.clone();
        let (mut intake, read) = self.read(source, &schools, &mut pace).await?;
        if let Some(failure) = intake.failure.take() {
            return Err(Fault::new(format!("the archive cannot be put aside: {failure}")).into());
        }
        let checked = read.map_err(told).and_then(|summary| self.check(summary, companion, report));
        match checked {
            Ok(degree) => self.stage(intake, degree, &schools, pace, report).await?,
            Err(fault) => {
                report.fault = Some(fault);
                lines(&mut intake, report);
            }
        }
        report.conclude();
        Ok(())
    }

    /// Reads the archive in a thread of its own, and keeps the turn meanwhile.
    async fn read(
        &self,
        source: Source,
        schools: &Schools,
        pace: &mut Pace,
    ) -> Result<(Intake, Result<Summary, Structural>), ImportError> {
        let (chance, progress) = (self.means.chance.clone(), self.means.progress.clone());
        let (schools, busy) = (schools.clone(), pace.busy.clone());
        // Where this future is dropped, the thread stops too.
        let stop = StopOnDrop(Arc::default());
        let flags = (busy, Arc::clone(&stop.0));
        let mut reading = tokio::task::spawn_blocking(move || {
            let mut intake = Intake::new(&schools, &*chance, progress, flags)?;
            let mut seed = [0; 16];
            chance.fill(&mut seed);
            let read = gar::roster::read(source.archive, &Limits::default(), seed, &mut intake);
            intake.spool.finish()?;
            Ok::<_, std::io::Error>((intake, read))
        });
        let (mut keep, mut look) = (interval(KEEP), interval(LOOK));
        loop {
            tokio::select! {
                done = &mut reading => {
                    let done = done.map_err(|_| Fault::new("the thread that read the archive broke off"))?;
                    return Ok(done.map_err(|e| Fault::new(format!("the archive cannot be put aside: {e}")))?);
                }
                _ = keep.tick() => self.keep().await?,
                _ = look.tick() => pace.look(&*self.means.store).await?,
            }
        }
    }

    async fn keep(&self) -> Result<(), ImportError> {
        let kept = self.means.store.keep_turn(self.hold, self.means.clock.now()).await?;
        if kept { Ok(()) } else { Err(ImportError::Lost) }
    }

    /// Whether what was read is what was sent, and by whom it must have been sent.
    fn check(
        &self,
        summary: Summary,
        companion: Option<Vec<u8>>,
        report: &mut Report,
    ) -> Result<String, report::Fault> {
        report.md5 = Some(summary.md5.to_string());
        report.md5_compared = companion.is_some();
        let degree = summary.degree.as_str().to_owned();
        report.degree = Some(degree.clone());
        if let Some(companion) = companion {
            let wanted = Md5::of_companion(&companion).map_err(|e| fault("md5_unreadable", e.to_string()))?;
            if wanted != summary.md5 {
                let words =
                    "the archive is not the one that its .md5 names: its MD5 differs; send both again";
                return Err(fault("md5_differs", words.to_owned()));
            }
        }
        let sent_by = summary.name.ent_code;
        match self.code {
            Some(code) if code != sent_by => Err(fault(
                "another_ent",
                format!("the files are of the project {sent_by}, and this ENT has the code {code}"),
            )),
            _ => Ok(degree),
        }
    }

    async fn stage(
        &self,
        intake: Intake,
        degree: String,
        schools: &Schools,
        pace: Pace,
        report: &mut Report,
    ) -> Result<(), ImportError> {
        let (means, options, hold, namespace) = (self.means, self.options, self.hold, self.namespace);
        let mut intake = intake;
        passed_over(&intake, schools, report);
        let stage = Stage { means, options, hold, namespace, degree: &degree };
        let told = stage.run(&mut intake, pace).await;
        lines(&mut intake, report);
        report.schools.extend(told?);
        report.schools.sort_by(|a, b| a.uai.cmp(&b.uai));
        Ok(())
    }
}

/// Tells a thread that nobody waits for it any more.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Schools that are not this ENT's, and nothing of which was taken.
fn passed_over(intake: &Intake, schools: &Schools, report: &mut Report) {
    for (uai, records) in &intake.elsewhere {
        let registered = schools.registered.binary_search(uai).is_ok();
        let (verdict, mend) = if registered {
            (SchoolVerdict::NotOfEnt, "list this ENT under `ents` of the school, if it may speak for it")
        } else {
            (SchoolVerdict::Unknown, "register the school under [[school]], if it takes part")
        };
        let counts = Counts { records: *records, ..Counts::default() };
        report.schools.push(SchoolReport { uai: uai.clone(), verdict, counts, mend: Some(mend.to_owned()) });
    }
}

fn lines(intake: &mut Intake, report: &mut Report) {
    (report.rejects, report.rejects_untold) = std::mem::take(&mut intake.rejects).finish();
    (report.warnings, _) = std::mem::take(&mut intake.warnings).finish();
}

fn fault(code: &str, reason: String) -> report::Fault {
    report::Fault { code: code.to_owned(), reason, file: None, line: None }
}

fn told(fault: Structural) -> report::Fault {
    let (code, reason) = (fault.reason.code().to_owned(), fault.reason.to_string());
    report::Fault { code, reason, file: fault.file, line: fault.line }
}
