//! What a request to the desk says: which school, which subscription, what is asked for, in which language.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use boundary::{Fields, SubscriptionId, Uai};

use crate::access::{Caller, Denied, Session};
use crate::http::{answer, doors, form};
use crate::operate::assignments::Bounds;
use crate::operate::desk::{self, Offered};
use crate::pages::{Done, Language, Place, Reader};

use super::{Desk, broken};

/// Why a page is not shown.
pub(super) enum Unread {
    /// The reader may not see it, or something is broken.
    Denied(Denied),
    /// There is no such page.
    Absent(Box<Response>),
}

impl From<Denied> for Unread {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl IntoResponse for Unread {
    fn into_response(self) -> Response {
        match self {
            Self::Denied(denied) => denied.into_response(),
            Self::Absent(page) => *page,
        }
    }
}

/// A subscription of a school where the caller may work.
pub(super) struct Here {
    pub school: Uai,
    pub one: Offered,
    /// The address of its page.
    pub address: String,
}

impl Here {
    /// For whom whoever is here acts.
    pub fn bounds(&self) -> Bounds {
        Bounds::School(self.school.clone())
    }
}

/// What is read of every request.
pub(super) struct Reading {
    pub language: Language,
    pub session: Session,
    pub asked: Fields,
    school: Option<String>,
    id: Option<String>,
    room: Arc<Desk>,
}

impl FromRequestParts<Arc<Desk>> for Reading {
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, room: &Arc<Desk>) -> Result<Self, Denied> {
        let session = Session::from_request_parts(parts, room).await?;
        let language = doors::language(&parts.headers);
        let asked = form::read(parts.uri.query().unwrap_or_default().as_bytes()).unwrap_or_default();
        let params = RawPathParams::from_request_parts(parts, room).await.ok();
        let param = |wanted: &str| {
            let mut all = params.iter().flatten();
            all.find_map(|(name, value)| (name == wanted).then(|| value.to_owned()))
        };
        let (school, id) = (param("uai"), param("id"));
        Ok(Self { language, session, asked, school, id, room: Arc::clone(room) })
    }
}

impl Reading {
    /// A field of the query; empty where it is absent or there twice.
    pub fn field(&self, name: &str) -> &str {
        self.asked.one(name).ok().flatten().unwrap_or_default()
    }

    /// The school of the address, where the caller may work for it: there is no other way to learn it.
    pub fn school(&self, caller: &Caller) -> Result<Uai, Unread> {
        let text = self.school.as_deref().unwrap_or_default();
        let school = Uai::parse_any_letter(text).map_err(|_| self.absent())?;
        caller.at(&school)?;
        Ok(school)
    }

    /// The school and the subscription of the address, as this school sees it.
    pub async fn here(&self, caller: &Caller) -> Result<Here, Unread> {
        let school = self.school(caller)?;
        let text = self.id.as_deref().unwrap_or_default();
        let id = SubscriptionId::parse(text).map_err(|_| self.absent())?;
        let found = desk::one(&self.room.means(), &school, &id).await.map_err(broken)?;
        let one = found.ok_or_else(|| self.absent())?;
        let address = format!("/console/schools/{school}/subscriptions/{id}");
        Ok(Here { school, one, address })
    }

    /// There is no such page.
    pub fn absent(&self) -> Unread {
        Unread::Absent(Box::new(answer::page(self.room.pages.not_found(self.language))))
    }

    /// Who reads, and where.
    pub fn reader<'a>(&'a self, place: Place<'a>) -> Reader<'a> {
        let done = Done::named(self.field("done"));
        Reader { session: &self.session, language: self.language, place, done }
    }
}

/// Sends the browser to a page that says what was done.
pub(super) fn done(address: &str, done: Done) -> Response {
    let to = format!("{address}?done={}", done.as_str());
    (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
}
