//! Settings of the database, the queue, Campaign Monitor, and the keys that seal secrets.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::db::{self, DatabaseLimits, PoolMode, PostgresAddress};
use crate::secrets::{self, Keys};

/// When no setting says otherwise.
pub(super) const DEFAULT_DATABASE_URL: &str = "sqlite://data/segment-export.db";
const DEV_ENCRYPTION_KEYS: &str = "dev:c2VnbWVudC1leHBvcnQgZGV2ZWxvcG1lbnQga2V5ISE=";

#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct Data {
    /// `sqlite://FILE` or `postgres://…`; for TLS with `?sslmode=verify-full&sslrootcert=FILE`. Of several hosts,
    /// separated by commas, the one that accepts writes is used.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_DATABASE_URL",
        default_value = DEFAULT_DATABASE_URL,
        hide_env_values = true
    )]
    pub database_url: SecretString,
    /// File with the password of `PostgreSQL`, read again for each connection: for passwords that expire.
    #[arg(long, env = "SEGMENT_EXPORT_DATABASE_PASSWORD_FILE")]
    pub database_password_file: Option<PathBuf>,
    /// How long a connection is one session of `PostgreSQL`: `transaction` behind a pooler such as `PgBouncer` in that
    /// mode.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_DATABASE_POOL_MODE",
        value_enum,
        default_value_t = PoolMode::Session
    )]
    pub database_pool_mode: PoolMode,
    /// Most `PostgreSQL` connections of a process.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_DATABASE_CONNECTIONS",
        default_value_t = 8,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub database_connections: u32,
    /// How long a call waits for a pooled connection or a lock before it gets 503. `PostgreSQL` also ends a transaction
    /// that is idle for this long.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_DATABASE_WAIT_MS",
        default_value_t = 5_000,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub database_wait_ms: u64,
    /// How long `PostgreSQL` may work on one statement. It counts as unavailable when it does not respond for longer
    /// than this and the wait for a connection together.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_DATABASE_STATEMENT_MS",
        default_value_t = 30_000,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub database_statement_ms: u64,
    /// `redis://…` or `rediss://…`, with several hosts separated by commas for a cluster, or
    /// `rediss+sentinel://HOST,HOST/NAME` with those of Sentinels; without it the queue lives in this process.
    #[arg(long, env = "SEGMENT_EXPORT_REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<SecretString>,
    /// File with the password of Redis, read again for each connection: for passwords that expire.
    #[arg(long, env = "SEGMENT_EXPORT_REDIS_PASSWORD_FILE")]
    pub redis_password_file: Option<PathBuf>,
    /// PEM file of the authorities that sign the certificate of Redis, for `rediss://`; those of the system when unset.
    #[arg(long, env = "SEGMENT_EXPORT_REDIS_CA")]
    pub redis_ca: Option<PathBuf>,
    /// Name of the queue in Redis. Services that share a Redis need different names.
    #[arg(long, env = "SEGMENT_EXPORT_REDIS_LIST", default_value = "segment-export:runs")]
    pub redis_list: String,
    /// Base address of the Campaign Monitor API, `https://` in production.
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

    pub(super) fn checks(&self, dev: bool) -> Vec<anyhow::Result<()>> {
        vec![
            self.database_url().map(drop),
            self.check_database(),
            self.check_keys(dev),
            self.check_queue(),
            self.check_campaign_monitor(),
        ]
    }

    /// Whether everybody can open what is sealed: with the key of development, which is published, under any id.
    pub(super) fn seals_with_published_key(&self) -> bool {
        let published = Keys::parse(&DEV_ENCRYPTION_KEYS.into());
        let newest = |keys: &Keys| keys.fingerprints().next().map(|(_, print)| print.to_owned());
        match (self.encryption_keys.as_ref().map(Keys::parse), published) {
            (Some(Ok(own)), Ok(published)) => newest(&own) == newest(&published),
            (own, _) => own.is_none(),
        }
    }

    fn check_keys(&self, dev: bool) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.encryption_keys.is_some(),
            "SEGMENT_EXPORT_ENCRYPTION_KEYS is required (or --dev on a laptop)"
        );
        self.keys().map(drop).context("SEGMENT_EXPORT_ENCRYPTION_KEYS cannot be used")?;
        anyhow::ensure!(
            dev || !self.seals_with_published_key(),
            "SEGMENT_EXPORT_ENCRYPTION_KEYS begins with the key of development, which is published: anyone can open \
             what it seals. Put a key of your own in front of it, made with `openssl rand -base64 32`"
        );
        Ok(())
    }

    /// An address that cannot be read is refused in words that do not repeat it, because it may have a password.
    fn check_database(&self) -> anyhow::Result<()> {
        let Some(address) = self.postgres()? else {
            anyhow::ensure!(
                self.database_password_file.is_none()
                    && self.database_pool_mode == PoolMode::Session,
                "SEGMENT_EXPORT_DATABASE_PASSWORD_FILE and …_POOL_MODE are for PostgreSQL: set \
                 SEGMENT_EXPORT_DATABASE_URL to one"
            );
            return Ok(());
        };
        let Some(file) = &self.database_password_file else { return Ok(()) };
        anyhow::ensure!(
            !address.has_password(),
            "SEGMENT_EXPORT_DATABASE_URL has a password, and SEGMENT_EXPORT_DATABASE_PASSWORD_FILE is set: remove one \
             of them"
        );
        check_password_file("DATABASE", file)
    }

    /// The servers of the database; `None` for an embedded one.
    fn postgres(&self) -> anyhow::Result<Option<PostgresAddress>> {
        let url = self.database_url.expose_secret();
        if !url.starts_with("postgres") {
            return Ok(None);
        }
        PostgresAddress::parse(url).map(Some).map_err(|error| {
            anyhow::anyhow!("SEGMENT_EXPORT_DATABASE_URL cannot be read ({})", db::in_words(&error))
        })
    }

    fn check_queue(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.redis_url.is_none() || self.database_url.expose_secret().starts_with("postgres"),
            "a queue in Redis serves several processes, and those need PostgreSQL: set SEGMENT_EXPORT_DATABASE_URL"
        );
        let is_tls = |url: &SecretString| url.expose_secret().starts_with("rediss");
        anyhow::ensure!(
            self.redis_ca.is_none() || self.redis_url.as_ref().is_some_and(is_tls),
            "SEGMENT_EXPORT_REDIS_CA is for TLS: SEGMENT_EXPORT_REDIS_URL must begin with rediss://"
        );
        let Some(file) = &self.redis_password_file else { return Ok(()) };
        let url = self.redis_url.as_ref().map_or("", |url| url.expose_secret());
        let (_, hosts) = url.split_once("://").unwrap_or_default();
        let user = hosts.split('@').next().filter(|user| user.len() < hosts.len());
        anyhow::ensure!(
            !url.is_empty() && !user.is_some_and(|user| user.contains(':')),
            "SEGMENT_EXPORT_REDIS_PASSWORD_FILE is set: SEGMENT_EXPORT_REDIS_URL must name a Redis without a password"
        );
        check_password_file("REDIS", file)
    }

    fn check_campaign_monitor(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            matches!(self.campaign_monitor_url.scheme(), "https" | "http"),
            "SEGMENT_EXPORT_CAMPAIGN_MONITOR_URL must begin with https:// (http:// for the offline one)"
        );
        Ok(())
    }

    /// `SQLx` would read any other scheme as the name of a file.
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

    /// Fails when a key is not written `id:base64key`.
    pub fn keys(&self) -> Result<Keys, secrets::Error> {
        Keys::parse(self.encryption_keys.as_ref().ok_or(secrets::Error::Malformed)?)
    }

    #[must_use]
    pub(crate) const fn database_limits(&self) -> DatabaseLimits {
        DatabaseLimits {
            connections: self.database_connections,
            wait: Duration::from_millis(self.database_wait_ms),
            statement: Duration::from_millis(self.database_statement_ms),
            pool_mode: self.database_pool_mode,
        }
    }
}

/// At each connection it is read again; at the start it must hold something.
fn check_password_file(engine: &str, file: &Path) -> anyhow::Result<()> {
    secrets::read_file(file).map(drop).map_err(|why| {
        let file = file.display();
        anyhow::anyhow!("SEGMENT_EXPORT_{engine}_PASSWORD_FILE names {file}, which {why}")
    })
}
