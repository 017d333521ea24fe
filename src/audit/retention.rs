//! Removes events that have outlived their age, so that the chain can still be verified: a link says from before which
//! time events may be missing, and where the chain begins now.

use super::store;
use crate::db::chain::link::{Entry, Removal};
use crate::db::chain::store as chain;
use crate::db::{Time, WriteHandle};

/// Removes at most `limit` events that happened before `before`, and as many links. Returns how many events; one when
/// it removed links only.
pub async fn remove_expired(tx: &mut WriteHandle, before: Time, limit: i64) -> sqlx::Result<u64> {
    // Several processes may do it at once. Nobody waits for anything else who has the end of the chain.
    chain::lock_head(tx).await?;
    let earlier = chain::newest_removal(tx).await?.and_then(|link| link.removal());
    let removed = store::remove_before(tx, before, limit).await?;
    let trimmed = chain::trim(tx, before, limit).await?;
    if removed == 0 && trimmed.is_none() {
        return Ok(0);
    }
    let trimmed_before = earlier.as_ref().map(|earlier| earlier.through.clone());
    let through = trimmed.or(trimmed_before).unwrap_or_default();
    // The age in the settings may have been raised since.
    let before = earlier.map_or(before, |earlier| earlier.before.max(before));
    tx.link(Entry::Removal(Removal { before, through }));
    Ok(removed.max(1))
}
