//! Table: the files in which operators name many people, as spreadsheets write them.

use boundary::Pseudonym;
use thiserror::Error;

use super::Identity;

/// How many lines one file may have: all of them happen at once, and whoever launches for the first time waits for that.
pub const MOST: usize = 1000;

/// The text is no such table.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotATable {
    /// The first line is not that.
    #[error("the first line names the columns: {0}")]
    Header(String),
    /// A line that cannot be read.
    #[error("line {0}: {1}")]
    Line(usize, String),
    /// Too long.
    #[error("more than {MOST} lines: cut the file, each part is done as one")]
    Long,
    /// Nothing to do.
    #[error("the file has no lines but the first")]
    Empty,
}

/// Two identities of one person, with the number of their line.
pub type Pair = (usize, (Identity, Identity));

/// A key and the one that replaces it, with the number of their line.
pub type Renaming = (usize, (String, String));

/// Somebody and what a publisher calls them, with the number of their line.
pub type Value = (usize, (Identity, Pseudonym));

/// A line of a table, with its number.
type Row<const N: usize> = (usize, [String; N]);

/// Reads lines under these columns, apart by commas or semicolons, as the first line is. Empty lines say nothing.
fn rows<const N: usize>(text: &str, columns: [&str; N]) -> Result<Vec<Row<N>>, NotATable> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines =
        text.lines().enumerate().map(|(n, line)| (n + 1, line)).filter(|(_, line)| !line.trim().is_empty());
    let header = || NotATable::Header(columns.join(","));
    let (_, first) = lines.next().ok_or_else(header)?;
    let apart = if first.contains(';') { ';' } else { ',' };
    if fields::<N>(first, apart).ok_or_else(header)?.iter().map(String::as_str).ne(columns) {
        return Err(header());
    }
    let wrong = |n| NotATable::Line(n, format!("not {N} columns"));
    lines.map(|(n, line)| fields(line, apart).map(|row| (n, row)).ok_or_else(|| wrong(n))).collect()
}

/// The fields of a line; a field in quotes may hold what keeps fields apart, and quotes twice.
fn fields<const N: usize>(line: &str, apart: char) -> Option<[String; N]> {
    let (mut found, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = line.trim_end_matches('\r').chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' if quoted || field.is_empty() => quoted = !quoted,
            _ if letter == apart && !quoted => found.push(std::mem::take(&mut field)),
            _ => field.push(letter),
        }
    }
    found.push(field);
    if quoted {
        None
    } else {
        found.into_iter().map(|f| f.trim().to_owned()).collect::<Vec<_>>().try_into().ok()
    }
}

/// Pairs of identities of one person each, under `first` and `second`, with the numbers of their lines.
///
/// # Errors
/// [`NotATable`] with the first line that cannot be read.
pub fn pairs(text: &str) -> Result<Vec<Pair>, NotATable> {
    let rows = rows(text, ["first", "second"])?;
    let pair = |(n, [first, second]): Row<2>| Ok((n, (identity(n, &first)?, identity(n, &second)?)));
    counted(rows.into_iter().map(pair).collect::<Result<_, _>>()?)
}

/// Keys of people under `old` and `new`, with the numbers of their lines.
///
/// # Errors
/// [`NotATable`] with the first line that cannot be read.
pub fn renamings(text: &str) -> Result<Vec<Renaming>, NotATable> {
    let key = |(n, [old, new]): Row<2>| {
        let fits = |key: &String| !key.is_empty() && !key.chars().any(char::is_control);
        let wrong = || NotATable::Line(n, "a key is empty, or has characters that no ENT sends".to_owned());
        (fits(&old) && fits(&new)).then_some((n, (old, new))).ok_or_else(wrong)
    };
    counted(rows(text, ["old", "new"])?.into_iter().map(key).collect::<Result<_, _>>()?)
}

/// People under `identity` and what a publisher calls them under `value`, with the numbers of their lines.
///
/// # Errors
/// [`NotATable`] with the first line that cannot be read.
pub fn values(text: &str) -> Result<Vec<Value>, NotATable> {
    let value = |(n, [who, value]): Row<2>| {
        let value = Pseudonym::imported(&value).map_err(|e| NotATable::Line(n, e.to_string()))?;
        Ok((n, (identity(n, &who)?, value)))
    };
    counted(rows(text, ["identity", "value"])?.into_iter().map(value).collect::<Result<_, _>>()?)
}

fn identity(line: usize, text: &str) -> Result<Identity, NotATable> {
    text.parse().map_err(|e: super::super::identity::NotAnIdentity| NotATable::Line(line, e.to_string()))
}

/// Not none, and not too many.
fn counted<T>(rows: Vec<T>) -> Result<Vec<T>, NotATable> {
    match rows.len() {
        0 => Err(NotATable::Empty),
        1..=MOST => Ok(rows),
        _ => Err(NotATable::Long),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheets_file_is_read_with_commas_and_with_semicolons() {
        let one = "first,second\r\nent/p/a,other/q/b\r\n\r\n\"ent/p/x,\"\"y\",other/q/z\r\n";
        let read = pairs(one).unwrap();
        assert_eq!(read.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(read[1].1.0.subject, "x,\"y");
        let other = pairs("\u{feff}first;second\nent/p/a;other/q/b,c\n").unwrap();
        assert_eq!(other[0].1.1.subject, "b,c");
    }

    #[test]
    fn what_a_publisher_holds_keeps_its_bytes_and_is_never_like_ours() {
        let read = values("identity;value\nent/p/a;Eleve/042,X\n").unwrap();
        assert_eq!(read[0].1.1.as_str(), "Eleve/042,X");
        for wrong in ["", "é", "abcdefghijklmnopqrstuvwxyz"] {
            assert!(values(&format!("identity;value\nent/p/a;{wrong}\n")).is_err(), "{wrong}");
        }
        assert_eq!(renamings("old,new\n1,2\n").unwrap(), [(2, ("1".to_owned(), "2".to_owned()))]);
        assert!(renamings("old,new\n1,\n").is_err());
    }

    #[test]
    fn what_is_no_table_is_told_with_its_line() {
        let header = NotATable::Header("first,second".to_owned());
        for text in ["", "\n", "ent/p/a,other/q/b\n", "first,second,third\n"] {
            assert_eq!(pairs(text), Err(header.clone()), "{text:?}");
        }
        for wrong in ["ent/p/a", "ent/p/a,b", "\"ent/p/a,other/q/b", "ent/p/a,o/q/b,o/q/c"] {
            let told = pairs(&format!("first,second\n{wrong}\n"));
            assert!(matches!(told, Err(NotATable::Line(2, _))), "{wrong}");
        }
        assert_eq!(pairs("first,second\n"), Err(NotATable::Empty));
        let long = "ent/p/a,other/q/b\n".repeat(MOST + 1);
        assert_eq!(pairs(&format!("first,second\n{long}")), Err(NotATable::Long));
    }
}
