//! What belongs to one school or one publisher is not there for another: neither in lists, nor under its address, nor by
//! naming it in something of one's own.

use serde_json::{Value, json};

use super::caller::Program;
use super::world::{BOTH, SCHOOLS, objects, register};
use crate::stage::{Engine, Stage, on_both_engines};

on_both_engines!(
    no_list_and_no_export_shows_a_neighbour,
    nothing_is_put_under_a_neighbours_name,
    who_calls_is_told_who_they_are,
);

fn publisher(stage: &Stage, n: usize) -> Program {
    Program::of(stage, &["publisher-manager", "--organisation", &format!("editeur-{}", BOTH[n])])
}

async fn no_list_and_no_export_shows_a_neighbour(engine: Engine) {
    let stage = Stage::plain(engine).await;
    register(&Program::operator(&stage)).await;
    let lists = [
        "/ents",
        "/schools",
        "/organisations",
        "/sectors",
        "/tools",
        "/resources",
        "/agreements",
        "/subscriptions",
        "/subscriptions?school=0650499P",
        "/subscriptions?resource=ark:/99999/premier",
        "/schools?ent=ent-premier",
        "/resources?q=premier",
    ];
    let second = [Program::of(&stage, &["school-manager", "--school", SCHOOLS[1]]), publisher(&stage, 1)];
    for program in &second {
        let mut seen = 0;
        for list in lists {
            for accept in ["application/json", "text/csv", "application/x-ndjson"] {
                let answer = program.send("GET", list, &[("accept", accept)], None).await;
                assert!([200, 403].contains(&answer.status), "{list}: {answer:?}");
                let foreign =
                    ["premier", SCHOOLS[0], "abo\""].into_iter().find(|name| answer.text.contains(name));
                assert_eq!(foreign, None, "{list} as {accept}: {answer:?}");
                seen += usize::from(answer.text.contains("second"));
            }
        }
        assert!(seen >= 9, "they see what is their own");
    }
}

async fn nothing_is_put_under_a_neighbours_name(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let operator = Program::operator(&stage);
    register(&operator).await;
    let mallory = publisher(&stage, 1);
    let refused = async |path: &str, body: Value, place: &str| {
        let answer = mallory.put(path, &body).await;
        assert_eq!(
            (answer.code().as_str(), answer.pointers()),
            ("invalid", vec![place.to_owned()]),
            "{path}: {answer:?}"
        );
        assert_eq!(operator.get(path).await.code(), "not_found", "{path}");
    };
    refused("/sectors/neuf", json!({ "organisation": "editeur-premier" }), "#/organisation").await;
    let mut tool = objects(1)[5].1.clone();
    (tool["id"], tool["sector"], tool["lti"]["client_id"]) =
        (json!("neuf"), json!("secteur-premier"), json!("neuf"));
    refused("/tools/neuf", tool, "#/sector").await;
    let resource =
        json!({ "ark": "ark:/99999/neuf", "key": "neuf", "title": "Neuf", "tool": "outil-premier" });
    refused("/resources/ark:%2F99999%2Fneuf", resource, "#/tool").await;
    // Nor does anybody sell what is a neighbour's, or in a neighbour's name.
    let mut licence = objects(1)[8].1.clone();
    (licence["id"], licence["resource"]) = (json!("neuf"), json!("ark:/99999/premier"));
    refused("/subscriptions/neuf", licence.clone(), "#/resource").await;
    (licence["resource"], licence["distributor"]) = (json!("ark:/99999/second"), json!("editeur-premier"));
    refused("/subscriptions/neuf", licence.clone(), "#/distributor").await;
    licence.as_object_mut().unwrap().remove("distributor");
    refused("/subscriptions/neuf", licence, "#/distributor").await;
    // What is a neighbour's does not move over, whatever is sent.
    for (path, object) in objects(0).into_iter().skip(4) {
        let answer = mallory.change(&path, "\"1\"", &object).await;
        assert_eq!(answer.code(), "not_found", "{path}: {answer:?}");
        assert_eq!(mallory.delete(&path, "\"1\"").await.code(), "not_found", "{path}");
        assert_eq!(operator.get(&path).await.tag(), "\"1\"", "{path}");
    }
    // And an own thing does not become a neighbour's.
    let own = mallory.get("/sectors/secteur-second").await;
    let given = json!({ "organisation": "editeur-premier" });
    assert_eq!(mallory.change("/sectors/secteur-second", own.tag(), &given).await.code(), "invalid");
}

async fn who_calls_is_told_who_they_are(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let school = Program::with(&stage, &["school-manager", "--school", SCHOOLS[0]], &["subscriptions:read"]);
    let me = school.get("/me").await.json();
    assert_eq!(
        (&me["role"], &me["schools"], &me["scopes"]),
        (&json!("school-manager"), &json!([SCHOOLS[0]]), &json!(["subscriptions:read"]))
    );
    assert_eq!(publisher(&stage, 0).get("/me").await.json()["organisation"], "editeur-premier");
}
