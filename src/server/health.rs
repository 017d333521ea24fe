//! Whether the process is alive, whether it is ready, and its metrics. These calls need no token.

use std::time::{Duration, Instant};

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::timeout;
use utoipa::ToSchema;

use super::register::Register;
use crate::app::App;
use crate::db::{self, Db};
use crate::{alerts, erasures, expectations, runs};

/// How long a part may take to answer: probes of the service wait at most ten seconds.
const PROBE_MAX: Duration = Duration::from_secs(3);

/// How old the answers of the parts may be.
const PROBE_PAUSE: Duration = Duration::from_secs(1);

/// The endpoints outside the instances.
pub fn routes(config: &mut impl Register) {
    config.service(livez).service(readyz).service(metrics);
}

/// What the database, the queue and the storage answered last. They are written to, and anyone may ask: so each thread
/// of the server asks them at most once a second.
#[derive(Default)]
pub struct Probes(Mutex<Option<(Instant, [bool; 3])>>);

impl Probes {
    async fn answers(&self, app: &App) -> [bool; 3] {
        let mut last = self.0.lock().await;
        if let Some((when, answered)) = *last
            && when.elapsed() < PROBE_PAUSE
        {
            return answered;
        }
        let answered = Box::pin(probe(app)).await;
        *last = Some((Instant::now(), answered));
        answered
    }
}

async fn probe(app: &App) -> [bool; 3] {
    let (database, queue, storage) = futures::join!(
        answers(app.db.probe()),
        answers(app.queue.probe()),
        answers(app.storage.probe())
    );
    [database, queue, storage]
}

/// Whether the service is ready to work.
#[derive(Serialize, ToSchema)]
struct Readiness {
    /// True when every part except the queue is ready.
    ready: bool,
    /// The process, and everything that it depends on.
    parts: Vec<PartReadiness>,
}

/// Whether one part is ready to work.
#[derive(Serialize, ToSchema)]
struct PartReadiness {
    /// `database`, `queue`, `storage`, `process`.
    #[schema(example = "database")]
    name: &'static str,
    /// False also when the part does not answer in time.
    ready: bool,
}

/// Reports that the process is alive.
///
/// It checks no other part. If there is no answer, restart the process.
#[utoipa::path(
    tag = "health",
    security(()),
    responses((status = 200, description = "As text", body = String, content_type = "text/plain", example = "alive\n")),
)]
#[get("/livez")]
async fn livez() -> &'static str {
    "alive\n"
}

/// Reports whether the service is ready, and which part is not.
///
/// Send no calls to a process that is not ready: it cannot work, or is about to stop. The database and the storage are
/// written and read back, so a full disk shows here.
#[utoipa::path(
    tag = "health",
    security(()),
    responses(
        (status = 200, body = Readiness),
        (status = 503, description = "Some part is not ready", body = Readiness),
    ),
)]
#[get("/readyz")]
async fn readyz(app: Data<App>, probes: Data<Probes>) -> HttpResponse {
    let [database, queue, storage] = probes.answers(&app).await;
    let parts = vec![
        PartReadiness { name: "process", ready: !app.stop.is_cancelled() },
        PartReadiness { name: "database", ready: database },
        PartReadiness { name: "queue", ready: queue },
        PartReadiness { name: "storage", ready: storage },
    ];
    // Runs start and end without the queue, only later: no reason to take a process out of service.
    let ready = parts.iter().all(|part| part.ready || part.name == "queue");
    let mut response = if ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.json(Readiness { ready, parts })
}

async fn measure_watched(db: &Db) -> sqlx::Result<()> {
    expectations::measure::measure(db, db::now()).await?;
    alerts::measure::measure(db).await
}

/// Whether a part answers in time.
async fn answers<E>(probe: impl Future<Output = Result<(), E>>) -> bool {
    timeout(PROBE_MAX, probe).await.is_ok_and(|answer| answer.is_ok())
}

/// Returns the metrics for Prometheus.
///
/// They are in the text format and have no personal data.
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
    let ((), runs, erasures, watched) = futures::join!(
        app.queue.measure(),
        runs::measure::measure(&app.db),
        erasures::measure::measure(&app.db),
        answers(measure_watched(&app.db))
    );
    for (counted, what) in [(runs, "runs"), (erasures, "erasures")] {
        if let Err(error) = counted {
            tracing::warn!(error = %error, what, "could not count them; their metrics are NaN");
        }
    }
    if !watched {
        tracing::warn!("could not count planned times and alerts; their metrics are old");
    }
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(app.metrics.render())
}
