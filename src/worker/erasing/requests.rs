//! Bodies of calls to Campaign Monitor.

use super::job::ErasingJob;
use super::swept::Swept;
use crate::erasures::Site;
use crate::runs::store_forget;

/// Calls that one transaction changes.
const STEP: i64 = 1000;

/// Removes the bodies of all calls of the instance: each holds many people, and may end within an address.
pub async fn sweep(job: &ErasingJob) -> anyhow::Result<Swept> {
    let mut swept = Swept::default();
    loop {
        let mut tx = job.write().await?;
        let removed = store_forget::remove_bodies(&mut tx, job.erasure.instance_id, STEP).await?;
        if removed == 0 {
            return Ok(swept);
        }
        job.count(&mut tx, Site::Requests, removed, removed).await?;
        tx.commit().await?;
        swept.found += removed;
    }
}
