//! Every setting: its name, default, unit and meaning. `segment-export serve --help` prints this page.
//!
//! Nothing else reads the environment (`config/storage.rs` reads the part about storage). Relations between settings are checked once, at the start.

mod storage;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::campaign_monitor::oauth::Application;
use crate::db;
use crate::secrets::{self, Keys};
pub use storage::StorageArgs;

/// Shared by `serve` and `token` in development only; refused without `--dev`.
const DEV_HS256_SECRET: &str = "segment-export development secret: never outside a laptop";
const DEV_ENCRYPTION_KEYS: &str = "dev:c2VnbWVudC1leHBvcnQgZGV2ZWxvcG1lbnQga2V5ISE=";
const DEV_ISSUER: &str = "segment-export-dev";
const DEV_AUDIENCE: &str = "segment-export";

/// A part of the service that a process can play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Answers HTTP calls.
    Api,
    /// Carries out runs.
    Worker,
    /// Starts runs at their planned times, and keeps house: removes what has outlived its age.
    Scheduler,
}

// What a process tells about itself, and where. Names that begin with OTEL are those of every service.
#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct Signals {
    /// Where traces are sent (OTLP over HTTP); nowhere when left out.
    #[arg(long, global = true, env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
    /// What the service is called in traces.
    #[arg(long, global = true, env = "OTEL_SERVICE_NAME", default_value = "segment-export")]
    pub service_name: String,
    /// Which spans are sent, written as `RUST_LOG` is; `info` leaves out calls of the database and the queue.
    #[arg(
        long,
        global = true,
        env = "SEGMENT_EXPORT_TRACE_FILTER",
        default_value = "info,segment_export=debug"
    )]
    pub trace_filter: String,
}

/// The settings of the service.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Address and port to listen on.
    #[arg(long, env = "SEGMENT_EXPORT_BIND", default_value = "127.0.0.1:8080")]
    pub bind: SocketAddr,
    /// Parts this process plays.
    #[arg(long = "roles", env = "SEGMENT_EXPORT_ROLES", value_delimiter = ',', default_values = ["api", "worker", "scheduler"])]
    pub parts: Vec<Part>,
    /// Development mode: allows tokens signed with a shared secret. Never in production.
    #[arg(long, env = "SEGMENT_EXPORT_DEV")]
    pub dev: bool,
    /// Proxies in front that add to `X-Forwarded-For`: the audit takes the caller's address from there. 0: believe no header.
    #[arg(long, env = "SEGMENT_EXPORT_FORWARDED_HOPS", default_value_t = 0, value_parser = clap::value_parser!(u8).range(..=10))]
    pub forwarded_hops: u8,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as the help of the command")]
    pub data: Data,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as the help of the command")]
    pub storage: StorageArgs,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as the help of the command")]
    pub auth: Auth,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as the help of the command")]
    pub oauth: OAuth,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as the help of the command")]
    pub work: Work,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as the help of the command")]
    pub limits: Limits,
}

// Where things are kept, and whom we talk to.
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
    #[arg(long, env = "SEGMENT_EXPORT_DATABASE_CONNECTIONS", default_value_t = 8)]
    pub database_connections: u32,
    /// How long a call waits for a connection of the pool, or for a lock, before it is told to come back. `PostgreSQL`
    /// ends a transaction that does nothing for as long.
    #[arg(long, env = "SEGMENT_EXPORT_DATABASE_WAIT_MS", default_value_t = 5_000)]
    pub database_wait_ms: u64,
    /// How long `PostgreSQL` may work on one statement.
    #[arg(long, env = "SEGMENT_EXPORT_DATABASE_STATEMENT_MS", default_value_t = 30_000)]
    pub database_statement_ms: u64,
    /// `redis://…` or `rediss://…`; without it the queue lives in this process.
    #[arg(long, env = "SEGMENT_EXPORT_REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<SecretString>,
    /// PEM file of the authorities that sign Redis' certificate, for `rediss://`; those of the system when left out.
    #[arg(long, env = "SEGMENT_EXPORT_REDIS_CA")]
    pub redis_ca: Option<PathBuf>,
    /// Key of the queue's list, so that several services can share a Redis.
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

