//! Everything that runs: the engines, two APIs, three workers, a scheduler, the offline Campaign Monitor; and the
//! segments they export. Calls go to whichever API answers.

use std::fmt::Write;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, Method, StatusCode};
use segment_export::campaign_monitor::sandbox::{API_KEY, LIST_ID};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::ledger::Expected;
use crate::processes::{Process, token};
use crate::services::{Postgres, Redis};

pub const CONNECTIONS: usize = 3;
pub const EXPORTS_PER_CONNECTION: usize = 2;
pub const UPLOADS_IN_FLIGHT: i64 = 8;
pub const LEASE: Duration = Duration::from_secs(2);
const WORKERS: usize = 3;
const APIS: usize = 2;
/// One row in so many has no usable address, and one has that of the row before.
const FLAWED_EVERY: usize = 200;
const ANSWER_MAX: Duration = Duration::from_mins(2);

pub struct World {
    pub postgres: Postgres,
    pub redis: Redis,
    pub apis: Vec<Process>,
    pub workers: Vec<Process>,
    pub campaign_monitor: Process,
    pub exports: Vec<String>,
    pub expected: Expected,
    caller: Caller,
    _scheduler: Process,
    _folder: TempDir,
}

/// Calls the service as a front end would.
#[derive(Clone)]
pub struct Caller {
    http: Client,
    ports: Vec<u16>,
    instance: Uuid,
    token: String,
}

impl World {
    pub async fn start(profiles: usize) -> Result<Self> {
        let folder = TempDir::new()?;
        let postgres = Postgres::start(folder.path()).await?;
        let redis = Redis::start().await?;
        let campaign_monitor = Process::start("Campaign Monitor", &["sandbox".into()]).await?;
        let common = common(&folder, &postgres, &redis, campaign_monitor.port);
        let play = |role: &str| [&common[..], &["--roles".into(), role.into()]].concat();
        let mut apis = Vec::new();
        for n in 0..APIS {
            apis.push(Process::start(&format!("api {n}"), &play("api")).await?);
        }
        let mut workers = Vec::new();
        for n in 0..WORKERS {
            workers.push(Process::start(&format!("worker {n}"), &play("worker")).await?);
        }
        let scheduler = Process::start("scheduler", &play("scheduler")).await?;
        let caller = Caller {
            http: Client::builder().timeout(Duration::from_secs(10)).build()?,
            ports: apis.iter().map(|api| api.port).collect(),
            instance: Uuid::now_v7(),
            token: token().await?,
        };
        let exports = set_up(&caller, profiles).await?;
        let flawed = i64::try_from(profiles / FLAWED_EVERY)?;
        let good = i64::try_from(profiles)? - 2 * flawed;
        let expected = Expected { good, duplicate: flawed, invalid: flawed };
        Ok(Self {
            postgres,
            redis,
            apis,
            workers,
            campaign_monitor,
            exports,
            expected,
            caller,
            _scheduler: scheduler,
            _folder: folder,
        })
    }

    pub fn caller(&self) -> Caller {
        self.caller.clone()
    }

