//! The `demo` command: a broker like any other, between two peers that are invented.

use std::sync::Arc;

use boundary::Clock;

use super::cli;
use super::exit::Failure;
use super::keys::make_keys;
use super::operator;
use super::serve::{Broker, Listening, say, start_log, terminated};
use super::system::{SystemChance, SystemClock};
use crate::config::{Config, Log, LogFormat};
use crate::demo::{Demo, DemoError, Options, Peers};

/// Starts everything, prints the `ready` line, and stays until it is told to stop.
pub async fn demo(options: &cli::Demo, config_given: bool) -> Result<(), Failure> {
    if config_given {
        return Err(Failure::Refused(DemoError::Production("--config is given".to_owned()).to_string()));
    }
    let environment: Vec<(String, String)> = std::env::vars().collect();
    let wanted = Options { port: options.port, data: options.data.clone(), names: options.names };
    let demo = Demo::prepare(&wanted, &environment, SystemClock.now())?;
    let _log = start_log(&Log { level: "warn".to_owned(), format: LogFormat::Text })?;
    let signal = terminated()?;
    let listening = broker(&demo.config, &demo.federation).await?;
    let peers = Peers::start(&demo, Arc::new(SystemClock), Arc::new(SystemChance)).await?;
    let Demo { ent, broker, publisher, operations, .. } = &demo;
    say(&format!("ready ent={ent} broker={broker} publisher={publisher} ops={operations}"))?;
    let walked = if options.once { peers.walk().await } else { Ok(()) };
    if !options.once {
        signal.await;
    }
    peers.stop().await;
    listening.stop().await?;
    Ok(walked?)
}

async fn broker(config: &Config, federation: &str) -> Result<Listening, Failure> {
    make_keys(config).await?;
    operator::apply_text(config, "demo federation", federation).await?;
    Broker::open(config.clone()).await?.start()
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        match error {
            DemoError::Production(_) => Self::Refused(error.to_string()),
            other => Self::Environment(other.to_string()),
        }
    }
}
