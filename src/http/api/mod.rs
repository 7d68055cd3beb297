//! The REST API, `/api/v1`: everything that an operator, a school or a publisher does, for programs.
//!
//! An [`Operation`](operation::Operation) is one method of one address, with everything that the document says of it;
//! [`operations`] lists them all, and from that list come the routes, `specs/openapi.json`, and the table of roles that
//! `tests/it/api/roles.rs` asks for. To add one:
//!
//! 1. Write what it does in `operate/`, where command line and console find it too; it takes the
//!    [`Actor`](crate::operate::records::Actor) and journals its change in the transaction that makes it.
//! 2. Give it a file here, one a family, with a function `operations() -> Vec<Operation>`, and add that to [`operations`].
//!    What it needs behind it is a field of [`Api`], which `boot/` fills.
//! 3. The handler's first argument is its right, such as `SchoolStaff<Write<area::Assignments>>`: who may call it, and
//!    with which scope. Use [`right::sight`] for what a caller sees, or ask [`SchoolStaff::at`](crate::access::SchoolStaff::at);
//!    what is out of sight answers as what is not there. [`right::actor`] is the caller as the journal names them.
//! 4. Read the query with [`Query`](query::Query), a JSON body with [`body::json`], conditions with
//!    [`conditions::expected`]; answer `Result<_, Problem>`. New codes go into `specs/problems.toml` too.
//! 5. `PASSERELLE_TEST_WRITE=1 cargo test --lib api::document` writes the document anew; then add the operation's row to
//!    `tests/it/api/roles.toml`.
//!
//! People try it out on `/api/v1/docs`, a page of our own ([`docs`]).
//!
//! Whoever sends an `Idempotency-Key` with a write has it done once: that is a layer, [`once`], and no handler's business.

mod agreements;
mod assignments;
mod body;
mod conditions;
mod docs;
mod document;
mod ents;
mod epochs;
mod erasures;
pub(in crate::http) mod export;
mod family;
mod journal;
mod me;
mod once;
mod operation;
mod people;
mod problem;
mod publishers;
mod query;
mod right;
mod rosters;
mod schools;
mod statistics;
mod subscriptions;

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use boundary::{Chance, Clock, LaunchId};
use futures::FutureExt;

use self::document::Document;
use self::operation::Operation;
use self::problem::{Code, Failed, Problem};
use crate::http::answer::Told;

use crate::operate::answers::AnswerStore;
use crate::operate::assignments::{AssignmentStore, Means as Assigning};
use crate::operate::epochs::{EpochStore, Signer};
use crate::operate::erasure::Erasures;
use crate::operate::people::PeopleStore;
use crate::operate::records::{Means, NewSectorKeys, RecordStore};
use crate::operate::roster;
use crate::operate::school_journal::JournalStore;
use crate::operate::statistics::StatisticsStore;

pub use self::document::document;
pub(in crate::http) use statistics::LAUNCHES;

/// Where the API lives.
pub const BASE: &str = "/api/v1";
/// How long a request may take before its answer begins. Shorter than what every request may take, so that the answer is
/// a problem and not a page.
const LONGEST: Duration = Duration::from_secs(14);

/// What stands behind the API.
pub struct Behind {
    /// Registered objects.
    pub records: Arc<dyn RecordStore>,
    /// What makes the keys of new sectors.
    pub keys: Arc<dyn NewSectorKeys>,
    /// Answers that are given again.
    pub answers: Arc<dyn AnswerStore>,
    /// People.
    pub people: Arc<dyn PeopleStore>,
    /// Assignments and seats.
    pub assignments: Arc<dyn AssignmentStore>,
    /// Imports of rosters.
    pub rosters: roster::Means,
    /// Who was erased.
    pub erasures: Arc<Erasures>,
    /// Changes of epoch.
    pub epochs: Arc<dyn EpochStore>,
    /// What signs what publishers are given.
    pub signer: Arc<dyn Signer>,
    /// Who signs: our issuer.
    pub issuer: String,
    /// The journal.
    pub journal: Arc<dyn JournalStore>,
    /// What is counted of it.
    pub statistics: Arc<dyn StatisticsStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What names are drawn from.
    pub chance: Arc<dyn Chance>,
}

