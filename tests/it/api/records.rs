//! Objects one at a time: put, read, changed, withdrawn, and every way in which that is refused.

use serde_json::{Value, json};

use super::caller::Program;
use super::world::{objects, register};
use crate::stage::{ATLAS, Ending, Engine, LYCEE, Stage, in_days, on_both_engines};

on_both_engines!(
    an_object_goes_through_its_life,
    what_a_file_looks_after_is_changed_there,
    every_mistake_is_told_with_its_place,
    what_names_something_holds_it,
    what_would_change_pseudonyms_is_refused,
    a_publisher_proposes_and_an_operator_approves,
    a_licence_sold_through_the_api_opens_the_resource,
    bodies_and_headers_that_are_wrong_are_refused,
);

async fn an_object_goes_through_its_life(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let operator = Program::operator(&stage);
    let path = "/organisations/neuve";
    assert_eq!(operator.get(path).await.code(), "not_found");
    let object = json!({ "name": "Neuve", "roles": ["publisher"] });
    let made = operator.put(path, &object).await;
    assert_eq!((made.status, made.tag()), (201, "\"1\""), "{made:?}");
    assert_eq!(made.header("location"), "/api/v1/organisations/neuve");
    let whole =
        json!({ "id": "neuve", "name": "Neuve", "roles": ["publisher"], "managed_by": "api", "revision": 1 });
    assert_eq!(made.json(), whole);
    assert_eq!(made.header("cache-control"), "no-store");
    let read = operator.get(path).await;
    assert_eq!((read.status, read.tag(), read.json()), (200, "\"1\"", whole.clone()));
    // What is read may be sent again as it is; what is equal is not written.
    let same = operator.change(path, "\"1\"", &whole).await;
    assert_eq!((same.status, same.tag()), (200, "\"1\""));
    let renamed = json!({ "id": "neuve", "name": "Renommée" });
    assert_eq!(operator.put(path, &renamed).await.code(), "revision_missing");
    assert_eq!(operator.change(path, "\"7\"", &renamed).await.code(), "revision_stale");
    assert_eq!(operator.change("/organisations/autre", "\"1\"", &renamed).await.code(), "revision_stale");
    let changed = operator.change(path, "\"1\"", &renamed).await;
    assert_eq!((changed.status, changed.tag()), (200, "\"2\""));
    assert_eq!(changed.json()["roles"], Value::Null, "an object is put whole");
    let before = [("content-type", "application/json"), ("if-none-match", "*")];
    let again = operator.send("PUT", path, &before, Some(renamed.to_string())).await;
    assert_eq!(again.code(), "revision_stale");
    assert_eq!(operator.send("DELETE", path, &[], None).await.code(), "revision_missing");
    assert_eq!(operator.delete(path, "\"1\"").await.code(), "revision_stale");
    assert_eq!(operator.delete(path, "\"2\"").await.status, 204);
    assert_eq!(operator.get(path).await.code(), "withdrawn");
    assert_eq!(operator.delete(path, "\"3\"").await.code(), "withdrawn");
    let back = operator.put(path, &object).await;
    assert_eq!((back.status, back.tag()), (201, "\"4\""), "no revision is given twice");
}

async fn what_a_file_looks_after_is_changed_there(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let operator = Program::operator(&stage);
    let path = format!("/schools/{LYCEE}");
    let read = operator.get(&path).await;
    assert_eq!(read.json()["managed_by"], "file");
    let changed = operator.change(&path, read.tag(), &read.json()).await;
    assert_eq!((changed.status, changed.code().as_str()), (409, "managed_elsewhere"));
    assert_eq!(changed.json()["managed_by"], "file");
    assert_eq!(operator.delete(&path, read.tag()).await.code(), "managed_elsewhere");
    // And a file leaves alone what the API looks after, also where it prunes.
    let made = operator.put("/organisations/api", &json!({ "name": "De l’API" })).await;
    assert_eq!(made.status, 201);
    let pruned = stage.apply(|federation| federation.open_to_all(), &["--prune"]);
    assert_eq!(pruned.code, Some(0), "{}", pruned.stderr);
    assert_eq!(operator.get("/organisations/api").await.tag(), made.tag());
    let taken = stage.apply(
        |federation| {
            federation.open_to_all().with("\n[[organisation]]\nid = \"api\"\nname = \"Du fichier\"\n")
        },
        &[],
    );
    assert_eq!(taken.code, Some(1), "{}", taken.stderr);
    assert!(taken.stderr.contains("the API or the console"), "{}", taken.stderr);
}

