//! The adversary: several ways to guess which record of one publisher is which record of the other.
//!
//! It is given everything that both received but the times, and the cell of each person: school, profile and the
//! attributes that both were told. Within a cell of k people a blind guess links one in k.

use std::collections::{BTreeMap, BTreeSet};

use super::stream::Stream;

/// What one person's two launches brought, publisher by publisher.
#[derive(Clone)]
pub struct Pair {
    pub cell: String,
    pub one: BTreeMap<String, String>,
    pub two: BTreeMap<String, String>,
}

/// A way to guess.
pub struct Matcher {
    pub name: &'static str,
    /// Whether it is told who every second person is, and is asked about the others alone.
    taught: bool,
    guess: fn(&[Pair], &Cell) -> Vec<usize>,
}

/// How many guesses were right, and how many a blind guesser gets right.
#[derive(Debug, Clone, Copy)]
pub struct Links {
    pub correct: usize,
    pub chance: f64,
    pub deviation: f64,
}

/// People who look alike: their numbers as the first publisher lists them, and in the order of the second's list,
/// which tells nothing.
pub struct Cell {
    pub one: Vec<usize>,
    pub two: Vec<usize>,
}

/// The cells with more than one person in them: whoever is alone in theirs is known by what was released.
pub fn cells(pairs: &[Pair]) -> Vec<Cell> {
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, pair) in pairs.iter().enumerate() {
        members.entry(&pair.cell).or_default().push(number);
    }
    let stream = Stream::new(2);
    let cell = |members: Vec<usize>| {
        let (mut one, mut two) = (members.clone(), members);
        stream.shuffle(&mut one);
        stream.shuffle(&mut two);
        Cell { one, two }
    };
    members.into_values().filter(|members| members.len() > 1).map(cell).collect()
}

impl Matcher {
    /// Guesses in every cell. A blind guess within k people is right once in k; right guesses add up like independent
    /// ones, or vary less where guesses may fall on one record twice.
    pub fn links(&self, pairs: &[Pair], cells: &[Cell]) -> Links {
        let (mut correct, mut chance) = (0, 0.0);
        for cell in cells {
            let guessed = (self.guess)(pairs, cell);
            for (own, guess) in cell.one.iter().zip(guessed).filter(|(own, _)| self.asks(**own)) {
                correct += usize::from(*own == guess);
                chance += 1.0 / cell.one.len() as f64;
            }
        }
        Links { correct, chance, deviation: chance.sqrt() }
    }

    const fn asks(&self, person: usize) -> bool {
        !self.taught || !is_known(person)
    }
}

/// Whom a taught adversary knows at both publishers.
const fn is_known(person: usize) -> bool {
    person.is_multiple_of(2)
}

/// Every way.
pub const MATCHERS: &[Matcher] = &[
    Matcher {
        name: "equality of any value",
        taught: false,
        guess: |pairs, cell| best(cell, |a, b| equal_leaves(&pairs[a], &pairs[b])),
    },
    Matcher {
        name: "longest common prefix",
        taught: false,
        guess: |pairs, cell| best(cell, |a, b| prefix(&pairs[a], &pairs[b])),
    },
    Matcher {
        name: "Hamming distance",
        taught: false,
        guess: |pairs, cell| best(cell, |a, b| -hamming(&pairs[a], &pairs[b])),
    },
    Matcher { name: "order of value", taught: false, guess: by_value },
    Matcher { name: "order of creation", taught: false, guess: by_creation },
    Matcher {
        name: "length of every value",
        taught: false,
        guess: |pairs, cell| best(cell, |a, b| -lengths(&pairs[a], &pairs[b])),
    },
    Matcher { name: "learned bit by bit", taught: true, guess: learned },
];

/// For each record of the first publisher the record of the second that fits best; of equal ones the first listed.
fn best(cell: &Cell, score: impl Fn(usize, usize) -> i64) -> Vec<usize> {
    let fitting = |own: &usize| {
        let mut scored = cell.two.iter().map(|other| (score(*own, *other), *other));
        let first = scored.next().unwrap();
        scored.fold(first, |kept, next| if next.0 > kept.0 { next } else { kept }).1
    };
    cell.one.iter().map(fitting).collect()
}

/// The identifiers of a record, which are what could carry a link.
fn identifiers(fields: &BTreeMap<String, String>) -> impl Iterator<Item = &str> {
    let wanted = |path: &str| path.ends_with("/id") || path.ends_with("sub");
    fields.iter().filter(move |(path, _)| wanted(path)).map(|(_, value)| value.as_str())
}

fn equal_leaves(a: &Pair, b: &Pair) -> i64 {
    let values: BTreeSet<&String> = a.one.values().collect();
    b.two.values().filter(|value| values.contains(value)).count() as i64
}

