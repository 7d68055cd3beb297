//! What an operator meets: commands, their exit codes, and what is said when something is wrong. Nothing is lost by it.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::stage::{
    Broker, Database, Ending, Engine, Exit, Federation, LYCEE, Stage, free_port, free_ports, on_both_engines,
    passerelle, passerelle_in, person, roles,
};

type Environment = Vec<(String, String)>;

/// A database that has its keys, and the environment of a broker on it.
fn prepared(engine: Engine) -> (Database, Environment) {
    let database = Database::new(engine);
    let environment = Broker::environment(&database, free_port(), free_port());
    let made = passerelle_in(&environment, &["keys", "init"]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    (database, environment)
}

fn with(environment: &Environment, name: &str, value: &str) -> Environment {
    let mut environment = environment.clone();
    environment.retain(|(own, _)| own != name);
    environment.push((name.to_owned(), value.to_owned()));
    environment
}

fn apply(database: &Database, environment: &Environment, text: &str, options: &[&str]) -> Exit {
    let file = database.folder().join("federation.toml");
    std::fs::write(&file, text).unwrap();
    let arguments = ["apply", file.to_str().unwrap()].into_iter().chain(options.iter().copied());
    passerelle_in(environment, &arguments.collect::<Vec<_>>())
}

fn last_line(text: &str) -> &str {
    text.trim_end().lines().last().unwrap_or_default()
}

fn plain() -> Federation {
    Federation::new("https://ent.example", "https://publisher.example").open_to_all()
}

async fn a_federation_is_planned_applied_and_then_there_is_nothing_to_do(engine: Engine) {
    let (database, environment) = prepared(engine);
    let text = plain().person("sub-nina", &format!("{{ school = \"{LYCEE}\", profile = \"pupil\" }}")).text();
    let dry = apply(&database, &environment, &text, &["--dry-run"]);
    let wanted = "+ ent ent\n+ lti ent-lti\n+ school 0440001M\n+ school 0750001U\n+ organisation editeur\n+ sector secteur\n\
                  + tool outil\n+ resource ark:/99999/atlas\n+ subscription abo\n+ person ent/ent/sub-nina\n\
                  plan: 10 to add, 0 to change, 0 to remove\n";
    assert_eq!((dry.code, dry.stdout.as_str()), (Some(0), wanted));
    assert_eq!(
        database.ask("SELECT CAST(count(*) AS TEXT) FROM object").await,
        ["0"],
        "a dry run writes nothing"
    );
    assert_eq!(apply(&database, &environment, &text, &[]).stdout, wanted);
    let again = apply(&database, &environment, &text, &[]);
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), "plan: 0 to add, 0 to change, 0 to remove\n"));
    let renamed = text.replace("Lycée de test", "Lycée renommé");
    assert_eq!(
        apply(&database, &environment, &renamed, &[]).stdout,
        "~ school 0750001U (name)\nplan: 0 to add, 1 to change, 0 to remove\n"
    );
    let fewer = Federation::new("https://ent.example", "https://publisher.example").text();
    assert_eq!(
        last_line(&apply(&database, &environment, &fewer, &[]).stdout),
        "plan: 0 to add, 1 to change, 0 to remove"
    );
    let pruned = apply(&database, &environment, &fewer, &["--prune", "--json"]);
    let plan: Value = serde_json::from_str(&pruned.stdout).unwrap();
    let kinds: Vec<&str> =
        plan["remove"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["subscription", "person"], "{plan}");
    let dry = apply(&database, &environment, &fewer, &["--prune"]);
    assert_eq!(last_line(&dry.stdout), "plan: 0 to add, 0 to change, 0 to remove");
}

