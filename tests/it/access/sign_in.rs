//! Signing in to the console: password and code, once each; and what ends a session, or never begins one.

use super::visitor::{Enrolled, PASSWORD, Visitor, code, enrol, enrolled, link, secret_of, sign_in};
use crate::stage::{Broker, Engine, Stage, on_both_engines};

const COOKIE: &str = "passerelle-console";

/// Whether somebody is in.
async fn is_in(visitor: &mut Visitor) -> bool {
    let answer = visitor.get("/console").await;
    match answer.status {
        200 => true,
        303 => {
            assert_eq!(answer.location(), "/console/sign-in");
            false
        }
        _ => panic!("{answer:?}"),
    }
}

async fn an_account_is_enrolled_once_and_signs_in_with_both(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let link = link(&stage, &["accounts", "add", "op-astreinte", "--role", "operator"]);
    let mut stranger = Visitor::of(&stage.broker.url);
    assert!(!is_in(&mut stranger).await);
    // Looking at the link takes nothing away; a wrong code or a weak password neither.
    let page = stranger.get(&link).await;
    assert_eq!((page.status, page.header("referrer-policy")), (200, "same-origin"));
    let (secret, hidden) = (secret_of(&page), page.hidden("link"));
    for (password, again, shown, status) in [
        (PASSWORD, PASSWORD, "000000".to_owned(), 422),
        ("motdepasse123", "motdepasse123", code(&secret, 0), 422),
        (PASSWORD, "quatre chevaux bleus", code(&secret, 0), 422),
    ] {
        let form = [("link", &*hidden), ("password", password), ("again", again), ("code", &*shown)];
        assert_eq!(stranger.post("/console/enrol", &form).await.status, status);
        assert!(!is_in(&mut stranger).await);
    }
    let Enrolled { mut visitor, secret, .. } = enrol(&stage, &link).await;
    assert!(is_in(&mut visitor).await, "the enrolment ends signed in");
    assert_eq!(stranger.get(&link).await.status, 410, "a link counts once");
    let mut other = Visitor::of(&stage.broker.url);
    let done = sign_in(&mut other, "op-astreinte", PASSWORD, &code(&secret, 1)).await;
    assert_eq!((done.status, done.location()), (303, "/console"), "{}", done.body);
    assert!(is_in(&mut other).await);
    let kept = stage.database.bytes();
    let clear = |text: &str| kept.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(
        !clear(PASSWORD) && !clear(&secret) && !clear(&other.cookies[COOKIE]),
        "something is kept in clear"
    );
    let journal = stage.changes("account").await;
    let told: Vec<_> =
        journal.iter().map(|e| (e["change"].as_str().unwrap(), e["actor"].as_str().unwrap())).collect();
    let own = "account:op-astreinte";
    assert_eq!(told, [("add", "command"), ("enrol", own), ("sign-in", own)]);
}

async fn a_code_counts_once_and_recovery_codes_stand_in(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let Enrolled { secret, recovery, .. } = enrolled(&stage, "op-astreinte").await;
    let second = Broker::beside(&stage.broker);
    let (mut one, mut two) = (Visitor::of(&stage.broker.url), Visitor::of(&second.url));
    // The public origin is that of both hosts.
    two.site = one.site.clone();
    let shown = code(&secret, 1);
    assert_eq!(sign_in(&mut one, "op-astreinte", PASSWORD, &shown).await.location(), "/console");
    let again = sign_in(&mut two, "op-astreinte", PASSWORD, &shown).await;
    assert_eq!(again.status, 422, "a code that was used on another host: {}", again.body);
    assert!(!is_in(&mut two).await);
    let typed = recovery[3].to_uppercase();
    assert_eq!(two.post("/console/sign-in/code", &[("code", &typed)]).await.location(), "/console");
    assert!(is_in(&mut two).await);
    let mut three = Visitor::of(&stage.broker.url);
    assert_eq!(sign_in(&mut three, "op-astreinte", PASSWORD, &recovery[3]).await.status, 422);
}

async fn half_a_sign_in_is_none(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let Enrolled { secret, .. } = enrolled(&stage, "op-astreinte").await;
    let mut visitor = Visitor::of(&stage.broker.url);
    let form = [("account", "op-astreinte"), ("password", PASSWORD)];
    assert_eq!(visitor.post("/console/sign-in", &form).await.location(), "/console/sign-in/code");
    let half = visitor.cookies[COOKIE].clone();
    for path in ["/console", "/console/password"] {
        assert_eq!(visitor.get(path).await.location(), "/console/sign-in", "{path}");
    }
    assert_eq!(
        visitor.post("/console/sign-in/code", &[("code", &code(&secret, 1))]).await.location(),
        "/console"
    );
    assert_ne!(visitor.cookies[COOKIE], half, "whoever saw the first session has not the second");
    visitor.cookies.insert(COOKIE.to_owned(), half);
    assert!(!is_in(&mut visitor).await);
    assert_eq!(visitor.get("/console/sign-in/code").await.location(), "/console/sign-in");
}

