//! Every setting: its name, default, unit and meaning. `segment-export serve --help` prints these pages.
//!
//! Each group of settings has a file with its rules. `Config` holds all of them, and is checked once, at the start.
//! Nothing else reads the environment.

mod bind;
mod channels;
mod console;
mod data;
mod files;
mod heartbeat;
mod limits;
pub mod names;
mod oauth;
mod overload;
mod plaintext;
mod rule;
mod security;
mod storage;
#[cfg(test)]
mod tests;
mod work;

use std::net::SocketAddr;

use clap::{Args, ValueEnum};

use crate::identity::settings::Auth;
use bind::BIND_DEFAULT;
pub use bind::Bind;
pub use channels::ChannelSettings;
pub use console::ConsoleSettings;
pub use data::Data;
pub use files::SecretFiles;
pub use heartbeat::HeartbeatSettings;
pub use limits::Limits;
pub use oauth::OAuth;
pub use overload::{BODY_OVERHEAD_BYTES, Overload};
pub use plaintext::Plaintext;
pub(crate) use plaintext::warn_of_plain_traces;
use rule::Rule;
pub use security::Security;
pub(crate) use security::WebOrigin;
pub use storage::StorageArgs;
pub use work::Work;

/// A part of the service that a process can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Serves the HTTP API under `/v1`.
    Api,
    /// Executes the runs of exports.
    Worker,
    /// Starts runs at their planned times, and removes what has outlived its age.
    Scheduler,
}

/// The settings of the service.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Address and port to listen on.
    #[arg(long, env = "SEGMENT_EXPORT_BIND", default_value = BIND_DEFAULT)]
    pub bind: SocketAddr,
    /// Parts of the service that this process runs, separated by commas.
    #[arg(
        long = "roles",
        env = "SEGMENT_EXPORT_ROLES",
        value_delimiter = ',',
        default_value = "api,worker,scheduler"
    )]
    pub parts: Vec<Part>,
    /// Development mode: allows tokens signed with a shared secret. Never in production.
    #[arg(long, env = "SEGMENT_EXPORT_DEV")]
    pub dev: bool,
    /// Number of trusted proxies that add to `X-Forwarded-For`, where the audit reads the address of the caller. 0
    /// ignores the header.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_FORWARDED_HOPS",
        default_value_t = 0,
        value_parser = clap::value_parser!(u8).range(..=10)
    )]
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
    pub secret_files: SecretFiles,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as the help of the command")]
    pub security: Security,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as the help of the command")]
    pub console: ConsoleSettings,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as the help of the command")]
    pub plaintext: Plaintext,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as the help of the command")]
    pub work: Work,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as the help of the command")]
    pub limits: Limits,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as the help of the command")]
    pub channels: ChannelSettings,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as the help of the command")]
    pub heartbeat: HeartbeatSettings,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as the help of the command")]
    pub overload: Overload,
}

impl Config {
    /// Reads the secrets that are in files; the other commands than `serve` need no more.
    pub fn with_secrets(mut self) -> anyhow::Result<Self> {
        match self.read_secrets().into_iter().find_map(Result::err) {
            Some(problem) => Err(problem),
            None => Ok(self),
        }
    }

    fn read_secrets(&mut self) -> Vec<anyhow::Result<()>> {
        let Self { data, storage, auth, oauth, channels, heartbeat, secret_files, .. } = self;
        secret_files.read(data, storage, auth, oauth, (channels, heartbeat))
    }

    /// Fills in the development defaults, and refuses settings that contradict each other.
    pub fn check(self) -> anyhow::Result<Self> {
        self.with_secrets()?.check_settings()
    }

    fn check_settings(mut self) -> anyhow::Result<Self> {
        let bind = self.check_bind();
        self.fill_in_for_development();
        bind?;
        match self.rules_broken().into_iter().next() {
            Some(problem) => anyhow::bail!(problem),
            None => Ok(self),
        }
    }

    /// Everything that keeps these settings from working; `check` stops at the first.
    #[must_use]
    pub fn problems(mut self) -> Vec<String> {
        let before = self.read_secrets().into_iter().chain([self.check_bind()]);
        let before: Vec<_> = before.filter_map(Result::err).collect();
        self.fill_in_for_development();
        let mut problems: Vec<String> = vec![];
        let before = before.into_iter().map(|error| format!("{error:#}"));
        for problem in before.chain(self.rules_broken()) {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        problems
    }

    /// Secrets that everybody knows, or can guess, are for this machine alone.
    fn check_bind(&self) -> anyhow::Result<()> {
        let is_secret = self.auth.has_strong_secret() && !self.data.seals_with_published_key();
        anyhow::ensure!(
            !self.dev || is_secret || self.bind.ip().is_loopback(),
            "SEGMENT_EXPORT_BIND must be an address of this machine alone, such as 127.0.0.1:8080, because --dev \
             has secrets that everybody knows; or set SEGMENT_EXPORT_AUTH_HS256_SECRET, to 32 bytes or more, and \
             …_ENCRYPTION_KEYS to secrets of your own"
        );
        Ok(())
    }

    fn fill_in_for_development(&mut self) {
        if self.dev {
            self.storage.fill_in_for_development();
            self.auth.fill_in_for_development();
            self.data.fill_in_for_development();
        }
    }

    /// The rules of each group of settings, and those between them.
    fn rules_broken(&self) -> Vec<String> {
        let storage = [
            self.storage.roots().map(drop),
            self.storage.data_sources().map(drop),
            self.storage.row_log_key().map(drop),
        ];
        let data = self.data.checks(self.dev).into_iter().chain(storage);
        let groups = [self.auth.rules(self.dev), self.work.rules(), self.oauth.rules(self.dev)];
        let rules = groups.into_iter().flatten().chain(self.console.rules()).chain(self.rules());
        let rules = rules.chain(self.channels.rules(self.dev));
        let broken = rules.filter(|(holds, _)| !holds).map(|(_, problem)| problem.to_owned());
        let overload = self.overload.check(self.limits.max_body_bytes);
        let heartbeat = self.heartbeat.check(self.channels.channels_allow_private);
        let results =
            data.chain(self.check_plaintext()).chain([overload, self.channels.check(), heartbeat]);
        broken.chain(results.filter_map(Result::err).map(|error| format!("{error:#}"))).collect()
    }

    fn check_plaintext(&self) -> Vec<anyhow::Result<()>> {
        if self.dev {
            vec![]
        } else {
            self.plaintext.checks(&self.data, &self.auth, &self.storage, &self.channels)
        }
    }

    fn rules(&self) -> Vec<Rule> {
        let is_embedded = self.data.database_url().is_ok_and(|url| url.starts_with("sqlite:"));
        vec![
            (!self.parts.is_empty(), "--roles names no part: use api, worker, scheduler"),
            (
                self.dev || !is_embedded || self.plays(Part::Api),
                "SEGMENT_EXPORT_ROLES must name api, because an embedded database is for one process; for several, \
                 set SEGMENT_EXPORT_DATABASE_URL to a PostgreSQL",
            ),
        ]
    }

    /// Whether `part` is one of `--roles`.
    #[must_use]
    pub fn plays(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }
}
