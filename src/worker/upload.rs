//! Sends one batch: with retries, in halves where Campaign Monitor needs too long or the batch is too large for the
//! way there, and in turn with the other uploads of the run. Once the run drains, calls in flight finish and no further
//! one is made.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use bytes::Bytes;
use metrics::{counter, histogram};
use tokio::select;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::gate::Gate;
use super::limiter::{Limiter, Slot, Verdict};
use super::own_wish::OwnWish;
use super::uploaded::{Unanswered, Uploaded};
use crate::backoff;
use crate::baselines::OffListPeople;
use crate::campaign_monitor::{Account, Disposition, Error, StoredComparison};
use crate::config::Work;
use crate::connections::session::AccountSession;
use crate::db;
use crate::names::RunId;
use crate::records::address_changes::AddressChanges;
use crate::records::encoded::{BODY_BYTES_MAX, EncodedBatch, halves};
use crate::records::integers::to_i64;
use crate::records::plan::Plan;
use crate::runs::BatchTimes;
use crate::runs::stopwatch::{TransitState, enter};
use crate::steps::is_retry;
use crate::telemetry::measures;

/// Time-outs of one request before its batch is halved.
const TIMEOUTS_MAX: u32 = 2;
/// The least number of records worth a call of their own when calls time out.
const RECORDS_MIN: usize = 100;
/// The longest pause of ours between tries.
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// Sends the batches of one run.
pub struct Uploader {
    pub session: Arc<AccountSession>,
    pub list_id: String,
    pub run: RunId,
    pub plan: Arc<Plan>,
    /// Tells whether the list has what was sent.
    pub comparison: Arc<StoredComparison>,
    /// Rows up to here may have been sent before, by an attempt that ended.
    pub doubt_until: i64,
    pub limiter: Limiter,
    pub work: Work,
    /// Cancelled when nothing new is to be sent.
    pub drain: CancellationToken,
    pub gate: Gate,
    /// How people are sent who come back: `None` where they are sent like all others.
    pub returning: Option<Arc<Plan>>,
    /// Whether people whom the baseline does not know are sent in calls of their own: an answer about them alone proves
    /// who put them on the list.
    pub proves_origins: bool,
    /// Newcomers whom the baseline knows under another address.
    pub changes: Arc<AddressChanges>,
    /// Who stays away; `None` where nobody is brought back against their wish.
    pub own_wish: Option<OwnWish>,
    /// People whom other exports have taken off the list.
    pub removed_elsewhere: Arc<[OffListPeople]>,
}

/// Who is in a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PeopleKind {
    /// Those whom the baseline knows, perhaps with others.
    Usual,
    /// Only those whom the baseline does not know.
    Newcomers,
    /// Only those whom the baseline knows as off the list, where everybody comes back.
    Left,
    /// Only those whom it brings back, after a look at their state.
    Returning,
}

impl PeopleKind {
    /// Whether they are on the list again, where they are not refused.
    pub(super) const fn is_back(self) -> bool {
        matches!(self, Self::Left | Self::Returning)
    }
}

/// A call that is to be made.
pub(super) struct Request {
    pub(super) records: Vec<usize>,
    pub(super) body: Bytes,
    pub(super) people: PeopleKind,
    /// Whether it brings nobody back, whatever the export says.
    pub(super) brings_nobody_back: bool,
    /// Whether an earlier try, or attempt, may have landed although no answer said so.
    pub(super) in_doubt: bool,
    /// When the first try was made.
    pub(super) sent: Option<Instant>,
}

impl Uploader {
    /// Sends a batch. It always returns, with what is known of each record. Only the first batches of an attempt, as
    /// many as may be in flight, can have been sent by one before.
    pub async fn upload(self: Arc<Self>, batch: EncodedBatch, is_first: bool) -> Uploaded {
        let records = to_i64(batch.records.len());
        let span = tracing::info_span!("batch", run.id = %self.run.0, batch.number, batch.records = records);
        let in_doubt = is_retry(is_first, batch.first_row, self.doubt_until);
        let is_proof = !self.plan.resubscribes();
        let mut state = Uploaded { is_proof, ..Uploaded::unknown(batch) };
        let started = Instant::now();
        state.started = Some(db::now());
        self.send_parted(&mut state, in_doubt).instrument(span).await;
        state.duration = started.elapsed();
        enter(TransitState::Writing);
        state.times = BatchTimes::measured(state.batch.encoding);
        state
    }

