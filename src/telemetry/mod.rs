//! Logs, traces and metrics.
//!
//! Logs go to standard error: text on a terminal, JSON elsewhere. Every request and every run has a
//! trace; traces are sent to `OTEL_EXPORTER_OTLP_ENDPOINT`. None of them contains personal data.

pub mod measures;
pub mod settings;

use std::io::IsTerminal;

use metrics_exporter_prometheus::PrometheusHandle;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry_otlp::WithExportConfig;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Level, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::filter::{FilterExt, dynamic_filter_fn, filter_fn};
use tracing_subscriber::layer::{Filter, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::telemetry::settings::TraceSettings;

const SCOPE: &str = "segment-export";
const LOGGED_BY_DEFAULT: &str =
    "info,actix_server=warn,object_store=warn,sqlx::postgres::notice=warn";

/// Traces, which must be flushed before the process ends, and metrics.
pub struct Telemetry {
    provider: SdkTracerProvider,
    /// Renders what `/metrics` returns.
    pub metrics: PrometheusHandle,
}

/// Starts logs, traces and metrics; once a process. `quiet` leaves the logs to warnings.
pub fn start(signals: &TraceSettings, quiet: bool) -> anyhow::Result<Telemetry> {
    let provider = provider(signals)?;
    let traces = tracing_opentelemetry::layer()
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_tracer(provider.tracer(SCOPE));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if std::io::stderr().is_terminal() {
        lines.compact().boxed()
    } else {
        lines.json().flatten_event(true).with_current_span(false).boxed()
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(logged(quiet)))
        .with(traces.with_filter(traced(signals)?))
        .try_init()?;
    Ok(Telemetry { provider, metrics: measures::start()? })
}

/// Which lines are logged. Spans are always recorded, so that each line can name its request or run.
fn logged<S: Subscriber>(quiet: bool) -> impl Filter<S> {
    let default = if quiet { "warn" } else { LOGGED_BY_DEFAULT };
    let lines = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let spans = filter_fn(|about| about.is_span() && *about.level() <= Level::INFO);
    lines.or(spans.with_max_level_hint(Level::INFO))
}

/// Which spans are traced. The finer ones (calls of the database and the queue) only within a request or a run: alone,
/// each would be a trace of one span.
fn traced<S: Subscriber + for<'a> LookupSpan<'a>>(
    signals: &TraceSettings,
) -> anyhow::Result<impl Filter<S> + use<S>> {
    let filter = if signals.otlp_endpoint().is_some() { &signals.trace_filter } else { "info" };
    let is_part = dynamic_filter_fn(|about, context| {
        *about.level() <= Level::INFO || context.lookup_current().is_some()
    });
    Ok(EnvFilter::try_new(filter)?.and(is_part.with_max_level_hint(Level::TRACE)))
}

/// The SDK reads sampling, batches and headers from its `OTEL_…` variables.
fn provider(signals: &TraceSettings) -> anyhow::Result<SdkTracerProvider> {
    let service = Resource::builder().with_service_name(signals.service_name.clone()).build();
    let builder = SdkTracerProvider::builder().with_resource(service);
    let Some(endpoint) = signals.otlp_endpoint() else {
        return Ok(builder.build());
    };
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()?;
    Ok(builder.with_batch_exporter(exporter).build())
}

impl Telemetry {
    /// Sends what has not been sent yet.
    pub fn flush(&self) {
        if let Err(error) = self.provider.shutdown() {
            tracing::warn!(error = %error, "some traces were not sent");
        }
    }
}

/// Trace id of a span, 32 hex digits.
#[must_use]
pub fn trace_id(span: &Span) -> Option<String> {
    let context = span.context();
    let span = context.span();
    let span = span.span_context();
    span.is_valid().then(|| span.trace_id().to_string())
}

/// W3C `traceparent` of a span.
#[must_use]
pub fn traceparent(span: &Span) -> Option<String> {
    let mut carrier = Carrier::default();
    TraceContextPropagator::new().inject_context(&span.context(), &mut carrier);
    carrier.0
}

/// Adds the trace id to `span`, and so to its log lines.
pub fn record_trace_id(span: &Span) {
    if let Some(id) = trace_id(span) {
        span.record("trace_id", id);
    }
}

/// Makes `span` part of the trace that `traceparent` names, and links it to the span there: that one has long ended.
pub fn continue_trace(span: &Span, traceparent: &str) {
    let carrier = Carrier(Some(traceparent.to_owned()));
    let context = TraceContextPropagator::new().extract(&carrier);
    let caller = context.span().span_context().clone();
    // Fails only when traces are off, and then there is nothing to continue.
    let _ = span.set_parent(context);
    span.add_link(caller);
}

/// The one header `traceparent`.
#[derive(Default)]
struct Carrier(Option<String>);

impl Injector for Carrier {
    fn set(&mut self, key: &str, value: String) {
        if key == "traceparent" {
            self.0 = Some(value);
        }
    }
}

impl Extractor for Carrier {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.as_deref().filter(|_| key == "traceparent")
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}
