//! The `demo` command: a broker like any other, between two peers that are invented.

use std::sync::Arc;

use boundary::{Chance, Clock, OrganisationId};
use data_encoding::BASE32_NOPAD;

use super::access;
use super::cli;
use super::exit::Failure;
use super::keys::make_keys;
use super::operator;
use super::rooms::{Rooms, environment};
use super::serve::{Broker, Listening, say, start_log, terminated};
use super::system::{SystemChance, SystemClock};
use crate::access::{AccountId, Console, NewAccount, NotMade, Role, Scopes};
use crate::config::{Config, Log, LogFormat};
use crate::demo::{Demo, DemoError, Options, Peers, archive};
use crate::journal::Actor;

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
    let listening = broker(&demo).await?;
    let peers = Peers::start(&demo, Arc::new(SystemClock), Arc::new(SystemChance)).await?;
    if !options.once {
        for login in logins(&demo.config).await? {
            say(&login)?;
        }
    }
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

async fn broker(demo: &Demo) -> Result<Listening, Failure> {
    let config = &demo.config;
    make_keys(config).await?;
    operator::apply_text(config, "demo federation", &demo.federation).await?;
    let archive = archive(&demo.folder, SystemClock.now())?;
    super::roster::take(config, &archive).await?;
    Broker::open(config.clone()).await?.start()
}

/// Accounts of the demonstration's console, each with what signs it in. They are made anew at each start, so that what
/// was printed before counts no more.
async fn logins(config: &Config) -> Result<Vec<String>, Failure> {
    let rooms = Rooms::open(config).await?;
    let console = access::console(config, &rooms, rooms.keys(config).await?);
    let mut lines = Vec::new();
    for (name, role) in accounts() {
        let account = AccountId::parse(name).map_err(environment)?;
        let made = login(&console, account, role, &*rooms.chance).await;
        lines.push(made.map_err(|e| Failure::Environment(format!("the console's accounts: {e}")))?);
    }
    rooms.store.close().await;
    Ok(lines)
}

/// One account a role that has a password; schools' managers come from the portal.
fn accounts() -> Vec<(&'static str, Role)> {
    let publisher = OrganisationId::parse("cartographe").map(Role::PublisherManager);
    let roles = [("op-demo", Role::Operator), ("dpo-demo", Role::Dpo), ("auditor-demo", Role::Auditor)];
    roles.into_iter().chain(publisher.ok().map(|role| ("publisher-demo", role))).collect()
}

async fn login(
    console: &Console,
    account: AccountId,
    role: Role,
    chance: &dyn Chance,
) -> Result<String, Box<dyn std::error::Error>> {
    let actor = Actor::broker();
    let (name, kind) = (account.clone(), role.clone());
    let link = match console
        .add(NewAccount { id: account, role, keys: None, scopes: Scopes::default() }, &actor)
        .await
    {
        Ok(link) => link.ok_or("a client is no login")?,
        Err(NotMade::There(account)) => console.reset(&account, &actor).await?,
        Err(other) => return Err(other.into()),
    };
    let mut bits = [0; 10];
    chance.fill(&mut bits);
    let password = BASE32_NOPAD.encode(&bits).to_ascii_lowercase();
    let codes = console.enrol_unattended(&link, &password).await?;
    let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    Ok(format!("console account={name} role=\"{kind}\" password={password} codes={}", codes.join(",")))
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        match error {
            DemoError::Production(_) => Self::Refused(error.to_string()),
            other => Self::Environment(other.to_string()),
        }
    }
}
