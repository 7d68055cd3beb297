//! Measured: what other rooms count, read at the moment when somebody asks for the metrics.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Something that counts elsewhere.
pub trait Measured: Send + Sync {
    /// Its numbers now. It must not wait.
    fn measure(&self) -> Measures;
}

/// Numbers of other rooms. Counts are since the start of the process.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measures {
    /// Writes that wait for the database.
    pub writes_waiting: usize,
    /// Transactions in which launches were written.
    pub batches: u64,
    /// What was written in them: one for each hop.
    pub batch_items: u64,
    /// Whether caches are bypassed.
    pub caches_bypassed: bool,
    /// Failed sign-ons that were not kept, because too many came.
    pub failed_sign_ons_dropped: u64,
    /// Key sets that were fetched from peers.
    pub key_sets_fetched: u64,
    /// Fetches of key sets that failed.
    pub key_sets_failed: u64,
    /// Seconds by which the clock of a peer is ahead of ours: of all peers the one that differs most.
    pub clock_skew: f64,
    /// Seconds since the newest checkpoint of the journal.
    pub checkpoint_age: f64,
    /// Whether the journal's retention waits.
    pub retention_waits: bool,
}

/// Writes them down as metrics.
pub(super) struct Elsewhere(pub Arc<dyn Measured>);

impl fmt::Debug for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Elsewhere")
    }
}

impl Collector for Elsewhere {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let measures = self.0.measure();
        let counts = [
            ("batches", "Transactions in which launches were written", measures.batches),
            ("batch_items", "Hops that were written in them", measures.batch_items),
            (
                "failed_sign_ons_dropped",
                "Failed sign-ons that were not kept, because too many came",
                measures.failed_sign_ons_dropped,
            ),
            ("key_sets_fetched", "Key sets that were fetched from peers", measures.key_sets_fetched),
            ("key_sets_failed", "Fetches of key sets that failed", measures.key_sets_failed),
        ];
        for (name, help, count) in counts {
            put(&mut encoder, name, help, &ConstCounter::new(count))?;
        }
        let waiting = ConstGauge::new(i64::try_from(measures.writes_waiting).unwrap_or(i64::MAX));
        put(&mut encoder, "writes_waiting", "Writes that wait for the database", &waiting)?;
        let bypassed = ConstGauge::new(i64::from(measures.caches_bypassed));
        put(&mut encoder, "caches_bypassed", "1 while every launch reads the database itself", &bypassed)?;
        let skew = ConstGauge::new(measures.clock_skew);
        put(
            &mut encoder,
            "clock_skew_seconds",
            "By how much the peer's clock that differs most is ahead",
            &skew,
        )?;
        let age = ConstGauge::new(measures.checkpoint_age);
        put(
            &mut encoder,
            "journal_checkpoint_age_seconds",
            "How old the newest checkpoint of the journal is",
            &age,
        )?;
        let waits = ConstGauge::new(i64::from(measures.retention_waits));
        put(
            &mut encoder,
            "journal_retention_waits",
            "1 while retention lets nothing go, because no checkpoint was made lately",
            &waits,
        )
    }
}

fn put(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    metric: &impl EncodeMetric,
) -> Result<(), fmt::Error> {
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}
