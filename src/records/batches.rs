//! Turns the members of a run into batches: pages read in a stream, each row checked, addresses that come
//! again taken out, the rest encoded.
//!
//! All of it happens on a thread of its own, so that it blocks no other work; it waits when the uploads are
//! behind. Rows are numbered through the whole run. A run that resumes after a crash reads from the
//! start again without sending, and so knows every address that came before.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::thread;

use arrow_array::RecordBatch;
use bytes::Bytes;
use futures::TryStreamExt;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::columns::{CUSTOMER_ID_COLUMN, Columns, EMAIL_COLUMN};
use super::integers::to_i64;
use super::plan::Plan;
use super::rejection::{Profile, RejectionCode};
use super::seen::Seen;
use crate::campaign_monitor::address::{self, Flaw};
use crate::runs::{FieldWarning, Rejection, RejectionOutcome};
use crate::storage::{self, Error, Manifest, Storage};

/// The largest body of a call; more goes in halves.
pub const BODY_BYTES_MAX: usize = 4 << 20;
/// Batches that wait to be sent.
const AHEAD: usize = 2;

/// A page of rows, ready to be sent.
pub struct EncodedBatch {
    /// From 1.
    pub number: i64,
    /// Its first row in the run, from 0.
    pub first_row: i64,
    /// The rows, as text.
    pub page: RecordBatch,
    /// Positions in the page of the rows to be sent.
    pub records: Vec<usize>,
    /// The rows that are not sent, and why.
    pub refused: Vec<Rejection>,
    /// The body of the import; empty when nothing is to be sent.
    pub body: Bytes,
    /// Values that did not fit their fields.
    pub field_warnings: Vec<FieldWarning>,
}

impl EncodedBatch {
    pub fn rows(&self) -> i64 {
        to_i64(self.page.num_rows())
    }

    /// The row after its last one.
    pub fn end(&self) -> i64 {
        self.first_row + self.rows()
    }

    /// Calls it takes, if each is answered at once.
    pub fn calls(&self, plan: &Plan) -> i64 {
        if self.records.is_empty() {
            0
        } else {
            self.calls_for(plan, &self.records, self.body.len())
        }
    }

    fn calls_for(&self, plan: &Plan, records: &[usize], body_bytes: usize) -> i64 {
        let parts = if body_bytes > BODY_BYTES_MAX { halves(records) } else { None };
        let Some(parts) = parts else { return 1 };
        let calls = |part: Vec<usize>| {
            let (body, _) = plan.encode(&self.page, &part);
            self.calls_for(plan, &part, body.len())
        };
        parts.into_iter().map(calls).sum()
    }
}

/// The members to read, and how far a run has accounted for them.
pub struct MemberSource {
    pub storage: Storage,
    /// What the run pinned, in the order of its segments.
    pub manifests: Vec<Arc<Manifest>>,
    pub plan: Arc<Plan>,
    /// Rows that have been accounted for: batches start after them.
    pub position: i64,
    /// First rows of the batches behind the position that have been accounted for too.
    pub answered: HashSet<i64>,
    /// Seeds the hashes of the addresses.
    pub seed: u64,
}

/// Why the members of a segment cannot be read to the end.
#[derive(Debug)]
pub struct ReadFailure {
    /// The place of its manifest in the source.
    pub segment: usize,
    pub error: Error,
}

/// Starts reading. The batches come in order; dropping the receiver stops it.
pub fn read(source: MemberSource) -> mpsc::Receiver<Result<EncodedBatch, ReadFailure>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let (handle, held) = (Handle::current(), storage::held());
    thread::spawn(move || {
        let produced = produce_or_tell(source, sender);
        match held {
            Some(held) => handle.block_on(storage::holding(held, produced)),
            None => handle.block_on(produced),
        }
    });
    receiver
}

async fn produce_or_tell(
    source: MemberSource,
    sender: mpsc::Sender<Result<EncodedBatch, ReadFailure>>,
) {
    if let Err(error) = produce(source, &sender).await {
        // Nobody listens any more when this fails, and then nobody needs to know.
        let _ = sender.send(Err(error)).await;
    }
}

