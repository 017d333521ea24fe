//! Verifies the audit: that every event and every link is as this service wrote it, and that none is missing or added.
//!
//! It only reads, page by page, so its memory does not grow with the audit, and the service may work meanwhile.

mod report;
mod walk;

use uuid::Uuid;

pub use self::report::{Fault, Report};
use self::walk::Walk;
use super::{adopt, store};
pub use crate::db::chain::link::Head;
use crate::db::chain::link::{Link, Removal};
use crate::db::chain::proof;
use crate::db::chain::store as chain;
use crate::db::{Db, Time};
use crate::secrets::Keys;

/// Links, or events, that are read at a time.
const PAGE: i64 = 500;
/// How often a verification is repeated during which retention removed something.
const PASSES_MAX: u32 = 3;

/// Verifies the audit at `now`. `noted` is a head that was noted elsewhere: the chain must contain it.
pub async fn verify(db: &Db, keys: &Keys, noted: Option<&Head>, now: Time) -> sqlx::Result<Report> {
    let mut passes = 0;
    let mut removal = proof::removed(&mut db.read().await?, keys).await?;
    loop {
        let removed = removal.proven.as_ref().and_then(Link::removal);
        let mut report = follow(db, keys, noted, removed.as_ref()).await?;
        find_unlinked(db, keys, removed.as_ref(), now, &mut report).await?;
        let newest = proof::removed(&mut db.read().await?, keys).await?;
        passes += 1;
        if report.is_clean() || newest == removal || passes == PASSES_MAX {
            return Ok(report);
        }
        removal = newest;
    }
}

/// The end of the chain as the database notes it: to be noted elsewhere too.
pub async fn head(db: &Db) -> sqlx::Result<Option<Head>> {
    chain::head(&mut db.read().await?).await
}

async fn follow(
    db: &Db,
    keys: &Keys,
    noted: Option<&Head>,
    removal: Option<&Removal>,
) -> sqlx::Result<Report> {
    let mut tx = db.read().await?;
    let before = chain::head(&mut tx).await?.unwrap_or_default();
    let mut walk = Walk::new(keys, noted, removal);
    loop {
        let after = walk.position;
        let links = chain::list(&mut tx, after, PAGE).await?;
        if links.is_empty() {
            break;
        }
        let mut events = store::of_links(&mut tx, after, PAGE).await?;
        for (position, link) in &links {
            walk.step(*position, link, |id| events.remove(&id));
        }
    }
    let after = chain::head(&mut tx).await?;
    Ok(walk.finish(&before, after.as_ref()))
}

/// Events without a link. Those that retention is about to remove may have lost theirs.
async fn find_unlinked(
    db: &Db,
    keys: &Keys,
    removal: Option<&Removal>,
    now: Time,
    report: &mut Report,
) -> sqlx::Result<()> {
    let mut tx = db.read().await?;
    let are_adopted = adopt::is_open(&mut tx, keys, now).await?;
    let mut last = Uuid::nil();
    loop {
        let events = store::unlinked(&mut tx, last, PAGE).await?;
        let Some((id, _)) = events.last() else { return Ok(()) };
        last = *id;
        for (event, read) in events {
            let at = read.ok().map(|event| event.occurred_utc);
            let is_expiring = at.zip(removal).is_some_and(|(at, removal)| at < removal.before);
            if are_adopted && at.is_some() {
                report.waiting += 1;
            } else if !is_expiring {
                report.add(Fault::Inserted { event, at });
            }
        }
    }
}
