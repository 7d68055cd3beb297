//! What an operator looks with: `doctor`, `trace`, `dry-run`. They say what is wrong, and change nothing.

use openssl::bn::BigNumRef;
use openssl::rsa::Rsa;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use conformance::Fault;

use crate::stage::{
    ATLAS, COLLEGE, Ending, Engine, Federation, LYCEE, Stage, in_days, on_both_engines, person, roles,
};

/// A peer that publishes one RSA key of so many bits, and whose clock is so many seconds ahead.
#[expect(clippy::disallowed_methods, reason = "a test is a caller, and callers own the clock")]
async fn odd_peer(bits: u32, ahead: i64) -> String {
    use time::format_description::well_known::Rfc2822;
    let key = Rsa::generate(bits).unwrap();
    let base64 = |number: &BigNumRef| data_encoding::BASE64URL_NOPAD.encode(&number.to_vec());
    let set = json!({ "keys": [{ "kty": "RSA", "kid": "odd", "n": base64(key.n()), "e": base64(key.e()) }] })
        .to_string();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let date = time::OffsetDateTime::now_utc() + time::Duration::seconds(ahead);
            let date = date.format(&Rfc2822).unwrap().replace("+0000", "GMT");
            let answer = format!(
                "HTTP/1.1 200 OK\r\ndate: {date}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{set}",
                set.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

/// A second connection of the ENT whose keys come from elsewhere.
fn with_peer(federation: Federation, id: &str, jwks_uri: &str) -> Federation {
    federation.with(&format!(
        "\n[[ent]]\nid = \"{id}\"\nname = \"{id}\"\n[[ent.lti]]\nid = \"{id}-lti\"\nissuer = \"https://{id}.example\"\n\
         client_id = \"c\"\ndeployments = [\"1\"]\nauthorization_url = \"https://{id}.example/authorize\"\n\
         jwks_uri = \"{jwks_uri}\"\nnamespace = \"{id}\"\nmatch = \"sub\"\n"
    ))
}

/// What doctor finds, as (check, severity, who mends it, what).
fn doctor(stage: &Stage) -> Vec<(String, String, String, String)> {
    let exit = stage.command(&["doctor", "--json"]);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    let found: Vec<Value> = serde_json::from_str(&exit.stdout).unwrap();
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    for one in &found {
        assert!(!text(one, "mend").is_empty(), "{one}: how is it mended?");
    }
    found
        .iter()
        .map(|one| (text(one, "check"), text(one, "severity"), text(one, "mends"), text(one, "what")))
        .collect()
}

fn ailing(federation: Federation, slow: &str, weak: &str) -> Federation {
    let until = in_days(10);
    let agreement = format!(
        "\n[[agreement]]\nresource = \"{ATLAS}\"\nattributes = [\n\
         {{ name = \"PRE\", purpose = \"greeting\", approved_by = \"dpo\", approved_on = 2020-01-01 }},\n\
         {{ name = \"NOM\", purpose = \"lists\" }},\n]\n\
         \n[[resource]]\nark = \"ark:/99999/herbier\"\nkey = \"herbier\"\ntitle = \"Herbier\"\ntool = \"outil\"\n"
    );
    let federation = federation
        .connection("provision = true", "provision = false")
        .person("sub-nina", &format!("{{ school = \"{LYCEE}\", profile = \"pupil\" }}"))
        .subscription(
            "abo",
            &format!("from = 2020-01-01\nuntil = {until}\nkind = \"ETABL\"\naudience = [\"pupil\"]\nseats = \"unlimited\""),
        )
        .with(&agreement);
    let federation = with_peer(federation, "slow", slow);
    let federation = with_peer(federation, "weak", weak);
    with_peer(federation, "inside", "https://10.0.0.1/jwks.json")
}

/// Each thing that can be wrong is told once, with how much it matters and who can mend it; what is well is not told.
async fn doctor_says_what_is_wrong_and_who_can_mend_it(engine: Engine) {
    let (slow, weak) = (odd_peer(2048, -100).await, odd_peer(1024, 40).await);
    let people = vec![person("nina", "1", &[roles::PUPIL])];
    let settings = [
        ("PASSERELLE_LOG__LEVEL", "debug"),
        ("PASSERELLE_SERVER__TRUSTED_PROXIES", "0.0.0.0/0"),
        ("PASSERELLE_TRANSPORT__ALLOW", "127.0.0.1,8.0.0.0/8"),
    ];
    let stage = Stage::open_with(engine, people, |f| ailing(f, &slow, &weak), &settings).await;
    stage.ent.set_jwks_fault(Fault::Status(503));
    assert_eq!(stage.database.change("UPDATE sealed_key SET created = created - 40000000000").await, 5);
    let found = doctor(&stage);
    let wanted = [
        ("key_sets", "broken", "ent", "ent-lti", "503"),
        ("key_sets", "broken", "operator", "inside-lti", "private network"),
        ("clocks", "broken", "ent", "slow-lti", "s behind ours"),
        ("keys", "broken", "ent", "weak-lti", "2048 bits"),
        ("clocks", "warning", "ent", "weak-lti", "s ahead of ours"),
        ("own_keys", "warning", "operator", "lti-platform", "days"),
        ("own_keys", "warning", "operator", "lti-tool", "days"),
        ("own_keys", "warning", "operator", "carrier", "days"),
        ("ending", "warning", "school", ATLAS, "abo"),
        ("unapproved", "warning", "operator", ATLAS, "NOM"),
        ("old_approvals", "note", "operator", ATLAS, "PRE"),
        ("unsubscribed", "note", "school", "ark:/99999/herbier", "Herbier"),
        ("context_roles", "warning", "operator", "ent-lti", "Instructor"),
        ("empty_schools", "warning", "operator", COLLEGE, "provisions"),
        ("settings", "warning", "operator", "trusted_proxies", "0.0.0.0/0"),
        ("settings", "warning", "operator", "transport.allow", "8.0.0.0/8"),
        ("settings", "note", "operator", "log.level", "debug"),
        ("settings", "note", "operator", "public_url", "this machine"),
    ];
    for (check, severity, mends, about, words) in wanted {
        let fits = |(c, s, m, what): &&(String, String, String, String)| {
            (c.as_str(), s.as_str(), m.as_str()) == (check, severity, mends)
                && what.contains(about)
                && what.contains(words)
        };
        let told = found.iter().filter(fits).count();
        assert_eq!(told, 1, "{check} {severity} {mends} {about} {words}: {found:#?}");
    }
    assert!(!found.iter().any(|(check, .., what)| check == "empty_schools" && what.contains(LYCEE)));
    let ranks: Vec<usize> = found
        .iter()
        .map(|(_, s, ..)| ["broken", "warning", "note"].iter().position(|n| n == s).unwrap())
        .collect();
    assert!(ranks.is_sorted(), "what matters most comes first: {found:#?}");
    let text = stage.command(&["doctor"]);
    assert!(text.stdout.starts_with("BROKEN ") && text.stdout.contains("ENT: ask them"), "{}", text.stdout);
    assert!(text.stdout.trim_end().lines().last().unwrap().starts_with("doctor: "), "{}", text.stdout);
    stage.ent.behave();
    assert!(!doctor(&stage).iter().any(|(check, .., what)| check == "key_sets" && what.contains("ent-lti")));
}

/// Who only looks needs a database, and makes none.
async fn without_a_database_there_is_nothing_to_see(engine: Engine) {
    let stage = Stage::plain(engine).await;
    stage.database.vanish().await;
    let dry = ["dry-run", "--ent", "ent", "--namespace", "ent", "--subject", "x", "--resource", "atlas"];
    for command in [&["doctor"][..], &["trace", "abcdefghijklmnop"], &dry] {
        let exit = stage.command(command);
        assert_eq!(exit.code, Some(3), "{command:?}: {} {}", exit.stdout, exit.stderr);
        assert_eq!(exit.stdout, "", "{command:?}");
    }
    stage.database.come_back().await;
}

/// The trace of a launch, once it is kept.
async fn traced(stage: &Stage, launch: &str) -> Value {
    stage.eventually(async || stage.command(&["trace", launch]).code == Some(0)).await;
    let exit = stage.command(&["trace", launch, "--json"]);
    serde_json::from_str(&exit.stdout).unwrap_or_else(|_| panic!("{} {}", exit.stdout, exit.stderr))
}

fn names(trace: &Value, passed: bool) -> Vec<&str> {
    let checks = trace["checks"].as_array().unwrap().iter();
    checks.filter(|check| check["passed"] == passed).map(|check| check["name"].as_str().unwrap()).collect()
}

/// The launch id that a page shows.
fn number(landing: &conformance::Landing) -> String {
    landing.hops.iter().rev().find_map(|hop| hop.header("passerelle-launch")).unwrap().to_owned()
}

async fn a_launch_in_the_journal_is_traced(engine: Engine) {
    let stage = Stage::plain(engine).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let launch = stage.events().await[0]["launch"].as_str().unwrap().to_owned();
    let trace = traced(&stage, &launch.to_uppercase()).await;
    assert_eq!((&trace["outcome"], &trace["school"]), (&json!("delivered"), &json!(LYCEE)));
    assert_eq!((&trace["resource"], &trace["profile"]), (&json!(ATLAS), &json!("pupil")));
    assert!(
        names(&trace, false).is_empty() && names(&trace, true).ends_with(&["release", "journal"]),
        "{trace}"
    );
    assert!(trace.get("commitment").is_none());
    let text = stage.command(&["trace", &launch]).stdout;
    assert!(text.contains("delivered") && text.contains("  ✓ licence") && !text.contains('✗'), "{text}");

    let (mut browser, request) = stage.until_authorize("nina").await;
    assert_eq!(stage.apply(|f| f, &["--prune"]).code, Some(0));
    let no_subscription = Ending::Refused("no_subscription".to_owned());
    stage.eventually(async || stage.ending("nina").await == no_subscription).await;
    let hop = browser.get_once(request.action.as_str()).await.unwrap();
    let at_b = traced(&stage, hop.header("passerelle-launch").unwrap()).await;
    let at_a = traced(&stage, &number(&stage.launch("nina").await)).await;
    for (trace, hop) in [(at_a, "A"), (at_b, "B")] {
        assert_eq!((&trace["outcome"], &trace["code"]), (&json!("refused"), &json!("no_subscription")));
        assert_eq!(names(&trace, false), ["licence"]);
        let last = trace["checks"].as_array().unwrap().last().unwrap();
        assert_eq!((&last["hop"], &last["passed"]), (&json!(hop), &json!(false)), "{trace}");
        assert_eq!(trace["mends"], "school");
        assert!(trace["meaning"].as_str().unwrap().contains("No subscription"), "{trace}");
    }
}

/// A sign-on that failed has no event; how far it came is kept, and nothing of what it said.
async fn a_sign_on_that_failed_is_traced(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let before = ["state", "cookie", "answer", "header", "key", "signature"];

    stage.ent.edit_claims(|claims| claims["aud"] = json!("somebody"));
    let trace = traced(&stage, &number(&stage.launch("nina").await)).await;
    assert_eq!((&trace["code"], &trace["connection"]), (&json!("token_invalid"), &json!("ent-lti")));
    assert_eq!(names(&trace, true), [&before[..], &["iss"]].concat());
    assert_eq!((names(&trace, false), &trace["mends"]), (vec!["aud"], &json!("ent")));

    stage.ent.behave();
    let (_, form) = stage.until_token("nina").await;
    let hop = stage.browser().post_once(form.action.as_str(), &form.fields).await.unwrap();
    let trace = traced(&stage, hop.header("passerelle-launch").unwrap()).await;
    assert_eq!((&trace["code"], names(&trace, false)), (&json!("browser_unbound"), vec!["cookie"]));

    let (mut browser, form) = stage.until_token("nina").await;
    browser.post_once(form.action.as_str(), &form.fields).await.unwrap();
    let again = browser.post_once(form.action.as_str(), &form.fields).await.unwrap();
    let trace = traced(&stage, again.header("passerelle-launch").unwrap()).await;
    assert_eq!((&trace["code"], names(&trace, false)), (&json!("replayed"), vec!["first_use"]));

    let (_, request) = stage.until_authorize("nina").await;
    let elsewhere = stage.browser().get_once(request.action.as_str()).await.unwrap();
    let trace = traced(&stage, elsewhere.header("passerelle-launch").unwrap()).await;
    assert_eq!((&trace["code"], names(&trace, false)), (&json!("browser_unbound"), vec!["cookie"]));
    assert!(names(&trace, true).contains(&"parked"), "{trace}");

    stage.ent.answer_error("access_denied");
    let trace = traced(&stage, &number(&stage.launch("nina").await)).await;
    assert_eq!((&trace["code"], names(&trace, false)), (&json!("sign_on_refused"), vec!["answer"]));

    let login = format!("{}/lti/login?iss={}", stage.broker.url, stage.ent.url());
    let hop = stage.browser().get_once(&login).await.unwrap();
    let trace = traced(&stage, hop.header("passerelle-launch").unwrap()).await;
    assert_eq!((&trace["code"], names(&trace, false)), (&json!("login_incomplete"), vec!["parameters"]));

    let kept = stage.database.ask("SELECT connection || code || passed || failed FROM failed_sign_on").await;
    assert!(kept.iter().all(|row| !row.contains("nina") && !row.contains("somebody")), "{kept:?}");
}

/// A fault has a page with a number too, and so a trace.
async fn a_fault_on_the_way_is_traced(engine: Engine) {
    let stage = Stage::plain(engine).await;
    stage.ent.set_jwks_fault(Fault::Status(503));
    let landing = stage.launch("nina").await;
    assert_eq!(landing.status, 503);
    let launch = number(&landing);
    let trace = traced(&stage, &launch).await;
    assert_eq!((&trace["outcome"], names(&trace, false)), (&json!("fault"), vec!["key"]));
    let text = stage.command(&["trace", &launch]).stdout;
    assert!(text.contains("  ✗ key") && text.contains("passerelle doctor"), "{text}");
}

async fn an_id_that_nobody_keeps_is_said_so(engine: Engine) {
    let stage = Stage::plain(engine).await;
    for (id, words) in
        [("abcdefghijklmnop", "24 hours"), ("0123", "not a launch id"), ("", "not a launch id")]
    {
        let exit = stage.command(&["trace", id]);
        assert_eq!((exit.code, exit.stdout.as_str()), (Some(1), ""), "{id}");
        assert!(exit.stderr.contains(words), "{id}: {}", exit.stderr);
    }
    // Nobody is helped by what names no connection, so it is not kept.
    let hop =
        stage.browser().get_once(&format!("{}/lti/login?iss=https://nobody.example", stage.broker.url)).await;
    let launch = hop.unwrap().header("passerelle-launch").unwrap().to_owned();
    stage.ent.answer_error("access_denied");
    traced(&stage, &number(&stage.launch("nina").await)).await;
    assert_eq!(stage.command(&["trace", &launch]).code, Some(1));
}

/// A stranger who lets sign-ons fail fills the ring of one connection, and nothing more; launches go on.
async fn a_flood_of_failures_stays_in_its_ring(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let login = format!("/lti/login?iss={}", stage.ent.url());
    let count =
        async || stage.database.ask("SELECT CAST(count(*) AS TEXT) FROM failed_sign_on").await.remove(0);
    let newest = async || {
        stage.database.ask("SELECT COALESCE(CAST(max(seq) AS TEXT), '0') FROM failed_sign_on").await.remove(0)
    };
    stage
        .eventually(async || {
            for from in 2..102 {
                assert_eq!(knock(from, &stage.broker.url, &login).await, 400);
            }
            newest().await.parse::<u32>().unwrap() > 230
        })
        .await;
    assert_eq!(count().await, "200");
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let metrics = stage.metrics().await;
    let dropped = metrics.lines().find_map(|l| l.strip_prefix("passerelle_failed_sign_ons_dropped_total "));
    assert!(dropped.unwrap().parse::<u64>().unwrap() > 0, "{metrics}");
    // What is a day old is nobody's business any more.
    stage.database.change("UPDATE failed_sign_on SET at = at - 86400001").await;
    let launch = stage.database.ask("SELECT launch FROM failed_sign_on").await.remove(0);
    assert_eq!(stage.command(&["trace", &launch]).code, Some(1));
}

/// A stranger at one of this machine's many addresses: one alone would soon be told to wait.
async fn knock(from: u8, broker: &str, path: &str) -> u16 {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, from], 0).into()).unwrap();
    let to = broker.trim_start_matches("http://");
    let mut stream = socket.connect(to.parse().unwrap()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Rows of every table, and what in them a launch would change.
async fn state(stage: &Stage) -> Vec<String> {
    const ROWS: &str = "SELECT 'person ' || CAST(count(*) AS TEXT) FROM person \
        UNION ALL SELECT 'root ' || CAST(count(*) AS TEXT) FROM pseudonym_root \
        UNION ALL SELECT 'identity ' || CAST(count(*) AS TEXT) FROM identity \
        UNION ALL SELECT 'affiliation ' || CAST(count(*) AS TEXT) FROM affiliation \
        UNION ALL SELECT 'membership ' || CAST(count(*) AS TEXT) FROM membership \
        UNION ALL SELECT 'pseudonym ' || CAST(count(*) AS TEXT) FROM pseudonym \
        UNION ALL SELECT 'seat ' || CAST(count(*) AS TEXT) FROM seat \
        UNION ALL SELECT 'used ' || CAST(COALESCE(sum(used), 0) AS TEXT) FROM pool \
        UNION ALL SELECT 'parked ' || CAST(count(*) AS TEXT) FROM parked \
        UNION ALL SELECT 'first_use ' || CAST(count(*) AS TEXT) FROM first_use \
        UNION ALL SELECT 'event ' || CAST(count(*) AS TEXT) FROM event \
        UNION ALL SELECT 'inactive ' || CAST(count(*) AS TEXT) FROM inactive_deployment \
        UNION ALL SELECT 'failed ' || CAST(count(*) AS TEXT) FROM failed_sign_on \
        UNION ALL SELECT 'object ' || CAST(count(*) AS TEXT) FROM object \
        UNION ALL SELECT 'name ' || CAST(count(*) AS TEXT) FROM object_name \
        UNION ALL SELECT 'assignment ' || CAST(count(*) AS TEXT) FROM assignment \
        UNION ALL SELECT 'key ' || CAST(count(*) AS TEXT) FROM sealed_key \
        UNION ALL SELECT 'sector_key ' || CAST(count(*) AS TEXT) FROM sector_key \
        UNION ALL SELECT 'fact ' || CAST(count(*) AS TEXT) FROM fact \
        UNION ALL SELECT 'change ' || CAST(count(*) AS TEXT) FROM change \
        UNION ALL SELECT 'version ' || CAST(version AS TEXT) FROM change_counter";
    let mut rows = stage.database.ask(ROWS).await;
    if stage.database.engine == Engine::Postgres {
        let dump = String::from_utf8(stage.database.bytes()).unwrap();
        // Each dump draws a word of its own for these lines; and the broker takes turns with itself, once a minute.
        let own = |line: &&str| !line.contains("restrict ") && !line.starts_with("journal\t");
        rows.extend(dump.lines().filter(own).map(str::to_owned));
    }
    rows
}

fn dry_run(stage: &Stage, more: &[&str]) -> Value {
    let start = ["dry-run", "--ent", "ent", "--namespace", "ent", "--json", "--subject"];
    let arguments: Vec<&str> = start.into_iter().chain(more.iter().copied()).collect();
    let exit = stage.command(&arguments);
    assert_eq!(exit.code, Some(0), "{more:?}: {}", exit.stderr);
    serde_json::from_str(&exit.stdout).unwrap()
}

/// One seat for whoever comes; Nina has both schools, Omar one.
fn seated(federation: Federation) -> Federation {
    let pupil =
        |school: &str| format!("{{ school = \"{school}\", profile = \"pupil\", groups = [\"2DE3\"] }}");
    let (lycee, college) = (pupil(LYCEE), pupil(COLLEGE).replace(", groups = [\"2DE3\"]", ""));
    federation
        .person("sub-nina", &lycee)
        .person("sub-omar", &format!("{lycee}, {college}"))
        .subscription(
            "abo",
            &format!(
                "from = 2020-01-01\nuntil = {}\nkind = \"INDIV\"\naudience = [\"pupil\"]\nseats = 1",
                in_days(100)
            ),
        )
        .with(&format!(
            "\n[[assignment]]\nsubscription = \"abo\"\neveryone = true\n\
             \n[[agreement]]\nresource = \"{ATLAS}\"\nattributes = [\n\
             {{ name = \"PRE\", purpose = \"greeting\", approved_by = \"dpo\", approved_on = 2026-01-01 }},\n\
             {{ name = \"DIV\", purpose = \"classes\", approved_by = \"dpo\", approved_on = 2026-01-01 }},\n\
             {{ name = \"UAI\", purpose = \"schools\" }},\n]\n"
        ))
}

/// A dry run decides as the launch that follows it, and leaves nothing behind.
async fn a_dry_run_tells_the_launch_and_writes_nothing(engine: Engine) {
    let people = vec![person("nina", "1", &[roles::PUPIL])];
    let stage = Stage::open(engine, people, seated).await;
    stage.settled().await;
    let before = state(&stage).await;

    let report = dry_run(&stage, &["sub-nina", "--resource", ATLAS, "--school", LYCEE]);
    for (name, value) in [
        ("verdict", "opens"),
        ("school", LYCEE),
        ("profile", "pupil"),
        ("profile_from", "the roster, or an operator's file"),
        ("subscription", "abo"),
        ("pseudonym", "new"),
        ("person", "known"),
        ("connection", "ent-lti"),
    ] {
        assert_eq!(report[name], value, "{name}: {report}");
    }
    assert_eq!(report["takes_a_seat"], true);
    assert_eq!(report["released"], json!(["PRE", "DIV"]));
    let withheld: Vec<_> =
        report["withheld"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(withheld, ["UAI", "NOM", "P_MEL", "idENT"], "{report}");
    assert!(report["withheld"][0]["why"].as_str().unwrap().contains("approved"), "{report}");

    let asked = dry_run(&stage, &["sub-omar", "--resource", "atlas", "--deployment", "3"]);
    assert_eq!((&asked["verdict"], &asked["schools"]), (&json!("asks"), &json!([COLLEGE, LYCEE])));
    let new = dry_run(&stage, &["sub-new", "--resource", "atlas", "--school", LYCEE]);
    assert_eq!(
        (&new["verdict"], &new["code"]),
        (&json!("refused"), &json!("wrong_audience")),
        "no role is known"
    );
    assert_eq!(new["person"], "unknown", "who may not come in is not written down");
    for (more, code) in [
        (&["sub-nina", "--resource", "nowhere"][..], "resource_unknown"),
        (&["sub-nina", "--resource", "atlas", "--deployment", "99"], "deployment_inactive"),
        (&["sub-nina", "--resource", "atlas", "--school", COLLEGE], "school_not_of_person"),
    ] {
        let report = dry_run(&stage, more);
        assert_eq!((&report["verdict"], &report["code"]), (&json!("refused"), &json!(code)), "{report}");
    }
    let text = stage
        .command(&[
            "dry-run",
            "--ent",
            "ent",
            "--namespace",
            "ent",
            "--subject",
            "sub-nina",
            "--resource",
            "atlas",
        ])
        .stdout;
    assert!(text.starts_with("dry run: it would open") && text.contains("released      PRE (if"), "{text}");
    assert!(!text.contains("sub-nina"), "{text}");
    assert_eq!(state(&stage).await, before, "nothing was written");

    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    let event = stage.events().await.remove(0);
    assert_eq!((&event["attributes"], &event["school"]), (&report["released"], &report["school"]));
    let again = dry_run(&stage, &["sub-nina", "--resource", "atlas"]);
    assert_eq!((&again["pseudonym"], &again["takes_a_seat"]), (&json!("exists"), &json!(false)));
    let late = dry_run(&stage, &["sub-omar", "--resource", "atlas", "--school", LYCEE]);
    assert_eq!((&late["verdict"], &late["code"]), (&json!("refused"), &json!("no_seat")));
}

/// Somebody who would be provisioned is judged whole, and stays unknown.
async fn a_dry_run_provisions_nobody(engine: Engine) {
    let stage = Stage::open(engine, vec![], Federation::open_to_all).await;
    stage.settled().await;
    let before = state(&stage).await;
    let report = dry_run(&stage, &["sub-new", "--resource", "atlas", "--school", LYCEE]);
    assert_eq!((&report["verdict"], &report["profile"]), (&json!("opens"), &json!("other")), "{report}");
    assert_eq!((&report["pseudonym"], &report["takes_a_seat"]), (&json!("new"), &json!(false)));
    assert!(report["profile_from"].as_str().unwrap().starts_with("nothing"), "{report}");
    assert!(report["person"].as_str().unwrap().starts_with("new"), "{report}");
    assert_eq!(state(&stage).await, before, "nothing was written");
}

async fn a_dry_run_that_makes_no_sense_is_refused(engine: Engine) {
    let stage = Stage::open(engine, vec![], Federation::open_to_all).await;
    let complete = ["dry-run", "--ent", "ent", "--namespace", "ent", "--subject", "x", "--resource", "atlas"];
    for (at, wrong, words) in [
        (2, "elsewhere", "no connection with namespace"),
        (4, "other", "no connection with namespace"),
        (2, "a b", "not a valid id"),
        (8, "ark:nonsense", "ark"),
    ] {
        let mut arguments = complete;
        arguments[at] = wrong;
        let exit = stage.command(&arguments);
        assert_eq!((exit.code, exit.stdout.as_str()), (Some(1), ""), "{wrong}");
        assert!(exit.stderr.to_lowercase().contains(words), "{wrong}: {}", exit.stderr);
    }
    assert_eq!(stage.command(&complete[..7]).code, Some(2), "usage");
}

on_both_engines!(
    doctor_says_what_is_wrong_and_who_can_mend_it,
    without_a_database_there_is_nothing_to_see,
    a_launch_in_the_journal_is_traced,
    a_sign_on_that_failed_is_traced,
    a_fault_on_the_way_is_traced,
    an_id_that_nobody_keeps_is_said_so,
    a_flood_of_failures_stays_in_its_ring,
    a_dry_run_tells_the_launch_and_writes_nothing,
    a_dry_run_provisions_nobody,
    a_dry_run_that_makes_no_sense_is_refused,
);
