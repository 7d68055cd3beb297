//! The commands of identity care.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use boundary::{EntId, SectorId, Uai};

use crate::operate::identities::Identity;

/// `directory`
#[derive(Debug, Subcommand)]
pub enum Directory {
    /// Make one person of each pair of identities in a file: all of them, or none. What each publisher calls them stays.
    Link {
        /// A table whose first line is `first,second` (or `first;second`): two identities of one person a line, each
        /// ENT/NAMESPACE/SUBJECT.
        file: PathBuf,
        /// Tell, line by line, what would happen, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make one person of two: what `link` does, of one pair.
    Merge {
        /// An identity of the one.
        #[arg(value_name = "ENT/NAMESPACE/SUBJECT")]
        first: Identity,
        /// An identity of the other.
        #[arg(value_name = "ENT/NAMESPACE/SUBJECT")]
        second: Identity,
        /// Tell what would happen, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Undo a link: those who were linked are again whom they were, to every publisher.
    Unlink(Who),
    /// Take identities out of a person, as somebody of whom no publisher knows anything.
    Split(Who),
    /// Move the people of an ENT into another namespace, such as that of a portal that was installed anew; or give single
    /// people other keys.
    Move(Move),
    /// Take over what a publisher calls people already, byte for byte: all of it, or nothing.
    Identifiers(Identifiers),
    /// Begin the next epoch of a publisher's sector: it calls everybody anew, and is given once, over the API, what replaces
    /// what. Finishes what was broken off. No other sector changes.
    Rotate(Epoch),
}

/// `directory rotate`
#[derive(Debug, Args)]
pub struct Epoch {
    /// The publisher's sector.
    #[arg(value_parser = sector)]
    pub sector: SectorId,
    /// Tell how many values would be replaced, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `directory move`
#[derive(Debug, Args)]
pub struct Move {
    /// The ENT, by our id.
    #[arg(value_parser = ent)]
    pub ent: EntId,
    /// The namespace of its people until now.
    #[arg(long, value_name = "NAMESPACE")]
    pub from: String,
    /// Their namespace from now on; the same where only keys change.
    #[arg(long, value_name = "NAMESPACE")]
    pub to: String,
    /// A table whose first line is `old,new`: only these people, with their new keys. Everybody, with their keys, when
    /// absent.
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,
    /// Tell what would happen, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `directory identifiers`
#[derive(Debug, Args)]
pub struct Identifiers {
    /// The publisher's sector.
    #[arg(value_parser = sector)]
    pub sector: SectorId,
    /// A table whose first line is `identity,value`: somebody (ENT/NAMESPACE/SUBJECT), and what the publisher calls them.
    pub file: PathBuf,
    /// The school at which it calls them so, where its sector has a value a school.
    #[arg(long, value_name = "UAI", value_parser = uai)]
    pub school: Option<Uai>,
    /// Tell, line by line, what would happen, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

fn ent(text: &str) -> Result<EntId, String> {
    EntId::parse(text).map_err(|e| e.to_string())
}

fn sector(text: &str) -> Result<SectorId, String> {
    SectorId::parse(text).map_err(|e| e.to_string())
}

fn uai(text: &str) -> Result<Uai, String> {
    Uai::parse_any_letter(text).map_err(|e| e.to_string())
}

/// `directory unlink` and `directory split`
#[derive(Debug, Args)]
pub struct Who {
    /// The identities that leave their person; at least one stays.
    #[arg(value_name = "ENT/NAMESPACE/SUBJECT", required = true)]
    pub identities: Vec<Identity>,
    /// Tell what would happen, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
