//! The console's door: pages where people sign in, and the layer under which every page of the console stands.
//!
//! A form counts only where the browser says that one of our own pages sent it (`Sec-Fetch-Site`, else `Origin`); in a
//! session it brings the session's own token too. The cookie is `SameSite=Strict`: no other site's link or form carries
//! it.

mod session;
mod sign_in;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use super::Broker;
use crate::pages::{CODE, ENROL, ENTER, PASSWORD, SIGN_IN, SIGN_OUT};

pub(super) use session::Posted;

use session::layer;

/// The largest form: a page of holders, each of them ticked.
const LONGEST: usize = 64 * 1024;

/// The doors. Whatever else the console has is merged in under the same [`layer`].
pub(super) fn mount(broker: &Arc<Broker>, inside: Router) -> Router<Arc<Broker>> {
    Router::new()
        .route(SIGN_IN, get(sign_in::page).post(sign_in::password))
        .route(CODE, get(sign_in::code_page).post(sign_in::code))
        .route(SIGN_OUT, post(sign_in::sign_out))
        .route(ENROL, get(sign_in::enrol_page).post(sign_in::enrol))
        .route(PASSWORD, get(sign_in::change_page).post(sign_in::change))
        .route(ENTER, post(sign_in::enter))
        .merge(inside.with_state(()))
        .route_layer(from_fn_with_state(Arc::clone(broker), layer))
}
