//! The process that is attacked, and how much memory it takes.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use crate::cluster::processes::{Process, token};
use crate::report::Report;

/// After this long a call counts as one without an answer.
const ANSWER_MAX: Duration = Duration::from_mins(5);

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Csv,
    Ndjson,
    Parquet,
    /// CSV that is packed: only in external storage.
    Packed,
}

pub struct Target {
    process: Process,
    http: Client,
    token: String,
    instance: Uuid,
    folder: TempDir,
}

impl Target {
    pub async fn start() -> Result<Self> {
        let folder = TempDir::new()?;
        let lake = folder.path().join("lake");
        std::fs::create_dir(&lake)?;
        let at = |name: &str| folder.path().join(name).display().to_string();
        let arguments = [
            "serve",
            "--dev",
            "--roles",
            "api",
            "--database-url",
            &format!("sqlite://{}", at("hostile.db")),
            "--storage-url",
            &format!("file://{}", at("uploads")),
            "--storage-roots",
            &format!("lake=file://{}", at("lake")),
        ]
        .map(str::to_owned);
        let process = Process::start("hostile", &arguments).await?;
        let http = Client::builder().timeout(ANSWER_MAX).build()?;
        let (token, instance) = (token().await?, Uuid::now_v7());
        let target = Self { process, http, token, instance, folder };
        target.put("/segments/upload").json(&json!({"displayName": "Upload"})).send().await?;
        Ok(target)
    }

    /// Uploads a file and reads its members; then registers it as a file in external storage and reads it there.
    pub async fn attack(
        &mut self,
        name: &str,
        kind: Kind,
        body: Vec<u8>,
        report: &mut Report,
    ) -> Result<()> {
        if let Some(media) = media(kind) {
            let upload = self.put("/segments/upload/members").header("Content-Type", media);
            self.call(&format!("{name}, uploaded"), upload.body(body.clone()), report).await?;
            let read = self.request(Method::GET, "/segments/upload/members?limit=1");
            self.call(&format!("{name}, read"), read, report).await?;
        }
        if let Some((format, extension)) = format(kind) {
            let path = self.place(extension, &body)?;
            let source = json!({"kind": "files", "url": format!("file://{}", path.display()), "format": format});
            let segment = json!({"displayName": "Lake", "source": source});
            self.call(
                &format!("{name}, registered"),
                self.put("/segments/lake").json(&segment),
                report,
            )
            .await?;
            let read = self.request(Method::GET, "/segments/lake/members?limit=1000");
            self.call(&format!("{name}, read there"), read, report).await?;
        }
        Ok(())
    }

    fn place(&self, extension: &str, body: &[u8]) -> Result<PathBuf> {
        let path = self.folder.path().join(format!("lake/hostile.{extension}"));
        std::fs::write(&path, body)?;
        Ok(path)
    }

    async fn call(
        &mut self,
        name: &str,
        request: RequestBuilder,
        report: &mut Report,
    ) -> Result<()> {
        // From here on the peak is that of this call.
        std::fs::write(format!("/proc/{}/clear_refs", self.process.id()?), "5")?;
        let started = Instant::now();
        let status = match request.send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                answer.bytes().await.ok().map(|_| status)
            }
            Err(_) => None,
        };
        self.process.still_runs().with_context(|| name.to_owned())?;
        report.add(name, status, self.memory("VmHWM")?, started.elapsed());
        Ok(())
    }

    /// A line of `/proc/…/status`, in bytes.
    pub fn memory(&self, line: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()?))?;
        let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
        let kib = found.and_then(|text| text.split_whitespace().next()).context("no such line")?;
        Ok(kib.parse::<u64>()? << 10)
    }

    fn put(&self, path: &str) -> RequestBuilder {
        self.request(Method::PUT, path)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url =
            format!("http://127.0.0.1:{}/v1/instances/{}{path}", self.process.port, self.instance);
        self.http.request(method, url).bearer_auth(&self.token)
    }
}

fn media(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Csv => Some("text/csv"),
        Kind::Ndjson => Some("application/x-ndjson"),
        Kind::Parquet => Some("application/vnd.apache.parquet"),
        Kind::Packed => None,
    }
}

fn format(kind: Kind) -> Option<(&'static str, &'static str)> {
    match kind {
        Kind::Csv => Some(("csv", "csv")),
        Kind::Packed => Some(("csv", "csv.gz")),
        Kind::Parquet => Some(("parquet", "parquet")),
        Kind::Ndjson => None,
    }
}
