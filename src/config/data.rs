//! Where things are kept, and whom the service talks to: the database, the queue, Campaign Monitor, the keys of secrets.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::db;
use crate::secrets::{self, Keys};

const DEV_ENCRYPTION_KEYS: &str = "dev:c2VnbWVudC1leHBvcnQgZGV2ZWxvcG1lbnQga2V5ISE=";

#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct Data {
    /// `sqlite://FILE` or `postgres://…`; for TLS with `?sslmode=verify-full&sslrootcert=FILE`.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_DATABASE_URL",
        default_value = "sqlite://data/segment-export.db",
        hide_env_values = true
    )]
    pub database_url: SecretString,
    /// The most connections to `PostgreSQL` a process holds.
    #[arg(long, env = "SEGMENT_EXPORT_DATABASE_CONNECTIONS", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    pub database_connections: u32,
    /// How long a call waits for a connection of the pool, or for a lock, before it is told to come back. `PostgreSQL`
    /// ends a transaction that does nothing for as long.
    #[arg(long, env = "SEGMENT_EXPORT_DATABASE_WAIT_MS", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub database_wait_ms: u64,
    /// How long `PostgreSQL` may work on one statement. It counts as away when it says nothing for longer than that and
    /// the wait for a connection together.
    #[arg(long, env = "SEGMENT_EXPORT_DATABASE_STATEMENT_MS", default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub database_statement_ms: u64,
    /// `redis://…` or `rediss://…`; without it the queue lives in this process.
    #[arg(long, env = "SEGMENT_EXPORT_REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<SecretString>,
    /// PEM file of the authorities that sign Redis' certificate, for `rediss://`; those of the system when left out.
    #[arg(long, env = "SEGMENT_EXPORT_REDIS_CA")]
    pub redis_ca: Option<PathBuf>,
    /// What the queue is called in Redis, so that several services can share one.
    #[arg(long, env = "SEGMENT_EXPORT_REDIS_LIST", default_value = "segment-export:runs")]
    pub redis_list: String,
    /// The Campaign Monitor API.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_CAMPAIGN_MONITOR_URL",
        default_value = "https://api.createsend.com"
    )]
    pub campaign_monitor_url: Url,
    /// Keys that seal secrets, `id:base64key,…`: the first seals, all open. Required outside development.
    #[arg(long, env = "SEGMENT_EXPORT_ENCRYPTION_KEYS", hide_env_values = true)]
    pub encryption_keys: Option<SecretString>,
}

impl Data {
    pub(super) fn fill_in_for_development(&mut self) {
        self.encryption_keys.get_or_insert_with(|| DEV_ENCRYPTION_KEYS.into());
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.database_url()?;
        anyhow::ensure!(
            self.encryption_keys.is_some(),
            "SEGMENT_EXPORT_ENCRYPTION_KEYS is required (or --dev on a laptop)"
        );
        anyhow::ensure!(
            self.redis_url.is_none() || self.database_url.expose_secret().starts_with("postgres"),
            "a queue in Redis serves several processes, and those need PostgreSQL: set SEGMENT_EXPORT_DATABASE_URL"
        );
        anyhow::ensure!(
            matches!(self.campaign_monitor_url.scheme(), "https" | "http"),
            "SEGMENT_EXPORT_CAMPAIGN_MONITOR_URL must begin with https:// (http:// for the offline one)"
        );
        let is_tls = |url: &SecretString| url.expose_secret().starts_with("rediss://");
        anyhow::ensure!(
            self.redis_ca.is_none() || self.redis_url.as_ref().is_some_and(is_tls),
            "SEGMENT_EXPORT_REDIS_CA is for TLS: SEGMENT_EXPORT_REDIS_URL must begin with rediss://"
        );
        Ok(())
    }

    /// Where the database is. Another word would be taken for the name of a file.
    pub fn database_url(&self) -> anyhow::Result<&str> {
        let url = self.database_url.expose_secret();
        anyhow::ensure!(
            ["sqlite:", "postgres://", "postgresql://"]
                .iter()
                .any(|scheme| url.starts_with(scheme)),
            "SEGMENT_EXPORT_DATABASE_URL must begin with sqlite://, postgres:// or postgresql://"
        );
        Ok(url)
    }

    /// The keys that seal secrets.
    pub fn keys(&self) -> Result<Keys, secrets::Error> {
        Keys::parse(self.encryption_keys.as_ref().ok_or(secrets::Error::Malformed)?)
    }

    /// What a process may ask of the database.
    #[must_use]
    pub const fn database_limits(&self) -> db::Limits {
        db::Limits {
            connections: self.database_connections,
            wait: Duration::from_millis(self.database_wait_ms),
            statement: Duration::from_millis(self.database_statement_ms),
        }
    }
}