    /// Orders faults, beside the time a call takes.
    pub async fn faults(&self, faults: &[Value]) -> Result<()> {
        let latency = json!({"match": {"path": "import"}, "kind": {"latency": {"ms": 40}}});
        let plan: Vec<_> = std::iter::once(&latency).chain(faults).collect();
        let request = self.caller.http.put(self.sandbox("faults")).json(&plan);
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// What the offline Campaign Monitor counts.
    pub async fn count(&self, path: &str, pointer: &str) -> Result<i64> {
        let answer: Value = self.caller.http.get(self.sandbox(path)).send().await?.json().await?;
        answer
            .pointer(pointer)
            .and_then(Value::as_i64)
            .with_context(|| format!("{pointer} in {answer}"))
    }

    fn sandbox(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/sandbox/{path}", self.campaign_monitor.port)
    }
}

fn common(
    folder: &TempDir,
    postgres: &Postgres,
    redis: &Redis,
    campaign_monitor: u16,
) -> Vec<String> {
    let storage = format!("file://{}", folder.path().join("segments").display());
    let campaign_monitor = format!("http://127.0.0.1:{campaign_monitor}/");
    let lease = LEASE.as_millis().to_string();
    let (database, redis, in_flight) = (postgres.url(), redis.url(), UPLOADS_IN_FLIGHT.to_string());
    let settings: [(&str, &str); 11] = [
        ("--database-url", &database),
        ("--redis-url", &redis),
        ("--storage-url", &storage),
        ("--campaign-monitor-url", &campaign_monitor),
        ("--uploads-in-flight", &in_flight),
        ("--lease-ms", &lease),
        ("--sweep-ms", "250"),
        ("--run-pause-ms", "250"),
        ("--retry-pause-ms", "50"),
        ("--call-timeout-ms", "3000"),
        ("--stalls-max", "100"),
    ];
    let settings =
        settings.into_iter().flat_map(|(name, value)| [name.to_owned(), value.to_owned()]);
    ["serve".to_owned(), "--dev".to_owned()].into_iter().chain(settings).collect()
}

async fn set_up(caller: &Caller, profiles: usize) -> Result<Vec<String>> {
    let mut exports = Vec::new();
    for connection in 0..CONNECTIONS {
        let new = json!({"displayName": format!("Connection {connection}"), "type": "campaignMonitor",
            "consent": {"agreed": true}, "credentials": {"kind": "apiKey", "apiKey": API_KEY}});
        let connection =
            text(&caller.call(Method::POST, "/connections", Some(new)).await?, "connectionId")?;
        caller.call(Method::PUT, &format!("/connections/{connection}/export-user"), None).await?;
        for _ in 0..EXPORTS_PER_CONNECTION {
            exports.push(add_export(caller, &connection, exports.len(), profiles).await?);
        }
    }
    Ok(exports)
}

async fn add_export(
    caller: &Caller,
    connection: &str,
    number: usize,
    profiles: usize,
) -> Result<String> {
    let name = format!("Segment{number}");
    let path = format!("/segments/{name}");
    caller.call(Method::PUT, &path, Some(json!({"displayName": name}))).await?;
    let url = format!(
        "http://127.0.0.1:{}/v1/instances/{}{path}/members",
        caller.ports[0], caller.instance
    );
    let upload = caller.http.put(url).bearer_auth(&caller.token).header("Content-Type", "text/csv");
    upload.body(members(number, profiles)).send().await?.error_for_status()?;
    let export = json!({"displayName": name, "connectionId": connection, "listId": LIST_ID, "segments": [name],
        "mapping": {"email": "Email", "customFields": [{"field": "City", "key": "city"}]}});
    text(&caller.call(Method::POST, "/exports", Some(export)).await?, "exportId")
}

fn members(segment: usize, profiles: usize) -> String {
    let mut csv = String::from("CustomerId,Email,City\n");
    for row in 0..profiles {
        let _ = match row % FLAWED_EVERY {
            50 => writeln!(csv, "{row},nobody,Riga"),
            150 => writeln!(csv, "{row},P{}@S{segment}.example.com,Riga", row - 1),
            _ => writeln!(csv, "{row},p{row}@s{segment}.example.com,Riga"),
        };
    }
    csv
}

impl Caller {
    /// Makes a call, again until an API answers it: each may be dead, or without a database, for a while.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let (started, key) = (Instant::now(), Uuid::now_v7().to_string());
        for port in self.ports.iter().cycle() {
            let url = format!("http://127.0.0.1:{port}/v1/instances/{}{path}", self.instance);
            let request = self.http.request(method.clone(), url).bearer_auth(&self.token);
            let request = request.header("Idempotency-Key", &key);
            let request = body.iter().fold(request, reqwest::RequestBuilder::json);
            let answer = request.send().await;
            if let Ok(answer) = answer
                && answer.status() != StatusCode::SERVICE_UNAVAILABLE
            {
                let is_good = answer.status().is_success();
                let answer: Value = answer.json().await?;
                ensure!(is_good, "{method} {path} was refused: {answer}");
                return Ok(answer);
            }
            ensure!(started.elapsed() < ANSWER_MAX, "no API answers {method} {path}");
            sleep(Duration::from_millis(50)).await;
        }
        bail!("there is no API")
    }
}

pub fn text(value: &Value, member: &str) -> Result<String> {
    Ok(value[member].as_str().with_context(|| format!("no {member} in {value}"))?.to_owned())
}
