//! How people sign in to the console: at the identity provider, with a pasted token, or, on a laptop, not at all.

use chrono::TimeDelta;
use serde::Serialize;

use crate::config::Config;
use crate::db;
use crate::identity::{DEV_INSTANCE, DevClaims, sign};

/// How long a development token is valid.
const HOURS: i64 = 12;

/// What the console reads at its start.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConsoleConfig<'a> {
    sign_in: SignIn<'a>,
    instance_id: Option<&'static str>,
    claims: Claims<'a>,
}

#[derive(Serialize)]
struct Claims<'a> {
    roles: &'a str,
    instances: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum SignIn<'a> {
    Oidc { issuer: &'a str, client_id: &'a str, scope: &'a str },
    Development { tokens: Tokens },
    Token,
}

/// One token for each role, so that people can try them.
#[derive(Serialize)]
struct Tokens {
    admin: String,
    contributor: String,
    viewer: String,
}

impl<'a> ConsoleConfig<'a> {
    pub fn of(config: &'a Config) -> anyhow::Result<Self> {
        let auth = &config.auth;
        let claims =
            Claims { roles: &auth.auth_roles_claim, instances: &auth.auth_instances_claim };
        let instance_id = config.dev.then_some(DEV_INSTANCE);
        Ok(Self { sign_in: sign_in(config)?, instance_id, claims })
    }
}

fn sign_in(config: &Config) -> anyhow::Result<SignIn<'_>> {
    let (auth, console) = (&config.auth, &config.console);
    if let (Some(client_id), Some(issuer)) = (&console.console_client_id, &auth.auth_issuer) {
        return Ok(SignIn::Oidc { issuer, client_id, scope: &console.console_scope });
    }
    // Everybody knows or can guess this secret, and the service is for this machine alone: so are these tokens.
    if config.dev && !auth.has_strong_secret() {
        return Ok(SignIn::Development { tokens: tokens(config)? });
    }
    Ok(SignIn::Token)
}

fn tokens(config: &Config) -> anyhow::Result<Tokens> {
    Ok(Tokens {
        admin: token(config, "Admin")?,
        contributor: token(config, "Contributor")?,
        viewer: token(config, "Viewer")?,
    })
}

fn token(config: &Config, role: &str) -> anyhow::Result<String> {
    let auth = &config.auth;
    let secret = auth.auth_hs256_secret.as_ref();
    let secret = secret.ok_or_else(|| anyhow::anyhow!("there is no shared secret"))?;
    let claims = DevClaims {
        sub: format!("{}@example.com", role.to_lowercase()),
        roles: vec![role.to_owned()],
        instances: vec!["*".to_owned()],
        iss: auth.auth_issuer.clone().unwrap_or_default(),
        aud: auth.auth_audience.clone().unwrap_or_default(),
        exp: (db::now() + TimeDelta::hours(HOURS)).timestamp(),
    };
    Ok(sign(&claims, secret)?)
}
