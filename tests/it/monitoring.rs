//! Metrics, and the alerts and the dashboard that are made of them: what they name must be there.

use std::collections::{BTreeMap, BTreeSet};

use boundary::RefusalCode;
use serde_json::Value;

use crate::stage::{Ending, Engine, Federation, Stage, on_both_engines, person, roles};
use crate::walls::source::root;

/// Metrics that Prometheus makes itself, with the labels that every scrape carries.
const OF_PROMETHEUS: [&str; 1] = ["up"];
const OF_SCRAPES: [&str; 2] = ["job", "instance"];
/// What PromQL understands besides names of metrics; any other word in an expression is a mistake.
const WORDS: [&str; 19] = [
    "sum",
    "min",
    "max",
    "count",
    "rate",
    "increase",
    "abs",
    "or",
    "and",
    "by",
    "vector",
    "hour",
    "day_of_week",
    "absent",
    "histogram_quantile",
    "count_over_time",
    "unless",
    "bool",
    "on",
];

/// Names of metrics, each with the values that its labels had.
type Exposed = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

fn exposed(text: &str) -> Exposed {
    let mut found = Exposed::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap());
        let labels = found.entry(name.to_owned()).or_default();
        let inside = rest.strip_prefix('{').map_or("", |rest| rest.split_once('}').unwrap().0);
        for (label, value) in matchers(inside).into_iter().map(|(label, _, value)| (label, value)) {
            labels.entry(label).or_default().insert(value);
        }
    }
    found
}

/// Label, operator and value.
type Matcher = (String, String, String);

/// `a="x",b=~"y"` as matchers.
fn matchers(inside: &str) -> Vec<Matcher> {
    let mut found = Vec::new();
    let mut rest = inside;
    while let Some((before, after)) = rest.split_once('"') {
        let (value, after) = after.split_once('"').unwrap();
        let label = before.trim_matches([',', ' ']).trim_end_matches(['=', '~', '!']);
        let operator = before.trim_matches([',', ' ']).trim_start_matches(label);
        found.push((label.to_owned(), operator.to_owned(), value.to_owned()));
        rest = after;
    }
    found
}

/// What an expression names.
#[derive(Default)]
struct Named {
    metrics: Vec<(String, Vec<Matcher>)>,
    grouped: Vec<String>,
}

/// Reads the words of an expression: a metric with its matchers, a list of labels, or a word of the language.
fn named(expression: &str) -> Named {
    let mut named = Named::default();
    let mut rest = expression;
    while let Some(at) = rest.find(|c: char| c.is_alphabetic() || c == '[') {
        rest = &rest[at..];
        if rest.starts_with('[') {
            rest = rest.split_once(']').unwrap().1;
            continue;
        }
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        if ["by", "on"].contains(&word) {
            let (labels, after) = after.trim_start().strip_prefix('(').unwrap().split_once(')').unwrap();
            named.grouped.extend(labels.split(',').map(|label| label.trim().to_owned()));
            rest = after;
        } else if let Some(inside) = after.strip_prefix('{') {
            let (inside, after) = inside.split_once('}').unwrap();
            named.metrics.push((word.to_owned(), matchers(inside)));
            rest = after;
        } else if !WORDS.contains(&word) {
            named.metrics.push((word.to_owned(), Vec::new()));
        }
    }
    named.grouped.retain(|label| !label.is_empty());
    named
}

/// Every `expr` of the dashboard.
fn of_dashboard() -> Vec<String> {
    fn walk(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| match value {
                Value::String(text) if name == "expr" => found.push(text.clone()),
                other => walk(other, found),
            }),
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let text = std::fs::read_to_string(root().join("docs/monitoring/grafana-dashboard.json")).unwrap();
    let mut found = Vec::new();
    walk(&serde_json::from_str(&text).unwrap(), &mut found);
    assert!(found.len() > 15, "the dashboard has panels");
    found
}

/// Every `expr` of the alerts: on the line itself, or folded below it.
fn of_alerts() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("docs/monitoring/alerts.yml")).unwrap();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.lines().peekable();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let Some(first) = line.trim_start().strip_prefix("expr:") else { continue };
        let mut expression = first.trim().trim_start_matches(">-").to_owned();
        while let Some(more) = lines.next_if(|next| indent(next) > indent(line)) {
            expression = format!("{expression} {}", more.trim());
        }
        found.push(expression);
    }
    assert_eq!(found.len(), text.matches("- alert:").count(), "each alert has an expression");
    found
}

