//! What is printed at the end.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter, Result};
use std::time::Duration;

use crate::MIB;
use crate::target::Answer;

/// What has come of all attempts so far.
pub struct Report {
    idle: u64,
    tried: usize,
    refused: usize,
    accepted: usize,
    /// Told to come back, because others are served.
    turned_away: usize,
    /// Answers that blame the service, and no answer at all.
    failed: Vec<String>,
    /// The peak above idle of each file.
    peaks: BTreeMap<String, u64>,
    worst_memory: (u64, String),
    worst_time: (Duration, String),
    busy: u64,
}

impl Report {
    /// With the bytes that the process takes when nothing comes in.
    pub fn new(idle: u64) -> Self {
        Self {
            idle,
            tried: 0,
            refused: 0,
            accepted: 0,
            turned_away: 0,
            failed: vec![],
            peaks: BTreeMap::new(),
            worst_memory: (0, String::new()),
            worst_time: (Duration::ZERO, String::new()),
            busy: 0,
        }
    }

    /// What one file has come to, with the peak of memory in bytes.
    pub fn add(&mut self, file: &str, what: &str, answer: &Answer, peak: u64) {
        let name = format!("{file}, {what}");
        self.count(&name, answer);
        let above = peak.saturating_sub(self.idle);
        let of_file = self.peaks.entry(file.to_owned()).or_default();
        *of_file = above.max(*of_file);
        if above > self.worst_memory.0 {
            self.worst_memory = (above, name.clone());
        }
        if answer.time > self.worst_time.0 {
            self.worst_time = (answer.time, name);
        }
    }

    /// What has come of a file beside others: it may also be told to come back.
    pub fn add_busy(&mut self, name: &str, answer: &Answer) {
        if answer.comes_again {
            self.tried += 1;
            self.turned_away += 1;
        } else {
            self.count(name, answer);
        }
    }

    /// The peak of the process while all slots were busy, in bytes.
    pub fn peak_of_all(&mut self, peak: u64) {
        self.busy = peak.saturating_sub(self.idle);
    }

    /// The files that took most memory.
    pub fn worst_files(&self, count: usize) -> Vec<String> {
        let mut files: Vec<_> = self.peaks.iter().collect();
        files.sort_by_key(|(_, peak)| std::cmp::Reverse(**peak));
        files.into_iter().take(count).map(|(name, _)| name.clone()).collect()
    }

    pub fn is_well(&self, memory_mib: u64, limit_mib: u64) -> bool {
        self.failed.is_empty()
            && self.worst_memory.0 <= memory_mib * MIB
            && self.busy <= limit_mib * MIB
    }

    fn count(&mut self, name: &str, answer: &Answer) {
        self.tried += 1;
        match answer.status {
            Some(200..=299) => self.accepted += 1,
            Some(400..=499) => self.refused += 1,
            other => self.failed.push(format!("{name}: {other:?} {}", answer.text)),
        }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { tried, refused, accepted, turned_away, failed, .. } = self;
        let failures = failed.len();
        writeln!(
            f,
            "calls and runs {tried}: refused well {refused}, accepted {accepted}, told to come back {turned_away}, \
             failed {failures}; the process has lived through all"
        )?;
        let (bytes, name) = &self.worst_memory;
        let (above, idle) = (bytes / MIB, self.idle / MIB);
        writeln!(f, "worst memory of one file {above} MiB above idle ({idle} MiB): {name}")?;
        writeln!(f, "worst memory with all slots busy {} MiB above idle", self.busy / MIB)?;
        let (time, name) = &self.worst_time;
        writeln!(f, "worst time {} ms: {name}", time.as_millis())?;
        failed.iter().try_for_each(|failure| writeln!(f, "failed: {failure}"))
    }
}
