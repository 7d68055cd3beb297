//! A small server that runs until it is stopped or dropped.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The largest request body: an id_token is a few kilobytes.
const BODY_LIMIT: usize = 256 * 1024;
/// How long open requests may take to end before they are cut.
const GRACE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Listening {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    address: Option<SocketAddr>,
}

impl Listening {
    /// Serves on the current runtime.
    pub(crate) fn start(listener: TcpListener, router: Router) -> Self {
        let address = listener.local_addr().ok();
        let (stop, stopped) = oneshot::channel::<()>();
        let router = router.layer(DefaultBodyLimit::max(BODY_LIMIT));
        let task = tokio::spawn(async move {
            let wait = async {
                // An error means that the sender is gone, which is a reason to stop as well.
                let _gone = stopped.await;
            };
            // axum's accept loop retries by itself and returns no error of the listener.
            let _ended = axum::serve(listener, router).with_graceful_shutdown(wait).await;
        });
        Self { stop: Some(stop), task, address }
    }

    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Lets open requests end, for a moment.
    pub(crate) async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that the server has ended already.
            let _ended = stop.send(());
        }
        if tokio::time::timeout(GRACE, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}
