//! People whom an earlier run, perhaps of another export, took off the list, and who are in the segments again.
//!
//! Each is read first. Only those who are still as that run left them come back, in calls of their own: those who left
//! by their own wish in between stay away. Such a call is never repeated blindly, since they may leave at any time.

use std::collections::VecDeque;

use arrow_array::RecordBatch;

use super::upload::{PeopleKind, Request, Uploader};
use super::uploaded::{RefusedRecord, Unanswered, Uploaded};
use crate::campaign_monitor::{Account, Disposition, Error, ImportFailure, SubscriberState};

/// Rows of the page of a batch, each with the state in which an earlier run left the person.
pub type Returning = Vec<(usize, SubscriberState)>;

/// What the list has of them now.
#[derive(Default)]
struct Found {
    /// Still as the earlier run left them.
    as_left: Vec<usize>,
    /// On the list, or never there: sent like all others.
    usual: Vec<usize>,
    refused: Vec<RefusedRecord>,
}

impl Uploader {
    /// Sends people who return. Without an answer about all others nobody is read.
    pub(super) async fn send_returning(
        &self,
        state: &mut Uploaded,
        returning: Returning,
        in_doubt: bool,
    ) {
        let rows: Vec<usize> = returning.iter().map(|(row, _)| *row).collect();
        if let Some(unanswered) = &mut state.unanswered {
            unanswered.add(rows, in_doubt);
            return;
        }
        match self.find(state, returning, in_doubt).await {
            Ok(found) => {
                state.refused.extend(found.refused);
                let usual = Request::of(&self.plan, &state.batch.page, found.usual, in_doubt);
                let plan = self.returning.as_ref().unwrap_or(&self.plan);
                let as_left = Request::of(plan, &state.batch.page, found.as_left, in_doubt);
                let as_left = Request { people: PeopleKind::Returning, ..as_left };
                self.send_all(state, VecDeque::from([usual, as_left])).await;
            }
            Err(error) => {
                let mut unanswered = Unanswered { error, ..Unanswered::default() };
                unanswered.add(rows, in_doubt);
                state.unanswered = Some(unanswered);
            }
        }
    }

    /// An attempt before may have brought them back, and those who have unsubscribed again since want to stay away.
    async fn find(
        &self,
        state: &Uploaded,
        returning: Returning,
        in_doubt: bool,
    ) -> Result<Found, Option<Error>> {
        let mut found = Found::default();
        for (row, left_as) in returning {
            let address = self.address(&state.batch.page, row);
            let may_be_a_wish = in_doubt && left_as == SubscriberState::Unsubscribed;
            match self.state_of(&address).await? {
                Some(now) if now == left_as && !may_be_a_wish => found.as_left.push(row),
                None | Some(SubscriberState::Active) => found.usual.push(row),
                Some(_) if self.plan.resubscribes() => found.usual.push(row),
                Some(now) => found.refused.push(refusal(address, now)),
            }
        }
        Ok(found)
    }

    /// The address to which a row is sent.
    pub(super) fn address(&self, page: &RecordBatch, row: usize) -> String {
        let columns = self.plan.columns_of(page);
        self.plan.address(&columns, row).map_or_else(|_| String::new(), Into::into)
    }

    /// What a person is to the list, with retries where they may help.
    pub(super) async fn state_of(
        &self,
        address: &str,
    ) -> Result<Option<SubscriberState>, Option<Error>> {
        let (list, mut failed) = (self.list_id.as_str(), None);
        for attempt in 1..=self.work.call_tries {
            let Some(slot) = self.slot().await else { return Err(failed) };
            let read =
                |account: Account| async move { account.subscriber_state(list, address).await };
            let answer = self.session.call(read).await;
            slot.answer(self.verdict(&answer, attempt));
            match answer {
                Ok(state) => return Ok(state),
                Err(error) => {
                    let Disposition::Retry(asked) = error.disposition() else {
                        return Err(Some(error));
                    };
                    failed = Some(error);
                    self.wait(asked, attempt).await;
                }
            }
        }
        Err(failed)
    }
}

/// The same as an import would have answered.
fn refusal(email_address: String, state: SubscriberState) -> RefusedRecord {
    let code = match state {
        SubscriberState::Bounced => 207,
        SubscriberState::Unconfirmed => 208,
        SubscriberState::Deleted => 205,
        SubscriberState::Active | SubscriberState::Unsubscribed | SubscriberState::Other => 206,
    };
    let failure = ImportFailure { email_address, code, message: String::new() };
    RefusedRecord { failure, may_repeat: false }
}

impl Unanswered {
    /// Adds records that were not sent in this attempt, but perhaps in one before.
    pub(super) fn add(&mut self, rows: Vec<usize>, in_doubt: bool) {
        if in_doubt {
            self.in_doubt.extend(rows);
        } else {
            self.unsent.extend(rows);
        }
    }
}
