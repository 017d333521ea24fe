//! People whom the list refused in an earlier run, and who are active on it now: they joined again by another way, or
//! have confirmed. A run that sends changes sends them although their records are the same.
//!
//! Campaign Monitor lists who became active since a day. That costs a call for each thousand; where there are too many,
//! nobody is looked for, and these people are sent when their records change, as all others.

use std::collections::HashSet;
use std::sync::Arc;

use super::gone::day_before;
use crate::campaign_monitor::{Account, Error, PAGE_SUBSCRIBERS, PageQuery, SubscriberState};
use crate::connections::session::AccountSession;
use crate::records::basis::Basis;

/// More calls than these are never made for this.
const PAGES_MAX: i64 = 20;

/// Marks them in what the members are compared with. What cannot be read changes nothing.
pub async fn find_back(session: &AccountSession, list: &str, basis: &mut Basis) {
    let Some(comparison) = &basis.marking.comparison else { return };
    if !comparison.has_refused() {
        return;
    }
    let since = day_before(basis.baseline.run_id);
    match active_since(session, list, &since, |address| comparison.key(address)).await {
        Ok(active) => basis.marking.comparison = Some(Arc::new(comparison.with_active(active))),
        Err(error) => tracing::info!(%error, "who is on the list again could not be read"),
    }
}

/// The keys of all who became active on this day or later; none where there are too many.
async fn active_since(
    session: &AccountSession,
    list: &str,
    since: &str,
    key: impl Fn(&str) -> u64,
) -> Result<HashSet<u64>, Error> {
    let mut active = HashSet::new();
    for number in 1.. {
        let (state, since) = (SubscriberState::Active, Some(since.to_owned()));
        let query = &PageQuery { state, number, since };
        let read = |account: Account| async move { account.subscribers(list, query).await };
        let text = session.call(read).await?;
        let page = text.parse()?;
        if page.total_number_of_records > PAGES_MAX * PAGE_SUBSCRIBERS {
            tracing::info!(people = page.total_number_of_records, "too many people became active");
            return Ok(HashSet::new());
        }
        active.extend(page.results.iter().map(|row| key(row.email_address.as_str())));
        if number * PAGE_SUBSCRIBERS >= page.total_number_of_records {
            break;
        }
    }
    Ok(active)
}
