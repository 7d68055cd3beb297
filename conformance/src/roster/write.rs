//! Writing a set: its archive, and the companion that says when all of it has arrived.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use openssl::hash::{Hasher, MessageDigest};

use super::describe::{Degree, School, Set};
use super::files::Files;
use super::pack::Packer;
use super::xml;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The MD5 of the archive, as its companion has it.
    pub md5: String,
    /// Pupils and staff.
    pub people: u64,
    /// Records of every kind.
    pub records: u64,
    /// Files in the archive.
    pub files: usize,
}

/// A writer that sums what goes through it.
struct Summed<W> {
    out: W,
    hasher: Hasher,
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.hasher.update(bytes.get(..count).unwrap_or_default())?;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes the archive of a set. `schools` is asked five times, once for each kind of file.
///
/// # Errors
/// Those of `out`.
pub fn write<I>(set: &Set, schools: impl Fn() -> I, out: impl Write) -> io::Result<Written>
where
    I: IntoIterator<Item = School>,
{
    let hasher = Hasher::new(MessageDigest::md5())?;
    let mut packer = Packer::new(Summed { out, hasher });
    let (mut records, mut files, mut people) = (0, 0, 0);
    for (kind, put) in KINDS {
        let mut written = Files::new(set, kind, &mut packer);
        for school in schools() {
            put(set.degree, &school, &mut |record: &str| written.add(record))?;
            if kind == "Eleve" {
                people += (school.pupils.len() + school.staff.len()) as u64;
            }
        }
        let (more_records, more_files) = written.end()?;
        records += more_records;
        files += more_files;
    }
    let mut summed = packer.end()?;
    summed.out.flush()?;
    let md5 = summed.hasher.finish()?.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Written { md5, people, records, files })
}

/// Writes archive and companion into a folder, in the order in which ENTs send them; gives the path of the archive.
///
/// # Errors
/// Those of the file system.
pub fn write_into<I>(set: &Set, schools: impl Fn() -> I, folder: &Path) -> io::Result<(PathBuf, Written)>
where
    I: IntoIterator<Item = School>,
{
    let archive = folder.join(format!("{}.tar.gz", set.base()));
    let written = write(set, schools, BufWriter::new(File::create(&archive)?))?;
    fs::write(folder.join(format!("{}.md5", set.base())), &written.md5)?;
    Ok((archive, written))
}

type Add<'a> = &'a mut dyn FnMut(&str) -> io::Result<()>;
type Put = fn(Degree, &School, Add<'_>) -> io::Result<()>;

/// The kinds of files, in the order of the alphabet, as exporters list them.
const KINDS: [(&str, Put); 5] =
    [("Eleve", pupils), ("Enseignant", staff), ("Etab", school), ("Groupe", groups), ("RespAff", managers)];

fn pupils(degree: Degree, school: &School, add: Add<'_>) -> io::Result<()> {
    for pupil in &school.pupils {
        add(&xml::pupil(school, pupil))?;
    }
    for pupil in &school.pupils {
        if let Some(level) = &pupil.level {
            add(&xml::level(school, &pupil.id, level, degree))?;
        }
    }
    for pupil in school.pupils.iter().filter(|_| degree == Degree::Second) {
        for subject in &pupil.subjects {
            add(&xml::taught_to(school, &pupil.id, subject))?;
        }
    }
    Ok(())
}

fn staff(degree: Degree, school: &School, add: Add<'_>) -> io::Result<()> {
    school.staff.iter().try_for_each(|staff| add(&xml::staff(school, staff, degree)))
}

fn school(degree: Degree, school: &School, add: Add<'_>) -> io::Result<()> {
    add(&xml::school(school))?;
    if degree == Degree::First {
        return Ok(());
    }
    for level in &school.levels {
        add(&xml::coded("GARMEF", "MEF", school, &level.code, &level.label))?;
    }
    for subject in &school.subjects {
        add(&xml::coded("GARMatiere", "Matiere", school, &subject.code, &subject.label))?;
    }
    Ok(())
}

fn groups(degree: Degree, school: &School, add: Add<'_>) -> io::Result<()> {
    for class in &school.classes {
        add(&xml::class(school, class))?;
    }
    for group in &school.groups {
        add(&xml::group(school, group))?;
    }
    for pupil in &school.pupils {
        for group in &pupil.groups {
            add(&xml::member(school, &pupil.id, group))?;
        }
    }
    for staff in &school.staff {
        for taught in &staff.teaches {
            add(&xml::member(school, &staff.id, &taught.group))?;
        }
    }
    for staff in school.staff.iter().filter(|_| degree == Degree::Second) {
        for taught in &staff.teaches {
            add(&xml::teaches(school, &staff.id, taught))?;
        }
    }
    Ok(())
}

fn managers(_: Degree, school: &School, add: Add<'_>) -> io::Result<()> {
    school.staff.iter().filter_map(|staff| xml::manager(school, staff)).try_for_each(|record| add(&record))
}