    pub(super) async fn send_all(&self, state: &mut Uploaded, mut waiting: VecDeque<Request>) {
        while let Some(mut request) = waiting.pop_front() {
            if request.records.is_empty() {
                continue;
            }
            if request.body.len() > BODY_BYTES_MAX && self.halve(state, &request, &mut waiting) {
                continue;
            }
            let Err(error) = self.send(state, &mut request).await else {
                continue;
            };
            if request.in_doubt {
                self.read_back(state, &mut request).await;
                if request.records.is_empty() {
                    continue;
                }
            }
            let is_blind = request.people == PeopleKind::Returning && request.in_doubt;
            let may_halve = !is_blind
                && error.as_ref().is_some_and(|error| request.is_worth_halving(error))
                && !self.drain.is_cancelled();
            if may_halve && self.halve(state, &request, &mut waiting) {
                continue;
            }
            waiting.push_front(request);
            state.unanswered = Some(unanswered(error, waiting));
            return;
        }
    }

    fn halve(&self, state: &Uploaded, request: &Request, waiting: &mut VecDeque<Request>) -> bool {
        let Some(parts) = halves(&request.records) else {
            return false;
        };
        for records in parts.into_iter().rev() {
            let mut half = Request { records, body: Bytes::new(), ..*request };
            half.body = self.body(&state.batch.page, &half);
            waiting.push_front(half);
        }
        true
    }

    /// Writes the import of the records of a request.
    pub(super) fn body(&self, page: &RecordBatch, request: &Request) -> Bytes {
        if request.brings_nobody_back {
            return self.plan.without_resubscribing().encode(page, &request.records).body;
        }
        let returning = self.returning.as_ref().filter(|_| request.people == PeopleKind::Returning);
        returning.unwrap_or(&self.plan).encode(page, &request.records).body
    }

    /// Makes one call, with retries where they may help. Fails with the error of the last try, if there was one.
    async fn send(&self, state: &mut Uploaded, request: &mut Request) -> Result<(), Option<Error>> {
        let (mut timeouts, mut failed) = (0, None);
        for attempt in 1.. {
            // What an attempt that died may have sent is sent again as it is, unless people are subscribed again.
            if request.in_doubt && (attempt > 1 || self.plan.resubscribes()) {
                self.read_back(state, request).await;
                if request.records.is_empty() {
                    return Ok(());
                }
            }
            let Some(slot) = self.slot().await else {
                return Err(failed);
            };
            request.sent.get_or_insert_with(Instant::now);
            let Err(error) = self.attempt(state, request, slot).await else {
                return Ok(());
            };
            request.in_doubt |= error.is_in_doubt();
            timeouts += u32::from(matches!(error, Error::TimedOut));
            let Disposition::Retry(asked) = error.disposition() else {
                return Err(Some(error));
            };
            // Those who came back may have left by their own wish since.
            let is_blind = request.people == PeopleKind::Returning && error.is_in_doubt();
            let is_over = is_blind || attempt >= self.work.call_tries || self.drain.is_cancelled();
            let is_enough = timeouts >= TIMEOUTS_MAX || error.is_too_large();
            if is_over || (is_enough && request.is_worth_halving(&error)) {
                return Err(Some(error));
            }
            let pause = asked.unwrap_or_else(|| pause(&self.work, attempt));
            failed = Some(error);
            enter(TransitState::Throttled);
            select! {
                () = sleep(pause) => counter!(measures::UPLOAD_RETRIES).increment(1),
                () = self.drain.cancelled() => return Err(failed),
            }
        }
        unreachable!("the loop ends by itself")
    }

    /// Waits before the next try, unless the run drains.
    pub(super) async fn wait(&self, asked: Option<Duration>, attempt: u32) {
        enter(TransitState::Throttled);
        select! {
            () = sleep(asked.unwrap_or_else(|| pause(&self.work, attempt))) => {}
            () = self.drain.cancelled() => {}
        }
    }

