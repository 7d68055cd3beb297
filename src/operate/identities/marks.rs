//! Marks: which of two people's values a publisher goes on with when they are one, and who has which when they part.
//!
//! Pure rules over rows. Where two people are joined, the value that the publisher knew first stays in use; the other
//! steps back. It is not replaced by that, as a change of epoch replaces one, and so it can come back.

use std::collections::BTreeMap;

/// A value of one of the people concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameOf {
    /// The sector.
    pub sector: String,
    /// Where it is the same.
    pub scope: String,
    /// The value.
    pub value: String,
    /// When it was first released, or imported.
    pub created: i64,
    /// Whether it is in use.
    pub is_current: bool,
    /// Whether another epoch has replaced it.
    pub replaced: bool,
    /// Whether it is made here, and not of another broker.
    pub derived: bool,
    /// Which of the two people it belongs to; false is the one who stays.
    pub other: bool,
}

/// A value whose mark changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The sector.
    pub sector: String,
    /// The value.
    pub value: String,
    /// Whether it is in use from now on.
    pub is_current: bool,
}

impl NameOf {
    /// What a publisher got from another broker it knew before anything that is made here; else the older one.
    fn known_since(&self) -> (bool, i64, bool, &str) {
        (self.derived, self.created, self.other, &self.value)
    }

    fn marked(&self, is_current: bool) -> Mark {
        Mark { sector: self.sector.clone(), value: self.value.clone(), is_current }
    }
}

/// The marks that change where two people become one: in each place in which both have a value in use, the one that was
/// known first stays.
#[must_use]
pub fn merged(rows: &[NameOf]) -> Vec<Mark> {
    let mut marks = Vec::new();
    for rows in by_place(rows).into_values() {
        let used = || rows.iter().filter(|row| row.is_current);
        let first = used().min_by_key(|row| row.known_since());
        marks.extend(used().filter(|row| Some(*row) != first).map(|row| row.marked(false)));
    }
    marks
}

/// The marks that change where one person becomes two, each with the values that were theirs. Who has none in use gets
/// back the one that had stepped back, where no epoch has replaced it meanwhile.
#[must_use]
pub fn parted(rows: &[NameOf]) -> Vec<Mark> {
    let mut marks = Vec::new();
    for rows in by_place(rows).into_values() {
        for other in [false, true] {
            let own = || rows.iter().filter(move |row| row.other == other);
            if own().all(|row| !row.is_current) {
                let back = own().filter(|row| !row.replaced).min_by_key(|row| row.known_since());
                marks.extend(back.map(|row| row.marked(true)));
            }
        }
    }
    marks
}

fn by_place(rows: &[NameOf]) -> BTreeMap<(&str, &str), Vec<&NameOf>> {
    let mut places: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows {
        places.entry((row.sector.as_str(), row.scope.as_str())).or_default().push(row);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: &str, other: bool, created: i64) -> NameOf {
        NameOf {
            sector: "s".to_owned(),
            scope: "portable".to_owned(),
            value: value.to_owned(),
            created,
            is_current: true,
            replaced: false,
            derived: true,
            other,
        }
    }

    fn mark(value: &str, is_current: bool) -> Mark {
        Mark { sector: "s".to_owned(), value: value.to_owned(), is_current }
    }

    #[test]
    fn the_value_that_was_known_first_stays_in_use_whoever_had_it() {
        assert_eq!(merged(&[row("a", false, 2), row("b", true, 1)]), [mark("a", false)]);
        assert_eq!(merged(&[row("a", false, 1), row("b", true, 2)]), [mark("b", false)]);
        assert_eq!(merged(&[row("a", false, 1), row("b", true, 1)]), [mark("b", false)], "in doubt");
        let imported = NameOf { derived: false, ..row("Eleve/1", true, 9) };
        assert_eq!(merged(&[row("a", false, 1), imported]), [mark("a", false)]);
    }

    #[test]
    fn where_only_one_has_values_nothing_changes() {
        let elsewhere = NameOf { sector: "t".to_owned(), ..row("b", true, 1) };
        let at_school = NameOf { scope: "school 0750001U".to_owned(), ..row("c", true, 1) };
        assert_eq!(merged(&[row("a", false, 2), elsewhere, at_school]), []);
    }

    #[test]
    fn who_parts_gets_back_what_stepped_back_and_nothing_that_was_replaced() {
        let back = |row: NameOf| NameOf { is_current: false, ..row };
        assert_eq!(parted(&[row("a", false, 1), back(row("b", true, 2))]), [mark("b", true)]);
        assert_eq!(parted(&[back(row("a", false, 3)), row("b", true, 2)]), [mark("a", true)]);
        let replaced = NameOf { replaced: true, ..back(row("b", true, 2)) };
        assert_eq!(parted(&[row("a", false, 1), replaced]), []);
        let two = [row("a", false, 1), back(row("b", true, 5)), back(row("c", true, 4))];
        assert_eq!(parted(&two), [mark("c", true)], "the one that was known first");
    }
}
