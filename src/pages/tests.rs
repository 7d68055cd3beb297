//! Every page rendered in both languages, with a sample of hostile values.

use std::sync::Arc;

use boundary::{Back, BindingCookie, Chance, Handle, LaunchId, PageName, Refusal, RefusalCode, Uai};
use url::Url;

use super::security::{STYLE, SUBMIT};
use super::{Language, Page, Pages, Unshown};
use crate::access::{AccountId, Enrolling, NotIn, Session, Weak};
use crate::directory::School;
use crate::launch::SchoolChoice;

const HOSTILE: &str = "<script>alert('1')</script>\"&'>";

struct Fixed;

impl Chance for Fixed {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0x5a);
    }
}

fn launch() -> LaunchId {
    LaunchId::draw(&Fixed)
}

fn embedders() -> Vec<String> {
    vec!["https://ent.example".to_owned()]
}

fn back() -> Back {
    Back { return_url: Some(Url::parse("https://ent.example/back?a=\"'<>&b=1").unwrap()), ..Back::default() }
}

fn refusal(code: RefusalCode) -> Refusal {
    code.about(HOSTILE).with_back(back())
}

fn choice(name: &str) -> SchoolChoice {
    let school = |uai: &str, name: &str, town: &str| {
        Arc::new(School {
            uai: Uai::parse(uai).unwrap(),
            name: name.to_owned(),
            town: town.to_owned(),
            nature: None,
            ents: Vec::new(),
            fictive: true,
        })
    };
    SchoolChoice {
        handle: Handle::draw(&Fixed),
        schools: vec![
            school("0750001U", name, "Paris"),
            school("0440001M", "Collège Anne-de-Bretagne", "Saint-Nazaire"),
        ],
        ent: None,
        cookie: BindingCookie { name: "n".to_owned(), value: "v".to_owned(), path: "/lti", max_age: 600 },
        locale: None,
    }
}

fn auto_post(pages: &Pages, language: Language, value: &str) -> Page {
    let to = Url::parse("https://publisher.example/lti?a=1&b=%22").unwrap();
    let fields = [("id_token", value.to_owned()), ("state", "s".to_owned())];
    pages.auto_post(language, &to, &fields, &embedders())
}

/// The pages at the console's door.
fn console(pages: &Pages, language: Language) -> Vec<(String, Page)> {
    let account = AccountId::parse("op-astreinte").unwrap();
    let uri =
        "otpauth://totp/Passerelle:op-astreinte?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Passerelle";
    let enrolling = Enrolling {
        account,
        secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned().into(),
        uri: uri.to_owned().into(),
    };
    let session = Session::sample("op-astreinte");
    let codes = ["abcd-efgh-ijkl-mnop"; 10];
    let wait = NotIn::Wait(time::Duration::seconds(31));
    let named = |name: &str, page| (format!("console-{name}"), page);
    vec![
        named("sign-in", pages.sign_in(language, HOSTILE, Some(&NotIn::Wrong))),
        named("sign-in-wait", pages.sign_in(language, "", Some(&wait))),
        named("code", pages.sign_in_code(language, Some(&NotIn::Wrong))),
        named("enrol", pages.enrol(language, "pse_link", &enrolling, Some(&NotIn::Weak(Weak::Short)))),
        named("ready", pages.enrolled(language, &codes)),
        named("password", pages.change_password(language, &session, Some(&NotIn::Differ))),
        (
            "console-in-window".to_owned(),
            pages.console_in_window(language, &Handle::draw(&Fixed), &embedders()),
        ),
        ("over".to_owned(), pages.unshown(language, Unshown::Over)),
    ]
}

