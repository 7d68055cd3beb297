//! Signing in: what the pages at the console's door do.

use std::sync::Arc;

use axum::extract::{Extension, RawQuery, Request, State};
use axum::http::HeaderMap;
use axum::http::header::RETRY_AFTER;
use axum::response::Response;
use boundary::{Fields, Handle};
use secrecy::SecretString;

use super::LONGEST;
use super::session::{Posted, brought, to, with_session};
use crate::access::{Denied, NotIn, Session, Stage};
use crate::http::address::Network;
use crate::http::{Broker, answer, doors, form};
use crate::pages::{CODE, CONSOLE, Page, SIGN_IN, Unshown};

type Shared = State<Arc<Broker>>;
type Asked = Extension<Network>;

/// Who is signed in already goes on.
pub(super) async fn page(
    State(broker): Shared,
    session: Option<Extension<Session>>,
    headers: HeaderMap,
) -> Response {
    if session.is_some_and(|session| session.stage == Stage::Full) {
        return to(CONSOLE);
    }
    answer::page(broker.pages.sign_in(doors::language(&headers), "", None))
}

pub(super) async fn password(State(broker): Shared, Extension(network): Asked, request: Request) -> Response {
    let language = doors::language(request.headers());
    let Ok(fields) = doors::form(LONGEST, request).await else {
        return answer::page(broker.pages.sign_in(language, "", Some(&NotIn::Wrong)));
    };
    let (account, password) = (one(&fields, "account"), secret(&fields, "password"));
    match broker.console.sign_in(account.trim(), password, &network.text()).await {
        Ok(session) => with_session(&broker, Some(&session), to(CODE)),
        Err(wrong) => {
            let page = broker.pages.sign_in(language, account, Some(&wrong));
            failed(&broker, page, &wrong)
        }
    }
}

pub(super) async fn code_page(
    State(broker): Shared,
    session: Option<Extension<Session>>,
    headers: HeaderMap,
) -> Response {
    match session {
        Some(session) if session.stage == Stage::Code => {
            answer::page(broker.pages.sign_in_code(doors::language(&headers), None))
        }
        _ => to(SIGN_IN),
    }
}

pub(super) async fn code(State(broker): Shared, Extension(network): Asked, request: Request) -> Response {
    let language = doors::language(request.headers());
    let Some(begun) = brought(&broker, request.headers()) else { return to(SIGN_IN) };
    let Ok(fields) = doors::form(LONGEST, request).await else { return to(SIGN_IN) };
    match broker.console.code(&begun, one(&fields, "code"), &network.text()).await {
        Ok(session) => {
            broker.metrics.signed_in("in");
            with_session(&broker, Some(&session), to(CONSOLE))
        }
        Err(wrong @ NotIn::Over) => {
            let page = broker.pages.sign_in(language, "", Some(&wrong));
            with_session(&broker, None, failed(&broker, page, &wrong))
        }
        Err(wrong) => failed(&broker, broker.pages.sign_in_code(language, Some(&wrong)), &wrong),
    }
}

pub(super) async fn sign_out(State(broker): Shared, headers: HeaderMap, _: Session, _: Posted) -> Response {
    if let Some(session) = brought(&broker, &headers)
        && let Err(fault) = broker.console.sign_out(&session).await
    {
        tracing::warn!(%fault, "a session cannot be ended now");
        return answer::page(broker.pages.unshown(doors::language(&headers), Unshown::Fault));
    }
    with_session(&broker, None, to(SIGN_IN))
}

