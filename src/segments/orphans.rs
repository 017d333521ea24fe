//! Removes stored members that nothing names any more: those that were replaced, and orphans, whose save failed.
//!
//! Removing them is not part of what a caller asked for. What cannot be removed now is tried again later, after the
//! others.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures::{FutureExt, TryFutureExt};
use tokio::time::timeout;
use uuid::Uuid;

use super::segment::{Segment, SegmentId, Unreadable};
use super::store;
use crate::app::App;
use crate::db::{self, Time, WriteHandle};
use crate::storage::{Inspection, UPLOADS};

/// Superseded objects that one pass removes.
const PASS_MAX: i64 = 100;
/// When the storage is slow, a pass ends after this long.
const PASS_TIME: Duration = Duration::from_secs(30);
/// How long a caller waits, at most, until the objects that its change replaced are removed.
const CALLER_WAITS: Duration = Duration::from_secs(5);

/// Marks the objects of a segment for removal, where this service owns them.
pub async fn supersede(tx: &mut WriteHandle, segment: &Segment, now: Time) -> sqlx::Result<()> {
    let Some(manifest) = segment.manifest.as_ref().filter(|_| segment.source.0.is_kept_here())
    else {
        return Ok(());
    };
    for object in &manifest.objects {
        store::supersede(tx, segment.id, &object.path, now).await?;
    }
    Ok(())
}

/// Removes members that were received but not saved.
pub async fn discard(app: &App, found: &Inspection) {
    for object in &found.manifest.objects {
        if let Err(error) = app.storage.remove(&object.path).await {
            let path = &object.path;
            tracing::warn!(path, %error, "unused members could not be removed; the janitor retries");
        }
    }
}

/// Removes the objects that a change of a segment replaced, if that is quick: the change itself has been saved.
pub async fn remove_superseded_soon(app: &App, segment: SegmentId) {
    let removed = timeout(CALLER_WAITS, remove_superseded(app, Some(segment))).await;
    if let Ok(Err(error)) = removed {
        tracing::warn!(%error, "replaced members could not be removed; the janitor retries");
    }
}

/// Removes superseded objects that no open run reads, of a segment or of all. Returns how many.
pub async fn remove_superseded(app: &App, of: Option<SegmentId>) -> sqlx::Result<usize> {
    let (started, mut count) = (Instant::now(), 0);
    let paths = store::removable(&mut app.db.read().await?, of, PASS_MAX).await?;
    for path in paths.iter().take_while(|_| started.elapsed() < PASS_TIME) {
        count += usize::from(remove(app, path).await?);
    }
    Ok(count)
}

/// Removes a superseded object; false when the storage refuses.
async fn remove(app: &App, path: &str) -> sqlx::Result<bool> {
    let removed = app.storage.remove(path).await;
    let mut tx = app.db.write().await?;
    match &removed {
        Ok(()) => store::removed(&mut tx, path).await?,
        Err(error) => {
            tracing::warn!(path, %error, "replaced members could not be removed; the janitor retries");
            store::postpone_removal(&mut tx, path, db::now()).await?;
        }
    }
    tx.commit().await?;
    Ok(removed.is_ok())
}

/// Removes uploads, written before this time, that nothing names: neither a segment, nor an open run, nor a removal
/// that is due. A process that dies, or a database that fails, between writing and saving leaves them. Returns how
/// many.
pub async fn remove_orphans(app: &App, before: Time) -> Result<usize, Unreadable> {
    let named = |instance| named_of(app, instance).err_into().boxed();
    app.storage.remove_unnamed(UPLOADS, before, &app.stop, named).await
}

/// The uploads of an instance that something names. What is replaced meanwhile is named either by its segment or, by
/// the time it is asked for, by its removal.
pub async fn named_of(app: &App, instance: Uuid) -> sqlx::Result<HashSet<String>> {
    let mut tx = app.db.read().await?;
    let manifests = store::manifests_of_uploads(&mut tx, instance).await?;
    let objects = manifests.into_iter().flat_map(|manifest| manifest.0.objects);
    let mut named: HashSet<_> = objects.map(|object| object.path).collect();
    named.extend(store::superseded(&mut tx, instance).await?);
    Ok(named)
}
