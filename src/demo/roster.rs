//! The demonstration's rosters: an archive of both schools, as the ENT would send it at night, with a few hundred invented
//! people around those who launch.

use std::path::{Path, PathBuf};

use conformance::roster::{Class, Degree, Group, Level, Pupil, School, Set, Staff, write_into};
use time::OffsetDateTime;
use time::macros::format_description;

use super::DemoError;

/// How many pupils a class has.
const IN_CLASS: usize = 22;
const GIVEN: [&str; 16] = [
    "Adèle",
    "Basile",
    "Capucine",
    "Damien",
    "Élise",
    "Faustine",
    "Gaspard",
    "Hélène",
    "Ilan",
    "Joséphine",
    "Kilian",
    "Lucile",
    "Maël",
    "Norah",
    "Octave",
    "Pénélope",
];
const FAMILY: [&str; 23] = [
    "Aubertin",
    "Bellegarde",
    "Chauvel",
    "Delmas",
    "Estève",
    "Fontanel",
    "Guérin",
    "Hamelin",
    "Imbault",
    "Jaubert",
    "Kerouan",
    "Lestrade",
    "Monnier",
    "Nadeau",
    "Orsini",
    "Pélissier",
    "Quintard",
    "Rossignol",
    "Savary",
    "Tessier",
    "Urbain",
    "Vasseur",
    "Weber",
];

/// Writes the archive into a folder, with its companion.
///
/// # Errors
/// [`DemoError::Folder`] where it cannot be written.
pub fn archive(folder: &Path, now: OffsetDateTime) -> Result<PathBuf, DemoError> {
    let form = format_description!("[year][month][day]_[hour][minute][second]");
    let wrong = |words: String| DemoError::Folder(format!("{}: {words}", folder.display()));
    let stamp = now.format(form).map_err(|e| wrong(e.to_string()))?;
    let set = Set::new("D0", &stamp, Degree::Second);
    let (archive, _) = write_into(&set, || [lycee(), college()], folder).map_err(|e| wrong(e.to_string()))?;
    Ok(archive)
}

fn lycee() -> School {
    let classes = ["2DE1", "2DE2", "2DE3", "1G1", "1G2", "TG1"];
    let mut school = school("0750001U", "Lycée Jules-Verne", ("20010019110", "2NDE GENERALE"), &classes);
    school.groups.push(Group {
        code: "2ANG1".to_owned(),
        label: "Anglais, groupe 1".to_owned(),
        classes: vec!["2DE1".to_owned(), "2DE3".to_owned()],
    });
    school.pupils.extend([
        pupil("eleve-lea", "Marchand", "Léa", &["2DE3"]),
        pupil("eleve-noe", "Baudry", "Noé", &["2DE3", "2ANG1"]),
        pupil("eleve-amir", "Sellami", "Amir", &["1G2"]),
    ]);
    school.staff.extend([
        staff("prof-morel", ("Mme", "Morel", "Claire"), "ens"),
        Staff {
            also_at: vec!["0440001M".to_owned()],
            ..staff("prof-roux", ("Mme", "Roux", "Camille"), "ens")
        },
        Staff { manager: true, ..staff("doc-petit", ("Mme", "Petit", "Anne"), "doc") },
    ]);
    school
}

fn college() -> School {
    let classes = ["6A", "6B", "5A", "4A", "3A"];
    let mut school = school("0440001M", "Collège Les Salicornes", ("10010012110", "6EME"), &classes);
    school.pupils.push(pupil("eleve-ines", "Kermorvan", "Inès", &["6A"]));
    school.staff.push(Staff { manager: true, ..staff("prof-garnier", ("M.", "Garnier", "Hugo"), "ens") });
    school
}

/// A school with its classes full of pupils, and some teachers.
fn school(uai: &str, name: &str, (code, label): (&str, &str), classes: &[&str]) -> School {
    let class = |code: &&str| Class { code: (*code).to_owned(), label: format!("Classe {code}") };
    let pupils = classes.iter().enumerate().flat_map(|(at, class)| {
        (0..IN_CLASS).map(move |n| {
            let (family, given) = name_of(at * IN_CLASS + n);
            Pupil {
                level: Some(code.to_owned()),
                ..pupil(&format!("eleve-{uai}-{at}-{n}"), family, given, &[class])
            }
        })
    });
    let teachers = (0..12).map(|n| {
        let (family, given) = name_of(200 + n * 7);
        staff(&format!("prof-{uai}-{n}"), ("M.", family, given), "ens")
    });
    School {
        uai: uai.to_owned(),
        name: name.to_owned(),
        levels: vec![Level { code: code.to_owned(), label: label.to_owned() }],
        classes: classes.iter().map(class).collect(),
        pupils: pupils.collect(),
        staff: teachers.collect(),
        ..School::default()
    }
}

/// A name; the two lists have lengths without a common divisor, so that none comes twice for long.
fn name_of(n: usize) -> (&'static str, &'static str) {
    let of = |list: &'static [&'static str]| list.get(n % list.len()).copied().unwrap_or_default();
    (of(&FAMILY), of(&GIVEN))
}

fn pupil(id: &str, family: &str, given: &str, groups: &[&str]) -> Pupil {
    Pupil {
        id: id.to_owned(),
        family_name: family.to_owned(),
        first_name: given.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        ..Pupil::default()
    }
}

fn staff(id: &str, (civility, family, given): (&str, &str, &str), profile: &str) -> Staff {
    Staff {
        id: id.to_owned(),
        family_name: family.to_owned(),
        first_name: given.to_owned(),
        civility: Some(civility.to_owned()),
        profile: profile.to_owned(),
        mail: Some(format!("{id}@ent.example").to_ascii_lowercase()),
        ..Staff::default()
    }
}
