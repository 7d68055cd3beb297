//! What every page owes its readers: WCAG 2.1 AA as far as a program can tell, and a way through it by keyboard.

use thirtyfour::Key;

use super::window::Window;

/// The rules are those of axe-core (vendor/LICENSE); it is put into the page by hand and goes with it.
const AXE: &str = include_str!("vendor/axe.min.js");
/// The rules that stand for WCAG 2.1, levels A and AA, with where and why each is broken.
const JUDGE: &str = r#"
const done = arguments[arguments.length - 1];
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"], iframes: false }).then(
  result => done(result.violations.flatMap(rule => rule.nodes.map(node =>
    `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary}`))),
  error => done([String(error)]));
"#;
/// Small and large phone, tablet, desktop. 320 is what 1280 becomes at 400 % (WCAG 1.4.10).
const WIDTHS: [u32; 4] = [320, 390, 768, 1280];

/// Everything that can be reached by keyboard, in the order of the document.
const REACHABLE: &str = r#"
const all = document.querySelectorAll("a[href], button, summary, input:not([type=hidden]), select, textarea, [tabindex='0']");
const name = element => `${element.tagName} ${element.textContent.trim().replace(/\s+/g, " ")} ${element.href || ""}`;
return [...all].filter(element => element.checkVisibility({ visibilityProperty: true })).map(name);
"#;
/// Where the keyboard is, and whether it shows.
const FOCUSED: &str = r#"
const element = document.activeElement, style = getComputedStyle(element), box = element.getBoundingClientRect();
const name = `${element.tagName} ${element.textContent.trim().replace(/\s+/g, " ")} ${element.href || ""}`;
const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
return [name, element.matches(":focus-visible") && outlined && inside];
"#;

/// Judges the page that is open, at every width, and keeps pictures of it as a phone and as a desktop show it.
pub async fn judge(window: &Window, name: &str, language: &str) {
    assert_eq!(window.run("return document.documentElement.lang").await, language, "{name}");
    assert_eq!(window.run("return document.querySelectorAll('h1').length").await, 1, "{name}");
    for width in WIDTHS {
        window.resize(width).await;
        assert_eq!(faults(window).await, Vec::<String>::new(), "{name} at {width}");
        match width {
            390 => window.picture(&format!("{name}-{language}-phone")).await,
            1280 => window.picture(&format!("{name}-{language}-desktop")).await,
            _ => {}
        }
    }
}

/// What is wrong with the page that is open, at its present width.
pub async fn faults(window: &Window) -> Vec<String> {
    window.run(AXE).await;
    let found = window.driver.execute_async(JUDGE, Vec::new()).await.unwrap();
    let mut faults: Vec<String> = found.convert().unwrap();
    let over = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    let over = window.run(over).await.as_i64().unwrap();
    if over > 0 {
        faults.push(format!("it scrolls sideways by {over} pixels"));
    }
    faults
}

/// Presses Tab through the page that is open: everything is reached, in order, and is seen to be.
pub async fn tab_through(window: &Window, name: &str) {
    let reachable = window.run(REACHABLE).await;
    let reachable = reachable.as_array().unwrap();
    assert!(!reachable.is_empty(), "{name} has nothing to reach");
    for expected in reachable {
        press(window, Key::Tab).await;
        let focused = window.run(FOCUSED).await;
        assert_eq!(&focused[0], expected, "{name}");
        assert_eq!(focused[1], true, "{name}: {expected} has the keyboard and does not show it");
    }
}

/// Presses a key.
pub async fn press(window: &Window, key: Key) {
    window.driver.action_chain().send_keys(key).perform().await.unwrap();
}
