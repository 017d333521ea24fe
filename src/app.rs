//! `App`: the handles that the parts of the service share. It opens nothing and starts nothing: `service` does.

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;

use crate::campaign_monitor::CampaignMonitor;
use crate::campaign_monitor::oauth::Application;
use crate::config::Config;
use crate::db::Db;
use crate::identity::Verifier;
use crate::life::SignsOfLife;
use crate::outbound::Outbound;
use crate::queue::Queue;
use crate::secrets::Keys;
use crate::slots::Slots;
use crate::storage::{Storage, Tables};

/// What every part of the service shares.
pub struct App {
    /// Checked, and never changed.
    pub config: Config,
    /// Everything except the members of segments.
    pub db: Db,
    /// Hints that runs are due; the database decides.
    pub queue: Queue,
    /// Members that are files, uploaded or elsewhere.
    pub storage: Storage,
    /// Members that are rows of tables in other databases.
    pub tables: Tables,
    /// Campaign Monitor, for callers of the API.
    pub campaign_monitor: CampaignMonitor,
    /// Campaign Monitor, for runs: a TCP connection ends with the thread that opened it, and the threads of the API
    /// end before the runs do.
    pub runs_client: CampaignMonitor,
    /// How this service is registered at Campaign Monitor; `None` when people cannot sign in there.
    pub oauth: Option<Application>,
    /// The ways by which messages leave: posts and e-mail.
    pub(crate) outbound: Outbound,
    /// Keys that seal the credentials of connections.
    pub keys: Keys,
    /// Checks the bearer tokens of callers.
    pub verifier: Verifier,
    /// One for each preview at a time.
    pub(crate) previews: Arc<Slots>,
    /// One for each reading of the members of a segment at a time.
    pub(crate) member_reads: Arc<Slots>,
    /// One for each upload of members at a time.
    pub(crate) uploads: Arc<Slots>,
    /// One for each registration of a segment at a time.
    pub(crate) registrations: Arc<Slots>,
    /// One for each caller that follows a run.
    pub(crate) event_streams: Arc<Slots>,
    /// One for each byte of the bodies that are received.
    pub(crate) bodies: Arc<Slots>,
    /// When the parts of this process last did their work.
    pub(crate) life: SignsOfLife,
    /// Renders the answer of `/metrics`.
    pub metrics: PrometheusHandle,
    /// Cancelled when the service stops.
    pub stop: CancellationToken,
}
