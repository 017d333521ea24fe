//! Every metric: its name, its labels and its meaning. `/metrics` exposes them to Prometheus.
//!
//! Labels have few values: routes are templates, and no label names an instance, a connection or a run.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::select;
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

/// Upper bounds of every histogram, in seconds: from a response out of memory to the longest call.
const BUCKETS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0, 120.0];
/// How often measured times are moved into their buckets, also when nobody reads `/metrics`.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Declares metrics: a constant for the name of each, and its help text in `/metrics`.
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
        "Duration of HTTP requests, by method, route and status.";

    // The audit.
    describe_counter AUDIT_EVENTS = "segment_export_audit_events_total", Count,
        "What happened at the door, by kind: signInFailed, callRefused, personalDataRead.";
    describe_counter AUDIT_OMITTED = "segment_export_audit_omitted_total", Count,
        "Refused calls missing from the audit: over the limit of the caller, or the audit could not be written.";

    // Runs, as the database has them; the same in every process.
    describe_gauge RUNS_OPEN = "segment_export_runs_open", Count,
        "Runs that have not ended, by status: queued, running.";
    describe_gauge RUNS_DUE = "segment_export_runs_due", Count,
        "Runs that a worker should claim now: due, and no other run uses their connection.";
    describe_gauge OLDEST_DUE = "segment_export_oldest_due_run_age_seconds", Seconds,
        "Age of the oldest due run, in seconds; 0 when no run is due.";

    describe_gauge PLANNED_OVERDUE = "segment_export_oldest_planned_overdue_seconds", Seconds,
        "How long ago the oldest planned time was that no scheduler has acted on, in seconds; 0 when there is none.";

    describe_gauge PLANNED_TIMES = "segment_export_planned_times", Count,
        "Planned times of exports in the last 24 hours, by outcome: due, waiting, answered, missed.";
    describe_gauge EXPORTS_BY_AGE = "segment_export_exports_with_objective", Count,
        "Exports with a rule for the age of the data on their list, by state: fresh, old.";
    describe_gauge FRESHNESS_ATTAINED = "segment_export_freshness_attained_ratio", Count,
        "Part of the last 30 days in which the data on the list of an export was as young as its rule asks, over all \
         exports with such a rule, by figure: lowest, mean; NaN when there is none.";

    // Connections, as the database has them; the same in every process.
    describe_gauge CONNECTIONS_REFUSED = "segment_export_connections_needing_attention", Count,
        "Connections whose credentials Campaign Monitor rejects, and that an administrator must renew.";

    // Erasures, as the database has them; the same in every process.
    describe_gauge ERASURES_OPEN = "segment_export_erasures_open", Count,
        "Erasures of people that are not completed yet.";
    describe_gauge ERASURES_OVERDUE = "segment_export_erasures_overdue", Count,
        "Erasures that are not completed a month after they were requested.";
    describe_gauge OLDEST_ERASURE = "segment_export_oldest_erasure_age_seconds", Seconds,
        "Age of the oldest erasure that is not completed, in seconds; 0 when there is none.";

    // Alerts, as the database has them, and the messages about them.
    describe_gauge ALERTS_OPEN = "segment_export_alerts_open", Count,
        "Alerts that are not resolved, by kind and culprit.";
    describe_counter DELIVERIES = "segment_export_deliveries_total", Count,
        "Tries to send a message about an alert, by outcome: delivered, failed, givenUp.";
    describe_gauge OLDEST_DELIVERY = "segment_export_oldest_due_delivery_age_seconds", Seconds,
        "How long the oldest message has waited that was not accepted yet, also between two tries, by kind of channel, \
         in seconds; 0 when none waits.";
    describe_gauge DELIVERY_OVERDUE = "segment_export_oldest_delivery_overdue_seconds", Seconds,
        "How long ago the oldest try to send a message was due that nobody has made, in seconds; 0 when there is none.";

    // Runs, as this process executes them.
    describe_counter RUNS_ENDED = "segment_export_runs_ended_total", Count, "Runs that ended, by status and culprit.";
    describe_gauge RUN_SLOTS = "segment_export_run_slots", Count, "Runs this process may execute at the same time.";
    describe_gauge RUNS_ACTIVE = "segment_export_runs_active", Count, "Runs this process executes now.";
    describe_gauge LONGEST_STALLED = "segment_export_longest_stalled_seconds", Seconds,
        "Longest time since an active run last saved progress, in seconds; 0 when no run is active.";
    describe_counter TAKEOVERS = "segment_export_run_takeovers_total", Count,
        "Runs taken over from a worker whose lease had expired.";
    describe_counter LEASES_LOST = "segment_export_leases_lost_total", Count,
        "Runs this process stopped because another worker had taken them over.";
    describe_counter PROFILES = "segment_export_profiles_total", Count,
        "Profiles processed, by outcome, and of those that were rejected by culprit.";
    describe_counter BATCHES = "segment_export_batches_total", Count, "Batches written, by status.";

    // Calls that upload a batch to Campaign Monitor.
    describe_histogram UPLOADS = "segment_export_upload_duration_seconds", Seconds,
        "Duration of upload calls to Campaign Monitor, by outcome: answered, or the error.";
    describe_counter UPLOAD_RETRIES = "segment_export_upload_retries_total", Count, "Upload calls that were retried.";
    describe_counter UPLOADS_THROTTLED = "segment_export_uploads_throttled_total", Count,
        "Upload calls that Campaign Monitor answered with 429.";
    describe_gauge UPLOADS_IN_FLIGHT = "segment_export_uploads_in_flight", Count, "Upload calls in flight.";
    describe_gauge UPLOAD_LIMIT = "segment_export_upload_limit", Count,
        "Upload calls that may be in flight, over all active runs: the sum of their limiters.";

    // Access tokens of OAuth.
    describe_counter TOKEN_RENEWALS = "segment_export_token_renewals_total", Count,
        "Renewals of access tokens, by outcome: renewed, refused, failed.";

    // What the service depends on.
    describe_histogram DATABASE_WAIT = "segment_export_database_wait_seconds", Seconds,
        "Time to open a transaction: until a pooled connection was free and the database answered.";
    describe_gauge DATABASE_CONNECTIONS = "segment_export_database_connections", Count,
        "Connections in the database pool, by state: used, idle.";
    describe_gauge QUEUE_HINTS = "segment_export_queue_hints", Count,
        "Hints in the queue, at most one a run; with Redis the same in every process.";
    describe_gauge REDIS_CONNECTIONS = "segment_export_redis_connections", Count,
        "Connections in the Redis pool, by state: used, idle.";
    describe_gauge REDIS_WAITING = "segment_export_redis_waiting", Count,
        "Calls that wait for a Redis connection.";
    describe_gauge BUILD = "segment_export_build_info", Count, "Always 1; the version is a label.";
}