async fn guessing_is_slowed_on_every_host_and_for_everybody_alike(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let Enrolled { secret, .. } = enrolled(&stage, "op-astreinte").await;
    let second = Broker::beside(&stage.broker);
    for account in ["op-astreinte", "op-personne"] {
        let (mut one, mut two) = (Visitor::of(&stage.broker.url), Visitor::of(&second.url));
        two.site = one.site.clone();
        let wrong = [("account", account), ("password", "trois chevaux verts")];
        let mut statuses = Vec::new();
        for attempt in 0..7 {
            let visitor = if attempt % 2 == 0 { &mut one } else { &mut two };
            statuses.push(visitor.post("/console/sign-in", &wrong).await.status);
        }
        assert_eq!(statuses[..5], [422; 5], "{account}");
        assert!(statuses[5..].contains(&429), "{account}: {statuses:?}");
        // From here on nobody may try for long, not even with the right password.
        stage.database.change("UPDATE sign_in_failure SET until = 9000000000000 WHERE failures > 4").await;
        let form = [("account", account), ("password", PASSWORD)];
        let slowed = two.post("/console/sign-in", &form).await;
        assert_eq!(slowed.status, 429, "{account}");
        assert!(!slowed.header("retry-after").is_empty());
        stage.database.change("UPDATE sign_in_failure SET until = 0").await;
    }
    let mut visitor = Visitor::of(&stage.broker.url);
    let done = sign_in(&mut visitor, "op-astreinte", PASSWORD, &code(&secret, 1)).await;
    assert_eq!(done.location(), "/console", "{}", done.body);
    let kept = stage.database.ask("SELECT CAST(count(*) AS TEXT) FROM sign_in_failure").await;
    assert_ne!(kept, ["0"], "who failed elsewhere is not forgiven");
    let metrics = stage.metrics().await;
    assert!(metrics.contains("passerelle_sign_ins_total{outcome=\"wrong\"}"), "{metrics}");
    assert!(!stage.broker.log().contains("op-astreinte"), "a log names an account");
}

async fn codes_are_not_guessed_either(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let Enrolled { secret, .. } = enrolled(&stage, "op-astreinte").await;
    let mut visitor = Visitor::of(&stage.broker.url);
    let form = [("account", "op-astreinte"), ("password", PASSWORD)];
    let mut statuses = Vec::new();
    for _ in 0..8 {
        // The password is right each time, and wipes nothing of what the code failed.
        visitor.post("/console/sign-in", &form).await;
        statuses.push(visitor.post("/console/sign-in/code", &[("code", "123456")]).await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    stage.database.change("UPDATE sign_in_failure SET until = 0").await;
    let done = visitor.post("/console/sign-in/code", &[("code", &code(&secret, 1))]).await;
    assert_eq!(done.location(), "/console", "{}", done.body);
}

async fn a_session_ends(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let Enrolled { visitor: mut first, recovery, .. } = enrolled(&stage, "op-astreinte").await;
    let again = async |n: usize| {
        let mut visitor = Visitor::of(&stage.broker.url);
        assert_eq!(
            sign_in(&mut visitor, "op-astreinte", PASSWORD, &recovery[n]).await.location(),
            "/console"
        );
        visitor
    };
    // When somebody signs out; and its cookie is worth nothing then.
    let mut visitor = again(0).await;
    let (cookie, form) = (visitor.cookies[COOKIE].clone(), visitor.get("/console").await.hidden("form"));
    assert_eq!(visitor.post("/console/sign-out", &[("form", &form)]).await.location(), "/console/sign-in");
    visitor.cookies.insert(COOKIE.to_owned(), cookie);
    assert!(!is_in(&mut visitor).await);
    assert!(is_in(&mut first).await, "another session of the same account goes on");
    // After half an hour of silence, and after twelve hours.
    let mut visitor = again(1).await;
    stage.database.change("UPDATE console_session SET seen = seen - 1801000").await;
    assert!(!is_in(&mut visitor).await);
    let mut visitor = again(2).await;
    stage.database.change("UPDATE console_session SET expires = expires - 43201000").await;
    assert!(!is_in(&mut visitor).await);
    // When the password changes: every session but the one that it begins.
    let (mut one, mut two) = (again(3).await, again(4).await);
    let form = one.get("/console/password").await.hidden("form");
    let change = [
        ("form", &*form),
        ("old", PASSWORD),
        ("password", "cinq chevaux bleus"),
        ("again", "cinq chevaux bleus"),
    ];
    let wrong =
        [("form", &*form), ("old", "x"), ("password", "cinq chevaux bleus"), ("again", "cinq chevaux bleus")];
    assert_eq!(one.post("/console/password", &wrong).await.status, 422);
    assert_eq!(one.post("/console/password", &change).await.location(), "/console");
    assert!(is_in(&mut one).await && !is_in(&mut two).await);
    // When the account is shut; and it cannot sign in.
    assert_eq!(stage.command(&["accounts", "disable", "op-astreinte"]).code, Some(0));
    assert!(!is_in(&mut one).await);
    assert_eq!(sign_in(&mut two, "op-astreinte", "cinq chevaux bleus", &recovery[5]).await.status, 422);
    assert_eq!(stage.command(&["accounts", "enable", "op-astreinte"]).code, Some(0));
    assert!(!is_in(&mut one).await, "what was ended stays ended");
    // When it is reset, whoever holds the new link enrols it, and the old password is none.
    let link = link(&stage, &["accounts", "reset", "op-astreinte"]);
    assert_eq!(sign_in(&mut two, "op-astreinte", "cinq chevaux bleus", &recovery[6]).await.status, 422);
    assert!(is_in(&mut enrol(&stage, &link).await.visitor).await);
}

async fn no_other_page_sends_a_form(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let Enrolled { mut visitor, .. } = enrolled(&stage, "op-astreinte").await;
    let home = visitor.get("/console").await;
    assert!(home.header("content-security-policy").contains("frame-ancestors 'none'"));
    let form = home.hidden("form");
    let sites: [&[(&str, &str)]; 5] = [
        &[],
        &[("origin", "null")],
        &[("origin", "https://evil.example")],
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "same-site")],
    ];
    let own = visitor.site.clone();
    for site in sites {
        visitor.site = site.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        for path in ["/console/sign-out", "/console/sign-in", "/console/enrol", "/console/enter"] {
            let answer = visitor.post(path, &[("form", &form)]).await;
            assert_eq!(answer.status, 403, "{path} {site:?}: {}", answer.body);
        }
    }
    visitor.site = own;
    for token in ["", "x", &form[1..], &form.to_uppercase()] {
        assert_eq!(visitor.post("/console/sign-out", &[("form", token)]).await.status, 403, "{token}");
    }
    assert!(is_in(&mut visitor).await);
    let mut other = enrolled(&stage, "op-jour").await.visitor;
    let theirs = other.get("/console").await.hidden("form");
    assert_eq!(
        visitor.post("/console/sign-out", &[("form", &theirs)]).await.status,
        403,
        "of another session"
    );
    visitor.site = vec![("sec-fetch-site", "same-origin".to_owned())];
    assert_eq!(visitor.post("/console/sign-out", &[("form", &form)]).await.location(), "/console/sign-in");
}

