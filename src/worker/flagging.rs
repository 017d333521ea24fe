//! Sets the flag of people who left, a thousand in one call, and brings nobody to the list by that.
//!
//! An import adds people whom the list does not have at all any more, and says only how many. They are found by what
//! nobody else has: they joined since the run began, and have nothing but the flag. Only when as many are found as the
//! answer counts, they are deleted again. Somebody who joined by a form with only an address looks the same, so after a
//! call without an answer, which counts nobody, they stay. Nobody is deleted by guess.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;

use chrono::{NaiveDateTime, TimeDelta};

use super::gone::day_before;
use super::leaver_calls::{Answered, LeaverCalls, Undone};
use crate::campaign_monitor::{
    Account, Error, FieldText, ImportResult, PAGE_SUBSCRIBERS, PageQuery, RefusalCode,
    SubscriberRow, SubscriberState, bare, flag,
};
use crate::db;
use crate::exports::LeaverFlag;
use crate::runs::LeaverOutcome;

/// The moments of Campaign Monitor are cut to seconds.
const CLOCKS: TimeDelta = TimeDelta::seconds(1);
/// Who joined later than that joined in another time zone: then nothing is known of when.
const FUTURE: TimeDelta = TimeDelta::minutes(1);
const MOMENT: &str = "%Y-%m-%d %H:%M:%S";

impl LeaverCalls {
    /// The outcomes for some people: as many as addresses.
    pub(super) async fn flag(
        &self,
        addresses: &[&str],
        flag: &LeaverFlag,
    ) -> Result<Vec<LeaverOutcome>, Undone> {
        let earlier = self.added_before(flag).await?;
        let is_doubtful = |address: &&&str| earlier.contains(&address.to_lowercase());
        self.undecided.fetch_add(addresses.iter().filter(is_doubtful).count(), Ordering::Relaxed);
        let mut known = addresses.to_vec();
        if self.asks_to_confirm {
            known = self.still_there(&known).await?;
        }
        let outcomes = match known.as_slice() {
            [] => HashMap::new(),
            known => self.flag_all(known, flag).await?,
        };
        let outcome = |address: &&str| {
            outcomes.get(&address.to_lowercase()).copied().unwrap_or(LeaverOutcome::GoneUnknown)
        };
        Ok(addresses.iter().map(outcome).collect())
    }

    /// The outcome for each of them, by the address in lower case.
    async fn flag_all(
        &self,
        addresses: &[&str],
        flag: &LeaverFlag,
    ) -> Result<HashMap<String, LeaverOutcome>, Undone> {
        let Some(Answered { answer: result, may_repeat }) = self.set_flag(addresses, flag).await?
        else {
            let all = addresses.iter().map(|address| address.to_lowercase());
            return Ok(all.map(|address| (address, LeaverOutcome::InDoubt)).collect());
        };
        let mut outcomes = outcomes_of(addresses, &result);
        let new = usize::try_from(result.total_new_subscribers).unwrap_or_default();
        if new == 0 && !may_repeat {
            return Ok(outcomes);
        }
        let mut added = self.added(flag).await?;
        added.retain(|address| outcomes.contains_key(address));
        let doubtful = if may_repeat { added.len().max(new) } else { new };
        if added.len() != new {
            self.undecided.fetch_add(doubtful, Ordering::Relaxed);
            return Ok(outcomes);
        }
        for address in &added {
            self.remove_added(address).await?;
            outcomes.insert(address.clone(), LeaverOutcome::GoneAndDeleted);
        }
        Ok(outcomes)
    }

    /// `None`: the call may have landed without an answer.
    async fn set_flag(
        &self,
        addresses: &[&str],
        set: &LeaverFlag,
    ) -> Result<Option<Answered<ImportResult>>, Undone> {
        let (key, value) = (set.key.as_str(), set.outside.as_str());
        let (list, body) = (&self.list_id, flag(addresses.iter().copied(), key, value));
        let body = &body;
        let imported =
            self.change(|account| async move { account.import(list, body.clone()).await });
        match imported.await {
            Ok(Answered { answer, may_repeat }) => {
                Ok(Some(Answered { answer: answer.1, may_repeat }))
            }
            Err(error) => {
                let is_in_doubt = error.as_ref().is_some_and(Error::is_in_doubt);
                let undone = self.stop(error);
                if is_in_doubt { Ok(None) } else { Err(undone) }
            }
        }
    }