/// A kind of event of the audit that is counted.
#[derive(Clone, Copy, Debug)]
pub enum AuditKind {
    /// A call without a valid token.
    SignInFailed,
    /// A call of somebody with a valid token that was refused.
    CallRefused,
    /// Personal data went out to a caller.
    PersonalDataRead,
}

impl AuditKind {
    const ALL: [Self; 3] = [Self::SignInFailed, Self::CallRefused, Self::PersonalDataRead];

    /// The value of the label `kind`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::SignInFailed => "signInFailed",
            Self::CallRefused => "callRefused",
            Self::PersonalDataRead => "personalDataRead",
        }
    }
}

/// Installs the recorder, once a process. Every counter exists from the start, at zero.
pub fn start() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)?
        .install_recorder()?;
    describe();
    for name in [AUDIT_OMITTED, TAKEOVERS, LEASES_LOST, UPLOAD_RETRIES, UPLOADS_THROTTLED] {
        counter!(name).absolute(0);
    }
    for kind in AuditKind::ALL {
        counter!(AUDIT_EVENTS, "kind" => kind.word()).absolute(0);
    }
    for outcome in ["delivered", "failed", "givenUp"] {
        counter!(DELIVERIES, "outcome" => outcome).absolute(0);
    }
    let zero = [RUN_SLOTS, RUNS_ACTIVE, LONGEST_STALLED, UPLOADS_IN_FLIGHT, UPLOAD_LIMIT];
    for name in zero.into_iter().chain([DELIVERY_OVERDUE]) {
        gauge!(name).set(0);
    }
    for kind in ["email", "slack", "teams", "webhook"] {
        gauge!(OLDEST_DELIVERY, "kind" => kind).set(0);
    }
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1);
    Ok(handle)
}

/// Sets the gauges of a pool.
pub fn connections(pool: &'static str, used: usize, idle: usize) {
    gauge!(pool, "state" => "used").set(gauge_value(used));
    gauge!(pool, "state" => "idle").set(gauge_value(idle));
}

/// Infinite above 2^32, which no gauge here reaches.
#[must_use]
pub fn gauge_value(count: impl TryInto<u32>) -> f64 {
    count.try_into().map_or(f64::INFINITY, f64::from)
}

/// Adds one to a gauge until it is dropped.
pub(crate) struct GaugeGuard(&'static str);

impl GaugeGuard {
    #[must_use]
    pub(crate) fn new(name: &'static str) -> Self {
        gauge!(name).increment(1);
        Self(name)
    }
}

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        gauge!(self.0).decrement(1);
    }
}

/// Moves measured times into their buckets until the service stops; otherwise they pile up while nobody reads
/// `/metrics`.
pub async fn keep_up(metrics: PrometheusHandle, stop: CancellationToken) -> anyhow::Result<()> {
    let mut ticks = interval(UPKEEP_EVERY);
    loop {
        select! {
            _ = ticks.tick() => metrics.run_upkeep(),
            () = stop.cancelled() => return Ok(()),
        }
    }
}