// How callers prove who they are.
#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct Auth {
    /// Issuer of the tokens. Required outside development.
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_ISSUER")]
    pub auth_issuer: Option<String>,
    /// Audience the tokens must name. Required outside development.
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_AUDIENCE")]
    pub auth_audience: Option<String>,
    /// Where the signing keys are; found by `OpenID` discovery when left out.
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_JWKS_URL")]
    pub auth_jwks_url: Option<Url>,
    /// How old the signing keys may get before they are read again: a key that is withdrawn works no longer than this.
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_JWKS_AGE_MS", default_value_t = 3_600_000)]
    pub auth_jwks_age_ms: u64,
    /// The least time between two readings of the signing keys, however many unknown keys tokens name.
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_JWKS_PAUSE_MS", default_value_t = 10_000)]
    pub auth_jwks_pause_ms: u64,
    /// Claim that holds the roles.
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_ROLES_CLAIM", default_value = "roles")]
    pub auth_roles_claim: String,
    /// Claim that holds the instance ids (`*` = all).
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_INSTANCES_CLAIM", default_value = "instances")]
    pub auth_instances_claim: String,
    /// Clock difference forgiven when a token's times are checked; at most 60.
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_LEEWAY_SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(..=60))]
    pub auth_leeway_seconds: u64,
    /// Shared secret of development tokens; only with `--dev`.
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_HS256_SECRET", hide_env_values = true)]
    pub auth_hs256_secret: Option<SecretString>,
}

// How this service is registered at Campaign Monitor, so that people can sign in there.
#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct OAuth {
    /// Id of the application registered at Campaign Monitor; without it connections take API keys only.
    #[arg(long, env = "SEGMENT_EXPORT_OAUTH_CLIENT_ID")]
    pub oauth_client_id: Option<String>,
    /// Secret of that application.
    #[arg(long, env = "SEGMENT_EXPORT_OAUTH_CLIENT_SECRET", hide_env_values = true)]
    pub oauth_client_secret: Option<SecretString>,
    /// Where Campaign Monitor sends people back, as registered there: `https://…/oauth/campaign-monitor/callback`.
    #[arg(long, env = "SEGMENT_EXPORT_OAUTH_REDIRECT_URL")]
    pub oauth_redirect_url: Option<Url>,
    /// Page of the front end that people see then, with the outcome in its query; a page of ours when left out.
    #[arg(long, env = "SEGMENT_EXPORT_OAUTH_RETURN_URL")]
    pub oauth_return_url: Option<Url>,
}

// How runs are carried out.
#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct Work {
    /// Runs a worker carries out at a time.
    #[arg(long, env = "SEGMENT_EXPORT_RUNS_IN_PARALLEL", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub runs_in_parallel: u16,
    /// The most uploads of a run in flight; the limiter finds the right number.
    #[arg(long, env = "SEGMENT_EXPORT_UPLOADS_IN_FLIGHT", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub uploads_in_flight: u16,
    /// How long a call to Campaign Monitor may take.
    #[arg(long, env = "SEGMENT_EXPORT_CALL_TIMEOUT_MS", default_value_t = 120_000)]
    pub call_timeout_ms: u64,
    /// Tries of one call before the run is put aside.
    #[arg(long, env = "SEGMENT_EXPORT_CALL_TRIES", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub call_tries: u32,
    /// First pause between tries; doubles, with jitter.
    #[arg(long, env = "SEGMENT_EXPORT_RETRY_PAUSE_MS", default_value_t = 500)]
    pub retry_pause_ms: u64,
    /// First pause before a run that was put aside is tried again; doubles up to ten minutes.
    #[arg(long, env = "SEGMENT_EXPORT_RUN_PAUSE_MS", default_value_t = 10_000)]
    pub run_pause_ms: u64,
    /// Attempts of a run without any progress before it fails.
    #[arg(long, env = "SEGMENT_EXPORT_STALLS_MAX", default_value_t = 5, value_parser = clap::value_parser!(i32).range(1..=100))]
    pub stalls_max: i32,
    /// How long a worker owns a run without renewing; another takes over after that.
    #[arg(long, env = "SEGMENT_EXPORT_LEASE_MS", default_value_t = 60_000)]
    pub lease_ms: u64,
    /// How long a run may keep its slot while others wait and every slot of its worker is taken.
    #[arg(long, env = "SEGMENT_EXPORT_RUN_SLICE_MS", default_value_t = 60_000)]
    pub run_slice_ms: u64,
    /// How often a worker looks for runs the queue forgot.
    #[arg(long, env = "SEGMENT_EXPORT_SWEEP_MS", default_value_t = 5_000)]
    pub sweep_ms: u64,
    /// How often the scheduler looks for planned times that have come.
    #[arg(long, env = "SEGMENT_EXPORT_SCHEDULE_MS", default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    pub schedule_ms: u64,
    /// How long uploads in flight may take to finish when the process is told to stop.
    #[arg(long, env = "SEGMENT_EXPORT_DRAIN_MS", default_value_t = 40_000)]
    pub drain_ms: u64,
}

