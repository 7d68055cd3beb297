//! Rosters of any size, drawn from a seed: the same numbers give the same people.

use super::describe::{Class, Group, Level, Pupil, School, Staff, Subject, Taught};

/// Key letters of school numbers, by remainder.
const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPRSTUVWXYZ";
const BEGINNINGS: [&str; 12] =
    ["Al", "Bri", "Cor", "Dua", "Ev", "Flo", "Gué", "Lan", "Mor", "Péri", "Rou", "Vil"];
const ENDINGS: [&str; 12] =
    ["bert", "çon", "dier", "fard", "gnan", "lac", "maud", "nel", "quier", "ron", "tard", "zac"];
const FIRST_NAMES: [&str; 16] = [
    "Ambre", "Basile", "Chloé", "Driss", "Élise", "Fanta", "Gaël", "Hélène", "Ilan", "Joëlle", "Kenza",
    "Léonie", "Maël", "Noémie", "Oscar", "Zoé",
];
const LEVELS: [(&str, &str); 4] =
    [("10010012110", "6EME"), ("10110001110", "5EME"), ("10210001110", "4EME"), ("10310019110", "3EME")];
const SUBJECTS: [(&str, &str); 6] = [
    ("020700", "FRANCAIS"),
    ("061300", "MATHEMATIQUES"),
    ("043700", "HISTOIRE-GEOGRAPHIE"),
    ("030201", "ANGLAIS LV1"),
    ("062900", "SCIENCES DE LA VIE ET DE LA TERRE"),
    ("100100", "EDUCATION PHYSIQUE ET SPORTIVE"),
];
/// Pupils of a class.
const CLASS: usize = 28;
/// One of so many people works at the school.
const STAFF: usize = 13;

/// How big a drawn roster is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Pupils and staff.
    pub people: u64,
    /// Schools; the people are spread evenly over them.
    pub schools: u64,
    /// Another seed draws other people.
    pub seed: u64,
    /// How many of a thousand people are others than with 0: as many leave, and as many arrive.
    pub turnover: u64,
}

impl Size {
    /// So many people in so many schools.
    #[must_use]
    pub const fn new(people: u64, schools: u64) -> Self {
        Self { people, schools, seed: 1, turnover: 0 }
    }

    /// The schools, one after the other.
    pub fn draw(self) -> impl Iterator<Item = School> {
        let schools = self.schools.max(1);
        (0..schools).map(move |index| {
            let people = self.people / schools + u64::from(index < self.people % schools);
            self.school(index, usize::try_from(people).unwrap_or_default())
        })
    }

    fn school(self, index: u64, people: usize) -> School {
        let digits = 7_500_000_u64.saturating_sub(index) % 10_000_000;
        let letter = LETTERS.iter().cycle().nth(usize::try_from(digits % 23).unwrap_or_default());
        let uai = format!("{digits:07}{}", char::from(*letter.unwrap_or(&b'A')));
        let staff = people.div_ceil(STAFF).min(people);
        let pupils = people - staff;
        let classes = pupils.div_ceil(CLASS).max(1);
        let code = |class: usize| format!("{}{}", 6 - class % 4, letters(class / 4));
        School {
            name: format!("Collège {}{}", pick(&BEGINNINGS, index), pick(&ENDINGS, index / 12)),
            levels: LEVELS
                .map(|(code, label)| Level { code: code.to_owned(), label: label.to_owned() })
                .into(),
            subjects: SUBJECTS
                .map(|(code, label)| Subject { code: code.to_owned(), label: label.to_owned() })
                .into(),
            classes: (0..classes)
                .map(|class| Class { code: code(class), label: format!("{} EME", code(class)) })
                .collect(),
            groups: (0..classes)
                .map(|class| Group {
                    code: format!("{}-LV1", code(class)),
                    label: format!("Anglais & co., {}", code(class)),
                    classes: vec![code(class)],
                })
                .collect(),
            pupils: (0..pupils).map(|at| self.pupil(index, at, &code(at / CLASS), at / CLASS)).collect(),
            staff: (0..staff).map(|at| self.staff(index, at, staff, &code(at % classes))).collect(),
            uai,
            private: index % 7 == 6,
        }
    }

