//! Lists: pages, filters, words, and exports.

use serde_json::{Value, json};

use super::caller::{Answered, Program};
use super::world::register;
use crate::stage::{Engine, LYCEE, Stage, on_both_engines};

on_both_engines!(
    pages_follow_one_another_and_miss_nothing,
    filters_and_words_choose,
    a_list_is_exported_whole_and_no_cell_is_a_formula,
);

fn ids(answer: &Answered, member: &str) -> Vec<String> {
    let page = answer.json();
    page["items"].as_array().unwrap().iter().map(|item| item[member].as_str().unwrap().to_owned()).collect()
}

async fn pages_follow_one_another_and_miss_nothing(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let operator = Program::operator(&stage);
    let mut wanted = vec!["editeur".to_owned()];
    for n in 0..7 {
        let id = format!("org-{n}");
        let made =
            operator.put(&format!("/organisations/{id}"), &json!({ "name": format!("Nom {n}") })).await;
        assert_eq!(made.status, 201, "{made:?}");
        wanted.push(id);
    }
    let mut found = Vec::new();
    let mut path = "/organisations?limit=3".to_owned();
    loop {
        let page = operator.get(&path).await;
        let some = ids(&page, "id");
        assert!(some.len() <= 3);
        found.extend(some);
        let link = page.header("link").to_owned();
        let Some(next) = page.json()["next"].as_str().map(ToOwned::to_owned) else {
            assert_eq!(link, "");
            break;
        };
        assert_eq!(link, format!("</api/v1/organisations?limit=3&cursor={next}>; rel=\"next\""));
        path = link.split(['<', '>']).nth(1).unwrap().strip_prefix("/api/v1").unwrap().to_owned();
    }
    assert_eq!(found, wanted);
    // What is withdrawn meanwhile is passed over; a page that is exactly full says that it is the last.
    assert_eq!(operator.delete("/organisations/org-3", "\"1\"").await.status, 204);
    let rest = operator.get("/organisations?limit=7").await;
    assert_eq!((ids(&rest, "id").len(), rest.json()["next"].clone()), (7, Value::Null));
}

async fn filters_and_words_choose(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let operator = Program::operator(&stage);
    register(&operator).await;
    let ids_of = async |path: &str, member: &str| ids(&operator.get(path).await, member);
    assert_eq!(ids_of("/schools?ent=ent-premier", "uai").await, ["0650499P"]);
    assert_eq!(ids_of("/schools?q=COLLEGE%20premier", "uai").await, ["0650499P"]);
    assert_eq!(ids_of("/schools?q=lourdes&limit=1", "uai").await, ["0650499P"]);
    assert_eq!(ids_of("/sectors?organisation=editeur-second", "id").await, ["secteur-second"]);
    assert_eq!(ids_of("/tools?sector=secteur-second", "id").await, ["outil-second"]);
    assert_eq!(ids_of("/resources?tool=outil-second", "key").await, ["cle-second"]);
    assert_eq!(ids_of("/resources?q=atlas", "key").await, ["atlas", "cle-premier", "cle-second"]);
    assert_eq!(ids_of("/subscriptions?school=0650499P", "id").await, ["abo-premier"]);
    assert_eq!(ids_of(&format!("/subscriptions?school={LYCEE}"), "id").await, ["abo"]);
    assert_eq!(ids_of("/subscriptions?resource=ark:/99999/second", "id").await, ["abo-second"]);
    assert!(ids_of("/subscriptions?resource=ark:/99999/second&school=0650499P", "id").await.is_empty());
    assert!(ids_of("/subscriptions?school=nulle-part", "id").await.is_empty());
    // A subscription for a nature is one for its schools.
    let nature = json!({ "resource": "ark:/99999/second", "nature": "340", "from": "2026-09-01",
                         "school_year": "2026-2027", "kind": "ETABL", "audience": ["teacher"] });
    assert_eq!(operator.put("/subscriptions/abo-nature", &nature).await.status, 201);
    assert_eq!(ids_of("/subscriptions?school=0650499P", "id").await, ["abo-nature", "abo-premier"]);
    assert_eq!(operator.get("/ents/ent-premier/connections/lti-second").await.code(), "not_found");
    assert_eq!(ids_of("/ents/ent-premier/connections", "id").await, ["lti-premier"]);
}

async fn a_list_is_exported_whole_and_no_cell_is_a_formula(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let operator = Program::operator(&stage);
    for n in 0..3 {
        let name = json!({ "name": format!("=1+{n};\"x\"") });
        assert_eq!(operator.put(&format!("/organisations/o-{n}"), &name).await.status, 201);
    }
    let csv = operator.send("GET", "/organisations?limit=1", &[("accept", "text/csv")], None).await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"organisations.csv\"");
    let lines: Vec<&str> = csv.text.split("\r\n").collect();
    assert_eq!(lines[0], "id,name,siren_isni,roles,managed_by,revision");
    assert_eq!(lines[1], "editeur,Éditeur de test,,publisher technical-distributor,file,1");
    assert_eq!(lines[2], "o-0,\"'=1+0;\"\"x\"\"\",,,api,1");
    assert_eq!(lines.len(), 6, "four objects, a head, and the end of the last line: {csv:?}");
    let lines = operator.send("GET", "/organisations", &[("accept", "application/x-ndjson")], None).await;
    let objects: Vec<Value> = lines.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 4);
    let page = operator.get("/organisations").await.json();
    assert_eq!(Value::Array(objects), page["items"]);
    assert_eq!(
        operator.send("GET", "/organisations", &[("accept", "text/html")], None).await.code(),
        "not_acceptable"
    );
}
