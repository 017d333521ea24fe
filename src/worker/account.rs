//! The outcome of each profile of a batch, from what Campaign Monitor answered.

use std::collections::{BTreeMap, HashSet};

use arrow_array::RecordBatch;
use sqlx::types::Json;

use super::members::{Answers, Members, members, sent_address};
use super::uploaded::{RefusedRecord, Unanswered, Uploaded};
use crate::baselines::{ListMember, MemberOrigin};
use crate::campaign_monitor::Error;
use crate::names::RunId;
use crate::records::columns::Columns;
use crate::records::encoded::EncodedBatch;
use crate::records::integers::to_i64;
use crate::records::positions::Positions;
use crate::records::rejection::{Profile, RejectionCode};
use crate::row_logs::store::RowLogFile;
use crate::runs::{
    self, BatchStatus, Counts, FieldWarnings, Rejection, RejectionOutcome, ValueProblem,
};

/// A batch whose every profile has an outcome, or is known to have none.
pub struct Done {
    /// The row after its last one.
    pub end: i64,
    /// As it is stored.
    pub batch: runs::BatchResult,
    pub counts: Counts,
    /// What the answers say about its members.
    pub members: Vec<ListMember>,
    /// Whether this run put some of those on the list whom nobody knew, and it is unknown whom.
    pub is_mixed: bool,
    /// The profiles that are not on the list, each with its reason.
    pub rejections: Vec<Rejection>,
    /// Values that could not be sent as they are, and how many.
    pub problems: Vec<ValueProblem>,
    pub field_warnings: FieldWarnings,
    /// Whether every record has an answer; those without are in doubt, or were not sent.
    pub is_answered: bool,
    /// The error of the last try, where it left records without an answer.
    pub failure: Option<Error>,
    pub rows: BatchRows,
    /// The file of the row log that has these rows; `None` where there is none.
    pub row_file: Option<RowLogFile>,
}

/// The rows of a batch, for the row log.
pub struct BatchRows {
    pub page: RecordBatch,
    pub positions: Positions,
    /// Rows of the page that were to be sent.
    pub records: Vec<usize>,
    /// Of these: those that surely were not.
    pub unsent: Vec<usize>,
}

impl Done {
    /// Whether surely nothing of it is on the list: it was never sent, or rejected as a whole.
    pub const fn is_untouched(&self) -> bool {
        let Counts { created, updated, rejected, in_doubt, .. } = self.counts;
        !self.is_answered && created + updated + rejected + in_doubt == 0
    }
}

/// Accounts for an uploaded batch. Records without an answer count as in doubt where they may be on the
/// list, and as remaining where they surely are not.
pub fn account(mut uploaded: Uploaded, run: RunId) -> Done {
    let unanswered = uploaded.unanswered.take();
    let is_answered = unanswered.is_none();
    let unanswered = unanswered.unwrap_or_default();
    let mut rejections = rejections(&mut uploaded, &unanswered);
    let Members { all: members, is_mixed } =
        acknowledged(&uploaded, &rejections, &unanswered.unsent, run);
    let counts = counts(&uploaded, &rejections);
    let batch = result(&uploaded, &counts);
    let EncodedBatch { end, refused, problems, field_warnings, .. } = uploaded.batch;
    let EncodedBatch { page, positions, records, .. } = uploaded.batch;
    let rows = BatchRows { page, positions, records, unsent: unanswered.unsent };
    rejections.extend(refused);
    Done {
        end,
        batch,
        counts,
        members,
        is_mixed,
        rejections,
        problems,
        field_warnings,
        is_answered,
        failure: unanswered.error,
        rows,
        row_file: None,
    }
}

