//! The service: opens everything, starts its parts, and stops them in order.
//!
//! On SIGTERM the service reports that it is not ready, claims no new runs, lets uploads in flight finish and
//! be counted, and releases its runs. A second signal, or the deadline, stops it at once; then the leases of its runs
//! expire.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::select;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::app::App;
use crate::campaign_monitor::CampaignMonitor;
use crate::config::{Config, Part};
use crate::db::{self, Db, FileLock};
use crate::identity::Verifier;
use crate::queue::{self, Queue};
use crate::runs::{measure, store_work};
use crate::segments;
use crate::server::{self, Stopper};
use crate::slots::Slots;
use crate::storage::{Storage, Tables};
use crate::telemetry::measures;
use crate::upkeep::{fingerprints, janitor, scheduler};
use crate::worker::Worker;

/// How long a call to the identity provider may take.
const IDENTITY_MAX: Duration = Duration::from_secs(10);

/// How long the connections of the database may take to close, after everything else has stopped.
const CLOSE_MAX: Duration = Duration::from_secs(5);

/// Opens everything that `config` names, and migrates the database. Of several processes on `PostgreSQL`, one migrates
/// at a time.
pub async fn open(config: Config, metrics: PrometheusHandle) -> anyhow::Result<App> {
    let config = config.check()?;
    measure::start();
    let data = &config.data;
    let keys = data.keys()?;
    let db = open_db(&config).await?.with_keys(keys.clone());
    db.migrate().await?;
    fingerprints::check(&db, &keys).await?;
    db.mark_chain().await?;
    let queue = open_queue(&config).await?;
    let storage = open_storage(&config, &db).await?;
    let identity_http = reqwest::Client::builder().timeout(IDENTITY_MAX).build()?;
    Ok(App {
        storage,
        tables: Tables::open(&config.storage.data_sources()?)?,
        campaign_monitor: campaign_monitor(&config)?,
        runs_client: campaign_monitor(&config)?,
        oauth: config.oauth.application(),
        keys,
        verifier: Verifier::new(config.auth.clone(), identity_http),
        previews: Slots::new(config.limits.max_previews),
        uploads: Slots::new(config.limits.max_uploads),
        registrations: Slots::new(config.limits.max_registrations),
        event_streams: Slots::new(config.limits.max_event_streams),
        bodies: Slots::new(config.overload.max_received_bytes),
        stop: CancellationToken::new(),
        db,
        queue,
        metrics,
        config,
    })
}

/// Opens the storage roots. A folder that lacks the uploads which the database names is not ready: an empty folder in
/// place of its volume would pass for a loss of all members.
async fn open_storage(config: &Config, db: &Db) -> anyhow::Result<Storage> {
    let storage = Storage::open(&config.storage.roots()?)
        .context("check SEGMENT_EXPORT_STORAGE_URL and SEGMENT_EXPORT_STORAGE_ROOTS")?;
    let segments = segments::store::count_stored(&mut db.read().await?).await?;
    if segments > 0
        && let Some(missing) = storage.expect_uploads()
    {
        tracing::error!(
            segments,
            folder = %missing.display(),
            "the folder with the members of segments is missing: is its volume mounted? The storage is not ready \
             until the folder is there. If the members are lost, create it empty, and upload them again"
        );
    }
    Ok(storage)
}

fn campaign_monitor(config: &Config) -> reqwest::Result<CampaignMonitor> {
    CampaignMonitor::new(config.data.campaign_monitor_url.clone(), config.work.call_timeout())
}

/// Makes this process the owner of an embedded database, for as long as the lock is held; `None` on `PostgreSQL`.
pub fn own_database(config: &Config) -> anyhow::Result<Option<FileLock>> {
    let url = config.data.database_url()?;
    create_folder(url)?;
    FileLock::take(url).map_err(|error| match error.kind() {
        std::io::ErrorKind::WouldBlock => anyhow::anyhow!(
            "another process of this service uses the database in the same folder, and an embedded one is for one \
             process. Stop the other one, or set SEGMENT_EXPORT_DATABASE_URL to a PostgreSQL for both"
        ),
        _ => anyhow::anyhow!("the database cannot be locked ({error}); check SEGMENT_EXPORT_DATABASE_URL"),
    })
}

