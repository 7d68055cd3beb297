//! The refusal table: who may not open what, at either hop, and what of it is said to whom.

use serde_json::Value;

use crate::stage::{
    COLLEGE, Ending, Engine, Federation, LYCEE, Stage, in_days, on_both_engines, person, roles,
};

/// What is made of the plain federation.
type Write = fn(Federation) -> Federation;

/// Whom a case sends, and what the federation says.
struct Case {
    code: &'static str,
    write: Write,
    deployment: &'static str,
    edit: fn(&mut Value),
}

const LTI: &str = "https://purl.imsglobal.org/spec/lti/claim/";

fn nothing(_: &mut Value) {}

fn uai(claims: &mut Value, uai: &str) {
    claims[format!("{LTI}custom")]["uai"] = Value::from(uai);
}

fn listed(federation: Federation) -> Federation {
    let here = format!("{{ school = \"{LYCEE}\", profile = \"pupil\", groups = [\"2DE3\"] }}");
    federation.person("sub-nina", &here)
}

/// A subscription to the atlas with these lines, by name unless they say otherwise.
fn subscribed(federation: Federation, lines: &str) -> Federation {
    listed(federation).subscription("abo", lines)
}

fn etabl(from: i64, until: i64, audience: &str) -> String {
    format!(
        "from = {}\nuntil = {}\nkind = \"ETABL\"\naudience = [\"{audience}\"]\nseats = \"unlimited\"",
        in_days(from),
        in_days(until)
    )
}

fn indiv(seats: u32) -> String {
    format!(
        "from = {}\nuntil = {}\nkind = \"INDIV\"\naudience = [\"pupil\"]\nseats = {seats}",
        in_days(-10),
        in_days(10)
    )
}

const fn case(code: &'static str, write: Write) -> Case {
    Case { code, write, deployment: "1", edit: nothing }
}

/// Every refusal that concerns a person, a school or a licence (design, section 6).
fn table() -> Vec<Case> {
    vec![
        case("unknown_person", |f| f.connection("provision = true", "provision = false").open_to_all()),
        case("person_left", |f| {
            let once = format!("{{ school = \"{LYCEE}\", profile = \"pupil\", year = \"2019-2020\" }}");
            f.connection("provision = true", "provision = false").person("sub-nina", &once).open_to_all()
        }),
        Case { edit: |c| uai(c, "9999999Z"), ..case("school_unknown", |f| listed(f).open_to_all()) },
        Case { edit: |c| uai(c, "no uai"), ..case("school_unknown", |f| listed(f).open_to_all()) },
        Case { edit: |c| uai(c, COLLEGE), ..case("school_not_of_ent", |f| listed(f).open_to_all()) },
        Case {
            edit: |c| uai(c, "0010001W"),
            ..case("school_not_of_ent", |f| listed(f.with(STRANGE_SCHOOL)).open_to_all())
        },
        Case {
            edit: |c| uai(c, COLLEGE),
            deployment: "3",
            ..case("school_not_of_person", |f| listed(f).open_to_all())
        },
        Case { deployment: "3", ..case("school_ambiguous", Federation::open_to_all) },
        Case { deployment: "unknown", ..case("deployment_inactive", |f| listed(f).open_to_all()) },
        case("no_subscription", listed),
        case("not_yet_valid", |f| subscribed(f, &etabl(2, 10, "pupil"))),
        case("expired", |f| subscribed(f, &etabl(-10, -2, "pupil"))),
        case("wrong_audience", |f| subscribed(f, &etabl(-10, 10, "teacher"))),
        case("not_assigned", |f| subscribed(f, &indiv(10))),
        case("no_seat", |f| {
            let other = format!("{{ school = \"{LYCEE}\", profile = \"pupil\" }}");
            subscribed(f, &indiv(1)).person("sub-omar", &other).with(
                "\n[[assignment]]\nsubscription = \"abo\"\nperson = { ent = \"ent\", namespace = \"ent\", subject = \"sub-omar\" }\n\
                 \n[[assignment]]\nsubscription = \"abo\"\neveryone = true\n",
            )
        }),
        Case {
            edit: |c| {
                c[format!("{LTI}target_link_uri")] = Value::from(
                    c[format!("{LTI}target_link_uri")].as_str().unwrap().replace("atlas", "herbier"),
                )
            },
            ..case("resource_unknown", |f| listed(f).open_to_all())
        },
    ]
}

/// A school of no ENT here.
const STRANGE_SCHOOL: &str = "\n[[ent]]\nid = \"autre-ent\"\nname = \"Autre ENT\"\n\n[[school]]\nuai = \"0010001W\"\nname = \"Autre lycée\"\ntown = \"Lyon\"\nents = [\"autre-ent\"]\nfictive = true\n";

