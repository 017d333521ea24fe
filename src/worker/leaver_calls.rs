//! The calls that flag, delete or unsubscribe people who left: with retries, and in turn with one another. Once the run
//! drains, calls in flight finish and no further one is made.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::select;
use tokio::sync::OnceCell;
use tokio::time::sleep;

use super::gate::Gate;
use super::gone_as::gone_as;
use super::limiter::{Limiter, Verdict};
use super::stopped::refused;
use crate::backoff;
use crate::campaign_monitor::{Account, Departure, Disposition, Error};
use crate::config::Work;
use crate::connections::session::AccountSession;
use crate::db::Time;
use crate::exports::Leavers;
use crate::names::RunId;
use crate::runs::{LeaverCallCounts, LeaverOutcome};

/// The longest pause of ours between tries.
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// Makes the calls of one run.
pub struct LeaverCalls {
    pub session: Arc<AccountSession>,
    pub list_id: String,
    pub action: Leavers,
    /// Whether each person is read before they are removed: where removed people come back, nobody who unsubscribed
    /// just now may pass for one of them.
    pub reads_first: bool,
    /// On a double opt-in list a person who is not there any more would get mail.
    pub asks_to_confirm: bool,
    pub run: RunId,
    /// When the run began.
    pub begun: Time,
    /// Whether an attempt before may have made calls without an answer.
    pub is_resumed: bool,
    /// Whom such an attempt added to the list by a flag, once that is read.
    pub added_before: OnceCell<HashSet<String>>,
    /// People whom a flag added to the list, and of whom it is not known who they are.
    pub undecided: AtomicUsize,
    pub limiter: Limiter,
    pub work: Work,
    pub gate: Gate,
    pub tally: CallTally,
}

/// The calls that change somebody, since they were last written.
#[derive(Default)]
pub struct CallTally {
    made: AtomicI64,
    answered: AtomicI64,
}

impl CallTally {
    pub fn take(&self) -> LeaverCallCounts {
        let take = |count: &AtomicI64| count.swap(0, Ordering::Relaxed);
        LeaverCallCounts { made: take(&self.made), answered: take(&self.answered) }
    }
}

/// A call that was not made, or not answered. The interrupt has the reason.
pub struct Undone;

/// The answer to a call, and whether an earlier try of it may have landed.
pub(super) struct Answered<T> {
    pub(super) answer: T,
    pub(super) may_repeat: bool,
}

impl LeaverCalls {
    /// The outcomes for some people: as many as addresses.
    pub async fn act(&self, addresses: &[&str]) -> Result<Vec<LeaverOutcome>, Undone> {
        match &self.action {
            Leavers::Keep => Ok(vec![]),
            Leavers::Flag(flag) => self.flag(addresses, flag).await,
            Leavers::Delete | Leavers::Unsubscribe => {
                let mut outcomes = Vec::with_capacity(addresses.len());
                for address in addresses {
                    outcomes.push(self.remove(address).await?);
                }
                Ok(outcomes)
            }
        }
    }

    async fn remove(&self, address: &str) -> Result<LeaverOutcome, Undone> {
        if self.reads_first
            && let Some(gone) = self.gone(address).await?
        {
            return Ok(gone);
        }
        let (list, is_delete) = (&self.list_id, self.action == Leavers::Delete);
        let removed = self.change(|account| async move {
            if is_delete {
                account.delete(list, address).await
            } else {
                account.unsubscribe(list, address).await
            }
        });
        let done = if is_delete { LeaverOutcome::Deleted } else { LeaverOutcome::Unsubscribed };
        match removed.await {
            Ok(Answered { answer: Departure::Done, .. } | Answered { may_repeat: true, .. }) => {
                Ok(done)
            }
            Ok(Answered { answer: Departure::Gone, .. }) => {
                Ok(self.gone(address).await?.unwrap_or(LeaverOutcome::Gone))
            }
            Err(Some(error)) if error.is_personal() => Ok(LeaverOutcome::Failed),
            Err(error) => Err(self.stop(error)),
        }
    }

    /// The outcome for somebody who is off the list already; `None` of others.
    async fn gone(&self, address: &str) -> Result<Option<LeaverOutcome>, Undone> {
        let list = self.list_id.as_str();
        let read =
            self.call(|account| async move { account.subscriber_state(list, address).await });
        match read.await {
            Ok(Answered { answer, .. }) => {
                Ok(answer.map_or(Some(LeaverOutcome::GoneUnknown), gone_as))
            }
            Err(Some(error)) if error.is_personal() => Ok(None),
            Err(error) => Err(self.stop(error)),
        }
    }

    /// The answer to a call that asks for something.
    pub(super) async fn answer<T, F>(&self, call: impl Fn(Account) -> F) -> Result<T, Undone>
    where
        F: Future<Output = Result<T, Error>>,
    {
        self.call(call).await.map(|answered| answered.answer).map_err(|error| self.stop(error))
    }

    /// Makes one call that changes somebody, and counts it.
    pub(super) async fn change<T, F>(
        &self,
        call: impl Fn(Account) -> F,
    ) -> Result<Answered<T>, Option<Error>>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let counted = |account| {
            self.tally.made.fetch_add(1, Ordering::Relaxed);
            call(account)
        };
        let answer = self.call(counted).await;
        if matches!(answer, Ok(_) | Err(Some(Error::Refused { .. }))) {
            self.tally.answered.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }

    /// Makes one call, with retries where they may help. Fails with the error of the last try, if there was one.
    pub(super) async fn call<T, F>(
        &self,
        call: impl Fn(Account) -> F,
    ) -> Result<Answered<T>, Option<Error>>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let drain = &self.gate.interrupt.drain;
        let (mut failed, mut may_repeat) = (None, false);
        for attempt in 1..=self.work.call_tries {
            let slot = select! {
                biased;
                () = drain.cancelled() => return Err(failed),
                slot = self.limiter.acquire() => slot,
            };
            if !self.gate.is_open().await {
                return Err(failed);
            }
            let answer = self.session.call(&call).await;
            slot.answer(self.verdict(&answer, attempt));
            let error = match answer {
                Ok(answer) => return Ok(Answered { answer, may_repeat }),
                Err(error) => error,
            };
            may_repeat |= error.is_in_doubt();
            let Disposition::Retry(asked) = error.disposition() else { return Err(Some(error)) };
            failed = Some(error);
            select! {
                () = sleep(asked.unwrap_or_else(|| self.pause(attempt))) => {}
                () = drain.cancelled() => return Err(failed),
            }
        }
        Err(failed)
    }

    fn verdict<T>(&self, answer: &Result<T, Error>, attempt: u32) -> Verdict {
        match answer.as_ref().map_err(Error::disposition) {
            Ok(_) => Verdict::Clean,
            Err(Disposition::Retry(asked)) => {
                let retry_after = asked.unwrap_or_else(|| self.pause(attempt));
                Verdict::Overloaded { retry_after }
            }
            Err(Disposition::GiveUp | Disposition::BlockConnection) => Verdict::Unrelated,
        }
    }

    fn pause(&self, attempt: u32) -> Duration {
        let first = Duration::from_millis(self.work.retry_pause_ms);
        backoff::pause(first, PAUSE_MAX, attempt, rand::random())
    }

    pub(super) fn stop(&self, error: Option<Error>) -> Undone {
        if let Some(error) = error {
            self.gate.interrupt.raise(refused(&error, &self.list_id));
        }
        Undone
    }
}