/// Removes the uploads that the process before this one left unfinished. The lock proves that nobody writes them.
pub async fn remove_unfinished_uploads(app: &App, _owned: &FileLock) {
    match app.storage.remove_unfinished(db::now().into()).await {
        Ok(0) => {}
        Ok(count) => tracing::warn!(count, "removed uploads that a killed process left unfinished"),
        Err(error) => tracing::warn!(
            error = format!("{:#}", anyhow::Error::from(error)),
            "uploads that a killed process left unfinished could not be removed; the janitor retries"
        ),
    }
}

/// Makes the runs that the process before this one left behind due at once. The lock proves that it has ended.
pub async fn take_over_runs(app: &App, _owned: &FileLock) -> sqlx::Result<()> {
    let mut tx = app.db.write().await?;
    let runs = store_work::end_leases(&mut tx, db::now()).await?;
    tx.commit().await?;
    if runs > 0 {
        tracing::warn!(
            runs,
            "the process before this one ended in the middle of runs; they resume now"
        );
    }
    Ok(())
}

/// Creates the folder of an embedded database.
fn create_folder(url: &str) -> anyhow::Result<()> {
    if let Some(file) = url.strip_prefix("sqlite://")
        && let Some(folder) = std::path::Path::new(file).parent()
    {
        std::fs::create_dir_all(folder).with_context(|| {
            format!("the folder of {file} cannot be created; check SEGMENT_EXPORT_DATABASE_URL")
        })?;
    }
    Ok(())
}

/// Opens the database of `config`, and creates the folder of an embedded one.
pub async fn open_db(config: &Config) -> anyhow::Result<Db> {
    let url = config.data.database_url()?;
    create_folder(url)?;
    Db::connect(url, config.data.database_limits()).await.map_err(|error| {
        anyhow::anyhow!(
            "the database cannot be opened ({}); check SEGMENT_EXPORT_DATABASE_URL",
            db::in_words(&error)
        )
    })
}

/// Opens the queue of `config`. Redis may be unavailable now and reachable later; if it rejects us, a setting is wrong.
async fn open_queue(config: &Config) -> anyhow::Result<Queue> {
    let Some(url) = &config.data.redis_url else {
        return Ok(Queue::embedded());
    };
    let authorities = match &config.data.redis_ca {
        Some(file) => Some(std::fs::read(file).with_context(|| {
            format!("SEGMENT_EXPORT_REDIS_CA names {}, which cannot be read", file.display())
        })?),
        None => None,
    };
    let settings = "check SEGMENT_EXPORT_REDIS_URL and SEGMENT_EXPORT_REDIS_CA";
    let queue = Queue::redis(url, &config.data.redis_list, authorities).context(settings)?;
    match queue.probe().await {
        Err(error) if queue::is_refusal(&error) => {
            anyhow::bail!("Redis cannot be used ({error}); {settings}")
        }
        Err(error) => tracing::warn!(
            error = format!("{error:#}"),
            "Redis is unavailable; runs are found in the database until it is back"
        ),
        Ok(()) => {}
    }
    Ok(queue)
}

/// A service whose parts run until it is stopped.
pub struct Service {
    /// Shared by every part of the service.
    pub app: Arc<App>,
    /// With the port that it listens on, also when the settings say port 0.
    pub url: Url,
    server: Stopper,
    serving: TaskTracker,
    tasks: TaskTracker,
    failed: CancellationToken,
}

