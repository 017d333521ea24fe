//! Every metric: its name, its labels and what it means. `/metrics` shows them to Prometheus.
//!
//! Labels have few values: routes are templates, and no label names an instance, a connection or a run.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::select;
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

/// Upper bounds of every histogram, in seconds: from an answer out of memory to the longest call.
const BUCKETS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0, 120.0];
/// How often measured times are folded into their buckets, also when nobody asks for them.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Declares metrics: a constant for the name of each, and what `/metrics` says about it.
macro_rules! declare {
    ($($describe:ident $constant:ident = $name:literal, $unit:ident, $help:literal;)*) => {
        $(#[doc = $help] pub const $constant: &str = $name;)*

        fn describe() {
            $($describe!($name, Unit::$unit, $help);)*
        }
    };
}

declare! {
    // The API. Labels: method, route (a template), status.
    describe_histogram HTTP_REQUESTS = "segment_export_http_request_duration_seconds", Seconds,
        "Time until a request was answered, by method, route and status.";

    // The audit.
    describe_counter AUDIT_LEFT_OUT = "segment_export_audit_left_out_total", Count,
        "Refused calls that are not in the audit: more than a caller may leave there, or it could not be written.";

    // Runs, as the database has them; the same in every process.
    describe_gauge RUNS_OPEN = "segment_export_runs_open", Count, "Runs that have not ended, by status.";
    describe_gauge RUNS_DUE = "segment_export_runs_due", Count,
        "Runs that a worker should take now: due, and their connection is free.";
    describe_gauge OLDEST_DUE = "segment_export_oldest_due_run_age_seconds", Seconds,
        "How long the run has been due that has been due for the longest time; 0 when none is.";

    // Connections, as the database has them; the same in every process.
    describe_gauge CONNECTIONS_REFUSED = "segment_export_connections_needing_attention", Count,
        "Connections whose credentials Campaign Monitor has refused, and that wait to be renewed.";

    // Runs, as this process carries them out.
    describe_counter RUNS_ENDED = "segment_export_runs_ended_total", Count, "Runs that ended, by status.";
    describe_gauge RUN_SLOTS = "segment_export_run_slots", Count, "Runs this process may carry out at a time.";
    describe_gauge RUNS_ACTIVE = "segment_export_runs_active", Count, "Runs this process carries out.";
    describe_gauge LONGEST_STALLED = "segment_export_longest_stalled_seconds", Seconds,
        "How long nothing has been written of the run in hand that has stood still for the longest time; 0 when none is in hand.";
    describe_counter TAKEOVERS = "segment_export_run_takeovers_total", Count,
        "Runs taken over from a worker whose lease had run out.";
    describe_counter LEASES_LOST = "segment_export_leases_lost_total", Count,
        "Runs this process stopped carrying out because another worker had taken them over.";
    describe_counter PROFILES = "segment_export_profiles_total", Count,
        "Profiles that something became of, by outcome.";
    describe_counter BATCHES = "segment_export_batches_total", Count, "Batches written, by status.";

    // Calls that carry a batch to Campaign Monitor.
    describe_histogram UPLOADS = "segment_export_upload_duration_seconds", Seconds,
        "Time of a call that carries a batch, by outcome: answered, or what went wrong.";
    describe_counter UPLOAD_RETRIES = "segment_export_upload_retries_total", Count, "Calls made again.";
    describe_counter UPLOADS_THROTTLED = "segment_export_uploads_throttled_total", Count,
        "Calls that Campaign Monitor answered with 429.";
    describe_gauge UPLOADS_IN_FLIGHT = "segment_export_uploads_in_flight", Count, "Calls under way.";
    describe_gauge UPLOAD_LIMIT = "segment_export_upload_limit", Count,
        "Calls that may be under way, over all runs in hand: what the limiters have found.";

    // Access tokens of OAuth.
    describe_counter TOKEN_RENEWALS = "segment_export_token_renewals_total", Count,
        "Access tokens asked for in exchange for refresh tokens, by outcome: renewed, refused, failed.";

    // What the service leans on.
    describe_histogram DATABASE_WAIT = "segment_export_database_wait_seconds", Seconds,
        "Time until a transaction was open: a connection of the pool was free, and the database answered.";
    describe_gauge DATABASE_CONNECTIONS = "segment_export_database_connections", Count,
        "Connections of the pool, by state.";
    describe_gauge QUEUE_HINTS = "segment_export_queue_hints", Count,
        "Hints in the queue; in Redis the same in every process. A run has one at most.";
    describe_gauge REDIS_CONNECTIONS = "segment_export_redis_connections", Count,
        "Connections of the pool, by state.";
    describe_gauge REDIS_WAITING = "segment_export_redis_waiting", Count, "Calls that wait for a connection.";
    describe_gauge BUILD = "segment_export_build_info", Count, "Always 1; the version is a label.";
}

/// Starts to measure, once a process. What can be counted is there from the start, at zero.
pub fn start() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)?
        .install_recorder()?;
    describe();
    for name in [AUDIT_LEFT_OUT, TAKEOVERS, LEASES_LOST, UPLOAD_RETRIES, UPLOADS_THROTTLED] {
        counter!(name).absolute(0);
    }
    for name in [RUN_SLOTS, RUNS_ACTIVE, LONGEST_STALLED, UPLOADS_IN_FLIGHT, UPLOAD_LIMIT] {
        gauge!(name).set(0);
    }
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1);
    Ok(handle)
}

/// Shows a state of a pool.
pub fn connections(pool: &'static str, used: usize, idle: usize) {
    gauge!(pool, "state" => "used").set(number(used));
    gauge!(pool, "state" => "idle").set(number(idle));
}

/// A number as gauges have it.
#[must_use]
pub fn number(count: impl TryInto<u32>) -> f64 {
    count.try_into().map_or(f64::INFINITY, f64::from)
}

/// Adds one to a gauge for as long as it lives.
pub struct Held(&'static str);

impl Held {
    /// Adds one.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        gauge!(name).increment(1);
        Self(name)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        gauge!(self.0).decrement(1);
    }
}

/// Folds measured times into their buckets until told to stop; they would pile up where nobody asks for them.
pub async fn keep_up(metrics: PrometheusHandle, stop: CancellationToken) -> anyhow::Result<()> {
    let mut ticks = interval(UPKEEP_EVERY);
    loop {
        select! {
            _ = ticks.tick() => metrics.run_upkeep(),
            () = stop.cancelled() => return Ok(()),
        }
    }
}
