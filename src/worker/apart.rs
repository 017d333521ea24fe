//! Which records of a batch are sent in calls of their own.
//!
//! An answer says only how many of its call are new on the list, not who. So where it matters who put somebody there,
//! people whom the baseline does not know are sent alone: when as many are new, this service put all of them there.

use std::collections::VecDeque;

use super::returning::Returning;
use super::upload::{PeopleKind, Request, Uploader};
use crate::records::encoded::EncodedBatch;

/// The records of a batch.
#[derive(Default)]
struct Parted {
    /// Those whom the baseline knows, and the others where they need not be apart.
    known: Vec<usize>,
    newcomers: Vec<usize>,
    /// Those whom it knows as off the list, where everybody comes back.
    left: Vec<usize>,
    returning: Returning,
}

impl Uploader {
    /// The calls of a batch, and the people in it who return.
    pub(super) fn requests(
        &self,
        batch: &mut EncodedBatch,
        in_doubt: bool,
    ) -> (VecDeque<Request>, Returning) {
        let Parted { known, newcomers, left, returning } = self.parted(batch);
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
            [only] if returning.is_empty() => only.body = body,
            several => several
                .iter_mut()
                .for_each(|request| request.body = self.body(&batch.page, request)),
        }
        (requests, returning)
    }

    /// The records of a batch, apart where that matters.
    fn parted(&self, batch: &EncodedBatch) -> Parted {
        let mut parted = Parted::default();
        for (row, hashes) in batch.records.iter().zip(&batch.hashes) {
            match hashes.left_as.filter(|_| self.returning.is_some()) {
                Some(state) => parted.returning.push((*row, state)),
                None if hashes.has_left && self.plan.resubscribes() => parted.left.push(*row),
                None if hashes.is_known => parted.known.push(*row),
                None => parted.newcomers.push(*row),
            }
        }
        if !self.proves_origins && !parted.known.is_empty() {
            parted.known.append(&mut parted.newcomers);
            parted.known.sort_unstable();
        }
        parted
    }
}
