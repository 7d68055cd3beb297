//! Who is who: whoever manages a school reads the names that its roster brought; nobody else does, and no other school's.

use super::{COLLEGE, LYCEE, cast, pupil, school, send};
use crate::access::visitor::{enrol, link};
use crate::stage::{Ending, Engine, Federation, Stage, in_days, on_both_engines};

const HOLDERS: &str = "/console/schools/0750001U/subscriptions/abo/holders";

async fn page(stage: &Stage, account: &str, role: &[&str]) -> (u16, String) {
    let link = link(stage, &[&["accounts", "add", account, "--role"], role].concat());
    let answer = enrol(stage, &link).await.visitor.get(HOLDERS).await;
    (answer.status, answer.body)
}

async fn a_manager_reads_who_has_a_seat_by_their_names(engine: Engine) {
    let lines = format!(
        "from = 2020-01-01\nuntil = {}\nkind = \"INDIV\"\naudience = [\"pupil\"]\nseats = 10",
        in_days(30)
    );
    let seated = |federation: Federation| {
        federation
            .connection("provision = true", "provision = false")
            .subscription("abo", &lines)
            .with("\n[[assignment]]\nsubscription = \"abo\"\neveryone = true\n")
    };
    let stage = Stage::open(engine, cast(), seated).await;
    send(
        &stage,
        1,
        &[school(LYCEE, vec![pupil("nina", &["6A"])]), school(COLLEGE, vec![pupil("paul", &["6A"])])],
    );
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    let (status, body) = page(&stage, "school-lycee", &["school-manager", "--school", LYCEE]).await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("Quenneville Zoraïde-nina") && body.contains("sub-nina"), "{body}");
    assert!(!body.contains("Zoraïde-paul"), "{body}");
    let (status, body) = page(&stage, "op-astreinte", &["operator"]).await;
    assert!(status == 200 && body.contains("sub-nina") && !body.contains("Quenneville"), "{body}");
    for (account, role) in
        [("school-college", &["school-manager", "--school", COLLEGE][..]), ("auditor-leroy", &["auditor"])]
    {
        let (status, body) = page(&stage, account, role).await;
        assert!(status == 403 && !body.contains("Quenneville"), "{account}: {body}");
    }
    let (_, log) = stage.broker.stop();
    assert!(!log.contains("Quenneville") && !log.contains("sub-nina"));
}

on_both_engines!(a_manager_reads_who_has_a_seat_by_their_names);
