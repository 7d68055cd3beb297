//! The `tokens` command, and access wired over the rooms.

use std::collections::BTreeSet;

use boundary::{OrganisationId, Uai, paris_midnight};
use time::OffsetDateTime;

use super::cli::{AddToken, Tokens};
use super::exit::Failure;
use super::operator::print;
use super::rooms::Rooms;
use crate::access::{Access, NewToken, NotIssued, Role, RoleName, Scope, Scopes, TokenRow, TokenStore};
use crate::config::Config;

/// Access over the rooms.
pub fn access(rooms: &Rooms) -> Access {
    Access::new(rooms.store.clone(), rooms.clock.clone(), rooms.chance.clone())
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
    let role = role_of(options.role, &options.school, options.organisation.as_deref())?;
    let expires = options.expires.and_then(time::Date::next_day).map(paris_midnight);
    let new = NewToken { account: None, role, scopes: scopes.map_err(refused)?, expires };
    let issued = access(rooms).issue(new).await.map_err(|error| match error {
        NotIssued::Fault(fault) => fault.into(),
        other => refused(other),
    })?;
    Ok(vec![
        format!("+ {}", shown(&issued.row)),
        "The token is shown this once and kept nowhere:".to_owned(),
        issued.token.as_str().to_owned(),
    ])
}

async fn list(rooms: &Rooms) -> Result<Vec<String>, Failure> {
    let tokens = rooms.store.tokens().await?;
    let count = format!("tokens: {}", tokens.len());
    Ok(tokens.iter().map(shown).chain([count]).collect())
}

async fn revoke(rooms: &Rooms, id: &str) -> Result<Vec<String>, Failure> {
    if access(rooms).revoke(id).await? {
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
        Some(end) => format!("until {}", boundary::paris_date(end - time::Duration::SECOND)),
        None => "without an end".to_owned(),
    };
    let used = day(row.used, "never");
    format!("{} {} ({}) {} {expires}, last used: {used}", row.id, row.account, row.role, row.scopes)
}

pub(super) fn refused(error: impl std::fmt::Display) -> Failure {
    Failure::Refused(error.to_string())
}
