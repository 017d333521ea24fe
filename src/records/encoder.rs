//! Makes the records of a batch, and the hashes by which they are known again: most of the work on a member, and for
//! each batch by itself.

use std::sync::Arc;
use std::time::Instant;

use arrow_array::RecordBatch;
use arrow_schema::Schema;

use super::encoded::EncodedBatch;
use super::gathering::Gathering;
use super::hasher::{Hasher, RecordHashes};
use super::marking::Marking;
use super::plan::Plan;
use super::positions::Positions;
use super::sifter::Sifted;
use crate::baselines::{ListMember, MemberState};
use crate::campaign_monitor::{Encoded, SubscriberState};
use crate::runs::Rejection;

/// A batch before its records are made.
pub struct Draft {
    number: i64,
    pub first_row: i64,
    end: i64,
    page: RecordBatch,
    positions: Positions,
    records: Vec<usize>,
    unchanged: i64,
    rehashed: Vec<ListMember>,
    refused: Vec<Rejection>,
}

impl Draft {
    /// A page as a batch, without a copy of its rows.
    pub(super) fn of_page(sifted: Sifted) -> Self {
        let (end, positions) = (sifted.end(), Positions::From(sifted.first_row));
        let Sifted { page, number, first_row, records, refused, .. } = sifted;
        let (unchanged, rehashed) = (0, vec![]);
        Self { number, first_row, end, page, positions, records, unchanged, rehashed, refused }
    }

    /// So many rows, of which nothing is sent.
    pub(super) fn of_unchanged(rows: u64) -> Self {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        Self {
            number: 1,
            first_row: 0,
            end: rows,
            page: RecordBatch::new_empty(Arc::new(Schema::empty())),
            positions: Positions::Each(vec![]),
            records: vec![],
            unchanged: rows,
            rehashed: vec![],
            refused: vec![],
        }
    }

    /// What has changed in several pages.
    pub(super) fn of_gathering(mut gathering: Gathering) -> Self {
        let page = gathering.page();
        let Gathering { number, first_row, end, positions, records, refused, .. } = gathering;
        let (unchanged, rehashed) = (gathering.unchanged, gathering.rehashed);
        let positions = Positions::Each(positions);
        Self { number, first_row, end, page, positions, records, unchanged, rehashed, refused }
    }
}

/// What the records of a run are made by.
#[derive(Clone)]
pub struct Encoder {
    pub(super) plan: Arc<Plan>,
    pub(super) marking: Marking,
}

impl Encoder {
    /// Makes the records of a batch. Which ones depends on nothing but the draft, so several may be made side by side.
    pub fn encode(&self, draft: Draft) -> EncodedBatch {
        let begun = Instant::now();
        let Draft { number, first_row, end, page, positions, records, .. } = draft;
        let encoded =
            if records.is_empty() { Encoded::default() } else { self.plan.encode(&page, &records) };
        let hashes = self.hashes(&page, &records, &encoded);
        let field_warnings = self.plan.names.warnings(&encoded);
        let Encoded { body, misfits, .. } = encoded;
        let problems = if misfits.is_empty() {
            vec![]
        } else {
            self.plan.names.problems(misfits, &self.plan.columns_of(&page), &positions)
        };
        let body_hash = (!body.is_empty()).then(|| Hasher::body(&body));
        EncodedBatch {
            number,
            first_row,
            end,
            page,
            positions,
            records,
            hashes,
            unchanged: draft.unchanged,
            rehashed: draft.rehashed,
            refused: draft.refused,
            body,
            body_hash,
            problems,
            field_warnings,
            encoding: begun.elapsed(),
        }
    }

    fn is_held_back(&self, state: MemberState, address: &str) -> bool {
        // Where people come back who were deleted, only their own wish counts.
        let is_no = if self.plan.resubscribes() { state.is_own_wish() } else { state.is_no() };
        let is_held_back = state == MemberState::HeldBack || (self.marking.is_emptied && is_no);
        is_held_back && !self.marking.is_readmitted(address)
    }

    fn hashes(&self, page: &RecordBatch, rows: &[usize], encoded: &Encoded) -> Vec<RecordHashes> {
        let contents = self.marking.hasher.contents(page, rows);
        let columns = self.plan.columns_of(page);
        let marked = rows.iter().zip(contents).zip(&encoded.records);
        let hashes = marked.map(|((row, content), span)| {
            let address = self.plan.address(&columns, *row).unwrap_or_default();
            let state = self.marking.state_of(&address);
            let trusted = state.filter(|_| self.marking.is_current());
            let removal = self.marking.removal(&address, state);
            RecordHashes {
                content,
                record: self.marking.hasher.record(&encoded.body[span.clone()]),
                is_known: !self.marking.is_emptied
                    && trusted.is_some_and(|state| !state.is_unused()),
                has_left: state.is_some_and(MemberState::has_left),
                is_held_back: state.is_some_and(|state| self.is_held_back(state, &address)),
                is_still_ours: self.marking.is_still_ours(&address),
                left_as: removal.and_then(|(state, _)| left_as(state)),
                left_by: removal.and_then(|(_, run)| run),
            }
        });
        hashes.collect()
    }
}

/// How Campaign Monitor calls the state in which this service left somebody.
const fn left_as(state: MemberState) -> Option<SubscriberState> {
    match state {
        MemberState::DeletedByUs => Some(SubscriberState::Deleted),
        MemberState::UnsubscribedByUs => Some(SubscriberState::Unsubscribed),
        _ => None,
    }
}
