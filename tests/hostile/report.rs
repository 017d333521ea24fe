//! What is printed at the end.

use std::fmt::{Display, Formatter, Result};
use std::time::Duration;

const MIB: u64 = 1 << 20;

/// What has come of all attempts so far.
pub struct Report {
    idle: u64,
    tried: usize,
    refused: usize,
    accepted: usize,
    /// Answers that blame the service, and no answer at all.
    failed: Vec<String>,
    worst_memory: (u64, String),
    worst_time: (Duration, String),
}

impl Report {
    /// With the bytes that the process takes when nothing comes in.
    pub fn new(idle: u64) -> Self {
        let (worst_memory, worst_time) = ((0, String::new()), (Duration::ZERO, String::new()));
        Self { idle, tried: 0, refused: 0, accepted: 0, failed: vec![], worst_memory, worst_time }
    }

    /// One call, with its status, the peak of memory in bytes, and its time.
    pub fn add(&mut self, name: &str, status: Option<u16>, peak: u64, time: Duration) {
        self.tried += 1;
        match status {
            Some(200..=299) => self.accepted += 1,
            Some(400..=499) => self.refused += 1,
            other => self.failed.push(format!("{name}: {other:?}")),
        }
        let above = peak.saturating_sub(self.idle);
        if above > self.worst_memory.0 {
            self.worst_memory = (above, name.to_owned());
        }
        if time > self.worst_time.0 {
            self.worst_time = (time, name.to_owned());
        }
    }

    pub fn is_well(&self, memory_mib: u64) -> bool {
        self.failed.is_empty() && self.worst_memory.0 <= memory_mib * MIB
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { tried, refused, accepted, failed, .. } = self;
        writeln!(
            f,
            "calls {tried}, refused well {refused}, accepted {accepted}, failed {}",
            failed.len()
        )?;
        let (bytes, name) = &self.worst_memory;
        writeln!(
            f,
            "worst memory {} MiB above idle ({} MiB): {name}",
            bytes / MIB,
            self.idle / MIB
        )?;
        let (time, name) = &self.worst_time;
        writeln!(f, "worst time {} ms: {name}", time.as_millis())?;
        failed.iter().try_for_each(|failure| writeln!(f, "failed: {failure}"))
    }
}