/// Every page, by name.
fn samples(pages: &Pages, language: Language) -> Vec<(String, Page)> {
    let ours = embedders();
    let mut samples = vec![
        ("fault".to_owned(), pages.fault(language, &launch(), &back(), &ours)),
        ("fault-no-way-back".to_owned(), pages.fault(language, &launch(), &Back::default(), &ours)),
        ("choose-school".to_owned(), pages.choose_school(language, &choice(HOSTILE), &ours)),
        ("auto-post".to_owned(), auto_post(pages, language, HOSTILE)),
        ("open-from-ent".to_owned(), pages.named(language, PageName::OpenFromEnt, &ours)),
        ("come-back".to_owned(), pages.named(language, PageName::ComeBack, &ours)),
        ("not-found".to_owned(), pages.not_found(language)),
        ("too-many".to_owned(), pages.too_many(language, &ours)),
        ("past-proxy".to_owned(), pages.past_proxy(language)),
        ("home".to_owned(), pages.home(language)),
    ];
    samples.extend(console(pages, language));
    for code in RefusalCode::ALL {
        let page = pages.refusal(language, &launch(), &refusal(*code), &ours);
        samples.push((format!("refusal-{}", code.as_str()), page));
    }
    let lost = RefusalCode::LoginMalformed.about(HOSTILE);
    let page = pages.refusal(language, &launch(), &lost, &ours);
    samples.push(("refusal-no-way-back".to_owned(), page));
    samples
}

fn policy(page: &Page) -> &str {
    let header = page.headers.iter().find(|(name, _)| *name == "content-security-policy");
    &header.unwrap().1
}

fn sha256(text: &str) -> String {
    let hash = openssl::sha::sha256(text.as_bytes());
    format!("'sha256-{}'", openssl::base64::encode_block(&hash))
}

fn between<'a>(html: &'a str, open: &str, close: &str) -> &'a str {
    let start = html.find(open).unwrap() + open.len();
    let end = start + html[start..].find(close).unwrap();
    &html[start..end]
}

#[test]
fn every_page_is_a_whole_document_in_its_language() {
    let pages = Pages::load().unwrap();
    for language in Language::ALL {
        for (name, page) in samples(&pages, language) {
            let html = &page.html;
            assert!(html.starts_with("<!DOCTYPE html>"), "{name}");
            assert!(html.contains(&format!("<html lang=\"{}\">", language.tag())), "{name}");
            assert_eq!(html.matches("<h1>").count(), 1, "{name}");
            assert_eq!(html.matches("<main>").count(), 1, "{name}");
            assert!(!between(html, "<title>", "</title>").trim().is_empty(), "{name}");
            assert!(html.contains("name=\"viewport\""), "{name}");
            // A picture that an authenticator reads is as large as it is.
            let most = if name == "console-enrol" { 20_000 } else { 10_000 };
            assert!(html.len() < most, "{name} is {} bytes", html.len());
        }
    }
}

#[test]
fn nothing_is_fetched_and_nothing_hostile_gets_through() {
    let pages = Pages::load().unwrap();
    for language in Language::ALL {
        for (name, page) in samples(&pages, language) {
            let html = &page.html;
            for asset in ["http://", " src=", "<link", "<img", "@import", "url(", " style=", "alert('"] {
                assert!(!html.contains(asset), "{name} holds {asset}");
            }
            let escaped =
                html.matches("&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#34;&#38;&#39;&#62;");
            let hostile =
                usize::from(matches!(name.as_str(), "choose-school" | "auto-post" | "console-sign-in"));
            assert_eq!(escaped.count(), hostile, "{name}");
            let scripts = usize::from(name == "auto-post");
            assert_eq!(html.matches("<script").count(), scripts, "{name}");
        }
    }
}

#[test]
fn the_policy_allows_exactly_the_constants() {
    let pages = Pages::load().unwrap();
    for language in Language::ALL {
        for (name, page) in samples(&pages, language) {
            let policy = policy(&page);
            assert!(
                policy.starts_with("default-src 'none';") && policy.contains("base-uri 'none'"),
                "{name}"
            );
            // Shown in a frame whose cookies are blocked, when nobody knows whose: any may show it, and it holds nothing.
            let ours_alone = name.starts_with("console-") && name != "console-in-window";
            assert_eq!(
                policy.contains("frame-ancestors 'self'"),
                name != "refusal-browser_unbound" && !ours_alone,
                "{name}"
            );
            assert_eq!(policy.contains("form-action 'self'; frame-ancestors 'none'"), ours_alone, "{name}");
            assert!(!policy.contains("unsafe"), "{name}");
            let style = between(&page.html, "<style>", "</style>");
            assert!(policy.contains(&format!("style-src {};", sha256(style))), "{name}");
            if name == "auto-post" {
                let script = between(&page.html, "<script>", "</script>");
                assert!(policy.contains(&format!("script-src {};", sha256(script))));
            } else {
                assert!(!policy.contains("script-src"), "{name}");
            }
        }
    }
    assert!(!STYLE.contains('<') && !SUBMIT.contains('<'));
}

