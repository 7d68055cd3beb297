//! What makes a file no document that is read: each refuses the whole archive, with file and line.

use super::samples::{Sample, document, gzip, hear, hear_within, name, pupil};
use crate::roster::{Fault, FaultReason, Limits, WarningReason};

fn refused(text: impl Into<Vec<u8>>) -> Fault {
    let fault = hear(&Sample::empty().text("Eleve", text).packed()).1.unwrap_err();
    assert_eq!(fault.file, Some(name("2D", "Eleve", 0)), "{fault}");
    fault
}

fn whole(body: &str) -> String {
    document("2D", "Eleve", body)
}

#[test]
fn ill_formed_xml_is_refused_with_its_line() {
    let good = whole(&pupil("p"));
    for bad in [
        good.replace("</men:GARPersonNom>", "</men:GARPersonPrenom>"),
        good.replace("</men:GARPersonNom>", ""),
        good.replace("</men:GARPersonNom>", "</men:GARPersonNom></men:GARPersonNom>"),
        good.replace("</men:GAR-ENT-Eleve>", ""),
        good.replace("</men:GAR-ENT-Eleve>\n", "</men:GAR-ENT-Eleve"),
        good.replace("</men:GAR-ENT-Eleve>", "<men:GAREleve"),
        good.replace("Morlac", "Mor&lac"),
        good.replace("Morlac", "Mor & lac"),
        good.replace("Morlac", "Mor&;lac"),
        good.replace("Morlac", "Mor&#;lac"),
        good.replace("Morlac", "Mor&#0;lac"),
        good.replace("Morlac", "Mor&#1;lac"),
        good.replace("Morlac", "Mor&#xD800;lac"),
        good.replace("Morlac", "Mor&#xFFFF;lac"),
        good.replace("Morlac", "Mor&#x110000;lac"),
        good.replace("Morlac", "Mor]]>lac"),
        good.replace("Morlac", "Mor<!-- -- -->lac"),
        good.replace("Morlac", "<![CDATA[Morlac"),
        good.replace("Morlac", "<!-- Morlac"),
        good.replace("Morlac", "<?Morlac"),
        good.replace("Morlac", "<?xml version=\"1.0\"?>Morlac"),
        good.replace("Version=\"1.0\"", "Version=\"1.0\" Version=\"1.0\""),
        good.replace("Version=\"1.0\"", "Version=1.0"),
        good.replace("Version=\"1.0\"", "Version"),
        good.replace("Version=\"1.0\"", "Version=\"<\""),
        good.replace("version=\"1.0\" enc", "version=\"1.1\" enc"),
        good.replace("version=\"1.0\" enc", "enc"),
        format!("x{good}"),
        format!("\n{good}"),
        format!("{good}x"),
        format!("{good}<men/>"),
        format!("{good}{}", good.split_once("?>\n").unwrap().1),
        format!("{good}<![CDATA[]]>"),
        format!("{good}&#32;"),
        String::new(),
        " ".to_owned(),
        "<?xml version=\"1.0\"?>".to_owned(),
        "<!-- nothing -->".to_owned(),
        "GAR".to_owned(),
    ] {
        let fault = refused(bad.clone());
        assert!(fault.line.is_some(), "{fault} of {bad}");
        assert!(matches!(fault.reason, FaultReason::IllFormed(_) | FaultReason::Entity), "{fault} of {bad}");
    }
}

#[test]
fn a_fault_names_the_line_in_which_it_begins() {
    let fault = refused(whole(&pupil("p")).replace("</men:GARPersonPrenom>", "</men:b>"));
    assert_eq!(fault.line, Some(7));
    assert!(fault.to_string().starts_with("A0_GAR-ENT_Complet_20260901_213000_2D_Eleve_0000.xml:7: "));
}

#[test]
fn what_may_stand_around_a_root_may_stand_there() {
    let good = whole(&pupil("p"));
    for text in [
        good.replace("?>\n<men", "?>\n<!-- from the ENT -->\n<?xml-stylesheet href=\"x\"?>\n<men"),
        format!("{good}\n<!-- the end --><?end?>\n"),
        good.split_once("?>\n").unwrap().1.to_owned(),
        good.replace("UTF-8", "utf-8"),
        good.replace(" encoding=\"UTF-8\"", ""),
        good.replace("?>", " standalone=\"no\"?>"),
        good.replace('\n', "\r\n"),
        good.replace('\n', ""),
        format!("\u{feff}{good}"),
    ] {
        let (heard, summary) = hear(&Sample::empty().text("Eleve", text.clone()).packed());
        assert_eq!(summary.unwrap_or_else(|fault| panic!("{fault}: {text}")).records, 1, "{text}");
        assert!(heard.rejects.is_empty() && heard.warnings.is_empty());
    }
}

#[test]
fn a_root_without_version_is_forgiven_and_told() {
    let text = whole("").replace("Version=\"1.0\"", "");
    let (heard, summary) = hear(&Sample::empty().text("Eleve", text).packed());
    assert_eq!(summary.unwrap().warnings, 1);
    assert_eq!(heard.warnings[0].reason, WarningReason::NoVersion);
    assert_eq!((heard.warnings[0].place.line, heard.warnings[0].place.element), (2, "GAR-ENT-Eleve"));
}

#[test]
fn text_between_records_is_refused() {
    assert_eq!(refused(whole("Morlac")).reason, FaultReason::StrayText);
    assert_eq!(refused(whole(&(pupil("p") + "<![CDATA[x]]>"))).reason, FaultReason::StrayText);
}

