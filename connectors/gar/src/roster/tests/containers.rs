//! Archives that are broken or built to hurt: each is refused after few bytes, whatever it promises.

use std::io::{self, Read};

use tar::{Builder, EntryType, Header};

use super::endless::{Metered, Stored, stored};
use super::samples::{Heard, SEED, Sample, document, gzip, header, hear, hear_within, name, pupil};
use crate::roster::{FaultReason, Limits, Summary, read};

fn reason(archive: &[u8]) -> FaultReason {
    hear(archive).1.unwrap_err().reason
}

/// A whole set with one more entry before it.
fn behind(header: &mut Header, data: &[u8]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    header.set_cksum();
    tar.append(header, data).unwrap();
    gzip(
        &[tar.into_inner().unwrap()[..512 + data.len().next_multiple_of(512)].to_vec(), set().tar()].concat(),
    )
}

fn set() -> Sample {
    Sample::with("Eleve", &pupil("p"))
}

/// A header whose name is written as it is given, past every check of the crate that writes it.
fn named(name: &str, size: u64) -> Header {
    let mut header = header(size);
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header
}

#[test]
fn what_is_no_gzip_is_no_archive() {
    assert_eq!(reason(b""), FaultReason::Truncated);
    assert_eq!(reason(b"PK\x03\x04 a zip file"), FaultReason::NotGzip);
    assert_eq!(reason(&set().tar()), FaultReason::NotGzip);
    assert_eq!(reason(&gzip(b"")), FaultReason::MissingKind(crate::roster::FileKind::Eleve));
    assert_eq!(reason(&gzip(&[b'x'; 4096])), FaultReason::NotTar);
    assert_eq!(reason(&gzip(&set().packed())), FaultReason::NotTar);
}

#[test]
fn an_archive_that_ends_too_early_is_refused_wherever_it_ends() {
    let archive = set().packed();
    for length in 0..archive.len() {
        let reason = reason(&archive[..length]);
        assert_eq!(reason, FaultReason::Truncated, "{length} of {}", archive.len());
    }
    let tar = set().tar();
    for length in (0..tar.len() - 1024).step_by(100) {
        assert!(hear(&gzip(&tar[..length])).1.is_err(), "{length} of {}", tar.len());
    }
}

#[test]
fn no_damaged_byte_changes_what_is_read() {
    let archive = set().packed();
    let whole = hear(&archive).0.records;
    for at in 0..archive.len() {
        for bit in [1, 0x80] {
            let mut damaged = archive.clone();
            damaged[at] ^= bit;
            let (heard, summary) = hear(&damaged);
            // A time in the header, or a code that means the same, changes nothing.
            assert!(summary.is_err() || heard.records == whole, "byte {at}");
        }
    }
}

#[test]
fn members_of_a_gzip_are_one_stream_and_nothing_else_follows() {
    let tar = set().tar();
    let members: Vec<u8> = tar.chunks(700).flat_map(gzip).collect();
    assert_eq!(hear(&members).1.unwrap().records, 1);
    let archive = set().packed();
    for trailing in [&b"x"[..], b"\0\0\0\0", b"\x1f\x8b", b"<xml/>", &archive[..20]] {
        let reason = reason(&[&archive, trailing].concat());
        let told = matches!(reason, FaultReason::Trailing | FaultReason::Truncated);
        assert!(told, "{trailing:?}: {reason:?}");
    }
    // A second archive behind the first is hidden from whoever stops at the first.
    assert_eq!(reason(&[archive.clone(), archive].concat()), FaultReason::Trailing);
}

#[test]
fn nothing_is_hidden_behind_the_end_of_a_tar() {
    let tar = set().tar();
    let padded = [tar.clone(), vec![0; 10_240]].concat();
    assert_eq!(hear(&gzip(&padded)).1.unwrap().records, 1);
    for hidden in [&b"x"[..], &tar] {
        let bytes = [&padded, hidden].concat();
        assert_eq!(reason(&gzip(&bytes)), FaultReason::Trailing);
    }
}

