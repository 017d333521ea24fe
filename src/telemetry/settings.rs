//! What a process tells about itself, and where.

use clap::Args;

#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct Signals {
    /// Where traces are sent (OTLP over HTTP); nowhere when left out.
    #[arg(long, global = true, env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
    /// What the service is called in traces.
    #[arg(long, global = true, env = "OTEL_SERVICE_NAME", default_value = "segment-export")]
    pub service_name: String,
    /// Which spans are sent, written as `RUST_LOG` is; `info` leaves out calls of the database and the queue.
    #[arg(
        long,
        global = true,
        env = "SEGMENT_EXPORT_TRACE_FILTER",
        default_value = "info,segment_export=debug"
    )]
    pub trace_filter: String,
}

impl Signals {
    /// Where traces are sent. An empty variable counts as none.
    #[must_use]
    pub fn otlp_endpoint(&self) -> Option<&str> {
        self.otlp_endpoint.as_deref().filter(|endpoint| !endpoint.is_empty())
    }
}