/// The records that are rejected or in doubt.
fn rejections(uploaded: &mut Uploaded, unanswered: &Unanswered) -> Vec<Rejection> {
    let Uploaded { batch, changed, held_back: held, .. } = uploaded;
    let changed: Vec<_> = changed.keys().copied().collect();
    let others = [&unanswered.in_doubt, &unanswered.unsent, held, &changed].map(Vec::as_slice);
    let mut rejections = rejected(batch, std::mem::take(&mut uploaded.refused), &others.concat());
    rejections.extend(in_doubt(batch, &unanswered.in_doubt));
    rejections.extend(held_back(batch, held));
    rejections
}

/// What the answers say about members, old addresses included.
fn acknowledged(
    uploaded: &Uploaded,
    rejections: &[Rejection],
    unsent: &[usize],
    run: RunId,
) -> Members {
    let Uploaded { changed, returned, .. } = uploaded;
    let created = uploaded.proven_newcomers();
    let answers = Answers { created, returned, rejections, unsent, joined: None, changed };
    let mut members = members(&uploaded.batch, &answers, run);
    let learned = uploaded.learned.iter().cloned();
    members.all.extend(learned.map(|member| ListMember { run, ..member }));
    members
}

fn counts(uploaded: &Uploaded, rejections: &[Rejection]) -> Counts {
    let with = |outcome| to_i64(rejections.iter().filter(|one| one.outcome == outcome).count());
    let mut counts = Counts {
        created: uploaded.created,
        updated: uploaded.updated,
        resubscribed: uploaded.resubscribed,
        changed_addresses: to_i64(uploaded.changed.len()),
        rejected: with(RejectionOutcome::Rejected),
        in_doubt: with(RejectionOutcome::InDoubt),
        unchanged: uploaded.batch.unchanged,
        ..Counts::default()
    };
    add_unsent(&uploaded.batch, &mut counts);
    counts
}

/// The batch, as it is stored.
fn result(uploaded: &Uploaded, counts: &Counts) -> runs::BatchResult {
    let batch = &uploaded.batch;
    runs::BatchResult {
        number: batch.number,
        first_row: batch.first_row,
        rows: batch.rows(),
        status: status(counts),
        http_status: uploaded.http_status.map(i32::from),
        attempts: i32::try_from(uploaded.attempts).unwrap_or(i32::MAX),
        duration_ms: i64::try_from(uploaded.duration.as_millis()).unwrap_or(i64::MAX),
        created: counts.created,
        updated: counts.updated,
        rejected: counts.rejected,
        changed_addresses: counts.changed_addresses,
        inferred: uploaded.inferred,
        unchanged: counts.unchanged,
        body_hash: batch.body_hash,
        newcomers_created: uploaded.proven_newcomers(),
        returned: positions(batch, &uploaded.returned),
        changed: changed(uploaded),
        started_utc: uploaded.started,
        times: uploaded.times,
    }
}

/// The rows of the run whose address was changed.
fn changed(uploaded: &Uploaded) -> Option<Json<Vec<(i64, MemberOrigin)>>> {
    let Uploaded { batch, changed, .. } = uploaded;
    let rows = changed.iter().map(|(row, old)| (batch.positions.of(*row), old.origin));
    (!changed.is_empty()).then(|| Json(rows.collect()))
}

/// The rows of the run that these rows of the page are.
fn positions(batch: &EncodedBatch, rows: &[usize]) -> Option<Json<Vec<i64>>> {
    let positions = rows.iter().map(|row| batch.positions.of(*row)).collect();
    (!rows.is_empty()).then_some(Json(positions))
}

/// Accounts for a batch that an attempt which died may have sent: nobody knows.
pub fn doubt(batch: EncodedBatch, run: RunId) -> Done {
    // Which of its values did not fit was not read.
    let (problems, field_warnings) = (vec![], FieldWarnings::default());
    let batch = EncodedBatch { problems, field_warnings, ..batch };
    let in_doubt = batch.records.clone();
    let unanswered = Unanswered { error: Some(Error::Interrupted), in_doubt, unsent: vec![] };
    account(Uploaded { unanswered: Some(unanswered), ..Uploaded::unknown(batch) }, run)
}