    fn pupil(self, school: u64, at: usize, class: &str, number: usize) -> Pupil {
        let person = self.person(school, 0, at);
        let subjects = SUBJECTS.iter().cycle().skip(number).take(3);
        Pupil {
            id: person.id(),
            family_name: person.family_name(),
            first_name: person.first_name().to_owned(),
            birth_date: Some(format!(
                "{}-{:02}-{:02}",
                2010 + number % 5,
                1 + person.part(12),
                1 + person.part(28)
            )),
            level: LEVELS.get(number % LEVELS.len()).map(|(code, _)| (*code).to_owned()),
            groups: vec![class.to_owned(), format!("{class}-LV1")],
            subjects: subjects.map(|(code, _)| (*code).to_owned()).collect(),
            also_at: Vec::new(),
        }
    }

    fn staff(self, school: u64, at: usize, of: usize, class: &str) -> Staff {
        let person = self.person(school, 1, at);
        let profile = match at {
            0 => "dir",
            1 if of > 3 => "doc",
            2 if of > 6 => "evs",
            3 if of > 9 => "eta",
            _ => "ens",
        };
        let subject = SUBJECTS.get(at % SUBJECTS.len()).map(|(code, _)| (*code).to_owned());
        let teaches = |group: String| Taught { group, subjects: subject.iter().cloned().collect() };
        let groups = [class.to_owned(), format!("{class}-LV1")];
        Staff {
            mail: Some(format!("{}@college{school}.invalid", person.id())),
            id: person.id(),
            family_name: person.family_name(),
            first_name: person.first_name().to_owned(),
            civility: Some(if at.is_multiple_of(2) { "Mme" } else { "M." }.to_owned()),
            profile: profile.to_owned(),
            manager: matches!(profile, "dir" | "doc"),
            // Every other teacher has a group of the class too.
            teaches: groups
                .into_iter()
                .take(if profile == "ens" { 1 + at % 2 } else { 0 })
                .map(teaches)
                .collect(),
            also_at: Vec::new(),
        }
    }

    fn person(self, school: u64, kind: u64, at: usize) -> Drawn {
        let stays = Drawn::new(&[self.seed, school, kind, at as u64]);
        if stays.part(1000) < self.turnover {
            return Drawn::new(&[self.seed, school, kind, at as u64, self.turnover]);
        }
        stays
    }
}

/// A person's numbers.
#[derive(Clone, Copy)]
struct Drawn {
    high: u64,
    low: u64,
}

impl Drawn {
    fn new(parts: &[u64]) -> Self {
        let high = parts.iter().fold(0x6761_725f_656e_7473, |sum, part| mixed(sum ^ mixed(*part)));
        Self { high, low: mixed(high) }
    }

    /// A UUID by its form.
    fn id(self) -> String {
        let (high, low) = (self.high, self.low);
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }

    /// A number below `most`.
    const fn part(self, most: u64) -> u64 {
        (self.low >> 7) % most
    }

    fn family_name(self) -> String {
        format!("{}{}", pick(&BEGINNINGS, self.high >> 9), pick(&ENDINGS, self.high >> 23))
    }

    fn first_name(self) -> &'static str {
        pick(&FIRST_NAMES, self.high >> 37)
    }
}

/// One step of splitmix64.
const fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

fn pick<const N: usize>(from: &[&'static str; N], number: u64) -> &'static str {
    let at = usize::try_from(number % N.max(1) as u64).unwrap_or_default();
    from.get(at).copied().unwrap_or_default()
}

/// `A` to `Z`, then `AA`.
fn letters(number: usize) -> String {
    let last = char::from(b'A' + u8::try_from(number % 26).unwrap_or_default());
    if number < 26 { last.to_string() } else { format!("{}{last}", letters(number / 26 - 1)) }
}
