//! The console's door in a real browser: whether its cookies go where they should and nowhere else, with a launch from
//! another site, in a frame, and by hand.

use thirtyfour::prelude::*;

use super::demo::Demo;
use super::judge::{judge, tab_through};
use super::window::{Habits, Window};
use super::{REFUSED, alone, choose, tile};
use crate::access::visitor::{PASSWORD, code, link};
use crate::stage::{Engine, Stage};

/// What only the console's own pages have.
const IN: &str = "form[action='/console/sign-out']";
const ERROR: &str = ".error";

async fn fill(window: &Window, fields: &[(&str, &str)]) {
    for (id, value) in fields {
        window.see(&format!("#{id}")).await.send_keys(*value).await.unwrap();
    }
    window.click("main form button").await;
}

async fn at_the_door(language: &'static str) {
    let _alone = alone().await;
    let stage = Stage::plain(Engine::Sqlite).await;
    let link = link(&stage, &["accounts", "add", "op-astreinte", "--role", "operator"]);
    let broker = stage.broker.url.clone();
    let window = Window::open(Habits::in_language(language)).await;
    window.go(&format!("{broker}{link}")).await;
    judge(&window, "console-enrol", language).await;
    let secret = window.run("return document.querySelector('details code').textContent").await;
    let secret =
        secret.as_str().unwrap().split_once("secret=").unwrap().1.split('&').next().unwrap().to_owned();
    fill(&window, &[("password", PASSWORD), ("again", PASSWORD), ("code", "000000")]).await;
    window.see(ERROR).await;
    judge(&window, "console-enrol-wrong", language).await;
    fill(&window, &[("password", PASSWORD), ("again", PASSWORD), ("code", &code(&secret, 0))]).await;
    window.see(".codes").await;
    judge(&window, "console-ready", language).await;
    let recovery = window.read(".codes code").await;
    window.click("a.button").await;
    window.see(IN).await;
    judge(&window, "console-home", language).await;
    window.click("a[href='/console/password']").await;
    window.see("#old").await;
    judge(&window, "console-password", language).await;
    tab_through(&window, "console-password").await;
    window.go(&format!("{broker}/console")).await;
    window.click(&format!("{IN} button")).await;
    window.see("#account").await;
    judge(&window, "console-sign-in", language).await;
    tab_through(&window, "console-sign-in").await;
    fill(&window, &[("account", "op-astreinte"), ("password", "cinq chevaux verts")]).await;
    window.see(ERROR).await;
    judge(&window, "console-sign-in-wrong", language).await;
    fill(&window, &[("password", PASSWORD)]).await;
    window.see("#code").await;
    judge(&window, "console-code", language).await;
    fill(&window, &[("code", &recovery)]).await;
    window.see(IN).await;
    assert!(
        !window.run("return document.cookie").await.as_str().unwrap().contains("console"),
        "a script sees it"
    );
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_signs_in_in_french() {
    at_the_door("fr").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_signs_in_in_english() {
    at_the_door("en").await;
}

/// What the demo prints signs in.
#[tokio::test(flavor = "multi_thread")]
async fn the_logins_that_the_demo_prints_sign_in() {
    let _alone = alone().await;
    let demo = Demo::start(&[]);
    let value = |line: &str, name: &str| {
        let found = line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        found.unwrap().to_owned()
    };
    assert_eq!(demo.logins.len(), 4, "{:?}", demo.logins);
    for line in &demo.logins {
        let window = Window::open(Habits::in_language("fr")).await;
        window.go(&format!("{}/console", demo.broker)).await;
        let (account, password) = (value(line, "account"), value(line, "password"));
        fill(&window, &[("account", &account), ("password", &password)]).await;
        fill(&window, &[("code", value(line, "codes").split(',').next().unwrap())]).await;
        assert!(window.read("header").await.contains(&account), "{line}");
        window.close().await;
    }
}

/// Portal and broker are two sites, and no other site's cookie is kept: the strict cookie of the console comes to stay
/// all the same, after a launch in the same tab.
#[tokio::test(flavor = "multi_thread")]
async fn a_manager_comes_from_the_portal() {
    let _alone = alone().await;
    let demo = Demo::start(&["--names"]);
    let habits = Habits { blocks_third_party_cookies: true, ..Habits::in_language("fr") };
    let window = Window::open(habits).await;
    choose(&window, &demo, "petit").await;
    window.click(&tile("console")).await;
    window.see(IN).await;
    assert!(window.address().await.starts_with(&demo.broker));
    assert!(window.read("header").await.contains("Anne Petit"));
    judge(&window, "console-from-portal", "fr").await;
    // A link on another site's page carries no session along: whoever follows one signs in again, from the portal.
    window.go(&format!("{}/?person=lea&lang=fr", demo.ent)).await;
    let follow = format!("location.href = '{}/console'", demo.broker);
    window.run(&follow).await;
    window.see("#account").await;
    choose(&window, &demo, "lea").await;
    window.click(&tile("console")).await;
    assert_eq!(window.read(REFUSED).await, "console_not_manager");
    window.close().await;
}

/// In the portal's frame no such cookie can stay: a window opens.
#[tokio::test(flavor = "multi_thread")]
async fn a_manager_in_a_frame_goes_on_in_a_window() {
    let _alone = alone().await;
    let demo = Demo::start(&["--names"]);
    let habits = Habits { blocks_third_party_cookies: true, ..Habits::in_language("fr") };
    let window = Window::open(habits).await;
    choose(&window, &demo, "petit").await;
    window.click(".choices a[href*='open=page']").await;
    window.see(".choices a[aria-current][href*='open=page']").await;
    let portal = window.driver.window().await.unwrap();
    window.click(&tile("console")).await;
    window.see_in_frame("form[action='/console/enter'] button").await;
    window.click("form[action='/console/enter'] button").await;
    let opened = window
        .until("a second window", async |driver: &WebDriver| {
            driver.windows().await.ok()?.into_iter().find(|each| *each != portal)
        })
        .await;
    window.driver.switch_to_window(opened).await.unwrap();
    window.see(IN).await;
    assert!(window.read("header").await.contains("Anne Petit"));
    window.close().await;
}
