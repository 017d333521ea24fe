//! Changes the addresses of people whom the list has under an old one, before the rest of a batch is imported.
//!
//! Each is read first: who has said no meanwhile is not sent at all, and who is not there is imported like everybody.
//! A call without an answer is made again: when it had landed, the old address is gone, and the new one is there.

use bytes::Bytes;
use futures::{StreamExt, stream};

use super::upload::Uploader;
use super::uploaded::{Unanswered, Uploaded};
use crate::baselines::{ListMember, MemberState};
use crate::campaign_monitor::{Account, Disposition, Error, SubscriberState};

/// A newcomer whom the list has under an old address.
pub struct EarlierRow {
    /// In the page of the batch.
    pub row: usize,
    /// As the baseline has it.
    pub old: ListMember,
    /// Whether the old address becomes the new one. Others are only read, and keep the old one.
    pub is_changed: bool,
}

/// The outcome for one of them.
enum Change {
    /// The list has the new address.
    Done,
    /// The list has nobody to change; or somebody whose mail bounces, or whom it does not change.
    Impossible(Option<MemberState>),
    /// The person has said no.
    SaidNo(MemberState),
}

/// A call without an answer that helps, and whether the list may have the new address all the same.
struct Undone {
    error: Option<Error>,
    in_doubt: bool,
}

impl Uploader {
    /// Changes addresses, several at a time. Returns the rows that are to be imported; those without an answer are in
    /// `state`.
    pub(super) async fn change_addresses(
        &self,
        state: &mut Uploaded,
        rows: Vec<EarlierRow>,
        in_doubt: bool,
    ) -> Vec<usize> {
        let most = usize::from(self.work.uploads_in_flight);
        let page = state.batch.page.clone();
        let calls = stream::iter(rows).map(|earlier| {
            let new = self.address(&page, earlier.row);
            let record = self.plan.record(&page, earlier.row);
            async move { (self.change(&earlier, &new, record, in_doubt).await, earlier) }
        });
        let mut changes = Box::pin(calls.buffer_unordered(most));
        let mut left = vec![];
        while let Some((change, EarlierRow { row, old, .. })) = changes.next().await {
            match change {
                Ok(change) => left.extend(state.count_change(row, old, &change)),
                Err(undone) => state.add_undone(row, undone),
            }
        }
        left
    }

    async fn change(
        &self,
        earlier: &EarlierRow,
        new: &str,
        record: Bytes,
        in_doubt: bool,
    ) -> Result<Change, Undone> {
        let (mut in_doubt, mut failed) = (in_doubt, None);
        for attempt in 1..=self.work.call_tries {
            let looked = self.before_change(earlier, new, in_doubt).await;
            if let Some(known) = looked.map_err(|error| Undone { error, in_doubt })? {
                return Ok(known);
            }
            let Some(slot) = self.slot().await else { break };
            let (list, address, body) = (&self.list_id, &earlier.old.address, &record);
            let call = |account: Account| async move {
                account.change_address(list, address, body.clone()).await
            };
            let answer = self.session.call(call).await;
            slot.answer(self.verdict(&answer, attempt));
            let Err(error) = answer else { return Ok(Change::Done) };
            in_doubt |= error.is_in_doubt();
            match error.disposition() {
                Disposition::Retry(asked) => {
                    failed = Some(error);
                    self.wait(asked, attempt).await;
                }
                _ if error.is_personal() => return Ok(Change::Impossible(None)),
                _ => return Err(Undone { error: Some(error), in_doubt }),
            }
        }
        Err(Undone { error: failed, in_doubt })
    }

    /// What is known before the call; `None` when it is to be made.
    async fn before_change(
        &self,
        earlier: &EarlierRow,
        new: &str,
        in_doubt: bool,
    ) -> Result<Option<Change>, Option<Error>> {
        use SubscriberState::{Active, Bounced, Deleted, Other, Unconfirmed, Unsubscribed};
        Ok(match self.state_of(&earlier.old.address).await? {
            Some(Active | Unconfirmed) if earlier.is_changed => None,
            Some(Active | Unconfirmed | Other) => Some(Change::Impossible(None)),
            Some(Unsubscribed) => Some(Change::SaidNo(MemberState::Unsubscribed)),
            Some(Deleted) => Some(Change::SaidNo(MemberState::Deleted)),
            Some(Bounced) => Some(Change::Impossible(Some(MemberState::Bounced))),
            None if earlier.is_changed && in_doubt && self.state_of(new).await?.is_some() => {
                Some(Change::Done)
            }
            None => Some(Change::Impossible(Some(MemberState::Moved))),
        })
    }
}

impl Uploaded {
    /// Counts the outcome for a row; returns it when it is to be imported.
    fn count_change(&mut self, row: usize, old: ListMember, change: &Change) -> Option<usize> {
        match change {
            Change::Done => {
                self.updated += 1;
                self.changed.insert(row, old);
                None
            }
            Change::Impossible(state) => {
                self.learned.extend(state.map(|state| ListMember { state, ..old }));
                Some(row)
            }
            Change::SaidNo(state) => {
                self.learned.push(ListMember { state: *state, ..old });
                self.held_back.push(row);
                None
            }
        }
    }

    fn add_undone(&mut self, row: usize, undone: Undone) {
        let unanswered = self.unanswered.get_or_insert_with(Unanswered::default);
        unanswered.error = unanswered.error.take().or(undone.error);
        let rows = if undone.in_doubt { &mut unanswered.in_doubt } else { &mut unanswered.unsent };
        rows.push(row);
    }
}
