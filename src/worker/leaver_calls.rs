//! The calls that flag, delete or unsubscribe people who left: with retries, and in turn with one another. Once the run
//! drains, calls in flight finish and no further one is made.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use tokio::select;
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep};

use super::gate::Gate;
use super::gone_as::gone_as;
use super::limiter::{Limiter, Verdict};
use super::stopped::refused;
use crate::backoff;
use crate::campaign_monitor::{Account, Departure, Disposition, Error, SubscriberState};
use crate::config::Work;
use crate::connections::session::AccountSession;
use crate::db::Time;
use crate::exports::Leavers;
use crate::names::RunId;
use crate::runs::stopwatch::{Stopwatch, TransitState, enter, timed};
use crate::runs::{LeaverCallCounts, LeaverOutcome};

/// The longest pause of ours between tries.
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// The moments of Campaign Monitor are cut to seconds.
const CLOCKS: TimeDelta = TimeDelta::seconds(1);
const MOMENT: &str = "%Y-%m-%d %H:%M:%S";

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
    pub stopwatch: Stopwatch,
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

    fn count<T>(&self, answer: &Result<T, Error>) {
        if matches!(answer, Ok(_) | Err(Error::Refused { .. })) {
            self.answered.fetch_add(1, Ordering::Relaxed);
        }
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
        let (begun, is_lost) = (Instant::now(), AtomicBool::new(false));
        match self.call(|account| self.try_removal(account, address, &is_lost)).await {
            Ok(Answered { answer: Departure::Done, .. }) => Ok(self.done()),
            Ok(Answered { answer: Departure::Gone, .. }) => {
                let lost_since = is_lost.load(Ordering::Relaxed).then_some(begun);
                self.gone(address, lost_since).await
            }
            Err(Some(error)) if error.is_personal() => Ok(LeaverOutcome::Failed),
            Err(error) => {
                let undone = self.stop(error);
                if is_lost.load(Ordering::Relaxed) {
                    Ok(self.after_lost(address, begun).await)
                } else {
                    Err(undone)
                }
            }
        }
    }

    pub(super) const fn done(&self) -> LeaverOutcome {
        match self.action {
            Leavers::Delete => LeaverOutcome::Deleted,
            _ => LeaverOutcome::Unsubscribed,
        }
    }

    /// One try to remove somebody, who is read first where that matters: they may leave between two tries. Says whether
    /// it may have landed without an answer.
    async fn try_removal(
        &self,
        account: Account,
        address: &str,
        is_lost: &AtomicBool,
    ) -> Result<Departure, Error> {
        let list = self.list_id.as_str();
        if self.reads_first {
            let state = account.subscriber_state(list, address).await?;
            if state.is_none_or(|state| gone_as(state).is_some()) {
                return Ok(Departure::Gone);
            }
        }
        self.tally.made.fetch_add(1, Ordering::Relaxed);
        let removed = match self.action {
            Leavers::Delete => account.delete(list, address).await,
            _ => account.unsubscribe(list, address).await,
        };
        self.tally.count(&removed);
        is_lost.fetch_or(removed.as_ref().is_err_and(Error::is_in_doubt), Ordering::Relaxed);
        removed
    }

    /// The outcome for somebody who is off the list. A call that removes them may have landed without an answer since
    /// `lost_since`: it has deleted who was deleted since then. Who is unsubscribed may have wished it.
    async fn gone(
        &self,
        address: &str,
        lost_since: Option<Instant>,
    ) -> Result<LeaverOutcome, Undone> {
        let list = self.list_id.as_str();
        let read = self.call(|account| async move { account.state_since(list, address).await });
        let found = match read.await {
            Ok(Answered { answer: Some(found), .. }) => found,
            Ok(Answered { answer: None, .. }) => return Ok(LeaverOutcome::GoneUnknown),
            Err(Some(error)) if error.is_personal() => return Ok(LeaverOutcome::Gone),
            Err(error) => return Err(self.stop(error)),
        };
        let may_be_ours = self.action == Leavers::Delete && found.state == SubscriberState::Deleted;
        match lost_since.filter(|_| may_be_ours) {
            Some(since) if self.is_since(&found.date, since).await? => Ok(LeaverOutcome::Deleted),
            _ => Ok(gone_as(found.state).unwrap_or(LeaverOutcome::Gone)),
        }
    }

    /// Whether a moment of the account is not before one of ours.
    async fn is_since(&self, date: &str, since: Instant) -> Result<bool, Undone> {
        let now = self.answer(|account| async move { account.system_date().await }).await?;
        Ok(is_after(date, &now, since))
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
        let (call, tally) = (&call, &self.tally);
        let counted = |account| async move {
            tally.made.fetch_add(1, Ordering::Relaxed);
            let answer = call(account).await;
            tally.count(&answer);
            answer
        };
        self.call(counted).await
    }

    /// Makes one call, with retries where they may help. Fails with the error of the last try, if there was one.
    pub(super) async fn call<T, F>(
        &self,
        call: impl Fn(Account) -> F,
    ) -> Result<Answered<T>, Option<Error>>
    where
        F: Future<Output = Result<T, Error>>,
    {
        timed(self.stopwatch.enter(), self.try_call(call)).await
    }

    async fn try_call<T, F>(
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
            enter(TransitState::Throttled);
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

/// Whether a moment of the account, whose clock shows `now`, is not before one of ours.
pub(super) fn is_after(date: &str, now: &str, since: Instant) -> bool {
    let elapsed = TimeDelta::from_std(since.elapsed()).unwrap_or_default() + CLOCKS;
    moment(now).zip(moment(date)).is_some_and(|(now, date)| date >= now - elapsed)
}

fn moment(text: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, MOMENT).ok()
}
