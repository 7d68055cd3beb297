//! Archives made by hand, and a sink that remembers what it was given.

use std::io::{Cursor, Write};
use std::ops::ControlFlow;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};

use crate::roster::{Fault, Limits, Place, Record, Reject, Sink, Summary, Warning, read};

pub(super) const SEED: [u8; 16] = *b"0123456789abcdef";
pub(super) const UAI: &str = "0750001U";
/// Kinds of files in the order in which they are packed.
pub(super) const KINDS: [&str; 5] = ["Eleve", "Enseignant", "Etab", "Groupe", "RespAff"];

/// What an archive gave.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) records: Vec<(Place, Record)>,
    pub(super) rejects: Vec<Reject>,
    pub(super) warnings: Vec<Warning>,
    pub(super) progress: Vec<u64>,
    /// Stops after so many records.
    pub(super) most: Option<usize>,
}

impl Sink for Heard {
    fn record(&mut self, place: &Place, record: Record) -> ControlFlow<()> {
        self.records.push((place.clone(), record));
        match self.most {
            Some(most) if self.records.len() >= most => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    fn reject(&mut self, reject: Reject) -> ControlFlow<()> {
        self.rejects.push(reject);
        ControlFlow::Continue(())
    }

    fn warn(&mut self, warning: Warning) {
        self.warnings.push(warning);
    }

    fn progress(&mut self, bytes: u64) {
        self.progress.push(bytes);
    }
}

pub(super) fn hear(archive: &[u8]) -> (Heard, Result<Summary, Fault>) {
    hear_within(archive, &Limits::default())
}

pub(super) fn hear_within(archive: &[u8], limits: &Limits) -> (Heard, Result<Summary, Fault>) {
    let mut heard = Heard::default();
    let read = read(Cursor::new(archive), limits, SEED, &mut heard);
    (heard, read)
}

/// An archive in the making: files with names, in order.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) files: Vec<(String, Vec<u8>)>,
}

impl Sample {
    /// A set of the second degree in which every file is empty.
    pub(super) fn empty() -> Self {
        Self::of("2D", |_| String::new())
    }

    /// A set with this body in the file of one kind, and nothing in the others.
    pub(super) fn with(kind: &str, body: &str) -> Self {
        Self::of("2D", |own| if own == kind { body.to_owned() } else { String::new() })
    }

    pub(super) fn of(degree: &str, body: impl Fn(&str) -> String) -> Self {
        let file = |kind: &&str| (name(degree, kind, 0), document(degree, kind, &body(kind)).into_bytes());
        Self { files: KINDS.iter().map(file).collect() }
    }

    /// The whole text of one file is another.
    pub(super) fn text(mut self, kind: &str, text: impl Into<Vec<u8>>) -> Self {
        let file = self.files.iter_mut().find(|(name, _)| name.contains(&format!("_{kind}_")));
        file.unwrap().1 = text.into();
        self
    }

    pub(super) fn add(mut self, name: &str, bytes: &[u8]) -> Self {
        self.files.push((name.to_owned(), bytes.to_vec()));
        self
    }

    pub(super) fn without(mut self, part: &str) -> Self {
        self.files.retain(|(name, _)| !name.contains(part));
        self
    }

    pub(super) fn renamed(mut self, from: &str, to: &str) -> Self {
        for (name, _) in &mut self.files {
            *name = name.replace(from, to);
        }
        self
    }

    pub(super) fn tar(&self) -> Vec<u8> {
        let mut tar = Builder::new(Vec::new());
        for (name, bytes) in &self.files {
            tar.append_data(&mut header(bytes.len() as u64), name, bytes.as_slice()).unwrap();
        }
        tar.into_inner().unwrap()
    }

    pub(super) fn packed(&self) -> Vec<u8> {
        gzip(&self.tar())
    }
}

pub(super) fn header(size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_size(size);
    header.set_mode(0o644);
    header
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

pub(super) fn name(degree: &str, kind: &str, index: usize) -> String {
    format!("A0_GAR-ENT_Complet_20260901_213000_{degree}_{kind}_{index:04}.xml")
}

pub(super) fn document(degree: &str, kind: &str, body: &str) -> String {
    let path = if degree == "1D" { "/1d" } else { "" };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<men:GAR-ENT-{kind} \
         xmlns:men=\"http://data.education.fr/ns/gar{path}\" xmlns:xalan=\"http://xml.apache.org/xalan\" \
         xmlns:xslFormatting=\"urn:xslFormatting\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         Version=\"1.0\" xsi:schemaLocation=\"http://data.education.fr/ns/gar{path} GAR-ENT.xsd\">\n{body}\
         </men:GAR-ENT-{kind}>\n"
    )
}

/// A record out of elements and values; an element whose value is a list holds elements.
pub(super) fn record(name: &str, values: &[(&str, &str)]) -> String {
    let mut text = format!("<men:{name}>\n");
    for (element, value) in values {
        text.push_str(&format!("  <men:{element}>{value}</men:{element}>\n"));
    }
    text + &format!("</men:{name}>\n")
}

/// A pupil with everything that is mandatory.
pub(super) fn pupil(id: &str) -> String {
    record("GAREleve", &pupil_values(id))
}

pub(super) fn pupil_values(id: &str) -> Vec<(&str, &str)> {
    vec![
        ("GARPersonIdentifiant", id),
        ("GARPersonProfils", PUPIL_PROFILE),
        ("GARPersonNom", "Morlac"),
        ("GARPersonPrenom", "Zoé"),
        ("GARPersonAutresPrenoms", "Zoé"),
        ("GARPersonEtab", UAI),
    ]
}

pub(super) const PUPIL_PROFILE: &str = "<men:GARStructureUAI>0750001U</men:GARStructureUAI>\
     <men:GARPersonProfil>National_elv</men:GARPersonProfil>";
