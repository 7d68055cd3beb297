//! What must not cross: the ENT to a publisher, a person to another school, a token to another tool.

use serde_json::{Value, json};

use crate::attacks::{LTI, OTHER_TOOL, refused};
use crate::stage::{COLLEGE, Ending, Engine, Federation, LYCEE, Stage, on_both_engines, person, roles};

/// A publisher's own server asks with the hint that its login was given, and learns nothing of the ENT.
async fn a_publisher_cannot_unmask_the_ent(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let (mut nina, request) = stage.until_authorize("nina").await;
    let mut server = stage.browser();
    let hop = server.get_once(request.action.as_str()).await.unwrap();
    assert_eq!(hop.header("passerelle-refusal"), Some("browser_unbound"));
    let told = format!("{:?} {}", hop.headers, hop.body);
    assert!(!told.contains(stage.ent.url()), "neither its address nor its origin: {told}");
    assert_eq!(stage.go(&mut nina, &request).await, Ending::Delivered);
    let received = stage.received();
    let back = received[format!("{LTI}launch_presentation")]["return_url"].as_str().unwrap();
    assert!(back.starts_with(&stage.broker.url));
    let hop = server.get_once(back).await.unwrap();
    assert_eq!((hop.status, hop.header("location")), (200, None), "the way back is the browser's own");
    assert!(!hop.body.contains(stage.ent.url()));
    let hop = nina.get_once(&format!("{back}?lti_msg=merci")).await.unwrap();
    let location = hop.header("location").unwrap();
    assert!(
        location.starts_with(&format!("{}/return?", stage.ent.url())) && location.ends_with("&lti_msg=merci")
    );
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let again = stage.received()[format!("{LTI}launch_presentation")]["return_url"].clone();
    assert_eq!(again.as_str().unwrap().len(), back.len(), "its length tells nobody apart");
}

/// Whoever makes a link writes its custom parameters: they place nobody at a school, and into no licence of it.
async fn a_link_cannot_take_anybody_to_another_school(engine: Engine) {
    let people = || vec![person("nina", "3", &[roles::PUPIL])];
    let hop = |claims: &mut Value| claims[format!("{LTI}custom")]["uai"] = json!(COLLEGE);
    let stage = Stage::open(engine, people(), Federation::open_to_all).await;
    stage.ent.edit_claims(hop);
    assert_eq!(stage.ending("nina").await, refused("school_ambiguous"));
    assert_eq!(stage.database.ask("SELECT CAST(count(*) AS TEXT) FROM person").await, ["0"]);
    let set_by_the_ent = |f: Federation| {
        f.connection("match = \"sub\"", "match = \"sub\"\nschool_claim = \"custom.uai\"").open_to_all()
    };
    let stage = Stage::open(engine, people(), set_by_the_ent).await;
    stage.ent.edit_claims(hop);
    assert_eq!(
        stage.ending("nina").await,
        Ending::Delivered,
        "where the ENT's administrator sets it, it counts"
    );
}

/// Somebody who may open nothing leaves nothing behind, and somebody who was taken off does not come back by a launch.
async fn nobody_stays_or_returns_who_should_not(engine: Engine) {
    let stage = Stage::open(engine, vec![person("nina", "1", &[roles::TEACHER])], |f| f).await;
    assert_eq!(stage.ending("nina").await, refused("no_subscription"));
    for table in ["SELECT CAST(count(*) AS TEXT) FROM person", "SELECT CAST(count(*) AS TEXT) FROM identity"]
    {
        assert_eq!(stage.database.ask(table).await, ["0"], "{table}");
    }
    let listed = |f: Federation| {
        let here = format!("{{ school = \"{}\", profile = \"pupil\" }}", LYCEE);
        f.open_to_all().person("sub-nina", &here)
    };
    assert_eq!(stage.apply(listed, &[]).code, Some(0));
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    assert_eq!(stage.apply(Federation::open_to_all, &["--prune"]).code, Some(0));
    stage.eventually(async || stage.ending("nina").await == refused("person_left")).await;
}

