//! Logs, traces and metrics.
//!
//! Logs go to standard error: text on a terminal, JSON elsewhere. Every request and every run has a
//! trace; traces are sent where `OTEL_EXPORTER_OTLP_ENDPOINT` says. No personal data goes anywhere here.

use std::io::IsTerminal;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Span;
use tracing_actix_web::{DefaultRootSpanBuilder, RootSpanBuilder};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

const SERVICE: &str = "segment-export";
const LOGGED_BY_DEFAULT: &str = "info,actix_server=warn,object_store=warn";

/// What must be flushed before the process ends, and what `/metrics` shows.
pub struct Telemetry {
    provider: SdkTracerProvider,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
}

/// Starts logs, traces and metrics; once a process. `quiet` leaves the logs to warnings.
pub fn start(otlp_endpoint: Option<&str>, quiet: bool) -> anyhow::Result<Telemetry> {
    let provider = provider(otlp_endpoint)?;
    let default = if quiet { "warn" } else { LOGGED_BY_DEFAULT };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if std::io::stderr().is_terminal() {
        lines.compact().boxed()
    } else {
        lines.json().flatten_event(true).boxed()
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(tracing_opentelemetry::layer().with_tracer(provider.tracer(SERVICE)))
        .try_init()?;
    Ok(Telemetry { provider, metrics: PrometheusBuilder::new().install_recorder()? })
}

fn provider(otlp_endpoint: Option<&str>) -> anyhow::Result<SdkTracerProvider> {
    let builder = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name(SERVICE).build());
    if otlp_endpoint.is_none() {
        return Ok(builder.build());
    }
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build()?;
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

/// Links `span` to the span that `traceparent` names.
pub fn link(span: &Span, traceparent: &str) {
    let carrier = Carrier(Some(traceparent.to_owned()));
    let context = TraceContextPropagator::new().extract(&carrier);
    span.add_link(context.span().span_context().clone());
}

/// A lone `traceparent`.
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

/// The span of a request, which continues the caller's trace. (`tracing-actix-web` does this itself
/// only for older versions of OpenTelemetry.)
pub struct RequestSpan;

struct Headers<'a>(&'a actix_web::http::header::HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(actix_web::http::header::HeaderName::as_str).collect()
    }
}

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let span = tracing_actix_web::root_span!(request);
        let context = TraceContextPropagator::new().extract(&Headers(request.headers()));
        // Fails only when traces are off, and then there is nothing to continue.
        let _ = span.set_parent(context);
        if let Some(id) = trace_id(&span) {
            span.record("trace_id", id);
        }
        span
    }

    fn on_request_end<B: MessageBody>(
        span: Span,
        outcome: &Result<ServiceResponse<B>, actix_web::Error>,
    ) {
        DefaultRootSpanBuilder::on_request_end(span, outcome);
    }
}
