//! The process that is attacked: the whole service, with the offline Campaign Monitor behind it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::cluster::campaign_monitor::CampaignMonitor;
use crate::cluster::processes::{Process, token};
use crate::report::Report;
use crate::runs::KEYS;

/// After this long a call counts as one without an answer, and a run as one without an end.
const ANSWER_MAX: Duration = Duration::from_mins(5);

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Csv,
    Ndjson,
    Parquet,
    /// CSV in gzip or Zstandard.
    Packed,
    /// A `model.json`: only in external storage.
    Model,
}

/// What has come of a call or a run.
pub struct Answer {
    /// `None` when the call has no answer.
    pub status: Option<u16>,
    /// It is told when to come back.
    pub comes_again: bool,
    pub text: String,
    pub time: Duration,
}

impl Answer {
    pub fn is_good(&self) -> bool {
        self.status.is_some_and(|status| status < 300)
    }
}

pub struct Target {
    pub process: Process,
    campaign_monitor: CampaignMonitor,
    http: Client,
    token: String,
    instance: Uuid,
    pub connection: String,
    pub list: String,
    /// Of all files that come alone.
    export: Option<String>,
    folder: TempDir,
}

impl Target {
    pub async fn start() -> Result<Self> {
        let folder = TempDir::new()?;
        std::fs::create_dir(folder.path().join("lake"))?;
        let at = |name: &str| folder.path().join(name).display().to_string();
        let campaign_monitor = CampaignMonitor::start().await?;
        let arguments = [
            "serve",
            "--dev",
            "--database-url",
            &format!("sqlite://{}", at("hostile.db")),
            "--storage-url",
            &format!("file://{}", at("uploads")),
            "--storage-roots",
            &format!("lake=file://{}", at("lake")),
            "--campaign-monitor-url",
            &campaign_monitor.url(),
            "--run-pause-ms",
            "100",
            // It calls faster than a caller may, and each file must reach its reader.
            "--max-calls-per-second",
            "0",
            "--max-instance-calls-per-second",
            "0",
        ]
        .map(str::to_owned);
        let process = Process::start("hostile", &arguments).await?;
        let http = Client::builder().timeout(ANSWER_MAX).build()?;
        let mut target = Self {
            process,
            campaign_monitor,
            http,
            token: token().await?,
            instance: Uuid::now_v7(),
            connection: String::new(),
            list: String::new(),
            export: None,
            folder,
        };
        target.connect().await?;
        Ok(target)
    }

    /// A connection that is ready to use, a list, and the segment for uploads.
    async fn connect(&mut self) -> Result<()> {
        let new = json!({"displayName": "Hostile", "type": "campaignMonitor", "consent": {"agreed": true},
            "credentials": {"kind": "apiKey", "apiKey": segment_export::sandbox::API_KEY}});
        let made = self.json(self.request(Method::POST, "/connections").json(&new)).await?;
        self.connection = member(&made, "connectionId")?;
        let user = format!("/connections/{}/export-user", self.connection);
        self.json(self.request(Method::PUT, &user)).await?;
        self.list = self.campaign_monitor.desk.add_list(&KEYS).await?;
        self.add_segment("upload").await
    }

    pub async fn add_segment(&self, name: &str) -> Result<()> {
        let new = json!({"displayName": name});
        self.json(self.request(Method::PUT, &format!("/segments/{name}")).json(&new)).await?;
        Ok(())
    }

    /// Uploads a file and reads its members; then registers it as a file in external storage and reads it there. False
    /// when it cannot be registered.
    pub async fn attack(
        &mut self,
        name: &str,
        kind: Kind,
        body: Vec<u8>,
        report: &mut Report,
    ) -> Result<bool> {
        if let Some(upload) = self.upload("upload", kind, body.clone()) {
            self.call(name, "uploaded", upload, report).await?;
            let read = self.request(Method::GET, "/segments/upload/members?limit=1");
            self.call(name, "read", read, report).await?;
        }
        let Some(registration) = self.register("lake", kind, &body)? else { return Ok(false) };
        if !self.call(name, "registered", registration, report).await?.is_good() {
            return Ok(false);
        }
        let read = self.request(Method::GET, "/segments/lake/members?limit=1000");
        self.call(name, "read there", read, report).await?;
        Ok(true)
    }

