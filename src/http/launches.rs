//! Launches: the dispatcher as `http/` sees it, which is all that a test needs to stand in for.

use async_trait::async_trait;
use boundary::{Door, Request};

use crate::launch::{Answer, Dispatcher};

/// Where requests go once they are read.
#[async_trait]
pub trait Launches: Send + Sync {
    /// The doors towards ENTs.
    fn arriving(&self) -> &'static [Door];

    /// The doors towards publishers.
    fn departing(&self) -> &'static [Door];

    /// A request at a door towards ENTs.
    async fn arrive(&self, request: Request) -> Answer;

    /// A request at a door towards publishers.
    async fn depart(&self, request: Request) -> Answer;

    /// The choice of a school: the fields `launch` and `uai`.
    async fn choose(&self, request: Request) -> Answer;
}

#[async_trait]
impl Launches for Dispatcher {
    fn arriving(&self) -> &'static [Door] {
        self.inbound().doors()
    }

    fn departing(&self) -> &'static [Door] {
        self.outbound().doors()
    }

    async fn arrive(&self, request: Request) -> Answer {
        Self::arrive(self, request).await
    }

    async fn depart(&self, request: Request) -> Answer {
        Self::depart(self, request).await
    }

    async fn choose(&self, request: Request) -> Answer {
        Self::choose(self, request).await
    }
}
