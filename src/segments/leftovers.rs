//! Stored members that nobody reads any more: those that others have replaced, and those that were taken in for nothing.
//!
//! Removing them is no part of what a caller asked for. What cannot be removed now is tried again later, after the others.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::{Segment, SegmentId, store};
use crate::app::App;
use crate::db::{self, Time, Tx};
use crate::storage::Inspection;

/// Superseded objects removed in one go.
const TIDY_MAX: i64 = 100;
/// A storage that answers late is left alone after this long, until the next time.
const TIDY_TIME: Duration = Duration::from_secs(30);
/// How long a caller waits, at most, until what its change has left over is removed.
const CALLER_WAITS: Duration = Duration::from_secs(5);

/// Marks the objects of a segment as no longer its own, where they are ours to remove.
pub async fn supersede(tx: &mut Tx, segment: &Segment, now: Time) -> sqlx::Result<()> {
    let Some(manifest) = segment.manifest.as_ref().filter(|_| segment.source.0.is_kept_here())
    else {
        return Ok(());
    };
    for object in &manifest.objects {
        store::supersede(tx, segment.id, &object.path, now).await?;
    }
    Ok(())
}

/// Removes what was taken in for nothing.
pub async fn discard(app: &App, found: &Inspection) {
    for object in &found.manifest.objects {
        if let Err(error) = app.storage.remove(&object.path).await {
            tracing::warn!(path = object.path, error = %error, "members that were not used could not be removed");
        }
    }
}

/// Removes what a change of a segment has left over, if that goes quickly: the change itself has been saved.
pub async fn tidy_after_change(app: &App, segment: SegmentId) {
    let tidied = timeout(CALLER_WAITS, tidy(app, Some(segment))).await;
    if let Ok(Err(error)) = tidied {
        tracing::warn!(%error, "members that were replaced are removed later");
    }
}

/// Removes superseded objects that no open run reads, of a segment or of all. Returns how many.
pub async fn tidy(app: &App, of: Option<SegmentId>) -> sqlx::Result<usize> {
    let (started, mut count) = (Instant::now(), 0);
    let paths = store::removable(&mut app.db.read().await?, of, TIDY_MAX).await?;
    for path in paths.iter().take_while(|_| started.elapsed() < TIDY_TIME) {
        count += usize::from(remove(app, path).await?);
    }
    Ok(count)
}

/// Removes a superseded object; false when the storage does not let us.
async fn remove(app: &App, path: &str) -> sqlx::Result<bool> {
    let removed = app.storage.remove(path).await;
    let mut tx = app.db.write().await?;
    match &removed {
        Ok(()) => store::removed(&mut tx, path).await?,
        Err(error) => {
            tracing::warn!(path, %error, "replaced members cannot be removed; it is tried again");
            store::postpone_removal(&mut tx, path, db::now()).await?;
        }
    }
    tx.commit().await?;
    Ok(removed.is_ok())
}
