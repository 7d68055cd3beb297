//! A small country made through the API: two of everything, so that each tenant has a neighbour.

use serde_json::{Value, json};

use super::caller::Program;

/// The two of everything.
pub const BOTH: [&str; 2] = ["premier", "second"];
/// The schools of the two, with right key letters.
pub const SCHOOLS: [&str; 2] = ["0650499P", "0750655E"];

/// An address of the API, and what is put there. `n` is 0 or 1.
pub fn objects(n: usize) -> Vec<(String, Value)> {
    let (name, school) = (BOTH[n], SCHOOLS[n]);
    let url = |host: &str| format!("https://{host}-{name}.example");
    let ark = format!("ark:/99999/{name}");
    let encoded = format!("ark:%2F99999%2F{name}");
    vec![
        (format!("/ents/ent-{name}"), json!({ "id": format!("ent-{name}"), "name": format!("ENT {name}") })),
        (
            format!("/schools/{school}"),
            json!({ "uai": school, "name": format!("Collège {name}"), "town": "Lourdes", "nature": "340",
                    "ents": [format!("ent-{name}")] }),
        ),
        (
            format!("/ents/ent-{name}/connections/lti-{name}"),
            json!({ "id": format!("lti-{name}"), "issuer": url("ent"), "client_id": format!("client-{name}"),
                    "deployments": [{ "id": "1", "schools": [school] }], "authorization_url": format!("{}/auth", url("ent")),
                    "jwks_uri": format!("{}/jwks", url("ent")), "namespace": format!("ent-{name}") }),
        ),
        (
            format!("/organisations/editeur-{name}"),
            json!({ "id": format!("editeur-{name}"), "name": format!("Éditeur {name}"), "roles": ["publisher"] }),
        ),
        (
            format!("/sectors/secteur-{name}"),
            json!({ "id": format!("secteur-{name}"), "organisation": format!("editeur-{name}") }),
        ),
        (
            format!("/tools/outil-{name}"),
            json!({ "id": format!("outil-{name}"), "sector": format!("secteur-{name}"), "protocol": "lti",
                    "lti": { "client_id": format!("outil-{name}"), "login_url": format!("{}/login", url("outil")),
                             "redirect_uris": [format!("{}/launch", url("outil"))], "target_url": url("outil") } }),
        ),
        (
            format!("/resources/{encoded}"),
            json!({ "ark": ark, "key": format!("cle-{name}"), "title": format!("Atlas {name}"),
                    "tool": format!("outil-{name}") }),
        ),
        (
            format!("/agreements/{encoded}"),
            json!({ "resource": ark, "attributes": [{ "name": "DIV", "purpose": "Former des groupes" },
                                                    { "name": "NOM", "purpose": "Afficher le nom" }] }),
        ),
        (
            format!("/subscriptions/abo-{name}"),
            json!({ "id": format!("abo-{name}"), "resource": ark, "distributor": format!("editeur-{name}"),
                    "schools": [school], "from": "2026-09-01", "until": "2030-08-15", "kind": "INDIV",
                    "audience": ["pupil", "teacher"], "seats": { "pupil": 120, "teacher": 10 } }),
        ),
    ]
}

/// Registers both of everything.
pub async fn register(operator: &Program) {
    for (path, object) in objects(0).into_iter().chain(objects(1)) {
        let answer = operator.put(&path, &object).await;
        assert_eq!(answer.status, 201, "{path}: {answer:?}");
    }
}