fn add_unsent(batch: &EncodedBatch, counts: &mut Counts) {
    for refused in &batch.refused {
        match refused.outcome {
            RejectionOutcome::Duplicate => counts.duplicate += 1,
            _ => counts.invalid += 1,
        }
    }
}

fn status(counts: &Counts) -> BatchStatus {
    if counts.in_doubt > 0 {
        BatchStatus::InDoubt
    } else if counts.rejected + counts.invalid > 0 {
        BatchStatus::CompletedWithErrors
    } else {
        BatchStatus::Successful
    }
}

/// The rejected records: Campaign Monitor names them by their address. One that it names otherwise than it was sent is
/// one of the answered records all the same: it counts as rejected, under the address as Campaign Monitor has it.
fn rejected(
    batch: &EncodedBatch,
    refused: Vec<RefusedRecord>,
    unanswered: &[usize],
) -> Vec<Rejection> {
    if refused.is_empty() {
        return vec![];
    }
    let columns = Columns::of(&batch.page);
    let address = |row: usize| sent_address(&columns, row).to_lowercase();
    let unanswered: HashSet<usize> = unanswered.iter().copied().collect();
    let answered = batch.records.iter().filter(|row| !unanswered.contains(row));
    let mut rows: BTreeMap<String, usize> = answered.map(|row| (address(*row), *row)).collect();
    let mut rejections = Vec::with_capacity(refused.len());
    let mut unknown = Vec::new();
    for record in refused {
        match rows.remove(&record.failure.email_address.trim().to_lowercase()) {
            Some(row) => {
                let code = RejectionCode::Refused(record.failure.refusal());
                let profile = profile(batch, &columns, row);
                rejections.push(profile.reject(record.outcome(), code, record.message()));
            }
            None => unknown.push(record),
        }
    }
    let rows = rows.into_values();
    rejections.extend(unknown.into_iter().zip(rows).map(|(one, row)| unnamed(batch, row, one)));
    rejections
}

/// A rejected record of which nobody knows which it is; it stands for some record that is not rejected.
fn unnamed(batch: &EncodedBatch, row: usize, record: RefusedRecord) -> Rejection {
    tracing::warn!(
        batch.number,
        code = record.failure.code,
        "Campaign Monitor rejected an address that was not sent in this form"
    );
    let message = record.message();
    Rejection {
        position: batch.positions.of(row),
        batch: batch.number,
        customer_id: String::new(),
        outcome: record.outcome(),
        code: RejectionCode::Refused(record.failure.refusal()).word().into_owned(),
        email: record.failure.email_address,
        message: format!("{message} It names an address that was not sent in this form."),
        winner: None,
        params: None,
    }
}

fn in_doubt(batch: &EncodedBatch, rows: &[usize]) -> Vec<Rejection> {
    let columns = Columns::of(&batch.page);
    let message = "The profile was sent, but no answer of Campaign Monitor confirms whether it is on the list.";
    let reject = |row: &usize| {
        let (outcome, code) = (RejectionOutcome::InDoubt, RejectionCode::NoAnswer);
        profile(batch, &columns, *row).reject(outcome, code, message.to_owned())
    };
    rows.iter().map(reject).collect()
}

fn held_back(batch: &EncodedBatch, rows: &[usize]) -> Vec<Rejection> {
    let columns = Columns::of(&batch.page);
    let message = "Not sent: the person with this CustomerId unsubscribed, was deleted or is suppressed under \
                   another address, or was before somebody emptied the list.";
    let reject = |row: &usize| {
        let (outcome, code) = (RejectionOutcome::Rejected, RejectionCode::RefusedBefore);
        profile(batch, &columns, *row).reject(outcome, code, message.to_owned())
    };
    rows.iter().map(reject).collect()
}

fn profile<'a>(batch: &EncodedBatch, columns: &'a Columns<'a>, row: usize) -> Profile<'a> {
    Profile { columns, batch: batch.number, position: batch.positions.of(row), row }
}

#[cfg(test)]
mod tests;
