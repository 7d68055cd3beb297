//! The commands of identity care: `directory`.

use std::path::Path;

use super::cli::{Directory, Who};
use super::exit::Failure;
use super::looking::refused;
use super::operator::{print, print_json};
use super::rooms::Rooms;
use crate::config::Config;
use crate::journal::Actor;
use crate::operate::identities::{self, Line, Linked, Means, Pair, Parted};

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