#[test]
fn a_refusal_shows_its_number_its_code_and_the_way_back() {
    let pages = Pages::load().unwrap();
    for code in RefusalCode::ALL {
        let page = pages.refusal(Language::Fr, &launch(), &refusal(*code), &embedders());
        assert_eq!(page.status, pages.refusals().entry(*code).unwrap().status);
        assert!(page.html.contains(&format!("<code>{}</code>", launch().as_str())));
        assert!(page.html.contains(&format!("<code>{}</code>", code.as_str())));
        let href = between(&page.html, "href=\"", "\"").replace("&#38;", "&");
        let pairs: Vec<_> = Url::parse(&href).unwrap().query_pairs().into_owned().collect();
        assert_eq!(pairs.iter().filter(|(n, _)| n == "lti_errormsg").count(), 1);
        let hint = page.html.contains("target=\"_blank\"");
        assert_eq!(hint, super::is_unseen(*code), "{}", code.as_str());
        assert!(!page.html.contains("alert"), "the operator's words are not shown");
    }
}

#[test]
fn the_language_that_the_ent_names_wins() {
    let pages = Pages::load().unwrap();
    let named = |locale: &str| Back { locale: Some(locale.to_owned()), ..back() };
    let refusal = RefusalCode::Expired.about("").with_back(named("en-GB"));
    let english = pages.refusal(Language::Fr, &launch(), &refusal, &[]);
    assert!(english.html.contains("<html lang=\"en\">"));
    let french = pages.fault(Language::Fr, &launch(), &named("de"), &[]);
    assert!(french.html.contains("<html lang=\"fr\">"));
}

#[test]
fn a_fault_names_no_code_and_leads_back() {
    let pages = Pages::load().unwrap();
    let page = pages.fault(Language::Fr, &launch(), &back(), &[]);
    assert_eq!(page.status, 503);
    assert_eq!(page.html.matches("<code>").count(), 1);
    assert!(page.html.contains("https://ent.example/back"));
    let mut elsewhere = back();
    elsewhere.return_url = Some(Url::parse("javascript:alert(1)").unwrap());
    assert!(!pages.fault(Language::Fr, &launch(), &elsewhere, &[]).html.contains("<a "));
}

#[test]
fn the_posting_page_works_without_script() {
    let page = auto_post(&Pages::load().unwrap(), Language::Fr, "token");
    assert!(between(&page.html, "<noscript>", "</noscript>").contains("<button"));
    assert!(page.html.contains("<button class=\"button late\">"));
    assert!(page.html.contains("<input type=\"hidden\" name=\"id_token\" value=\"token\">"));
    assert!(
        page.html.contains("<form method=\"post\" action=\"https://publisher.example/lti?a=1&#38;b=%22\">")
    );
}

#[test]
#[ignore = "writes every page to target/pages, to be looked at"]
fn pages_to_look_at() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    std::fs::create_dir_all(&folder).unwrap();
    let pages = Pages::load().unwrap();
    for language in Language::ALL {
        let mut samples = samples(&pages, language);
        let friendly = pages.choose_school(language, &choice("Lycée Jean-Rostand"), &[]);
        samples.push(("choose-school-friendly".to_owned(), friendly));
        for (name, page) in samples {
            let file = folder.join(format!("{name}.{}.html", language.tag()));
            std::fs::write(file, page.html).unwrap();
        }
    }
}
