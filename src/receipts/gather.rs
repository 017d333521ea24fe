//! Gathers what a receipt says.

use sqlx::Result;
use sqlx::types::Json;

use super::limits;
use super::receipt::{
    CountedList, CountedMoment, DecisionOutcome, ObjectRead, PlanDecision, Receipt, ReceiptAnswers,
    SegmentRead, VerificationRecord,
};
use crate::db::{ReadHandle, Time};
use crate::runs::store_plans::{self, StoredPlan};
use crate::runs::{
    self, BatchSums, CountsView, DetailState, Reason, ReasonCode, Run, RunSegment, store_batches,
};
use crate::verifications::{ListCounts, ListVerification, store, store_counts};

const FORMAT: i64 = 1;
/// Verifications that a receipt names: the newest.
const VERIFICATIONS_MAX: i64 = 100;

/// The receipt of a run that has ended.
pub async fn gather(tx: &mut ReadHandle, run: Run, now: Time) -> Result<Receipt> {
    let segments = runs::store::segments(tx, run.id).await?;
    // While they are being deleted, the sums are those of some of them.
    let sums = match run.batches_state {
        DetailState::Kept => store_batches::sums(tx, run.id).await?,
        _ => BatchSums::default(),
    };
    let [before, after] = store_counts::get(tx, run.id).await?;
    let mut verifications = store::of_run(tx, run.id, None, VERIFICATIONS_MAX).await?;
    verifications.reverse();
    let plan = store_plans::get(tx, run.id).await?;
    let full_because = run.shown_full_because();
    let reason = run.reason.map(|reason| reason.0);
    let mut receipt = Receipt {
        format: FORMAT,
        issued_utc: now,
        run_id: run.id,
        instance_id: run.instance_id,
        export_id: run.export_id,
        export_name: run.export_name,
        connection_id: run.connection_id,
        list_id: run.list_id,
        status: run.status,
        decision: plan.and_then(|plan| decision(plan, reason.as_ref())),
        reason,
        submission_kind: run.submission_kind,
        submitted_by: run.submitted_by,
        submitted_utc: run.submitted_utc,
        start_utc: run.start_utc,
        end_utc: run.end_utc,
        trace_id: run.trace_id,
        read: segments.into_iter().map(SegmentRead::from).collect(),
        mapping: run.mapping.0,
        options: run.options.0,
        sync: run.sync.0,
        full_because,
        answers: sums.into(),
        counts: CountsView::of(run.counts, run.leavers),
        leaver_calls: run.leaver_calls,
        list: CountedList { before: before.map(Into::into), after: after.map(Into::into) },
        verifications: verifications.iter().map(VerificationRecord::from).collect(),
        limits: vec![],
    };
    receipt.limits = limits::of(&receipt);
    Ok(receipt)
}

impl From<RunSegment> for SegmentRead {
    fn from(segment: RunSegment) -> Self {
        let manifest = segment.manifest.map(|Json(manifest)| manifest);
        let objects = manifest.into_iter().flat_map(|manifest| manifest.objects);
        let objects = objects.map(|object| ObjectRead {
            path: object.path,
            bytes: object.size,
            etag: object.etag,
            rows: object.rows,
        });
        Self { segment: segment.name, members: segment.member_count, objects: objects.collect() }
    }
}

impl From<BatchSums> for ReceiptAnswers {
    fn from(sums: BatchSums) -> Self {
        let BatchSums { batches, calls, created, updated, rejected, inferred } = sums;
        Self { batches, calls, created, updated, rejected, inferred }
    }
}

/// Superseded runs, and those that nobody approved in time, have nobody who decided about their plan.
fn decision(stored: StoredPlan, reason: Option<&Reason>) -> Option<PlanDecision> {
    let is_declined = reason.is_some_and(|reason| reason.code == ReasonCode::Declined);
    let outcome = match (stored.is_approved(), is_declined) {
        (true, _) => DecisionOutcome::Approved,
        (false, true) => DecisionOutcome::Declined,
        (false, false) => return None,
    };
    let (decided_by, decided_utc) = stored.decision().map(|(by, time)| (by.to_owned(), time))?;
    let plan_hash = stored.hash;
    Some(PlanDecision { outcome, plan_hash, decided_by, decided_utc, note: stored.note })
}

impl From<ListCounts> for CountedMoment {
    fn from(counts: ListCounts) -> Self {
        Self { read_utc: counts.read_utc, people: counts.all, entered: counts.entered }
    }
}

impl From<&ListVerification> for VerificationRecord {
    fn from(one: &ListVerification) -> Self {
        Self {
            verification_id: one.id,
            level: one.level.0,
            status: one.status,
            confirmed: one.confirmed,
            missing: one.missing,
            changed_by_others: one.changed_by_others,
            strangers: one.strangers,
            unknown: one.unknown,
            bound: one.bound,
            start_utc: one.start_utc,
            end_utc: one.end_utc,
        }
    }
}
