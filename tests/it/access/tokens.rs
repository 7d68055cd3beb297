//! Scoped tokens: made once, kept hashed, good for what they were made for and nothing else.

use serde_json::json;

use super::visitor::Visitor;
use crate::stage::{Engine, LYCEE, Stage, on_both_engines};

/// A token that a command makes.
pub fn token(stage: &Stage, arguments: &[&str]) -> (String, String) {
    let all: Vec<&str> = ["tokens", "add"].into_iter().chain(arguments.iter().copied()).collect();
    let made = stage.command(&all);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let id = made.stdout.split_whitespace().nth(1).unwrap().to_owned();
    (id, made.stdout.lines().last().unwrap().to_owned())
}

async fn a_token_says_who_it_stands_for_until_it_is_revoked(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let arguments = ["--role", "school-manager", "--school", LYCEE, "--scope", "assignments:write"];
    let (id, secret) = token(&stage, &arguments);
    let mut program = Visitor::of(&stage.broker.url);
    let me = program.call("/api/v1/me", &format!("Bearer {secret}")).await;
    assert_eq!(me.status, 200, "{}", me.body);
    let me = me.json();
    assert_eq!((&me["role"], &me["schools"]), (&json!("school-manager"), &json!([LYCEE])));
    assert_eq!(me["scopes"], json!(["assignments:write"]));
    assert!(me["account"].as_str().unwrap().starts_with("client-"));
    let listed = stage.command(&["tokens", "list"]).stdout;
    assert!(listed.contains(&id) && !listed.contains(&secret), "{listed}");
    let kept = String::from_utf8_lossy(&stage.database.bytes()).into_owned();
    assert!(kept.contains(&id) && !kept.contains(&secret), "a token is kept in clear");
    assert_eq!(stage.command(&["tokens", "revoke", &id]).code, Some(0));
    let gone = program.call("/api/v1/me", &format!("Bearer {secret}")).await;
    assert_eq!((gone.status, gone.json()["code"].as_str()), (401, Some("token_invalid")));
    assert_eq!(stage.command(&["tokens", "revoke", &id]).code, Some(1));
    let changes = stage.changes("token").await;
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert!(
        changes.iter().all(|change| change["object"] == id.as_str() && change["school"] == LYCEE),
        "{changes:?}"
    );
}

async fn what_is_no_token_is_told_so_and_slowed(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let (_, secret) = token(&stage, &["--role", "operator", "--scope", "ents:read"]);
    let mut program = Visitor::of(&stage.broker.url);
    let nobody = program.get("/api/v1/me").await;
    assert_eq!((nobody.status, nobody.json()["code"].as_str()), (401, Some("not_authenticated")));
    assert_eq!(nobody.header("content-type"), "application/problem+json");
    assert!(nobody.header("www-authenticate").starts_with("Bearer "));
    // In the header alone: an address is written down in too many places.
    assert_eq!(program.get(&format!("/api/v1/me?access_token={secret}")).await.status, 401);
    let other = secret.replacen("psl_", "psa_", 1);
    for wrong in
        ["Bearer", "Bearer x", "Basic YTpi", &format!("Bearer {other}"), &format!("Bearer {secret}x")]
    {
        let answer = program.call("/api/v1/me", wrong).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (401, Some("token_invalid")), "{wrong}");
        assert!(answer.header("www-authenticate").contains("invalid_token"), "{wrong}");
    }
    let mut slowed = None;
    for _ in 0..200 {
        let answer = program.call("/api/v1/me", "Bearer psl_x").await;
        if answer.status == 429 {
            slowed = Some(answer);
            break;
        }
    }
    assert!(!slowed.expect("guessing is slowed").header("retry-after").is_empty());
    let right = program.call("/api/v1/me", &format!("Bearer {secret}")).await;
    assert_eq!(right.status, 200, "whoever is right is not kept out by a neighbour");
}

async fn a_token_ends_when_it_was_to(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let tomorrow = crate::stage::in_days(1);
    let (_, secret) =
        token(&stage, &["--role", "auditor", "--scope", "journal:read", "--expires", &tomorrow]);
    let mut program = Visitor::of(&stage.broker.url);
    assert_eq!(program.call("/api/v1/me", &format!("Bearer {secret}")).await.status, 200);
    assert_eq!(stage.database.change("UPDATE access_token SET expires = 1").await, 1);
    assert_eq!(program.call("/api/v1/me", &format!("Bearer {secret}")).await.status, 401);
    let past = stage.command(&[
        "tokens",
        "add",
        "--role",
        "auditor",
        "--scope",
        "journal:read",
        "--expires",
        "2020-01-01",
    ]);
    assert_eq!(past.code, Some(1), "{}", past.stdout);
}

async fn a_token_of_an_account_ends_with_it(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let none = stage.command(&["tokens", "add", "--account", "auditor-x", "--scope", "journal:read"]);
    assert_eq!(none.code, Some(1), "{}", none.stdout);
    assert_eq!(stage.command(&["accounts", "add", "auditor-x", "--role", "auditor"]).code, Some(0));
    let (_, secret) = token(&stage, &["--account", "auditor-x", "--scope", "journal:read"]);
    let mut program = Visitor::of(&stage.broker.url);
    let me = program.call("/api/v1/me", &format!("Bearer {secret}")).await.json();
    assert_eq!((me["account"].as_str(), me["role"].as_str()), (Some("auditor-x"), Some("auditor")));
    assert_eq!(stage.command(&["accounts", "disable", "auditor-x"]).code, Some(0));
    assert_eq!(program.call("/api/v1/me", &format!("Bearer {secret}")).await.status, 401);
    let both = ["tokens", "add", "--account", "auditor-x", "--role", "auditor", "--scope", "journal:read"];
    assert_eq!(stage.command(&both).code, Some(2));
}

async fn a_role_says_for_whom(engine: Engine) {
    let stage = Stage::plain(engine).await;
    for wrong in [
        &["--role", "school-manager"][..],
        &["--role", "publisher-manager"],
        &["--role", "operator", "--school", LYCEE],
        &["--role", "school-manager", "--school", "no uai"],
        &["--role", "auditor", "--organisation", "editeur"],
    ] {
        let all: Vec<&str> =
            ["tokens", "add", "--scope", "ents:read"].into_iter().chain(wrong.iter().copied()).collect();
        let made = stage.command(&all);
        assert_eq!(made.code, Some(1), "{wrong:?}: {}", made.stdout);
    }
    assert_eq!(stage.command(&["tokens", "add", "--role", "king", "--scope", "ents:read"]).code, Some(2));
    assert_eq!(stage.command(&["tokens", "add", "--role", "operator", "--scope", "all"]).code, Some(1));
}

on_both_engines! {
    a_token_says_who_it_stands_for_until_it_is_revoked,
    what_is_no_token_is_told_so_and_slowed,
    a_token_ends_when_it_was_to,
    a_token_of_an_account_ends_with_it,
    a_role_says_for_whom,
}
