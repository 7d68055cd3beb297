//! The container files, without a container engine: what they run is run here, with their environment and their proxy.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::stage::{Broker, Ending, Engine, Federation, Stage, free_port, person, roles};
use crate::walls::source::root;

fn file(name: &str) -> String {
    fs::read_to_string(root().join("docker").join(name)).unwrap()
}

/// The variables that a compose file gives to its brokers.
fn variables(compose: &str) -> Vec<(String, String)> {
    let pairs = compose.lines().filter_map(|line| line.trim().split_once(": "));
    let ours = pairs.filter(|(name, _)| name.starts_with("PASSERELLE_"));
    ours.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn the_image_runs_what_the_tests_run_and_not_as_root() {
    let text = file("Dockerfile");
    let last = text.rsplit("\nFROM ").next().unwrap();
    let at = |what: &str| last.find(what).unwrap_or_else(|| panic!("no {what}"));
    assert!(at("USER passerelle") < at("ENTRYPOINT [\"passerelle\"]"));
    assert!(last.contains("CMD [\"serve\"]") && last.contains("STOPSIGNAL SIGTERM"));
    assert!(!text.contains(":latest"), "each base has a version");
    assert!(!last.contains("libssl-dev"), "what builds stays out of the image");
    assert_eq!(text.matches("apt-get install").count(), text.matches("rm -rf /var/lib/apt/lists").count());
    for compose in ["compose.yaml", "compose.two.yaml"] {
        let text = file(compose);
        assert!(text.contains("dockerfile: docker/Dockerfile") && !text.contains("privileged"), "{compose}");
        assert!(text.contains("${DATABASE_PASSWORD:?"), "{compose}: a password is asked for, never given");
        let given = variables(&text);
        let url = given.iter().find(|(name, _)| name == "PASSERELLE_DATABASE_URL");
        let url = &url.unwrap_or_else(|| panic!("{compose}: its brokers have no database")).1;
        assert!(url.contains(":${DATABASE_PASSWORD}@"), "{compose}: {url}");
    }
}

/// An nginx with the configuration of the container, its two places filled in by the test.
struct Proxy(Child);

impl Proxy {
    fn start(folder: &Path, port: u16, brokers: &[String]) -> Self {
        let places = folder.join("passerelle");
        fs::create_dir_all(&places).unwrap();
        fs::write(places.join("listen.conf"), format!("listen 127.0.0.1:{port};\n")).unwrap();
        let servers: Vec<String> = brokers.iter().map(|broker| format!("server {broker};\n")).collect();
        fs::write(places.join("upstream.conf"), servers.concat()).unwrap();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {}/{name};\n", folder.display()))
            .concat();
        let conf = format!(
            "daemon off;\nuser root;\npid {0}/nginx.pid;\nerror_log stderr warn;\nevents {{ }}\nhttp {{\n{temporary}include {1};\n}}\n",
            folder.display(),
            root().join("docker/nginx/passerelle.conf").display()
        );
        fs::write(folder.join("nginx.conf"), conf).unwrap();
        let nginx = ["/usr/sbin/nginx", "nginx"]
            .into_iter()
            .find(|path| *path == "nginx" || Path::new(path).exists());
        let child = Command::new(nginx.unwrap())
            .args(["-p", folder.to_str().unwrap(), "-c", folder.join("nginx.conf").to_str().unwrap()])
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("errors")).unwrap())
            .spawn()
            .expect("nginx is installed: scripts/prepare test");
        Self(child)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The master ends its workers at SIGTERM; at SIGKILL they would stay.
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

/// Two brokers behind the proxy of the compose file: launches go through, and go on when one broker dies.
#[tokio::test(flavor = "multi_thread")]
async fn two_brokers_behind_the_proxy_are_one() {
    let port = free_port();
    let public = format!("http://127.0.0.1:{port}");
    let people = vec![person("nina", "1", &[roles::PUPIL])];
    let more = [("PASSERELLE_PUBLIC_URL", public.as_str())];
    let mut stage = Stage::open_with(Engine::Postgres, people, Federation::open_to_all, &more).await;
    let second = Broker::beside(&stage.broker);
    let named: Vec<String> = variables(&file("compose.two.yaml")).into_iter().map(|(name, _)| name).collect();
    for name in &named {
        let given = |known: &(String, String)| known.0 == *name;
        let trusted = name == "PASSERELLE_SERVER__TRUSTED_PROXIES";
        assert!(
            trusted || stage.broker.environment.iter().any(given),
            "{name} is a setting of the stage's brokers too"
        );
    }
    let bare = |url: &str| url.trim_start_matches("http://").to_owned();
    let folder = tempfile::tempdir().unwrap();
    let proxy = Proxy::start(folder.path(), port, &[bare(&stage.broker.url), bare(&second.url)]);
    stage.eventually(async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
    for _ in 0..10 {
        assert_eq!(stage.ending("nina").await, Ending::Delivered);
    }
    let seen = |broker: &Broker| broker.log().contains("\"door\":\"/lti/");
    assert!(seen(&stage.broker) && seen(&second), "both had a part in it");
    drop(second);
    for _ in 0..10 {
        assert_eq!(stage.ending("nina").await, Ending::Delivered, "one broker is enough");
    }
    stage.broker.crash_and_restart();
    stage.eventually(async || stage.ending("nina").await == Ending::Delivered).await;
    drop(proxy);
}

/// What the ENT calls a pupil stands in the address of a login. The proxy quotes it nowhere, not even in an error.
#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_whose_brokers_are_down_writes_no_address_down() {
    let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
    let proxy = Proxy::start(folder.path(), port, &[format!("127.0.0.1:{}", free_port())]);
    let url = format!("http://127.0.0.1:{port}/lti/login?login_hint=eleve-inventee");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = loop {
        match client.get(&url).send().await {
            Ok(answer) => break answer,
            Err(error) => assert!(error.is_connect(), "{error}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!(answer.status(), 502);
    drop(proxy);
    let errors = fs::read_to_string(folder.path().join("errors")).unwrap();
    assert!(!errors.contains("eleve-inventee") && !errors.contains("login"), "{errors}");
}
