//! The router as a browser meets it, with a dispatcher that answers as each test says.

mod limiting;
mod nobody;
mod reading;
mod spelling;
mod watching;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request as HttpRequest, StatusCode};
use boundary::{Body as ReplyBody, Chance, Clock, Door, Method, RefusalCode, Reply, Request};
use bytes::Bytes;
use time::OffsetDateTime;
use tower::ServiceExt;
use url::Url;

use nobody::Nobody;

use super::address::Peer;
use super::{Behind, Broker, JournalKeySet, Launches, Metrics, Settings, router};
use crate::access::{Access, Clients, Console, Passwords};
use crate::launch::{Answer, Labels, Outcome};
use crate::pages::Pages;
use crate::transport::{Rules, Transport};
use crate::trust::KeySets;

const IN: &[Door] =
    &[door(Method::Get, "/lti/login"), door(Method::Post, "/lti/login"), door(Method::Get, "/lti/r/{key}")];
const OUT: &[Door] = &[door(Method::Get, "/lti/authorize"), door(Method::Post, "/lti/authorize")];

const fn door(method: Method, path: &'static str) -> Door {
    Door { method, path, body_limit: 64 * 1024, begins: matches!(path.as_bytes(), b"/lti/login") }
}

struct Fixed;

impl JournalKeySet for Fixed {
    fn jwks(&self) -> Bytes {
        Bytes::from_static(b"{\"keys\":[]}")
    }
}

impl Chance for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0x21);
    }
}

impl Clock for Fixed {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH
    }
}

type Script = Box<dyn Fn(&Request) -> Outcome + Send + Sync>;

/// A dispatcher that notes what it was asked and answers by script.
struct Scripted {
    script: Script,
    seen: Mutex<Vec<(&'static str, Request)>>,
}

impl Scripted {
    async fn answer(&self, part: &'static str, request: Request) -> Answer {
        let outcome = (self.script)(&request);
        let launch = request.launch.clone();
        self.seen.lock().unwrap().push((part, request));
        Answer {
            launch,
            outcome,
            embedders: vec!["https://ent.example".to_owned()],
            labels: Labels { via: Some("lti"), to: None },
        }
    }
}

#[async_trait]
impl Launches for Scripted {
    fn arriving(&self) -> &'static [Door] {
        IN
    }
    fn departing(&self) -> &'static [Door] {
        OUT
    }
    async fn arrive(&self, request: Request) -> Answer {
        self.answer("arrive", request).await
    }
    async fn depart(&self, request: Request) -> Answer {
        self.answer("depart", request).await
    }
    async fn choose(&self, request: Request) -> Answer {
        self.answer("choose", request).await
    }
}

/// The broker under test.
struct App {
    router: Router,
    launches: Arc<Scripted>,
    metrics: Arc<Metrics>,
}

struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

fn settings() -> Settings {
    let trusted_proxies = vec!["192.0.2.0/24".parse().unwrap()];
    Settings { public_url: Url::parse("https://broker.example/").unwrap(), trusted_proxies }
}

/// A proxy in front, the other end of each connection that no test makes another's.
fn proxy() -> Peer {
    Peer::of("192.0.2.1:4711".parse().unwrap())
}

fn behind(launches: Arc<dyn Launches>, metrics: Arc<Metrics>) -> Behind {
    let (clock, chance) = (Arc::new(Fixed), Arc::new(Fixed));
    let second = Duration::from_secs(1);
    let rules = Rules { allow: Vec::new(), connect: second, total: second, max_bytes: 0 };
    let clients = Clients {
        store: Arc::new(Nobody),
        keys: Arc::new(KeySets::new(Transport::new(&rules).unwrap(), clock.clone())),
        clock: clock.clone(),
        chance: chance.clone(),
        audiences: Vec::new(),
        leeway: time::Duration::ZERO,
    };
    let console = Console {
        store: Arc::new(Nobody),
        keys: Arc::new(Nobody),
        passwords: Passwords::new(),
        clock: clock.clone(),
        chance: chance.clone(),
        host: "broker.example".to_owned(),
    };
    Behind {
        launches,
        pages: Pages::load().unwrap(),
        metrics,
        chance: chance.clone(),
        journal: Arc::new(Fixed),
        access: Arc::new(Access::new(Arc::new(Nobody), clock, chance)),
        clients: Arc::new(clients),
        console: Arc::new(console),
        api: Router::new(),
        desk: Router::new(),
    }
}

fn broker(launches: Arc<Scripted>, metrics: Arc<Metrics>) -> Broker {
    Broker::new(behind(launches, metrics), settings())
}

impl Answered {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn all(&self, name: &str) -> Vec<&str> {
        let values = self.headers.get_all(name).iter();
        values.map(|value| value.to_str().unwrap()).collect()
    }
}

impl App {
    fn answering(script: impl Fn(&Request) -> Outcome + Send + Sync + 'static) -> Self {
        let launches = Arc::new(Scripted { script: Box::new(script), seen: Mutex::default() });
        let metrics = Arc::new(Metrics::new());
        let asked: Arc<dyn Launches> = Arc::<Scripted>::clone(&launches);
        let router = router(behind(asked, Arc::clone(&metrics)), settings());
        Self { router, launches, metrics }
    }

    fn replying(body: ReplyBody) -> Self {
        Self::answering(move |_| Outcome::Step(Reply::of(body.clone())))
    }

    async fn send(&self, mut request: HttpRequest<Body>) -> Answered {
        if request.extensions().get::<Peer>().is_none() {
            request.extensions_mut().insert(proxy());
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answered {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.into()).unwrap(),
        }
    }

    async fn get(&self, path: &str) -> Answered {
        self.send(HttpRequest::get(path).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, form: impl Into<Body>) -> Answered {
        let request = HttpRequest::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(form.into()).unwrap()).await
    }

    fn seen(&self) -> Vec<(&'static str, Request)> {
        self.launches.seen.lock().unwrap().clone()
    }
}

/// Shown on our page.
fn refused(code: RefusalCode) -> Outcome {
    Outcome::Refused { refusal: code.about("over since June"), told: None }
}

/// Told to the publisher.
fn told(code: RefusalCode, reply: Reply) -> Outcome {
    Outcome::Refused { refusal: code.about(""), told: Some(reply) }
}

fn elsewhere() -> Url {
    Url::parse("https://publisher.example/login?a=1").unwrap()
}

fn redirect() -> ReplyBody {
    ReplyBody::Redirect(elsewhere())
}

fn posting(to: Url) -> ReplyBody {
    let fields = vec![("id_token", "t\"<".to_owned()), ("state", "s".to_owned())];
    ReplyBody::AutoPost { to, fields }
}
