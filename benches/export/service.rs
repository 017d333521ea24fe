//! The service as a process of its own, driven over HTTP as a front end would, its memory and CPU read from `/proc`.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use reqwest::Method;
use segment_export::campaign_monitor::sandbox::{API_KEY, LIST_ID};
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::data::Format;

const BINARY: &str = env!("CARGO_BIN_EXE_segment-export");
const START_MAX: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Clock ticks a second in `/proc`; fixed on Linux.
const TICKS: f64 = 100.0;

/// A running service with one connection.
pub struct Service {
    process: Child,
    http: reqwest::Client,
    base: String,
    token: String,
    connection: String,
}

/// What a process has used so far.
#[derive(Clone, Copy)]
pub struct Usage {
    pub peak_mb: f64,
    pub cpu_seconds: f64,
}

impl Service {
    /// Starts the service on a new database in `folder`; members are read from `folder` too.
    pub async fn start(folder: &Path, campaign_monitor: &str) -> Result<Self> {
        let bind = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let database = folder.join(format!("{}.db", Uuid::now_v7()));
        let process = Command::new(BINARY)
            .args(["serve", "--dev", "--bind", &bind, "--campaign-monitor-url", campaign_monitor])
            .arg("--database-url")
            .arg(format!("sqlite://{}", database.display()))
            .arg("--storage-url")
            .arg(format!("file://{}", folder.display()))
            .env("RUST_LOG", "error")
            .kill_on_drop(true)
            .spawn()?;
        let mut service = Self {
            process,
            http: reqwest::Client::builder().build()?,
            base: format!("http://{bind}/v1/instances/{}", Uuid::now_v7()),
            token: token().await?,
            connection: String::new(),
        };
        service.wait_for(&bind).await?;
        service.connection = service.connect().await?;
        Ok(service)
    }

    async fn wait_for(&self, bind: &str) -> Result<()> {
        let started = Instant::now();
        while self.http.get(format!("http://{bind}/readyz")).send().await.is_err() {
            ensure!(started.elapsed() < START_MAX, "the service does not start");
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    async fn connect(&self) -> Result<String> {
        let new = json!({"displayName": "Bench", "type": "campaignMonitor", "consent": {"agreed": true},
            "credentials": {"kind": "apiKey", "apiKey": API_KEY}});
        let connection = self.call(Method::POST, "/connections", Some(new)).await?;
        let id = text(&connection, "connectionId")?;
        self.call(Method::PUT, &format!("/connections/{id}/export-user"), None).await?;
        Ok(id)
    }

    /// Configures an export of the profiles in `file`.
    pub async fn configure(&self, file: &Path, format: Format) -> Result<String> {
        let name = format!("{}{}", format.word(), Uuid::now_v7().simple());
        let source = json!({"kind": "files", "url": format!("file://{}", file.display()), "format": format.word()});
        let segment = json!({"displayName": name, "source": source});
        self.call(Method::PUT, &format!("/segments/{name}"), Some(segment)).await?;
        let custom = |field: &str, key: &str| json!({"field": field, "key": key});
        let export = json!({"displayName": name, "connectionId": self.connection, "listId": LIST_ID,
            "segments": [name], "mapping": {"email": "Email", "name": {"first": "FirstName", "last": "LastName"},
            "customFields": [custom("City", "city"), custom("Points", "points")]}});
        text(&self.call(Method::POST, "/exports", Some(export)).await?, "exportId")
    }

    /// Runs an export to its end. From the call that asks for it to the last checkpoint.
    pub async fn run(&self, export: &str) -> Result<Duration> {
        let mut run = self.call(Method::POST, &format!("/exports/{export}/runs"), None).await?;
        let path = format!("/runs/{}", text(&run, "runId")?);
        while run["endUtc"].is_null() {
            sleep(LOOK_EVERY).await;
            run = self.call(Method::GET, &path, None).await?;
        }
        ensure!(run["status"] == "successful", "the run went wrong: {run}");
        let time = |name| Ok::<_, anyhow::Error>(text(&run, name)?.parse::<DateTime<Utc>>()?);
        Ok((time("endUtc")? - time("submittedUtc")?).to_std()?)
    }

    /// What the process has used so far.
    pub fn usage(&self) -> Result<Usage> {
        let id = self.process.id().context("the service has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|line| line.split_whitespace().next()).context("no VmHWM")?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        let (_, after_name) = stat.rsplit_once(')').context("no name in stat")?;
        let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        let ticks: f64 = ticks.sum::<Result<f64, _>>()?;
        Ok(Usage { peak_mb: peak.parse::<f64>()? / 1024.0, cpu_seconds: ticks / TICKS })
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = request.bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let response = request.send().await?;
        let is_good = response.status().is_success();
        let answer: Value = response.json().await?;
        ensure!(is_good, "{path} was refused: {answer}");
        Ok(answer)
    }
}

async fn token() -> Result<String> {
    let output = Command::new(BINARY).arg("token").stderr(Stdio::inherit()).output().await?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn text(value: &Value, member: &str) -> Result<String> {
    Ok(value[member].as_str().with_context(|| format!("no {member} in {value}"))?.to_owned())
}
