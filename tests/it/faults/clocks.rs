//! A broker whose clock is two minutes off, ahead or behind.

use serde_json::{Value, json};

use super::history::{Addresses, Outcome};
use crate::stage::{Engine, Federation, Stage, off_by, on_both_engines, person, roles};

async fn stage_with(engine: Engine, environment: &[(&'static str, String)], more: &[(&str, &str)]) -> Stage {
    let people = vec![person("nina", "1", &[roles::PUPIL]), person("omar", "1", &[roles::PUPIL])];
    let environment = environment.iter().map(|(name, value)| (*name, value.as_str()));
    let all: Vec<_> = environment.chain(more.iter().copied()).collect();
    Stage::open_with(engine, people, Federation::open_to_all, &all).await
}

async fn outcome(stage: &Stage, person: &str) -> Outcome {
    let addresses = Addresses { ent: stage.ent.url().to_owned(), broker: stage.broker.url.clone() };
    addresses.attempt(person).await.outcome
}

fn invalid() -> Outcome {
    Outcome::Refused("token_invalid".to_owned())
}

/// For how long an ENT's tokens are valid, in seconds.
fn valid_for(stage: &Stage, seconds: i64) {
    let edit = move |claims: &mut Value| claims["exp"] = json!(claims["iat"].as_i64().unwrap() + seconds);
    stage.ent.edit_claims(edit);
}

/// The broker is behind, so the ENT seems to be ahead: nothing passes, and the log says by how much.
async fn an_ent_two_minutes_ahead_is_refused_with_the_reason(engine: Engine) {
    let stage = stage_with(engine, &off_by("-120s"), &[]).await;
    assert_eq!(outcome(&stage, "nina").await, invalid());
    assert_eq!(stage.events().await, Vec::<Value>::new());
    let (_, log) = stage.broker.stop();
    let said = |seconds: u32| log.contains(&format!("iat: is {seconds} s in the future"));
    assert!((100..=125).any(said), "{log}");
    let wider = [("PASSERELLE_LAUNCH__LEEWAY_SECONDS", "180")];
    let stage = stage_with(engine, &off_by("-120s"), &wider).await;
    assert!(matches!(outcome(&stage, "nina").await, Outcome::Delivered(_)), "an operator may widen it");
}

/// The broker is ahead, so the ENT seems to be behind: a token that is long over is refused, one that still counts passes.
/// When the clock is set right, pseudonyms are what they were, and what was used before stays used.
async fn an_ent_two_minutes_behind_and_a_clock_that_is_set_right(engine: Engine) {
    let mut stage = stage_with(engine, &off_by("+120s"), &[]).await;
    valid_for(&stage, 30);
    assert_eq!(outcome(&stage, "nina").await, invalid());
    let log = stage.broker.log();
    let said = |seconds: u32| log.contains(&format!("exp: was {seconds} s ago"));
    assert!((85..=120).any(said), "{log}");
    valid_for(&stage, 300);
    let ahead = outcome(&stage, "nina").await;
    assert!(matches!(ahead, Outcome::Delivered(_)), "{ahead:?}");
    let (mut browser, token) = stage.until_token("omar").await;
    let hop = browser.post_once(token.action.as_str(), &token.fields).await.unwrap();
    assert_eq!(hop.header("passerelle-refusal"), None, "{}", hop.body);

    let faked = ["LD_PRELOAD", "FAKETIME", "FAKETIME_DONT_FAKE_MONOTONIC"];
    let mut right = stage.broker.environment.clone();
    right.retain(|(name, _)| !faked.contains(&name.as_str()));
    stage.broker.crash_and_restart_in(right);
    assert_eq!(outcome(&stage, "nina").await, ahead, "the same pseudonym");
    let again = browser.post_once(token.action.as_str(), &token.fields).await.unwrap();
    assert_eq!(again.header("passerelle-refusal"), Some("replayed"));
}

on_both_engines!(
    an_ent_two_minutes_ahead_is_refused_with_the_reason,
    an_ent_two_minutes_behind_and_a_clock_that_is_set_right,
);
