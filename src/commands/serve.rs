//! `serve`: the API and the parts behind it.

use rustix::process::{Resource, getrlimit};
use url::Url;

use crate::config::{Config, Part};
use crate::service::{self, Service};
use crate::telemetry::Telemetry;
use crate::upkeep::rotation;

/// Files and connections that a process opens at its start, with room for a few callers.
const DESCRIPTORS_MIN: u64 = 128;

pub(super) async fn run(config: Config, telemetry: &Telemetry) -> anyhow::Result<()> {
    let config = config.with_secrets()?;
    if config.dev {
        tracing::warn!(
            "DEVELOPMENT MODE: anyone who knows the shared secret has access. Never use it in production."
        );
    }
    require_descriptors()?;
    let owned = service::own_database(&config)?;
    let app = service::open(config, telemetry.metrics.clone()).await?;
    if let Some(owned) = &owned {
        service::take_over_runs(&app, owned).await?;
        service::remove_unfinished_uploads(&app, owned).await;
    }
    let secrets = rotation::status(&app.db, &app.keys).await?;
    if !secrets.is_openable() {
        tracing::error!(
            "SEGMENT_EXPORT_ENCRYPTION_KEYS lacks keys: runs over some connections cannot be executed\n{secrets}"
        );
    }
    let service = Service::start(app)?;
    tracing::info!("serving {}, {}", service.url, offered(&service.url, &service.app.config));
    service.run().await
}

/// What a person can open there.
fn offered(url: &Url, config: &Config) -> String {
    if !config.plays(Part::Api) {
        return "with health and metrics".to_owned();
    }
    let documentation = if config.security.swagger_ui { "swagger-ui/" } else { "openapi.json" };
    let documentation = format!("its documentation at {url}{documentation}");
    if config.console.console {
        format!("with the console at {url}console/ and {documentation}")
    } else {
        format!("with {documentation}")
    }
}

/// With fewer it would start, and answer nobody.
fn require_descriptors() -> anyhow::Result<()> {
    let most = getrlimit(Resource::Nofile).current;
    anyhow::ensure!(
        most.is_none_or(|most| most >= DESCRIPTORS_MIN),
        "this process may open {} files and connections, and it needs {DESCRIPTORS_MIN} or more: raise the limit \
         (`ulimit -n`)",
        most.unwrap_or_default()
    );
    Ok(())
}
