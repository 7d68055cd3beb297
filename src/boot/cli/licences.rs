//! The commands of licences.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use time::Date;

use super::day;

/// `assign` and `unassign`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").multiple(true).required(true))]
pub struct Assign {
    /// The subscription.
    pub subscription: String,
    /// Somebody by name; may stand several times.
    #[arg(long, value_name = "ENT/NAMESPACE/SUBJECT", group = "whom")]
    pub person: Vec<String>,
    /// People by name, one a line.
    #[arg(long, value_name = "FILE", group = "whom")]
    pub people_from: Option<PathBuf>,
    /// Everybody in a class or teaching group, this school year's unless another follows: `UAI/division/6A`,
    /// `UAI/group/LATIN/2026-2027`.
    #[arg(long, value_name = "UAI/STATUS/CODE", group = "whom")]
    pub group: Vec<String>,
    /// Everybody at a level of a school.
    #[arg(long, value_name = "UAI/LEVEL", group = "whom")]
    pub level: Vec<String>,
    /// Everyone of a school in the audience.
    #[arg(long, value_name = "UAI", group = "whom")]
    pub everyone: Vec<String>,
    /// Act for this school only: nobody else's people and sets are taken.
    #[arg(long, value_name = "UAI")]
    pub school: Option<String>,
    /// Tell what it would come to, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `recover`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whose").multiple(false).required(true))]
pub struct Recover {
    /// The subscription.
    pub subscription: String,
    /// The seat of somebody; may stand several times.
    #[arg(long, value_name = "ENT/NAMESPACE/SUBJECT", group = "whose")]
    pub person: Vec<String>,
    /// The seats of people, one a line.
    #[arg(long, value_name = "FILE", group = "whose")]
    pub people_from: Option<PathBuf>,
    /// The seats of people who have left the school for which they have them.
    #[arg(long, group = "whose")]
    pub left: bool,
    /// The seats taken through a set that is no longer assigned, or that their holder is no longer in.
    #[arg(long, group = "whose")]
    pub unassigned: bool,
    /// The seats whose holder has not opened the resource since this day.
    #[arg(long, value_name = "DATE", value_parser = day, group = "whose")]
    pub unused_since: Option<Date>,
    /// Only seats of this school.
    #[arg(long, value_name = "UAI")]
    pub school: Option<String>,
    /// Tell how many it would be, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `seats`
#[derive(Debug, Args)]
pub struct Seats {
    /// The subscription.
    pub subscription: String,
    /// Count what this school holds, and show its sets.
    #[arg(long, value_name = "UAI")]
    pub school: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
