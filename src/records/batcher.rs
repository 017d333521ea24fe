//! Makes batches of the pages of a run: one of each page, or, where only changes are sent, one of many.
//!
//! A batch consists of whole pages. Which ones depends on the rows, on the baseline and on who came back to the list;
//! an attempt knows by their first rows which of them are accounted for, and leaves out those pages.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;

use super::columns::CUSTOMER_ID_COLUMN;
use super::encoder::{Draft, Encoder};
pub use super::gathering::CHANGES_ROWS_MAX;
use super::gathering::{Compared, Gathering};
use super::integers::to_i64;
use super::marking::Marking;
use super::plan::Plan;
use super::sifter::{Sifted, Sifter};
use crate::baselines::{HashKind, Known, ListMember};
use crate::steps::{Accounted, has_row};

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

    /// What makes the records of its batches, also on other threads.
    pub fn encoder(&self) -> Encoder {
        Encoder { plan: self.plan.clone(), marking: self.marking.clone() }
    }

    /// The batches that are complete with the next page: none, one or two.
    pub fn add(&mut self, page: RecordBatch) -> Vec<Draft> {
        let sifted = self.sifter.sift(page);
        if self.accounted.has(sifted.first_row, sifted.end()) || !self.is_wanted(&sifted) {
            return self.finish().into_iter().collect();
        }
        let compared = self.compare(sifted);
        if self.only.is_none() && self.marking.comparison.is_none() {
            return vec![Draft::of_page(compared.sifted)];
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
    pub fn finish(&mut self) -> Option<Draft> {
        self.open.take().map(Draft::of_gathering)
    }

    fn is_wanted(&self, sifted: &Sifted) -> bool {
        self.only.as_ref().is_none_or(|only| has_row(only, sifted.first_row))
    }

    fn is_full_with(&self, compared: &Compared) -> bool {
        let open = self.open.as_ref().filter(|_| self.only.is_none());
        open.is_some_and(|open| !open.has_room_for(compared))
    }

    /// The batch that ended there when it was made before.
    fn ended(&mut self) -> Option<Draft> {
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
        let found = comparison.find_each(&sifted.keys);
        for (((row, key), found), hash) in rows.into_iter().zip(&sifted.keys).zip(found).zip(hashes)
        {
            let is_same = |known: &Known| comparison.is_acknowledged(*key, known, hash);
            match found.filter(is_same) {
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
}

#[cfg(test)]
mod tests;
