//! A service of its own for each test: a temporary folder, free ports, its own Campaign Monitor.

mod calls;
mod database;
pub mod disk;
pub mod document;
mod members;
mod named;
mod objects;
mod process;
mod readiness;
pub mod redis;
mod runs;
mod sandbox;

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use clap::Parser;
use metrics_exporter_prometheus::PrometheusHandle;
use segment_export::app::App;
use segment_export::config::Config;
use segment_export::sandbox::Sandbox;
use segment_export::service::Service;
use segment_export::telemetry::measures;
use tempfile::TempDir;
use tokio::process::Child;
use uuid::Uuid;

use database::OwnDatabase;

pub use calls::{good, refused, text};
pub use objects::people;
pub use readiness::{is_told_to_come_back, not_ready};
pub use runs::{check_law, profiles, until};

/// The longest a test waits for something to happen.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    config: Config,
}

pub struct TestApp {
    pub sandbox: Sandbox,
    pub instance: Uuid,
    service: Option<Service>,
    process: Option<Child>,
    folder: TempDir,
    http: reqwest::Client,
    url: String,
    engines: Vec<String>,
    extra: Vec<String>,
    is_dev: bool,
    temporary: Option<std::path::PathBuf>,
    launcher: Vec<String>,
    /// The last field, because it is removed when nothing uses it any more.
    database: Option<OwnDatabase>,
}

/// The settings of the engines: embedded, or the `PostgreSQL` and Redis that the environment names, where every test
/// has a database and a list of its own.
#[expect(clippy::disallowed_methods, reason = "the engines of tests are no setting of the service")]
async fn engines(folder: &Path) -> (Vec<String>, Option<OwnDatabase>) {
    let (Ok(postgres), Ok(redis)) =
        (std::env::var("TEST_DATABASE_URL"), std::env::var("TEST_REDIS_URL"))
    else {
        let file = folder.join("it.db");
        return (vec!["--database-url".into(), format!("sqlite://{}", file.display())], None);
    };
    let database = OwnDatabase::create(postgres).await;
    let (url, list) = (database.url(), &database.name);
    let settings = ["--database-url", &url, "--redis-url", &redis, "--redis-list", list];
    (settings.map(str::to_owned).into(), Some(database))
}

fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| measures::start().unwrap()).clone()
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A service with further settings, written as on the command line.
    pub async fn start_with(extra: &[&str]) -> Self {
        Self::start_by(extra, engines).await
    }

    /// A service on a database of its own choice, with the embedded queue.
    pub async fn start_on(database: &str, extra: &[&str]) -> Self {
        let engines = vec!["--database-url".to_owned(), database.to_owned()];
        Self::start_by(extra, async |_: &Path| (engines, None)).await
    }

    async fn start_by(
        extra: &[&str],
        engines: impl AsyncFnOnce(&Path) -> (Vec<String>, Option<OwnDatabase>),
    ) -> Self {
        let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        let mut app = Self {
            sandbox,
            instance: Uuid::now_v7(),
            service: None,
            process: None,
            folder: TempDir::new().unwrap(),
            http: reqwest::Client::builder().build().unwrap(),
            url: String::new(),
            engines: vec![],
            extra: extra.iter().map(ToString::to_string).collect(),
            is_dev: true,
            temporary: None,
            launcher: vec![],
            database: None,
        };
        (app.engines, app.database) = engines(app.folder.path()).await;
        app.start_service().await;
        app
    }

    /// Replaces the further settings, for the services that are started from now on.
    pub fn set_extra(&mut self, extra: &[&str]) {
        self.extra = extra.iter().map(ToString::to_string).collect();
    }

    /// Starts the service, on the data of the one before.
    pub async fn start_service(&mut self) {
        let service = Service::start(self.open().await).unwrap();
        self.url = service.url.to_string();
        self.service = Some(service);
    }

    /// Stops the service and starts it with other further settings.
    pub async fn restart_with(&mut self, extra: &[&str]) {
        self.stop_service().await;
        self.extra = extra.iter().map(ToString::to_string).collect();
        self.start_service().await;
    }

    /// Stops the service and starts it outside development, with these further settings.
    pub async fn restart_in_production(&mut self, extra: &[&str]) {
        self.is_dev = false;
        self.restart_with(extra).await;
    }

    fn args(&self, bind: &str) -> Vec<String> {
        let at = |name: &str| self.folder.path().join(name).display().to_string();
        let mut args = vec!["it".to_owned()];
        args.extend(self.is_dev.then(|| "--dev".to_owned()));
        let settings = [
            ("--bind", bind.to_owned()),
            ("--retry-pause-ms", "10".to_owned()),
            ("--run-pause-ms", "50".to_owned()),
            ("--sweep-ms", "50".to_owned()),
            ("--campaign-monitor-url", self.sandbox.url().to_string()),
            ("--storage-url", format!("file://{}", at("segments"))),
        ];
        let settings =
            settings.into_iter().filter(|(name, _)| !self.extra.iter().any(|extra| extra == name));
        args.extend(settings.flat_map(|(name, value)| [name.to_owned(), value]));
        args.extend(self.engines.iter().chain(&self.extra).cloned());
        args
    }

    /// Opens the data of the service once more, as another process does.
    pub async fn open(&self) -> App {
        let config = Settings::try_parse_from(self.args("127.0.0.1:0")).unwrap().config;
        segment_export::service::open(config, metrics()).await.unwrap()
    }

    /// Starts another service on the same data and with the same settings; returns its address with it.
    pub async fn start_neighbour(&self) -> (Service, String) {
        let service = Service::start(self.open().await).unwrap();
        let url = service.url.to_string();
        (service, url)
    }

    /// Stops the service as SIGTERM does.
    pub async fn stop_service(&mut self) {
        self.service.take().unwrap().stop().await;
    }

    /// The storage root, as a folder.
    pub fn storage(&self) -> std::path::PathBuf {
        self.folder.path().join("segments")
    }

    /// The address of a file in the storage root.
    pub fn storage_url(&self, file: &str) -> String {
        format!("file://{}", self.storage().join(file).display())
    }

    /// What the parts of the service share.
    pub fn app(&self) -> std::sync::Arc<App> {
        self.service.as_ref().unwrap().app.clone()
    }

    /// Where the service listens.
    pub fn url(&self) -> &str {
        &self.url
    }
}
