//! A network between broker and PostgreSQL that carries nothing for a while: nobody knows what became of a commit.

use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::history::{Load, Outcome, people};
use super::tell;
use crate::stage::{Database, Engine, Federation, Stage};

/// How long nothing passes: longer than a statement may take, and than a connection may take to get.
const SILENCE: Duration = Duration::from_secs(15);
const SOCKET: &str = ".s.PGSQL.5432";

/// The way from a socket in one folder to the server's in another.
struct Wire {
    carries: watch::Sender<bool>,
}

impl Wire {
    fn lay(from: PathBuf, to: PathBuf) -> Self {
        let (carries, state) = watch::channel(true);
        let listener = UnixListener::bind(from).unwrap();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = UnixStream::connect(&to).await.unwrap();
                let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
                tokio::spawn(carry(near_read, far_write, state.clone()));
                tokio::spawn(carry(far_read, near_write, state.clone()));
            }
        });
        Self { carries }
    }
}

/// Carries bytes; while the wire carries nothing, they wait where they are.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut carries: watch::Receiver<bool>,
) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(many @ 1..) = from.read(&mut bytes).await {
        if carries.wait_for(|carries| *carries).await.is_err() || to.write_all(&bytes[..many]).await.is_err()
        {
            return;
        }
    }
    // The other end learns that this one is gone only when the wire carries again.
    if carries.wait_for(|carries| *carries).await.is_ok() {
        let _ = to.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_from_the_database_loses_nothing() {
    let database = Database::new(Engine::Postgres);
    let folder = database.folder().to_owned();
    let server = url::Url::parse(&database.url).unwrap();
    let host = server.query_pairs().find(|(name, _)| name == "host").unwrap().1.into_owned();
    let wire = Wire::lay(folder.join(SOCKET), PathBuf::from(&host).join(SOCKET));
    let over_the_wire = database.url.replace(&host, folder.to_str().unwrap());
    let more = [("PASSERELLE_DATABASE_URL", over_the_wire.as_str())];
    let stage = Stage::open_on(database, people(), Federation::open_to_all, &more).await;
    let load = Load::start(&stage);
    stage.eventually(async || load.delivered() >= 5).await;
    wire.carries.send_replace(false);
    let silent = Instant::now();
    sleep(SILENCE).await;
    let back = Instant::now();
    wire.carries.send_replace(true);
    let before = load.delivered();
    stage.eventually(async || load.delivered() >= before + 5).await;
    tell(&format!("partition: five launches within {:?} after the wire carried again", back.elapsed()));
    let history = load.stop().await;
    for attempt in history.attempts.iter().filter(|a| a.began > silent && a.ended < back) {
        assert_eq!(attempt.outcome, Outcome::Fault, "{}", attempt.person);
    }
    assert!(history.count(|outcome| *outcome == Outcome::Fault) > 0);
    assert_eq!(history.count(|outcome| matches!(outcome, Outcome::Refused(_))), 0, "a fault is no refusal");
    history.check(&stage).await;
}
