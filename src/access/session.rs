//! Sessions at the console: whom one stands for, and what its pages must send back (CSRF).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use boundary::{Fault, Handle};
use data_encoding::BASE32_NOPAD;

use super::account::{AccountId, Caller, Role};
use super::bearer::{fault, of_one_school};
use super::console::{Console, IDLE, LONGEST, NotIn};
use super::denied::Denied;
use super::hashed::Hashed;
use super::records::{SessionRow, Stage};
use super::scope::Scopes;
use super::secret::{Secret, SecretKind};
use crate::directory::{Entry, Manager};
use crate::journal::Change;

/// A session, as a request brought it. It travels beside the request; a handler names it in its signature.
#[derive(Debug, Clone)]
pub struct Session {
    /// Whose.
    pub caller: Caller,
    /// How far the sign-in has come. Only a [full](Stage::Full) session lets anybody do anything.
    pub stage: Stage,
    /// How the pages call whoever came through an ENT; others by their account.
    pub shown: Option<String>,
    form: String,
    through_ent: bool,
}

impl Session {
    /// What every form of this session sends back in a field, because only our own pages know it.
    #[must_use]
    pub fn form_token(&self) -> &str {
        &self.form
    }

    /// Whether somebody signed in here, with a password of their own; others came through an ENT.
    #[must_use]
    pub const fn is_own(&self) -> bool {
        !self.through_ent
    }

    /// Whether a form comes from a page of this session.
    ///
    /// # Errors
    /// [`Denied::Forged`] otherwise.
    pub fn check(&self, brought: Option<&str>) -> Result<(), Denied> {
        let brought = brought.unwrap_or_default().as_bytes();
        verify_slices_are_equal(self.form.as_bytes(), brought).map_err(|_| Denied::Forged)
    }

    /// One that no browser has.
    #[cfg(test)]
    #[must_use]
    pub fn sample(account: &str) -> Self {
        let account = AccountId::parse(account).unwrap();
        let caller = Caller { account, role: Role::Operator, scopes: Scopes::all() };
        Self { caller, stage: Stage::Full, shown: None, form: "token".to_owned(), through_ent: false }
    }

    /// How the pages call them.
    #[must_use]
    pub fn name(&self) -> &str {
        self.shown.as_deref().unwrap_or_else(|| self.caller.account.as_str())
    }
}

impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Denied> {
        let session = parts.extensions.get::<Self>().cloned();
        session.filter(|session| session.stage == Stage::Full).ok_or(Denied::Nobody)
    }
}

impl Console {
    /// The session of a cookie; `None` where it is over, or there never was one.
    ///
    /// # Errors
    /// [`Denied::Fault`] where that cannot be found out.
    pub async fn session(&self, cookie: &str) -> Result<Option<Session>, Denied> {
        let Some(secret) = Secret::parse(SecretKind::Session, cookie) else { return Ok(None) };
        self.session_of(&secret).await.map_err(fault)
    }

    async fn session_of(&self, secret: &Secret) -> Result<Option<Session>, Fault> {
        let (hash, now) = (secret.hashed(), self.clock.now());
        let Some(row) = self.store.session(&hash, now, now - IDLE).await? else { return Ok(None) };
        if Self::is_due(row.seen, now) {
            self.store.session_seen(&hash, now).await?;
        }
        let entry = match row.sealed.as_deref().map(|sealed| self.opened(sealed)) {
            Some(None) => return Ok(None),
            opened => opened.flatten(),
        };
        let Some(role) = self.role_now(&row, entry.as_ref()).await? else { return Ok(None) };
        let caller = Caller { account: row.account, role, scopes: Scopes::all() };
        let (form, through_ent) = (form_token(secret), entry.is_some());
        let shown = entry.and_then(|entry| entry.shown);
        Ok(Some(Session { caller, stage: row.stage, shown, form, through_ent }))
    }

    /// The role, as the roster sees it now: whoever manages a school no more does nothing more there.
    async fn role_now(&self, row: &SessionRow, entry: Option<&Entry>) -> Result<Option<Role>, Fault> {
        let (Role::SchoolManager(schools), Some(entry)) = (&row.role, entry) else {
            return Ok(Some(row.role.clone()));
        };
        let manager = self.store.manager(&entry.ent, entry.person()).await?;
        let now = manager.map(|manager| manager.schools).unwrap_or_default();
        let left: std::collections::BTreeSet<_> = schools.intersection(&now).cloned().collect();
        Ok((!left.is_empty()).then_some(Role::SchoolManager(left)))
    }

    /// Begins the session of somebody whom a launch from an ENT brought here, once.
    ///
    /// # Errors
    /// [`NotIn::Over`] where the launch was used or has expired.
    pub async fn enter(&self, handle: &Handle) -> Result<Secret, NotIn> {
        let now = self.clock.now();
        let sealed = self.store.entry(handle, now).await?.ok_or(NotIn::Over)?;
        let entry = self.opened(&sealed).ok_or(NotIn::Over)?;
        if !self.store.take_entry(handle, now).await? {
            return Err(NotIn::Over);
        }
        let manager = self.store.manager(&entry.ent, entry.person()).await?.ok_or(NotIn::Over)?;
        let role = Role::SchoolManager(entry.schools.intersection(&manager.schools).cloned().collect());
        let account = account_of(&manager)?;
        let change =
            Change::new(now, &account.actor(), "sign-in", "account", account.as_str()).ent(&entry.ent);
        let change = of_one_school(change, &role);
        let row = SessionRow {
            account,
            role,
            stage: Stage::Full,
            sealed: Some(sealed),
            created: now,
            seen: now,
            expires: now + LONGEST,
        };
        let secret = Secret::draw(SecretKind::Session, &*self.chance);
        self.store.begin_session(&secret.hashed(), &row, None, Some(change)).await?;
        Ok(secret)
    }

    /// What was sealed under a key that is forgotten opens no more, and the session is over.
    fn opened(&self, sealed: &str) -> Option<Entry> {
        let plain = self.keys.open_entry(sealed)?;
        serde_json::from_slice(&plain).ok()
    }
}

/// The account of a manager: derived from their root, so that two are told apart in the journal, and nobody is named
/// once the root is erased.
fn account_of(manager: &Manager) -> Result<AccountId, Fault> {
    let name = boundary::console_name(&manager.root);
    AccountId::parse(&format!("school-{name}")).map_err(|e| Fault::new(e.to_string()))
}

/// Derived from the session's id, which only the browser has, in a cookie that no script reads.
fn form_token(secret: &Secret) -> String {
    let hash = Hashed::of(&format!("passerelle console form {}", secret.as_str()));
    BASE32_NOPAD.encode(hash.bytes()).to_ascii_lowercase()
}
