//! What programs look at beside objects: people, a school's journal, the page to try the API, and what problems mean.

use serde_json::json;

use super::caller::Program;
use crate::stage::{COLLEGE, Ending, Engine, LYCEE, Stage, on_both_engines};

on_both_engines!(
    somebody_is_looked_up_without_a_name_and_within_ones_schools,
    a_school_gets_its_journal_and_verifies_it,
    the_page_and_what_it_shows_come_from_here_alone,
);

async fn somebody_is_looked_up_without_a_name_and_within_ones_schools(engine: Engine) {
    let stage = Stage::open(engine, Vec::new(), |plain| {
        let pupil = format!("{{ school = \"{LYCEE}\", profile = \"pupil\", groups = [\"2DE3\"] }}");
        let teacher = format!("{{ school = \"{COLLEGE}\", profile = \"teacher\" }}");
        plain.person("sub-lea", &pupil).person("sub-roux", &format!("{pupil}, {teacher}"))
    })
    .await;
    let operator = Program::operator(&stage);
    let lycee = Program::of(&stage, &["school-manager", "--school", LYCEE]);
    let college = Program::of(&stage, &["school-manager", "--school", COLLEGE]);
    let asked = async |program: &Program, subject: &str| {
        let body = json!({ "ent": "ent", "namespace": "ent", "subject": subject });
        let headers = [("content-type", "application/json")];
        program.send("POST", "/people/lookup", &headers, Some(body.to_string())).await
    };
    let lea = asked(&lycee, "sub-lea").await;
    let at =
        json!({ "school": LYCEE, "profile": "pupil", "groups": [{ "status": "division", "code": "2DE3" }] });
    assert_eq!((lea.status, lea.json()), (200, json!({ "schools": [at] })), "{lea:?}");
    assert_eq!(asked(&operator, "sub-roux").await.json()["schools"].as_array().unwrap().len(), 2);
    let roux = asked(&college, "sub-roux").await.json();
    assert_eq!(
        roux["schools"].as_array().unwrap().len(),
        1,
        "what concerns another school is not told: {roux}"
    );
    for (program, subject) in [(&college, "sub-lea"), (&operator, "sub-nobody")] {
        assert_eq!(asked(program, subject).await.code(), "not_found");
    }
    assert_eq!(asked(&operator, "a\u{0}b").await.code(), "malformed");
    assert!(!stage.broker.log().contains("sub-lea"), "nobody is named in the log");
}

async fn a_school_gets_its_journal_and_verifies_it(engine: Engine) {
    let stage = Stage::plain(engine).await;
    // The checkpoint of the start is over: it would sign what the token leaves.
    stage.settled().await;
    let school = Program::of(&stage, &["school-manager", "--school", LYCEE]);
    let path = format!("/journal/export?school={LYCEE}");
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    assert_eq!(school.get(&path).await.code(), "journal_unsigned");
    let signed = stage.command(&["journal", "checkpoint"]);
    assert_eq!(signed.code, Some(0), "{}", signed.stderr);
    let export = school.get(&path).await;
    assert_eq!((export.status, export.header("content-type")), (200, "application/x-ndjson"), "{export:?}");
    let file = stage.database.folder().join("journal.jsonl");
    std::fs::write(&file, &export.text).unwrap();
    let verified = stage.command(&["journal", "verify", file.to_str().unwrap()]);
    assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
    assert_eq!(school.get(&format!("/journal/export?school={COLLEGE}")).await.code(), "not_yours");
    assert_eq!(school.get("/journal/export").await.code(), "request_invalid");
    assert_eq!(school.get(&format!("{path}&from=yesterday")).await.code(), "request_invalid");
}

async fn the_page_and_what_it_shows_come_from_here_alone(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let stranger = Program::stranger(&stage);
    for (path, media) in
        [("/docs", "text/html"), ("/docs/page.js", "text/javascript"), ("/docs/page.css", "text/css")]
    {
        let answer = stranger.get(path).await;
        assert!(answer.status == 200 && answer.header("content-type").starts_with(media), "{answer:?}");
        assert!(
            !answer.text.contains("http://") && !answer.text.contains("https://"),
            "{path} names another host"
        );
        assert!(
            answer.header("content-security-policy").starts_with("default-src 'none'; script-src 'self'")
        );
    }
    let document = stranger.get("/openapi.json").await;
    let checked_in =
        std::fs::read_to_string(crate::walls::source::root().join("specs/openapi.json")).unwrap();
    assert_eq!(document.text, checked_in);
    assert_eq!(stage.command(&["schema", "openapi"]).stdout, checked_in);
    let meaning = stranger.get("/problems/revision_stale").await.json();
    assert_eq!((&meaning["status"], &meaning["mends"]), (&json!(412), &json!("caller")));
    assert_eq!(stranger.get("/problems/none").await.code(), "not_found");
}
