//! Settings of what may travel unencrypted: outside development nothing that leaves this machine, unless they say so.

use anyhow::{Context, ensure};
use clap::Args;
use secrecy::ExposeSecret;
use sqlx::postgres::PgSslMode;
use url::{Host, Url};

use super::channels::ChannelSettings;
use super::data::Data;
use super::storage::StorageArgs;
use crate::db::PostgresAddress;
use crate::identity::settings::Auth;

/// Schemes of a Redis without TLS, other than sockets of this machine.
const PLAIN_REDIS: [&str; 4] = ["redis", "valkey", "redis+sentinel", "valkey+sentinel"];

#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct Plaintext {
    /// Allows a PostgreSQL on another machine without TLS, also for data sources. Everybody on the way can read
    /// members.
    #[arg(long, env = "SEGMENT_EXPORT_DATABASE_ALLOW_PLAINTEXT")]
    pub database_allow_plaintext: bool,
    /// Allows a Redis on another machine without TLS. Everybody on the way can read its password and start runs.
    #[arg(long, env = "SEGMENT_EXPORT_REDIS_ALLOW_PLAINTEXT")]
    pub redis_allow_plaintext: bool,
}

impl Plaintext {
    /// Refuses each address outside this machine to which nothing is encrypted, unless the settings allow it.
    pub(super) fn checks(
        &self,
        data: &Data,
        auth: &Auth,
        storage: &StorageArgs,
        channels: &ChannelSettings,
    ) -> Vec<anyhow::Result<()>> {
        // An issuer whose keys are elsewhere is a name: nothing is read there.
        let issuer = auth.auth_issuer.as_deref().filter(|_| auth.auth_jwks_url.is_none());
        let web = [
            ("AUTH_ISSUER", issuer),
            ("AUTH_JWKS_URL", auth.auth_jwks_url.as_ref().map(Url::as_str)),
            ("CAMPAIGN_MONITOR_URL", Some(data.campaign_monitor_url.as_str())),
        ];
        let mut checks: Vec<_> = web.into_iter().map(|(name, url)| check_web(name, url)).collect();
        let database = data.database_url();
        checks.push(database.and_then(|url| self.check_database("DATABASE_URL", url)));
        checks.push(storage.data_sources().and_then(|sources| {
            let mut urls = sources.iter().map(|source| source.url.expose_secret());
            urls.try_for_each(|url| self.check_database("SQL_SOURCES", url))
        }));
        let redis = data.redis_url.as_ref().map_or("", |url| url.expose_secret());
        checks.push(self.check_redis(redis));
        checks.push(check_mail(channels.smtp_url.as_ref().map_or("", |url| url.expose_secret())));
        checks
    }

    fn check_database(&self, setting: &str, url: &str) -> anyhow::Result<()> {
        if !url.starts_with("postgres") || is_encrypted(setting, url)? {
            return Ok(());
        }
        ensure!(
            self.database_allow_plaintext,
            "SEGMENT_EXPORT_{setting} must have sslmode=require, verify-ca or verify-full; where nobody else is on the \
             way, set SEGMENT_EXPORT_DATABASE_ALLOW_PLAINTEXT=true"
        );
        tracing::warn!(
            setting,
            "NOT ENCRYPTED: everybody on the way to PostgreSQL can read members"
        );
        Ok(())
    }

    fn check_redis(&self, url: &str) -> anyhow::Result<()> {
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let mut hosts = authority.rsplit('@').next().unwrap_or_default().split(',');
        // Sentinels name a server that may be anywhere.
        let is_elsewhere =
            scheme.contains('+') || !hosts.all(|host| is_here(&format!("redis://{host}")));
        if !PLAIN_REDIS.contains(&&*scheme.to_ascii_lowercase()) || !is_elsewhere {
            return Ok(());
        }
        ensure!(
            self.redis_allow_plaintext,
            "SEGMENT_EXPORT_REDIS_URL must begin with rediss://; where nobody else is on the way, set \
             SEGMENT_EXPORT_REDIS_ALLOW_PLAINTEXT=true"
        );
        tracing::warn!("NOT ENCRYPTED: everybody on the way to Redis can read its password");
        Ok(())
    }
}

/// Warns of traces that leave this machine unencrypted. They hold no personal data, so they may.
pub(crate) fn warn_of_plain_traces(endpoint: &str) {
    if endpoint.starts_with("http://") && !is_here(endpoint) {
        tracing::warn!(
            "NOT ENCRYPTED: everybody on the way can read the traces; OTEL_EXPORTER_OTLP_ENDPOINT begins with http://"
        );
    }
}

fn check_web(name: &str, url: Option<&str>) -> anyhow::Result<()> {
    ensure!(
        !url.is_some_and(|url| url.starts_with("http://") && !is_here(url)),
        "SEGMENT_EXPORT_{name} must begin with https:// (http:// only on this machine, or with --dev)"
    );
    Ok(())
}

fn check_mail(url: &str) -> anyhow::Result<()> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let is_encrypted =
        url.starts_with("smtps://") || query.split('&').any(|pair| pair == "tls=required");
    ensure!(
        url.is_empty() || is_encrypted || is_here(url),
        "SEGMENT_EXPORT_SMTP_URL must begin with smtps://, or end with ?tls=required (without them only on this \
         machine, or with --dev)"
    );
    Ok(())
}

/// Whether nobody else can read what is sent to a PostgreSQL: it is here, or TLS is demanded.
fn is_encrypted(setting: &str, url: &str) -> anyhow::Result<bool> {
    let address = PostgresAddress::parse(url).ok().with_context(|| {
        format!("SEGMENT_EXPORT_{setting} names a PostgreSQL by an address that cannot be read")
    })?;
    Ok(address.servers().iter().all(|server| {
        let demands_tls = matches!(
            server.get_ssl_mode(),
            PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull
        );
        let host = server.get_host();
        demands_tls || server.get_socket().is_some() || is_here(&format!("http://{host}/"))
    }))
}

/// Whether an address is on this machine, which its traffic never leaves.
fn is_here(url: &str) -> bool {
    match Url::parse(url).ok().as_ref().and_then(Url::host) {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        // For `redis:` the host is not interpreted.
        Some(Host::Domain(name)) => name == "localhost" || name == "127.0.0.1",
        None => false,
    }
}
