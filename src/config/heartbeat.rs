//! Settings of the heartbeat, by which a service outside notices that this one stands still.

use anyhow::ensure;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct HeartbeatSettings {
    /// URL that is called (POST) as long as the service does its work: it acts on planned times, sends alerts, and its
    /// database answers. A service such as healthchecks.io tells you when the calls stop.
    #[arg(long, env = "SEGMENT_EXPORT_HEARTBEAT_URL", hide_env_values = true)]
    pub heartbeat_url: Option<SecretString>,
    /// Seconds between two calls of `--heartbeat-url`, from each process that executes runs or does upkeep.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_HEARTBEAT_SECONDS",
        default_value_t = 60,
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    pub heartbeat_seconds: u64,
}

impl HeartbeatSettings {
    /// The URL has a host, and is encrypted unless addresses of private networks are allowed. It may hold a secret, so
    /// it is not repeated.
    pub(super) fn check(&self, allow_private: bool) -> anyhow::Result<()> {
        let Some(url) = &self.heartbeat_url else { return Ok(()) };
        let url = Url::parse(url.expose_secret()).ok().filter(Url::has_host);
        let scheme = url.as_ref().map(Url::scheme);
        ensure!(
            scheme == Some("https") || (scheme == Some("http") && allow_private),
            "SEGMENT_EXPORT_HEARTBEAT_URL must begin with https:// (http:// only with \
             SEGMENT_EXPORT_CHANNELS_ALLOW_PRIVATE=true)"
        );
        Ok(())
    }
}
