//! What the run says about its members, read again from what it pinned.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::failure::Failure;
use super::known::KnownStates;
use super::subject::Subject;
use crate::campaign_monitor::{SentForm, StoredComparison};
use crate::names::RunId;
use crate::records::batches::{self, MemberSource, ReadFailure};
use crate::records::columns::{CUSTOMER_ID_COLUMN, Columns};
use crate::records::encoded::EncodedBatch;
use crate::records::hasher::{Hasher, RecordHashes};
use crate::records::marking::Marking;
use crate::runs::{RejectionOutcome, store_batches};
use crate::storage;
use crate::verifications::Expectation;
use crate::worker::stopped::Stopped;

/// A member as it was sent.
pub struct SentMember {
    pub address: String,
    pub customer_id: String,
    pub form: SentForm,
    pub expectation: Expectation,
}

/// Reads every member that the run sent, or did not need to send, in order.
pub struct SentMembers<'a> {
    subject: &'a Subject,
    comparison: Arc<StoredComparison>,
    known: Option<Arc<KnownStates>>,
    batches: mpsc::Receiver<Result<EncodedBatch, ReadFailure>>,
}

impl<'a> SentMembers<'a> {
    /// `known`: what the export last knew of its members, where it does not send all of them.
    pub fn read(
        subject: &'a Subject,
        comparison: &Arc<StoredComparison>,
        known: Option<Arc<KnownStates>>,
    ) -> Self {
        let (storage, manifests) = (subject.app.storage.clone(), subject.manifests.clone());
        let seed = subject.run.id.0.as_u64_pair().1;
        let source = MemberSource::new(storage, manifests, subject.plan.clone(), seed);
        let hasher = known.as_ref().map_or_else(Hasher::unused, |known| known.hasher);
        let marking = Marking { hasher, ..Marking::none() };
        let batches = batches::read(MemberSource { marking, ..source });
        Self { subject, comparison: comparison.clone(), known, batches }
    }

    /// The next ones, at most a thousand; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<SentMember>>, Failure> {
        let Some(batch) = self.batches.recv().await else { return Ok(None) };
        let batch = batch.map_err(|failure| unreadable(&failure))?;
        let outcomes = outcomes(self.subject, &batch).await?;
        let (comparison, known) = (self.comparison.clone(), self.known.clone());
        let read = move || of_batch(&batch, &comparison, &outcomes, known.as_deref());
        Ok(Some(spawn_blocking(read).await?))
    }
}

/// Members that were there for the run may be others now: that is nobody's fault.
fn unreadable(ReadFailure { error, .. }: &ReadFailure) -> Failure {
    match error {
        storage::Error::Changed { .. } | storage::Error::Lost { .. } => {
            Failure::Final(REPLACED.into())
        }
        error => Stopped::unreadable(error, None).into(),
    }
}

const REPLACED: &str = "The members that this run read were replaced or removed since, so they cannot be compared any \
    more. Verify a newer run, or this one with the level `counts`.";

type Outcomes = HashMap<i64, RejectionOutcome>;

/// The rows of a batch that are not on the list, or may not be.
async fn outcomes(subject: &Subject, batch: &EncodedBatch) -> Result<Outcomes, Failure> {
    let counts = &subject.run.counts;
    if counts.rejected + counts.in_doubt == 0 {
        return Ok(Outcomes::new());
    }
    let (run, from): (RunId, i64) = (subject.run.id, batch.first_row);
    let mut db = subject.app.db.read().await?;
    Ok(store_batches::outcomes(&mut db, run, from, batch.end).await?.into_iter().collect())
}

fn of_batch(
    batch: &EncodedBatch,
    comparison: &StoredComparison,
    outcomes: &Outcomes,
    known: Option<&KnownStates>,
) -> Vec<SentMember> {
    if batch.records.is_empty() {
        return vec![];
    }
    let Ok(sent) = comparison.sent(&batch.body) else {
        unreachable!("the body of a batch is the JSON that this service wrote");
    };
    let columns = Columns::of(&batch.page);
    let member =
        |((row, (address, form)), hashes): ((&usize, (String, SentForm)), &RecordHashes)| {
            let customer_id = columns.get(CUSTOMER_ID_COLUMN, *row).unwrap_or_default().to_owned();
            let expectation = match outcomes.get(&batch.positions.of(*row)) {
                None if known.is_some_and(|known| known.is_refused(&address, hashes.content)) => {
                    Expectation::Refused
                }
                None => Expectation::OnList,
                Some(RejectionOutcome::InDoubt) => Expectation::InDoubt,
                Some(_) => Expectation::Refused,
            };
            SentMember { address, customer_id, form, expectation }
        };
    batch.records.iter().zip(sent).zip(&batch.hashes).map(member).collect()
}
