//! What the environment asks for.

use crate::database::Engine;

/// All cases.
const CASES: &str = "known,first,indiv,open,rest,size,assign,roster";

/// What is measured, and how much of it.
#[derive(Debug, Clone)]
pub struct Settings {
    pub engines: Vec<Engine>,
    cases: Vec<String>,
    /// Launches of a run at concurrency 32.
    pub launches: u64,
    /// Runs at concurrency 32.
    pub runs: usize,
    /// How many people the largest population has.
    pub people: u64,
}

impl Settings {
    /// Reads the environment; a value that cannot be read stops the bench.
    pub fn read() -> Self {
        let engines = list("BENCH_ENGINES", "sqlite,postgres");
        let cases = list("BENCH_CASES", CASES);
        let unknown = cases.iter().find(|case| !CASES.split(',').any(|known| known == *case));
        assert!(unknown.is_none(), "BENCH_CASES: there is no case {unknown:?}; there are {CASES}");
        Self {
            engines: engines.iter().map(|name| Engine::named(name)).collect(),
            cases,
            launches: number("BENCH_LAUNCHES", 6000),
            runs: usize::try_from(number("BENCH_RUNS", 3)).unwrap(),
            people: number("BENCH_PEOPLE", 1_000_000),
        }
    }

    /// Whether a case is asked for.
    pub fn wants(&self, case: &str) -> bool {
        self.cases.iter().any(|own| own == case)
    }
}

fn text(name: &str, otherwise: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}

fn list(name: &str, otherwise: &str) -> Vec<String> {
    text(name, otherwise).split(',').map(|part| part.trim().to_owned()).collect()
}

fn number(name: &str, otherwise: u64) -> u64 {
    let text = text(name, &otherwise.to_string());
    text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}"))
}