/// The master key changes, and authenticators still open.
async fn authenticators_are_sealed_anew_with_the_keys(engine: Engine) {
    let mut stage = Stage::plain(engine).await;
    let Enrolled { secret, .. } = enrolled(&stage, "op-astreinte").await;
    let file = stage.database.folder().join("master.key");
    let old = std::fs::read_to_string(&file).unwrap();
    let fresh = data_encoding::BASE64URL_NOPAD.encode(&[9; 32]);
    std::fs::write(&file, format!("{fresh}\n{old}")).unwrap();
    stage.broker.signal("-HUP");
    let done = stage.command(&["keys", "rewrap"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    std::fs::write(&file, format!("{fresh}\n")).unwrap();
    stage.broker.crash_and_restart();
    let mut visitor = Visitor::of(&stage.broker.url);
    let done = sign_in(&mut visitor, "op-astreinte", PASSWORD, &code(&secret, 1)).await;
    assert_eq!(done.location(), "/console", "{}", done.body);
}

async fn accounts_are_told_apart_by_their_names(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let refused = |arguments: &[&str]| stage.command(arguments).code;
    assert_eq!(refused(&["accounts", "add", "dpo-x", "--role", "operator"]), Some(1));
    assert_eq!(refused(&["accounts", "add", "Marie Curie", "--role", "operator"]), Some(1));
    assert_eq!(refused(&["accounts", "add", "client-x", "--role", "operator"]), Some(1));
    assert_eq!(refused(&["accounts", "add", "op-x", "--role", "operator", "--scope", "ents:read"]), Some(1));
    assert_eq!(refused(&["accounts", "reset", "op-x"]), Some(1));
    assert_eq!(refused(&["accounts", "disable", "op-x"]), Some(1));
    assert_eq!(refused(&["accounts", "add", "op-x", "--role", "operator"]), Some(0));
    assert_eq!(refused(&["accounts", "add", "op-x", "--role", "operator"]), Some(1));
    let listed = stage.command(&["accounts", "list"]).stdout;
    assert_eq!(listed, "op-x (operator), not enrolled\naccounts: 1\n");
}

on_both_engines! {
    an_account_is_enrolled_once_and_signs_in_with_both,
    a_code_counts_once_and_recovery_codes_stand_in,
    half_a_sign_in_is_none,
    guessing_is_slowed_on_every_host_and_for_everybody_alike,
    codes_are_not_guessed_either,
    a_session_ends,
    no_other_page_sends_a_form,
    authenticators_are_sealed_anew_with_the_keys,
    accounts_are_told_apart_by_their_names,
}
