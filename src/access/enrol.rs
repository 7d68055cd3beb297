//! Accounts: made and reset by operators, enrolled by whoever holds the link that is shown once.

use boundary::Fault;
use boundary::registration::KeySource;
use data_encoding::BASE32_NOPAD;
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::account::{AccountId, Role, RoleName};
use super::console::{Console, NotIn, recovery_hash, secret_name};
use super::hashed::Hashed;
use super::records::{AccountRow, Enrolled, Stage};
use super::scope::Scopes;
use super::secret::{Secret, SecretKind};
use super::totp::TotpSecret;
use crate::journal::{Actor, Change};

/// How long the link of an enrolment counts.
pub const ENROLMENT: Duration = Duration::days(3);
/// How many codes stand for a lost device.
const RECOVERY: usize = 10;

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Its name.
    pub id: AccountId,
    /// In which role it works, and for whom.
    pub role: Role,
    /// A client's keys.
    pub keys: Option<KeySource>,
    /// What a client may ask for.
    pub scopes: Scopes,
}

/// Why an account is not made or changed.
#[derive(Debug, Error)]
pub enum NotMade {
    /// The name says another role.
    #[error(
        "{0} is not the name of a {1}: operators are op-…, data protection officers dpo-…, auditors auditor-…, managers school-… and publisher-…, programs client-…"
    )]
    Name(AccountId, &'static str),
    /// A client without keys, or keys for somebody who is none.
    #[error("a client needs its keys and scopes, and nobody else has them")]
    Keys,
    /// There is one of this name.
    #[error("there is an account {0} already")]
    There(AccountId),
    /// There is none of this name.
    #[error("there is no account {0}, or it is so already")]
    Missing(AccountId),
    /// Something is broken.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What the page of an enrolment shows.
pub struct Enrolling {
    /// Whose it is.
    pub account: AccountId,
    /// The authenticator's secret, to be typed.
    pub secret: Zeroizing<String>,
    /// The same, to be read from a picture.
    pub uri: Zeroizing<String>,
}

/// What an enrolment ends with.
pub struct Ready {
    /// The session that begins.
    pub session: Secret,
    /// The codes that stand for a lost device. They are shown once.
    pub recovery: Vec<Zeroizing<String>>,
}

impl Console {
    /// Makes an account. What it returns begins the enrolment; a client has none.
    ///
    /// # Errors
    /// [`NotMade`] says why not.
    pub async fn add(&self, new: NewAccount, actor: &Actor) -> Result<Option<Secret>, NotMade> {
        let client = new.id.is_client();
        if !client && !new.id.as_str().starts_with(prefix(new.role.name())) {
            return Err(NotMade::Name(new.id, new.role.name().as_str()));
        }
        if client != new.keys.is_some() || client == new.scopes.is_empty() {
            return Err(NotMade::Keys);
        }
        let now = self.clock.now();
        let enrolment = (!client).then(|| Secret::draw(SecretKind::Enrolment, &*self.chance));
        let sealed = if client { None } else { Some(self.new_authenticator(&new.id)?) };
        let row = AccountRow {
            id: new.id,
            role: new.role,
            disabled: false,
            password: None,
            step: 0,
            enrolment: enrolment.as_ref().map(|secret| (secret.hashed(), now + ENROLMENT)),
            keys: new.keys,
            scopes: new.scopes,
            created: now,
        };
        let change = change(now, actor, "add", &row);
        if self.store.add_account(&row, sealed.as_deref(), change).await? {
            Ok(enrolment)
        } else {
            Err(NotMade::There(row.id))
        }
    }

    /// Takes password, authenticator and sessions from an account, and begins its enrolment anew.
    ///
    /// # Errors
    /// [`NotMade`] says why not.
    pub async fn reset(&self, id: &AccountId, actor: &Actor) -> Result<Secret, NotMade> {
        let row = self.store.account(id).await?.filter(|row| row.keys.is_none());
        let row = row.ok_or_else(|| NotMade::Missing(id.clone()))?;
        let now = self.clock.now();
        let secret = Secret::draw(SecretKind::Enrolment, &*self.chance);
        let row = AccountRow { enrolment: Some((secret.hashed(), now + ENROLMENT)), ..row };
        let sealed = self.new_authenticator(id)?;
        let change = change(now, actor, "reset", &row);
        if self.store.reset_account(&row, &sealed, change).await? {
            Ok(secret)
        } else {
            Err(NotMade::Missing(id.clone()))
        }
    }

    /// Shuts an account, or opens it again. Shut, its sessions and tokens count no more.
    ///
    /// # Errors
    /// [`NotMade`] says why not.
    pub async fn shut(&self, id: &AccountId, shut: bool, actor: &Actor) -> Result<(), NotMade> {
        let verb = if shut { "disable" } else { "enable" };
        let change = Change::new(self.clock.now(), actor, verb, "account", id.as_str());
        if self.store.shut_account(id, shut, change).await? {
            Ok(())
        } else {
            Err(NotMade::Missing(id.clone()))
        }
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// A [`Fault`] when the store did not answer.
    pub async fn accounts(&self) -> Result<Vec<AccountRow>, Fault> {
        self.store.accounts().await
    }

    /// What the link of an enrolment shows. Looking takes nothing away: programs look into links that they carry.
    ///
    /// # Errors
    /// [`NotIn::Over`] where the link was used or has expired.
    pub async fn enrolling(&self, code: &str) -> Result<Enrolling, NotIn> {
        let (row, _) = self.enrolment(code).await?;
        let secret = self.authenticator(&row.id).await?;
        Ok(Enrolling { secret: secret.as_text(), uri: secret.uri(&self.host, &row.id), account: row.id })
    }

    /// Ends an enrolment: password and a code that shows that the authenticator works. A session begins.
    ///
    /// # Errors
    /// [`NotIn`] says why not.
    pub async fn enrol(&self, link: &str, new: (&str, &str), code: &str) -> Result<Ready, NotIn> {
        let (row, enrolment) = self.enrolment(link).await?;
        let password = self.hashed(&row.id, new).await?;
        let now = self.clock.now();
        let typed: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let step = self.authenticator(&row.id).await?.step_of(&typed, now, 0).ok_or(NotIn::Wrong)?;
        let (recovery, hashes) = self.draw_recoveries(&row.id);
        let enrolled = Enrolled {
            recovery: hashes,
            account: row.id.clone(),
            enrolment: enrolment.hashed(),
            password,
            step,
            at: now,
        };
        self.end_enrolment(&row, &enrolled).await?;
        let session = self.begin(&row, Stage::Full, None, None).await?;
        Ok(Ready { session, recovery })
    }

    /// Enrols an account for which nobody chooses anything: of a demonstration, which prints what it made. Codes of
    /// recovery stand for an authenticator that nobody has.
    ///
    /// # Errors
    /// [`NotIn`] says why not.
    pub async fn enrol_unattended(
        &self,
        link: &Secret,
        password: &str,
    ) -> Result<Vec<Zeroizing<String>>, NotIn> {
        let (row, enrolment) = self.enrolment(link.as_str()).await?;
        let password = self.hashed(&row.id, (password, password)).await?;
        let (recovery, hashes) = self.draw_recoveries(&row.id);
        let enrolled = Enrolled {
            account: row.id.clone(),
            enrolment: enrolment.hashed(),
            password,
            step: 0,
            recovery: hashes,
            at: self.clock.now(),
        };
        self.end_enrolment(&row, &enrolled).await?;
        Ok(recovery)
    }

    async fn end_enrolment(&self, row: &AccountRow, enrolled: &Enrolled) -> Result<(), NotIn> {
        let change = change(enrolled.at, &row.id.actor(), "enrol", row).fields(["password", "authenticator"]);
        if self.store.enrol(enrolled, change).await? { Ok(()) } else { Err(NotIn::Over) }
    }

    async fn enrolment(&self, link: &str) -> Result<(AccountRow, Secret), NotIn> {
        let secret = Secret::parse(SecretKind::Enrolment, link).ok_or(NotIn::Over)?;
        let row = self.store.enrolling(&secret.hashed(), self.clock.now()).await?;
        let row = row.filter(|row| !row.disabled).ok_or(NotIn::Over)?;
        Ok((row, secret))
    }

    fn new_authenticator(&self, id: &AccountId) -> Result<String, Fault> {
        self.keys.seal_secret(&secret_name(id), TotpSecret::draw(&*self.chance).bits())
    }

    fn draw_recoveries(&self, id: &AccountId) -> (Vec<Zeroizing<String>>, Vec<Hashed>) {
        let codes: Vec<_> = (0..RECOVERY).map(|_| self.draw_recovery()).collect();
        let hashes = codes.iter().map(|code| recovery_hash(id, &code.replace('-', ""))).collect();
        (codes, hashes)
    }

    /// 80 random bits, in fours.
    fn draw_recovery(&self) -> Zeroizing<String> {
        let mut bits = Zeroizing::new([0; 10]);
        self.chance.fill(&mut *bits);
        let text = Zeroizing::new(BASE32_NOPAD.encode(&*bits).to_ascii_lowercase());
        let fours: Vec<&str> = (0..4).filter_map(|n| text.get(n * 4..n * 4 + 4)).collect();
        Zeroizing::new(fours.join("-"))
    }
}

const fn prefix(role: RoleName) -> &'static str {
    match role {
        RoleName::Operator => "op-",
        RoleName::Dpo => "dpo-",
        RoleName::Auditor => "auditor-",
        RoleName::SchoolManager => "school-",
        RoleName::PublisherManager => "publisher-",
    }
}

fn change(at: OffsetDateTime, actor: &Actor, verb: &'static str, row: &AccountRow) -> Change {
    Change::new(at, actor, verb, "account", row.id.as_str())
}
