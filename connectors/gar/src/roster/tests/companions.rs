//! Companions: what an archive's `.md5` may hold.

use crate::roster::{ArchiveName, Degree, Md5, NotAName, NotAnMd5, md5_of};

const NOTHING: &str = "d41d8cd98f00b204e9800998ecf8427e";

#[test]
fn a_companion_is_what_exporters_and_md5sum_write() {
    let nothing = md5_of(&b""[..]).unwrap();
    assert_eq!(nothing.to_string(), NOTHING);
    assert_eq!(md5_of(&b"abc"[..]).unwrap().to_string(), "900150983cd24fb0d6963f7d28e17f72");
    for text in [
        NOTHING.to_owned(),
        format!("{NOTHING}\n"),
        format!("{NOTHING}\r\n"),
        format!("  {NOTHING}  "),
        NOTHING.to_uppercase(),
        format!("{NOTHING}  A0_GAR-ENT_Complet_20260901_213000_2D.tar.gz\n"),
        format!("{NOTHING} *A0.tar.gz"),
        format!("\u{feff}{NOTHING}"),
    ] {
        assert_eq!(Md5::of_companion(text.as_bytes()), Ok(nothing), "{text:?}");
    }
    for text in [
        String::new(),
        NOTHING[1..].to_owned(),
        format!("{NOTHING}0"),
        format!("{NOTHING}\n{NOTHING}"),
        NOTHING.replace('e', "g"),
        format!("MD5 (a) = {NOTHING}"),
        "é".repeat(16),
        "0".repeat(1 << 20),
    ] {
        assert_eq!(Md5::of_companion(text.as_bytes()), Err(NotAnMd5), "{text:.80}");
    }
}

#[test]
fn archives_and_companions_share_a_name() {
    let base = "A0_GAR-ENT_Complet_20260901_213000_2D";
    let name = ArchiveName::parse(&format!("{base}.tar.gz")).unwrap();
    assert_eq!((name.ent_code.as_str(), name.degree), ("A0", Some(Degree::Second)));
    assert_eq!(name.date_time.to_string(), "2026-09-01 21:30:00.0");
    assert_eq!(ArchiveName::parse(&format!("{base}.md5")).unwrap(), name);
    assert_eq!(name.base(), base);
    let old = ArchiveName::parse("ENT-TEST1_GAR-ENT_Complet_20260901_213000.tar.gz").unwrap();
    assert_eq!((old.ent_code.as_str(), old.degree), ("ENT-TEST1", None));
    for (bad, why) in [
        (base.to_owned(), NotAName::Form),
        (format!("{base}.zip"), NotAName::Form),
        (format!("{base}_Eleve_0000.tar.gz"), NotAName::Form),
        (format!("../{base}.tar.gz"), NotAName::Form),
        (format!("{base}.tar.gz").replace("Complet", "Delta"), NotAName::NotComplete),
        (format!("{base}.tar.gz").replace("A0", &"A".repeat(33)), NotAName::Form),
        (format!("{base}.tar.gz").replace("20260901", "20260931"), NotAName::Form),
    ] {
        assert_eq!(ArchiveName::parse(&bad), Err(why), "{bad}");
    }
}