// The most of everything.
#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct Limits {
    /// Profiles an export may select; beyond it a run is skipped.
    #[arg(long, env = "SEGMENT_EXPORT_MAX_PROFILES_PER_EXPORT", default_value_t = 1_000_000)]
    pub max_profiles_per_export: i64,
    /// Members a segment may have.
    #[arg(long, env = "SEGMENT_EXPORT_MAX_MEMBERS_PER_SEGMENT", default_value_t = 10_000_000)]
    pub max_members_per_segment: u64,
    /// Size of an upload of members, in bytes.
    #[arg(long, env = "SEGMENT_EXPORT_MAX_UPLOAD_BYTES", default_value_t = 2 << 30)]
    pub max_upload_bytes: u64,
    /// Size of any other request body, in bytes.
    #[arg(long, env = "SEGMENT_EXPORT_MAX_BODY_BYTES", default_value_t = 1 << 20)]
    pub max_body_bytes: usize,
    /// Callers that may follow the events of runs at a time.
    #[arg(long, env = "SEGMENT_EXPORT_MAX_EVENT_STREAMS", default_value_t = 100)]
    pub max_event_streams: usize,
    /// Previews made at a time; each reads whole segments.
    #[arg(long, env = "SEGMENT_EXPORT_MAX_PREVIEWS", default_value_t = 2)]
    pub max_previews: usize,
    /// How long a preview may take.
    #[arg(long, env = "SEGMENT_EXPORT_PREVIEW_TIMEOUT_MS", default_value_t = 60_000)]
    pub preview_timeout_ms: u64,
    /// Refused calls of one caller that the audit records in a minute; the others are only counted.
    #[arg(long, env = "SEGMENT_EXPORT_MAX_AUDITED_REFUSALS", default_value_t = 100)]
    pub max_audited_refusals: u32,
    /// How long audit events are kept.
    #[arg(long, env = "SEGMENT_EXPORT_AUDIT_DAYS", default_value_t = 730)]
    pub audit_days: u32,
    /// How long the answer to an `Idempotency-Key` is remembered.
    #[arg(long, env = "SEGMENT_EXPORT_IDEMPOTENCY_HOURS", default_value_t = 24)]
    pub idempotency_hours: u32,
    /// Days after its end that a run is kept; 0 keeps it for ever.
    #[arg(long, env = "SEGMENT_EXPORT_KEEP_RUNS_DAYS", default_value_t = 400)]
    pub keep_runs_days: u32,
    /// Days after the end of a run that its rejected rows are kept, which are personal data; 0 keeps them as long as the run.
    #[arg(long, env = "SEGMENT_EXPORT_KEEP_REJECTIONS_DAYS", default_value_t = 90)]
    pub keep_rejections_days: u32,
    /// Days after the end of a run that its batches are kept; 0 keeps them as long as the run.
    #[arg(long, env = "SEGMENT_EXPORT_KEEP_BATCHES_DAYS", default_value_t = 0)]
    pub keep_batches_days: u32,
}

impl Config {
    /// Fills in the development defaults and refuses settings that contradict each other.
    pub fn check(mut self) -> anyhow::Result<Self> {
        if self.dev {
            self.auth.auth_issuer.get_or_insert_with(|| DEV_ISSUER.into());
            self.auth.auth_audience.get_or_insert_with(|| DEV_AUDIENCE.into());
            self.data.encryption_keys.get_or_insert_with(|| DEV_ENCRYPTION_KEYS.into());
            self.auth.auth_hs256_secret.get_or_insert_with(|| DEV_HS256_SECRET.into());
        }
        self.check_identity()?;
        self.check_times()?;
        self.check_oauth()?;
        anyhow::ensure!(
            !self.parts.is_empty(),
            "--roles names no part: use api, worker, scheduler"
        );
        anyhow::ensure!(
            self.data.encryption_keys.is_some(),
            "SEGMENT_EXPORT_ENCRYPTION_KEYS is required (or --dev on a laptop)"
        );
        anyhow::ensure!(
            self.data.redis_url.is_none()
                || self.data.database_url.expose_secret().starts_with("postgres"),
            "a queue in Redis serves several processes, and those need PostgreSQL: set SEGMENT_EXPORT_DATABASE_URL"
        );
        let is_tls = |url: &SecretString| url.expose_secret().starts_with("rediss://");
        anyhow::ensure!(
            self.data.redis_ca.is_none() || self.data.redis_url.as_ref().is_some_and(is_tls),
            "SEGMENT_EXPORT_REDIS_CA is for TLS: SEGMENT_EXPORT_REDIS_URL must begin with rediss://"
        );
        Ok(self)
    }

