//! The calls that flag, delete or unsubscribe people who left: with retries, and in turn with one another. Once the run
//! drains, calls in flight finish and no further one is made.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::select;
use tokio::time::sleep;

use super::gate::Gate;
use super::limiter::{Limiter, Verdict};
use super::stopped::refused;
use crate::backoff;
use crate::campaign_monitor::{Account, Departure, Disposition, Error, ImportResult, flag};
use crate::config::Work;
use crate::connections::session::AccountSession;
use crate::exports::{LeaverFlag, Leavers};
use crate::runs::{LeaverCallCounts, LeaverOutcome};

/// The longest pause of ours between tries.
const PAUSE_MAX: Duration = Duration::from_mins(1);
/// The call itself was understood, and rejected for what it names.
const BAD_REQUEST: u16 = 400;

/// Makes the calls of one run.
pub struct LeaverCalls {
    pub session: Arc<AccountSession>,
    pub list_id: String,
    pub action: Leavers,
    /// On a double opt-in list a person who is not there any more would get mail.
    pub asks_to_confirm: bool,
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
struct Answered<T> {
    answer: T,
    may_repeat: bool,
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
            Ok(Answered { answer: Departure::Gone, .. }) => Ok(LeaverOutcome::Gone),
            Err(Some(error)) if is_personal(&error) => Ok(LeaverOutcome::Failed),
            Err(error) => Err(self.stop(error)),
        }
    }

    async fn flag(
        &self,
        addresses: &[&str],
        flag: &LeaverFlag,
    ) -> Result<Vec<LeaverOutcome>, Undone> {
        let known =
            if self.asks_to_confirm { self.known(addresses).await? } else { addresses.into() };
        let result = match known.as_slice() {
            [] => None,
            known => Some(self.set_flag(known, flag).await?),
        };
        let Some(result) = result else { return Ok(vec![LeaverOutcome::Gone; addresses.len()]) };
        let mut outcomes = outcomes_of(&known, &result);
        if result.total_new_subscribers > 0 {
            let new = usize::try_from(result.total_new_subscribers).unwrap_or(usize::MAX);
            for address in self.newest(&known, new).await? {
                self.remove_created(&address).await?;
                outcomes.insert(address, LeaverOutcome::Gone);
            }
        }
        let outcome = |address: &&str| {
            outcomes.get(&address.to_lowercase()).copied().unwrap_or(LeaverOutcome::Gone)
        };
        Ok(addresses.iter().map(outcome).collect())
    }

    async fn set_flag(&self, addresses: &[&str], set: &LeaverFlag) -> Result<ImportResult, Undone> {
        let (key, value) = (set.key.as_str(), set.outside.as_str());
        let (list, body) = (&self.list_id, flag(addresses.iter().copied(), key, value));
        let body = &body;
        let imported =
            self.change(|account| async move { account.import(list, body.clone()).await });
        let answered = imported.await.map_err(|error| self.stop(error))?;
        Ok(answered.answer.1)
    }

    /// Those of the addresses that the list still has, in whatever state.
    async fn known<'a>(&self, addresses: &[&'a str]) -> Result<Vec<&'a str>, Undone> {
        let (list, mut known) = (&self.list_id, Vec::with_capacity(addresses.len()));
        for address in addresses {
            let read =
                self.call(|account| async move { account.subscriber_state(list, address).await });
            let read = read.await.map_err(|error| self.stop(error))?;
            known.extend(read.answer.map(|_| *address));
        }
        Ok(known)
    }

    /// The addresses that joined the list last: an import adds people whom the list does not have any more, and says
    /// only how many.
    async fn newest(&self, addresses: &[&str], most: usize) -> Result<Vec<String>, Undone> {
        let (list, mut joined) = (&self.list_id, Vec::with_capacity(addresses.len()));
        for address in addresses {
            let read = self.call(|account| async move { account.joined_date(list, address).await });
            let read = read.await.map_err(|error| self.stop(error))?;
            joined.extend(read.answer.map(|date| (date, address.to_lowercase())));
        }
        joined.sort_unstable();
        Ok(joined.into_iter().rev().take(most).map(|(_, address)| address).collect())
    }

    async fn remove_created(&self, address: &str) -> Result<(), Undone> {
        tracing::warn!("a person who left was not on the list any more, and is deleted again");
        let list = &self.list_id;
        let removed = self.change(|account| async move { account.delete(list, address).await });
        removed.await.map(drop).map_err(|error| self.stop(error))
    }

    /// The answer to a call that asks for something.
    pub(super) async fn answer<T, F>(&self, call: impl Fn(Account) -> F) -> Result<T, Undone>
    where
        F: Future<Output = Result<T, Error>>,
    {
        self.call(call).await.map(|answered| answered.answer).map_err(|error| self.stop(error))
    }

    /// Makes one call that changes somebody, and counts it.
    async fn change<T, F>(&self, call: impl Fn(Account) -> F) -> Result<Answered<T>, Option<Error>>
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
    async fn call<T, F>(&self, call: impl Fn(Account) -> F) -> Result<Answered<T>, Option<Error>>
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

    fn stop(&self, error: Option<Error>) -> Undone {
        if let Some(error) = error {
            self.gate.interrupt.raise(refused(&error, &self.list_id));
        }
        Undone
    }
}

/// Whether a call was rejected for the person that it names: another person may fare better.
fn is_personal(error: &Error) -> bool {
    matches!(error, Error::Refused { status: BAD_REQUEST, .. }) && !error.is_unknown_id()
}

/// The outcome for each address of an import, in lower case.
fn outcomes_of(addresses: &[&str], result: &ImportResult) -> HashMap<String, LeaverOutcome> {
    let flagged = addresses.iter().map(|address| (address.to_lowercase(), LeaverOutcome::Flagged));
    let mut outcomes: HashMap<_, _> = flagged.collect();
    for failure in &result.failure_details {
        let outcome = if failure.refusal().is_off_the_list() {
            LeaverOutcome::Gone
        } else {
            LeaverOutcome::Failed
        };
        outcomes.insert(failure.email_address.trim().to_lowercase(), outcome);
    }
    outcomes
}