#[test]
fn document_types_and_entities_are_refused() {
    let good = whole(&pupil("p"));
    let laughs: String =
        (1..10).map(|n| format!("<!ENTITY lol{n} \"{}\">", format!("&lol{};", n - 1).repeat(10))).collect();
    for doctype in [
        "<!DOCTYPE men:GAR-ENT-Eleve>".to_owned(),
        "<!DOCTYPE men:GAR-ENT-Eleve SYSTEM \"http://ent.invalid/gar.dtd\">".to_owned(),
        "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>".to_owned(),
        "<!DOCTYPE x [<!ENTITY % p SYSTEM \"http://ent.invalid/p\"> %p;]>".to_owned(),
        format!("<!DOCTYPE x [<!ENTITY lol0 \"lol\">{laughs}]>"),
        "<!doctype x>".to_owned(),
    ] {
        let text = good.replace("?>\n<men", &format!("?>\n{doctype}<men")).replace("Morlac", "&lol9;&e;");
        assert_eq!(refused(text).reason, FaultReason::Doctype, "{doctype}");
    }
    for entity in ["&e;", "&nbsp;", "&lol9;", "&AMP;", "&xxe;"] {
        assert_eq!(refused(good.replace("Morlac", entity)).reason, FaultReason::Entity, "{entity}");
        let text = good.replace("Version=\"1.0\"", &format!("Version=\"{entity}\""));
        assert_eq!(refused(text).reason, FaultReason::Entity, "{entity}");
    }
}

#[test]
fn only_utf_8_is_read() {
    let good = whole(&pupil("p"));
    let wide = |bytes: fn(u16) -> [u8; 2]| good.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let marked = |mark: &[u8], text: Vec<u8>| [mark.to_vec(), text].concat();
    let latin: Vec<u8> = good.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let in_a_tag = good.replace("<men:GARPersonNom>", "<men:GARPersonNom\u{e9}>").into_bytes();
    for bad in [
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
        marked(b"\xff\xfe", wide(u16::to_le_bytes)),
        marked(b"\xfe\xff", wide(u16::to_be_bytes)),
        good.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
        latin,
        good.replace("UTF-8", "ISO-8859-1").into_bytes(),
        good.replace("UTF-8", "UTF-16").into_bytes(),
        good.replace("UTF-8", "windows-1252").into_bytes(),
        replaced(good.as_bytes(), b"Morlac", b"Mor\xc3lac"),
        replaced(good.as_bytes(), b"Morlac", b"Mor\xed\xa0\x80lac"),
        replaced(good.as_bytes(), b"Morlac", b"Mor\xc0\xaflac"),
        replaced(good.as_bytes(), b"Morlac", b"<!-- \xff -->"),
        replaced(good.as_bytes(), b"Morlac", b"<![CDATA[\xff]]>"),
        replaced(&in_a_tag, "\u{e9}".as_bytes(), b"\xe9"),
    ] {
        assert_eq!(refused(bad.clone()).reason, FaultReason::NotUtf8, "{}", String::from_utf8_lossy(&bad));
    }
}

#[test]
fn bytes_that_xml_does_not_have_are_refused() {
    for byte in (0..32).filter(|byte| !matches!(byte, b'\t' | b'\n' | b'\r')) {
        for place in ["Morlac", "men:GARPersonNom>Mor", " Version"] {
            let bad = replaced(whole(&pupil("p")).as_bytes(), place.as_bytes(), &[byte]);
            let reason = refused(bad).reason;
            let told = matches!(reason, FaultReason::ControlCharacter | FaultReason::NotUtf8);
            assert!(told, "{byte}: {reason:?}");
        }
    }
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

#[test]
fn attributes_namespaces_and_depth_have_an_end() {
    let good = whole(&pupil("p"));
    let many = |count: usize| (0..count).map(|at| format!(" a{at}=\"\"")).collect::<String>();
    let with = |text: &str| good.replace(" Version", &format!("{text} Version"));
    assert!(hear(&Sample::empty().text("Eleve", with(&many(50))).packed()).1.is_ok());
    assert_eq!(refused(with(&many(64))).reason, FaultReason::TooManyAttributes(64));
    assert_eq!(refused(with(&many(5000))).reason, FaultReason::TooManyAttributes(64));
    assert_eq!(refused(with(&many(100_000))).reason, FaultReason::MarkupTooBig(64 << 10));
    let spaces: String = (0..1000).map(|at| format!(" xmlns:n{at}=\"urn:{at}\"")).collect();
    assert!(matches!(refused(with(&spaces)).reason, FaultReason::IllFormed(_)));
    let deep = |depth: usize| whole(&("<a>".repeat(depth) + &"</a>".repeat(depth)));
    assert!(hear(&Sample::empty().text("Eleve", deep(15)).packed()).1.is_ok());
    assert_eq!(refused(deep(16)).reason, FaultReason::TooDeep(16));
    assert_eq!(refused(whole(&"<a>".repeat(100_000))).reason, FaultReason::TooDeep(16));
    let closed = whole("").replace("</men:GAR-ENT-Eleve>", &"<a/>".repeat(1000)) + "</men:GAR-ENT-Eleve>";
    assert!(hear(&Sample::empty().text("Eleve", closed).packed()).1.is_ok());
}

#[test]
fn a_file_and_its_keys_have_an_end() {
    let sample = Sample::with("Eleve", &(0..200).map(|at| pupil(&at.to_string())).collect::<String>());
    let archive = gzip(&sample.tar());
    let keys = Limits { keys: 199, ..Limits::default() };
    assert_eq!(hear_within(&archive, &keys).1.unwrap_err().reason, FaultReason::TooManyKeys(199));
    let bytes = Limits { file_bytes: 20_000, ..Limits::default() };
    let fault = hear_within(&archive, &bytes).1.unwrap_err();
    assert_eq!(fault.reason, FaultReason::FileTooBig(20_000));
    assert!(hear_within(&archive, &Limits { keys: 200, ..Limits::default() }).1.is_ok());
}
