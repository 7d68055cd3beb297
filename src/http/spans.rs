//! Spans: one a request, for OpenTelemetry. A span holds the door, the launch id and how long it took, and nothing else.
//!
//! They are made and sent only in a build with the feature `otel`, and only where `OTEL_EXPORTER_OTLP_ENDPOINT` names a
//! collector.

use tracing::Span;

#[cfg(not(feature = "otel"))]
pub(super) use absent::Exporter;
#[cfg(feature = "otel")]
pub(super) use present::Exporter;

/// What spans are told apart by, in filters.
const TARGET: &str = "passerelle::spans";
/// The variable that names the collector (OpenTelemetry, specification of the OTLP exporter).
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// The span of a request. Its launch id is recorded when it is known.
pub(super) fn of(door: &str) -> Span {
    if cfg!(feature = "otel") {
        tracing::info_span!(target: TARGET, "request", otel.name = door, otel.kind = "server", door, launch = tracing::field::Empty)
    } else {
        Span::none()
    }
}

#[cfg(feature = "otel")]
mod present {
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_otlp::SpanExporter;
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing::level_filters::LevelFilter;
    use tracing_subscriber::Layer;
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::registry::LookupSpan;

    use super::{ENDPOINT, TARGET};

    /// The way to a collector. Dropped, it sends what it has.
    #[derive(Debug)]
    pub struct Exporter(SdkTracerProvider);

    impl Exporter {
        /// What the log's filter needs so that spans are made.
        pub const DIRECTIVE: &str = "passerelle::spans=info,";

        /// An exporter to the collector that the environment names; `None` where it names none.
        pub fn from_environment() -> Result<Option<Self>, String> {
            if std::env::var_os(ENDPOINT).is_none_or(|value| value.is_empty()) {
                return Ok(None);
            }
            let exporter = SpanExporter::builder().with_http().build().map_err(|e| e.to_string())?;
            let resource = Resource::builder().with_service_name("passerelle").build();
            let provider =
                SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
            Ok(Some(Self(provider)))
        }

        /// Nothing is amiss in this build.
        pub const fn remark() {}

        /// The layer that hears of spans, and of nothing else.
        pub fn layer<S>(&self) -> impl Layer<S> + use<S>
        where
            S: tracing::Subscriber + for<'a> LookupSpan<'a>,
        {
            tracing_opentelemetry::layer()
                .with_tracer(self.0.tracer("passerelle"))
                .with_location(false)
                .with_threads(false)
                .with_tracked_inactivity(false)
                .with_target(false)
                .with_filter(Targets::new().with_target(TARGET, LevelFilter::INFO))
        }
    }

    impl Drop for Exporter {
        fn drop(&mut self) {
            // Nobody is left to tell.
            let _ = self.0.shutdown();
        }
    }
}

#[cfg(not(feature = "otel"))]
mod absent {
    use tracing_subscriber::layer::Identity;

    use super::ENDPOINT;

    /// There is none in this build.
    #[derive(Debug)]
    pub struct Exporter;

    impl Exporter {
        /// Nothing.
        pub const DIRECTIVE: &str = "";

        /// None.
        pub const fn from_environment() -> Result<Option<Self>, String> {
            Ok(None)
        }

        /// A collector that is named and will never hear anything is a mistake that should be seen.
        pub fn remark() {
            if std::env::var_os(ENDPOINT).is_some_and(|value| !value.is_empty()) {
                tracing::warn!(
                    "{ENDPOINT} is set, and this build has no OpenTelemetry: build it with the feature otel"
                );
            }
        }

        /// Nobody.
        pub fn layer(&self) -> Identity {
            Identity::new()
        }
    }
}
