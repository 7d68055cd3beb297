//! The demo in a real browser, as people meet it: in two languages, by keyboard, in a frame, in a new window, without
//! script, without other sites' cookies.

mod console;
mod demo;
mod door;
mod judge;
mod oversight;
mod window;

use std::collections::BTreeMap;

use thirtyfour::Key;
use thirtyfour::prelude::*;
use tokio::sync::{Mutex, MutexGuard};

use demo::Demo;
use judge::{faults, judge, press, tab_through};
use window::{Habits, Window};

/// What a click on each tile comes to for Léa, a pupil: the code of a refusal, or nothing where it opens.
const TILES: [(&str, Option<&str>); 8] = [
    ("atlas", None),
    ("dictionnaire", None),
    ("guide", Some("wrong_audience")),
    ("herbier", Some("no_subscription")),
    ("frise", Some("expired")),
    ("almanach", Some("not_yet_valid")),
    ("microscope", Some("no_seat")),
    ("echiquier", Some("not_assigned")),
];

/// The page of the publisher, and a refusal of ours, by what only they have.
const SEEN: &str = "table.compare";
const REFUSED: &str = ".facts p:last-child code";

/// One browser at a time: several at once make a small machine slow enough to look broken.
async fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::const_new(());
    ONE.lock().await
}

/// The title of each refusal in a language, from the registry.
fn titles(language: &str) -> BTreeMap<String, String> {
    let registry: toml::Table = include_str!("../../../specs/refusals.toml").parse().unwrap();
    let text = |value: &toml::Value| value.as_str().unwrap().to_owned();
    let entries = registry["refusal"].as_array().unwrap().iter();
    entries.map(|entry| (text(&entry["code"]), text(&entry[language]["title"]))).collect()
}

fn tile(key: &str) -> String {
    format!("form:has(input[name=tile][value={key}]) button")
}

/// Chooses somebody on the portal's first page.
async fn choose(window: &Window, demo: &Demo, person: &str) {
    window.go(&demo.ent).await;
    window.click(&format!("a.person[href*='person={person}&']")).await;
    window.see(".tiles").await;
}

/// Clicks every tile, sees what comes, and goes back to the tiles.
async fn every_tile(language: &'static str) {
    let _alone = alone().await;
    let demo = Demo::start(&[]);
    let window = Window::open(Habits::in_language(language)).await;
    let titles = titles(language);
    window.go(&demo.ent).await;
    judge(&window, "people", language).await;
    choose(&window, &demo, "lea").await;
    judge(&window, "tiles", language).await;
    for (key, refusal) in TILES {
        window.click(&tile(key)).await;
        match refusal {
            None => {
                window.see(SEEN).await;
                assert!(window.address().await.starts_with(&demo.publisher), "{key}");
                told_truly(&window, &demo, language).await;
            }
            Some(code) => {
                assert_eq!(window.read(REFUSED).await, code, "{key}");
                assert!(window.address().await.starts_with(&demo.broker), "{key}");
                assert_eq!(window.read("h1").await, titles[code], "{key}");
            }
        }
        judge(&window, &format!("lea-{key}"), language).await;
        window.click("a.button").await;
        window.see("body.ent .lead").await;
        if matches!(key, "atlas" | "guide") {
            judge(&window, &format!("back-from-{key}"), language).await;
        }
        window.click("a.button").await;
        assert_eq!(window.read(".whoami strong").await, "Léa Marchand");
    }
    window.close().await;
}

