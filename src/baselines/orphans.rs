//! Removes objects that no baseline names any more: those that were replaced, those of exports that were removed, and
//! orphans, whose run did not end.

use std::collections::HashSet;

use futures::FutureExt;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::store;
use crate::db::{Db, Time};
use crate::storage::{BASELINES, OwnObject, Storage};

/// Removes objects, written before this time, that no baseline names, nor its version before if that was replaced since
/// this time. Returns how many.
pub async fn remove_orphans(
    db: &Db,
    storage: &Storage,
    before: Time,
    stop: &CancellationToken,
) -> anyhow::Result<usize> {
    let named = |instance| named_of(db, instance, before).boxed();
    storage.remove_unnamed(BASELINES, before, stop, named).await
}

/// Removes the objects of an export that was removed, of which nobody may keep anything. What the storage does not
/// remove now, [`remove_orphans`] does later.
pub async fn remove_at_once(storage: &Storage, objects: &[OwnObject]) {
    let paths: HashSet<_> = objects.iter().map(|object| object.path.as_str()).collect();
    for path in paths {
        if let Err(error) = storage.remove(path).await {
            tracing::warn!(path, %error, "a baseline of a removed export stays until the janitor removes it");
        }
    }
}

async fn named_of(db: &Db, instance: Uuid, since: Time) -> anyhow::Result<HashSet<String>> {
    let objects = store::objects(&mut db.read().await?, instance, since).await?;
    Ok(objects.into_iter().flat_map(|objects| objects.0).map(|object| object.path).collect())
}