async fn produce(
    source: MemberSource,
    sender: &mpsc::Sender<Result<EncodedBatch, ReadFailure>>,
) -> Result<(), ReadFailure> {
    let rows: u64 = source.manifests.iter().map(|manifest| manifest.rows()).sum();
    let room = usize::try_from(rows).unwrap_or(usize::MAX);
    let mut sifter = Sifter {
        seen: Seen::with_room_for(room, source.seed),
        plan: source.plan,
        position: source.position,
        answered: source.answered,
        next_number: 1,
        next_row: 0,
    };
    for (segment, manifest) in source.manifests.into_iter().enumerate() {
        let pages = source.storage.pages(manifest, sifter.plan.columns.clone());
        let mut pages = pages.map_err(|error| ReadFailure { segment, error });
        while let Some(page) = pages.try_next().await? {
            let Some(batch) = sifter.sift(page) else { continue };
            if sender.send(Ok(batch)).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Tells the rows to be sent from the others.
struct Sifter {
    plan: Arc<Plan>,
    seen: Seen,
    position: i64,
    answered: HashSet<i64>,
    next_number: i64,
    next_row: i64,
}

impl Sifter {
    /// The batch of a page; `None` when all of it has been accounted for.
    fn sift(&mut self, page: RecordBatch) -> Option<EncodedBatch> {
        let (number, first_row) = (self.next_number, self.next_row);
        self.next_number += 1;
        self.next_row += to_i64(page.num_rows());
        let (records, refused) = self.sort(&page, number, first_row);
        if self.next_row <= self.position || self.answered.contains(&first_row) {
            return None;
        }
        let (body, field_warnings) = if records.is_empty() {
            (Bytes::new(), vec![])
        } else {
            self.plan.encode(&page, &records)
        };
        Some(EncodedBatch { number, first_row, page, records, refused, body, field_warnings })
    }

    fn sort(
        &mut self,
        page: &RecordBatch,
        batch: i64,
        first_row: i64,
    ) -> (Vec<usize>, Vec<Rejection>) {
        let plan = Arc::clone(&self.plan);
        let columns = &plan.columns_of(page);
        let mut records = Vec::with_capacity(page.num_rows());
        let mut refused = Vec::new();
        for row in 0..page.num_rows() {
            match self.check(columns, row) {
                None => records.push(row),
                Some(objection) => {
                    let (outcome, code, message) = objection.explain();
                    let profile = Profile { columns, batch, first_row, row };
                    refused.push(profile.reject(outcome, code, message));
                }
            }
        }
        (records, refused)
    }

    fn check(&mut self, columns: &Columns<'_>, row: usize) -> Option<Objection> {
        if columns.get(CUSTOMER_ID_COLUMN, row).is_none() {
            return Some(Objection::NoCustomerId);
        }
        match address::check(columns.get(EMAIL_COLUMN, row).unwrap_or_default()) {
            Err(flaw) => Some(Objection::Flawed(flaw)),
            // The address of somebody who is not sent is no duplicate for who comes later.
            Ok(_) if !self.plan.can_read_consent(columns, row) => Some(Objection::Unreadable),
            Ok(address) if !self.seen.insert(&address) => Some(Objection::Duplicate),
            Ok(_) => None,
        }
    }
}

/// Why a row is not sent.
enum Objection {
    NoCustomerId,
    Flawed(Flaw),
    /// A consent that is neither a yes nor a no.
    Unreadable,
    Duplicate,
}

impl Objection {
    fn explain(&self) -> (RejectionOutcome, RejectionCode, String) {
        use RejectionOutcome::{Duplicate, Invalid};
        match self {
            Self::NoCustomerId => (
                Invalid,
                RejectionCode::CustomerIdMissing,
                "The profile has no CustomerId.".to_owned(),
            ),
            Self::Flawed(flaw) => (Invalid, RejectionCode::of(flaw), flaw.to_string()),
            Self::Unreadable => (
                Invalid,
                RejectionCode::ConsentUnreadable,
                "The consent is neither a yes nor a no. Add its word to the mapping, or correct the profile."
                    .to_owned(),
            ),
            Self::Duplicate => (
                Duplicate,
                RejectionCode::DuplicateAddress,
                "An earlier profile of this run has the same e-mail address.".to_owned(),
            ),
        }
    }
}

/// Halves of the rows of a request; `None` when there is nothing to halve.
pub fn halves(records: &[usize]) -> Option<VecDeque<Vec<usize>>> {
    if records.len() < 2 {
        return None;
    }
    let (first, second) = records.split_at(records.len() / 2);
    Some(VecDeque::from([first.to_vec(), second.to_vec()]))
}
