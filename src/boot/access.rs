//! The commands `accounts` and `tokens`, and access wired over the rooms.

use std::collections::BTreeSet;
use std::sync::Arc;

use boundary::registration::KeySource;
use boundary::{OrganisationId, Uai, paris_midnight};
use time::{Duration, OffsetDateTime};

use super::cli::{Accounts, AddAccount, AddToken, Tokens};
use super::exit::Failure;
use super::operator::print;
use super::rooms::Rooms;
use crate::access::{
    Access, AccountId, AccountRow, AccountStore, Clients, Console, ENROLMENT, NewAccount, NewToken,
    NotIssued, NotMade, Passwords, Role, RoleName, Scope, Scopes, Secret, TokenRow, TokenStore,
};
use crate::config::Config;
use crate::journal::Actor;
use crate::keys::KeyRing;
use crate::trust::{KeySet, KeySets};

/// Access over the rooms.
pub fn access(rooms: &Rooms) -> Access {
    Access::new(rooms.store.clone(), rooms.clock.clone(), rooms.chance.clone())
}

/// What gives tokens to clients, whose keys are fetched like those of other peers.
pub fn clients(config: &Config, rooms: &Rooms, keys: Arc<KeySets>) -> Clients {
    let issuer = config.server.public_url.as_str().trim_end_matches('/').to_owned();
    Clients {
        store: rooms.store.clone(),
        keys,
        clock: rooms.clock.clone(),
        chance: rooms.chance.clone(),
        audiences: vec![format!("{issuer}/api/v1/token"), issuer],
        leeway: Duration::seconds(config.launch.leeway_seconds.into()),
    }
}

/// The console's door.
pub fn console(config: &Config, rooms: &Rooms, keys: Arc<KeyRing>) -> Console {
    Console {
        store: rooms.store.clone(),
        keys,
        passwords: Passwords::new(),
        clock: rooms.clock.clone(),
        chance: rooms.chance.clone(),
        host: config.server.public_url.host_str().unwrap_or_default().to_owned(),
    }
}

/// `accounts`
pub async fn accounts(config: &Config, command: &Accounts) -> Result<(), Failure> {
    let rooms = Rooms::open(config).await?;
    let lines = at_accounts(config, &rooms, command).await;
    rooms.store.close().await;
    print(&lines?.join("\n"))
}

async fn at_accounts(config: &Config, rooms: &Rooms, command: &Accounts) -> Result<Vec<String>, Failure> {
    let console = console(config, rooms, rooms.keys(config).await?);
    let actor = Actor::command();
    match command {
        Accounts::Add(options) => {
            let new = new_account(options)?;
            let id = new.id.clone();
            let link = console.add(new, &actor).await.map_err(not_made)?;
            Ok(link.map_or_else(|| vec![format!("+ {id}")], |link| link_of(config, "+", &id, &link)))
        }
        Accounts::List => {
            let accounts = console.accounts().await?;
            let count = format!("accounts: {}", accounts.len());
            Ok(accounts.iter().map(shown_account).chain([count]).collect())
        }
        Accounts::Disable { account } => {
            console.shut(&account_of(account)?, true, &actor).await.map_err(not_made)?;
            Ok(vec![format!("- {account}")])
        }
        Accounts::Enable { account } => {
            console.shut(&account_of(account)?, false, &actor).await.map_err(not_made)?;
            Ok(vec![format!("+ {account}")])
        }
        Accounts::Reset { account } => {
            let id = account_of(account)?;
            let link = console.reset(&id, &actor).await.map_err(not_made)?;
            Ok(link_of(config, "~", &id, &link))
        }
    }
}

fn new_account(options: &AddAccount) -> Result<NewAccount, Failure> {
    let keys = match (&options.jwks_uri, &options.jwks) {
        (Some(url), _) => Some(KeySource::JwksUri(url.clone())),
        (None, Some(file)) => {
            let text = std::fs::read_to_string(file);
            let text = text.map_err(|e| refused(format!("{}: {e}", file.display())))?;
            let set = KeySet::read(text.as_bytes());
            let set = set.ok_or_else(|| refused(format!("{} is not a key set", file.display())))?;
            // As it was read: a private half that somebody put in by mistake is not kept.
            let keys = set.keys().collect::<Vec<_>>().join(",");
            Some(KeySource::Jwks(format!("{{\"keys\":[{keys}]}}")))
        }
        (None, None) => None,
    };
    let scopes = options.scope.iter().map(|text| Scope::parse(text)).collect::<Result<Scopes, _>>();
    Ok(NewAccount {
        id: account_of(&options.account)?,
        role: role_of(options.role, &options.school, options.organisation.as_deref())?,
        keys,
        scopes: scopes.map_err(refused)?,
    })
}

fn account_of(text: &str) -> Result<AccountId, Failure> {
    AccountId::parse(text).map_err(refused)
}

fn link_of(config: &Config, sign: &str, id: &AccountId, link: &Secret) -> Vec<String> {
    let origin = config.server.public_url.as_str().trim_end_matches('/');
    vec![
        format!("{sign} {id}"),
        format!("The link enrols it once, within {} days:", ENROLMENT.whole_days()),
        format!("{origin}/console/enrol?link={}", link.as_str()),
    ]
}