async fn every_mistake_is_told_with_its_place(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let operator = Program::operator(&stage);
    let told = async |path: &str, body: Value| {
        let answer = operator.put(path, &body).await;
        assert_eq!((answer.status, answer.code().as_str()), (422, "invalid"), "{path} {body}: {answer:?}");
        answer.pointers()
    };
    let school = json!({ "uai": "0650499A", "name": "", "nature": "3", "ents": ["ent", "nulle-part", "x y"], "city": 1 });
    let wrong = told("/schools/0650499A", school).await;
    for place in ["#/town", "#/city"] {
        assert!(wrong.contains(&place.to_owned()), "{wrong:?}");
    }
    let school = json!({ "uai": "0650499A", "name": "", "nature": "3", "ents": ["ent", "x y"] });
    let wrong = told("/schools/0650499A", school).await;
    assert_eq!(
        wrong,
        ["#/uai", "#/name", "#/nature", "#/ents/1", "#/town"],
        "whatever is missing, the rest is read"
    );
    let subscription = json!({
        "resource": "ark:/99999/nulle-part", "schools": [LYCEE, "0750655E"], "from": "2026-09-01",
        "until": "2026-08-01", "kind": "INDIV", "audience": ["pupil"], "seats": { "teacher": 3 }
    });
    let wrong = told("/subscriptions/a", subscription).await;
    assert_eq!(wrong, ["#/resource", "#/schools/1", "#/until", "#/seats"], "all of them at once");
    let subscription = json!({
        "resource": "ark:/99999/nulle-part", "schools": [LYCEE, "0750655E"], "from": "2026-09-01",
        "until": in_days(30), "kind": "INDIV", "audience": ["pupil"], "seats": { "pupil": 3 }
    });
    let wrong = told("/subscriptions/a", subscription).await;
    assert_eq!(wrong, ["#/resource", "#/schools/1"], "what is not registered is shown where it is named");
    let wrong = told("/organisations/une", json!({ "id": "autre", "name": "Autre" })).await;
    assert_eq!(wrong, ["#/id"]);
    let tool = json!({ "sector": "secteur", "protocol": "lti", "lti": { "client_id": "outil", "login_url": "ftp://x",
                       "redirect_uris": [] } });
    let wrong = told("/tools/neuf", tool).await;
    assert!(
        wrong.contains(&"#/lti/login_url".to_owned()) && wrong.contains(&"#/lti/target_url".to_owned()),
        "{wrong:?}"
    );
    let tool = json!({ "sector": "secteur", "protocol": "lti", "lti": { "client_id": "outil",
                       "login_url": "https://outil.example", "redirect_uris": ["https://outil.example/"],
                       "target_url": "https://outil.example" } });
    assert_eq!(told("/tools/neuf", tool).await, ["#/lti/client_id"], "a client id is one tool's");
    let ent = json!({ "name": "E", "lti": [] });
    assert_eq!(told("/ents/e", ent).await, ["#/lti"]);
}