fn check(expression: &str, exposed: &Exposed, wrong: &mut Vec<String>) {
    let named = named(expression);
    assert!(!named.metrics.is_empty(), "no metric in {expression}");
    let mut known: BTreeSet<&str> = OF_SCRAPES.into_iter().collect();
    for (metric, matchers) in &named.metrics {
        let Some(labels) = exposed.get(metric) else {
            if !OF_PROMETHEUS.contains(&metric.as_str()) {
                wrong.push(format!("{metric} is not exposed: {expression}"));
            }
            continue;
        };
        known.extend(labels.keys().map(String::as_str));
        for (label, operator, value) in matchers {
            let values: Vec<&str> =
                if operator.ends_with('~') { value.split('|').collect() } else { vec![value.as_str()] };
            for value in values {
                let code = label == "reason" && RefusalCode::ALL.iter().any(|code| code.as_str() == value);
                if !code && !labels.get(label).is_some_and(|seen| seen.contains(value)) {
                    wrong.push(format!("{metric} has no {label} {value}: {expression}"));
                }
            }
        }
    }
    for label in named.grouped.iter().filter(|label| !known.contains(label.as_str())) {
        wrong.push(format!("nothing has the label {label}: {expression}"));
    }
}

/// A stage that has seen a launch delivered, one refused, and one that was nobody's.
async fn seen(engine: Engine) -> Stage {
    let stage =
        Stage::open(engine, vec![person("nina", "1", &[roles::PUPIL])], Federation::open_to_all).await;
    assert_eq!(stage.ending("nina").await, Ending::Delivered);
    stage.ent.answer_error("access_denied");
    assert_eq!(stage.ending("nina").await, Ending::Refused("sign_on_refused".to_owned()));
    stage.ent.set_jwks_fault(conformance::Fault::Status(503));
    stage
}

async fn alerts_and_dashboard_name_what_is_exposed(engine: Engine) {
    let stage = seen(engine).await;
    let text = stage.metrics().await;
    let exposed = exposed(&text);
    let mut wrong = Vec::new();
    for expression in of_dashboard().into_iter().chain(of_alerts()) {
        check(&expression, &exposed, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}\n{text}", wrong.join("\n"));
}

#[test]
fn a_name_that_is_not_exposed_is_found() {
    let exposed = exposed("passerelle_a_total{x=\"1\"} 1\n# EOF\n");
    for (expression, wrong) in [
        ("sum(rate(passerelle_a_total{x=\"1\"}[1m])) by (x)", 0),
        ("passerelle_b", 1),
        ("passerelle_a_total{y=\"1\"}", 1),
        ("passerelle_a_total{x=~\"1|2\"}", 1),
        ("sum by (y) (passerelle_a_total)", 1),
        ("summ(passerelle_a_total)", 1),
    ] {
        let mut found = Vec::new();
        check(expression, &exposed, &mut found);
        assert_eq!(found.len(), wrong, "{expression}: {found:?}");
    }
}

/// What the gauges say when all is well, and when the database is gone.
async fn the_metrics_tell_the_state_of_the_broker(engine: Engine) {
    let stage = seen(engine).await;
    let value = async |name: &str| {
        let text = stage.metrics().await;
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")).map(str::to_owned));
        line.unwrap_or_else(|| panic!("{name}: {text}")).parse::<f64>().unwrap()
    };
    let version = format!("passerelle_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"));
    assert!(stage.metrics().await.contains(&version), "{}", stage.metrics().await);
    assert!((value("passerelle_ready").await - 1.0).abs() < f64::EPSILON);
    assert!(value("passerelle_batches_total").await >= 2.0, "both hops of a launch");
    assert!(value("passerelle_batch_items_total").await >= value("passerelle_batches_total").await);
    assert!(value("passerelle_key_sets_fetched_total").await >= 1.0);
    assert!(value("passerelle_clock_skew_seconds").await.abs() < 30.0, "the ENT runs here");
    // There is no checkpoint yet, so it is as old as the process.
    assert!((0.0..3600.0).contains(&value("passerelle_journal_checkpoint_age_seconds").await));
    let nothing = [
        "passerelle_writes_waiting",
        "passerelle_failed_sign_ons_dropped_total",
        "passerelle_journal_retention_waits",
    ];
    for name in nothing {
        assert!(value(name).await.abs() < f64::EPSILON, "{name}");
    }
    stage.database.vanish().await;
    stage.eventually(async || value("passerelle_ready").await.abs() < f64::EPSILON).await;
    stage.database.come_back().await;
    stage.eventually(async || (value("passerelle_ready").await - 1.0).abs() < f64::EPSILON).await;
}

on_both_engines!(alerts_and_dashboard_name_what_is_exposed, the_metrics_tell_the_state_of_the_broker);
