//! Who joined the list while a run sent: it tells who put people there, where an answer says only how many are new.
//!
//! When as many people of a call have joined since the run began as its answer counts as new, these are the ones:
//! nobody else of that call is new. Campaign Monitor shows them by date, a thousand on a page.

use std::collections::HashSet;

use futures::{StreamExt, TryStreamExt, stream};
use xxhash_rust::xxh3::xxh3_64;

use super::job::Job;
use super::prepare::{connection_of, open_session};
use super::verify::counts::{account_minute, pages_of};
use super::verify::{Failure, Reader};
use crate::campaign_monitor::{PageQuery, PageText, SubscriberState};
use crate::verifications::store_counts;

/// Hashes of the addresses of those who joined.
#[derive(Default)]
pub struct Joined(HashSet<u64>);

impl Joined {
    pub fn has(&self, address: &str) -> bool {
        self.0.contains(&hash(address))
    }
}

fn hash(address: &str) -> u64 {
    xxh3_64(address.to_lowercase().as_bytes())
}

/// Reads who joined since the list was counted before the run. `None` where that is unknown.
pub async fn joined(job: &Job) -> Option<Joined> {
    match try_joined(job).await {
        Ok(joined) => joined,
        Err(failure) => {
            tracing::warn!(?failure, "it stays unknown who put some people on the list");
            None
        }
    }
}

async fn try_joined(job: &Job) -> Result<Option<Joined>, Failure> {
    let [before, _] = store_counts::get(&mut job.app.db.read().await?, job.run.id).await?;
    let Some(before) = before else { return Ok(None) };
    let connection = connection_of(&job.app, &job.run).await?;
    let session = open_session(&job.app, &connection)?;
    let list = job.run.list_id.as_str();
    let reader = Reader::of_list(&job.app, &session, list);
    let (since, began) = (account_minute(&before.account_time), before.account_time.as_str());
    let page = |number| {
        let query =
            PageQuery { state: SubscriberState::Active, number, since: Some(since.clone()) };
        let reader = &reader;
        async move { reader.page(&query).await }
    };
    let mut joined = Joined::default();
    let total = joined.add(&page(1).await?, (began, list))?;
    let in_flight = usize::from(job.app.config.work.uploads_in_flight);
    let mut pages = stream::iter(2..=pages_of(total)).map(page).buffer_unordered(in_flight);
    while let Some(page) = pages.try_next().await? {
        joined.add(&page, (began, list))?;
    }
    Ok(Some(joined))
}

impl Joined {
    /// Adds those of a page who are new on the list, not only active again. Returns how many all pages have.
    fn add(&mut self, page: &PageText, (began, list): (&str, &str)) -> Result<i64, Failure> {
        let page = page.parse().map_err(|error| Failure::of(&error, list))?;
        let is_new = |date: &str| date >= began;
        let new = page.results.iter().filter(|row| is_new(row.list_joined_date.as_str()));
        self.0.extend(new.map(|row| hash(row.email_address.as_str())));
        Ok(page.total_number_of_records)
    }
}
