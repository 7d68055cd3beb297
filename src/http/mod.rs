//! HTTP: reads requests into values, mounts the connectors' doors, and spells answers. It never decides.
//!
//! A request passes `watch` (who may speak to us, time limit, caught panics, log line, metrics, the headers of every
//! answer), then a door (bounds and decoding, `doors` and `form`), then the launches, and comes back through `answer`,
//! where `limits` may have another word.

mod address;
mod answer;
pub mod api;
mod bearer;
mod console;
pub mod desk;
mod doors;
pub mod form;
mod health;
mod journal;
mod launches;
mod limits;
pub mod log;
mod measured;
mod metrics;
mod serve;
mod spans;
#[cfg(test)]
mod tests;
mod token;
mod watch;

use std::sync::Arc;

use axum::Extension;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::Response;
use axum::routing::get;
use boundary::{Chance, LaunchId, PageName, RefusalCode};
use ipnet::IpNet;
use url::Url;

use crate::access::{Access, Clients, Console};
use crate::pages::{ENTER, Pages};
use address::{Network, Proxies};
use limits::Limits;

pub use health::{Readiness, operations};
pub use journal::JournalKeySet;
pub use launches::Launches;
pub use measured::{Measured, Measures};
pub use metrics::Metrics;
pub use serve::serve;

/// What an operator sets.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address that people see. Where it is https, it promises to stay so (RFC 6797).
    pub public_url: Url,
    /// The networks of the proxies in front.
    pub trusted_proxies: Vec<IpNet>,
}

/// What stands behind the public listener.
pub struct Behind {
    /// Where launches go.
    pub launches: Arc<dyn Launches>,
    /// What people see.
    pub pages: Pages,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Randomness, for the number of each request.
    pub chance: Arc<dyn Chance>,
    /// The journal's public keys.
    pub journal: Arc<dyn JournalKeySet>,
    /// Who asks, beside launches: programs with a token.
    pub access: Arc<Access>,
    /// Who gives tokens to clients.
    pub clients: Arc<Clients>,
    /// Who lets people in to the console.
    pub console: Arc<Console>,
    /// The pages inside the console ([`desk::router`]).
    pub desk: Router,
    /// The routes of the API ([`api::router`]).
    pub api: Router,
}

/// What browsers and robots ask every host for, whatever it is: nobody's failure.
const UNASKED: [&str; 4] =
    ["/favicon.ico", "/robots.txt", "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png"];

/// What every request may need.
struct Broker {
    launches: Arc<dyn Launches>,
    pages: Pages,
    metrics: Arc<Metrics>,
    chance: Arc<dyn Chance>,
    journal: Arc<dyn JournalKeySet>,
    access: Arc<Access>,
    clients: Arc<Clients>,
    console: Arc<Console>,
    https: bool,
    /// The public origin, as browsers name it.
    origin: String,
    /// Where a launch to the console ends.
    enter: Url,
    proxies: Proxies,
    limits: Limits,
}

impl Broker {
    fn new(behind: Behind, settings: Settings) -> Self {
        let https = settings.public_url.scheme() == "https";
        let proxies = Proxies::new(settings.trusted_proxies);
        let origin = settings.public_url.origin().ascii_serialization();
        let limits = Limits::new();
        let mut enter = settings.public_url;
        enter.set_path(ENTER);
        let Behind { launches, pages, metrics, chance, journal, access, clients, console, .. } = behind;
        Self {
            launches,
            pages,
            metrics,
            chance,
            journal,
            access,
            clients,
            console,
            https,
            origin,
            enter,
            proxies,
            limits,
        }
    }
}

/// The public listener: home, every door of the connectors, the door where a school is chosen, the journal's keys, and the API.
pub fn router(behind: Behind, settings: Settings) -> Router {
    let (api, desk) = (behind.api.clone(), behind.desk.clone());
    let broker = Arc::new(Broker::new(behind, settings));
    let api = api.layer(middleware::from_fn_with_state(Arc::clone(&broker), bearer::bearer));
    doors::mount(&broker)
        .route("/", get(home))
        .route(journal::KEYS, get(journal::keys))
        .merge(token::mount())
        .merge(console::mount(&broker, desk))
        .nest(api::BASE, api.with_state(()))
        .fallback(not_found)
        .method_not_allowed_fallback(not_this_way)
        .layer(middleware::from_fn_with_state(Arc::clone(&broker), watch::watch))
        .with_state(broker)
}

async fn home(State(broker): State<Arc<Broker>>, request: Request) -> Response {
    answer::page(broker.pages.home(doors::language(request.headers())))
}

async fn not_found(
    State(broker): State<Arc<Broker>>,
    Extension(launch): Extension<LaunchId>,
    Extension(network): Extension<Network>,
    request: Request,
) -> Response {
    let language = doors::language(request.headers());
    if UNASKED.contains(&request.uri().path()) {
        return answer::page(broker.pages.not_found(language));
    }
    match broker.limits.fail(network, RefusalCode::NotFound) {
        Ok(()) => answer::page(broker.pages.not_found(language)),
        Err(limit) => answer::too_many(&broker, language, &launch, limit, &[]),
    }
}

/// Somebody reloads or bookmarks the address of a form: the resource opens from the ENT.
async fn not_this_way(State(broker): State<Arc<Broker>>, request: Request) -> Response {
    let language = doors::language(request.headers());
    let mut page = broker.pages.named(language, PageName::OpenFromEnt, &[]);
    page.status = StatusCode::METHOD_NOT_ALLOWED.as_u16();
    answer::page(page)
}
