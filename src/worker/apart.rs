//! Which records of a batch are sent in calls of their own.
//!
//! An answer says only how many of its call are new on the list, not who. So where it matters who put somebody there,
//! people whom the baseline does not know are sent alone: when as many are new, this service put all of them there.

use std::collections::VecDeque;

use arrow_array::RecordBatch;

use super::address_changes::EarlierRow;
use super::own_wish::StayingAway;
use super::returning::{Returning, refusal};
use super::upload::{PeopleKind, Request, Uploader};
use super::uploaded::{RefusedRecord, Unanswered, Uploaded};
use crate::records::address_changes::EarlierAddress;
use crate::records::columns::CUSTOMER_ID_COLUMN;
use crate::records::encoded::EncodedBatch;
use crate::records::hasher::RecordHashes;

/// The records of a batch.
#[derive(Default)]
struct Parted {
    /// Those whom the baseline knows, and the others where they need not be apart.
    known: Vec<usize>,
    newcomers: Vec<usize>,
    /// Those whom it knows as off the list, where everybody comes back.
    left: Vec<usize>,
    returning: Returning,
    /// The list has them under another address.
    earlier: Vec<EarlierRow>,
    /// They said no under another address, and are not sent.
    held_back: Vec<usize>,
    /// They left by their own wish, and are not sent.
    refused: Vec<RefusedRecord>,
}

impl Uploader {
    /// Changes addresses, then imports, then brings people back.
    pub(super) async fn send_parted(&self, state: &mut Uploaded, in_doubt: bool) {
        if state.batch.records.is_empty() {
            return;
        }
        let staying = match Box::pin(self.staying_away()).await {
            Ok(staying) => staying,
            Err(error) => {
                let mut unanswered = Unanswered { error, ..Unanswered::default() };
                unanswered.add(state.batch.records.clone(), in_doubt);
                state.unanswered = Some(unanswered);
                return;
            }
        };
        let mut parted = self.parted(&state.batch, &staying);
        state.refused.append(&mut parted.refused);
        state.held_back.append(&mut parted.held_back);
        let earlier = std::mem::take(&mut parted.earlier);
        let left = self.change_addresses(state, earlier, in_doubt).await;
        for (row, hashes) in state.batch.records.iter().zip(&state.batch.hashes) {
            if left.contains(row) {
                self.part_usual(*row, hashes, &mut parted);
            }
        }
        if let Some(unanswered) = &mut state.unanswered {
            unanswered.add(parted.rows(), in_doubt);
            return;
        }
        let returning = std::mem::take(&mut parted.returning);
        let requests = self.requests(&mut state.batch, parted, in_doubt);
        let is_apart = requests.iter().any(|request| request.people == PeopleKind::Newcomers);
        state.newcomers_created = is_apart.then_some(0);
        self.send_all(state, requests).await;
        if !returning.is_empty() {
            self.send_returning(state, returning, in_doubt).await;
        }
    }

    /// The calls of a batch, apart from those about single people.
    fn requests(
        &self,
        batch: &mut EncodedBatch,
        parted: Parted,
        in_doubt: bool,
    ) -> VecDeque<Request> {
        let Parted { mut known, mut newcomers, left, .. } = parted;
        if !self.proves_origins && !known.is_empty() {
            known.append(&mut newcomers);
        }
        known.sort_unstable();
        newcomers.sort_unstable();
        let body = std::mem::take(&mut batch.body);
        let parts = [
            (known, PeopleKind::Usual),
            (newcomers, PeopleKind::Newcomers),
            (left, PeopleKind::Left),
        ];
        let mut requests: VecDeque<_> = parts
            .into_iter()
            .filter(|(records, _)| !records.is_empty())
            .map(|(records, people)| Request { people, ..Request::of_records(records, in_doubt) })
            .collect();
        match requests.make_contiguous() {
            [only] if only.records.len() == batch.records.len() => only.body = body,
            several => several
                .iter_mut()
                .for_each(|request| request.body = self.body(&batch.page, request)),
        }
        requests
    }

    /// The records of a batch, apart where that matters.
    fn parted(&self, batch: &EncodedBatch, staying: &StayingAway) -> Parted {
        let mut parted = Parted::default();
        for (row, hashes) in batch.records.iter().zip(&batch.hashes) {
            if !self.keep_away(batch, (*row, hashes), staying, &mut parted) {
                self.part(batch, (*row, hashes), &mut parted);
            }
        }
        parted
    }

    /// Whether somebody is not sent who left by their own wish. Those whom this service took off the list are read
    /// first.
    fn keep_away(
        &self,
        batch: &EncodedBatch,
        (row, hashes): (usize, &RecordHashes),
        staying: &StayingAway,
        parted: &mut Parted,
    ) -> bool {
        if self.own_wish.is_none() || hashes.left_as.is_some() {
            return false;
        }
        let address = self.address(&batch.page, row);
        let Some(state) = staying.state(&address) else { return false };
        parted.refused.push(refusal(address, state));
        true
    }

    /// A no under another address goes before everything else.
    fn part(
        &self,
        batch: &EncodedBatch,
        (row, hashes): (usize, &RecordHashes),
        parted: &mut Parted,
    ) {
        match self.earlier(&batch.page, row) {
            _ if hashes.is_held_back => parted.held_back.push(row),
            Some(EarlierAddress::SaidNo) => parted.held_back.push(row),
            Some(EarlierAddress::Changed(old)) => {
                parted.earlier.push(EarlierRow { row, olds: vec![old.clone()], is_changed: true });
            }
            Some(EarlierAddress::Kept(olds)) => {
                parted.earlier.push(EarlierRow { row, olds: olds.clone(), is_changed: false });
            }
            None => self.part_usual(row, hashes, parted),
        }
    }

    /// A row that no other address concerns.
    fn part_usual(&self, row: usize, hashes: &RecordHashes, parted: &mut Parted) {
        match hashes.left_as.filter(|_| self.returning.is_some()) {
            Some(state) => parted.returning.push((row, state)),
            None if hashes.has_left && self.plan.resubscribes() => parted.left.push(row),
            None if hashes.is_known => parted.known.push(row),
            None => parted.newcomers.push(row),
        }
    }

    fn earlier(&self, page: &RecordBatch, row: usize) -> Option<&EarlierAddress> {
        if self.changes.is_empty() {
            return None;
        }
        let columns = self.plan.columns_of(page);
        let id = columns.written(CUSTOMER_ID_COLUMN, row).unwrap_or_default();
        self.changes.of(&self.address(page, row), id)
    }
}

impl Parted {
    /// Every record that is sent with others, or comes back.
    fn rows(self) -> Vec<usize> {
        let returning = self.returning.into_iter().map(|(row, _)| row);
        self.known.into_iter().chain(self.newcomers).chain(self.left).chain(returning).collect()
    }
}
