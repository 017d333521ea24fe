//! Removes objects of our own that nothing names. A process that dies, or a database that fails, between writing an
//! object and naming it leaves them.

use std::collections::HashSet;
use std::collections::hash_map::{Entry, HashMap};
use std::future::ready;

use chrono::{DateTime, Utc};
use futures::{
    StreamExt, TryStreamExt,
    future::BoxFuture,
    stream::{BoxStream, TryChunksError},
};
use object_store::{ObjectMeta, ObjectStore, path::Path};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::super::{error::Error, roots::Storage};

/// Objects whose names are compared at a time.
const STEP: usize = 500;

/// An object in a folder of this service.
struct Found {
    path: String,
    instance: Uuid,
    /// By the clock of the storage.
    written: DateTime<Utc>,
}

impl Found {
    /// `None` for a path of another form than those that are made here: it is not ours.
    fn of(object: &ObjectMeta) -> Option<Self> {
        let path = object.location.to_string();
        let parts: Vec<_> = path.split('/').collect();
        let &[_, instance, _, file] = parts.as_slice() else { return None };
        file.strip_suffix(".parquet")?.parse::<Uuid>().ok()?;
        let instance = instance.parse().ok()?;
        Some(Self { path, instance, written: object.last_modified })
    }
}

impl Storage {
    /// Removes the objects in a folder of this service that were written before this time and are not among those that
    /// `named` finds for their instance. Returns how many.
    pub(crate) async fn remove_unnamed<'a, E: From<Error>>(
        &self,
        folder: &str,
        before: DateTime<Utc>,
        stop: &CancellationToken,
        named: impl Fn(Uuid) -> BoxFuture<'a, Result<HashSet<String>, E>>,
    ) -> Result<usize, E> {
        let old = self.found(folder).try_filter(|object| ready(object.written < before));
        let mut chunks = old.try_chunks(STEP);
        let (mut known, mut count) = (HashMap::new(), 0);
        while !stop.is_cancelled() {
            let chunk = chunks.try_next().await.map_err(|TryChunksError(_, error)| error)?;
            let Some(objects) = chunk else { break };
            for Found { path, instance, .. } in objects {
                let paths = match known.entry(instance) {
                    Entry::Occupied(found) => found.into_mut(),
                    Entry::Vacant(none) => none.insert(named(instance).await?),
                };
                if !paths.contains(&path) {
                    count += usize::from(self.remove_orphan(&path).await);
                }
            }
        }
        Ok(count)
    }

    /// Lists every object in a folder of this service, of all instances.
    fn found(&self, folder: &str) -> BoxStream<'static, Result<Found, Error>> {
        let folder = Path::from(folder);
        let listed = self.default_root().store.list(Some(&folder));
        let listed = listed.map_err(move |cause| Error::of_store(&folder, cause));
        listed.try_filter_map(|object| ready(Ok(Found::of(&object)))).boxed()
    }

    async fn remove_orphan(&self, path: &str) -> bool {
        let removed = self.remove(path).await;
        if let Err(error) = &removed {
            tracing::warn!(path, %error, "an orphaned object could not be removed; the janitor retries");
        }
        removed.is_ok()
    }
}
