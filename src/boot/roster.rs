//! The command `import roster`: opens the archive, shows how far it is, prints and writes the report.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use boundary::{EntId, Uai};
use tokio::sync::watch;

use super::cli::ImportRoster;
use super::exit::Failure;
use super::operator::print;
use super::progress;
use super::rooms::{Rooms, environment};
use super::world::RingPeople;
use crate::config::Config;
use crate::jobs;
use crate::journal::Actor;
use crate::keys::KeyRing;
use crate::operate::roster::{
    self, ImportError, Means, Options, Progress, Quietly, Report, RosterFolder, SchoolVerdict, Source,
    Verdict,
};

/// How long a command waits for another import of the same ENT: longer than the turn of one that died.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many schools are printed one by one.
const SHOWN: usize = 40;

/// `import roster`
pub async fn import(config: &Config, options: &ImportRoster) -> Result<(), Failure> {
    let confirm = options.confirm.iter().map(|uai| Uai::parse_any_letter(uai)).collect::<Result<_, _>>();
    let wanted = Options {
        ent: options.ent.as_deref().map(EntId::parse).transpose().map_err(refused)?,
        confirm: confirm.map_err(refused)?,
        actor: Actor::command(),
        patience: PATIENCE,
    };
    let source = options.archive.as_deref().map(open).transpose()?;
    let rooms = Rooms::open(config).await?;
    let done = run(config, &rooms, source, &wanted).await;
    progress::clear();
    rooms.store.close().await;
    let report = done?;
    if let Some(folder) = &options.report {
        write(&report, folder)?;
    }
    if options.json {
        print(&serde_json::to_string_pretty(&report).map_err(environment)?)?;
    } else {
        print(&shown(&report))?;
    }
    match &report.fault {
        None => Ok(()),
        Some(fault) => Err(Failure::Refused(format!("nothing changed: {}", words(fault)))),
    }
}

/// Imports an archive that is whole and of today: the demonstration's.
pub(super) async fn take(config: &Config, archive: &Path) -> Result<(), Failure> {
    let rooms = Rooms::open(config).await?;
    let options =
        Options { ent: None, confirm: Default::default(), actor: Actor::roster(), patience: Duration::ZERO };
    let means = means(config, &rooms, rooms.keys(config).await?, Arc::new(Quietly));
    let (source, _) = open(archive)?;
    let done = roster::import(&means, source, &options).await;
    rooms.store.close().await;
    match done?.fault {
        None => Ok(()),
        Some(fault) => Err(Failure::Environment(format!("the demo's roster: {}", words(&fault)))),
    }
}

async fn run(
    config: &Config,
    rooms: &Rooms,
    source: Option<(Source, u64)>,
    options: &Options,
) -> Result<Report, Failure> {
    let bar: Arc<dyn Progress> = match &source {
        Some((_, bytes)) => Arc::new(Bar::of(*bytes)),
        None => Arc::new(Quietly),
    };
    let means = means(config, rooms, rooms.keys(config).await?, bar);
    let done = match source {
        Some((source, _)) => roster::import(&means, source, options).await,
        None => {
            let unnamed = || Failure::Refused("name the ENT with --ent".to_owned());
            let ent = options.ent.as_ref().ok_or_else(unnamed)?;
            roster::confirm(&means, ent, options).await
        }
    };
    Ok(done?)
}

/// What imports of a process work with.
pub(super) fn means(
    config: &Config,
    rooms: &Rooms,
    keys: Arc<KeyRing>,
    progress: Arc<dyn Progress>,
) -> Means {
    Means {
        store: rooms.store.clone(),
        seal: Arc::new(RingPeople(keys)),
        clock: rooms.clock.clone(),
        chance: rooms.chance.clone(),
        grace: time::Duration::days(config.roster.grace_days.into()),
        progress,
    }
}

/// Watches the drop folder, where one is set, until told to stop.
pub(super) fn watch(
    config: &Config,
    rooms: &Rooms,
    keys: Arc<KeyRing>,
    stopped: watch::Receiver<bool>,
) -> impl Future<Output = ()> + Send + use<> {
    let (folder, every) = (PathBuf::from(&config.roster.drop_folder), config.roster.every_seconds);
    let means = means(config, rooms, keys, Arc::new(Quietly));
    async move {
        if !folder.as_os_str().is_empty() {
            let every = Duration::from_secs(every.into());
            jobs::watch_rosters(Arc::new(RosterFolder { means, folder }), every, stopped).await;
        }
    }
}