/// Each mistake has its line and says what to write; nothing is written by a file that has one.
async fn a_wrong_federation_changes_nothing(engine: Engine) {
    let (database, environment) = prepared(engine);
    let good = plain().text();
    let line = |text: &str, what: &str| text.lines().position(|line| line.contains(what)).unwrap() + 1;
    let table: [(&str, &str, &str); 8] = [
        ("code = \"A0\"", "codee = \"A0\"", "codee"),
        ("uai = \"0750001U\"", "uai = \"075000U\"", "075000U"),
        ("kind = \"ETABL\"", "kind = \"ETAB\"", "ETABL"),
        ("tool = \"outil\"", "tool = \"nobody\"", "nobody"),
        ("protocol = \"lti\"", "protocol = \"saml\"", "lti"),
        ("jwks_uri = \"https://ent.example/jwks.json\"", "jwks_uri = \"ftp://ent.example/\"", "jwks_uri"),
        ("from = 2020-01-01", "from = 2020-02-30", "invalid date"),
        ("audience = [\"pupil\"", "audience = [\"pupils\"", "pupils"),
    ];
    for (right, wrong, said) in table {
        let text = good.replacen(right, wrong, 1);
        let exit = apply(&database, &environment, &text, &[]);
        assert_eq!(exit.code, Some(1), "{wrong}: {}", exit.stdout);
        // What does not fit other tables is said of the table that names it.
        let place = if wrong.starts_with("tool =") { "[[resource]]" } else { wrong };
        let at = format!("federation.toml:{}:", line(&text, place));
        assert!(exit.stderr.contains(&at), "{wrong} at {at}: {}", exit.stderr);
        assert!(
            exit.stderr.contains(said) && exit.stderr.contains("nothing changed"),
            "{wrong}: {}",
            exit.stderr
        );
        assert_eq!(database.ask("SELECT CAST(count(*) AS TEXT) FROM object").await, ["0"], "{wrong}");
    }
    let real = good.replace(LYCEE, "0750001A").replacen("fictive = true", "fictive = false", 1);
    let exit = apply(&database, &environment, &real, &[]);
    assert_eq!(exit.code, Some(1));
    assert!(exit.stderr.contains("its digits ask for U"), "the right letter is said: {}", exit.stderr);
    let none = passerelle_in(&environment, &["apply", "/nowhere/federation.toml"]);
    assert_eq!(none.code, Some(1));
    assert!(none.stderr.contains("/nowhere/federation.toml"));
}