async fn each_refusal_is_shown_counted_and_journalled(engine: Engine) {
    for Case { code, write, deployment, edit } in table() {
        let people = vec![person("nina", deployment, &[roles::PUPIL])];
        let stage = Stage::open(engine, people, write).await;
        stage.ent.edit_claims(edit);
        let landing = stage.launch("nina").await;
        assert_eq!(stage.ending_of(&landing), Ending::Refused(code.to_owned()));
        assert_eq!(landing.status, 403, "{code}");
        let launch = landing.hops.last().unwrap().header("passerelle-launch").unwrap().to_owned();
        assert!(landing.body.contains(&launch) && landing.body.contains(code), "{code}");
        assert!(landing.body.contains("lti_errormsg="), "{code}: the way back carries the reason");
        let events = stage.events().await;
        assert_eq!(events.len(), 1, "{code}");
        assert_eq!((&events[0]["launch"], &events[0]["refusal"]), (&Value::from(launch), &Value::from(code)));
        assert!(events[0].get("commitment").is_none(), "{code}: refusals carry none");
        let metrics = stage.metrics().await;
        let line = format!("outcome=\"refused\",reason=\"{code}\",via=\"lti\"");
        assert!(
            metrics.lines().any(|l| l.starts_with("passerelle_launches_total{") && l.contains(&line)),
            "{code}: {metrics}"
        );
        let (_, log) = stage.broker.stop();
        assert!(log.contains(&format!("\"refusal\":\"{code}\"")), "{code}: {log}");
    }
}

/// What changed between the hops counts at the second: the publisher is told `access_denied`, and nothing else.
async fn what_changes_between_the_hops_is_decided_again(engine: Engine) {
    let cases: [(&str, Write); 5] = [
        ("no_subscription", listed),
        ("expired", |f| subscribed(f, &etabl(-10, -2, "pupil"))),
        ("wrong_audience", |f| subscribed(f, &etabl(-10, 10, "teacher"))),
        ("person_left", |f| {
            let once = format!("{{ school = \"{LYCEE}\", profile = \"pupil\", year = \"2019-2020\" }}");
            f.person("sub-nina", &once).open_to_all()
        }),
        ("deployment_inactive", |f| {
            listed(f.connection(&format!("{{ id = \"1\", schools = [\"{LYCEE}\"] }}, "), "")).open_to_all()
        }),
    ];
    for (code, write) in cases {
        let people = vec![person("nina", "1", &[roles::PUPIL])];
        let stage = Stage::open(engine, people, |f| listed(f).open_to_all()).await;
        let (mut browser, request) = stage.until_authorize("nina").await;
        let applied = stage.apply(write, &["--prune"]);
        assert_eq!(applied.code, Some(0), "{code}: {}", applied.stderr);
        stage.eventually(async || stage.ending("nina").await == Ending::Refused(code.to_owned())).await;
        let hop = browser.get_once(request.action.as_str()).await.unwrap();
        let form = hop.form().unwrap();
        assert_eq!(form.action.as_str(), format!("{}/launch", stage.publisher.url()));
        assert_eq!((form.value("error"), form.value("id_token")), (Some("access_denied"), None), "{code}");
        assert!(!hop.body.contains(LYCEE), "the publisher learns nothing about the person");
        let landing = browser.submit(&form).await.unwrap();
        assert_eq!(landing.status, 403);
        let told = stage.events().await.into_iter().filter(|event| event["refusal"] == code).count();
        assert!(told >= 2, "both hops that refused are journalled");
        let again = browser.get_once(request.action.as_str()).await.unwrap();
        assert_eq!(again.form().unwrap().value("error"), Some("invalid_request"), "the hint is spent");
    }
}

/// What is withdrawn stays explainable.
async fn what_was_withdrawn_says_so(engine: Engine) {
    let people = vec![person("nina", "1", &[roles::PUPIL])];
    let stage = Stage::open(engine, people, |f| listed(f).open_to_all()).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let without_resource = |f: Federation| listed(f).without("[[resource]]");
    assert_eq!(stage.apply(without_resource, &["--prune"]).code, Some(0));
    let withdrawn = Ending::Refused("resource_withdrawn".to_owned());
    stage.eventually(async || stage.ending("nina").await == withdrawn).await;
    assert_eq!(stage.apply(|f| listed(f).open_to_all(), &[]).code, Some(0));
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
}

/// Deployments that nobody activated are recorded, found by `doctor`, and activated in the file.
async fn an_unknown_deployment_waits_for_its_activation(engine: Engine) {
    let people = vec![person("nina", "unknown", &[roles::PUPIL])];
    let stage = Stage::open(engine, people, |f| listed(f).open_to_all()).await;
    let inactive = Ending::Refused("deployment_inactive".to_owned());
    assert_eq!(stage.ending("nina").await, inactive);
    assert_eq!(stage.ending("nina").await, inactive);
    let doctor = stage.command(&["doctor", "--json"]);
    assert_eq!(doctor.code, Some(0), "{}", doctor.stderr);
    let all: Value = serde_json::from_str(&doctor.stdout).unwrap();
    let found: Vec<&Value> =
        all.as_array().unwrap().iter().filter(|one| one["check"] == "deployments").collect();
    assert_eq!(found.len(), 1);
    assert!(found[0]["what"].as_str().unwrap().contains("\"unknown\""));
    assert!(found[0]["mend"].as_str().unwrap().contains("[[ent.lti]] ent-lti"));
    let activated = |f: Federation| listed(f.connection("\"3\"]", "\"3\", \"unknown\"]")).open_to_all();
    assert_eq!(stage.apply(activated, &[]).code, Some(0));
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    let doctor = stage.command(&["doctor"]);
    assert!(!doctor.stdout.contains("deployments: "), "{}", doctor.stdout);
}

on_both_engines!(
    each_refusal_is_shown_counted_and_journalled,
    what_changes_between_the_hops_is_decided_again,
    what_was_withdrawn_says_so,
    an_unknown_deployment_waits_for_its_activation,
);