/// A resource that moves to another tool between the hops: the old tool gets nothing that is signed for the new one.
async fn a_token_goes_to_the_tool_it_is_for(engine: Engine) {
    let second = OTHER_TOOL.replace("sector = \"autre\"", "sector = \"secteur\"");
    let write = move |f: Federation| f.open_to_all().with(&second);
    let people = vec![person("nina", "1", &[roles::PUPIL])];
    let stage = Stage::open(engine, people, write.clone()).await;
    let (mut browser, request) = stage.until_authorize("nina").await;
    let moved = |f: Federation| write(f.head("tool = \"outil\"\n", "tool = \"autre\"\n"));
    let applied = stage.apply(moved, &[]);
    assert_eq!(
        (applied.code, applied.stdout.lines().next()),
        (Some(0), Some("~ resource ark:/99999/atlas (tool)"))
    );
    stage
        .eventually(async || {
            let (mut other, form) = stage.until_token("nina").await;
            let hop = other.post_once(form.action.as_str(), &form.fields).await.unwrap();
            hop.header("location").is_some_and(|to| to.starts_with("https://autre.example/login"))
        })
        .await;
    let hop = browser.get_once(request.action.as_str()).await.unwrap();
    let form = hop.form().unwrap();
    assert_eq!((form.value("id_token"), form.value("error")), (None, Some("invalid_request")));
}

/// P-28: the resource's own parameters win over the tool's; the ENT's do not get through.
async fn custom_joins_tool_and_resource_the_later_winning(engine: Engine) {
    let people = vec![person("nina", "1", &[roles::PUPIL])];
    let stage = Stage::open(engine, people, |f| {
        let of_tool = "custom = { level = \"tool\", theme = \"dark\" }";
        let of_resource = "custom = { level = \"resource\", page = \"3\" }";
        f.open_to_all()
            .head("/\"\n\n[[resource]]", &format!("/\"\n{of_tool}\n\n[[resource]]"))
            .head("tool = \"outil\"\n", &format!("tool = \"outil\"\n{of_resource}\n"))
    })
    .await;
    stage.ent.edit_claims(|claims| claims[format!("{LTI}custom")]["theme"] = json!("of the link"));
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let wanted = json!({ "level": "resource", "page": "3", "theme": "dark" });
    assert_eq!(stage.received()[format!("{LTI}custom")], wanted);
}

/// B-03: one client id for all schools; each school is a deployment of its own, the same for everybody there.
async fn a_deployment_is_a_school_and_nothing_else(engine: Engine) {
    let people = [("nina", "1"), ("omar", "1"), ("lise", "2")];
    let people = people.map(|(name, deployment)| person(name, deployment, &[roles::PUPIL])).to_vec();
    let stage = Stage::open(engine, people, Federation::open_to_all).await;
    let mut seen = Vec::new();
    for name in ["nina", "omar", "lise"] {
        assert_eq!(stage.ending(name).await, Ending::Delivered);
        let received = stage.received();
        assert_eq!(received["aud"], "outil");
        seen.push((received[format!("{LTI}deployment_id")].clone(), received["sub"].clone()));
    }
    assert!(seen[0].0 == seen[1].0 && seen[1].0 != seen[2].0, "{seen:?}");
    assert!(seen[0].1 != seen[1].1, "and two people are two");
}

/// T-25: the leeway is the operator's.
async fn an_operator_sets_how_far_clocks_may_differ(engine: Engine) {
    let people = || vec![person("nina", "1", &[roles::PUPIL])];
    for (leeway, ending) in [("0", refused("token_invalid")), ("300", Ending::Delivered)] {
        let more = [("PASSERELLE_LAUNCH__LEEWAY_SECONDS", leeway)];
        let stage = Stage::open_with(engine, people(), Federation::open_to_all, &more).await;
        stage.ent.edit_claims(|claims| claims["iat"] = json!(claims["iat"].as_i64().unwrap() + 200));
        assert_eq!(stage.ending("nina").await, ending, "{leeway}");
    }
}

on_both_engines!(
    custom_joins_tool_and_resource_the_later_winning,
    a_deployment_is_a_school_and_nothing_else,
    an_operator_sets_how_far_clocks_may_differ,
    a_publisher_cannot_unmask_the_ent,
    a_link_cannot_take_anybody_to_another_school,
    nobody_stays_or_returns_who_should_not,
    a_token_goes_to_the_tool_it_is_for,
);