/// Opens an archive and its companion, where there is one.
fn open(path: &Path) -> Result<(Source, u64), Failure> {
    let wrong = |e: std::io::Error| Failure::Refused(format!("{}: {e}", path.display()));
    let archive = File::open(path).map_err(wrong)?;
    let about = archive.metadata().map_err(wrong)?;
    if !about.is_file() {
        return Err(Failure::Refused(format!("{} is not a file", path.display())));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let companion = match std::fs::read(companion_of(path)) {
        Ok(text) => Some(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(e) => return Err(wrong(e)),
    };
    Ok((Source { name, archive: Box::new(archive), companion }, about.len()))
}

/// The companion has the archive's name with another ending.
fn companion_of(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!("{}.md5", name.strip_suffix(".tar.gz").unwrap_or(&name)))
}

/// Writes a report into a folder: as JSON, and as two tables.
fn write(report: &Report, folder: &Path) -> Result<(), Failure> {
    let wrong = |e: std::io::Error| Failure::Environment(format!("{}: {e}", folder.display()));
    std::fs::create_dir_all(folder).map_err(wrong)?;
    for (name, text) in roster::files(report).map_err(environment)? {
        std::fs::write(folder.join(name), text).map_err(wrong)?;
    }
    Ok(())
}

fn words(fault: &roster::ArchiveFault) -> String {
    match (&fault.file, fault.line) {
        (Some(file), Some(line)) => format!("{file}:{line}: {}", fault.reason),
        (Some(file), None) => format!("{file}: {}", fault.reason),
        _ => fault.reason.clone(),
    }
}

fn shown(report: &Report) -> String {
    let mut lines = Vec::new();
    let odd = |verdict| verdict != SchoolVerdict::Taken;
    let all = report.schools.len() <= SHOWN;
    for school in report.schools.iter().filter(|school| all || odd(school.verdict)).take(SHOWN) {
        let counts = &school.counts;
        let verdict = match school.verdict {
            SchoolVerdict::Taken => "taken",
            SchoolVerdict::Held => "held",
            SchoolVerdict::Kept => "kept",
            SchoolVerdict::Absent => "absent",
            SchoolVerdict::NotOfEnt => "not of this ENT",
            SchoolVerdict::Unknown => "not registered",
        };
        let mut line = format!("{} {verdict}: {}", school.uai, counted(counts));
        if let Some(mend) = &school.mend {
            line.push_str(&format!("\n  {mend}"));
        }
        lines.push(line);
    }
    let verdict = match report.verdict {
        Verdict::Taken => "taken",
        Verdict::TakenInPart => "taken in part",
        Verdict::Refused => "refused",
    };
    let rejected = report.totals.rejected;
    lines.push(format!("import {} of {}: {verdict}, {}", report.number, report.ent, counted(&report.totals)));
    if rejected > 0 {
        lines.push(format!("{rejected} records were rejected: --report DIR tells each of them"));
    }
    lines.join("\n")
}

fn counted(counts: &roster::Counts) -> String {
    format!(
        "{} people, {} new, {} changed, {} unchanged, {} left, {} held, {} of {} records rejected",
        counts.people,
        counts.new,
        counts.changed,
        counts.unchanged,
        counts.left,
        counts.held,
        counts.rejected,
        counts.records
    )
}

/// Shows how far an import is: what is read, then what is compared, each with its rate and how long it will take.
struct Bar {
    bytes: u64,
    began: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    shown: Option<Instant>,
    comparing: Option<Instant>,
}

/// How often the line changes.
const EVERY: Duration = Duration::from_millis(200);

impl Bar {
    fn of(bytes: u64) -> Self {
        Self { bytes, began: Instant::now(), state: Mutex::default() }
    }

    fn show(&self, line: impl FnOnce(&mut State) -> String) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.shown.is_none_or(|shown| shown.elapsed() >= EVERY) {
            state.shown = Some(Instant::now());
            let line = line(&mut state);
            progress::show(&line);
        }
    }
}

impl Progress for Bar {
    fn reading(&self, bytes: u64, records: u64) {
        self.show(|_| {
            let took = self.began.elapsed();
            let rate = per_second(records, took);
            format!("reading: {}, {rate} records/s", far(bytes, self.bytes, took))
        });
    }

    fn comparing(&self, people: u64, schools: usize, of: usize) {
        self.show(|state| {
            let took = state.comparing.get_or_insert_with(Instant::now).elapsed();
            let rate = per_second(people, took);
            format!(
                "importing: school {schools} of {of}, {}, {rate} people/s",
                far(schools as u64, of as u64, took)
            )
        });
    }
}

fn per_second(count: u64, took: Duration) -> u64 {
    count.saturating_mul(1000) / u64::try_from(took.as_millis()).unwrap_or(1).max(1)
}

/// How much of it is done, and how long the rest takes at this rate.
fn far(done: u64, of: u64, took: Duration) -> String {
    let of = of.max(1);
    let done = done.min(of);
    let left = if done == 0 { Duration::ZERO } else { took.mul_f64((of - done) as f64 / done as f64) };
    format!("{} %, {}:{:02} left", done * 100 / of, left.as_secs() / 60, left.as_secs() % 60)
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Wrong(words) => Self::Refused(words),
            ImportError::Busy(_) | ImportError::Lost => Self::Refused(error.to_string()),
            ImportError::Fault(fault) => fault.into(),
        }
    }
}

fn refused(error: impl std::fmt::Display) -> Failure {
    Failure::Refused(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far_it_is_and_how_long_the_rest_takes() {
        let took = Duration::from_secs(30);
        assert_eq!(far(250, 1000, took), "25 %, 1:30 left");
        assert_eq!(far(0, 1000, took), "0 %, 0:00 left");
        assert_eq!(far(1001, 1000, took), "100 %, 0:00 left");
        assert_eq!((per_second(3000, took), per_second(5, Duration::ZERO)), (100, 5000));
    }
}
