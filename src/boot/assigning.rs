//! The commands of licences: `assign`, `unassign`, `recover`, `seats`.

use std::path::Path;

use boundary::{Group, GroupStatus, SchoolYear, SubscriptionId, Uai};

use super::cli::{Assign, Recover, Seats};
use super::exit::Failure;
use super::looking::refused;
use super::operator::{print, print_json};
use super::rooms::Rooms;
use crate::config::Config;
use crate::journal::Actor;
use crate::operate::assignments::{
    self, AssignError, Assigned, AssignedSet, Bounds, Identity, Means, Preview, Recovered, Recovery, Request,
    Shortage, Supply, Target, Unassigned, Who, Wrong,
};

/// How many wrong targets are shown; JSON is for programs, and has all.
const SHOWN: usize = 100;

/// `assign`
pub async fn assign(config: &Config, options: &Assign) -> Result<(), Failure> {
    let request = request(options)?;
    if options.dry_run {
        let rooms = Rooms::look(config).await?;
        let found = assignments::preview(&means(&rooms), &request).await;
        rooms.store.close().await;
        let found = found?;
        return if options.json { print_json(&found) } else { print(&previewed(&found)) };
    }
    let rooms = Rooms::open(config).await?;
    let done = assignments::assign(&means(&rooms), &Actor::command(), &request).await;
    rooms.store.close().await;
    let done = done?;
    if options.json { print_json(&done) } else { print(&assigned(&done)) }
}

/// `unassign`
pub async fn unassign(config: &Config, options: &Assign) -> Result<(), Failure> {
    let request = request(options)?;
    if options.dry_run {
        return Err(Failure::Refused("unassign has no dry run: `seats` shows what is assigned".to_owned()));
    }
    let rooms = Rooms::open(config).await?;
    let done = assignments::unassign(&means(&rooms), &Actor::command(), &request).await;
    rooms.store.close().await;
    let Unassigned { freed, sets, not_assigned } = done?;
    if options.json {
        return print_json(&Unassigned { freed, sets, not_assigned });
    }
    print(&format!(
        "unassigned: {freed} seats freed, {sets} sets taken back, {not_assigned} were not assigned"
    ))
}

/// `recover`
pub async fn recover(config: &Config, options: &Recover) -> Result<(), Failure> {
    let asked = recovery(options)?;
    let rooms = if options.dry_run { Rooms::look(config).await? } else { Rooms::open(config).await? };
    let means = means(&rooms);
    let done = if options.dry_run {
        assignments::recoverable(&means, &asked).await
    } else {
        assignments::recover(&means, &Actor::command(), &asked).await
    };
    rooms.store.close().await;
    let Recovered { freed, of_file } = done?;
    if options.json {
        return print_json(&Recovered { freed, of_file });
    }
    let verb = if options.dry_run { "would be freed" } else { "freed" };
    print(&format!("recovered: {freed} seats {verb}, {of_file} stay because a federation file assigned them"))
}

/// `seats`
pub async fn seats(config: &Config, options: &Seats) -> Result<(), Failure> {
    let id = subscription(&options.subscription)?;
    let bounds = bounds(options.school.as_deref())?;
    let rooms = Rooms::look(config).await?;
    let supply = assignments::seats(&means(&rooms), &id, &bounds).await;
    let sets = assignments::sets(&means(&rooms), &id, &bounds).await;
    rooms.store.close().await;
    let (supply, sets) = (supply?, sets?);
    if options.json {
        return print_json(&serde_json::json!({ "seats": supply, "sets": sets }));
    }
    print(&supplied(&supply, &sets))
}

fn means(rooms: &Rooms) -> Means<'_> {
    Means { store: &*rooms.store, clock: &*rooms.clock, chance: &*rooms.chance }
}

fn request(options: &Assign) -> Result<Request, Failure> {
    let mut targets: Vec<Target> =
        options.person.iter().map(|text| identity(text).map(Target::Person)).collect::<Result<_, _>>()?;
    if let Some(file) = &options.people_from {
        targets.extend(people_from(file)?.into_iter().map(Target::Person));
    }
    for text in &options.group {
        targets.push(Target::Group(group(text)?));
    }
    for text in &options.level {
        let (school, level) = text.split_once('/').ok_or_else(|| form("--level", "UAI/LEVEL"))?;
        targets.push(Target::Level { school: uai(school)?, level: level.to_owned() });
    }
    for text in &options.everyone {
        targets.push(Target::Everyone { school: uai(text)? });
    }
    let subscription = subscription(&options.subscription)?;
    Ok(Request { subscription, bounds: bounds(options.school.as_deref())?, targets })
}

fn recovery(options: &Recover) -> Result<Recovery, Failure> {
    let mut people: Vec<Identity> =
        options.person.iter().map(|text| identity(text)).collect::<Result<_, _>>()?;
    if let Some(file) = &options.people_from {
        people.extend(people_from(file)?);
    }
    let who = match options.unused_since {
        Some(day) => Who::UnusedSince(boundary::paris_midnight(day)),
        None if options.left => Who::Left,
        None if options.unassigned => Who::Unassigned,
        None => Who::People(people),
    };
    let subscription = subscription(&options.subscription)?;
    Ok(Recovery { subscription, bounds: bounds(options.school.as_deref())?, who })
}

