//! What a caller does about a run: start it, look at it, wait for its end.

use std::time::Duration;

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::caller::{Caller, text};

/// The longest a test waits for something to happen: far more than anything takes.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// So many members that have `Email` and `City`, as CSV.
pub fn members(count: i64) -> String {
    let rows = (0..count).map(|row| format!("{row},p{row}@example.com,Riga\n"));
    std::iter::once("CustomerId,Email,City\n".to_owned()).chain(rows).collect()
}

impl Caller {
    /// Starts a run of an export; the path to look at it.
    pub async fn start_run(&self, export: &str) -> Result<String> {
        let run = self.call(Method::POST, &format!("/exports/{export}/runs"), None).await?;
        Ok(format!("/runs/{}", text(&run, "runId")?))
    }

    /// Looks at a run until it is as it should be.
    pub async fn until(&self, run: &str, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
        let started = Instant::now();
        loop {
            let found = self.call(Method::GET, run, None).await?;
            if is_so(&found) {
                return Ok(found);
            }
            ensure!(started.elapsed() < PATIENCE, "it stays like this: {found}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until something of a run is on the list, so that it is in the middle.
    pub async fn is_under_way(&self, run: &str) -> Result<Value> {
        self.until(run, |run| run["counts"]["created"] != 0).await
    }

    /// Waits for the end of a run, however it ends.
    pub async fn ended(&self, run: &str) -> Result<Value> {
        self.until(run, |run| !run["endUtc"].is_null()).await
    }

    /// Waits for the end of a run, which must have put so many profiles on the list, and left out none.
    pub async fn ends_well(&self, run: &str, profiles: i64) -> Result<Value> {
        let run = self.ended(run).await?;
        ensure!(run["status"] == "successful", "{run}");
        let listed = ["created", "updated"].map(|name| run["counts"][name].as_i64());
        ensure!(listed.iter().flatten().sum::<i64>() == profiles, "{run}");
        Ok(run)
    }
}
