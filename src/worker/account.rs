//! The outcome of each profile of a batch, from what Campaign Monitor answered.

use std::collections::{BTreeMap, HashSet};

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
        updated,
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
    let answers = Answers { created, is_proof, rejections: &rejections, unsent: &unsent };
    let members = members(&batch, &answers, run);
    let with = |outcome| to_i64(rejections.iter().filter(|one| one.outcome == outcome).count());
    let rejected = with(RejectionOutcome::Rejected);
    let mut counts = Counts {
        created,
        updated,
        rejected,
        in_doubt: with(RejectionOutcome::InDoubt),
        unchanged: batch.unchanged,
        ..Counts::default()
    };
    add_unsent(&batch, &mut counts);
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
        rejected,
        unchanged: batch.unchanged,
        body_hash: batch.body_hash,
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
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, RecordBatch, StringArray};

    use super::*;
    use crate::campaign_monitor::ImportFailure;
    use crate::records::hasher::RecordHashes;
    use crate::records::positions::Positions;

    const fn hashes(content: u64) -> RecordHashes {
        RecordHashes { content, record: content + 100, is_known: false }
    }

    /// A batch of these addresses, all of which have been sent.
    fn batch(addresses: &[&str]) -> EncodedBatch {
        let ids = (0..addresses.len()).map(|row| Some(row.to_string()));
        let columns: [(&str, ArrayRef); 2] = [
            ("CustomerId", Arc::new(ids.collect::<StringArray>())),
            ("Email", Arc::new(StringArray::from(addresses.to_vec()))),
        ];
        EncodedBatch {
            number: 2,
            first_row: 1000,
            end: 1000 + to_i64(addresses.len()),
            page: RecordBatch::try_from_iter(columns).unwrap(),
            positions: Positions::From(1000),
            records: (0..addresses.len()).collect(),
            hashes: (0..).map(hashes).take(addresses.len()).collect(),
            unchanged: 0,
            rehashed: vec![],
            refused: vec![],
            body: bytes::Bytes::new(),
            body_hash: None,
            problems: vec![],
            field_warnings: FieldWarnings::default(),
        }
    }

    fn answered(batch: EncodedBatch, refused: &[&str], unanswered: Option<Unanswered>) -> Done {
        let refused = refused.iter().map(|address| {
            let (email_address, message) = ((*address).to_owned(), String::new());
            let failure = ImportFailure { email_address, code: 206, message };
            RefusedRecord { failure, may_repeat: false }
        });
        let refused: Vec<_> = refused.collect();
        let unknown = unanswered.as_ref().map_or(0, |rest| rest.in_doubt.len() + rest.unsent.len());
        let created = to_i64(batch.records.len() - refused.len() - unknown);
        let run = RunId(uuid::Uuid::nil());
        account(Uploaded { created, refused, unanswered, ..Uploaded::unknown(batch) }, run)
    }

    fn named(done: &Done) -> Vec<(i64, &str, &str)> {
        done.rejections
            .iter()
            .map(|one| (one.position, one.customer_id.as_str(), one.email.as_str()))
            .collect()
    }

    #[test]
    fn a_refused_record_is_found_by_its_address_in_any_case_and_with_blanks_around_it() {
        let done =
            answered(batch(&["ann@example.com", "Bob@example.com"]), &[" BOB@example.com "], None);
        assert_eq!(named(&done), [(1001, "1", "Bob@example.com")]);
        assert_eq!((done.counts.created, done.counts.rejected), (1, 1));
    }

    #[test]
    fn every_refusal_counts_also_of_an_address_that_was_not_sent_in_that_form() {
        let sent = ["ann@example.com", "bob@example.com", "eve@example.com"];
        let done = answered(batch(&sent), &["\"bob\"@example.com", "ann@example.com"], None);
        assert_eq!(done.counts.accounted(), 3, "{:?}", done.counts);
        assert_eq!((done.counts.created, done.counts.rejected), (1, 2));
        assert_eq!(
            named(&done),
            [(1000, "0", "ann@example.com"), (1001, "", "\"bob\"@example.com")]
        );
        assert!(done.rejections[1].message.contains("not sent in this form"));
    }

    #[test]
    fn a_refusal_without_a_match_never_takes_the_place_of_a_record_that_has_no_answer() {
        let rest = Unanswered { error: None, in_doubt: vec![0], unsent: vec![1] };
        let sent = ["ann@example.com", "bob@example.com", "eve@example.com"];
        let done = answered(batch(&sent), &["nobody@example.com"], Some(rest));
        assert_eq!(
            named(&done),
            [(1002, "", "nobody@example.com"), (1000, "0", "ann@example.com")]
        );
        assert_eq!((done.counts.rejected, done.counts.in_doubt), (1, 1));
    }

    #[test]
    fn a_batch_is_untouched_only_when_surely_nothing_of_it_is_on_the_list() {
        let sent = ["ann@example.com", "bob@example.com"];
        let rest = |in_doubt: &[usize], unsent: &[usize]| {
            Some(Unanswered { error: None, in_doubt: in_doubt.into(), unsent: unsent.into() })
        };
        assert!(answered(batch(&sent), &[], rest(&[], &[0, 1])).is_untouched());
        assert!(!answered(batch(&sent), &[], rest(&[0, 1], &[])).is_untouched());
        assert!(!answered(batch(&sent), &[], rest(&[], &[1])).is_untouched(), "one is created");
        assert!(!answered(batch(&sent), &[], None).is_untouched(), "both are created");
    }
}
