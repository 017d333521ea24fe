//! Opens everything that the settings name.

use std::time::Duration;

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use sqlx::migrate::MigrateError;
use tokio_util::sync::CancellationToken;

use super::owner::create_folder;
use crate::app::App;
use crate::campaign_monitor::CampaignMonitor;
use crate::config::Config;
use crate::db::{self, Db};
use crate::identity::Verifier;
use crate::life::SignsOfLife;
use crate::outbound::{Mailer, Outbound, Web};
use crate::queue::{self, Queue};
use crate::runs::measure;
use crate::segments;
use crate::slots::Slots;
use crate::storage::{Storage, Tables};
use crate::upkeep::fingerprints;

/// How long a call to the identity provider may take.
const IDENTITY_MAX: Duration = Duration::from_secs(10);

/// Opens everything that `config` names, and migrates the database. Of several processes on `PostgreSQL`, one migrates
/// at a time.
pub async fn open(config: Config, metrics: PrometheusHandle) -> anyhow::Result<App> {
    let config = config.check()?;
    measure::start();
    let data = &config.data;
    let keys = data.keys()?;
    let db = open_db(&config).await?.with_keys(keys.clone());
    migrate(&config, &db).await?;
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
        outbound: outbound(&config)?,
        keys,
        verifier: Verifier::new(config.auth.clone(), identity_http),
        previews: Slots::new(config.limits.max_previews),
        member_reads: Slots::new(config.limits.max_member_reads),
        uploads: Slots::new(config.limits.max_uploads),
        registrations: Slots::new(config.limits.max_registrations),
        event_streams: Slots::new(config.limits.max_event_streams),
        bodies: Slots::new(config.overload.max_received_bytes),
        life: SignsOfLife::default(),
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

fn outbound(config: &Config) -> anyhow::Result<Outbound> {
    let web = Web::new(config.channels.channels_allow_private)?;
    let mailer = config.channels.mail().map(|settings| Mailer::new(&settings)).transpose()?;
    Ok(Outbound { web, mailer, public_url: config.channels.public_url.clone() })
}

fn campaign_monitor(config: &Config) -> reqwest::Result<CampaignMonitor> {
    CampaignMonitor::new(config.data.campaign_monitor_url.clone(), config.work.call_timeout())
}

/// Opens the database of `config`, and creates an embedded one with its folder.
pub async fn open_db(config: &Config) -> anyhow::Result<Db> {
    let url = config.data.database_url()?;
    create_folder(url)?;
    let (password_file, limits) =
        (config.data.database_password_file.clone(), config.data.database_limits());
    Db::connect(url, password_file, limits).await.map_err(|error| {
        anyhow::anyhow!(
            "{} cannot be opened ({}); check SEGMENT_EXPORT_DATABASE_URL",
            name_of(url),
            db::in_words(&error)
        )
    })
}

/// Opens the database of `config`, which must be there: an empty one in its place would pass for one without faults.
pub async fn open_existing_db(config: &Config) -> anyhow::Result<Db> {
    let url = config.data.database_url()?;
    let is_missing = url.starts_with("sqlite://") && !db::file_of(url)?.exists();
    anyhow::ensure!(
        !is_missing,
        "{} does not exist; check SEGMENT_EXPORT_DATABASE_URL, or create it: segment-export migrate",
        name_of(url)
    );
    open_db(config).await
}

/// Brings the database up to date.
pub async fn migrate(config: &Config, db: &Db) -> anyhow::Result<()> {
    let url = config.data.database_url()?;
    db.migrate().await.map_err(|error| match &error {
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => {
            anyhow::anyhow!("{} cannot be used ({})", name_of(url), db::in_words(cause))
        }
        _ => error.into(),
    })
}

/// A database in messages. The address of a PostgreSQL has a password.
fn name_of(url: &str) -> String {
    match db::file_of(url) {
        Ok(file) if url.starts_with("sqlite:") => format!("the database {}", file.display()),
        _ => "the database".to_owned(),
    }
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
    let password_file = config.data.redis_password_file.clone();
    let queue = Queue::redis(url, &config.data.redis_list, authorities.as_deref(), password_file);
    let queue = queue.context(settings)?;
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
