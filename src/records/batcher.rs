//! Makes batches of the pages of a run: one of each page, or, where only changes are sent, one of many.
//!
//! A batch consists of whole pages, and which ones depends on nothing but the rows: so every attempt of a run makes the
//! same batches, and knows by their first rows which of them are accounted for.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;

use super::columns::CUSTOMER_ID_COLUMN;
use super::comparison::Comparison;
use super::encoded::EncodedBatch;
pub use super::gathering::CHANGES_ROWS_MAX;
use super::gathering::{Compared, Gathering};
use super::hasher::{Hasher, RecordHashes};
use super::integers::to_i64;
use super::plan::Plan;
use super::positions::Positions;
use super::sifter::{Sifted, Sifter};
use crate::baselines::{HashKind, Known, ListMember, MemberState, OffListPeople};
use crate::campaign_monitor::{Encoded, SubscriberState};
use crate::names::RunId;

/// Rows of a run that need no batch any more.
#[derive(Clone, Debug, Default)]
pub struct Accounted {
    /// Those before this one.
    pub position: i64,
    /// Those of the batches behind it that are written: first row and end.
    pub answered: BTreeMap<i64, i64>,
}

impl Accounted {
    fn has(&self, sifted: &Sifted) -> bool {
        let end = sifted.end();
        end <= self.position || is_in(&self.answered, sifted.first_row)
    }
}

/// Whether one of these batches has this row.
fn is_in(batches: &BTreeMap<i64, i64>, row: i64) -> bool {
    batches.range(..=row).next_back().is_some_and(|(_, end)| row < *end)
}

/// How records are known again.
#[derive(Clone)]
pub struct Marking {
    pub hasher: Hasher,
    /// Nothing is left out without it.
    pub comparison: Option<Arc<Comparison>>,
    /// What tells who is known where nothing is left out.
    pub lookup: Option<Arc<Comparison>>,
    /// People whom other exports to the list have taken off it, where they may come back.
    pub elsewhere: Arc<[OffListPeople]>,
    /// The same of the export itself; `None` also where it is unknown.
    pub here: Option<Arc<OffListPeople>>,
    /// People who were never sent because of a no under another address, where nothing else tells who is known.
    pub held_back: Option<Arc<OffListPeople>>,
    /// The run that sends them; nil for a preview.
    pub run: RunId,
}

impl Marking {
    /// What tells who is known.
    pub fn known(&self) -> Option<&Arc<Comparison>> {
        self.comparison.as_ref().or(self.lookup.as_ref())
    }

    /// Whether the list has nobody of whom this does not know.
    fn is_current(&self) -> bool {
        self.known().is_some_and(|known| known.is_current())
    }

    /// For records that nobody needs to know again.
    pub fn none() -> Self {
        Self {
            hasher: Hasher::unused(),
            comparison: None,
            lookup: None,
            elsewhere: Arc::default(),
            held_back: None,
            here: None,
            run: RunId(uuid::Uuid::nil()),
        }
    }

    /// What the baseline has of an address.
    fn state_of(&self, address: &str) -> Option<MemberState> {
        match self.known() {
            Some(known) => known.find(known.key(address)).map(|known| known.state),
            None => Some(self.held_back.as_ref()?.find(address)?.0),
        }
    }

    /// How this service took somebody off the list, and by which run where that is known. Of several exports the last
    /// one counts. Nobody was taken off whom this export knows otherwise, also where it has fallen behind since.
    fn removal(
        &self,
        address: &str,
        state: Option<MemberState>,
    ) -> Option<(MemberState, Option<RunId>)> {
        let own = state.filter(|state| state.is_removed_by_us());
        let is_possible = match state {
            None | Some(MemberState::LetGo | MemberState::FlaggedByUs) => true,
            Some(_) => own.is_some() && self.is_current(),
        };
        let run = self.here.as_ref().and_then(|here| here.find(address)).map(|(_, run)| run);
        let elsewhere = self.elsewhere.iter().filter_map(|removed| removed.find(address));
        let elsewhere = elsewhere.map(|(state, run)| (state, Some(run)));
        let all = own.map(|state| (state, run)).into_iter().chain(elsewhere);
        all.filter(|_| is_possible).max_by_key(|(_, run)| run.map(|run| run.0))
    }
}

/// Makes the batches of one reading.
pub struct Batcher {
    plan: Arc<Plan>,
    pub sifter: Sifter,
    marking: Marking,
    /// Makes these batches only, as they were made before: first row and end. Without them a batch is a page, or, where
    /// records are compared, what has changed in as many pages as fill a call.
    only: Option<BTreeMap<i64, i64>>,
    accounted: Accounted,
    /// What is not complete yet.
    open: Option<Gathering>,
}

impl Batcher {
    pub const fn new(
        plan: Arc<Plan>,
        sifter: Sifter,
        marking: Marking,
        only: Option<BTreeMap<i64, i64>>,
        accounted: Accounted,
    ) -> Self {
        Self { plan, sifter, marking, only, accounted, open: None }
    }

