//! Of which school somebody is, and as what: the tables of the design (section 3), through real launches.

use serde_json::{Value, json};

use crate::stage::{
    COLLEGE, Ending, Engine, Federation, LYCEE, Stage, in_days, on_both_engines, person, roles,
};

const LTI: &str = "https://purl.imsglobal.org/spec/lti/claim/";

/// The profile that the journal keeps of the last launch.
async fn profile(stage: &Stage) -> String {
    let events = stage.events().await;
    events.last().unwrap()["profile"].as_str().unwrap().to_owned()
}

async fn school(stage: &Stage) -> String {
    let events = stage.events().await;
    events.last().unwrap()["school"].as_str().unwrap().to_owned()
}

fn set_roles(stage: &Stage, subject: &'static str, list: &'static [&'static str]) {
    stage.ent.edit_claims(move |claims| {
        claims["sub"] = json!(subject);
        claims[format!("{LTI}roles")] = json!(list);
    });
}

/// The roster, else the institution, else the course where the connection trusts it; staff by course only where it says so.
async fn a_profile_comes_from_whoever_may_say_it(engine: Engine) {
    use roles::{INSTRUCTOR, LEARNER, PUPIL, TEACHER};
    let trusting = |f: Federation| f;
    let no_staff = |f: Federation| f.connection("jit_staff = true", "jit_staff = false");
    let no_context = |f: Federation| {
        f.connection("trust_context_roles = true", "trust_context_roles = false")
            .connection("jit_staff = true", "jit_staff = false")
    };
    type Write = fn(Federation) -> Federation;
    type Row = (&'static str, &'static [&'static str], &'static str);
    let connections: [(&str, Write, &[Row]); 3] = [
        (
            "trusting",
            trusting,
            &[
                ("new-1", &[INSTRUCTOR], "teacher"),
                ("new-2", &[LEARNER], "pupil"),
                ("new-3", &[INSTRUCTOR, PUPIL], "pupil"),
                ("new-4", &[LEARNER, TEACHER], "teacher"),
                ("new-5", &[], "other"),
                ("listed-pupil", &[INSTRUCTOR], "pupil"),
                ("listed-pupil", &[INSTRUCTOR, TEACHER], "pupil"),
                ("listed-teacher", &[LEARNER, PUPIL], "teacher"),
            ],
        ),
        (
            "no staff",
            no_staff,
            &[
                ("new-1", &[INSTRUCTOR], "other"),
                ("new-2", &[LEARNER, INSTRUCTOR], "pupil"),
                ("new-3", &[TEACHER], "teacher"),
                ("listed-pupil", &[INSTRUCTOR], "pupil"),
            ],
        ),
        (
            "no context",
            no_context,
            &[
                ("new-1", &[LEARNER], "other"),
                ("new-2", &[INSTRUCTOR], "other"),
                ("new-3", &[PUPIL], "pupil"),
            ],
        ),
    ];
    for (name, write, rows) in connections {
        let stage = Stage::open(engine, vec![person("nina", "1", &[])], |f| {
            let here = |profile: &str| format!("{{ school = \"{LYCEE}\", profile = \"{profile}\" }}");
            write(
                f.open_to_all()
                    .person("listed-pupil", &here("pupil"))
                    .person("listed-teacher", &here("teacher")),
            )
        })
        .await;
        for (subject, list, wanted) in rows {
            set_roles(&stage, subject, list);
            assert_eq!(stage.ending("nina").await, Ending::Delivered, "{name} {subject} {list:?}");
            assert_eq!(profile(&stage).await, *wanted, "{name} {subject} {list:?}");
        }
    }
}

/// Any teacher can make a pupil Instructor of a course: whoever is listed as pupil stays one.
async fn an_instructor_of_a_course_does_not_open_the_teachers_edition(engine: Engine) {
    let stage = Stage::open(engine, vec![person("nina", "1", &[roles::INSTRUCTOR])], |f| {
        let lines = format!(
            "from = 2020-01-01\nuntil = {}\nkind = \"ETABL\"\naudience = [\"teacher\"]\nseats = \"unlimited\"",
            in_days(30)
        );
        let here = |profile: &str| format!("{{ school = \"{LYCEE}\", profile = \"{profile}\" }}");
        f.subscription("edition", &lines).person("sub-nina", &here("pupil")).person("sub-prof", &here("teacher"))
    })
    .await;
    assert_eq!(stage.ending("nina").await, Ending::Refused("wrong_audience".to_owned()));
    stage.ent.edit_claims(|claims| claims["sub"] = json!("sub-prof"));
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
}

/// A first launch makes nobody more than it says, and a roster that comes later counts more than it.
async fn a_roster_outweighs_what_a_launch_said(engine: Engine) {
    let stage =
        Stage::open(engine, vec![person("nina", "1", &[roles::TEACHER])], Federation::open_to_all).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    assert_eq!(profile(&stage).await, "teacher");
    let pseudonym = stage.received()["sub"].clone();
    let listed = |f: Federation| {
        f.open_to_all().person("sub-nina", &format!("{{ school = \"{LYCEE}\", profile = \"pupil\" }}"))
    };
    assert_eq!(stage.apply(listed, &[]).code, Some(0));
    stage
        .eventually(async || {
            stage.ending("nina").await == Ending::Delivered && profile(&stage).await == "pupil"
        })
        .await;
    assert_eq!(stage.received()["sub"], pseudonym, "the same person");
}

/// A signed claim, else the deployment's only school, else the only current one, else a choice.
async fn a_school_comes_from_whoever_may_say_it(engine: Engine) {
    let people =
        ["1", "2", "3"].map(|deployment| person(&format!("p{deployment}"), deployment, &[roles::PUPIL]));
    let stage = Stage::open(engine, people.to_vec(), |f| {
        let at = |school: &str| format!("{{ school = \"{school}\", profile = \"pupil\" }}");
        f.connection("provision = true", "provision = false")
            .open_to_all()
            .person("one", &at(LYCEE))
            .person("both", &format!("{}, {}", at(LYCEE), at(COLLEGE)))
    })
    .await;
    type Row = (
        &'static str,
        &'static str,
        Option<&'static str>,
        Option<&'static str>,
        Result<&'static str, &'static str>,
    );
    let rows: &[Row] = &[
        ("both", "p1", None, None, Ok(LYCEE)),
        ("both", "p2", None, None, Ok(COLLEGE)),
        ("one", "p3", None, None, Ok(LYCEE)),
        ("both", "p3", Some(COLLEGE), None, Ok(COLLEGE)),
        ("both", "p3", Some(LYCEE), Some(COLLEGE), Ok(LYCEE)),
        ("both", "p3", None, Some(COLLEGE), Ok(COLLEGE)),
        ("both", "p3", None, Some("MDQ0MDAwMU0="), Ok(COLLEGE)),
        ("one", "p3", None, Some(COLLEGE), Err("school_not_of_person")),
        ("one", "p2", None, None, Err("school_not_of_person")),
        ("one", "p1", Some(COLLEGE), None, Err("school_not_of_ent")),
        ("both", "p1", None, Some(COLLEGE), Err("school_not_of_ent")),
        ("both", "p3", None, Some("9999999Z"), Err("school_unknown")),
    ];
    for (subject, who, signed, hint, wanted) in rows {
        stage.ent.edit_claims(move |claims| {
            claims["sub"] = json!(subject);
            if let Some(uai) = signed {
                claims[format!("{LTI}custom")]["uai"] = json!(uai);
            }
            if let Some(uai) = hint {
                let target = claims[format!("{LTI}target_link_uri")].as_str().unwrap().to_owned();
                claims[format!("{LTI}target_link_uri")] = Value::from(format!("{target}?idEtab={uai}"));
            }
        });
        let row = format!("{subject} over {who}, signed {signed:?}, hinted {hint:?}");
        match wanted {
            Ok(uai) => {
                assert_eq!(stage.ending(who).await, Ending::Delivered, "{row}");
                assert_eq!(school(&stage).await, *uai, "{row}");
            }
            Err(code) => assert_eq!(stage.ending(who).await, Ending::Refused((*code).to_owned()), "{row}"),
        }
    }
}

/// Whoever has several schools chooses; the choice is theirs alone, once, and among their own.
async fn somebody_of_two_schools_chooses(engine: Engine) {
    let stage = Stage::open(engine, vec![person("nina", "3", &[roles::PUPIL])], |f| {
        let at = |school: &str| format!("{{ school = \"{school}\", profile = \"teacher\" }}");
        f.open_to_all().person("sub-nina", &format!("{}, {}", at(LYCEE), at(COLLEGE)))
    })
    .await;
    let mut browser = stage.browser();
    let page = browser.launch(stage.ent.url(), "nina", "atlas").await.unwrap();
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Lycée de test") && page.body.contains("Collège de test"));
    let form = page.hops.last().unwrap().form().unwrap();
    let mut stranger = stage.browser();
    let choice = form.clone().with("uai", COLLEGE);
    assert_eq!(stage.go(&mut stranger, &choice).await, Ending::Refused("browser_unbound".to_owned()));
    let elsewhere = form.with("uai", "0010001W");
    assert_eq!(stage.go(&mut browser, &elsewhere).await, Ending::Refused("school_unknown".to_owned()));
    let mut browser = stage.browser();
    let page = browser.launch(stage.ent.url(), "nina", "atlas").await.unwrap();
    let choice = page.hops.last().unwrap().form().unwrap().with("uai", COLLEGE);
    assert_eq!(stage.go(&mut browser, &choice).await, Ending::Delivered);
    assert_eq!(school(&stage).await, COLLEGE);
    assert_eq!(stage.go(&mut browser, &choice).await, Ending::Refused("handle_spent".to_owned()), "once");
}

on_both_engines!(
    a_profile_comes_from_whoever_may_say_it,
    an_instructor_of_a_course_does_not_open_the_teachers_edition,
    a_roster_outweighs_what_a_launch_said,
    a_school_comes_from_whoever_may_say_it,
    somebody_of_two_schools_chooses,
);