/// The summary at the head of the page counts what the table shows, and the table shows what the publisher received.
async fn told_truly(window: &Window, demo: &Demo, language: &str) {
    let rows = |badge: &str| {
        format!("return document.querySelectorAll('.compare:not(details *) .badge.{badge}').length")
    };
    let mut counts = Vec::new();
    for badge in ["passed", "pseudonym", "rewritten", "withheld"] {
        counts.push(window.run(&rows(badge)).await.as_u64().unwrap());
    }
    let (received, sent) = (counts[..3].iter().sum::<u64>(), counts.iter().sum::<u64>());
    let pseudonyms = counts[1];
    let summary = match language {
        "fr" => format!(
            "Le portail a envoyé {sent} informations ; l’éditeur en a reçu {received}, dont {pseudonyms} remplacées par des pseudonymes."
        ),
        _ => format!(
            "The portal sent {sent} pieces of information; the publisher received {received}, of which {pseudonyms} were replaced by pseudonyms."
        ),
    };
    assert_eq!(window.read(".summary").await.replace('\u{a0}', " "), summary);
    let (shown, last) = (window.read("main").await, demo.last().await);
    let received = last["received"]["sub"].as_str().unwrap();
    assert!(shown.contains(received), "{received} is not on the page");
    let unexplained = ["aucune règle ne l’explique", "no rule explains it"];
    assert!(!unexplained.iter().any(|words| shown.contains(words)), "something arrived and nobody knows why");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tile_in_french() {
    every_tile("fr").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tile_in_english() {
    every_tile("en").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_somebody_is_decides_what_opens() {
    let _alone = alone().await;
    let demo = Demo::start(&[]);
    let window = Window::open(Habits::in_language("fr")).await;
    for (person, key, refusal) in [
        ("morel", "guide", None),
        ("amir", "guide", Some("wrong_audience")),
        ("noe", "microscope", None),
        ("ines", "atlas", None),
        ("petit", "dictionnaire", None),
        ("garnier", "microscope", Some("no_subscription")),
    ] {
        choose(&window, &demo, person).await;
        window.click(&tile(key)).await;
        match refusal {
            None => drop(window.see(SEEN).await),
            Some(code) => assert_eq!(window.read(REFUSED).await, code, "{person} {key}"),
        }
    }
    for school in ["0750001U", "0440001M"] {
        choose(&window, &demo, "roux").await;
        window.click(&tile("atlas")).await;
        window.see(".schools").await;
        judge(&window, "schools", "fr").await;
        window.click(&format!("button[value='{school}']")).await;
        window.see(SEEN).await;
    }
    window.close().await;
}

/// A judge that finds nothing is only worth something if there is what it finds.
#[tokio::test(flavor = "multi_thread")]
async fn the_judge_finds_what_is_wrong() {
    let _alone = alone().await;
    let demo = Demo::start(&[]);
    let window = Window::open(Habits::in_language("fr")).await;
    window.resize(320).await;
    for (spoil, expected) in [
        ("const image = new Image(); document.querySelector('main').append(image)", "image-alt"),
        ("document.querySelector('.lead').style.color = '#bbb'", "color-contrast"),
        ("document.documentElement.lang = ''", "html-has-lang"),
        ("document.querySelector('h1').style.width = '400px'", "it scrolls sideways"),
    ] {
        window.go(&demo.ent).await;
        assert_eq!(faults(&window).await, Vec::<String>::new());
        window.run(spoil).await;
        let found = faults(&window).await;
        assert!(matches!(&found[..], [one] if one.starts_with(expected)), "{spoil}: {found:#?}");
    }
    window.close().await;
}

/// Pages that nobody means to see.
#[tokio::test(flavor = "multi_thread")]
async fn pages_off_the_way_are_pages_too() {
    let _alone = alone().await;
    let demo = Demo::start(&[]);
    for language in ["fr", "en"] {
        let window = Window::open(Habits::in_language(language)).await;
        let Demo { ent, broker, publisher, .. } = &demo;
        for (name, address) in [
            ("portal-unknown-person", format!("{ent}/?person=personne")),
            ("broker-home", format!("{broker}/")),
            ("broker-not-found", format!("{broker}/ailleurs")),
            ("broker-malformed-login", format!("{broker}/lti/login")),
            ("publisher-home", format!("{publisher}/")),
            ("publisher-forgotten", format!("{publisher}/seen?id=jadis")),
            ("publisher-malformed-login", format!("{publisher}/login")),
        ] {
            window.go(&address).await;
            window.see("h1").await;
            judge(&window, name, language).await;
        }
        window.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_is_enough() {
    let _alone = alone().await;
    let demo = Demo::start(&[]);
    let window = Window::open(Habits::in_language("fr")).await;
    window.resize(1280).await;
    window.go(&demo.ent).await;
    tab_through(&window, "people").await;
    window.go(&demo.ent).await;
    skip_link_leads_to_the_content(&window).await;
    // The first thing after the skip link's target is Léa.
    press(&window, Key::Tab).await;
    press(&window, Key::Enter).await;
    assert_eq!(window.read(".whoami strong").await, "Léa Marchand");
    tab_through(&window, "tiles").await;
    window.driver.refresh().await.unwrap();
    // Past the skip link, the brand, the language, the change of person and three ways of showing: the atlas.
    for _ in 0..8 {
        press(&window, Key::Tab).await;
    }
    press(&window, Key::Enter).await;
    window.see(SEEN).await;
    tab_through(&window, "seen").await;
    // The last stop is what folds the technical rows.
    press(&window, Key::Enter).await;
    window.see("details table").await;
    judge(&window, "lea-atlas-unfolded", "fr").await;
    for (person, key, page) in [("lea", "guide", REFUSED), ("roux", "atlas", ".schools")] {
        choose(&window, &demo, person).await;
        window.click(&tile(key)).await;
        window.see(page).await;
        tab_through(&window, page).await;
    }
    window.close().await;
}

async fn skip_link_leads_to_the_content(window: &Window) {
    press(window, Key::Tab).await;
    let link = window.driver.active_element().await.unwrap();
    assert_eq!(link.class_name().await.unwrap().as_deref(), Some("skip"));
    assert!(link.rect().await.unwrap().y >= 0.0, "the skip link is seen once it has the keyboard");
    press(window, Key::Enter).await;
    window
        .until("the way to the content", async |driver| {
            let there = driver.active_element().await.ok()?;
            (there.id().await.ok()??.as_str() == "content").then_some(())
        })
        .await;
}

/// The three stand on sites of their own, and the browser keeps the cookies of other sites from frames.
async fn strict(demo: &Demo, showing: &str) -> Window {
    let habits = Habits { blocks_third_party_cookies: true, ..Habits::in_language("fr") };
    let window = Window::open(habits).await;
    choose(&window, demo, "lea").await;
    window.click(&format!(".choices a[href*='open={showing}']")).await;
    window.see(&format!(".choices a[aria-current][href*='open={showing}']")).await;
    window
}

const PRESENTATION: &str = "https://purl.imsglobal.org/spec/lti/claim/launch_presentation";

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_of_the_portal_needs_no_third_party_cookies() {
    let _alone = alone().await;
    let demo = Demo::start(&["--names"]);
    let window = strict(&demo, "page").await;
    window.click(&tile("atlas")).await;
    window.see_in_frame(SEEN).await;
    assert_eq!(demo.last().await["received"][PRESENTATION]["document_target"], "iframe");
    // The browser is as strict as this test believes: a cookie of the publisher does not stay.
    let kept = "document.cookie = 'probe=1; Secure; SameSite=None'; return document.cookie";
    assert!(!window.run(kept).await.as_str().unwrap().contains("probe"), "third-party cookies are blocked");
    window.driver.enter_default_frame().await.unwrap();
    judge(&window, "framed", "fr").await;
    window.see_in_frame(SEEN).await;
    back_out_of_the_frame(&window, "Vous êtes de retour au portail").await;

    window.click(&tile("guide")).await;
    window.see_in_frame(REFUSED).await;
    assert_eq!(window.read(REFUSED).await, "wrong_audience");
    back_out_of_the_frame(&window, "La ressource ne s’est pas ouverte").await;
    window.close().await;
}

/// The way back ends in the frame (it asks for a cookie, which a strict browser keeps for this frame alone), at the
/// portal, whose head is not there a second time; from there it leads out.
async fn back_out_of_the_frame(window: &Window, title: &str) {
    window.click("a.button").await;
    window.see_in_frame("body.ent .lead").await;
    assert_eq!(window.read("h1").await, title);
    let head = window.driver.find(By::Css("header")).await.unwrap();
    assert!(!head.is_displayed().await.unwrap());
    window.click("a.button").await;
    window.driver.enter_default_frame().await.unwrap();
    window.see(".choices a[aria-current][href*='open=page']").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_window_needs_no_third_party_cookies() {
    let _alone = alone().await;
    let demo = Demo::start(&["--names"]);
    let window = strict(&demo, "window").await;
    for (key, page) in [("dictionnaire", SEEN), ("herbier", REFUSED)] {
        let portal = window.driver.window().await.unwrap();
        window.click(&tile(key)).await;
        let opened = window
            .until("a second window", async |driver| {
                driver.windows().await.ok()?.into_iter().find(|each| *each != portal)
            })
            .await;
        window.driver.switch_to_window(opened).await.unwrap();
        window.see(page).await;
        assert_eq!(window.run("return window.opener").await, serde_json::Value::Null);
        window.click("a.button").await;
        window.see("body.ent .lead").await;
        window.driver.close_window().await.unwrap();
        window.driver.switch_to_window(portal).await.unwrap();
        window.see(".tiles").await;
    }
    assert_eq!(demo.last().await["received"][PRESENTATION]["document_target"], "window");
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_script_buttons_carry_the_launch() {
    let _alone = alone().await;
    let demo = Demo::start(&[]);
    let window = Window::open(Habits::in_language("fr")).await;
    window.allow_script(false).await;
    choose(&window, &demo, "lea").await;
    window.click(&tile("atlas")).await;
    for (_, form) in pages_that_post(&demo) {
        window.click(&format!("{form} button")).await;
    }
    window.see(SEEN).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_post_by_themselves_are_pages_too() {
    let _alone = alone().await;
    let demo = Demo::start(&[]);
    let window = Window::open(Habits::in_language("fr")).await;
    choose(&window, &demo, "lea").await;
    window.allow_script(false).await;
    window.click(&tile("atlas")).await;
    for (page, form) in pages_that_post(&demo) {
        window.see(&form).await;
        // The page was read without script, so it stands still; the judge is a script.
        window.allow_script(true).await;
        judge(&window, page, "fr").await;
        window.allow_script(false).await;
        window.run("document.forms[0].submit()").await;
    }
    window.see(SEEN).await;
    window.close().await;
}

/// Each page between tile and resource, and its form.
fn pages_that_post(demo: &Demo) -> [(&'static str, String); 3] {
    let Demo { broker, publisher, .. } = demo;
    let form = |address: String| format!("form[action='{address}']");
    [
        ("portal-hands-over", form(format!("{broker}/lti/login"))),
        ("portal-signs-on", form(format!("{broker}/lti/launch"))),
        ("broker-delivers", form(format!("{publisher}/launch"))),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_moves_for_those_who_ask_for_less_motion() {
    let _alone = alone().await;
    let demo = Demo::start(&[]);
    let moving = "return [...document.querySelectorAll('*')].filter(element => \
                  parseFloat(getComputedStyle(element).transitionDuration) > 0).length";
    for (reduces_motion, moves) in [(true, false), (false, true)] {
        let window = Window::open(Habits { reduces_motion, ..Habits::in_language("fr") }).await;
        choose(&window, &demo, "lea").await;
        let count = window.run(moving).await.as_u64().unwrap();
        assert_eq!(count > 0, moves, "{count} elements move");
        window.close().await;
    }
}
