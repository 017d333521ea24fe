//! Who put people on the list, where an answer says only how many are new: the list says it by dates.
//!
//! When as many people of a call have joined since the run began as its answer counts as new, these are the ones:
//! nobody else of that call is new. Who joined and has left again counts too, so every state is read. Campaign Monitor
//! shows a thousand people on a page.

use futures::{StreamExt, TryStreamExt, stream};

use super::job::Job;
use super::joined::Joined;
use super::prepare::{connection_of, open_session};
use super::recall::{add, is_in, written};
use super::stopped::Stopped;
use super::verify::counts::{account_minute, pages_of};
use super::verify::{Failure, Reader};
use crate::campaign_monitor::{PageQuery, PageText, SubscriberState};
use crate::records::basis::Basis;
use crate::runs::BatchResult;
use crate::verifications::store_counts;

/// Every state. Who confirms meanwhile is met twice, and not missed.
const STATES: [SubscriberState; 5] = [
    SubscriberState::Unconfirmed,
    SubscriberState::Active,
    SubscriberState::Unsubscribed,
    SubscriberState::Bounced,
    SubscriberState::Deleted,
];

/// Adds those again of whom an answer says only how many this run put on the list, once the list says who. What was
/// sent must be complete.
pub async fn prove_origins(job: &mut Job, basis: &Basis) -> Result<(), Stopped> {
    // Of an earlier attempt it is not known which batches these are.
    let may_be_mixed = |batch: &BatchResult| {
        let is_new = batch.newcomers_created.is_some_and(|created| created > 0);
        is_new && batch.updated > 0 && is_in(&job.earlier, batch.first_row)
    };
    let is_mixed =
        |batch: &BatchResult| job.mixed.contains(&batch.first_row) || may_be_mixed(batch);
    let mixed = written(job, is_mixed).await?;
    if mixed.is_empty() {
        return Ok(());
    }
    match joined(job).await {
        Some(joined) => add(job, basis, mixed, Some(&joined)).await,
        None => Ok(()),
    }
}

/// Reads who joined since the list was counted before the run. `None` where that is unknown.
async fn joined(job: &Job) -> Option<Joined> {
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
    let mut joined = Joined::default();
    for state in STATES {
        let in_flight = usize::from(job.app.config.work.uploads_in_flight);
        add_state(&mut joined, (&reader, list), state, (&before.account_time, in_flight)).await?;
    }
    Ok(Some(joined))
}

/// Adds those who are in a state now.
async fn add_state(
    joined: &mut Joined,
    (reader, list): (&Reader<'_>, &str),
    state: SubscriberState,
    (began, in_flight): (&str, usize),
) -> Result<(), Failure> {
    let since = account_minute(began);
    let page = |number| {
        let query = PageQuery { state, number, since: Some(since.clone()) };
        async move { reader.page(&query).await }
    };
    let total = add_page(joined, &page(1).await?, (began, list))?;
    let mut pages = stream::iter(2..=pages_of(total)).map(page).buffer_unordered(in_flight);
    while let Some(page) = pages.try_next().await? {
        add_page(joined, &page, (began, list))?;
    }
    Ok(())
}

/// Returns how many people all pages have.
fn add_page(
    joined: &mut Joined,
    page: &PageText,
    (began, list): (&str, &str),
) -> Result<i64, Failure> {
    let page = page.parse().map_err(|error| Failure::of(&error, list))?;
    joined.add(&page, began);
    Ok(page.total_number_of_records)
}