    /// Runs an export of the file that was registered last.
    pub async fn attack_by_run(&mut self, name: &str, report: &mut Report) -> Result<()> {
        let export = self.export_of("lake", self.export.as_deref()).await?;
        self.process.forget_peak()?;
        let run = self.run(&export, ANSWER_MAX).await?;
        self.export = Some(export);
        self.process.still_runs().with_context(|| name.to_owned())?;
        let peak = self.process.memory("VmHWM").with_context(|| name.to_owned())?;
        report.add(name, "as members of a run", &run, peak);
        Ok(())
    }

    /// The upload of a file, where such files are uploaded.
    pub fn upload(&self, segment: &str, kind: Kind, body: Vec<u8>) -> Option<RequestBuilder> {
        let path = format!("/segments/{segment}/members");
        let mut upload = self.request(Method::PUT, &path).header("Content-Type", media(kind)?);
        if kind == Kind::Packed {
            upload = upload.header("Content-Encoding", "gzip");
        }
        Some(upload.body(body))
    }

    /// Puts a file into external storage; the registration of the segment with its members, where there are such.
    pub fn register(&self, name: &str, kind: Kind, body: &[u8]) -> Result<Option<RequestBuilder>> {
        let Some((format, file)) = format(kind) else { return Ok(None) };
        let folder = self.folder.path().join("lake").join(name);
        std::fs::create_dir_all(&folder)?;
        let path: PathBuf = folder.join(file);
        std::fs::write(&path, body)?;
        std::fs::write(folder.join("sound.csv"), "CustomerId\n1\n")?;
        let source = match format {
            Some(format) => {
                json!({"kind": "files", "url": format!("file://{}", path.display()), "format": format})
            }
            None => {
                json!({"kind": "customerInsights", "url": format!("file://{}", folder.display()), "entity": "E"})
            }
        };
        let segment = json!({"displayName": name, "source": source});
        Ok(Some(self.request(Method::PUT, &format!("/segments/{name}")).json(&segment)))
    }

    async fn call(
        &mut self,
        name: &str,
        what: &str,
        request: RequestBuilder,
        report: &mut Report,
    ) -> Result<Answer> {
        self.process.forget_peak()?;
        let answer = self.answer(request).await;
        self.process.still_runs().with_context(|| format!("{name}, {what}"))?;
        let peak = self.process.memory("VmHWM").with_context(|| format!("{name}, {what}"))?;
        report.add(name, what, &answer, peak);
        Ok(answer)
    }

    /// Sends a request, whatever comes of it.
    pub async fn answer(&self, request: RequestBuilder) -> Answer {
        let started = Instant::now();
        let (mut status, mut comes_again, mut text) = (None, false, String::new());
        match request.send().await {
            Ok(answer) => {
                let code = answer.status().as_u16();
                comes_again = answer.headers().contains_key(RETRY_AFTER);
                if let Ok(body) = answer.text().await {
                    (status, text) = (Some(code), if code < 300 { String::new() } else { body });
                }
            }
            Err(error) => text = format!("{error:?}"),
        }
        Answer { status, comes_again, text, time: started.elapsed() }
    }

    pub async fn json(&self, request: RequestBuilder) -> Result<Value> {
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        anyhow::ensure!(status.is_success(), "{status}: {text}");
        Ok(serde_json::from_str(&text)?)
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url =
            format!("http://127.0.0.1:{}/v1/instances/{}{path}", self.process.port, self.instance);
        self.http.request(method, url).bearer_auth(&self.token)
    }
}

pub fn member(value: &Value, name: &str) -> Result<String> {
    Ok(value[name].as_str().with_context(|| format!("no {name} in {value}"))?.to_owned())
}

const fn media(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Csv | Kind::Packed => Some("text/csv"),
        Kind::Ndjson => Some("application/x-ndjson"),
        Kind::Parquet => Some("application/vnd.apache.parquet"),
        Kind::Model => None,
    }
}

/// The format as a source names it, where it has one, and the name of the file.
const fn format(kind: Kind) -> Option<(Option<&'static str>, &'static str)> {
    match kind {
        Kind::Csv => Some((Some("csv"), "hostile.csv")),
        Kind::Packed => Some((Some("csv"), "hostile.csv.gz")),
        Kind::Parquet => Some((Some("parquet"), "hostile.parquet")),
        Kind::Model => Some((None, "model.json")),
        Kind::Ndjson => None,
    }
}