fn bounds(school: Option<&str>) -> Result<Bounds, Failure> {
    school.map_or(Ok(Bounds::Covered), |school| uai(school).map(Bounds::School))
}

fn subscription(text: &str) -> Result<SubscriptionId, Failure> {
    SubscriptionId::parse(text).map_err(refused)
}

fn uai(text: &str) -> Result<Uai, Failure> {
    Uai::parse_any_letter(text).map_err(refused)
}

/// One identity a line; empty lines and those that begin with # say nothing.
fn people_from(file: &Path) -> Result<Vec<Identity>, Failure> {
    let place = file.display();
    let text = std::fs::read_to_string(file).map_err(|e| Failure::Refused(format!("{place}: {e}")))?;
    let lines = text.lines().enumerate().map(|(n, line)| (n + 1, line.trim()));
    let named = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let read = |(n, line): (usize, &str)| {
        identity(line).map_err(|failure| Failure::Refused(format!("{place}:{n}: {failure}")))
    };
    named.map(read).collect()
}

/// `ENT/NAMESPACE/SUBJECT`, or a JSON object where a namespace has a slash in it.
fn identity(text: &str) -> Result<Identity, Failure> {
    if text.starts_with('{') {
        return serde_json::from_str(text).map_err(refused);
    }
    text.parse().map_err(refused)
}

/// `UAI/division/6A`, and `/2026-2027` where it is not this year's.
fn group(text: &str) -> Result<Group, Failure> {
    let wrong = || form("--group", "UAI/division/CODE or UAI/group/CODE");
    let mut parts = text.splitn(3, '/');
    let (Some(school), Some(status), Some(code)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(wrong());
    };
    let known = [GroupStatus::Division, GroupStatus::Group];
    let status = known.into_iter().find(|known| known.as_str() == status).ok_or_else(wrong)?;
    let year = code.rsplit_once('/').and_then(|(code, year)| Some((code, SchoolYear::parse(year).ok()?)));
    let (code, year) = year.map_or((code, None), |(code, year)| (code, Some(year)));
    Ok(Group { school: uai(school)?, status, code: code.to_owned(), year })
}

fn form(what: &str, form: &str) -> Failure {
    Failure::Refused(format!("{what} is written {form}"))
}

fn assigned(done: &Assigned) -> String {
    let Assigned { seated, named, already, duplicates, sets, sets_already } = done;
    format!(
        "assigned: {seated} seats given, {named} that were held through a set are by name now, {already} were by name \
         already, {duplicates} named twice; {sets} sets, {sets_already} already"
    )
}

fn previewed(found: &Preview) -> String {
    let Preview { people, outside, holding, needed, fits, pools, wrong } = found;
    let mut lines = vec![format!(
        "preview: {people} people, {holding} hold a seat already, {outside} more are not in the audience"
    )];
    for pool in pools {
        let seats =
            pool.seats.map_or_else(|| "no limit".to_owned(), |seats| format!("{} of {seats}", pool.used));
        lines.push(format!("pool {}: {} needed, used {seats}", pool.pool.as_str(), pool.needed));
    }
    lines.extend(shown(wrong));
    lines.push(if *fits {
        format!("{needed} seats are needed and free")
    } else {
        "too few seats are free".to_owned()
    });
    lines.join("\n")
}

fn supplied(supply: &Supply, sets: &[AssignedSet]) -> String {
    let mut lines = Vec::new();
    if !supply.needs_assignment {
        lines.push(
            "ETABL: for the whole audience of the school; it needs no assignment and has no seats".to_owned(),
        );
    }
    for pool in &supply.pools {
        let of = pool.seats.map_or_else(|| "without limit".to_owned(), |seats| format!("of {seats}"));
        let free = pool.free.map(|free| format!(", {free} free")).unwrap_or_default();
        let (name, used) = (pool.pool.as_str(), pool.used);
        let (by_name, through) = (pool.by_name, pool.through_sets);
        lines.push(format!("pool {name}: {used} used {of}{free}; {by_name} by name, {through} through sets"));
    }
    for one in sets {
        let people = one.people.map(|people| format!(", {people} people")).unwrap_or_default();
        let by = if one.of_file { " (federation file)" } else { "" };
        lines.push(format!("set {}{people}{by}", one.set));
    }
    lines.join("\n")
}

fn shown(wrong: &[Wrong]) -> Vec<String> {
    let mut lines: Vec<String> =
        wrong.iter().take(SHOWN).map(|one| format!("{}: {}", one.target, one.why)).collect();
    if wrong.len() > SHOWN {
        lines.push(format!("and {} more", wrong.len() - SHOWN));
    }
    lines
}

impl From<AssignError> for Failure {
    fn from(error: AssignError) -> Self {
        let words = error.to_string();
        match error {
            AssignError::Fault(fault) => fault.into(),
            AssignError::Wrong(wrong) => Self::Refused([vec![words], shown(&wrong)].concat().join("\n")),
            AssignError::NoSeats(short) => {
                let line = |short: &Shortage| {
                    format!("pool {}: {} needed, {} free", short.pool.as_str(), short.needed, short.free)
                };
                Self::Refused([vec![words], short.iter().map(line).collect()].concat().join("\n"))
            }
            _ => Self::Refused(words),
        }
    }
}
