//! A person's browser: Chromium, driven through chromedriver, with a profile of its own.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{BrowserLogEntry, ChromeCapabilities, ChromiumLikeCapabilities, LoggingPrefsLogLevel};

/// The longest that a page may take on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at a page.
const GLANCE: Duration = Duration::from_millis(40);

/// What is special about somebody's browser.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// The language it asks for, as in `Accept-Language`.
    pub language: &'static str,
    pub blocks_third_party_cookies: bool,
    pub reduces_motion: bool,
}

impl Habits {
    pub fn in_language(language: &'static str) -> Self {
        Self { language, blocks_third_party_cookies: false, reduces_motion: false }
    }
}

/// A process that ends with its value.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An open browser. Fields go in this order: the session closes the browser before its driver and its profile go.
pub struct Window {
    pub driver: WebDriver,
    _chromedriver: Ending,
    _stdout: BufReader<ChildStdout>,
    _profile: TempDir,
}

impl Window {
    pub async fn open(habits: Habits) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut chromedriver = Command::new("chromedriver")
            .arg("--port=0")
            .envs([("HOME", profile.path()), ("TMPDIR", profile.path())])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed: scripts/prepare test");
        let mut stdout = BufReader::new(chromedriver.stdout.take().unwrap());
        let chromedriver = Ending(chromedriver);
        let port = BufRead::lines(&mut stdout).map_while(Result::ok).find_map(|line| {
            line.split("started successfully on port ")
                .nth(1)
                .map(|port| port.trim_end_matches('.').to_owned())
        });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let driver =
            WebDriver::builder(format!("http://127.0.0.1:{}", port.unwrap()), capabilities(habits, &profile))
                .client(client)
                .await
                .expect("chromium is installed: scripts/prepare test");
        Self { driver, _chromedriver: chromedriver, _stdout: stdout, _profile: profile }
    }

    pub async fn go(&self, address: &str) {
        self.driver.goto(address).await.unwrap();
    }

    /// The first element that fits and can be seen, as soon as there is one.
    pub async fn see(&self, css: &str) -> WebElement {
        self.until(css, async |driver| seen(driver, css).await).await
    }

    /// Clicks it, as soon as it is there. A page that goes while it is looked at is looked for again.
    pub async fn click(&self, css: &str) {
        self.until(css, async |driver| seen(driver, css).await?.click().await.ok()).await;
    }

    /// The words of the first element that fits.
    pub async fn read(&self, css: &str) -> String {
        self.see(css).await.text().await.unwrap()
    }

    pub async fn address(&self) -> String {
        self.driver.current_url().await.map(|url| url.to_string()).unwrap_or_default()
    }

    async fn words(&self) -> String {
        let body = self.driver.find(By::Tag("body")).await;
        match body {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Looks until `ask` has an answer.
    pub async fn until<T>(&self, what: &str, mut ask: impl AsyncFnMut(&WebDriver) -> Option<T>) -> T {
        let looked = tokio::time::timeout(PATIENCE, async {
            let mut glances = tokio::time::interval(GLANCE);
            loop {
                glances.tick().await;
                if let Some(found) = ask(&self.driver).await {
                    return found;
                }
            }
        });
        match looked.await {
            Ok(found) => found,
            Err(_) => panic!("waited in vain for {what} at {}: {}", self.address().await, self.words().await),
        }
    }

    /// Steps into the frame of the page, as soon as something in it fits. A frame that goes on to another site is
    /// another one then, so each look begins outside.
    pub async fn see_in_frame(&self, css: &str) {
        self.until(&format!("{css} in the frame"), async |driver| {
            driver.enter_default_frame().await.ok()?;
            driver.find(By::Tag("iframe")).await.ok()?.enter_frame().await.ok()?;
            seen(driver, css).await.map(drop)
        })
        .await;
    }

    /// Runs a function's body in the page.
    pub async fn run(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    /// A command of the DevTools protocol.
    pub async fn devtools(&self, method: &str, parameters: Value) -> Value {
        self.driver.cdp().send_raw(method, parameters).await.unwrap()
    }

    /// Whether pages that are opened from now on run their scripts.
    pub async fn allow_script(&self, allowed: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !allowed })).await;
    }

    /// Makes the page so wide, in CSS pixels, as on a screen of that width.
    pub async fn resize(&self, width: u32) {
        let (height, phone) = if width < 768 { (844, true) } else { (900, false) };
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
        self.devtools("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await;
    }

    /// Keeps a picture of the whole page as `target/screenshots/NAME.png`.
    pub async fn picture(&self, name: &str) {
        let whole = json!({ "format": "png", "captureBeyondViewport": true });
        let picture = self.devtools("Page.captureScreenshot", whole).await;
        let bytes = data_encoding::BASE64.decode(picture["data"].as_str().unwrap().as_bytes()).unwrap();
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), bytes).unwrap();
    }

    /// Closes it, and fails where a page broke its own rules: a refused script or style, an uncaught error.
    pub async fn close(self) {
        let log = self.driver.browser_log().await.unwrap();
        // A status of 403 is noted too, as of the network; and the browser has pages of its own.
        let ours = |entry: &&BrowserLogEntry| {
            entry.source.as_deref() != Some("network") && !entry.message.starts_with("chrome://")
        };
        let wrong: Vec<_> = log.iter().filter(ours).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        self.driver.clone().quit().await.unwrap();
    }
}

/// The first element that fits and can be seen now.
async fn seen(driver: &WebDriver, css: &str) -> Option<WebElement> {
    for element in driver.find_all(By::Css(css)).await.ok()? {
        if element.is_displayed().await.ok()? {
            return Some(element);
        }
    }
    None
}

fn capabilities(habits: Habits, profile: &TempDir) -> ChromeCapabilities {
    let mut chrome = ChromeCapabilities::new();
    let folder = format!("--user-data-dir={}", profile.path().join("profile").display());
    let mut arguments = vec![
        "--headless=new",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--no-default-browser-check",
        &folder,
    ];
    // Root may not use Chromium's sandbox, and continuous integration is root.
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        arguments.push("--no-sandbox");
    }
    if habits.reduces_motion {
        arguments.push("--force-prefers-reduced-motion");
    }
    for argument in arguments {
        chrome.add_arg(argument).unwrap();
    }
    let mut preferences = json!({ "intl": { "accept_languages": habits.language } });
    if habits.blocks_third_party_cookies {
        preferences["profile"] = json!({ "block_third_party_cookies": true, "cookie_controls_mode": 1 });
    }
    chrome.add_experimental_option("prefs", preferences).unwrap();
    chrome.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
    chrome
}
