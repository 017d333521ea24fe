//! The parts of the service: started together, and stopped in order.
//!
//! On SIGTERM the service reports that it is not ready, claims no new runs, lets uploads in flight finish and
//! be counted, and releases its runs. A second signal, or the deadline, stops it at once; then the leases of its runs
//! expire.

use std::sync::Arc;
use std::time::Duration;

use tokio::select;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::app::App;
use crate::config::Part;
use crate::server::{self, Stopper};
use crate::telemetry::measures;
use crate::upkeep::{feedback_files, heartbeat, janitor, manifests, notifier, presence, scheduler};
use crate::worker::{Worker, erase_until_stopped};

/// How long the connections of the database may take to close, after everything else has stopped.
const CLOSE_MAX: Duration = Duration::from_secs(5);

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
            service.spawn(&service.tasks, "erasing", erase_until_stopped(app.clone()));
        }
        if app.config.plays(Part::Scheduler) {
            service.spawn(&service.tasks, "scheduler", scheduler::run(app.clone()));
            service.spawn(&service.tasks, "janitor", janitor::run(app.clone()));
            service.spawn(&service.tasks, "manifests", manifests::run(app.clone()));
            service.spawn(&service.tasks, "feedback", feedback_files::run(app.clone()));
        }
        // In every process: a part that is dead is one of the things to tell people about.
        service.spawn(&service.tasks, "notifier", notifier::run(app.clone()));
        if (app.config.plays(Part::Worker) || app.config.plays(Part::Scheduler))
            && let Some(url) = app.config.heartbeat.heartbeat_url.clone()
        {
            service.spawn(&service.tasks, "heartbeat", heartbeat::run(app.clone(), url));
        }
        service.spawn(&service.tasks, "presence", presence::run(app));
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
