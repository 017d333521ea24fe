//! The instance that works while another attacks: it reads all the time, and does everything else now and then.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use crate::data::{self, Format};
use crate::figures::percentile;
use crate::service::{Instance, text, token_of};

/// Fifty reads a second.
const READ_EVERY: Duration = Duration::from_millis(20);
const TOUR_EVERY: Duration = Duration::from_secs(1);
const PROFILES: u32 = 1000;

pub struct Victim {
    instance: Instance,
    export: String,
    run: String,
    file: String,
    is_worked: bool,
}

/// What came of its calls.
#[derive(Default)]
pub struct Worked {
    pub calls: usize,
    /// What was reported of each.
    pub failed: Vec<String>,
    pub p99_ms: f64,
}

impl Victim {
    /// Sets up an instance beside that of the attacker; `is_worked` when a worker executes its runs.
    pub async fn prepare(folder: &Path, port: u16, is_worked: bool) -> Result<Arc<Self>> {
        let mut instance = Instance::new(port).await?;
        instance.token = token_of("victim@example.com").await?;
        let file = data::write(folder, Format::Csv, PROFILES)?;
        let export = instance.configure(&file, Format::Csv).await?;
        let uploaded = json!({"displayName": "Uploaded"});
        instance.call(Method::PUT, "/segments/Uploaded", Some(uploaded)).await?;
        let run = if is_worked {
            instance.run(&export).await?.1
        } else {
            instance.call(Method::POST, &format!("/exports/{export}/runs"), None).await?
        };
        let run = text(&run, "runId")?;
        let file = file.display().to_string();
        Ok(Arc::new(Self { instance, export, run, file, is_worked }))
    }

    /// Works until the time has passed.
    pub async fn work(self: Arc<Self>, until: Instant) -> Result<Worked> {
        let (reading, touring) =
            (tokio::spawn(self.clone().read(until)), tokio::spawn(self.tour(until)));
        let (mut worked, tours) = (reading.await?, touring.await?);
        worked.calls += tours.calls;
        worked.failed.extend(tours.failed);
        Ok(worked)
    }

    async fn read(self: Arc<Self>, until: Instant) -> Worked {
        let paths = ["/segments".to_owned(), format!("/runs/{}", self.run), "/exports".to_owned()];
        let (mut worked, mut times, mut due) = (Worked::default(), Vec::new(), Instant::now());
        for path in paths.iter().cycle() {
            if due >= until {
                break;
            }
            sleep_until(due).await;
            worked.count(self.instance.call(Method::GET, path, None).await);
            // From when it was due: a read that waits for the one before waits for the service.
            times.push(due.elapsed());
            due += READ_EVERY;
        }
        worked.p99_ms = percentile(&mut times, 99);
        worked
    }

    async fn tour(self: Arc<Self>, until: Instant) -> Worked {
        let (mut worked, mut due) = (Worked::default(), Instant::now());
        while due < until {
            sleep_until(due).await;
            let instance = &self.instance;
            let saved = json!({"displayName": "Saved"});
            worked.count(instance.call(Method::PUT, "/segments/Saved", Some(saved)).await);
            worked
                .count(instance.upload("Uploaded", "CustomerId,Email\n1,ann@example.com\n").await);
            let source =
                json!({"kind": "files", "format": "csv", "url": format!("file://{}", self.file)});
            let registered = json!({"displayName": "Registered", "source": source});
            worked
                .count(instance.call(Method::PUT, "/segments/Registered", Some(registered)).await);
            let preview = format!("/exports/{}/preview", self.export);
            worked.count(instance.call(Method::POST, &preview, None).await);
            worked.count(instance.follow(&self.run).await);
            if self.is_worked {
                worked.count(instance.run(&self.export).await);
            }
            due = (due + TOUR_EVERY).max(Instant::now());
        }
        worked
    }
}

impl Worked {
    fn count<T>(&mut self, called: Result<T>) {
        self.calls += 1;
        self.failed.extend(called.err().map(|error| format!("{error:#}")));
    }
}

/// What a tour does besides calls with JSON.
impl Instance {
    async fn upload(&self, segment: &str, csv: &str) -> Result<Value> {
        let path = format!("/segments/{segment}/members");
        let request = self.request(Method::PUT, &path).header("Content-Type", "text/csv");
        Self::answer(&path, request.body(csv.to_owned())).await
    }

    /// Follows a run as far as its first event.
    async fn follow(&self, run: &str) -> Result<()> {
        let path = format!("/runs/{run}/events");
        let mut answer = self.request(Method::GET, &path).send().await?.error_for_status()?;
        answer.chunk().await?;
        Ok(())
    }
}
