//! How many people the list has in each state: read before the first upload of a run, and after its last.

use std::time::Duration;

use futures::future::try_join_all;
use tokio::time::timeout;

use super::failure::Failure;
use super::reader::Reader;
use super::subject::Subject;
use crate::campaign_monitor::{Error, PAGE_SUBSCRIBERS, SubscriberState};
use crate::connections::session::AccountSession;
use crate::db;
use crate::runs::Run;
use crate::verifications::store_counts::{self, Moment};
use crate::verifications::{CountFindings, Findings, ListCounts, StateCounts};

/// How long a run waits for the counts before it, which are read beside what it needs anyway.
const BEFORE_MAX: Duration = Duration::from_secs(5);

/// The counts before a run. A run never waits long for them, and resumes without them.
pub async fn before(session: &AccountSession, list: &str) -> Option<ListCounts> {
    let counts = session.call(|account| async move {
        let states = SubscriberState::ALL.map(|state| account.count(list, state, None));
        let (states, time) = futures::join!(try_join_all(states), account.system_date());
        Ok::<_, Error>((states?, time?))
    });
    match timeout(BEFORE_MAX, counts).await {
        Ok(Ok((states, account_time))) => Some(of(&states, None, account_time)),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the list could not be counted before the run");
            None
        }
        Err(_) => {
            tracing::warn!("the list could not be counted before the run in time");
            None
        }
    }
}

fn of(states: &[i64], entered: Option<StateCounts>, account_time: String) -> ListCounts {
    let all = states.try_into().map(StateCounts::of).unwrap_or_default();
    ListCounts { all, entered, read_utc: db::now(), account_time }
}

/// Counts the list now, stores that as the counts after the run, and compares both.
pub async fn check(subject: &Subject, reader: &Reader<'_>) -> Result<Findings, Failure> {
    let run = subject.run.id;
    let [before, _] = store_counts::get(&mut subject.app.db.read().await?, run).await?;
    let since = before.as_ref().map(|before| account_minute(&before.account_time));
    let after = after(reader, since.as_deref()).await?;
    let mut tx = subject.app.db.write().await?;
    store_counts::put(&mut tx, run, Moment::After, &after).await?;
    tx.commit().await?;
    let Some(before) = before else {
        return Err(Failure::Final("the list could not be counted before the run".into()));
    };
    let Run { counts, leavers, .. } = &subject.run;
    let removed = leavers.deleted + leavers.unsubscribed;
    let (created, resubscribed) = (counts.created, counts.resubscribed);
    let findings = CountFindings { created, resubscribed, removed };
    Ok(findings.findings(&before, &after))
}

async fn after(reader: &Reader<'_>, since: Option<&str>) -> Result<ListCounts, Failure> {
    let count = |since| SubscriberState::ALL.map(|state| reader.count(state, since));
    let entered = async {
        match since {
            Some(since) => try_join_all(count(Some(since))).await.map(Some),
            None => Ok(None),
        }
    };
    let (states, entered, time) =
        futures::try_join!(try_join_all(count(None)), entered, reader.account_time())?;
    let entered =
        entered.and_then(|entered| entered.as_slice().try_into().ok()).map(StateCounts::of);
    Ok(of(&states, entered, time))
}

/// A moment as Campaign Monitor reads it in a filter: to the minute.
pub fn account_minute(account_time: &str) -> String {
    account_time.chars().take("2026-11-29 09:00".len()).collect()
}

/// How many pages so many people take. Also an empty list has one.
pub fn pages_of(people: i64) -> i64 {
    ((people + PAGE_SUBSCRIBERS - 1) / PAGE_SUBSCRIBERS).max(1)
}
