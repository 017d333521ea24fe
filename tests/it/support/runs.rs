//! Runs: started, looked at, waited for.

use std::time::Duration;

use serde_json::{Value, json};

use super::{PATIENCE, TestApp, text};

impl TestApp {
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

/// The counts of a run, without those of people who left or came back.
pub fn profiles(run: &Value) -> Value {
    let mut counts = run["counts"].clone();
    for name in ["leavers", "resubscribed", "changedAddresses"] {
        counts.as_object_mut().unwrap().remove(name);
    }
    counts
}

pub fn check_law(run: &Value) {
    let count = |name: &str| run["counts"][name].as_i64().unwrap();
    let parts = [
        "created",
        "updated",
        "unchanged",
        "rejected",
        "duplicate",
        "invalid",
        "inDoubt",
        "remaining",
    ];
    assert_eq!(count("selected"), parts.iter().map(|name| count(name)).sum::<i64>(), "{run}");
    assert!(parts.iter().all(|name| count(name) >= 0), "{run}");
    let parts_of_updated = count("resubscribed") + count("changedAddresses");
    assert!((0..=count("updated")).contains(&parts_of_updated), "{run}");
    check_law_of_leavers(run);
}

fn check_law_of_leavers(run: &Value) {
    let leavers = run["counts"]["leavers"].as_object().unwrap();
    let counts = leavers.iter().map(|(name, count)| (name.as_str(), count.as_i64().unwrap()));
    let (found, others): (Vec<_>, Vec<_>) = counts.partition(|(name, _)| *name == "found");
    assert_eq!(found[0].1, others.iter().map(|(_, count)| count).sum::<i64>(), "{run}");
    assert!(others.iter().all(|(_, count)| *count >= 0), "{run}");
}
