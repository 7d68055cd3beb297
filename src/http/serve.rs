//! Serve: accepts connections, bounds what a slow or large client can hold, and stops without dropping anybody.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use futures::FutureExt;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

use super::address::Peer;

/// The longest that a client may take to send the head of a request, and the longest that a connection may be idle.
const HEAD_TIME: Duration = Duration::from_secs(15);
/// The largest head, in bytes: cookies of neighbours on a shared domain come along.
const HEAD_SIZE: usize = 64 * 1024;
/// How long nobody must have asked before kept connections are closed at the end: a browser may be between two hops.
const LINGER: Duration = Duration::from_secs(1);
/// Time to breathe when the system has no file descriptor left.
const BREATH: Duration = Duration::from_millis(50);

/// What connections and their listener tell each other at the end.
#[derive(Default)]
struct Leaving {
    begun: AtomicBool,
    asked: Notify,
}

/// Serves until `shutdown` ends; then accepts nobody more and gives requests in flight `grace` to be answered.
///
/// A client cannot know that a connection which it kept is closed just as it asks. So for a moment whoever asks is still
/// answered, and told that it was the last time (RFC 9112 section 9.6).
///
/// # Errors
/// That of a listener which listens no more.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
    grace: Duration,
) -> io::Result<()> {
    let mut shutdown = pin!(shutdown);
    let graceful = GracefulShutdown::new();
    let leaving = Arc::new(Leaving::default());
    let mut connections = JoinSet::new();
    let welcome =
        |(stream, peer)| converse(stream, peer, router.clone(), leaving.clone(), graceful.watcher());
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => drop(connections.spawn(welcome(accepted))),
                Err(error) if error.kind() == ErrorKind::InvalidInput => return Err(error),
                Err(error) => {
                    tracing::warn!(kind = %error.kind(), "a connection could not be accepted");
                    sleep(BREATH).await;
                }
            },
            () = &mut shutdown => break,
        }
        while connections.try_join_next().is_some() {}
    }
    leaving.begun.store(true, Ordering::Relaxed);
    // Whom the system has let in already.
    while let Some(Ok(accepted)) = listener.accept().now_or_never() {
        connections.spawn(welcome(accepted));
    }
    drop(listener);
    let end = async {
        linger(&mut connections, &leaving).await;
        graceful.shutdown().await;
    };
    if timeout(grace, end).await.is_err() {
        tracing::warn!(left = connections.len(), "connections were cut off at the end of the grace period");
    }
    Ok(())
}

/// Waits until nobody has asked for [`LINGER`], or every connection has ended.
async fn linger(connections: &mut JoinSet<()>, leaving: &Leaving) {
    loop {
        tokio::select! {
            () = leaving.asked.notified() => {}
            ended = connections.join_next() => if ended.is_none() { return },
            () = sleep(LINGER) => return,
        }
    }
}

/// Answers the requests of one connection, each with its peer beside it. A client that breaks off ends its connection
/// and not its request: what is begun is counted, logged, and leaves no query half asked.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    leaving: Arc<Leaving>,
    watcher: Watcher,
) {
    drop(stream.set_nodelay(true));
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer::of(peer));
        let (answering, leaving) = (tokio::spawn(router.call(request)), Arc::clone(&leaving));
        async move {
            let Ok(mut response) = answering.await?;
            if leaving.begun.load(Ordering::Relaxed) {
                leaving.asked.notify_one();
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, JoinError>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_header_size(HEAD_SIZE)
        .serve_connection(TokioIo::new(stream), service);
    drop(watcher.watch(connection).await);
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    use super::*;

    struct Served {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        ended: JoinHandle<io::Result<()>>,
    }

    async fn served(grace: Duration) -> Served {
        let router = Router::new().route(
            "/slow",
            get(|| async {
                sleep(Duration::from_millis(300)).await;
                "done"
            }),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { drop(stopped.await) };
        let ended = tokio::spawn(serve(listener, router, shutdown, grace));
        Served { address, stop, ended }
    }

    async fn asked(address: SocketAddr, head: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        sleep(Duration::from_millis(50)).await;
        stream
    }

    async fn heard(mut stream: TcpStream) -> String {
        let mut text = Vec::new();
        drop(stream.read_to_end(&mut text).await);
        String::from_utf8_lossy(&text).into_owned()
    }

    #[tokio::test]
    async fn a_stop_lets_a_request_in_flight_finish_and_accepts_nobody_more() {
        let served = served(Duration::from_secs(5)).await;
        let stream = asked(served.address, "GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
        served.stop.send(()).unwrap();
        let answer = heard(stream).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
        served.ended.await.unwrap().unwrap();
        assert!(TcpStream::connect(served.address).await.is_err());
    }

    #[tokio::test]
    async fn a_connection_that_says_nothing_is_cut_off_at_the_end_of_grace() {
        let served = served(Duration::from_millis(100)).await;
        let silent = asked(served.address, "GET /slow HT").await;
        served.stop.send(()).unwrap();
        // Shorter than a head may take: the connection did not end by itself.
        timeout(HEAD_TIME / 2, served.ended).await.unwrap().unwrap().unwrap();
        assert_eq!(heard(silent).await, "");
    }

    #[tokio::test]
    async fn a_connection_that_never_asked_does_not_hold_a_stop() {
        let served = served(Duration::from_secs(3600)).await;
        let _idle = asked(served.address, "").await;
        served.stop.send(()).unwrap();
        timeout(HEAD_TIME / 2, served.ended).await.unwrap().unwrap().unwrap();
    }

    #[tokio::test]
    async fn who_asks_on_a_kept_connection_during_a_stop_is_answered_for_the_last_time() {
        let served = served(Duration::from_secs(5)).await;
        let mut stream = asked(served.address, "GET /none HTTP/1.1\r\nhost: a\r\n\r\n").await;
        let mut first = vec![0; 1024];
        let read = stream.read(&mut first).await.unwrap();
        assert!(!String::from_utf8_lossy(&first[..read]).contains("connection: close"));
        served.stop.send(()).unwrap();
        stream.write_all(b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let answer = heard(stream).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer}");
        served.ended.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_request_goes_on_when_its_client_has_gone() {
        let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
        let (gone, is_gone) = tokio::sync::watch::channel(false);
        let answer = move || {
            let (begun, mut is_gone) = (begun.clone(), is_gone.clone());
            async move {
                begun.send("begun").unwrap();
                is_gone.wait_for(|gone| *gone).await.unwrap();
                // Time for the connection to notice.
                sleep(Duration::from_millis(100)).await;
                begun.send("ended").unwrap();
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(answer));
        tokio::spawn(serve(listener, router, std::future::pending(), Duration::from_secs(1)));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        assert_eq!(begins.recv().await, Some("begun"));
        drop(client);
        gone.send(true).unwrap();
        assert_eq!(timeout(Duration::from_secs(30), begins.recv()).await, Ok(Some("ended")));
    }

    #[tokio::test]
    async fn a_head_without_end_is_refused() {
        let served = served(Duration::from_millis(100)).await;
        let endless = format!("GET /slow HTTP/1.1\r\nhost: a\r\nx: {}", "x".repeat(HEAD_SIZE + 1024));
        let answer = heard(asked(served.address, &endless).await).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
        served.stop.send(()).unwrap();
        served.ended.await.unwrap().unwrap();
    }
}
