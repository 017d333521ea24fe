//! A service that needs nothing but a folder, and who calls it.

use std::net::SocketAddr;

use clap::Parser;
use secrecy::SecretString;

use crate::config::Config;
use crate::db;
use crate::identity::{DevClaims, sign};
use crate::sandbox::Sandbox;

/// The embedded engines, with all data in `folder`.
pub(super) fn settings(
    folder: &std::path::Path,
    sandbox: &Sandbox,
    bind: SocketAddr,
) -> anyhow::Result<Config> {
    #[derive(Parser)]
    struct Settings {
        #[command(flatten)]
        config: Config,
    }
    let at = |name: &str| folder.join(name).display().to_string();
    let args = [
        ("--bind", bind.to_string()),
        ("--roles", "api,worker,scheduler".to_owned()),
        ("--database-url", format!("sqlite://{}", at("demo.db"))),
        ("--storage-url", format!("file://{}", at("segments"))),
        ("--campaign-monitor-url", sandbox.url().to_string()),
    ];
    let args = args.into_iter().flat_map(|(name, value)| [name.to_owned(), value]);
    let args = ["demo".to_owned(), "--dev".to_owned()].into_iter().chain(args);
    let mut config = Settings::try_parse_from(args)?.config;
    config.data.redis_url = None;
    config.check()
}

/// A token of an administrator of every instance.
pub(super) fn token(config: &Config) -> anyhow::Result<String> {
    let auth = &config.auth;
    let secret: &SecretString = auth
        .auth_hs256_secret
        .as_ref()
        .ok_or_else(|| anyhow::anyhow!("there is no shared secret"))?;
    let claims = DevClaims {
        sub: "demo@example.com".into(),
        roles: vec!["Admin".into()],
        instances: vec!["*".into()],
        iss: auth.auth_issuer.clone().unwrap_or_default(),
        aud: auth.auth_audience.clone().unwrap_or_default(),
        exp: (db::now() + chrono::TimeDelta::hours(1)).timestamp(),
    };
    Ok(sign(&claims, secret)?)
}
