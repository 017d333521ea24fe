//! The offline Campaign Monitor in a process of its own.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::processes::Process;

pub struct CampaignMonitor(Process);

impl CampaignMonitor {
    pub async fn start() -> Result<Self> {
        Ok(Self(Process::start("Campaign Monitor", &["sandbox".into()]).await?))
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.0.port)
    }

    /// Orders faults, beside the time a call takes.
    pub async fn faults(&self, faults: &[Value]) -> Result<()> {
        let latency = json!({"match": {"path": "import"}, "kind": {"latency": {"ms": 40}}});
        let plan: Vec<_> = std::iter::once(&latency).chain(faults).collect();
        let request = reqwest::Client::new().put(self.control("faults")).json(&plan);
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// What it counts.
    pub async fn count(&self, path: &str, pointer: &str) -> Result<i64> {
        let answer: Value = reqwest::get(self.control(path)).await?.json().await?;
        answer
            .pointer(pointer)
            .and_then(Value::as_i64)
            .with_context(|| format!("{pointer} in {answer}"))
    }

    fn control(&self, path: &str) -> String {
        format!("{}sandbox/{path}", self.url())
    }
}
