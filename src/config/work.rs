//! Settings of runs: how many, how long, how often.

use std::time::Duration;

use clap::Args;

use super::rule::Rule;

#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct Work {
    /// Runs that a worker executes at the same time.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_RUNS_IN_PARALLEL",
        default_value_t = 4,
        value_parser = clap::value_parser!(u16).range(1..=64)
    )]
    pub runs_in_parallel: u16,
    /// Most uploads of a run in flight; a limiter finds the right number below.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_UPLOADS_IN_FLIGHT",
        default_value_t = 8,
        value_parser = clap::value_parser!(u16).range(1..=64)
    )]
    pub uploads_in_flight: u16,
    /// How long a call to Campaign Monitor may take.
    #[arg(long, env = "SEGMENT_EXPORT_CALL_TIMEOUT_MS", default_value_t = 120_000)]
    pub call_timeout_ms: u64,
    /// Attempts of one call before the run is postponed.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_CALL_TRIES",
        default_value_t = 4,
        value_parser = clap::value_parser!(u32).range(1..=20)
    )]
    pub call_tries: u32,
    /// First pause between the attempts of a call; doubles, with jitter.
    #[arg(long, env = "SEGMENT_EXPORT_RETRY_PAUSE_MS", default_value_t = 500)]
    pub retry_pause_ms: u64,
    /// First pause before a postponed run is retried; doubles up to ten minutes.
    #[arg(long, env = "SEGMENT_EXPORT_RUN_PAUSE_MS", default_value_t = 10_000)]
    pub run_pause_ms: u64,
    /// Attempts without progress before a run fails.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_STALLS_MAX",
        default_value_t = 5,
        value_parser = clap::value_parser!(i32).range(1..=100)
    )]
    pub stalls_max: i32,
    /// How long a worker owns a run without a heartbeat; then another worker takes over.
    #[arg(long, env = "SEGMENT_EXPORT_LEASE_MS", default_value_t = 15_000)]
    pub lease_ms: u64,
    /// How long a run may keep its slot while others wait and every slot of its worker is in use.
    #[arg(long, env = "SEGMENT_EXPORT_RUN_SLICE_MS", default_value_t = 60_000)]
    pub run_slice_ms: u64,
    /// How often a process searches the database for what is due: runs that the queue lost, erasures, and files of who
    /// left.
    #[arg(long, env = "SEGMENT_EXPORT_SWEEP_MS", default_value_t = 5_000)]
    pub sweep_ms: u64,
    /// How often the scheduler checks for planned times that are due.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_SCHEDULE_MS",
        default_value_t = 5_000,
        value_parser = clap::value_parser!(u64).range(1..=60_000)
    )]
    pub schedule_ms: u64,
    /// How long a run waits for somebody who approves its plan, in hours.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_APPROVAL_HOURS",
        default_value_t = 72,
        value_parser = clap::value_parser!(u32).range(1..=720)
    )]
    pub approval_hours: u32,
    /// How long uploads in flight may take to finish when the process stops.
    #[arg(long, env = "SEGMENT_EXPORT_DRAIN_MS", default_value_t = 40_000)]
    pub drain_ms: u64,
}

impl Work {
    pub(super) fn rules(&self) -> Vec<Rule> {
        vec![
            (self.lease_ms >= 300, "SEGMENT_EXPORT_LEASE_MS must be at least 300"),
            (
                self.sweep_ms > 0 && self.call_timeout_ms > 0,
                "SEGMENT_EXPORT_SWEEP_MS and SEGMENT_EXPORT_CALL_TIMEOUT_MS must be above zero",
            ),
        ]
    }

    /// How long a claim lasts without renewal.
    #[must_use]
    pub fn lease(&self) -> Duration {
        Duration::from_millis(self.lease_ms)
    }

    /// How long a run may keep its slot while others wait.
    #[must_use]
    pub fn slice(&self) -> Duration {
        Duration::from_millis(self.run_slice_ms)
    }

    /// How long a run waits for an approval.
    #[must_use]
    pub fn approval_time(&self) -> Duration {
        Duration::from_hours(u64::from(self.approval_hours))
    }

    /// How long one call to Campaign Monitor may take.
    #[must_use]
    pub fn call_timeout(&self) -> Duration {
        Duration::from_millis(self.call_timeout_ms)
    }
}
