//! Real processes for tests: the service in any number of parts, everything it leans on, and somebody who calls it.

pub mod caller;
pub mod campaign_monitor;
pub mod processes;
pub mod runs;
pub mod services;

use std::path::PathBuf;

use anyhow::Result;
use tempfile::TempDir;

use campaign_monitor::CampaignMonitor;
use processes::Process;
use services::{Postgres, Redis, Storage};

/// Everything that the service leans on, ours to fail at any moment.
pub struct Cluster {
    pub postgres: Postgres,
    pub redis: Redis,
    pub storage: Storage,
    pub campaign_monitor: CampaignMonitor,
    /// Of every process of the service, beside its database.
    pub settings: Vec<String>,
    folder: TempDir,
}

impl Cluster {
    /// With these settings beside those that name the engines.
    pub async fn start(settings: &[(&str, &str)]) -> Result<Self> {
        let folder = TempDir::new()?;
        let postgres = Postgres::start(folder.path()).await?;
        let redis = Redis::start().await?;
        let storage = Storage::new(folder.path())?;
        let campaign_monitor = CampaignMonitor::start().await?;
        let engines = [
            ("--redis-url", &*redis.url()),
            ("--storage-url", &storage.url()),
            ("--campaign-monitor-url", &campaign_monitor.url()),
        ];
        let settings = engines.iter().chain(settings).flat_map(|(name, value)| [*name, *value]);
        let settings = ["serve", "--dev"].into_iter().chain(settings).map(str::to_owned).collect();
        Ok(Self { postgres, redis, storage, campaign_monitor, settings, folder })
    }

    /// Starts a process of the service whose log is kept, down to its details. Returns where.
    pub async fn play_logged(&self, roles: &str) -> Result<(Process, PathBuf)> {
        let log = self.folder.path().join(format!("{roles}.log"));
        let settings = self.settings_of(roles, roles);
        Ok((Process::start_logged(roles, &settings, Some(log.clone())).await?, log))
    }

    /// Starts a process of the service, which PostgreSQL knows by its name.
    pub async fn play(&self, name: &str, roles: &str) -> Result<Process> {
        Process::start(name, &self.settings_of(name, roles)).await
    }

    /// The settings of a process that has these roles.
    pub fn settings_of(&self, name: &str, roles: &str) -> Vec<String> {
        let mut settings = self.settings.clone();
        // A test may have named another one.
        if !settings.iter().any(|setting| setting == "--database-url") {
            settings.extend(["--database-url".into(), self.postgres.url_of(name)]);
        }
        settings.extend(["--roles".into(), roles.into()]);
        settings
    }
}
