//! The reference ENT and the reference publisher of the demo, with their invented people and tiles.

use std::sync::Arc;

use boundary::{Chance, Clock};
use conformance::{
    Browser, EntSettings, PublisherSettings, ReferenceEnt, ReferencePublisher, RunningEnt, RunningPublisher,
    World,
};
use serde::Deserialize;
use tokio::net::TcpListener;

use super::{Demo, DemoError};

/// Who is at the ENT and what it shows; its people and resources are those of the federation.
const CAST: &str = include_str!("cast.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cast {
    registrations: Vec<conformance::ent::Registration>,
    clients: Vec<conformance::Client>,
    people: Vec<conformance::ent::Person>,
    tiles: Vec<conformance::ent::Tile>,
}

/// Both peers, running.
pub struct Peers {
    ent: RunningEnt,
    publisher: RunningPublisher,
}

impl Peers {
    /// Starts both, on the broker's own clock and chance.
    ///
    /// # Errors
    /// [`DemoError`] where a port is taken or a peer does not start.
    pub async fn start(
        demo: &Demo,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Result<Self, DemoError> {
        let world = World {
            now: Arc::new(move || clock.now()),
            fill: Arc::new(move |bytes: &mut [u8]| chance.fill(bytes)),
        };
        let failed = |e: &dyn std::fmt::Display| DemoError::Peer(e.to_string());
        let cast: Cast = toml::from_str(CAST).map_err(|e| failed(&e))?;
        let (ent_port, publisher_port) = demo.ports;
        let (ent_door, publisher_door) = (open(ent_port).await?, open(publisher_port).await?);
        let mut settings = EntSettings::new(&demo.ent, &demo.broker);
        settings.registrations = cast.registrations;
        settings.people = cast.people;
        settings.tiles = cast.tiles;
        let ent = ReferenceEnt::start(ent_door, settings, world.clone()).map_err(|e| failed(&e))?;
        let mut settings = PublisherSettings::new(&demo.publisher, &demo.broker);
        settings.clients = cast.clients;
        let publisher = ReferencePublisher::start(publisher_door, settings, world, ent.board())
            .map_err(|e| failed(&e))?;
        Ok(Self { ent, publisher })
    }

    /// Walks one launch through, as a pupil would.
    ///
    /// # Errors
    /// [`DemoError`] where it does not land at the publisher.
    pub async fn walk(&self) -> Result<(), DemoError> {
        let failed = |what: String| DemoError::Peer(format!("the trial launch did not land: {what}"));
        let mut browser = Browser::new().map_err(|e| failed(e.to_string()))?;
        let landing =
            browser.launch(self.ent.url(), "lea", "atlas").await.map_err(|e| failed(e.to_string()))?;
        let there = landing.url.as_str().starts_with(self.publisher.url());
        if there && landing.status == 200 {
            Ok(())
        } else {
            Err(failed(format!("status {} at {}", landing.status, landing.url.path())))
        }
    }

    /// Stops both.
    pub async fn stop(self) {
        self.ent.stop().await;
        self.publisher.stop().await;
    }
}

async fn open(port: u16) -> Result<TcpListener, DemoError> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| DemoError::Port { port, error })
}
