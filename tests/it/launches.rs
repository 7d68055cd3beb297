//! Launches as the standard's certification knows them: what must be refused, and what must work.

use crate::stage::{Ending, Stage, on_both_engines};

async fn a_pupil_opens_a_resource(engine: crate::stage::Engine) {
    let stage = Stage::plain(engine).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let again = stage.received();
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    assert_eq!(stage.received()["sub"], again["sub"]);
}

on_both_engines!(a_pupil_opens_a_resource);
