//! Whether the process lives, whether it can work, and its metrics. No token is needed.

use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde::Serialize;
use tokio::time::timeout;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::app::App;
use crate::runs;

/// How long a part may take to answer: whoever asks whether the service can work waits ten seconds at most.
const PROBE_MAX: Duration = Duration::from_secs(3);

/// The endpoints outside the instances.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(livez).service(readyz).service(metrics);
}

/// Whether the service can work.
#[derive(Serialize, ToSchema)]
struct Readiness {
    /// Whether every part can work.
    ready: bool,
    /// What it needs.
    parts: Vec<PartReadiness>,
}

/// Whether a part can work.
#[derive(Serialize, ToSchema)]
struct PartReadiness {
    /// `database`, `queue`, `storage`, `process`.
    #[schema(example = "database")]
    name: &'static str,
    /// Whether it can work.
    ready: bool,
}

/// Tells that the process lives.
///
/// Asks nothing of anybody: while it is not answered, the process should be started again.
#[utoipa::path(
    tag = "health",
    security(()),
    responses((status = 200, description = "As text", body = String, content_type = "text/plain", example = "alive\n")),
)]
#[get("/livez")]
async fn livez() -> &'static str {
    "alive\n"
}

/// Tells whether the service can work, and which part cannot.
///
/// While it cannot, or is about to stop, no calls should be sent here.
#[utoipa::path(
    tag = "health",
    security(()),
    responses(
        (status = 200, body = Readiness),
        (status = 503, description = "Some part is not ready", body = Readiness),
    ),
)]
#[get("/readyz")]
async fn readyz(app: Data<App>) -> HttpResponse {
    let (database, queue, storage) = futures::join!(
        answers(app.db.probe()),
        answers(app.queue.probe()),
        answers(app.storage.probe())
    );
    let parts = vec![
        PartReadiness { name: "process", ready: !app.stop.is_cancelled() },
        PartReadiness { name: "database", ready: database },
        PartReadiness { name: "queue", ready: queue },
        PartReadiness { name: "storage", ready: storage },
    ];
    // Without the queue runs are taken and carried out all the same: no reason to take a process out of service.
    let ready = parts.iter().all(|part| part.ready || part.name == "queue");
    let mut response = if ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(Readiness { ready, parts })
}

/// Whether a part answers, and does so in time.
async fn answers<E>(probe: impl Future<Output = Result<(), E>>) -> bool {
    timeout(PROBE_MAX, probe).await.is_ok_and(|answer| answer.is_ok())
}

/// The metrics, for Prometheus.
///
/// In the text format, without personal data.
#[utoipa::path(
    tag = "health",
    security(()),
    responses(
        (
            status = 200,
            description = "In the text format of Prometheus",
            body = String,
            content_type = "text/plain",
            example = "# TYPE segment_export_runs_ended_total \
                counter\nsegment_export_runs_ended_total{status=\"successful\"} 1\n",
        ),
    ),
)]
#[get("/metrics")]
async fn metrics(app: Data<App>) -> HttpResponse {
    app.db.measure();
    let ((), counted) = futures::join!(app.queue.measure(), runs::measure::measure(&app.db));
    if let Err(error) = counted {
        tracing::warn!(error = %error, "the runs could not be counted; their metrics are NaN");
    }
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(app.metrics.render())
}
