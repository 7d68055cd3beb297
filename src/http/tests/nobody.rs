//! A store in which nobody has an account, a token or a session, and nothing is kept.

use async_trait::async_trait;
use boundary::{EntId, Fault, FirstUse, Handle, PersonId};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::access::{
    AccountId, AccountRow, AccountStore, Attempt, ClientStore, Counted, Enrolled, Hashed, Sealing,
    SessionRow, SessionStore, TokenRow, TokenStore,
};
use crate::directory::{Manager, ManagerStore};
use crate::journal::Change;

pub(super) struct Nobody;

fn unkept<T>() -> Result<T, Fault> {
    Err(Fault::new("nothing is kept here"))
}

#[async_trait]
impl TokenStore for Nobody {
    async fn token(&self, _: &Hashed, _: OffsetDateTime) -> Result<Option<TokenRow>, Fault> {
        Ok(None)
    }
    async fn tokens(&self) -> Result<Vec<TokenRow>, Fault> {
        Ok(Vec::new())
    }
    async fn add_token(&self, _: &Hashed, _: &TokenRow, _: Change) -> Result<(), Fault> {
        unkept()
    }
    async fn revoke_token(&self, _: &str, _: Change) -> Result<bool, Fault> {
        Ok(false)
    }
    async fn token_used(&self, _: &str, _: OffsetDateTime) -> Result<(), Fault> {
        unkept()
    }
}

#[async_trait]
impl AccountStore for Nobody {
    async fn account(&self, _: &AccountId) -> Result<Option<AccountRow>, Fault> {
        Ok(None)
    }
    async fn enrolling(&self, _: &Hashed, _: OffsetDateTime) -> Result<Option<AccountRow>, Fault> {
        Ok(None)
    }
    async fn accounts(&self) -> Result<Vec<AccountRow>, Fault> {
        Ok(Vec::new())
    }
    async fn add_account(&self, _: &AccountRow, _: Option<&str>, _: Change) -> Result<bool, Fault> {
        unkept()
    }
    async fn reset_account(&self, _: &AccountRow, _: &str, _: Change) -> Result<bool, Fault> {
        unkept()
    }
    async fn shut_account(&self, _: &AccountId, _: bool, _: Change) -> Result<bool, Fault> {
        unkept()
    }
    async fn enrol(&self, _: &Enrolled, _: Change) -> Result<bool, Fault> {
        unkept()
    }
    async fn change_password(&self, _: &AccountId, _: (&str, &str), _: Change) -> Result<bool, Fault> {
        unkept()
    }
    async fn authenticator(&self, _: &AccountId) -> Result<Option<String>, Fault> {
        Ok(None)
    }
    async fn take_step(&self, _: &AccountId, _: i64) -> Result<bool, Fault> {
        unkept()
    }
    async fn take_recovery(&self, _: &AccountId, _: &Hashed) -> Result<bool, Fault> {
        unkept()
    }
    async fn attempt(&self, _: &[Counted], _: OffsetDateTime) -> Result<Attempt, Fault> {
        Ok(Attempt::Made)
    }
    async fn forgive(&self, _: &[Hashed], _: &Hashed) -> Result<(), Fault> {
        Ok(())
    }
}

#[async_trait]
impl ClientStore for Nobody {
    async fn grant(&self, _: &FirstUse, _: &Hashed, _: &TokenRow) -> Result<bool, Fault> {
        unkept()
    }
}

#[async_trait]
impl SessionStore for Nobody {
    async fn session(
        &self,
        _: &Hashed,
        _: OffsetDateTime,
        _: OffsetDateTime,
    ) -> Result<Option<SessionRow>, Fault> {
        Ok(None)
    }
    async fn begin_session(
        &self,
        _: &Hashed,
        _: &SessionRow,
        _: Option<&Hashed>,
        _: Option<Change>,
    ) -> Result<(), Fault> {
        unkept()
    }
    async fn session_seen(&self, _: &Hashed, _: OffsetDateTime) -> Result<(), Fault> {
        unkept()
    }
    async fn entry(&self, _: &Handle, _: OffsetDateTime) -> Result<Option<String>, Fault> {
        Ok(None)
    }
    async fn take_entry(&self, _: &Handle, _: OffsetDateTime) -> Result<bool, Fault> {
        Ok(false)
    }
    async fn end_session(&self, _: &Hashed) -> Result<(), Fault> {
        Ok(())
    }
}

#[async_trait]
impl ManagerStore for Nobody {
    async fn manager(&self, _: &EntId, _: PersonId) -> Result<Option<Manager>, Fault> {
        Ok(None)
    }
}

impl Sealing for Nobody {
    fn digest(&self, _: &str, _: &[u8]) -> [u8; 32] {
        [0; 32]
    }
    fn seal_secret(&self, _: &str, _: &[u8]) -> Result<String, Fault> {
        unkept()
    }
    fn open_secret(&self, _: &str, _: &str) -> Option<Zeroizing<Vec<u8>>> {
        None
    }
    fn open_entry(&self, _: &str) -> Option<Vec<u8>> {
        None
    }
}