/// A start that cannot work says why in one line, and ends with 3.
async fn a_start_that_cannot_work_says_why(engine: Engine) {
    let (database, environment) = prepared(engine);
    let folder = database.folder();
    let key = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let other = key("other.key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
    let short = key("short.key", "AAAA\n");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let nowhere = match engine {
        Engine::Sqlite => "sqlite:///nowhere/at/all.db".to_owned(),
        Engine::Postgres => "postgres://nobody@127.0.0.1:1/none".to_owned(),
    };
    let table: [(&str, &str, &[&str]); 9] = [
        ("PASSERELLE_MASTER_KEY_FILE", &other, &["master key"]),
        ("PASSERELLE_MASTER_KEY_FILE", &short, &["short.key"]),
        ("PASSERELLE_MASTER_KEY_FILE", "/nowhere/master.key", &["/nowhere/master.key"]),
        ("PASSERELLE_MASTER_KEY_FILE", "", &["PASSERELLE_MASTER_KEY"]),
        ("PASSERELLE_SERVER__LISTEN", &taken, &["server.listen", &taken]),
        (
            "PASSERELLE_DATABASE_URL",
            &nowhere,
            &[if engine == Engine::Sqlite { "directory does not exist" } else { "not reachable" }],
        ),
        ("PASSERELLE_PUBLIC_URL", "http://broker.example", &["https"]),
        ("PASSERELLE_SERVR__LISTEN", "127.0.0.1:1", &["PASSERELLE_SERVR__LISTEN"]),
        ("PASSERELLE_SERVER__LISTEN", "0.0.0.0:8600", &["trusted_proxies"]),
    ];
    for (name, value, said) in table {
        let exit = passerelle_in(&with(&environment, name, value), &["serve"]);
        assert_eq!(exit.code, Some(3), "{name}={value}: {}", exit.stderr);
        assert_eq!(exit.stdout, "", "{name}={value}: nobody is told that it is ready");
        for words in said {
            assert!(exit.stderr.contains(words), "{name}={value}: {words}: {}", exit.stderr);
        }
        assert_eq!(exit.stderr.trim_end().lines().count(), 1, "{name}={value}: {}", exit.stderr);
    }
    drop(listener);
    database.change("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) SELECT 9999, 'newer', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1").await;
    let exit = passerelle_in(&environment, &["serve"]);
    assert_eq!(exit.code, Some(3));
    assert!(exit.stderr.contains("9999") && exit.stderr.contains("newer"), "{}", exit.stderr);
}

/// P8: without keys nothing is served, and nobody makes them in passing.
async fn without_keys_nothing_is_served(engine: Engine) {
    let database = Database::new(engine);
    let environment = Broker::environment(&database, free_port(), free_port());
    std::fs::write(database.folder().join("master.key"), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n")
        .unwrap();
    std::fs::set_permissions(
        database.folder().join("master.key"),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    let exit = passerelle_in(&environment, &["serve"]);
    assert_eq!((exit.code, exit.stdout.as_str()), (Some(3), ""));
    assert!(exit.stderr.contains("keys init"), "{}", exit.stderr);
    let made = passerelle_in(&environment, &["keys", "init"]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert_eq!(last_line(&passerelle_in(&environment, &["keys", "init"]).stdout), "keys: 0 made");
    let listed = passerelle_in(&environment, &["keys", "list"]);
    for purpose in ["lti-platform", "lti-tool", "carrier"] {
        assert!(listed.stdout.contains(purpose), "{}", listed.stdout);
    }
}

/// A path that was mistyped makes no second master key for a database that has one.
async fn a_master_key_that_is_not_where_it_was_is_not_made_anew(engine: Engine) {
    let database = Database::new(engine);
    let mut environment = Broker::environment(&database, free_port(), free_port());
    assert_eq!(passerelle_in(&environment, &["keys", "init"]).code, Some(0));
    let elsewhere = database.folder().join("mastre.key");
    environment.push(("PASSERELLE_MASTER_KEY_FILE".to_owned(), elsewhere.display().to_string()));
    let exit = passerelle_in(&environment, &["keys", "init"]);
    assert_eq!((exit.code, exit.stdout.as_str()), (Some(3), ""));
    assert!(exit.stderr.contains("mastre.key is not there"), "{}", exit.stderr);
    assert!(!elsewhere.exists());
}

/// Before an upgrade, the new program may look at a database that brokers of the old one serve.
async fn who_looks_does_not_migrate(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let newest = "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
    assert_eq!(stage.database.change(newest).await, 1);
    for command in [&["doctor"][..], &["trace", "abcdefghijklmnop"]] {
        let exit = stage.command(command);
        assert_eq!((exit.code, exit.stdout.as_str()), (Some(3), ""), "{command:?}");
        assert!(exit.stderr.contains("has schema"), "{}", exit.stderr);
    }
    let left = stage.database.ask("SELECT CAST(count(*) AS TEXT) FROM _sqlx_migrations").await;
    assert_eq!(stage.command(&["doctor"]).code, Some(3));
    assert_eq!(stage.database.ask("SELECT CAST(count(*) AS TEXT) FROM _sqlx_migrations").await, left);
}

/// A database that is gone or read-only is a fault that passes with it: 503, never a launch and never a refusal.
async fn a_database_that_is_gone_is_a_fault(engine: Engine) {
    let stage = Stage::plain(engine).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    assert_eq!(ready(&stage).await, 200);
    let (mut browser, form) = stage.until_token("nina").await;
    stage.database.vanish().await;
    let hop = browser.post_once(form.action.as_str(), &form.fields).await.unwrap();
    assert_eq!((hop.status, hop.header("passerelle-refusal")), (503, None), "{}", hop.body);
    assert!(hop.header("retry-after").is_some());
    assert!(hop.body.contains(hop.header("passerelle-launch").unwrap()), "the page shows the launch id");
    stage.eventually(async || ready(&stage).await == 503).await;
    let health = stage.browser().get_once(&format!("{}/healthz", stage.broker.ops)).await.unwrap();
    assert_eq!(health.status, 200, "the process lives");
    stage.database.come_back().await;
    stage
        .eventually(async || ready(&stage).await == 200 && stage.ending("nina").await == Ending::Delivered)
        .await;
}

async fn ready(stage: &Stage) -> u16 {
    stage.browser().get_once(&format!("{}/readyz", stage.broker.ops)).await.unwrap().status
}

/// A database that turns read-only while the broker runs, as a standby is, and turns back.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_server_is_a_fault() {
    let stage = Stage::plain(Engine::Postgres).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    stage.database.read_only(true).await;
    stage
        .eventually(async || {
            let landing = stage.launch("nina").await;
            assert_eq!(landing.status, 503, "{}", landing.body);
            stage.broker.log().contains("read-only")
        })
        .await;
    stage.database.read_only(false).await;
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
}

#[test]
fn a_read_only_file_is_told_at_the_first_write() {
    let (database, environment) = prepared(Engine::Sqlite);
    let environment = with(&environment, "PASSERELLE_DATABASE_URL", &format!("{}?mode=ro", database.url));
    let exit = passerelle_in(&environment, &["keys", "rotate"]);
    assert_eq!(exit.code, Some(3), "{}", exit.stderr);
    assert!(exit.stderr.contains("read-only"), "{}", exit.stderr);
    let nothing = passerelle_in(&environment, &["keys", "init"]);
    assert_eq!(nothing.code, Some(0), "nothing is missing, so nothing is written: {}", nothing.stderr);
}

/// The headers of every page: no script but ours, no frame but the ENT's, no cache.
async fn pages_carry_their_protection(engine: Engine) {
    let people = vec![person("nina", "1", &[roles::PUPIL])];
    let stage = Stage::open(engine, people, |f| f).await;
    let landing = stage.launch("nina").await;
    assert_eq!(stage.ending_of(&landing), Ending::Refused("no_subscription".to_owned()));
    let page = landing.hops.last().unwrap();
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'none'"), "{policy}");
    assert!(policy.contains(&format!("frame-ancestors 'self' {}", stage.ent.url())), "{policy}");
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert!(page.header(name).is_some_and(|own| own.contains(value)), "{name}: {:?}", page.header(name));
    }
    assert!(page.header("x-frame-options").is_none());
    assert_eq!(stage.apply(Federation::open_to_all, &[]).code, Some(0));
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    let (mut browser, request) = stage.until_authorize("nina").await;
    let page = browser.get_once(request.action.as_str()).await.unwrap();
    let policy = page.header("content-security-policy").unwrap();
    assert!(!policy.contains("form-action"), "browsers apply it to the redirects after the post");
    assert!(policy.contains("script-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(page.body.contains("<noscript>") && page.body.contains("<button"));
}

/// What this broker publishes about itself names what exists, and no private member.
async fn what_is_published_exists(engine: Engine) {
    let stage = Stage::plain(engine).await;
    let mut browser = stage.browser();
    let at = |path: &str| format!("{}{path}", stage.broker.url);
    let configuration = browser.get_once(&at("/.well-known/openid-configuration")).await.unwrap();
    let document: Value = serde_json::from_str(&configuration.body).unwrap();
    assert_eq!(document["issuer"], Value::from(stage.broker.url.clone()));
    for (name, value) in document.as_object().unwrap() {
        let Some(url) = value.as_str().filter(|_| name.ends_with("_endpoint") || name.ends_with("_uri"))
        else {
            continue;
        };
        let status = browser.get_once(url).await.unwrap().status;
        assert!(![404, 405].contains(&status), "{name} {url}: {status}");
    }
    for absent in ["token_endpoint", "registration_endpoint", "userinfo_endpoint"] {
        assert!(document.get(absent).is_none(), "{absent} comes later");
    }
    let set: Value =
        serde_json::from_str(&browser.get_once(&at("/.well-known/jwks.json")).await.unwrap().body).unwrap();
    let keys = set["keys"].as_array().unwrap();
    assert!(!keys.is_empty());
    for key in keys {
        for member in ["kid", "kty", "alg", "use"] {
            assert!(key[member].is_string(), "{member}: {key}");
        }
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{private}");
        }
    }
}

#[test]
fn usage_is_2_and_what_is_printed_is_what_is_checked_in() {
    let usage = passerelle(&["fly"], &[]);
    assert_eq!(usage.code, Some(2), "{}", usage.stderr);
    let schema = passerelle(&["schema", "federation"], &[]);
    assert_eq!(schema.stdout.trim(), include_str!("../../specs/federation.schema.json").trim());
    let config = passerelle(&["config", "default"], &[]);
    assert_eq!(config.stdout.trim(), include_str!("../../src/config/default.toml").trim());
}

#[test]
fn the_demo_walks_one_launch_and_stops() {
    let port = free_ports(4).to_string();
    let demo = passerelle(&["demo", "--port", &port, "--once"], &[]);
    assert_eq!(demo.code, Some(0), "{}{}", demo.stdout, demo.stderr);
    assert!(demo.stdout.starts_with("ready ent=http://127.0.0.1:"), "{}", demo.stdout);
    for name in [" broker=", " publisher=", " ops="] {
        assert!(demo.stdout.contains(name), "{}", demo.stdout);
    }
}

#[test]
fn the_demo_keeps_away_from_production() {
    let refused = passerelle(&["demo"], &[("PASSERELLE_DATABASE_URL", "sqlite://production.db")]);
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("PASSERELLE_DATABASE_URL"), "{}", refused.stderr);
}

#[test]
fn the_demo_ends_with_zero_at_sigterm() {
    use std::io::{BufRead, BufReader};
    let mut demo = Command::new(env!("CARGO_BIN_EXE_passerelle"))
        .args(["demo", "--names", "--port", &free_ports(4).to_string()])
        .env_clear()
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.find(|line| line.starts_with("ready ")).unwrap();
    assert!(
        line.contains("ent=http://ent.localhost:") && line.contains("publisher=http://publisher.localhost:"),
        "{line}"
    );
    let pid = demo.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(demo.wait().unwrap().code(), Some(0));
}

on_both_engines!(
    a_federation_is_planned_applied_and_then_there_is_nothing_to_do,
    a_wrong_federation_changes_nothing,
    a_start_that_cannot_work_says_why,
    without_keys_nothing_is_served,
    a_master_key_that_is_not_where_it_was_is_not_made_anew,
    who_looks_does_not_migrate,
    a_database_that_is_gone_is_a_fault,
    pages_carry_their_protection,
    what_is_published_exists,
);
