//! The data protection officer at the console: reads the register, looks a person up, erases them once they have said that they
//! understand; and nobody else gets there.

use super::visitor::{Answer, Visitor, enrol, link};
use crate::stage::{Ending, Engine, LYCEE, Stage, in_days, on_both_engines, person, roles};

const NINA: [(&str, &str); 3] = [("ent", "ent"), ("namespace", "ent"), ("subject", "sub-nina")];
const ERASURE: &str = "/console/privacy/person/erasure";
const ERASE: &str = "/console/privacy/person/erase";

/// A stage where somebody has opened the atlas.
async fn stage(engine: Engine) -> Stage {
    let people = vec![person("nina", "1", &[roles::PUPIL])];
    let lines =
        format!("from = 2020-01-01\nuntil = {}\nkind = \"ETABL\"\naudience = [\"pupil\"]", in_days(30));
    let agreed = "\n[[agreement]]\nresource = \"ark:/99999/atlas\"\nattributes = [{ name = \"CIV\", purpose = \"Saluer l’élève\", \
                  approved_by = \"op-astreinte\", approved_on = 2026-01-15 }]\n";
    let stage = Stage::open(engine, people, |f| f.subscription("abo", &lines).with(agreed)).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered, "{}", stage.broker.log());
    stage
}

/// Somebody at the console, by an account of a role.
async fn at_the_console(stage: &Stage, account: &str, role: &[&str]) -> Visitor {
    let link = link(stage, &[&["accounts", "add", account, "--role"], role].concat());
    enrol(stage, &link).await.visitor
}

async fn posted(visitor: &mut Visitor, path: &str, more: &[(&str, &str)]) -> Answer {
    let token = visitor.get("/console/privacy/person").await.hidden("form");
    let fields = [&NINA[..], more, &[("form", &token)]].concat();
    visitor.post(path, &fields).await
}

async fn known(stage: &Stage) -> bool {
    stage.command(&["person", "show", "ent/ent/sub-nina"]).code == Some(0)
}

async fn an_officer_erases_whom_they_have_looked_up(engine: Engine) {
    let stage = stage(engine).await;
    let mut officer = at_the_console(&stage, "dpo-martin", &["dpo"]).await;
    let found = posted(&mut officer, "/console/privacy/person", &[]).await;
    assert!(found.status == 200 && found.body.contains("sub-nina"), "{found:?}");
    let look = posted(&mut officer, ERASURE, &[]).await;
    assert_eq!(look.status, 200, "{look:?}");
    assert!(look.body.contains("Éditeurs prévenus") && look.body.contains(": 1<"), "{}", look.body);
    let hesitant = posted(&mut officer, ERASE, &[]).await;
    assert_eq!(hesitant.status, 422, "{hesitant:?}");
    assert!(known(&stage).await, "not without saying so");
    let token_less = [&NINA[..], &[("understood", "yes")]].concat();
    assert!(officer.post(ERASE, &token_less).await.status >= 400, "nor from another page");
    assert!(known(&stage).await);

    let erased = posted(&mut officer, ERASE, &[("understood", "yes")]).await;
    assert_eq!((erased.status, erased.location()), (303, "/console/privacy/erasures?done=erased"));
    assert!(!known(&stage).await);
    let page = officer.get(erased.location()).await;
    assert!(page.body.contains("la personne est effacée") && page.body.contains("secteur"), "{}", page.body);
    let again = posted(&mut officer, ERASE, &[("understood", "yes")]).await;
    assert_eq!(again.status, 422, "nobody is erased twice");
    let changes = stage.changes("person").await;
    let last = changes.iter().find(|change| change["change"] == "erase").unwrap();
    assert_eq!(last["actor"], "account:dpo-martin");
    let (_, log) = stage.broker.stop();
    assert!(!log.contains("sub-nina"), "{log}");
}

async fn nobody_else_erases_anybody(engine: Engine) {
    let stage = stage(engine).await;
    for (account, role) in [
        ("op-astreinte", &["operator"][..]),
        ("auditor-leroy", &["auditor"]),
        ("school-petit", &["school-manager", "--school", LYCEE]),
        ("publisher-durand", &["publisher-manager", "--organisation", "editeur"]),
    ] {
        let mut visitor = at_the_console(&stage, account, role).await;
        let token = visitor.get("/console").await.hidden("form");
        let fields = [&NINA[..], &[("understood", "yes"), ("form", &token)]].concat();
        for path in [ERASE, ERASURE, "/console/privacy/person/report"] {
            assert_eq!(visitor.post(path, &fields).await.status, 403, "{account} {path}");
        }
        for path in
            ["/console/privacy/register", "/console/privacy/register/table", "/console/privacy/erasures"]
        {
            assert_eq!(visitor.get(path).await.status, 403, "{account} {path}");
        }
    }
    assert!(known(&stage).await);
}

async fn the_register_says_who_is_given_what_and_what_for(engine: Engine) {
    let stage = stage(engine).await;
    let mut officer = at_the_console(&stage, "dpo-martin", &["dpo"]).await;
    let page = officer.get("/console/privacy/register").await;
    assert_eq!(page.status, 200, "{page:?}");
    for words in [
        "Registre des traitements",
        "CIV",
        "Saluer l’élève",
        "2026-01-15",
        "moins de 5",
        "pseudonyme et profil",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let table = officer.get("/console/privacy/register/table").await;
    let mut lines = table.body.lines();
    assert_eq!(
        lines.next(),
        Some("publisher,sector,resource,title,attribute,purpose,approved_on,month,users"),
        "{table:?}"
    );
    assert!(lines.any(|line| line.contains(",CIV,Saluer l’élève,2026-01-15,")), "{}", table.body);
}

on_both_engines!(
    an_officer_erases_whom_they_have_looked_up,
    nobody_else_erases_anybody,
    the_register_says_who_is_given_what_and_what_for,
);
