//! The federation file, from its text to a plan.
//!
//! The first byte says what the rest is, modulo 3:
//!
//! - `a`: text behind the demonstration's file.
//! - `b`: a whole file.
//! - `c`: a number, a colon, and what stands in the demonstration's file in place of the line of that number.

use passerelle::operate::apply::{Plan, parse};

use super::Ending;
use super::world::NOW;

const DEMO: &str = include_str!("../../../src/demo/federation.toml");
/// As many mistakes as are ever shown, and the line that counts the others.
const MOST: usize = 201;

/// Reads a file, and asks whether it became a plan, or mistakes that an operator can find.
pub fn run(data: &[u8]) -> Ending {
    let Some((&first, rest)) = data.split_first() else { return Ending::new("empty", "") };
    let Ok(text) = str::from_utf8(rest) else { return Ending::new("not text", "") };
    let text = match first % 3 {
        0 => replaced(text),
        1 => format!("{DEMO}\n{text}"),
        _ => text.to_owned(),
    };
    match parse("f.toml", &text, NOW) {
        Ok(records) => {
            let count = records.len();
            let lines = lines_of(&text);
            assert!(records.iter().all(|record| (1..=lines).contains(&record.line)));
            let plan = Plan::make("f.toml", records, Vec::new(), false);
            let plan = plan.unwrap_or_else(|mistakes| panic!("{mistakes:?}")).to_string();
            assert_eq!(plan.lines().count(), count + 1, "a line for each record, and the last one: {plan}");
            assert!(plan.ends_with(&format!("plan: {count} to add, 0 to change, 0 to remove")), "{plan}");
            assert!(!plan.contains(speaks_to_the_terminal), "{plan:?}");
            Ending::new("plan", format!("{count} to add"))
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty() && mistakes.len() <= MOST, "{} mistakes", mistakes.len());
            let mut shown = String::new();
            for mistake in &mistakes {
                let line = mistake.to_string();
                assert!((1..=lines_of(&text)).contains(&mistake.line()), "{line} of {}", lines_of(&text));
                assert!(line.starts_with(&format!("f.toml:{}: ", mistake.line())));
                // 400 characters of words, and what stands before them.
                assert!(line.chars().count() <= 430 && !line.contains(char::is_control), "{line:?}");
                shown.push_str(&line);
                shown.push('\n');
            }
            assert!(mistakes.is_sorted_by_key(|mistake| mistake.line()), "{shown}");
            Ending::new("mistakes", shown)
        }
    }
}

fn replaced(change: &str) -> String {
    let (number, text) = change.split_once(':').unwrap_or(("1", change));
    let number = number.parse::<usize>().unwrap_or_default() % DEMO.lines().count();
    let lines = DEMO.lines().enumerate().map(|(at, line)| if at == number { text } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

/// Lines as an editor counts them: an end of the text is on the line that it ends.
fn lines_of(text: &str) -> usize {
    text.matches('\n').count() + 1
}

fn speaks_to_the_terminal(character: char) -> bool {
    character.is_control() && character != '\n'
}
