//! The service as a process of its own, driven over HTTP as a front end would, its memory and CPU read from `/proc`.

use std::ops::Deref;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use reqwest::Method;
use segment_export::sandbox::{API_KEY, LIST_ID};
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use tokio::time::sleep;
use uuid::Uuid;

use crate::cluster::services::{free_port, wait_for};
use crate::data::Format;
use crate::engines::Engines;

const BINARY: &str = env!("CARGO_BIN_EXE_segment-export");
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Clock ticks a second in `/proc`; fixed on Linux.
const TICKS: f64 = 100.0;

/// What measures the service itself makes more calls than a caller may.
pub const UNLIMITED: [&str; 4] =
    ["--max-calls-per-second", "0", "--max-instance-calls-per-second", "0"];

/// A running service, and its first instance.
pub struct Service {
    process: Child,
    instance: Instance,
}

/// An instance with one connection.
pub struct Instance {
    http: reqwest::Client,
    /// Where it listens.
    pub port: u16,
    /// What comes before every path: the instance.
    pub path: String,
    /// Proves that the caller may do everything.
    pub token: String,
    /// The connection of the exports.
    pub connection: String,
}

/// What a process has used so far.
#[derive(Clone, Copy)]
pub struct Usage {
    pub peak_mb: f64,
    pub cpu_seconds: f64,
}

impl Deref for Service {
    type Target = Instance;

    fn deref(&self) -> &Instance {
        &self.instance
    }
}

impl Service {
    /// Starts the service as one process with these roles; members are read from `folder`.
    pub async fn start(
        folder: &Path,
        campaign_monitor: &str,
        engines: &Engines,
        roles: &str,
    ) -> Result<Self> {
        Self::start_with(folder, campaign_monitor, engines, roles, &UNLIMITED).await
    }

    /// The same with these settings instead of no limits.
    pub async fn start_with(
        folder: &Path,
        campaign_monitor: &str,
        engines: &Engines,
        roles: &str,
        settings: &[&str],
    ) -> Result<Self> {
        let port = free_port()?;
        let process = spawn(folder, campaign_monitor, engines, roles, port, settings)?;
        wait_for(port).await?;
        Ok(Self { process, instance: Instance::new(port).await? })
    }

    /// What the process has used so far.
    pub fn usage(&self) -> Result<Usage> {
        let id = self.id()?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let peak = after(&status, "VmHWM:").context("no VmHWM")?;
        Ok(Usage { peak_mb: peak / 1024.0, cpu_seconds: cpu_seconds(id)? })
    }

    /// The bytes that the process has read from files so far; what it receives is not among them.
    pub fn read(&self) -> Result<f64> {
        let io = std::fs::read_to_string(format!("/proc/{}/io", self.id()?))?;
        after(&io, "rchar:").context("no rchar")
    }

    fn id(&self) -> Result<u32> {
        self.process.id().context("the service has ended")
    }
}

impl Instance {
    /// An instance of the service at `port`.
    pub async fn new(port: u16) -> Result<Self> {
        let mut instance = Self {
            http: reqwest::Client::builder().build()?,
            port,
            path: format!("/v1/instances/{}", Uuid::now_v7()),
            token: token().await?,
            connection: String::new(),
        };
        instance.connection = instance.connect("Bench").await?;
        Ok(instance)
    }

    /// Adds a connection that is ready to use.
    pub async fn connect(&self, name: &str) -> Result<String> {
        let new = json!({"displayName": name, "type": "campaignMonitor", "consent": {"agreed": true},
            "credentials": {"kind": "apiKey", "apiKey": API_KEY}});
        let connection = self.call(Method::POST, "/connections", Some(new)).await?;
        let id = text(&connection, "connectionId")?;
        self.call(Method::PUT, &format!("/connections/{id}/export-user"), None).await?;
        Ok(id)
    }

    /// Configures an export of the profiles in `file`.
    pub async fn configure(&self, file: &Path, format: Format) -> Result<String> {
        let segment = self.add_segment(file, format).await?;
        self.add_export(&segment, &self.connection, &segment).await
    }

    /// Adds a segment of the profiles in `file`.
    pub async fn add_segment(&self, file: &Path, format: Format) -> Result<String> {
        let name = format!("{}{}", format.word(), Uuid::now_v7().simple());
        let source = json!({"kind": "files", "url": format!("file://{}", file.display()), "format": format.word()});
        let segment = json!({"displayName": name, "source": source});
        self.call(Method::PUT, &format!("/segments/{name}"), Some(segment)).await?;
        Ok(name)
    }

