//! The commands of identity care.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
