//! Settings of the tokens that callers send.

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// Who guesses a shorter secret can sign tokens (RFC 7518, 3.2).
const SECRET_BYTES_MIN: usize = 32;
/// Shared by `serve` and `token` in development only; refused without `--dev`.
const DEV_HS256_SECRET: &str = "segment-export development secret: never outside a laptop";
const DEV_ISSUER: &str = "segment-export-dev";
const DEV_AUDIENCE: &str = "segment-export";

#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct Auth {
    /// Issuer of the tokens (`iss`). Required outside development.
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_ISSUER")]
    pub auth_issuer: Option<String>,
    /// Audience that tokens must name (`aud`). Required outside development.
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_AUDIENCE")]
    pub auth_audience: Option<String>,
    /// Address of the signing keys (JWKS); found by `OpenID` discovery when unset.
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_JWKS_URL")]
    pub auth_jwks_url: Option<Url>,
    /// Age at which the signing keys are fetched again. A withdrawn key is accepted no longer than this while the
    /// provider is available.
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_JWKS_AGE_MS", default_value_t = 3_600_000)]
    pub auth_jwks_age_ms: u64,
    /// Shortest time between two fetches of the signing keys, however many unknown keys tokens name.
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_JWKS_PAUSE_MS", default_value_t = 10_000)]
    pub auth_jwks_pause_ms: u64,
    /// Claim with the roles of the caller.
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_ROLES_CLAIM", default_value = "roles")]
    pub auth_roles_claim: String,
    /// Claim with the ids of the instances that the caller may use (`*` for all).
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_INSTANCES_CLAIM", default_value = "instances")]
    pub auth_instances_claim: String,
    /// Clock difference tolerated when the times of a token are checked; at most 60.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_AUTH_LEEWAY_SECONDS",
        default_value_t = 60,
        value_parser = clap::value_parser!(u64).range(..=60)
    )]
    pub auth_leeway_seconds: u64,
    /// Accepts only tokens whose header has the type `at+jwt` (RFC 9068), which ID tokens never have. For providers
    /// that write it.
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_REQUIRE_AT_JWT")]
    pub auth_require_at_jwt: bool,
    /// Shared secret of development tokens; only with `--dev`.
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_HS256_SECRET", hide_env_values = true)]
    pub auth_hs256_secret: Option<SecretString>,
}

impl Auth {
    pub(crate) fn fill_in_for_development(&mut self) {
        self.auth_issuer.get_or_insert_with(|| DEV_ISSUER.into());
        self.auth_audience.get_or_insert_with(|| DEV_AUDIENCE.into());
        self.auth_hs256_secret.get_or_insert_with(|| DEV_HS256_SECRET.into());
    }

    /// Whether development tokens are signed with a secret that nobody can look up or guess.
    pub(crate) fn has_strong_secret(&self) -> bool {
        let secret = self.auth_hs256_secret.as_ref().map_or("", |secret| secret.expose_secret());
        secret.len() >= SECRET_BYTES_MIN && secret != DEV_HS256_SECRET
    }

    /// Whether each rule holds, and what is wrong when it does not.
    pub(crate) fn rules(&self, dev: bool) -> Vec<(bool, &'static str)> {
        let is_address =
            |issuer: &String| issuer.starts_with("https://") || issuer.starts_with("http://");
        let is_readable = self.auth_issuer.as_ref().is_none_or(is_address);
        let is_empty = |text: &String| text.trim().is_empty();
        let is_web = |url: &Url| matches!(url.scheme(), "https" | "http");
        vec![
            (
                self.auth_issuer.is_some() && self.auth_audience.is_some(),
                "SEGMENT_EXPORT_AUTH_ISSUER and SEGMENT_EXPORT_AUTH_AUDIENCE are required (or --dev on a laptop)",
            ),
            (
                !self.auth_issuer.iter().chain(&self.auth_audience).any(is_empty),
                "SEGMENT_EXPORT_AUTH_ISSUER and SEGMENT_EXPORT_AUTH_AUDIENCE must not be empty: no token could be \
                 accepted",
            ),
            (
                self.auth_jwks_url.as_ref().is_none_or(is_web),
                "SEGMENT_EXPORT_AUTH_JWKS_URL must begin with https://, because the signing keys are read there",
            ),
            (
                dev || self.auth_jwks_url.is_some() || is_readable,
                "SEGMENT_EXPORT_AUTH_ISSUER must begin with https://, because the signing keys are found there; \
                 or set SEGMENT_EXPORT_AUTH_JWKS_URL to their address",
            ),
            (
                dev || self.auth_hs256_secret.is_none(),
                "SEGMENT_EXPORT_AUTH_HS256_SECRET is for development only: remove it, or set SEGMENT_EXPORT_DEV=true",
            ),
        ]
    }
}
