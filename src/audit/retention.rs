//! Removes events that have outlived their age, so that the chain can still be verified: a link says from before which
//! time events may be missing, and where the chain begins now.
//!
//! That link is signed, so it must rest on nothing but links that this service made: where one was changed, nothing is
//! removed, and `verify` names it.

use super::store;
use crate::db::chain::link::{Entry, Head, Link, Removal};
use crate::db::chain::proof;
use crate::db::chain::store as chain;
use crate::db::{Time, WriteHandle, now};

/// Removes at most `limit` events that happened before `before`, and as many links. Returns how many events; one when
/// it removed links only. A time that has not come yet removes nothing.
pub async fn remove_expired(tx: &mut WriteHandle, before: Time, limit: i64) -> sqlx::Result<u64> {
    // Several processes may do it at once. Nobody waits for anything else who has the end of the chain.
    chain::lock_head(tx).await?;
    if before > now() {
        return Ok(0);
    }
    let Some(proven) = proven(tx, before, limit).await? else {
        tracing::error!(
            "no audit event is removed, because the audit chain was changed: find out where with `audit verify`"
        );
        return Ok(0);
    };
    let removed = store::remove_before(tx, before, limit).await?;
    if removed == 0 && proven.expired.is_none() {
        return Ok(0);
    }
    if let Some(head) = &proven.expired {
        chain::trim(tx, head.position).await?;
    }
    let (trimmed_before, removed_before) =
        proven.earlier.map(|earlier| (earlier.through, earlier.before)).unzip();
    let through = proven.expired.or(trimmed_before).unwrap_or_default();
    // The age in the settings may have been raised since.
    let before = removed_before.map_or(before, |earlier| earlier.max(before));
    tx.link(Entry::Removal(Removal { before, through }));
    Ok(removed.max(1))
}

/// What this service made of the chain.
struct Proven {
    earlier: Option<Removal>,
    /// The newest link from before the time.
    expired: Option<Head>,
}

/// `None` where the chain was changed by somebody else.
async fn proven(tx: &mut WriteHandle, before: Time, limit: i64) -> sqlx::Result<Option<Proven>> {
    let keys = tx.keys()?;
    let removed = proof::removed(tx, &keys).await?;
    if removed.forged.is_some() {
        return Ok(None);
    }
    let earlier = removed.proven.as_ref().and_then(Link::removal);
    let Some(position) = chain::expired(tx, before, limit).await? else {
        return Ok(Some(Proven { earlier, expired: None }));
    };
    let begin = earlier.as_ref().map(|earlier| earlier.through.clone()).unwrap_or_default();
    let link = proof::read(tx, &keys, begin, position).await?;
    Ok(link.map(|link| Proven { earlier, expired: Some(link.head()) }))
}