fn prefix(a: &Pair, b: &Pair) -> i64 {
    let common = |(a, b): (&str, &str)| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count() as i64;
    identifiers(&a.one).zip(identifiers(&b.two)).map(common).sum()
}

fn hamming(a: &Pair, b: &Pair) -> i64 {
    let differing = |(a, b): (&str, &str)| bits(a).zip(bits(b)).filter(|(a, b)| a != b).count() as i64;
    identifiers(&a.one).zip(identifiers(&b.two)).map(differing).sum()
}

fn lengths(a: &Pair, b: &Pair) -> i64 {
    let length =
        |fields: &BTreeMap<String, String>, path: &str| fields.get(path).map_or(0, String::len) as i64;
    a.one.keys().map(|path| (length(&a.one, path) - length(&b.two, path)).abs()).sum()
}

/// The five bits of each letter out of `a-z2-7`; other letters by their code.
fn bits(text: &str) -> impl Iterator<Item = bool> {
    let five = |letter: u8| match letter {
        b'a'..=b'z' => letter - b'a',
        b'2'..=b'7' => letter - b'2' + 26,
        other => other & 31,
    };
    text.bytes().flat_map(move |letter| (0..5).map(move |bit| five(letter) >> bit & 1 == 1))
}

/// The smallest value of the one is the smallest of the other, and so on.
fn by_value(pairs: &[Pair], cell: &Cell) -> Vec<usize> {
    let first = |fields: &BTreeMap<String, String>| identifiers(fields).collect::<Vec<_>>().concat();
    let ranked = ranks(&cell.one, |n| first(&pairs[n].one));
    let mut two = cell.two.clone();
    two.sort_by_key(|n| first(&pairs[*n].two));
    ranked.into_iter().map(|rank| two[rank]).collect()
}

/// The first publisher somehow knows in which order people were created; values may betray it at the second.
fn by_creation(pairs: &[Pair], cell: &Cell) -> Vec<usize> {
    let ranked = ranks(&cell.one, |n| n);
    let mut two = cell.two.clone();
    two.sort_by_key(|n| identifiers(&pairs[*n].two).collect::<Vec<_>>().concat());
    ranked.into_iter().map(|rank| two[rank]).collect()
}

fn ranks<K: Ord>(numbers: &[usize], key: impl Fn(usize) -> K) -> Vec<usize> {
    let mut sorted = numbers.to_vec();
    sorted.sort_by_key(|n| key(*n));
    numbers.iter().map(|n| sorted.iter().position(|other| other == n).unwrap()).collect()
}

/// Learns from the half of all people whom it knows at both publishers how much each bit tells, and guesses the others.
fn learned(pairs: &[Pair], cell: &Cell) -> Vec<usize> {
    let weights = weights(pairs);
    best(cell, |a, b| {
        let agreed = |(a, b): (&str, &str)| bits(a).zip(bits(b)).map(|(a, b)| a == b).collect::<Vec<_>>();
        let agreed = identifiers(&pairs[a].one).zip(identifiers(&pairs[b].two)).flat_map(agreed);
        agreed.zip(&weights).map(|(same, weight)| if same { *weight } else { -*weight }).sum()
    })
}

/// The log odds that a bit agrees between a person's own two records, in millionths, learned from every second person.
fn weights(pairs: &[Pair]) -> Vec<i64> {
    static LEARNED: std::sync::Mutex<Option<(usize, usize, Vec<i64>)>> = std::sync::Mutex::new(None);
    let mut learned = LEARNED.lock().unwrap();
    let key = (pairs.as_ptr() as usize, pairs.len());
    if let Some((at, many, weights)) = &*learned
        && (*at, *many) == key
    {
        return weights.clone();
    }
    let known: Vec<&Pair> =
        pairs.iter().enumerate().filter(|(n, _)| is_known(*n)).map(|(_, pair)| pair).collect();
    let mut agreed: Vec<f64> = Vec::new();
    for pair in &known {
        let bits = identifiers(&pair.one)
            .zip(identifiers(&pair.two))
            .flat_map(|(a, b)| bits(a).zip(bits(b)).collect::<Vec<_>>());
        for (place, (a, b)) in bits.enumerate() {
            if agreed.len() <= place {
                agreed.push(1.0);
            }
            agreed[place] += f64::from(u8::from(a == b));
        }
    }
    let all = known.len() as f64 + 2.0;
    let weights: Vec<i64> = agreed.iter().map(|n| ((n / (all - n)).ln() * 1e6) as i64).collect();
    *learned = Some((key.0, key.1, weights.clone()));
    weights
}
