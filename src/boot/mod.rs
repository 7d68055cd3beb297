//! Wiring: the only module that names concrete connectors, and where commands begin.

mod access;
mod api;
mod assigning;
mod backup;
mod cli;
mod demo;
mod desk;
mod epochs;
mod erasures;
mod exit;
mod follow;
mod identities;
mod journal;
mod keys;
mod looking;
mod operator;
mod person;
mod progress;
mod rollup;
mod rooms;
mod roster;
mod sector_keys;
mod serve;
mod system;
mod world;

use std::process::ExitCode;

pub use cli::Cli;
use cli::{Command, ConfigCommand, Import, Schema};
pub use exit::Failure;
pub use rooms::Rooms;
pub use serve::{Broker, Listening};
pub use system::{SystemChance, SystemClock};

use crate::config::{self, Config};
use crate::operate;

/// Runs a command to its end.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(dispatch(cli)),
        Err(e) => Err(Failure::Environment(format!("the runtime does not start: {e}"))),
    };
    outcome.map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS)
}

async fn dispatch(cli: Cli) -> Result<(), Failure> {
    let config = || load(cli.config.as_deref());
    match &cli.command {
        Command::Serve => serve::serve(config()?).await,
        Command::Demo(options) => demo::demo(options, cli.config.is_some()).await,
        Command::Apply(options) => operator::apply(&config()?, options).await,
        Command::Keys(command) => keys::keys(&config()?, command).await,
        Command::Journal(command) => journal::journal(&config()?, command).await,
        Command::Accounts(command) => access::accounts(&config()?, command).await,
        Command::Tokens(command) => access::tokens(&config()?, command).await,
        Command::Backup { file } => backup::backup(&config()?, file).await,
        Command::Restore { file } => backup::restore(&config()?, file).await,
        Command::Erasures(command) => erasures::run(&config()?, command).await,
        Command::Import(Import::Roster(options)) => roster::import(&config()?, options).await,
        Command::Person(command) => person::person(&config()?, command).await,
        Command::Directory(command) => identities::directory(&config()?, command).await,
        Command::Doctor { json } => looking::doctor(&config()?, *json).await,
        Command::Trace(options) => looking::trace(&config()?, options).await,
        Command::DryRun(options) => looking::dry_run(&config()?, options).await,
        Command::Assign(options) => assigning::assign(&config()?, options).await,
        Command::Unassign(options) => assigning::unassign(&config()?, options).await,
        Command::Recover(options) => assigning::recover(&config()?, options).await,
        Command::Seats(options) => assigning::seats(&config()?, options).await,
        Command::Config(ConfigCommand::Default) => operator::print(config::DEFAULT_FILE),
        Command::Schema(Schema::Federation) => operator::print(&operate::apply::schema()),
        Command::Schema(Schema::Openapi) => operator::print(&crate::http::api::document()),
    }
}

fn load(file: Option<&std::path::Path>) -> Result<Config, Failure> {
    let environment: Vec<(String, String)> = std::env::vars().collect();
    Config::load(file, &environment).map_err(|e| Failure::Environment(e.to_string()))
}