fn not_made(error: NotMade) -> Failure {
    match error {
        NotMade::Fault(fault) => fault.into(),
        other => refused(other),
    }
}

fn shown_account(row: &AccountRow) -> String {
    let state = match (row.disabled, &row.password, &row.keys) {
        (true, ..) => "disabled",
        (false, Some(_), _) => "enrolled",
        (false, None, Some(_)) => "client",
        (false, None, None) => "not enrolled",
    };
    let scopes = if row.scopes.is_empty() { String::new() } else { format!(", {}", row.scopes) };
    format!("{} ({}), {state}{scopes}", row.id, row.role)
}

/// `tokens`
pub async fn tokens(config: &Config, command: &Tokens) -> Result<(), Failure> {
    let rooms = Rooms::open(config).await?;
    let lines = match command {
        Tokens::Add(options) => add(&rooms, options).await,
        Tokens::List => list(&rooms).await,
        Tokens::Revoke { id } => revoke(&rooms, id).await,
    };
    rooms.store.close().await;
    print(&lines?.join("\n"))
}

async fn add(rooms: &Rooms, options: &AddToken) -> Result<Vec<String>, Failure> {
    let scopes = options.scope.iter().map(|text| Scope::parse(text)).collect::<Result<Scopes, _>>();
    let (account, role) = worker(rooms, options).await?;
    let expires = options.expires.and_then(time::Date::next_day).map(paris_midnight);
    let new = NewToken { account, role, scopes: scopes.map_err(refused)?, expires };
    let issued = access(rooms).issue(new, &Actor::command()).await.map_err(|error| match error {
        NotIssued::Fault(fault) => fault.into(),
        other => refused(other),
    })?;
    Ok(vec![
        format!("+ {}", shown(&issued.row)),
        "The token is shown this once and kept nowhere:".to_owned(),
        issued.token.as_str().to_owned(),
    ])
}

/// As whom a token works, and in which role.
async fn worker(rooms: &Rooms, options: &AddToken) -> Result<(Option<AccountId>, Role), Failure> {
    let (schools, organisation) = (&options.school, options.organisation.as_deref());
    if let Some(name) = options.role {
        return Ok((None, role_of(name, schools, organisation)?));
    }
    let id = account_of(options.account.as_deref().unwrap_or_default())?;
    if !schools.is_empty() || organisation.is_some() {
        return Err(Failure::Refused("an account says itself for whom it works".to_owned()));
    }
    let found = rooms.store.account(&id).await?.filter(|row| !row.disabled);
    let row =
        found.ok_or_else(|| Failure::Refused(format!("there is no account {id}, or it is disabled")))?;
    Ok((Some(id), row.role))
}

async fn list(rooms: &Rooms) -> Result<Vec<String>, Failure> {
    let tokens = rooms.store.tokens().await?;
    let count = format!("tokens: {}", tokens.len());
    Ok(tokens.iter().map(shown).chain([count]).collect())
}

async fn revoke(rooms: &Rooms, id: &str) -> Result<Vec<String>, Failure> {
    if access(rooms).revoke(id, &Actor::command()).await? {
        Ok(vec![format!("- {id}")])
    } else {
        Err(Failure::Refused("there is no token of this id: `passerelle tokens list` shows them".to_owned()))
    }
}

/// A role with what it is for.
pub(super) fn role_of(
    name: RoleName,
    schools: &[String],
    organisation: Option<&str>,
) -> Result<Role, Failure> {
    let schools: BTreeSet<Uai> =
        schools.iter().map(|text| Uai::parse_any_letter(text)).collect::<Result<_, _>>().map_err(refused)?;
    let organisation = organisation.map(OrganisationId::parse).transpose().map_err(refused)?;
    match (name, schools.is_empty(), organisation) {
        (RoleName::Operator, true, None) => Ok(Role::Operator),
        (RoleName::Dpo, true, None) => Ok(Role::Dpo),
        (RoleName::Auditor, true, None) => Ok(Role::Auditor),
        (RoleName::SchoolManager, false, None) => Ok(Role::SchoolManager(schools)),
        (RoleName::PublisherManager, true, Some(organisation)) => Ok(Role::PublisherManager(organisation)),
        _ => Err(Failure::Refused(
            "a school-manager needs --school, a publisher-manager --organisation, and nobody else has them"
                .to_owned(),
        )),
    }
}

fn shown(row: &TokenRow) -> String {
    let day = |moment: Option<OffsetDateTime>, none: &str| {
        moment.map_or_else(|| none.to_owned(), |moment| boundary::paris_date(moment).to_string())
    };
    let expires = match row.expires {
        Some(end) => format!("until {}", boundary::paris_date(end - Duration::SECOND)),
        None => "without an end".to_owned(),
    };
    let used = day(row.used, "never");
    format!("{} {} ({}) {} {expires}, last used: {used}", row.id, row.account, row.role, row.scopes)
}

pub(super) fn refused(error: impl std::fmt::Display) -> Failure {
    Failure::Refused(error.to_string())
}
