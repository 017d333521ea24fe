//! Every setting: its name, default, unit and meaning. `segment-export serve --help` prints these pages.
//!
//! Each group of settings has a file with its rules. `Config` holds all of them, and is checked once, at the start.
//! Nothing else reads the environment.

mod data;
mod limits;
pub mod names;
mod oauth;
mod storage;
mod work;

use std::net::SocketAddr;

use clap::{Args, ValueEnum};

use crate::identity::settings::Auth;
pub use data::Data;
pub use limits::Limits;
pub use oauth::OAuth;
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
    #[arg(long, env = "SEGMENT_EXPORT_BIND", default_value = "127.0.0.1:8080")]
    pub bind: SocketAddr,
    /// Parts of the service that this process runs.
    #[arg(
        long = "roles",
        env = "SEGMENT_EXPORT_ROLES",
        value_delimiter = ',',
        default_values = ["api", "worker", "scheduler"]
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
    pub work: Work,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as the help of the command")]
    pub limits: Limits,
}

impl Config {
    /// Fills in the development defaults, and refuses settings that contradict each other.
    pub fn check(mut self) -> anyhow::Result<Self> {
        self.fill_in_for_development();
        match self.checks().into_iter().find_map(Result::err) {
            Some(problem) => Err(problem),
            None => Ok(self),
        }
    }

    /// Everything that keeps these settings from working; `check` stops at the first.
    #[must_use]
    pub fn problems(mut self) -> Vec<String> {
        self.fill_in_for_development();
        self.checks()
            .into_iter()
            .filter_map(Result::err)
            .map(|error| format!("{error:#}"))
            .collect()
    }

    fn fill_in_for_development(&mut self) {
        if self.dev {
            self.auth.fill_in_for_development();
            self.data.fill_in_for_development();
        }
    }

    /// One for each group of settings.
    fn checks(&self) -> Vec<anyhow::Result<()>> {
        vec![
            self.auth.check(self.dev),
            self.work.check(),
            self.oauth.check(self.dev),
            self.check_parts(),
            self.data.check(),
            self.storage.roots().map(drop),
            self.storage.data_sources().map(drop),
        ]
    }

    fn check_parts(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            !self.parts.is_empty(),
            "--roles names no part: use api, worker, scheduler"
        );
        Ok(())
    }

    /// Whether `part` is one of `--roles`.
    #[must_use]
    pub fn plays(&self, part: Part) -> bool {
        self.parts.contains(&part)
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
        let shared = [
            ["--auth-issuer", "https://i", "--auth-audience", "a"].as_slice(),
            &["--auth-hs256-secret", "s"][..],
        ]
        .concat();
        assert!(check(&shared).unwrap_err().contains("development only"));
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        for (args, name) in [
            (["--database-url", "host=localhost"], "SEGMENT_EXPORT_DATABASE_URL"),
            (["--database-url", " postgres://localhost"], "SEGMENT_EXPORT_DATABASE_URL"),
            (["--database-url", "mysql://localhost"], "SEGMENT_EXPORT_DATABASE_URL"),
            (["--database-url", ""], "SEGMENT_EXPORT_DATABASE_URL"),
            (["--campaign-monitor-url", "ftp://x"], "SEGMENT_EXPORT_CAMPAIGN_MONITOR_URL"),
            (["--database-connections", "0"], "--database-connections"),
            (["--max-uploads", "0"], "--max-uploads"),
            (["--max-previews", "0"], "--max-previews"),
            (["--keep-runs-days", "999999999"], "--keep-runs-days"),
            (["--idempotency-hours", "0"], "--idempotency-hours"),
        ] {
            let refusal = check(&[["--dev"].as_slice(), &args].concat()).unwrap_err();
            assert!(refusal.contains(name), "{args:?}: {refusal}");
        }
        let no_address = ["--auth-issuer", "login.example.com", "--auth-audience", "a"];
        assert!(check(&no_address).unwrap_err().contains("AUTH_JWKS_URL"));
    }

    #[test]
    fn every_problem_is_told_not_only_the_first() {
        let args = ["x", "--lease-ms", "1", "--redis-url", "redis://x", "--storage-roots", "a"];
        let problems = Program::try_parse_from(args).unwrap().config.problems();
        assert_eq!(problems.len(), 4, "{problems:?}");
        for name in ["AUTH_ISSUER", "LEASE_MS", "ENCRYPTION_KEYS", "STORAGE_ROOTS"] {
            assert!(problems.iter().any(|problem| problem.contains(name)), "{name}: {problems:?}");
        }
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
            &["--auth-issuer", "https://i", "--auth-audience", "a", "--encryption-keys", "k"],
            id.as_slice(),
            &["--oauth-redirect-url", "http://example.com/"],
        ];
        assert!(check(&production.concat()).unwrap_err().contains("https://"));
    }
}
