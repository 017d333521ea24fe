//! What the runs say, held against what must be true.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

/// Rows of a segment that are usable, come again, or have no usable address.
#[derive(Clone, Copy)]
pub struct Expected {
    pub good: i64,
    pub duplicate: i64,
    pub invalid: i64,
}

/// What has been seen so far.
#[derive(Default)]
pub struct Ledger {
    pub started: usize,
    pub ended: usize,
    pub accounted: i64,
    pub expected: i64,
    pub lost: i64,
    pub counted_twice: i64,
    /// Sentences, each of which must not be.
    pub breaches: Vec<String>,
    pub takeovers: Vec<Duration>,
    attempts: HashMap<String, i64>,
    disturbed_at: Option<Instant>,
}

impl Ledger {
    /// Something happened that may orphan runs.
    pub fn disturb(&mut self) {
        self.disturbed_at = Some(Instant::now());
    }

    /// Looks at a run, at any moment.
    pub fn look(&mut self, run: &Value) {
        let count = |name: &str| run["counts"][name].as_i64().unwrap_or(-1);
        let parts =
            ["created", "updated", "rejected", "duplicate", "invalid", "inDoubt", "remaining"];
        let sum: i64 = parts.iter().map(|name| count(name)).sum();
        if sum != count("selected") || parts.iter().any(|name| count(name) < 0) {
            self.breaches.push(format!("the counts do not add up: {run}"));
        }
        let id = run["runId"].as_str().unwrap_or_default().to_owned();
        let attempt = run["attempt"].as_i64().unwrap_or_default();
        let before = self.attempts.insert(id, attempt);
        if let (Some(before), Some(at)) = (before, self.disturbed_at)
            && before > 0
            && attempt > before
        {
            self.takeovers.push(at.elapsed());
        }
    }

    /// Looks at a run that has ended.
    pub fn close(&mut self, run: &Value, expected: Expected) {
        let count = |name: &str| run["counts"][name].as_i64().unwrap_or_default();
        let listed = count("created") + count("updated");
        self.ended += 1;
        self.expected += count("selected");
        self.accounted += count("selected") - count("remaining");
        self.lost += (expected.good - listed).max(0);
        self.counted_twice += (listed - expected.good).max(0);
        let is_exact = count("duplicate") == expected.duplicate
            && count("invalid") == expected.invalid
            && count("inDoubt") == 0
            && count("rejected") == 0;
        if !is_exact || run["status"] != "completedWithErrors" {
            self.breaches.push(format!("the run ended otherwise than it should: {run}"));
        }
    }

    /// Median and longest time until an orphaned run was carried on.
    pub fn takeover(&mut self) -> (Duration, Duration) {
        self.takeovers.sort();
        let median = self.takeovers.get(self.takeovers.len() / 2).copied().unwrap_or_default();
        (median, self.takeovers.last().copied().unwrap_or_default())
    }
}