pub(super) async fn enrol_page(
    State(broker): Shared,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let language = doors::language(&headers);
    let fields = form::read(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let link = one(&fields, "link");
    match broker.console.enrolling(link).await {
        Ok(enrolling) => answer::page(broker.pages.enrol(language, link, &enrolling, None)),
        Err(why) => unshown(&broker, language, &why),
    }
}

pub(super) async fn enrol(State(broker): Shared, request: Request) -> Response {
    let language = doors::language(request.headers());
    let Ok(fields) = doors::form(LONGEST, request).await else {
        return unshown(&broker, language, &NotIn::Over);
    };
    let link = one(&fields, "link");
    let passwords = (one(&fields, "password"), one(&fields, "again"));
    let wrong = match broker.console.enrol(link, passwords, one(&fields, "code")).await {
        Ok(ready) => {
            let codes: Vec<&str> = ready.recovery.iter().map(|code| code.as_str()).collect();
            let page = answer::page(broker.pages.enrolled(language, &codes));
            return with_session(&broker, Some(&ready.session), page);
        }
        Err(wrong) => wrong,
    };
    match broker.console.enrolling(link).await {
        Ok(enrolling) => {
            failed(&broker, broker.pages.enrol(language, link, &enrolling, Some(&wrong)), &wrong)
        }
        Err(why) => unshown(&broker, language, &why),
    }
}

pub(super) async fn change_page(
    State(broker): Shared,
    session: Session,
    headers: HeaderMap,
) -> Result<Response, Denied> {
    own(&session)?;
    Ok(answer::page(broker.pages.change_password(doors::language(&headers), &session, None)))
}

pub(super) async fn change(
    State(broker): Shared,
    Extension(network): Asked,
    session: Session,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Result<Response, Denied> {
    own(&session)?;
    let language = doors::language(&headers);
    let new = (one(&fields, "password"), one(&fields, "again"));
    let (account, old) = (&session.caller.account, secret(&fields, "old"));
    Ok(match broker.console.change_password(account, old, new, &network.text()).await {
        Ok(fresh) => with_session(&broker, Some(&fresh), to(CONSOLE)),
        Err(wrong) => failed(&broker, broker.pages.change_password(language, &session, Some(&wrong)), &wrong),
    })
}

/// Who came through an ENT has no password here.
const fn own(session: &Session) -> Result<(), Denied> {
    if session.is_own() { Ok(()) } else { Err(Denied::Role) }
}

/// A launch from an ENT ends here. In a portal's frame, where no cookie of ours is taken, it goes on in a window.
pub(super) async fn enter(State(broker): Shared, request: Request) -> Response {
    let language = doors::language(request.headers());
    let fields = doors::form(LONGEST, request).await.unwrap_or_default();
    let entered = match Handle::parse(one(&fields, "entry")) {
        Ok(handle) => broker.console.enter(&handle).await,
        Err(_) => Err(NotIn::Over),
    };
    match entered {
        Ok(session) => with_session(&broker, Some(&session), to(CONSOLE)),
        Err(why) => unshown(&broker, language, &why),
    }
}

fn one<'f>(fields: &'f Fields, name: &str) -> &'f str {
    fields.one(name).ok().flatten().unwrap_or_default()
}

fn secret(fields: &Fields, name: &str) -> SecretString {
    SecretString::from(one(fields, name))
}

fn failed(broker: &Broker, page: Page, wrong: &NotIn) -> Response {
    let mut response = answer::page(page);
    match wrong {
        NotIn::Wait(wait) => {
            broker.metrics.signed_in("slowed");
            let seconds = wait.whole_seconds().unsigned_abs() + 1;
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        NotIn::Fault(fault) => tracing::warn!(%fault, "nobody can sign in now"),
        NotIn::Wrong => broker.metrics.signed_in("wrong"),
        NotIn::Over | NotIn::Weak(_) | NotIn::Differ => {}
    }
    response
}

fn unshown(broker: &Broker, language: crate::pages::Language, why: &NotIn) -> Response {
    if let NotIn::Fault(fault) = why {
        tracing::warn!(%fault, "the console does not answer");
        return answer::page(broker.pages.unshown(language, Unshown::Fault));
    }
    answer::page(broker.pages.unshown(language, Unshown::Over))
}
