//! Links events to the chain that a version wrote which knows none: those from before the update, and those of pods
//! that are not replaced yet.
//!
//! Only in a database that had events before the chain began, and for a day after that: otherwise an event without a
//! link was not written by this service.

use chrono::TimeDelta;
use uuid::Uuid;

use super::event::Event;
use super::store;
use crate::db::chain::link::{Entry, Head, Link};
use crate::db::chain::proof;
use crate::db::{Db, ReadHandle, Time};
use crate::secrets::Keys;

/// How long after the beginning of the chain.
const ADOPTED_FOR: TimeDelta = TimeDelta::days(1);
/// Events that one transaction links.
const STEP: i64 = 500;

/// Links every event that has no link, if the chain is young enough at `now`. Returns how many.
pub async fn adopt(db: &Db, keys: &Keys, now: Time) -> sqlx::Result<usize> {
    if !is_open(&mut db.read().await?, keys, now).await? {
        return Ok(0);
    }
    let (mut after, mut adopted) = (Uuid::nil(), 0);
    loop {
        let events = store::unlinked(&mut db.read().await?, after, STEP).await?;
        let Some((last, _)) = events.last() else { return Ok(adopted) };
        after = *last;
        let mut tx = db.write().await?;
        // One that cannot be read stays without a link: `verify` names it.
        for event in events.into_iter().filter_map(|(_, event)| event.ok()) {
            tx.link(entry(&event));
            adopted += 1;
        }
        tx.commit().await?;
    }
}

/// Whether events without a link are adopted at `now`.
pub(super) async fn is_open(tx: &mut ReadHandle, keys: &Keys, now: Time) -> sqlx::Result<bool> {
    let first = proof::read(tx, keys, Head::default(), 1).await?;
    let is_open =
        first.filter(Link::is_adopting).is_some_and(|first| now < first.occurred_utc + ADOPTED_FOR);
    Ok(is_open)
}

fn entry(event: &Event) -> Entry {
    let (id, at, digest) = (event.id, event.occurred_utc, event.digest());
    Entry::Event { id, at, digest, is_adopted: true }
}
