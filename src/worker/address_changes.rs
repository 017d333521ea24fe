//! Changes the addresses of people whom the list has under an old one, before the rest of a batch is imported.
//!
//! Each is read first: who has said no meanwhile is not sent at all, and who is not there is imported like everybody.
//! A call without an answer is made again: when it had landed, the old address is gone, and the new one is there.

use std::ops::ControlFlow;

use bytes::Bytes;
use futures::{StreamExt, stream};

use super::upload::Uploader;
use super::uploaded::{Unanswered, Uploaded};
use crate::baselines::{ListMember, MemberOrigin, MemberState};
use crate::campaign_monitor::{Account, Disposition, Error, SubscriberState};

/// A newcomer whom the list has under an old address.
pub struct EarlierRow {
    /// In the page of the batch.
    pub row: usize,
    /// As the baseline has them: one, where the address is changed.
    pub olds: Vec<ListMember>,
    /// Whether the old address becomes the new one. Others are only read, and keep the old one.
    pub is_changed: bool,
}

/// The outcome for one of them.
enum Change {
    /// The list has the new address of this member.
    Done(ListMember),
    /// The list has nobody to change; or somebody whose mail bounces, or whom it does not change. With what was found.
    Impossible(Vec<ListMember>),
    /// The person has said no, as this member.
    SaidNo(ListMember),
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
            async move { (self.change(&earlier, &new, record, in_doubt).await, earlier.row) }
        });
        let mut changes = Box::pin(calls.buffer_unordered(most));
        let mut left = vec![];
        while let Some((change, row)) = changes.next().await {
            match change {
                Ok(change) => left.extend(state.count_change(row, change)),
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
        let (mut landed, mut failed) = (in_doubt.then_some(MemberOrigin::Unknown), None);
        for attempt in 1..=self.work.call_tries {
            let looked = self.before_change(earlier, new, landed).await;
            let in_doubt = landed.is_some();
            let old = match looked.map_err(|error| Undone { error, in_doubt })? {
                ControlFlow::Continue(old) => old,
                ControlFlow::Break(known) => return Ok(known),
            };
            let Some(slot) = self.slot().await else { break };
            let (list, address, body) = (&self.list_id, &old.address, &record);
            let call = |account: Account| async move {
                account.change_address(list, address, body.clone()).await
            };
            let answer = self.session.call(call).await;
            slot.answer(self.verdict(&answer, attempt));
            let Err(error) = answer else { return Ok(Change::Done(old.clone())) };
            // The list had the old address just now.
            landed = if error.is_in_doubt() { Some(old.origin) } else { landed };
            match error.disposition() {
                Disposition::Retry(asked) => {
                    failed = Some(error);
                    self.wait(asked, attempt).await;
                }
                _ if error.is_personal() => return Ok(Change::Impossible(vec![])),
                _ => return Err(Undone { error: Some(error), in_doubt: landed.is_some() }),
            }
        }
        Err(Undone { error: failed, in_doubt: landed.is_some() })
    }

    /// Whether this service deleted the member, also by another export.
    fn is_deleted_by_us(&self, old: &ListMember) -> bool {
        let elsewhere =
            || self.removed_elsewhere.iter().any(|all| all.find(&old.address).is_some());
        old.state == MemberState::DeletedByUs || elsewhere()
    }

    /// Whether somebody said why a person may be sent at a new address who unsubscribed at an old one.
    async fn is_readmitted(&self, new: &str, old: &str) -> Result<bool, Option<Error>> {
        let is_possible = self.plan.resubscribes();
        Ok(is_possible && Box::pin(self.staying_away()).await?.is_readmitted_since(new, old))
    }

    /// What is known before the call, or the member to change. `landed` says who put the new address on the list, where
    /// a call before may have: an attempt that ended may also have made none, and somebody else may have.
    async fn before_change<'a>(
        &self,
        earlier: &'a EarlierRow,
        new: &str,
        landed: Option<MemberOrigin>,
    ) -> Result<ControlFlow<Change, &'a ListMember>, Option<Error>> {
        use SubscriberState::{Active, Bounced, Deleted, Other, Unconfirmed, Unsubscribed};
        let mut learned = vec![];
        for old in &earlier.olds {
            let as_now = |state| ListMember { state, ..old.clone() };
            match (self.state_of(&old.address).await?, landed) {
                (Some(Active | Unconfirmed), _) if earlier.is_changed => {
                    return Ok(ControlFlow::Continue(old));
                }
                (Some(Active | Unconfirmed | Other), _) => {}
                (Some(Deleted), _) if self.is_deleted_by_us(old) => {}
                (Some(Unsubscribed), _) => {
                    let old = as_now(MemberState::Unsubscribed);
                    if !self.is_readmitted(new, &old.address).await? {
                        return Ok(ControlFlow::Break(Change::SaidNo(old)));
                    }
                    learned.push(old);
                }
                // Where everybody comes back who was deleted, that keeps nobody from being sent.
                (Some(Deleted), _) if self.plan.resubscribes() => {
                    learned.push(as_now(MemberState::Deleted));
                }
                (Some(Deleted), _) => {
                    let old = as_now(MemberState::Deleted);
                    return Ok(ControlFlow::Break(Change::SaidNo(old)));
                }
                (Some(Bounced), _) => learned.push(as_now(MemberState::Bounced)),
                (None, Some(origin))
                    if earlier.is_changed && self.state_of(new).await? == Some(Active) =>
                {
                    let done = Change::Done(ListMember { origin, ..old.clone() });
                    return Ok(ControlFlow::Break(done));
                }
                (None, _) => learned.push(as_now(MemberState::Moved)),
            }
        }
        Ok(ControlFlow::Break(Change::Impossible(learned)))
    }
}

impl Uploaded {
    /// Counts the outcome for a row; returns it when it is to be imported.
    fn count_change(&mut self, row: usize, change: Change) -> Option<usize> {
        match change {
            Change::Done(old) => {
                self.updated += 1;
                self.changed.insert(row, old);
                None
            }
            Change::Impossible(learned) => {
                self.learned.extend(learned);
                Some(row)
            }
            Change::SaidNo(old) => {
                self.learned.push(old);
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
