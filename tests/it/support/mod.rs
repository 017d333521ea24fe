//! A service of its own for each test: a temporary folder, free ports, its own Campaign Monitor.

pub mod document;

use std::path::Path;
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use clap::Parser;
use metrics_exporter_prometheus::PrometheusHandle;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use segment_export::app::{App, Service};
use segment_export::campaign_monitor::sandbox::{API_KEY, LIST_ID, Sandbox};
use segment_export::config::Config;
use segment_export::db;
use segment_export::identity::{DevClaims, sign};
use segment_export::telemetry::measures;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use uuid::Uuid;

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
}

/// The settings of the engines: embedded, or the `PostgreSQL` and Redis that the environment names, where every test
/// has a database and a list of its own.
#[expect(clippy::disallowed_methods, reason = "the engines of tests are no setting of the service")]
async fn engines(folder: &Path) -> Vec<String> {
    let (Ok(postgres), Ok(redis)) =
        (std::env::var("TEST_DATABASE_URL"), std::env::var("TEST_REDIS_URL"))
    else {
        let file = folder.join("it.db");
        return vec!["--database-url".into(), format!("sqlite://{}", file.display())];
    };
    let name = format!("it_{}", Uuid::now_v7().simple());
    let mut server = PgConnection::connect(&postgres).await.unwrap();
    let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
    server.execute(sqlx::query(create)).await.unwrap();
    let (server, _) = postgres.rsplit_once('/').unwrap();
    ["--database-url", &format!("{server}/{name}"), "--redis-url", &redis, "--redis-list", &name]
        .map(str::to_owned)
        .into()
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
        };
        app.engines = engines(app.folder.path()).await;
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

    /// Starts the service as a process of its own, on the data of the one before.
    pub async fn start_process(&mut self) {
        self.spawn_process("error", Stdio::inherit(), Stdio::inherit()).await;
    }

    /// The same, with its log in a file; `filter` says what is logged.
    pub async fn start_process_logged(&mut self, filter: &str, file: &Path) {
        let log = std::fs::File::create(file).unwrap();
        self.spawn_process(filter, log.try_clone().unwrap().into(), log.into()).await;
    }

    async fn spawn_process(&mut self, filter: &str, out: Stdio, err: Stdio) {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let bind = free.local_addr().unwrap().to_string();
        drop(free);
        self.url = format!("http://{bind}/");
        let mut command = Command::new(env!("CARGO_BIN_EXE_segment-export"));
        command.arg("serve").args(&self.args(&bind)[1..]).env("RUST_LOG", filter);
        command.stdout(out).stderr(err);
        self.process = Some(command.kill_on_drop(true).spawn().unwrap());
        let started = std::time::Instant::now();
        while self.anonymous(Method::GET, "livez").send().await.is_err() {
            assert!(started.elapsed() < PATIENCE, "the process does not serve");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Runs a command of the program beside the service, on its data: success, and what it printed.
    pub async fn command(&self, words: &[&str], more: &[&str]) -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_segment-export"));
        command.args(words).args(&self.args("127.0.0.1:0")[1..]).args(more);
        let output = command.env("RUST_LOG", "error").output().await.unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    }

    /// Stops the service and starts it with other further settings.
    pub async fn restart_with(&mut self, extra: &[&str]) {
        self.stop_service().await;
        self.extra = extra.iter().map(ToString::to_string).collect();
        self.start_service().await;
    }

    /// Sends the process a signal.
    pub async fn signal_process(&self, signal: &str) {
        let id = self.process.as_ref().unwrap().id().unwrap().to_string();
        let sent = Command::new("kill").args([&format!("-{signal}"), &id]).status().await;
        assert!(sent.unwrap().success());
    }

    pub fn process_has_ended(&mut self) -> bool {
        self.process.as_mut().unwrap().try_wait().unwrap().is_some()
    }

    /// Waits for the end of the process.
    pub async fn process_ends(&mut self) {
        let mut process = self.process.take().unwrap();
        tokio::time::timeout(PATIENCE, process.wait()).await.expect("it does not end").unwrap();
    }

    /// Stops the service and starts it outside development, with these further settings.
    pub async fn restart_in_production(&mut self, extra: &[&str]) {
        self.is_dev = false;
        self.restart_with(extra).await;
    }

    /// Ends the process as `kill -9` does.
    pub async fn kill_process(&mut self) {
        self.process.take().unwrap().kill().await.unwrap();
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
        App::open(config, metrics()).await.unwrap()
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

    pub fn token(&self, role: &str) -> String {
        Self::token_for(role, &self.instance.to_string())
    }

    pub fn token_for(role: &str, instance: &str) -> String {
        let config = Settings::try_parse_from(["it", "--dev"]).unwrap().config.check().unwrap();
        let claims = DevClaims {
            sub: format!("{role}@example.com"),
            roles: vec![role.into()],
            instances: vec![instance.into()],
            iss: config.auth.auth_issuer.unwrap(),
            aud: config.auth.auth_audience.unwrap(),
            exp: (db::now() + chrono::TimeDelta::hours(1)).timestamp(),
        };
        sign(&claims, &config.auth.auth_hs256_secret.unwrap()).unwrap()
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
        self.service.as_ref().unwrap().app.clone().into_inner()
    }

    /// Where the service listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A request to an endpoint of the instance, as `role`.
    pub fn request(&self, role: &str, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, &format!("v1/instances/{}{path}", self.instance))
            .bearer_auth(self.token(role))
    }

    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    pub async fn get(&self, path: &str) -> Value {
        good(self.request("Admin", Method::GET, path).send().await.unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Value {
        good(self.request("Admin", Method::POST, path).json(body).send().await.unwrap()).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Value {
        good(self.request("Admin", Method::PUT, path).json(body).send().await.unwrap()).await
    }

    /// Orders a fault plan.
    pub async fn faults(&self, plan: &Value) {
        let url = self.sandbox.url().join("sandbox/faults").unwrap();
        let answer = self.http.put(url).json(plan).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{plan}");
    }

    /// Gives the offline Campaign Monitor an order.
    pub async fn order(&self, method: Method, path: &str, body: &Value) {
        let url = self.sandbox.url().join(&format!("sandbox/{path}")).unwrap();
        let answer = self.http.request(method, url).json(body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}: {body}");
    }

    /// What the offline Campaign Monitor says under `/sandbox/`.
    pub async fn sandbox_says(&self, path: &str) -> Value {
        let url = self.sandbox.url().join(&format!("sandbox/{path}")).unwrap();
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// Active subscribers of the newsletter, as Campaign Monitor itself counts them.
    pub async fn active(&self) -> i64 {
        self.sandbox_says(&format!("lists/{LIST_ID}/digest")).await["states"]["Active"]
            .as_i64()
            .unwrap()
    }

    /// A connection that is connected. Returns its id.
    pub async fn connection(&self) -> String {
        let new = json!({"displayName": format!("Campaign Monitor {}", Uuid::now_v7()), "type": "campaignMonitor",
            "consent": {"agreed": true}, "credentials": {"kind": "apiKey", "apiKey": API_KEY}});
        let id = text(&self.post("/connections", &new).await, "connectionId");
        self.put(&format!("/connections/{id}/export-user"), &json!({})).await;
        id
    }

    /// A connection without credentials. Returns its id.
    pub async fn pending_connection(&self) -> String {
        let new = json!({"displayName": format!("Campaign Monitor {}", Uuid::now_v7()), "type": "campaignMonitor",
            "consent": {"agreed": true}});
        text(&self.post("/connections", &new).await, "connectionId")
    }

    /// A segment filled with a CSV.
    pub async fn segment(&self, name: &str, csv: &str) {
        self.put(&format!("/segments/{name}"), &json!({"displayName": name})).await;
        good(self.upload(name, "text/csv", csv.to_owned()).await).await;
    }

    pub async fn upload(
        &self,
        name: &str,
        media: &str,
        body: impl Into<reqwest::Body>,
    ) -> Response {
        let path = format!("/segments/{name}/members");
        self.request("Admin", Method::PUT, &path)
            .header("Content-Type", media)
            .body(body)
            .send()
            .await
            .unwrap()
    }

    /// An export of the segment `People` into the newsletter. Returns its id.
    pub async fn export(&self, connection: &str) -> String {
        let new = json!({"displayName": "People to newsletter", "connectionId": connection, "listId": LIST_ID,
            "segments": ["People"], "mapping": {"email": "Email", "customFields": [{"field": "City", "key": "city"}]}});
        text(&self.post("/exports", &new).await, "exportId")
    }

    /// A connected export of `rows` good profiles. Returns its id.
    pub async fn export_of(&self, rows: usize) -> String {
        self.segment("People", &people(rows)).await;
        self.export(&self.connection().await).await
    }

    pub async fn start_run(&self, export: &str) -> String {
        text(&self.post(&format!("/exports/{export}/runs"), &json!({})).await, "runId")
    }

    /// The run once `is_so`; the law of counts is checked at every look.
    pub async fn run_when(&self, run: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        self.run_within(run, PATIENCE, is_so).await
    }

    async fn run_within(&self, run: &str, most: Duration, is_so: impl Fn(&Value) -> bool) -> Value {
        let started = std::time::Instant::now();
        loop {
            let seen = self.get(&format!("/runs/{run}")).await;
            check_law(&seen);
            if is_so(&seen) {
                return seen;
            }
            assert!(started.elapsed() < most, "it never came to that: {seen}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The newest run of an export, once there is one.
    pub async fn first_run(&self, export: &str) -> Value {
        let started = std::time::Instant::now();
        loop {
            let last = self.get(&format!("/exports/{export}")).await["lastRun"].clone();
            if last.is_object() {
                return last;
            }
            assert!(started.elapsed() < PATIENCE, "it was never run");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The run once it has ended, which may take longer than usual.
    pub async fn ended_within(&self, run: &str, most: Duration) -> Value {
        self.run_within(run, most, |run| run["endUtc"].is_string()).await
    }

    pub async fn ended(&self, run: &str) -> Value {
        self.run_when(run, |run| run["endUtc"].is_string()).await
    }
}

/// Waits until it is so.
pub async fn until(is_so: impl AsyncFn() -> bool) {
    let started = std::time::Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < PATIENCE, "it never came to that");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The answer of a call that must succeed.
pub async fn good(response: Response) -> Value {
    let status = response.status();
    let body = response.text().await.unwrap();
    assert!(status.is_success(), "{status}: {body}");
    serde_json::from_str(&body).unwrap_or(Value::Null)
}

/// The problem of a call that must be refused with `status`.
pub async fn refused(response: Response, status: u16) -> Value {
    let (actual, media) = (response.status(), response.headers()["content-type"].clone());
    let body = response.text().await.unwrap();
    assert_eq!(actual.as_u16(), status, "{body}");
    assert_eq!(media, "application/problem+json");
    let problem: Value = serde_json::from_str(&body).unwrap();
    for member in ["type", "title", "detail", "errorCode", "culprit", "instance"] {
        assert!(problem[member].is_string(), "{member} in {problem}");
    }
    problem
}

pub fn check_law(run: &Value) {
    let count = |name: &str| run["counts"][name].as_i64().unwrap();
    let parts = ["created", "updated", "rejected", "duplicate", "invalid", "inDoubt", "remaining"];
    assert_eq!(count("selected"), parts.iter().map(|name| count(name)).sum::<i64>(), "{run}");
    assert!(parts.iter().all(|name| count(name) >= 0), "{run}");
}

pub fn people(rows: usize) -> String {
    use std::fmt::Write;
    let mut csv = String::from("CustomerId,Email,City\n");
    for row in 0..rows {
        writeln!(csv, "{row},person{row}@example.com,Riga").unwrap();
    }
    csv
}

pub fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}")).to_owned()
}
