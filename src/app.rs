//! `App`: the handles that the parts of the service share. It opens nothing and starts nothing: `service.rs` does.

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::campaign_monitor::CampaignMonitor;
use crate::campaign_monitor::oauth::Application;
use crate::config::Config;
use crate::db::Db;
use crate::identity::Verifier;
use crate::queue::Queue;
use crate::secrets::Keys;
use crate::storage::{Storage, Tables};

/// What every part of the service shares.
pub struct App {
    /// The settings.
    pub config: Config,
    /// Everything but the members.
    pub db: Db,
    /// Hints of runs that are due.
    pub queue: Queue,
    /// The members.
    pub storage: Storage,
    /// Where members are rows of somebody else's tables.
    pub tables: Tables,
    /// Campaign Monitor, for callers of the API.
    pub campaign_monitor: CampaignMonitor,
    /// Campaign Monitor, for runs: a connection ends with the thread that opened it, and the threads of the API end
    /// before the runs do.
    pub runs_client: CampaignMonitor,
    /// How this service is registered at Campaign Monitor; without it people cannot sign in there.
    pub oauth: Option<Application>,
    /// Seals credentials.
    pub keys: Keys,
    /// Checks tokens.
    pub verifier: Verifier,
    /// Room for previews.
    pub previews: Semaphore,
    /// Room for uploads of members.
    pub uploads: Semaphore,
    /// Room for segments that are looked at to be registered.
    pub registrations: Semaphore,
    /// Room for callers that follow runs.
    pub event_streams: Arc<Semaphore>,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
    /// Cancelled when the service is told to stop.
    pub stop: CancellationToken,
}
