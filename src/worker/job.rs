//! A run at a worker, and how far it has come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use tokio_util::sync::CancellationToken;
use tracing::Span;

use super::account::Done;
use super::acknowledged::Acknowledged;
use super::fairness::{ActiveRun, Fairness};
use super::row_log::RowLogger;
use crate::app::App;
use crate::baselines::SettledPlan;
use crate::campaign_monitor::{CallNotes, FirstCalls};
use crate::records::address_changes::AddressChanges;
use crate::records::basis::Basis;
use crate::records::batcher::CHANGES_ROWS_MAX;
use crate::records::integers::to_i64;
use crate::runs::stopwatch::Stopwatch;
use crate::runs::store_requests::Observed;
use crate::runs::{self, Lease, RequestSums, Run, Timeline};
use crate::segments::SegmentName;
use crate::steps::Accounted;
use crate::storage::{Manifest, PAGE_ROWS};
use crate::{db, telemetry};

/// No generation of tombstones.
pub(super) const UNKNOWN: i64 = -1;

/// Held while something is written about the run, so that two writes of one worker never wait for each other's lock.
pub type Writes = Arc<tokio::sync::Mutex<()>>;

/// A run that this worker has claimed.
pub struct Job {
    /// The handles that all parts of the process share.
    pub app: Arc<App>,
    /// As it was claimed; its counts and position are kept up to date.
    pub run: Run,
    /// Named by every write: one that changes no row means that another worker has the run.
    pub lease: Lease,
    /// Cancelled when the process stops, or the run must yield.
    pub stop: CancellationToken,
    pub(super) writes: Writes,
    /// What it reads, in this order; none before it is prepared.
    pub(super) segments: Vec<SegmentName>,
    /// Rows up to here may have been sent by an attempt that died.
    pub(super) doubt_until: i64,
    /// Batches behind the position that are written already: first row and end.
    pub(super) answered: BTreeMap<i64, i64>,
    /// What earlier attempts have accounted for.
    pub(super) earlier: Accounted,
    /// What members are compared with, and what is acknowledged adds to; none before the run is prepared.
    pub(super) basis: Option<Basis>,
    pub(super) acknowledged: Acknowledged,
    /// A hash of what decided what it finds, beside the rows; `None` where that may change by itself.
    pub(super) decided_by: Option<String>,
    /// What it has found, where it has nothing to do; known once it is planned.
    pub(super) settled: Option<SettledPlan>,
    /// Whose address changed; nobody's before the plan is computed.
    pub(super) changes: Arc<AddressChanges>,
    /// First rows of the batches of this attempt of which it is unknown whom they put on the list.
    pub(super) mixed: BTreeSet<i64>,
    /// The generation of tombstones that it keeps to; 0 where nobody was erased, [`UNKNOWN`] before it is prepared.
    pub(super) tombstones: Arc<AtomicI64>,
    /// Batches of which some records have no answer.
    pub(super) unanswered: Vec<Done>,
    /// Where its rows are logged; `None`: its export has no row log.
    pub(super) row_log: Option<Arc<RowLogger>>,
    /// Tells which phase each moment belongs to.
    pub(super) stopwatch: Stopwatch,
    /// Its calls that are not written yet.
    pub(super) calls: CallNotes,
    /// The sums of the calls that are written.
    pub(super) requests: RequestSums,
    /// The trace of this attempt; `None` without traces.
    pub(super) trace_id: Option<String>,
    /// Occupies a slot until the job ends.
    pub(super) active: ActiveRun,
}

impl Job {
    /// The job of a claimed run, of which the batches `answered` behind its position are written, within the span of
    /// the attempt.
    #[must_use]
    pub fn new(
        app: Arc<App>,
        fairness: &Arc<Fairness>,
        run: Run,
        answered: BTreeMap<i64, i64>,
    ) -> Self {
        let stop = app.stop.child_token();
        let lease = Lease { run: run.id, fence: run.fence };
        let active = fairness.begin(lease, stop.clone());
        let (doubt_until, unanswered) = (run.sent_until, vec![]);
        let writes = Writes::default();
        let earlier = Accounted { position: run.position, answered: answered.clone() };
        let (segments, basis, acknowledged) = (vec![], None, Acknowledged::default());
        let (row_log, requests) = (None, RequestSums::default());
        let (calls, trace_id) = (call_log(requests), telemetry::trace_id(&Span::current()));
        let stopwatch = stopwatch(&run, None);
        Self {
            app,
            run,
            lease,
            stop,
            writes,
            segments,
            doubt_until,
            answered,
            earlier,
            basis,
            acknowledged,
            decided_by: None,
            settled: None,
            changes: Arc::default(),
            mixed: BTreeSet::new(),
            tombstones: Arc::new(AtomicI64::new(UNKNOWN)),
            unanswered,
            row_log,
            stopwatch,
            calls,
            requests,
            trace_id,
            active,
        }
    }

    /// With what earlier attempts have observed, and the row log that this one continues.
    pub(super) fn resuming(self, observed: Observed, row_log: Option<Arc<RowLogger>>) -> Self {
        let requests = observed.requests.map(|sums| sums.0).unwrap_or_default();
        let stopwatch = stopwatch(&self.run, observed.timeline.map(|timeline| timeline.0));
        Self { requests, calls: call_log(requests), stopwatch, row_log, ..self }
    }

    /// Rows that may be sent before the next checkpoint is written.
    pub(super) fn window(&self) -> i64 {
        let is_comparing = self.basis.as_ref().is_some_and(Basis::is_comparing);
        let batch = if is_comparing { CHANGES_ROWS_MAX } else { to_i64(PAGE_ROWS) };
        i64::from(self.app.config.work.uploads_in_flight) * batch
    }

    /// Rows that need no batch any more.
    pub(super) fn accounted(&self) -> Accounted {
        Accounted { position: self.run.position, answered: self.answered.clone() }
    }

    /// What the run has pinned, in the order of its segments.
    pub(super) async fn manifests(&self) -> sqlx::Result<Vec<Arc<Manifest>>> {
        let segments = runs::store::segments(&mut self.app.db.read().await?, self.run.id).await?;
        let pinned = segments.into_iter().filter_map(|segment| segment.manifest);
        Ok(pinned.map(|manifest| Arc::new(manifest.0)).collect())
    }

    /// Seeds the hashes of the addresses of this run.
    pub(super) const fn seed(&self) -> u64 {
        self.run.id.0.as_u64_pair().1
    }
}

/// Until now no worker had the run, or one that died.
fn stopwatch(run: &Run, earlier: Option<Timeline>) -> Stopwatch {
    let earlier = earlier.unwrap_or_else(|| Timeline::begun(run.submitted_utc));
    Stopwatch::start(earlier.queued_until(db::now()))
}

/// What notes the calls of an attempt, after those of earlier ones.
fn call_log(earlier: RequestSums) -> CallNotes {
    CallNotes::new(FirstCalls { any: earlier.made > 0, import: earlier.has_import })
}