async fn what_names_something_holds_it(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let operator = Program::operator(&stage);
    register(&operator).await;
    let withdrawn = async |path: &str| {
        let tag = operator.get(path).await.tag().to_owned();
        operator.delete(path, &tag).await
    };
    let (resource, agreement) = ("/resources/cle-premier", "/agreements/cle-premier");
    let held = withdrawn(resource).await;
    assert_eq!((held.status, held.code().as_str()), (409, "in_use"));
    assert_eq!(held.json()["named_by"], json!(["agreement ark:/99999/premier", "subscription abo-premier"]));
    for path in [
        "/sectors/secteur-premier",
        "/organisations/editeur-premier",
        "/schools/0650499P",
        "/ents/ent-premier",
    ] {
        assert_eq!(withdrawn(path).await.code(), "in_use", "{path}");
    }
    // A school that a connection speaks for keeps its ENT.
    let school = operator.get("/schools/0650499P").await;
    let mut without = school.json();
    without["ents"] = json!([]);
    let refused = operator.change("/schools/0650499P", school.tag(), &without).await;
    assert_eq!(refused.code(), "invalid", "{refused:?}");
    assert!(refused.text.contains("lti-premier"), "{refused:?}");
    for path in [
        "/subscriptions/abo-premier",
        agreement,
        resource,
        "/tools/outil-premier",
        "/sectors/secteur-premier",
        "/organisations/editeur-premier",
        "/ents/ent-premier/connections/lti-premier",
        "/schools/0650499P",
        "/ents/ent-premier",
    ] {
        let gone = withdrawn(path).await;
        assert_eq!(gone.status, 204, "{path}: {gone:?}");
    }
    let mut orphan = objects(0)[8].1.clone();
    orphan["id"] = json!("abo-3");
    let orphan = operator.put("/subscriptions/abo-3", &orphan).await;
    let wanted = ["#/distributor", "#/resource", "#/schools/0"];
    let mut places = orphan.pointers();
    places.sort();
    assert_eq!(places, wanted, "{orphan:?}");
}

async fn what_would_change_pseudonyms_is_refused(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let operator = Program::operator(&stage);
    register(&operator).await;
    let changed = async |path: &str, member: &str, value: &str| {
        let read = operator.get(path).await;
        let mut object = read.json();
        object[member] = json!(value);
        operator.change(path, read.tag(), &object).await
    };
    for (path, member, value) in [
        ("/sectors/secteur-premier", "scope", "school"),
        ("/tools/outil-premier", "sector", "secteur-second"),
        ("/resources/cle-premier", "tool", "outil-second"),
    ] {
        let refused = changed(path, member, value).await;
        assert_eq!(refused.code(), "invalid", "{path}: {refused:?}");
    }
    let moved = changed("/sectors/secteur-premier", "organisation", "editeur-second").await;
    assert_eq!(moved.status, 200, "a sector may change hands: {moved:?}");
    let keys = stage.database.ask("SELECT sector FROM sector_key ORDER BY sector").await;
    assert_eq!(keys, ["secteur", "secteur-premier", "secteur-second"], "a new sector has its key, once");
}

async fn a_publisher_proposes_and_an_operator_approves(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let operator = Program::operator(&stage);
    register(&operator).await;
    let publisher = Program::of(&stage, &["publisher-manager", "--organisation", "editeur-premier"]);
    let path = "/agreements/cle-premier";
    let proposed = publisher.get(path).await;
    let mut wanted = proposed.json();
    wanted["attributes"][0]["approved_by"] = json!("moi");
    wanted["attributes"][0]["approved_on"] = json!("2020-01-01");
    let third = json!({ "name": "PRE", "purpose": "Afficher le prénom" });
    wanted["attributes"].as_array_mut().unwrap().push(third);
    let put = publisher.change(path, proposed.tag(), &wanted).await;
    assert_eq!(put.status, 200, "{put:?}");
    assert!(!put.text.contains("approved"), "nobody approves for themselves: {put:?}");
    assert_eq!(
        publisher.post(&format!("{path}/approval"), put.tag(), &json!({})).await.code(),
        "role_insufficient"
    );
    assert_eq!(
        operator
            .post(&format!("{path}/approval"), put.tag(), &json!({ "attributes": ["UAI"] }))
            .await
            .pointers(),
        ["#/attributes/0"]
    );
    assert_eq!(
        operator.post(&format!("{path}/approval"), "\"1\"", &json!({})).await.code(),
        "revision_stale"
    );
    let approved =
        operator.post(&format!("{path}/approval"), put.tag(), &json!({ "attributes": ["DIV", "NOM"] })).await;
    assert_eq!(approved.status, 200, "{approved:?}");
    let lines = approved.json()["attributes"].clone();
    let approvals: Vec<bool> =
        lines.as_array().unwrap().iter().map(|line| line["approved_on"].is_string()).collect();
    assert_eq!(approvals, [true, true, false]);
    // Another purpose is another question; an equal line keeps its answer.
    let mut again = approved.json();
    again["attributes"][1]["purpose"] = json!("Autre chose");
    let put = publisher.change(path, approved.tag(), &again).await;
    let lines = put.json()["attributes"].clone();
    assert!(lines[0]["approved_on"].is_string() && lines[1]["approved_on"].is_null(), "{lines}");
    let rejected = operator.post(&format!("{path}/rejection"), put.tag(), &json!({})).await;
    assert_eq!(rejected.json()["attributes"].as_array().unwrap().len(), 1, "{rejected:?}");
}

