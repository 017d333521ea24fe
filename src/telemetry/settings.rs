//! Settings of traces.

use clap::Args;

#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct TraceSettings {
    /// Endpoint that receives traces (OTLP over HTTP). No traces are sent when unset.
    #[arg(long, global = true, env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
    /// How traces name this service, beside other services of yours.
    #[arg(long, global = true, env = "OTEL_SERVICE_NAME", default_value = "segment-export")]
    pub service_name: String,
    /// Spans to send, in the syntax of `RUST_LOG`; `info` omits database and queue calls.
    #[arg(
        long,
        global = true,
        env = "SEGMENT_EXPORT_TRACE_FILTER",
        default_value = "info,segment_export=debug"
    )]
    pub trace_filter: String,
}

impl TraceSettings {
    /// An empty variable counts as unset.
    #[must_use]
    pub fn otlp_endpoint(&self) -> Option<&str> {
        self.otlp_endpoint.as_deref().filter(|endpoint| !endpoint.is_empty())
    }
}
