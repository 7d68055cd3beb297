//! What is printed: one JSON line a case, warnings on standard error, and the last line.

use conformance::load::Tally;
use serde_json::json;

use crate::database::Engine;
use crate::processor::Rsa;
use crate::run::Pace;

/// One run.
pub struct Run {
    pub bench: &'static str,
    pub engine: Engine,
    pub pace: Pace,
    pub tally: Tally,
    /// Processor that the broker took, and the server behind it.
    pub seconds: f64,
    pub rsa: Rsa,
}

impl Run {
    /// Milliseconds of processor a delivered launch.
    pub fn cpu_ms(&self) -> f64 {
        self.seconds * 1000.0 / count(self.tally.delivered())
    }

    /// The same over one signature and one verification.
    pub fn ratio(&self) -> f64 {
        self.cpu_ms() / self.rsa.floor()
    }
}

/// Prints a run. One with errors is told apart on standard error too: it measures something else.
pub fn line(run: &Run) {
    let ms = |part| round(run.tally.quantile(part).as_secs_f64() * 1000.0, 2);
    let concurrency = match run.pace {
        Pace::Closed(concurrency) => json!(concurrency),
        Pace::Open(_) => json!(null),
    };
    let line = json!({
        "bench": run.bench,
        "engine": run.engine.to_string(),
        "concurrency": concurrency,
        "launches_s": round(run.tally.rate(), 1),
        "p50_ms": ms(0.5),
        "p99_ms": ms(0.99),
        "cpu_ms": round(run.cpu_ms(), 4),
        "sign_s": round(run.rsa.sign, 1),
        "verify_s": round(run.rsa.verify, 1),
        "ratio": round(run.ratio(), 3),
        "errors": run.tally.failed(),
    });
    println!("{line}");
    for (error, times) in &run.tally.errors {
        eprintln!("bench: {times} launches failed: {error}");
    }
}

/// A line of another form.
pub fn other(value: &serde_json::Value) {
    println!("{value}");
}

/// RSA at two speeds around one run means that somebody else used the processor, or that it changed its pace.
pub fn warn_of_noise(before: Rsa, after: Rsa) {
    let drift = (before.sign / after.sign - 1.0).abs();
    if drift > 0.05 {
        eprintln!("bench: the machine was not quiet: RSA drifted by {:.0} % around this run", drift * 100.0);
    }
}

/// The last line.
pub fn last_line(ratios: &[(Engine, Option<f64>)]) {
    let each = ratios.iter().filter_map(|(engine, ratio)| Some(format!("{engine} {:.2}", (*ratio)?)));
    println!("cpu ratio: {}", each.collect::<Vec<_>>().join(" "));
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// A value with so many digits behind the point.
pub fn round(value: f64, digits: i32) -> f64 {
    let factor = 10_f64.powi(digits);
    (value * factor).round() / factor
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}
