//! Stored members that nobody reads any more: those that others have replaced, and those that were taken in for nothing.
//!
//! Removing them is no part of what a caller asked for. What cannot be removed now is tried again later, after the others.

use std::collections::{HashMap, HashSet};
use std::future::ready;
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use tokio::time::timeout;
use uuid::Uuid;

use super::{Segment, SegmentId, Unreadable, store};
use crate::app::App;
use crate::db::{self, Time, WriteHandle};
use crate::storage::{Inspection, Upload};

/// Superseded objects removed in one go.
const TIDY_MAX: i64 = 100;
/// Uploads looked at in one go, to see whether anybody names them.
const SWEEP_STEP: usize = 500;
/// A storage that answers late is left alone after this long, until the next time.
const TIDY_TIME: Duration = Duration::from_secs(30);
/// How long a caller waits, at most, until what its change has left over is removed.
const CALLER_WAITS: Duration = Duration::from_secs(5);

/// Marks the objects of a segment as no longer its own, where they are ours to remove.
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

/// Removes uploads, written before this time, that nobody names: neither a segment, nor an open run, nor a removal that
/// is due. They are left over where a process died, or the database failed, between writing and saving. Returns how many.
pub async fn sweep(app: &App, before: Time) -> Result<usize, Unreadable> {
    let old = app.storage.uploads().try_filter(|upload| ready(upload.written < before));
    let mut steps = old.try_chunks(SWEEP_STEP);
    let mut count = 0;
    while !app.stop.is_cancelled() {
        let Some(uploads) = steps.try_next().await.map_err(|broken| broken.1)? else { break };
        for upload in unnamed(app, uploads).await? {
            match app.storage.remove(&upload.path).await {
                Ok(()) => count += 1,
                Err(error) => {
                    tracing::warn!(path = upload.path, %error, "an upload that nobody names cannot be removed");
                }
            }
        }
    }
    Ok(count)
}

/// Those of some uploads that nobody names.
async fn unnamed(app: &App, uploads: Vec<Upload>) -> sqlx::Result<Vec<Upload>> {
    let mut named: HashMap<Uuid, HashSet<String>> = HashMap::new();
    let mut unnamed = Vec::new();
    for upload in uploads {
        let named = match named.get(&upload.instance) {
            Some(named) => named,
            None => named.entry(upload.instance).or_insert(named_of(app, upload.instance).await?),
        };
        if !named.contains(&upload.path) {
            unnamed.push(upload);
        }
    }
    Ok(unnamed)
}

/// The uploads of an instance that somebody names. What is replaced meanwhile is named either by its segment or, by the
/// time it is asked for, by its removal.
async fn named_of(app: &App, instance: Uuid) -> sqlx::Result<HashSet<String>> {
    let mut tx = app.db.read().await?;
    let manifests = store::manifests_of_uploads(&mut tx, instance).await?;
    let objects = manifests.into_iter().flat_map(|manifest| manifest.0.objects);
    let mut named: HashSet<_> = objects.map(|object| object.path).collect();
    named.extend(store::superseded(&mut tx, instance).await?);
    Ok(named)
}
