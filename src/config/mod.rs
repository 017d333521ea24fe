//! Every setting: its name, default, unit and meaning. `segment-export serve --help` prints these pages.
//!
//! Each group of settings has a file with its rules. `Config` holds all of them, and is checked once, at the start.
//! Nothing else reads the environment.

mod data;
mod files;
mod limits;
pub mod names;
mod oauth;
mod overload;
mod plaintext;
mod rule;
mod security;
mod storage;
mod work;

use std::net::SocketAddr;

use clap::{Args, ValueEnum};

use crate::identity::settings::Auth;
pub use data::Data;
pub use files::SecretFiles;
pub use limits::Limits;
pub use oauth::OAuth;
pub use overload::{BODY_OVERHEAD_BYTES, Overload};
pub use plaintext::Plaintext;
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
    pub secret_files: SecretFiles,
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it as the help of the command")]
    pub security: Security,
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
        let Self { data, storage, auth, oauth, secret_files, .. } = self;
        secret_files.read(data, storage, auth, oauth)
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

    /// Secrets that everybody knows are for this machine alone. It is asked before they are filled in.
    fn check_bind(&self) -> anyhow::Result<()> {
        let is_built_in =
            self.auth.auth_hs256_secret.is_none() || self.data.encryption_keys.is_none();
        anyhow::ensure!(
            !self.dev || !is_built_in || self.bind.ip().is_loopback(),
            "SEGMENT_EXPORT_BIND must be an address of this machine alone, such as 127.0.0.1:8080, because --dev \
             has secrets that everybody knows; or set SEGMENT_EXPORT_AUTH_HS256_SECRET and …_ENCRYPTION_KEYS"
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
        let storage = [self.storage.roots().map(drop), self.storage.data_sources().map(drop)];
        let data = self.data.checks().into_iter().chain(storage);
        let groups = [self.auth.rules(self.dev), self.work.rules(), self.oauth.rules(self.dev)];
        let rules = groups.into_iter().flatten().chain(self.rules());
        let broken = rules.filter(|(holds, _)| !holds).map(|(_, problem)| problem.to_owned());
        let overload = self.overload.check(self.limits.max_body_bytes);
        let results = data.chain(self.check_plaintext()).chain([overload]);
        broken.chain(results.filter_map(Result::err).map(|error| format!("{error:#}"))).collect()
    }

    fn check_plaintext(&self) -> Vec<anyhow::Result<()>> {
        if self.dev { vec![] } else { self.plaintext.checks(&self.data, &self.auth, &self.storage) }
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        config: Config,
    }

    const KEYS: &str = "k:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

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
            (["--max-body-bytes", "100000000"], "SEGMENT_EXPORT_MAX_RECEIVED_BYTES"),
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
        let more = ["--auth-jwks-url", "http://x", "--auth-hs256-secret", "s", "--roles", "worker"];
        let line = [args.as_slice(), &more].concat();
        let problems = Program::try_parse_from(line).unwrap().config.problems();
        let names = [
            "AUTH_ISSUER and",
            "AUTH_HS256_SECRET is",
            "LEASE_MS",
            "ENCRYPTION_KEYS is",
            "a queue in Redis",
            "STORAGE_ROOTS",
            "AUTH_JWKS_URL must",
            "REDIS_ALLOW_PLAINTEXT",
            "ROLES must name api",
        ];
        for name in names {
            assert!(problems.iter().any(|problem| problem.contains(name)), "{name}: {problems:?}");
        }
        assert_eq!(problems.len(), names.len(), "{problems:?}");
        let twice = ["x", "--database-url", "mysql://x"];
        let problems = Program::try_parse_from(twice).unwrap().config.problems();
        let about_it = problems.iter().filter(|problem| problem.contains("DATABASE_URL")).count();
        assert_eq!(about_it, 1, "{problems:?}");
    }

    #[test]
    fn development_with_secrets_that_everybody_knows_is_for_this_machine_alone() {
        let everywhere = ["--dev", "--bind", "0.0.0.0:8080"];
        assert!(check(&everywhere).unwrap_err().contains("SEGMENT_EXPORT_BIND"));
        let half = ["--auth-hs256-secret", "a secret of our own"];
        assert!(check(&[everywhere.as_slice(), &half].concat()).is_err());
        let own = [half.as_slice(), &["--encryption-keys", KEYS]].concat();
        assert!(check(&[everywhere.as_slice(), &own].concat()).is_ok());
        assert!(check(&["--dev", "--bind", "[::1]:8080"]).is_ok());
    }

    /// Settings of production with `more`.
    fn production(more: &[&str]) -> Result<Config, String> {
        let least = ["--auth-audience", "a", "--encryption-keys", KEYS];
        let issuer = ["--auth-issuer", "https://login.example.com"];
        let issuer = if more.contains(&"--auth-issuer") { &[][..] } else { &issuer };
        check(&[&least, issuer, more].concat())
    }

    #[test]
    fn production_is_encrypted_on_the_way_to_everybody() {
        let postgres = "postgres://u:p@db.example.com/segment";
        let (require, verify) =
            (format!("{postgres}?sslmode=require"), format!("{postgres}?sslmode=verify-full"));
        let prefer = format!("{postgres}?sslmode=prefer");
        let sources = format!("crm={postgres}");
        for (args, name) in [
            (vec!["--auth-issuer", "http://login.example.com"], "SEGMENT_EXPORT_AUTH_ISSUER"),
            (vec!["--auth-jwks-url", "http://login.example.com"], "SEGMENT_EXPORT_AUTH_JWKS_URL"),
            (vec!["--campaign-monitor-url", "http://x.example"], "SEGMENT_EXPORT_CAMPAIGN_MONITOR"),
            (vec!["--database-url", postgres], "SEGMENT_EXPORT_DATABASE_ALLOW_PLAINTEXT"),
            (vec!["--database-url", &prefer], "SEGMENT_EXPORT_DATABASE_ALLOW_PLAINTEXT"),
            (vec!["--sql-sources", &sources], "SEGMENT_EXPORT_SQL_SOURCES"),
            (
                vec!["--database-url", &verify, "--redis-url", "VALKEY://redis.example.com"],
                "SEGMENT_EXPORT_REDIS_ALLOW_PLAINTEXT",
            ),
            (
                vec!["--database-url", &verify, "--redis-url", "redis://redis.example.com"],
                "SEGMENT_EXPORT_REDIS_ALLOW_PLAINTEXT",
            ),
        ] {
            let refusal = production(&args).unwrap_err();
            assert!(refusal.contains(name) && !refusal.contains("u:p"), "{args:?}: {refusal}");
        }
        for args in [
            vec!["--database-url", &require, "--redis-url", "rediss://redis.example.com"],
            vec!["--database-url", postgres, "--database-allow-plaintext"],
            vec!["--database-url", &verify, "--redis-url", "redis://r", "--redis-allow-plaintext"],
            vec!["--database-url", "postgres://localhost/x", "--redis-url", "redis://127.0.0.1"],
            vec!["--database-url", "postgres:///x?host=/var/run/postgresql"],
            vec!["--campaign-monitor-url", "http://[::1]:8081"],
            vec!["--auth-issuer", "http://name", "--auth-jwks-url", "https://login.example.com"],
        ] {
            let checked = production(&args);
            assert!(checked.is_ok(), "{args:?}: {checked:?}");
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
            &["--auth-issuer", "https://i", "--auth-audience", "a", "--encryption-keys", KEYS],
            id.as_slice(),
            &["--oauth-redirect-url", "http://example.com/"],
        ];
        assert!(check(&production.concat()).unwrap_err().contains("https://"));
    }
}