#[test]
fn names_lead_nowhere_else() {
    let file = name("2D", "Eleve", 7);
    for path in [
        format!("../{file}"),
        format!("/tmp/{file}"),
        format!("data/{file}"),
        format!("./../{file}"),
        format!("././{file}"),
        format!("..\\{file}"),
        format!("C:\\{file}"),
        "..".to_owned(),
    ] {
        assert_eq!(reason(&behind(&mut named(&path, 0), b"")), FaultReason::NotFlat, "{path}");
    }
    for path in ["", ".", "\u{1b}[31m.xml", "con"] {
        let fault = hear(&behind(&mut named(path, 0), b"")).1.unwrap_err();
        assert_eq!(fault.reason.code(), "file_name", "{path:?}");
        assert!(!fault.to_string().contains(char::is_control));
    }
    let mut prefixed = named(&file, 0);
    prefixed.as_ustar_mut().unwrap().prefix[..3].copy_from_slice(b"etc");
    assert_eq!(reason(&behind(&mut prefixed, b"")), FaultReason::NotFlat);
}

#[test]
fn a_set_packed_from_within_its_folder_is_taken() {
    let mut sample = set();
    for (name, _) in &mut sample.files {
        name.insert_str(0, "./");
    }
    let mut tar = Builder::new(Vec::new());
    let mut folder = named("./", 0);
    folder.set_entry_type(EntryType::Directory);
    folder.set_cksum();
    tar.append(&folder, &b""[..]).unwrap();
    for (name, bytes) in &sample.files {
        let mut header = named(name, bytes.len() as u64);
        header.set_cksum();
        tar.append(&header, bytes.as_slice()).unwrap();
    }
    let (heard, summary) = hear(&gzip(&tar.into_inner().unwrap()));
    assert_eq!(summary.unwrap().records, 1);
    assert_eq!(heard.records[0].0.file, name("2D", "Eleve", 0));
}

#[test]
fn only_plain_files_are_entries() {
    let file = name("2D", "Eleve", 7);
    for (kind, path) in [
        (EntryType::Symlink, file.as_str()),
        (EntryType::Link, &file),
        (EntryType::Char, &file),
        (EntryType::Block, &file),
        (EntryType::Fifo, &file),
        (EntryType::GNUSparse, &file),
        (EntryType::GNULongName, "././@LongLink"),
        (EntryType::GNULongLink, "././@LongLink"),
        (EntryType::new(b'D'), &file),
        (EntryType::new(b'M'), &file),
        (EntryType::new(b'V'), &file),
        (EntryType::new(0xff), &file),
    ] {
        let mut header = named(path, 0);
        header.set_entry_type(kind);
        let _ = header.set_link_name("/etc/passwd");
        let reason = reason(&behind(&mut header, b""));
        assert!(matches!(reason, FaultReason::NotAFile(_)), "{kind:?}: {reason:?}");
    }
    let mut folder = named("data/", 0);
    folder.set_entry_type(EntryType::Directory);
    assert_eq!(reason(&behind(&mut folder, b"")), FaultReason::NotFlat);
}

fn pax(kind: EntryType, text: &[u8]) -> Vec<u8> {
    let mut header = named("PaxHeaders/x", text.len() as u64);
    header.set_entry_type(kind);
    behind(&mut header, text)
}

#[test]
fn notes_of_pax_may_say_when_and_who_and_nothing_else() {
    for kind in [EntryType::XHeader, EntryType::XGlobalHeader] {
        for text in [&b"30 mtime=1790000000.123456789\n"[..], b"18 comment=abcdef\n12 uid=1000\n", b""] {
            assert_eq!(hear(&pax(kind, text)).1.map(|summary| summary.records), Ok(1), "{text:?}");
        }
        for text in [
            &b"14 path=/etc/x\n"[..],
            b"15 size=1000000\n",
            b"18 linkpath=/etc/\n",
            b"22 GNU.sparse.major=1\n",
            b"27 hdrcharset=ISO-IR 10646\n",
            b"not a note\n",
            b"99 mtime=1\n",
            &[b'x'; 9000],
        ] {
            let reason = reason(&pax(kind, text));
            assert!(matches!(reason, FaultReason::NotAFile(_)), "{reason:?}");
        }
    }
}

