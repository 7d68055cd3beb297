//! Shelf: connections that stay at hand between two uses.
//!
//! sqlx's pool tries every connection that is given back to it, in a task of its own: one more round trip for each
//! query, which on a launch's way costs as much as the query. A shelf takes its connections from the pool once and keeps
//! those whose last query was answered. The others go back to the pool, which closes them and makes new ones.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::{Connection, Database, Pool};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A connection that rested longer than this is tried before use: its server may be gone.
const RESTED: Duration = Duration::from_secs(1);

/// Connections that a pool may open beyond the places of its shelves, for what asks the pool itself.
pub(super) const BESIDE: u32 = 2;
/// What stays in use stays on a shelf. What comes back to a pool may be in the middle of anything, and is closed.
pub(super) const AFTER_RELEASE: Result<bool, sqlx::Error> = Ok(false);

/// The shelves of a database, apart by what they are for: a flood of reads takes no connection from the others.
pub struct Shelves<DB: Database> {
    pub(super) reading: Arc<Shelf<DB>>,
    pub(super) writing: Arc<Shelf<DB>>,
    /// For the poll of changes and for readiness.
    pub(super) watching: Arc<Shelf<DB>>,
}

impl<DB: Database> Clone for Shelves<DB> {
    fn clone(&self) -> Self {
        let [reading, writing, watching] = [&self.reading, &self.writing, &self.watching].map(Arc::clone);
        Self { reading, writing, watching }
    }
}

impl<DB: Database> Shelves<DB> {
    /// Closes all connections, once they are given back.
    pub(super) async fn close(&self) {
        // Two shelves may be over one pool, which waits for what is on both.
        for shelf in [&self.watching, &self.reading, &self.writing] {
            drop(shelf.resting().take());
        }
        for shelf in [&self.watching, &self.reading, &self.writing] {
            shelf.pool.close().await;
        }
    }
}

/// Connections at hand, over the pool that makes them.
pub(in crate::store) struct Shelf<DB: Database> {
    pool: Pool<DB>,
    /// How long to wait for a connection.
    patience: Duration,
    places: Arc<Semaphore>,
    /// `None` once closed.
    resting: Mutex<Option<Vec<Resting<DB>>>>,
}

struct Resting<DB: Database> {
    connection: PoolConnection<DB>,
    since: Instant,
}

/// A connection that was taken from a shelf. Dropped without having been given back, it is closed: nobody knows what it
/// is in the middle of.
pub(in crate::store) struct Borrowed<DB: Database> {
    connection: PoolConnection<DB>,
    shelf: Arc<Shelf<DB>>,
    /// Comes last: the place is free once the connection has left.
    _place: OwnedSemaphorePermit,
}

impl<DB: Database> Shelf<DB> {
    /// A shelf of so many places; the pool must be able to open as many connections.
    pub fn new(pool: Pool<DB>, places: u32, patience: Duration) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(usize::try_from(places).unwrap_or(1)));
        Arc::new(Self { pool, patience, places, resting: Mutex::new(Some(Vec::new())) })
    }

    /// Takes a connection, and waits for one where all are in use.
    pub async fn take(self: &Arc<Self>) -> Result<Borrowed<DB>, sqlx::Error> {
        let places = Arc::clone(&self.places);
        let place = match Arc::clone(&places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => tokio::time::timeout(self.patience, places.acquire_owned())
                .await
                .map_err(|_| sqlx::Error::PoolTimedOut)?
                .map_err(|_| sqlx::Error::PoolClosed)?,
        };
        let connection = match self.rested().await {
            Some(connection) => connection,
            None => self.pool.acquire().await?,
        };
        Ok(Borrowed { connection, shelf: Arc::clone(self), _place: place })
    }

    /// Takes every connection, as a flood does.
    #[cfg(test)]
    pub async fn take_all(self: &Arc<Self>) -> Vec<Borrowed<DB>> {
        let free = self.places.available_permits();
        let all = futures::future::join_all((0..free).map(|_| self.take())).await;
        all.into_iter().flatten().collect()
    }

    /// The connection that rested shortest. One that rested long and does not answer is let go, with all that rested
    /// longer.
    async fn rested(&self) -> Option<PoolConnection<DB>> {
        let Resting { mut connection, since } = self.resting().as_mut()?.pop()?;
        let answers = since.elapsed() <= RESTED
            || tokio::time::timeout(self.patience, connection.ping()).await.is_ok_and(|pong| pong.is_ok());
        if answers {
            return Some(connection);
        }
        self.resting().as_mut()?.clear();
        None
    }

    fn resting(&self) -> MutexGuard<'_, Option<Vec<Resting<DB>>>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<DB: Database> Borrowed<DB> {
    /// The connection.
    pub fn connection(&mut self) -> &mut DB::Connection {
        &mut self.connection
    }

    /// Gives it back. One whose query was not answered would wait for the answer for ever, and is closed.
    pub fn give_back(mut self, answered: bool) {
        if !answered {
            return self.connection.close_on_drop();
        }
        let Self { connection, shelf, _place } = self;
        let mut resting = shelf.resting();
        // On a closed shelf the pool closes it.
        if let Some(resting) = resting.as_mut() {
            resting.push(Resting { connection, since: Instant::now() });
        }
    }
}
