//! People whom the list refused in an earlier run, and who are active on it now: they joined again by another way, or
//! have confirmed. A run that sends changes sends them although their records are the same.
//!
//! Campaign Monitor lists who became active since a day. That costs a call for each thousand; where there are too many,
//! nobody is looked for, and these people are sent when their records change, as all others.

use std::sync::Arc;

use super::gone::day_before;
use crate::app::App;
use crate::baselines::{self, Baseline, OffListPeople, find_addresses};
use crate::campaign_monitor::{Account, Error, PAGE_SUBSCRIBERS, PageQuery, SubscriberState};
use crate::connections::session::AccountSession;
use crate::records::basis::Basis;
use crate::storage::Storage;

/// More calls than these are never made for this.
const PAGES_MAX: i64 = 20;

/// For more people than these, all whom the list refused are read.
const FOUND_MAX: usize = 100;

/// Marks them in what the members are compared with. What cannot be read changes nothing.
pub async fn find_back(session: &AccountSession, list: &str, basis: &mut Basis) {
    let Some(comparison) = &basis.marking.comparison else { return };
    if !comparison.has_refused() {
        return;
    }
    let since = day_before(basis.baseline.run_id);
    match active_since(session, list, &since).await {
        Ok(active) => {
            let active = active.iter().map(|address| comparison.key(address)).collect();
            basis.marking.comparison = Some(Arc::new(comparison.with_active(active)));
        }
        Err(error) => tracing::info!(%error, "who is on the list again could not be read"),
    }
}

/// Whether there may be such people, where the members are not in memory.
pub async fn may_be_back(app: &App, session: &AccountSession, baseline: &Baseline) -> bool {
    let since = day_before(baseline.run_id);
    let active = match active_since(session, &baseline.list_id, &since).await {
        Ok(active) => active,
        Err(error) => {
            tracing::info!(%error, "who is on the list again could not be read");
            return false;
        }
    };
    is_refused(&app.storage, baseline, &active).await.unwrap_or(true)
}

/// Whether somebody with one of these addresses was refused.
async fn is_refused(
    storage: &Storage,
    baseline: &Baseline,
    addresses: &[String],
) -> Result<bool, baselines::Error> {
    if addresses.len() > FOUND_MAX {
        let refused = OffListPeople::refused(storage, baseline).await?;
        return Ok(addresses.iter().any(|address| refused.find(address).is_some()));
    }
    let found = find_addresses(storage, baseline, addresses).await?;
    Ok(found.iter().any(|found| found.member.state.is_refused()))
}

/// The addresses of all who became active on this day or later; none where there are too many.
async fn active_since(
    session: &AccountSession,
    list: &str,
    since: &str,
) -> Result<Vec<String>, Error> {
    let mut active = Vec::new();
    for number in 1.. {
        let (state, since) = (SubscriberState::Active, Some(since.to_owned()));
        let query = &PageQuery { state, number, since };
        let read = |account: Account| async move { account.subscribers(list, query).await };
        let text = session.call(read).await?;
        let page = text.parse()?;
        if page.total_number_of_records > PAGES_MAX * PAGE_SUBSCRIBERS {
            tracing::info!(people = page.total_number_of_records, "too many people became active");
            return Ok(vec![]);
        }
        active.extend(page.results.iter().map(|row| row.email_address.as_str().to_owned()));
        if number * PAGE_SUBSCRIBERS >= page.total_number_of_records {
            break;
        }
    }
    Ok(active)
}