    fn check_identity(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.auth.auth_issuer.is_some() && self.auth.auth_audience.is_some(),
            "SEGMENT_EXPORT_AUTH_ISSUER and SEGMENT_EXPORT_AUTH_AUDIENCE are required (or --dev on a laptop)"
        );
        anyhow::ensure!(
            self.dev || self.auth.auth_hs256_secret.is_none(),
            "SEGMENT_EXPORT_AUTH_HS256_SECRET is for development only: remove it, or set SEGMENT_EXPORT_DEV=true"
        );
        Ok(())
    }

    fn check_times(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.work.lease_ms >= 300, "SEGMENT_EXPORT_LEASE_MS must be at least 300");
        anyhow::ensure!(
            self.work.sweep_ms > 0 && self.work.call_timeout_ms > 0,
            "SEGMENT_EXPORT_SWEEP_MS and SEGMENT_EXPORT_CALL_TIMEOUT_MS must be above zero"
        );
        Ok(())
    }

    fn check_oauth(&self) -> anyhow::Result<()> {
        let oauth = &self.oauth;
        let given = [
            oauth.oauth_client_id.is_some(),
            oauth.oauth_client_secret.is_some(),
            oauth.oauth_redirect_url.is_some(),
        ];
        anyhow::ensure!(
            given == [true; 3] || (given == [false; 3] && oauth.oauth_return_url.is_none()),
            "SEGMENT_EXPORT_OAUTH_CLIENT_ID, …_CLIENT_SECRET and …_REDIRECT_URL go together: set all three, or none"
        );
        let is_safe = |url: &Url| url.scheme() == "https" || (self.dev && url.scheme() == "http");
        anyhow::ensure!(
            oauth.oauth_redirect_url.iter().chain(&oauth.oauth_return_url).all(is_safe),
            "SEGMENT_EXPORT_OAUTH_REDIRECT_URL and …_RETURN_URL must begin with https:// (http:// only with --dev)"
        );
        Ok(())
    }

    /// Whether this process plays `part`.
    #[must_use]
    pub fn plays(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }
}

impl Signals {
    /// Where traces are sent. An empty variable counts as none.
    #[must_use]
    pub fn otlp_endpoint(&self) -> Option<&str> {
        self.otlp_endpoint.as_deref().filter(|endpoint| !endpoint.is_empty())
    }
}

impl Data {
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

impl OAuth {
    /// The application, if there is one.
    #[must_use]
    pub fn application(&self) -> Option<Application> {
        Some(Application {
            client_id: self.oauth_client_id.clone()?,
            client_secret: self.oauth_client_secret.clone()?,
            redirect_url: self.oauth_redirect_url.clone()?,
        })
    }
}

impl Work {
    /// How long a claim lasts without renewal.
    #[must_use]
    pub fn lease(&self) -> Duration {
        Duration::from_millis(self.lease_ms)
    }

    /// How long a run may keep its slot while others wait.
    #[must_use]
    pub fn slice(&self) -> Duration {
        Duration::from_millis(self.run_slice_ms)
    }

    /// How long one call to Campaign Monitor may take.
    #[must_use]
    pub fn call_timeout(&self) -> Duration {
        Duration::from_millis(self.call_timeout_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        config: Config,
    }

    fn check(args: &[&str]) -> Result<Config, String> {
        let args = [&["segment-export"], args].concat();
        Program::try_parse_from(args)
            .map_err(|error| error.to_string())
            .and_then(|program| program.config.check().map_err(|error| error.to_string()))
    }

    #[test]
    fn development_needs_no_setting_at_all() {
        assert!(check(&["--dev"]).is_ok());
    }

    #[test]
    fn production_refuses_to_start_without_an_issuer_or_with_a_shared_secret() {
        assert!(check(&[]).unwrap_err().contains("AUTH_ISSUER"));
        let shared = ["--auth-issuer", "i", "--auth-audience", "a", "--auth-hs256-secret", "s"];
        assert!(check(&shared).unwrap_err().contains("development only"));
    }

    #[test]
    fn a_leeway_above_a_minute_is_refused() {
        assert!(check(&["--dev", "--auth-leeway-seconds", "61"]).is_err());
    }

    #[test]
    fn the_settings_of_oauth_go_together_and_are_encrypted_on_the_way() {
        let id = ["--oauth-client-id", "1", "--oauth-client-secret", "s"];
        let with = |more: &[&str]| check(&[&["--dev"], id.as_slice(), more].concat());
        assert!(with(&[]).unwrap_err().contains("go together"));
        assert!(with(&["--oauth-redirect-url", "http://localhost/"]).is_ok(), "on a laptop");
        assert!(with(&["--oauth-redirect-url", "ftp://localhost/"]).is_err());
        let alone = ["--dev", "--oauth-return-url", "https://example.com"];
        assert!(check(&alone).unwrap_err().contains("go together"));
        let production = [
            &["--auth-issuer", "i", "--auth-audience", "a", "--encryption-keys", "k"],
            id.as_slice(),
            &["--oauth-redirect-url", "http://example.com/"],
        ];
        assert!(check(&production.concat()).unwrap_err().contains("https://"));
    }
}