    /// Waits for a slot; `None` once nothing new is to be sent, however long the destination asked to wait, or once the
    /// instance is paused.
    pub(super) async fn slot(&self) -> Option<Slot<'_>> {
        let slot = select! {
            biased;
            () = self.drain.cancelled() => None,
            slot = self.limiter.acquire() => Some(slot),
        }?;
        self.gate.is_open().await.then_some(slot)
    }

    async fn attempt(
        &self,
        state: &mut Uploaded,
        request: &Request,
        slot: Slot<'_>,
    ) -> Result<(), Error> {
        state.attempts += 1;
        let span = tracing::info_span!("attempt", otel.kind = "client", otel.status_code = Empty, run.id = %self.run.0,
            attempt = i64::from(state.attempts), records = to_i64(request.records.len()), http.request.method = "POST",
            http.response.status_code = Empty, error.type = Empty);
        let (list, body) = (&self.list_id, &request.body);
        let import = |account: Account| async move { account.import(list, body.clone()).await };
        let started = Instant::now();
        let answer = self.session.call(import).instrument(span.clone()).await;
        let outcome = answer.as_ref().err().map_or("answered", Error::kind);
        histogram!(measures::UPLOADS, "outcome" => outcome).record(started.elapsed());
        record(&span, answer.as_ref().map(|(status, _)| *status));
        slot.answer(self.verdict(&answer, state.attempts));
        match answer {
            Ok((status, result)) => {
                state.http_status = Some(status);
                let (records, in_doubt) = (&request.records, request.in_doubt);
                match request.people {
                    PeopleKind::Returning => {
                        state.count_returned(records, !request.brings_nobody_back, result);
                    }
                    PeopleKind::Newcomers => state.count_newcomers(records, in_doubt, result),
                    PeopleKind::Left => state.count_returned(records, false, result),
                    PeopleKind::Usual => {
                        state.count(records, in_doubt, result);
                    }
                }
                Ok(())
            }
            Err(error) => {
                state.http_status = error.status().or(state.http_status);
                Err(error)
            }
        }
    }

    pub(super) fn verdict<T>(&self, answer: &Result<T, Error>, attempt: u32) -> Verdict {
        let Err(error) = answer else {
            return Verdict::Clean;
        };
        if matches!(error, Error::Throttled { .. }) {
            counter!(measures::UPLOADS_THROTTLED).increment(1);
        }
        match error.disposition() {
            Disposition::Retry(_) if error.is_too_large() => Verdict::Unrelated,
            Disposition::Retry(asked) => Verdict::Overloaded {
                retry_after: asked.unwrap_or_else(|| pause(&self.work, attempt)),
            },
            Disposition::GiveUp | Disposition::BlockConnection => Verdict::Unrelated,
        }
    }
}

/// Records in the span of an attempt how it ended: its HTTP status, or what went wrong.
fn record(span: &Span, answer: Result<u16, &Error>) {
    match answer {
        Ok(status) => {
            span.record("http.response.status_code", i64::from(status));
        }
        Err(error) => {
            span.record("otel.status_code", "ERROR").record("error.type", error.kind());
            error
                .status()
                .map(|status| span.record("http.response.status_code", i64::from(status)));
        }
    }
}

impl Request {
    /// A call of these rows of a page.
    pub(super) fn of(plan: &Plan, page: &RecordBatch, records: Vec<usize>, in_doubt: bool) -> Self {
        let body = if records.is_empty() { Bytes::new() } else { plan.encode(page, &records).body };
        Self { body, ..Self::of_records(records, in_doubt) }
    }

    /// The same before its body is written.
    pub(super) fn of_records(records: Vec<usize>, in_doubt: bool) -> Self {
        Self {
            records,
            body: Bytes::new(),
            people: PeopleKind::Usual,
            brings_nobody_back: false,
            in_doubt,
            sent: None,
        }
    }

    /// Whether halves of it may get through where it did not.
    fn is_worth_halving(&self, error: &Error) -> bool {
        match error {
            Error::TimedOut => self.records.len() >= 2 * RECORDS_MIN,
            error => error.is_too_large() && self.records.len() > 1,
        }
    }
}

/// `waiting` begins with the request that failed.
fn unanswered(error: Option<Error>, waiting: VecDeque<Request>) -> Unanswered {
    let (doubtful, unsent): (Vec<_>, Vec<_>) =
        waiting.into_iter().partition(|request| request.in_doubt);
    let records =
        |requests: Vec<Request>| requests.into_iter().flat_map(|request| request.records).collect();
    Unanswered { error, in_doubt: records(doubtful), unsent: records(unsent) }
}

fn pause(work: &Work, attempt: u32) -> Duration {
    let first = Duration::from_millis(work.retry_pause_ms);
    backoff::pause(first, PAUSE_MAX, attempt, rand::random())
}
