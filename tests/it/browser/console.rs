//! The console in a real browser: a school's manager comes from the portal, assigns a resource to a class in three clicks,
//! sees who has it, and takes seats back. By mouse and by keyboard, with script and without.

use super::demo::Demo;
use super::judge::{judge, tab_through};
use super::window::{Habits, Window};
use super::{alone, choose, tile};

/// Madame Petit manages the lycée; her portal opens the console.
async fn at_the_console(demo: &Demo, language: &'static str) -> Window {
    let window = Window::open(Habits::in_language(language)).await;
    enter(&window, demo).await;
    window
}

async fn enter(window: &Window, demo: &Demo) {
    choose(window, demo, "petit").await;
    window.click(&tile("console")).await;
    let entered = window.see("form[action='/console/enter'] button, main#content").await;
    if entered.tag_name().await.unwrap() == "button" {
        window.click("form[action='/console/enter'] button").await;
    }
    window.see("main#content h1").await;
}

/// The link of a resource in the list.
fn resource(subscription: &str) -> String {
    format!("a[href$='/subscriptions/{subscription}']")
}

/// Every page of a manager's journey, judged in a language.
async fn journey(language: &'static str) {
    let _alone = alone().await;
    let demo = Demo::start(&[]);
    let window = at_the_console(&demo, language).await;
    judge(&window, "console-school", language).await;

    // Three clicks: the resource, the class, the confirmation.
    window.click(&resource("echiquier-indiv")).await;
    window.see("#sets").await;
    judge(&window, "console-subscription", language).await;
    window.click("#sets a[href*='code=2DE3']").await;
    window.see("form[action$='/assign'] button").await;
    judge(&window, "console-assign", language).await;
    window.click("form[action$='/assign'] button").await;
    window.see(".done").await;
    judge(&window, "console-assigned", language).await;

    // Léa, of that class, opens it now.
    let lea = Window::open(Habits::in_language(language)).await;
    choose(&lea, &demo, "lea").await;
    lea.click(&tile("echiquier")).await;
    lea.see(super::SEEN).await;
    lea.close().await;

    // She has a seat, and it can be taken back.
    window.click("a[href$='/holders']").await;
    assert!(window.read("tbody th").await.starts_with("Marchand Léa"), "by the name of her school's roster");
    judge(&window, "console-holders", language).await;
    window.click("tbody input[type=checkbox]").await;
    window.click("form[action$='/recover'] button").await;
    window.see("form[action$='/recover'] .grave").await;
    judge(&window, "console-recover", language).await;
    window.click("form[action$='/recover'] .grave").await;
    window.see(".done").await;

    // The class goes, and with it her access.
    window.click("a[href*='/unassign?']").await;
    window.see("form[action$='/unassign'] button").await;
    judge(&window, "console-unassign", language).await;
    window.click("form[action$='/unassign'] button").await;
    window.see(".done").await;
    let lea = Window::open(Habits::in_language(language)).await;
    choose(&lea, &demo, "lea").await;
    lea.click(&tile("echiquier")).await;
    assert_eq!(lea.read(super::REFUSED).await, "not_assigned");
    lea.close().await;

    // What was opened and what was refused.
    window.click("nav a[href$='/usage']").await;
    window.see(".chart").await;
    if language == "fr" {
        counted(&window).await;
    }
    window.click("summary").await;
    judge(&window, "console-usage", language).await;
    window.click("nav.spans a[href$='days=7']").await;
    let week = if language == "fr" { "7 jours" } else { "7 days" };
    assert_eq!(window.read("nav.spans [aria-current]").await, week);
    window.close().await;
}

/// One launch was delivered and one refused, which the page says once the broker has counted them: it does so every minute.
async fn counted(window: &Window) {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(150);
    loop {
        let legend = window.read(".legend").await;
        if legend.split_whitespace().collect::<Vec<_>>() == ["Ouvertures", "1", "Refus", "1"] {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "{legend}");
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        window.driver.refresh().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_assigns_in_three_clicks_in_french() {
    journey("fr").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_assigns_in_three_clicks_in_english() {
    journey("en").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_is_enough_at_the_console() {
    let _alone = alone().await;
    let demo = Demo::start(&[]);
    let window = at_the_console(&demo, "fr").await;
    window.resize(1280).await;
    window.driver.refresh().await.unwrap();
    tab_through(&window, "console-school").await;
    window.click(&resource("echiquier-indiv")).await;
    window.see("#sets").await;
    window.driver.refresh().await.unwrap();
    tab_through(&window, "console-subscription").await;
    window.close().await;
}

/// Whoever is not a manager sees a refusal, and another school's pages are not theirs.
#[tokio::test(flavor = "multi_thread")]
async fn a_manager_sees_no_other_school() {
    let _alone = alone().await;
    let demo = Demo::start(&[]);
    let window = at_the_console(&demo, "fr").await;
    window.go(&format!("{}/console/schools/0440001M", demo.broker)).await;
    assert_eq!(window.read("h1").await, "Cette page n’est pas pour vous");
    window
        .go(&format!(
            "{}/console/schools/0440001M/subscriptions/echiquier-indiv/assign?to=everyone",
            demo.broker
        ))
        .await;
    assert_eq!(window.read("h1").await, "Cette page n’est pas pour vous");
    window.close().await;
}