    /// Those of the addresses that the list still has, in whatever state.
    async fn still_there<'a>(&self, addresses: &[&'a str]) -> Result<Vec<&'a str>, Undone> {
        let (list, mut known) = (&self.list_id, Vec::with_capacity(addresses.len()));
        for address in addresses {
            let read =
                self.answer(|account| async move { account.subscriber_state(list, address).await });
            known.extend(read.await?.map(|_| *address));
        }
        Ok(known)
    }

    /// Whom an attempt that died may have added: read once, and only where there was one.
    async fn added_before(&self, flag: &LeaverFlag) -> Result<&HashSet<String>, Undone> {
        let read = async || {
            if self.is_resumed { self.added(flag).await } else { Ok(HashSet::new()) }
        };
        self.added_before.get_or_try_init(read).await
    }

    /// Everybody who joined the list since the run began, and has nothing but the flag: addresses in lower case.
    async fn added(&self, flag: &LeaverFlag) -> Result<HashSet<String>, Undone> {
        let Some((from, to)) = self.since_begun().await? else { return Ok(HashSet::new()) };
        let is_added = |row: &SubscriberRow<'_>| {
            let joined = NaiveDateTime::parse_from_str(row.list_joined_date.as_str(), MOMENT);
            joined.is_ok_and(|joined| from <= joined && joined <= to) && is_bare(row, flag)
        };
        let (list, mut added) = (self.list_id.as_str(), HashSet::new());
        let state = if self.asks_to_confirm {
            SubscriberState::Unconfirmed
        } else {
            SubscriberState::Active
        };
        for number in 1.. {
            let query = &PageQuery { state, number, since: Some(day_before(self.run)) };
            let read = |account: Account| async move { account.subscribers(list, query).await };
            let text = self.answer(read).await?;
            let page = text.parse().map_err(|error| self.stop(Some(error)))?;
            let rows = page.results.iter().filter(|row| is_added(row));
            added.extend(rows.map(|row| row.email_address.as_str().to_lowercase()));
            if number * PAGE_SUBSCRIBERS >= page.total_number_of_records {
                break;
            }
        }
        Ok(added)
    }

    /// From when to when the run has been going, on the clock of the account; `None` where that is unreadable.
    async fn since_begun(&self) -> Result<Option<(NaiveDateTime, NaiveDateTime)>, Undone> {
        let now = self.answer(|account| async move { account.system_date().await }).await?;
        let Ok(now) = NaiveDateTime::parse_from_str(&now, MOMENT) else { return Ok(None) };
        Ok(Some((now - (db::now() - self.begun) - CLOCKS, now + FUTURE)))
    }

    async fn remove_added(&self, address: &str) -> Result<(), Undone> {
        tracing::warn!("a person who left was not on the list any more, and is deleted again");
        let list = &self.list_id;
        let removed = self.change(|account| async move { account.delete(list, address).await });
        removed.await.map(drop).map_err(|error| self.stop(error))
    }
}

/// Whether somebody has the value that says that they left, and no other: who joined by a form has not that one.
fn is_bare(row: &SubscriberRow<'_>, flag: &LeaverFlag) -> bool {
    let is_flag = |field: &FieldText<'_>| {
        bare(field.key.as_str()) == bare(flag.key.as_str())
            && field.value.as_str() == flag.outside.as_str()
    };
    row.name.as_str().is_empty()
        && row.mobile_number.as_str().is_empty()
        && !row.custom_fields.is_empty()
        && row.custom_fields.iter().all(is_flag)
}

/// The outcome for each address of an import, in lower case.
fn outcomes_of(addresses: &[&str], result: &ImportResult) -> HashMap<String, LeaverOutcome> {
    let flagged = addresses.iter().map(|address| (address.to_lowercase(), LeaverOutcome::Flagged));
    let mut outcomes: HashMap<_, _> = flagged.collect();
    for failure in &result.failure_details {
        let outcome = match failure.refusal() {
            RefusalCode::Deleted => LeaverOutcome::Gone,
            RefusalCode::Unsubscribed => LeaverOutcome::GoneUnsubscribed,
            RefusalCode::Bounced => LeaverOutcome::GoneBounced,
            RefusalCode::Suppressed => LeaverOutcome::GoneSuppressed,
            _ => LeaverOutcome::Failed,
        };
        outcomes.insert(failure.email_address.trim().to_lowercase(), outcome);
    }
    outcomes
}