    /// The batches that are complete with the next page: none, one or two.
    pub fn add(&mut self, page: RecordBatch) -> Vec<EncodedBatch> {
        let sifted = self.sifter.sift(page);
        if self.accounted.has(&sifted) || !self.is_wanted(&sifted) {
            return self.finish().into_iter().collect();
        }
        let compared = self.compare(sifted);
        if self.only.is_none() && self.marking.comparison.is_none() {
            return vec![self.of_page(compared.sifted)];
        }
        let is_full = self.is_full_with(&compared);
        let full = if is_full { self.finish() } else { None };
        match &mut self.open {
            Some(open) => open.add(compared),
            None => self.open = Some(Gathering::of(compared)),
        }
        full.into_iter().chain(self.ended()).collect()
    }

    /// The batch that is not complete when there are no more pages.
    pub fn finish(&mut self) -> Option<EncodedBatch> {
        let mut gathering = self.open.take()?;
        let page = gathering.page();
        let Gathering { number, first_row, end, positions, records, refused, .. } = gathering;
        let batch = Unmarked { number, first_row, end, page, records, refused };
        let batch = self.encoded(batch, Positions::Each(positions));
        Some(EncodedBatch { unchanged: gathering.unchanged, rehashed: gathering.rehashed, ..batch })
    }

    fn is_wanted(&self, sifted: &Sifted) -> bool {
        self.only.as_ref().is_none_or(|only| is_in(only, sifted.first_row))
    }

    fn is_full_with(&self, compared: &Compared) -> bool {
        let open = self.open.as_ref().filter(|_| self.only.is_none());
        open.is_some_and(|open| !open.has_room_for(compared))
    }

    /// The batch that ended there when it was made before.
    fn ended(&mut self) -> Option<EncodedBatch> {
        let (only, open) = (self.only.as_ref()?, self.open.as_ref()?);
        let is_at_end = only.get(&open.first_row).is_none_or(|end| *end <= open.end);
        if is_at_end { self.finish() } else { None }
    }

    /// Leaves out the rows that the list has.
    fn compare(&self, mut sifted: Sifted) -> Compared {
        let Some(comparison) = self.marking.comparison.clone() else {
            return Compared { sifted, unchanged: 0, rehashed: vec![] };
        };
        let hashes = match comparison.hashes() {
            HashKind::Content => self.marking.hasher.contents(&sifted.page, &sifted.records),
            HashKind::Record => self.record_hashes(&sifted),
        };
        let rows = std::mem::take(&mut sifted.records);
        let all = rows.len();
        let mut same = Vec::new();
        for ((row, key), hash) in rows.into_iter().zip(&sifted.keys).zip(hashes) {
            let is_same = |known: &Known| comparison.is_acknowledged(*key, known, hash);
            match comparison.find(*key).filter(is_same) {
                Some(known) => same.push((row, hash, known)),
                None => sifted.records.push(row),
            }
        }
        let unchanged = to_i64(all - sifted.records.len());
        let rehashed = match comparison.hashes() {
            HashKind::Content => vec![],
            HashKind::Record => self.rehashed(&sifted.page, &same),
        };
        Compared { sifted, unchanged, rehashed }
    }

    fn record_hashes(&self, sifted: &Sifted) -> Vec<u64> {
        let encoded = self.plan.encode(&sifted.page, &sifted.records);
        let hash =
            |span: &std::ops::Range<usize>| self.marking.hasher.record(&encoded.body[span.clone()]);
        encoded.records.iter().map(hash).collect()
    }

    /// Members whose record is the same, with the content that it is made of now.
    fn rehashed(&self, page: &RecordBatch, same: &[(usize, u64, Known)]) -> Vec<ListMember> {
        let rows: Vec<_> = same.iter().map(|(row, ..)| *row).collect();
        let contents = self.marking.hasher.contents(page, &rows);
        let columns = self.plan.columns_of(page);
        let member = |((row, record, known), content): (&(usize, u64, Known), u64)| ListMember {
            address: self.plan.address(&columns, *row).map_or_else(|_| String::new(), Into::into),
            customer_id: columns.written(CUSTOMER_ID_COLUMN, *row).unwrap_or_default().to_owned(),
            content,
            record: *record,
            state: known.state,
            origin: known.origin,
            run: self.marking.run,
        };
        same.iter().zip(contents).map(member).collect()
    }

    /// A page as a batch, without a copy of its rows.
    fn of_page(&self, sifted: Sifted) -> EncodedBatch {
        let (end, positions) = (sifted.end(), Positions::From(sifted.first_row));
        let Sifted { page, number, first_row, records, refused, .. } = sifted;
        self.encoded(Unmarked { number, first_row, end, page, records, refused }, positions)
    }

    fn encoded(&self, batch: Unmarked, positions: Positions) -> EncodedBatch {
        let Unmarked { number, first_row, end, page, records, refused } = batch;
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
        let (unchanged, rehashed) = (0, vec![]);
        EncodedBatch {
            number,
            first_row,
            end,
            page,
            positions,
            records,
            hashes,
            unchanged,
            rehashed,
            refused,
            body,
            body_hash,
            problems,
            field_warnings,
        }
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
                is_known: trusted.is_some_and(|state| !state.is_unused()),
                has_left: state.is_some_and(MemberState::has_left),
                is_held_back: state == Some(MemberState::HeldBack),
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

/// A batch before its records are made.
struct Unmarked {
    number: i64,
    first_row: i64,
    end: i64,
    page: RecordBatch,
    records: Vec<usize>,
    refused: Vec<crate::runs::Rejection>,
}

#[cfg(test)]
mod tests;
