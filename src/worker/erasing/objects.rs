//! Searches the objects of an instance in the storage.

use futures::{StreamExt, TryStreamExt, stream};

use super::job::ErasingJob;
use crate::erasures::Site;
use crate::storage::{Error, StoredObject};

/// Objects that are read side by side.
const AT_ONCE: usize = 2;

/// An object with people who are sought, and in how many rows.
pub struct Hit {
    pub object: StoredObject,
    pub rows: i64,
}

/// Every object in a folder of this service that has people who are sought, also one that nothing names. One that
/// cannot be read may have them.
pub async fn search(job: &ErasingJob, folder: &str) -> anyhow::Result<Vec<Hit>> {
    let storage = &job.app.storage;
    let objects = storage.objects_of(folder, job.erasure.instance_id).await?;
    let is_sought = job.is_sought();
    let counted = stream::iter(objects).map(|object| {
        let is_sought = is_sought.clone();
        async move {
            let rows = match storage.count_sought(&object, &is_sought).await {
                Err(Error::Invalid { .. }) => 1,
                counted => i64::try_from(counted?)?,
            };
            anyhow::Ok(Hit { object, rows })
        }
    });
    let hits = counted.buffered(AT_ONCE).try_filter(|hit| std::future::ready(hit.rows > 0));
    hits.try_collect().await
}

/// Removes an object that nothing names.
pub async fn remove_unnamed(job: &ErasingJob, object: &StoredObject) -> anyhow::Result<()> {
    job.app.storage.remove(&object.path).await?;
    let mut tx = job.write().await?;
    job.count(&mut tx, Site::UnnamedObjects, 1, 1).await?;
    Ok(tx.commit().await?)
}
