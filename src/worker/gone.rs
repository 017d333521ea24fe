//! People who are off the list already when a run comes to them. Those who unsubscribed keep that state: deleting them
//! would hide their wish, and somebody might bring them back.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::gone_as::gone_as;
use super::joined::address_hash;
use super::leaver_calls::{LeaverCalls, Undone};
use crate::campaign_monitor::{Account, MovedPage, SubscriberState};
use crate::exports::Leavers;
use crate::names::RunId;
use crate::runs::LeaverOutcome;

/// The states of people who are off the list. Somebody who changes it meanwhile counts by the last one read.
const STATES: [SubscriberState; 3] =
    [SubscriberState::Deleted, SubscriberState::Bounced, SubscriberState::Unsubscribed];
/// Days are those of the client, whose clock is elsewhere by up to one.
const MARGIN: TimeDelta = TimeDelta::days(2);

/// How old may be what is known of them: people leave by their own wish also while a run takes others off.
const FRESH: Duration = Duration::from_secs(30);

/// Who is off the list, read again from time to time.
pub struct Departures {
    since: Option<RunId>,
    read: Mutex<Option<(Instant, Arc<Gone>)>>,
}

impl Departures {
    /// Since a run had an answer about the leavers.
    pub fn since(run: Option<RunId>) -> Self {
        Self { since: run, read: Mutex::new(None) }
    }

    pub async fn now(&self, calls: &LeaverCalls) -> Result<Arc<Gone>, Undone> {
        let mut read = self.read.lock().await;
        if let Some((at, gone)) = &*read
            && at.elapsed() < FRESH
        {
            return Ok(gone.clone());
        }
        let gone = Arc::new(calls.gone_since(self.since).await?);
        *read = Some((Instant::now(), gone.clone()));
        Ok(gone)
    }
}

/// Hashes of the addresses of those who are off the list, each with what that means for a leaver.
#[derive(Default)]
pub struct Gone(HashMap<u64, LeaverOutcome>);

impl Gone {
    /// `None` of somebody who is not known to be off the list.
    pub fn outcome(&self, address: &str) -> Option<LeaverOutcome> {
        self.0.get(&address_hash(address)).copied()
    }
}

impl LeaverCalls {
    /// Who has left the list since a run had an answer about them: a page for each thousand of them.
    async fn gone_since(&self, run: Option<RunId>) -> Result<Gone, Undone> {
        let mut gone = Gone::default();
        // An import that sets a flag names them in its answer.
        if matches!(self.action, Leavers::Keep | Leavers::Flag(_)) {
            return Ok(gone);
        }
        let since = run.map(day_before).unwrap_or_default();
        for state in STATES {
            let mut page = 1;
            loop {
                let read = self.page(state.word(), &since, page).await?;
                let people = read.addresses().map(address_hash);
                gone.0.extend(people.filter_map(|who| Some((who, gone_as(state)?))));
                if page >= read.number_of_pages {
                    break;
                }
                page += 1;
            }
        }
        Ok(gone)
    }

    async fn page(&self, state: &str, since: &str, page: i64) -> Result<MovedPage, Undone> {
        let list = self.list_id.as_str();
        self.answer(|account: Account| async move { account.moved(list, state, since, page).await })
            .await
    }
}

/// A day that surely comes before a run.
pub fn day_before(run: RunId) -> String {
    let time = run.0.get_timestamp().map(|time| time.to_unix().0);
    let time = time.and_then(|seconds| DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0));
    time.map_or_else(String::new, |time| (time - MARGIN).format("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_day_comes_before_the_run_in_every_zone() {
        let time = uuid::Timestamp::from_unix(uuid::NoContext, 1_795_910_400, 0);
        assert_eq!(day_before(RunId(Uuid::new_v7(time))), "2026-11-27");
        assert_eq!(day_before(RunId(Uuid::nil())), "", "every day");
    }
}
