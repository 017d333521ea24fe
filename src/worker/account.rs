//! The outcome of each profile of a batch, from what Campaign Monitor answered.

use std::collections::{BTreeMap, HashSet};

use sqlx::types::Json;

use super::members::{Answers, members, sent_address};
use super::uploaded::{RefusedRecord, Unanswered, Uploaded};
use crate::baselines::ListMember;
use crate::campaign_monitor::Error;
use crate::names::RunId;
use crate::records::columns::Columns;
use crate::records::encoded::EncodedBatch;
use crate::records::integers::to_i64;
use crate::records::rejection::{Profile, RejectionCode};
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
    /// The profiles that are not on the list, each with its reason.
    pub rejections: Vec<Rejection>,
    /// Values that could not be sent as they are, and how many.
    pub problems: Vec<ValueProblem>,
    pub field_warnings: FieldWarnings,
    /// Whether every record has an answer; those without are in doubt, or were not sent.
    pub is_answered: bool,
    /// The error of the last try, where it left records without an answer.
    pub failure: Option<Error>,
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
pub fn account(uploaded: Uploaded, run: RunId) -> Done {
    let Uploaded {
        batch,
        created,
        newcomers_created,
        updated,
        inferred,
        resubscribed,
        returned,
        refused,
        is_proof,
        unanswered,
        http_status,
        attempts,
        duration,
    } = uploaded;
    let is_answered = unanswered.is_none();
    let Unanswered { error: failure, in_doubt: doubtful, unsent } = unanswered.unwrap_or_default();
    let mut rejections = rejected(&batch, refused, &[doubtful.as_slice(), &unsent].concat());
    rejections.extend(in_doubt(&batch, &doubtful));
    let newcomers_created = newcomers_created.filter(|_| is_proof);
    let answers = Answers {
        created: newcomers_created,
        returned: &returned,
        rejections: &rejections,
        unsent: &unsent,
    };
    let members = members(&batch, &answers, run);
    let accepted = Counts { created, updated, resubscribed, ..Counts::default() };
    let counts = with_others(accepted, &batch, &rejections);
    let row = runs::BatchResult {
        number: batch.number,
        first_row: batch.first_row,
        rows: batch.rows(),
        status: status(&counts),
        http_status: http_status.map(i32::from),
        attempts: i32::try_from(attempts).unwrap_or(i32::MAX),
        duration_ms: i64::try_from(duration.as_millis()).unwrap_or(i64::MAX),
        created,
        updated,
        rejected: counts.rejected,
        inferred,
        unchanged: batch.unchanged,
        body_hash: batch.body_hash,
        newcomers_created,
        returned: positions(&batch, &returned),
    };
    let end = batch.end;
    rejections.extend(batch.refused);
    let (problems, field_warnings) = (batch.problems, batch.field_warnings);
    Done {
        end,
        batch: row,
        counts,
        members,
        rejections,
        problems,
        field_warnings,
        is_answered,
        failure,
    }
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

/// The same with the records that were not accepted, and the rows that were not sent.
fn with_others(accepted: Counts, batch: &EncodedBatch, rejections: &[Rejection]) -> Counts {
    let with = |outcome| to_i64(rejections.iter().filter(|one| one.outcome == outcome).count());
    let mut counts = Counts {
        rejected: with(RejectionOutcome::Rejected),
        in_doubt: with(RejectionOutcome::InDoubt),
        unchanged: batch.unchanged,
        ..accepted
    };
    add_unsent(batch, &mut counts);
    counts
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

fn profile<'a>(batch: &EncodedBatch, columns: &'a Columns<'a>, row: usize) -> Profile<'a> {
    Profile { columns, batch: batch.number, position: batch.positions.of(row), row }
}

#[cfg(test)]
mod tests;
