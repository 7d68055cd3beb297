//! Docs: the page on which people try the API. It is made in their browser from the document, of assets of ours alone.

use axum::Router;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::Response;
use axum::routing::get;

use super::Shared;

/// Scripts, styles and requests of this origin, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// The page, and what it needs.
const FILES: [(&str, &str, &str); 3] = [
    ("/docs", "text/html; charset=utf-8", include_str!("docs/page.html")),
    ("/docs/page.css", "text/css; charset=utf-8", include_str!("docs/page.css")),
    ("/docs/page.js", "text/javascript; charset=utf-8", include_str!("docs/page.js")),
];

/// The routes of the page.
pub fn mount(router: Router<Shared>) -> Router<Shared> {
    FILES.into_iter().fold(router, |router, (path, media, text)| {
        router.route(path, get(move || async move { file(media, text) }))
    })
}

fn file(media: &'static str, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}