#[test]
fn sizes_in_headers_are_not_believed() {
    let file = name("2D", "Eleve", 7);
    for (size, expected) in [
        (&b"77777777777\0"[..], "file_too_big"),
        (b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", "not_tar"),
        (b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", "file_too_big"),
        (b"00001000000\0", "not_utf8"),
        (b"-0000000001\0", "not_tar"),
        (b"9999\0\0\0\0\0\0\0\0", "not_tar"),
        (b"\0\0\0\0\0\0\0\0\0\0\0\0", "not_tar"),
    ] {
        let mut header = named(&file, 0);
        header.as_old_mut().size.copy_from_slice(size);
        assert_eq!(reason(&behind_raw(&mut header)).code(), expected, "{size:?}");
    }
    let mut wrong = named(&file, 0);
    wrong.set_cksum();
    wrong.as_old_mut().cksum[0] ^= 1;
    assert_eq!(reason(&gzip(wrong.as_bytes())), FaultReason::NotTar);
}

/// As [`behind`], for a header that no writer would write.
fn behind_raw(header: &mut Header) -> Vec<u8> {
    header.set_cksum();
    gzip(&[header.as_bytes().to_vec(), set().tar()].concat())
}

#[test]
fn files_and_entries_are_counted() {
    let limits = Limits { files: 100, ..Limits::default() };
    let empty = document("2D", "Groupe", "");
    let more = |count: usize| {
        let add = |sample: Sample, at| sample.add(&name("2D", "Groupe", at), empty.as_bytes());
        (1..count).fold(set(), add).packed()
    };
    assert_eq!(hear_within(&more(96), &limits).1.unwrap().files, 100);
    assert_eq!(hear_within(&more(97), &limits).1.unwrap_err().reason, FaultReason::TooManyFiles(100));
    let mut folder = named("./", 0);
    folder.set_entry_type(EntryType::Directory);
    folder.set_cksum();
    let folders = io::repeat(0).take(0).chain(Repeated(folder.as_bytes().to_vec(), 0));
    let (summary, came) = metered(folders, &limits);
    assert_eq!(summary, Err(FaultReason::TooManyFiles(100)));
    assert!(came < 512 * 1024, "{came} bytes were read");
}

/// The same bytes for ever.
struct Repeated(Vec<u8>, usize);

impl Read for Repeated {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for byte in &mut *buffer {
            *byte = self.0[self.1];
            self.1 = (self.1 + 1) % self.0.len();
        }
        Ok(buffer.len())
    }
}

/// Reads what would never end, and says how many of its bytes were asked for.
fn metered(tar: impl Read, limits: &Limits) -> (Result<Summary, FaultReason>, u64) {
    let mut metered = Metered::new(Stored::new(tar));
    let summary = read(&mut metered, limits, SEED, &mut Heard::default());
    (summary.map_err(|fault| fault.reason), metered.read)
}

/// A tar with one file that says it is as big as is allowed, begins so, and goes on with `filler` for ever.
fn endless(begins: &str, filler: &str) -> (Result<Summary, FaultReason>, u64) {
    let limits = Limits::default();
    let mut header = named(&name("2D", "Eleve", 0), limits.file_bytes);
    header.set_cksum();
    let begin = [header.as_bytes(), begins.as_bytes()].concat();
    metered(io::Cursor::new(begin).chain(Repeated(filler.as_bytes().to_vec(), 0)), &limits)
}

#[test]
fn one_tag_text_or_comment_without_end_is_refused_after_a_few_kilobytes() {
    let head = document("2D", "Eleve", "").replace("</men:GAR-ENT-Eleve>\n", "");
    let value = format!("{head}<men:GAREleve><men:GARPersonNom>");
    for (begins, filler) in [
        (format!("{head}<men:"), "a"),
        (format!("{head}<men:GAREleve a=\""), "a"),
        (format!("{head}<men:GAREleve"), " a=\"\""),
        (format!("{head}<men:GAREleve"), " xmlns:a=\"urn:a\""),
        (format!("{head}<men:GAREleve"), " "),
        (value.clone(), "a"),
        (value.clone(), " "),
        (format!("{value}&"), "a"),
        (format!("{value}&#"), "1"),
        (format!("{value}<!--"), "a"),
        (format!("{value}<![CDATA["), "a"),
        (format!("{value}<?"), "a"),
        (format!("{value}</"), "a"),
        (head, " "),
        (String::new(), "a"),
        ("<?xml version=\"1.0\"".to_owned(), " "),
        ("<!DOCTYPE x [".to_owned(), "<!ENTITY a \"aaaaaaaaaaaaaaaa\">"),
        ("<!DOCTYPE x \"".to_owned(), "a"),
    ] {
        let (summary, came) = endless(&begins, filler);
        assert_eq!(summary, Err(FaultReason::MarkupTooBig(64 << 10)), "{begins} {filler}");
        assert!(came < 400 * 1024, "{came} bytes were read of {begins} {filler}");
    }
}

#[test]
fn nesting_without_end_is_refused_at_once() {
    let head = document("2D", "Eleve", "").replace("</men:GAR-ENT-Eleve>\n", "");
    let (summary, came) = endless(&format!("{head}<men:GAREleve>"), "<a>");
    assert_eq!(summary, Err(FaultReason::TooDeep(16)));
    assert!(came < 400 * 1024, "{came} bytes were read");
}

#[test]
fn a_record_without_end_ends_with_its_file_and_keeps_nothing() {
    let limits = Limits { file_bytes: 1 << 20, ..Limits::default() };
    let head = document("2D", "Eleve", "").replace("</men:GAR-ENT-Eleve>\n", "");
    let mut header = named(&name("2D", "Eleve", 0), limits.file_bytes);
    header.set_cksum();
    let begin = [header.as_bytes(), format!("{head}<men:GAREleve>").as_bytes()].concat();
    let filler = b"<men:GARPersonEtab>0750001U</men:GARPersonEtab>".to_vec();
    let (summary, came) = metered(io::Cursor::new(begin).chain(Repeated(filler, 0)), &limits);
    assert!(matches!(summary, Err(FaultReason::IllFormed(_))), "{summary:?}");
    assert!(came < (1 << 20) + 400 * 1024, "{came} bytes were read");
}

#[test]
fn bombs_are_refused_where_they_begin_to_grow() {
    let small = Limits { ratio_from: 1 << 20, ..Limits::default() };
    let comments = format!("<!--{}-->", " ".repeat(60_000)).repeat(140);
    let bomb = set().text("Groupe", document("2D", "Groupe", &comments)).packed();
    let (heard, summary) = hear_within(&bomb, &small);
    assert_eq!(summary.unwrap_err().reason, FaultReason::Bomb(200));
    assert!(heard.progress.iter().all(|bytes| *bytes < 64 << 10));
    // The same within its limits is a long file of nothing.
    assert_eq!(hear(&bomb).1.map(|summary| summary.records), Ok(1));
    let contents = Limits { inflated_bytes: 1 << 20, ..Limits::default() };
    assert_eq!(hear_within(&bomb, &contents).1.unwrap_err().reason, FaultReason::ContentsTooBig(1 << 20));
}

#[test]
fn a_bomb_within_padding_and_headers_is_one_too() {
    let small = Limits { ratio_from: 1 << 20, ..Limits::default() };
    let padded = [set().tar(), vec![0; 8 << 20]].concat();
    assert_eq!(hear_within(&gzip(&padded), &small).1.unwrap_err().reason, FaultReason::Bomb(200));
    let mut long = named("././@LongLink", 4 << 20);
    long.set_entry_type(EntryType::GNULongName);
    assert!(matches!(reason(&behind(&mut long, &vec![b'a'; 4 << 20])), FaultReason::NotAFile(_)));
}

#[test]
fn an_archive_that_does_not_end_is_refused_by_its_size() {
    let limits = Limits { archive_bytes: 1 << 20, ..Limits::default() };
    let mut metered = Metered::new(Repeated(gzip(b""), 0));
    let fault = read(&mut metered, &limits, SEED, &mut Heard::default()).unwrap_err();
    assert_eq!(fault.reason, FaultReason::ArchiveTooBig(1 << 20));
    assert!(metered.read <= (1 << 20) + (64 << 10));
}

#[test]
fn what_cannot_be_read_is_no_fault_of_the_sender() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::from(io::ErrorKind::PermissionDenied))
        }
    }
    let archive = stored(&set().tar());
    for length in [0, 5, 100, archive.len() - 1] {
        let broken = archive[..length].chain(Broken);
        let fault = read(broken, &Limits::default(), SEED, &mut Heard::default()).unwrap_err();
        assert_eq!(fault.reason.code(), "unreadable", "{fault}");
    }
}

#[test]
fn a_sink_may_stop_the_reading() {
    let archive = Sample::with("Eleve", &(pupil("a") + &pupil("b") + &pupil("c"))).packed();
    let mut heard = Heard { most: Some(2), ..Heard::default() };
    let fault = read(archive.as_slice(), &Limits::default(), SEED, &mut heard).unwrap_err();
    assert_eq!((fault.reason, fault.line, heard.records.len()), (FaultReason::Stopped, Some(11), 2));
}