impl Service {
    /// Starts the parts that the settings name.
    pub fn start(app: App) -> anyhow::Result<Self> {
        let app = Arc::new(app);
        let server = server::bind(app.clone())?;
        let recorder = server.record(app.clone());
        let service = Self {
            url: format!("http://{}/", server.address).parse()?,
            server: server.stopper(),
            serving: TaskTracker::new(),
            tasks: TaskTracker::new(),
            failed: CancellationToken::new(),
            app: app.clone(),
        };
        service.spawn(&service.serving, "http", async move { Ok(server.serve().await?) });
        let upkeep = measures::keep_up(app.metrics.clone(), app.stop.clone());
        service.spawn(&service.tasks, "metrics", upkeep);
        service.spawn(&service.tasks, "audit", recorder);
        if app.config.plays(Part::Worker) {
            let worker = Worker::new(app.clone());
            service.spawn(&service.tasks, "worker", worker.clone().work());
            service.spawn(&service.tasks, "sweeper", worker.sweep_until_stopped());
        }
        if app.config.plays(Part::Scheduler) {
            service.spawn(&service.tasks, "scheduler", scheduler::run(app.clone()));
            service.spawn(&service.tasks, "janitor", janitor::run(app));
        }
        service.serving.close();
        service.tasks.close();
        Ok(service)
    }

    /// A part that ends by itself ends the service: a restart is better than a service without one of its parts.
    fn spawn(
        &self,
        tasks: &TaskTracker,
        part: &'static str,
        task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        tasks.spawn(supervise(part, task, self.app.stop.clone(), self.failed.clone()));
    }

    /// Serves until SIGTERM or SIGINT, then stops in order. An error when a part ended by itself.
    pub async fn run(self) -> anyhow::Result<()> {
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = self.app.stop.cancelled() => {}
        }
        tracing::info!("stopping: uploads in flight finish, then the runs are released");
        let failed = self.failed.clone();
        select! {
            () = self.stop() => {}
            _ = terminate.recv() => tracing::warn!("stopped at once by a second signal"),
            _ = interrupt.recv() => tracing::warn!("stopped at once by a second signal"),
        }
        anyhow::ensure!(!failed.is_cancelled(), "a part of the service ended by itself");
        Ok(())
    }

    /// Stops in order, within the time of the settings.
    pub async fn stop(self) {
        self.app.stop.cancel();
        let drained = async {
            self.tasks.wait().await;
            self.server.stop(&self.app.db).await;
            self.serving.wait().await;
        };
        select! {
            () = drained => {}
            () = sleep(Duration::from_millis(self.app.config.work.drain_ms)) => {
                tracing::warn!("some uploads did not finish in time; their leases will expire");
            }
        }
        if timeout(CLOSE_MAX, self.app.db.close()).await.is_err() {
            tracing::warn!("the database does not respond; its connections are left open");
        }
    }
}

/// Runs a part of the service until it ends. When it does so by itself, also by a panic, `failed` and `stop` are
/// cancelled.
async fn supervise(
    part: &'static str,
    task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    stop: CancellationToken,
    failed: CancellationToken,
) {
    // In a task of its own, because a panic ends the task that it happens in.
    let ended = tokio::spawn(task).await.unwrap_or_else(|panic| Err(panic.into()));
    if !stop.is_cancelled() {
        let error = ended.err().map(|error| format!("{error:#}"));
        tracing::error!(part, error, "a part of the service ended by itself");
        failed.cancel();
        stop.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bug() -> anyhow::Result<()> {
        panic!("the task met a bug")
    }

    #[tokio::test]
    async fn a_part_that_ends_by_itself_ends_the_service_also_by_a_panic() {
        let fault = async { anyhow::bail!("the task met a fault") };
        let parts: [futures::future::BoxFuture<'static, anyhow::Result<()>>; 3] =
            [Box::pin(async { Ok(()) }), Box::pin(fault), Box::pin(async { bug() })];
        for part in parts {
            let (stop, failed) = (CancellationToken::new(), CancellationToken::new());
            supervise("some part", part, stop.clone(), failed.clone()).await;
            assert!(stop.is_cancelled() && failed.is_cancelled());
        }
    }

    #[tokio::test]
    async fn a_part_that_was_told_to_stop_has_not_failed() {
        let (stop, failed) = (CancellationToken::new(), CancellationToken::new());
        stop.cancel();
        supervise("some part", async { Ok(()) }, stop, failed.clone()).await;
        assert!(!failed.is_cancelled());
    }
}
