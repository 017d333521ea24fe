//! `token`: tokens for development, in place of an identity provider.

use crate::config::Config;
use crate::db;
use crate::identity::{DevClaims, Role, sign};

#[derive(clap::Args)]
pub(super) struct Args {
    /// What the bearer of the token may do.
    #[arg(long, value_enum, default_value = "admin")]
    role: Role,
    /// Instance that it gives access to, or `*` for all.
    #[arg(long, default_value = "*", value_parser = instance)]
    instance: String,
    /// Subject of the token: who the caller is.
    #[arg(long, default_value = "dev@example.com")]
    subject: String,
    /// Hours until it expires.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(i64).range(1..=87_600))]
    hours: i64,
    #[command(flatten)]
    config: Config,
}

fn instance(text: &str) -> Result<String, &'static str> {
    let is_one = text == "*" || text.parse::<uuid::Uuid>().is_ok();
    is_one.then(|| text.to_owned()).ok_or("an instance is a UUID, or `*` for all")
}

pub(super) fn run(args: Args) -> anyhow::Result<()> {
    anyhow::ensure!(
        args.config.dev,
        "development tokens are for development mode: pass --dev, or set SEGMENT_EXPORT_DEV=true. In production, \
            tokens come from the identity provider"
    );
    let config = args.config.check()?;
    let secret = config
        .auth
        .auth_hs256_secret
        .ok_or_else(|| anyhow::anyhow!("there is no shared secret"))?;
    let claims = DevClaims {
        sub: args.subject,
        roles: vec![format!("{:?}", args.role)],
        instances: vec![args.instance],
        iss: config.auth.auth_issuer.unwrap_or_default(),
        aud: config.auth.auth_audience.unwrap_or_default(),
        exp: (db::now() + chrono::TimeDelta::hours(args.hours)).timestamp(),
    };
    println!("{}", sign(&claims, &secret)?);
    Ok(())
}
