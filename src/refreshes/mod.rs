//! A refresh is Customer Insights bringing its segments up to date. It starts every export whose schedule follows it.

pub(crate) mod store;

use crate::audit::Author;
use crate::db::{Time, WriteHandle};
use crate::exports;
use crate::runs::Run;
use crate::runs::start::{Cause, start_or_skip};

/// Starts, or skips with the reason, a run of every export of the instance that follows its refreshes.
pub async fn start_followers(
    tx: &mut WriteHandle,
    author: &Author,
    cause: Cause,
    now: Time,
) -> sqlx::Result<Vec<Run>> {
    let mut runs = Vec::new();
    for listed in exports::store::all(tx, author.instance).await? {
        if listed.schedule.follows_refreshes()
            && let Some(export) =
                exports::store::get_to_change(tx, author.instance, listed.id).await?
        {
            runs.push(start_or_skip(tx, &export, author, cause, now).await?);
        }
    }
    Ok(runs)
}
