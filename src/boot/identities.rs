//! The commands of identity care: `directory`.

use std::path::Path;

use super::cli::{Directory, Identifiers, Move, Who};
use super::exit::Failure;
use super::looking::refused;
use super::operator::{print, print_json};
use super::rooms::Rooms;
use crate::config::Config;
use crate::journal::Actor;
use crate::operate::identities::{self, Imported, Line, Linked, Means, Moving, Pair, Parted};

/// `directory`
pub async fn directory(config: &Config, command: &Directory) -> Result<(), Failure> {
    match command {
        Directory::Link { file, dry_run, json } => {
            let pairs = identities::pairs(&text(file)?).map_err(refused)?;
            link(config, pairs, *dry_run, *json).await
        }
        Directory::Merge { first, second, dry_run, json } => {
            link(config, vec![(1, (first.clone(), second.clone()))], *dry_run, *json).await
        }
        Directory::Unlink(who) => part(config, who, false).await,
        Directory::Split(who) => part(config, who, true).await,
        Directory::Move(options) => moving(config, options).await,
        Directory::Identifiers(options) => identifiers(config, options).await,
        Directory::Rotate(options) => super::epochs::rotate(config, options).await,
    }
}

async fn link(config: &Config, pairs: Vec<Pair>, dry_run: bool, json: bool) -> Result<(), Failure> {
    let rooms = rooms(config, dry_run).await?;
    let done = identities::link(&means(&rooms), &Actor::command(), pairs, dry_run).await;
    rooms.store.close().await;
    let linked = done?;
    if json {
        print_json(&linked)?;
    } else {
        print(&linked.lines.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    }
    if linked.fits { conclude(&linked, json) } else { Err(unfit(&linked)) }
}

fn conclude(linked: &Linked, json: bool) -> Result<(), Failure> {
    let verb = if linked.done { "linked" } else { "would be linked" };
    if json { Ok(()) } else { print(&format!("{} pairs {verb}", linked.lines.len())) }
}

fn unfit(linked: &Linked) -> Failure {
    let wrong = linked.lines.iter().filter(|line| line.refused.is_some()).count();
    Failure::Refused(format!("{wrong} of {} pairs do not fit: nothing was changed", linked.lines.len()))
}

fn line(line: &Line) -> String {
    let Line { line, merged, refused } = line;
    if let Some(refused) = refused {
        return format!("line {line}: {refused}");
    }
    let Some(merged) = merged else { return format!("line {line}") };
    let named = |what: &str, names: Vec<&str>| {
        if names.is_empty() { String::new() } else { format!("; {what}: {}", names.join(", ")) }
    };
    let sectors = named("both were known to", merged.settled.iter().map(|id| id.as_str()).collect());
    let seats = named("a seat given back of", merged.seats_back.iter().map(|id| id.as_str()).collect());
    format!("line {line}: one person with {} identities{sectors}{seats}", merged.identities)
}

async fn moving(config: &Config, options: &Move) -> Result<(), Failure> {
    let Move { ent, from, to, keys, dry_run, json } = options;
    let keys =
        keys.as_deref().map(|file| identities::renamings(&text(file)?).map_err(refused)).transpose()?;
    let (rooms, moving) = (rooms(config, *dry_run).await?, Moving { ent, from, to });
    let (means, actor) = (means(&rooms), Actor::command());
    let Some(keys) = keys else {
        let moved = identities::move_all(&means, &actor, &moving, *dry_run).await;
        rooms.store.close().await;
        let moved = moved?.map_err(refused)?;
        let verb = if *dry_run { "would be moved" } else { "moved" };
        return if *json {
            print_json(&serde_json::json!({ "moved": moved, "done": !dry_run }))
        } else {
            print(&format!("{moved} people {verb}"))
        };
    };
    let done = identities::move_some(&means, &actor, &moving, keys, *dry_run).await;
    rooms.store.close().await;
    lines(&done?, "keys", "changed", *json)
}

async fn identifiers(config: &Config, options: &Identifiers) -> Result<(), Failure> {
    let Identifiers { sector, file, school, dry_run, json } = options;
    let values = identities::values(&text(file)?).map_err(refused)?;
    let rooms = rooms(config, *dry_run).await?;
    let place = (sector, school.as_ref());
    let done = identities::import(&means(&rooms), &Actor::command(), place, values, *dry_run).await;
    rooms.store.close().await;
    let done = done.map_err(|error| match error {
        Imported::Fault(fault) => fault.into(),
        wrong => refused(wrong),
    })?;
    lines(&done, "values", "taken over", *json)
}

/// Says what became of a file: every line that does not fit, or how many did.
fn lines(done: &Linked, what: &str, verb: &str, json: bool) -> Result<(), Failure> {
    if json {
        print_json(done)?;
    }
    let wrong: Vec<String> = done.lines.iter().filter(|line| line.refused.is_some()).map(line).collect();
    if !wrong.is_empty() {
        let count = format!("{} of {} {what} do not fit: nothing was changed", wrong.len(), done.lines.len());
        return Err(Failure::Refused([vec![count], wrong].concat().join("\n")));
    }
    let would = if done.done { "" } else { "would be " };
    if json { Ok(()) } else { print(&format!("{} {what} {would}{verb}", done.lines.len())) }
}

async fn part(config: &Config, who: &Who, fresh: bool) -> Result<(), Failure> {
    let rooms = rooms(config, who.dry_run).await?;
    let means = means(&rooms);
    let done = identities::part(&means, &Actor::command(), &who.identities, fresh, who.dry_run).await;
    rooms.store.close().await;
    let Parted { identities, sectors, shared } = done?.map_err(refused)?;
    if who.json {
        return print_json(&Parted { identities, sectors, shared });
    }
    let verb = if who.dry_run { "would be parted" } else { "parted" };
    let shared = if shared {
        "; schools at an ENT that names both stay with both until it says otherwise"
    } else {
        ""
    };
    print(&format!("{identities} identities {verb}, known again to {} sectors{shared}", sectors.len()))
}

async fn rooms(config: &Config, dry_run: bool) -> Result<Rooms, Failure> {
    if dry_run { Rooms::look(config).await } else { Rooms::open(config).await }
}

fn means(rooms: &Rooms) -> Means<'_> {
    Means { store: &*rooms.store, clock: &*rooms.clock, chance: &*rooms.chance }
}

fn text(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|e| Failure::Refused(format!("{}: {e}", file.display())))
}