async fn a_licence_sold_through_the_api_opens_the_resource(engine: Engine) {
    let stage = Stage::open(
        engine,
        vec![crate::stage::person("nina", "1", &[crate::stage::roles::PUPIL])],
        |plain| plain,
    )
    .await;
    assert_eq!(stage.ending("nina").await, Ending::Refused("no_subscription".to_owned()));
    let operator = Program::operator(&stage);
    let subscription = json!({ "resource": ATLAS, "schools": [LYCEE], "from": "2020-01-01", "until": in_days(30),
                               "kind": "ETABL", "audience": ["pupil"] });
    let sold = operator.put("/subscriptions/abo-api", &subscription).await;
    assert_eq!(sold.status, 201, "{sold:?}");
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    assert_eq!(operator.delete("/subscriptions/abo-api", sold.tag()).await.status, 204);
    stage
        .eventually(async || stage.ending("nina").await == Ending::Refused("no_subscription".to_owned()))
        .await;
}

async fn bodies_and_headers_that_are_wrong_are_refused(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let operator = Program::operator(&stage);
    let path = "/organisations/neuve";
    let json = ("content-type", "application/json");
    let sent = async |headers: &[(&str, &str)], body: &str| {
        operator.send("PUT", path, headers, Some(body.to_owned())).await.code()
    };
    let good = r#"{"name":"Neuve"}"#;
    assert_eq!(sent(&[], good).await, "media_unsupported");
    assert_eq!(sent(&[("content-type", "text/plain")], good).await, "media_unsupported");
    assert_eq!(sent(&[json, ("content-encoding", "gzip")], good).await, "media_unsupported");
    for body in ["", "null", "[]", "{", r#"{"name":"a","name":"b"}"#, r#"{"name":"a\u0000"}"#] {
        assert_eq!(sent(&[json], body).await, "malformed", "{body}");
    }
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    assert_eq!(sent(&[json], &format!("{{\"roles\":{deep}}}")).await, "malformed");
    let large = format!("{{\"name\":\"{}\"}}", "a".repeat(3 << 20));
    assert_eq!(sent(&[json], &large).await, "too_large");
    assert_eq!(sent(&[json, ("if-match", "1")], good).await, "request_invalid");
    assert_eq!(
        operator.send("PUT", &format!("{path}?x=1"), &[json], Some(good.to_owned())).await.code(),
        "request_invalid"
    );
    assert_eq!(operator.get("/organisations?limt=3").await.code(), "request_invalid");
    assert_eq!(operator.get("/organisations?limit=201").await.code(), "request_invalid");
    assert_eq!(operator.get("/organisations?limit=1&limit=2").await.code(), "request_invalid");
    assert_eq!(operator.get("/organisations?cursor=!").await.code(), "request_invalid");
    assert_eq!(operator.get("/organisations/%00").await.code(), "not_found");
    assert_eq!(operator.get("/nulle-part").await.code(), "not_found");
    let patched = operator.send("PATCH", path, &[json], Some(good.to_owned())).await;
    assert_eq!(
        (patched.code().as_str(), patched.header("allow")),
        ("method_not_allowed", "GET,HEAD,PUT,DELETE")
    );
    let options = operator.send("OPTIONS", path, &[("origin", "https://elsewhere.example")], None).await;
    assert_eq!((options.status, options.header("allow")), (204, "GET,HEAD,PUT,DELETE"));
    assert!(options.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{options:?}");
    let head = operator.send("HEAD", "/organisations", &[], None).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}