    /// Adds an export of a segment over a connection.
    pub async fn add_export(&self, name: &str, connection: &str, segment: &str) -> Result<String> {
        let custom = |field: &str, key: &str| json!({"field": field, "key": key});
        let mapping = json!({"email": "Email", "name": {"first": "FirstName", "last": "LastName"},
            "customFields": [custom("City", "city"), custom("Points", "points")]});
        self.add_export_of(name, connection, segment, mapping).await
    }

    /// The same with a mapping of its own.
    pub async fn add_export_of(
        &self,
        name: &str,
        connection: &str,
        segment: &str,
        mapping: Value,
    ) -> Result<String> {
        let export = json!({"displayName": name, "connectionId": connection, "listId": LIST_ID,
            "segments": [segment], "mapping": mapping});
        text(&self.call(Method::POST, "/exports", Some(export)).await?, "exportId")
    }

    /// Sets where an export logs its rows.
    pub async fn set_row_log(&self, export: &str, row_log: Value) -> Result<()> {
        let patch = json!({"rowLog": row_log});
        self.call(Method::PATCH, &format!("/exports/{export}"), Some(patch)).await.map(drop)
    }

    /// Changes what an export sends, and what happens to people who leave.
    pub async fn set_sync(&self, export: &str, sync: Value) -> Result<()> {
        let patch = json!({"sync": sync});
        self.call(Method::PATCH, &format!("/exports/{export}"), Some(patch)).await.map(drop)
    }

    /// Runs an export to its end. From the call that asks for it to the last checkpoint, and the run as it is then.
    pub async fn run(&self, export: &str) -> Result<(Duration, Value)> {
        let mut run = self.call(Method::POST, &format!("/exports/{export}/runs"), None).await?;
        let path = format!("/runs/{}", text(&run, "runId")?);
        while run["endUtc"].is_null() {
            sleep(LOOK_EVERY).await;
            run = self.call(Method::GET, &path, None).await?;
        }
        ensure!(run["status"] == "successful", "the run went wrong: {run}");
        let time = |name| Ok::<_, anyhow::Error>(text(&run, name)?.parse::<DateTime<Utc>>()?);
        let duration = (time("endUtc")? - time("submittedUtc")?).to_std()?;
        Ok((duration, run))
    }

    /// Makes a call.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let request = self.request(method, path);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        Self::answer(path, request).await
    }

    /// A request of this instance.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("http://127.0.0.1:{}{}{path}", self.port, self.path);
        self.http.request(method, url).bearer_auth(&self.token)
    }

    /// The answer of a call that must succeed; null when it has no body.
    pub async fn answer(path: &str, request: reqwest::RequestBuilder) -> Result<Value> {
        let response = request.send().await?;
        let is_good = response.status().is_success();
        let body = response.bytes().await?;
        let answer: Value =
            if body.is_empty() { Value::Null } else { serde_json::from_slice(&body)? };
        ensure!(is_good, "{path} was refused: {answer}");
        Ok(answer)
    }
}

/// The seconds that a process has kept a processor busy.
pub fn cpu_seconds(id: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    let (_, after_name) = stat.rsplit_once(')').context("no name in stat")?;
    let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / TICKS)
}

/// The number after a name that a line begins with.
fn after(lines: &str, name: &str) -> Option<f64> {
    let line = lines.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Starts a process of the service.
pub fn spawn(
    folder: &Path,
    campaign_monitor: &str,
    engines: &Engines,
    roles: &str,
    port: u16,
    settings: &[&str],
) -> Result<Child> {
    let bind = format!("127.0.0.1:{port}");
    let mut command = Command::new(BINARY);
    command
        .args(["serve", "--dev", "--bind", &bind, "--campaign-monitor-url", campaign_monitor])
        .args(["--roles", roles, "--storage-url", &format!("file://{}", folder.display())])
        .args(engines.settings(folder))
        .args(settings);
    Ok(command.env("RUST_LOG", "error").kill_on_drop(true).spawn()?)
}

async fn token() -> Result<String> {
    token_of("bench@example.com").await
}

/// The token of an administrator of every instance.
pub async fn token_of(subject: &str) -> Result<String> {
    let mut command = Command::new(BINARY);
    command.args(["token", "--dev", "--subject", subject]);
    let output = command.stderr(Stdio::inherit()).output().await?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

pub fn text(value: &Value, member: &str) -> Result<String> {
    Ok(value[member].as_str().with_context(|| format!("no {member} in {value}"))?.to_owned())
}