/// What operations work with.
pub(in crate::http) struct Api {
    behind: Behind,
    document: Document,
}

impl Deref for Api {
    type Target = Behind;

    fn deref(&self) -> &Behind {
        &self.behind
    }
}

/// The API as its handlers hold it.
pub(in crate::http) type Shared = Arc<Api>;

impl Api {
    fn means(&self) -> Means<'_> {
        Means { store: &*self.records, keys: &*self.keys, clock: &*self.clock }
    }

    fn assigning(&self) -> Assigning<'_> {
        Assigning { store: &*self.assignments, clock: &*self.clock, chance: &*self.chance }
    }
}

/// Every operation there is.
fn operations() -> Vec<Operation> {
    [
        ents::operations(),
        rosters::operations(),
        schools::operations(),
        publishers::operations(),
        agreements::operations(),
        subscriptions::operations(),
        assignments::operations(),
        people::operations(),
        erasures::operations(),
        epochs::operations(),
        journal::operations(),
        statistics::operations(),
        me::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The routes of the API, below [`BASE`].
pub fn router(behind: Behind) -> Router {
    let operations = operations();
    let api = Arc::new(Api { document: Document::of(&operations), behind });
    let mut paths: BTreeMap<&'static str, MethodRouter<Shared>> = BTreeMap::new();
    for operation in operations {
        let methods = paths.remove(operation.path).unwrap_or_default();
        paths.insert(operation.path, methods.merge(operation.handler));
    }
    let routes = paths.into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods));
    docs::mount(routes)
        .fallback(nowhere)
        .method_not_allowed_fallback(not_this_way)
        .layer(middleware::from_fn_with_state(Arc::clone(&api), once::once))
        .layer(middleware::from_fn(guarded))
        .with_state(api)
}

async fn nowhere() -> Problem {
    Problem::not_found()
}

/// `OPTIONS` says what there is; every other method is told so. The router adds `Allow`. No other origin's pages may call
/// the API: nothing here answers a preflight.
async fn not_this_way(request: Request) -> Response {
    if request.method() == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    Problem::new(Code::MethodNotAllowed, "the Allow header says which methods this address has")
        .into_response()
}

/// Ends what takes too long or falls over as a problem, and tells the log what the caller is not told.
async fn guarded(request: Request, next: Next) -> Response {
    let launch = request.extensions().get::<LaunchId>().cloned();
    let answering = AssertUnwindSafe(next.run(request)).catch_unwind();
    let mut response = match tokio::time::timeout(LONGEST, answering).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => fell(&*panic),
        Err(_) => Problem::from(boundary::Fault::new("the request took too long")).into_response(),
    };
    let failed = response.extensions_mut().remove::<Failed>();
    if let (Some(Failed(detail)), Some(launch)) = (failed, launch) {
        response.extensions_mut().insert(Told { launch, end: None, detail: Some(detail) });
    }
    response
}

/// The words of a panic may hold anything; its place is in the log.
fn fell(_: &(dyn Any + Send)) -> Response {
    let mut response = Problem::new(Code::Fault, "the broker's log says what happened").into_response();
    response.extensions_mut().insert(Failed("the broker panicked".to_owned()));
    response
}

/// The parameters of an address, in its order.
pub(in crate::http) struct Params(pub Vec<String>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params =
            RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        let values: Vec<String> = params.iter().map(|(_, value)| value.to_owned()).collect();
        // No id has a NUL, and no database looks one up.
        if values.iter().any(|value| value.contains('\0')) {
            Err(Problem::not_found())
        } else {
            Ok(Self(values))
        }
    }
}
