//! The console of those who oversee, in a real browser: the data protection officer reads the register, looks somebody up and
//! erases them; an operator and a publisher look after what is theirs. Each page is judged.

use super::demo::Demo;
use super::judge::judge;
use super::window::{Habits, Window};
use super::{alone, choose, tile};

/// Signs in with what the demo prints for an account.
async fn signed_in(demo: &Demo, account: &str, language: &'static str) -> Window {
    let line = demo.logins.iter().find(|line| line.contains(account)).unwrap();
    let value = |name: &str| {
        let found = line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        found.unwrap().to_owned()
    };
    let window = Window::open(Habits::in_language(language)).await;
    window.go(&format!("{}/console", demo.broker)).await;
    fill(&window, &[("#account", account), ("#password", &value("password"))]).await;
    fill(&window, &[("#code", value("codes").split(',').next().unwrap())]).await;
    window.see("form[action='/console/sign-out']").await;
    window
}

async fn fill(window: &Window, fields: &[(&str, &str)]) {
    for (css, value) in fields {
        window.see(css).await.send_keys(*value).await.unwrap();
    }
    window.click("main form button").await;
}

async fn an_officer(language: &'static str) {
    let _alone = alone().await;
    let demo = Demo::start(&[]);
    let lea = Window::open(Habits::in_language(language)).await;
    choose(&lea, &demo, "lea").await;
    lea.click(&tile("atlas")).await;
    lea.see(super::SEEN).await;
    lea.close().await;

    let window = signed_in(&demo, "dpo-demo", language).await;
    window.click("nav a[href='/console/privacy/register']").await;
    window.see("table").await;
    judge(&window, "console-register", language).await;
    window.click("nav a[href='/console/privacy/person']").await;
    let lea = [("[name=ent]", "ent-demo"), ("[name=namespace]", "ent-demo"), ("[name=subject]", "eleve-lea")];
    fill(&window, &lea).await;
    window.see("form[action$='/erasure']").await;
    judge(&window, "console-person", language).await;
    window.click("form[action$='/erasure'] button").await;
    window.see("form[action$='/erase'] .grave").await;
    judge(&window, "console-erase", language).await;
    window.click("[name=understood]").await;
    window.click("form[action$='/erase'] .grave").await;
    window.see(".done").await;
    assert_eq!(window.read("tbody .late").await, "1", "the publisher has not acknowledged");
    judge(&window, "console-erasures", language).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_erases_in_french() {
    an_officer("fr").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_erases_in_english() {
    an_officer("en").await;
}

async fn the_others(language: &'static str) {
    let _alone = alone().await;
    let demo = Demo::start(&[]);
    let window = signed_in(&demo, "op-demo", language).await;
    for page in ["federation", "agreements", "health", "launches"] {
        window.click(&format!("nav a[href='/console/{page}']")).await;
        window.see(&format!("nav a[href='/console/{page}'][aria-current]")).await;
        judge(&window, &format!("console-{page}"), language).await;
    }
    window.close().await;
    let window = signed_in(&demo, "publisher-demo", language).await;
    judge(&window, "console-publisher", language).await;
    window.click("nav a[href='/console/usage']").await;
    window.see("nav a[href='/console/usage'][aria-current]").await;
    judge(&window, "console-deliveries", language).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_and_publishers_look_after_theirs_in_french() {
    the_others("fr").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_and_publishers_look_after_theirs_in_english() {
    the_others("en").await;
}
