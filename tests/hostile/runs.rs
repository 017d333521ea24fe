//! Files as the members of runs.

use std::time::{Duration, Instant};

use anyhow::Result;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::busy::TIMES;
use crate::shapes::Shape;
use crate::target::{Answer, Target, member};

/// The list of all runs has these fields.
pub const KEYS: [&str; 5] = ["f0", "f1", "f2", "f3", "f4"];

impl Target {
    /// The segments that uploads beside each other need, and an export of each file in external storage.
    pub async fn place_for_runs(&self, files: &[&Shape]) -> Result<Vec<String>> {
        let mut exports = Vec::new();
        for (number, file) in files.iter().enumerate() {
            for time in 0..TIMES {
                self.add_segment(&format!("busy{number}-{time}")).await?;
            }
            let name = format!("lake{number}");
            let Some(registration) = self.register(&name, file.kind, &(file.body)())? else {
                continue;
            };
            if self.answer(registration).await.is_good() {
                exports.push(self.export_of(&name, None).await?);
            }
        }
        Ok(exports)
    }

    /// An export that sends the first fields of a segment: the one that is there is changed.
    pub async fn export_of(&self, segment: &str, export: Option<&str>) -> Result<String> {
        let found = self.json(self.request(Method::GET, &format!("/segments/{segment}"))).await?;
        let names = found["fields"].as_array().into_iter().flatten();
        let names =
            names.filter_map(|field| field["name"].as_str()).filter(|name| *name != "CustomerId");
        let fields: Vec<_> =
            names.zip(KEYS).map(|(field, key)| json!({"field": field, "key": key})).collect();
        let mapping = json!({"email": "CustomerId", "customFields": fields});
        let request = match export {
            Some(export) => self
                .request(Method::PATCH, &format!("/exports/{export}"))
                .json(&json!({"mapping": mapping})),
            None => self.request(Method::POST, "/exports").json(&json!({"displayName": segment,
                "connectionId": self.connection, "listId": self.list, "segments": [segment], "mapping": mapping})),
        };
        member(&self.json(request).await?, "exportId")
    }

    /// Runs an export to its end. A run that fails counts as refused, unless the service blames itself; one that waits
    /// longer than `patience` has been told to come back.
    pub async fn run(&self, export: &str, patience: Duration) -> Result<Answer> {
        let started = Instant::now();
        let run = self.json(self.request(Method::POST, &format!("/exports/{export}/runs"))).await?;
        let path = format!("/runs/{}", member(&run, "runId")?);
        loop {
            let run = self.json(self.request(Method::GET, &path)).await?;
            let has_ended = !run["endUtc"].is_null();
            if has_ended || started.elapsed() > patience {
                let status = has_ended.then(|| as_status(&run));
                let (comes_again, time) = (run["status"] == "queued", started.elapsed());
                return Ok(Answer { status, comes_again, text: run.to_string(), time });
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// The end of a run, as the status of a call would say it.
fn as_status(run: &Value) -> u16 {
    match (&run["status"], &run["reason"]["culprit"]) {
        (status, _) if status == "successful" || status == "completedWithErrors" => 200,
        (_, culprit) if culprit == "system" => 500,
        _ => 422,
    }
}
