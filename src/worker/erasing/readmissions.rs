//! People who may be sent again although they left.

use uuid::Uuid;

use super::job::ErasingJob;
use super::swept::Swept;
use crate::erasures::Site;
use crate::feedback::store;

/// Rows that are read at a time.
const ROWS: i64 = 500;

/// Removes those of people who are sought.
pub async fn sweep(job: &ErasingJob) -> anyhow::Result<Swept> {
    let (mut swept, mut after) = (Swept::default(), Uuid::nil());
    loop {
        let (mut db, instance) = (job.app.db.read().await?, job.erasure.instance_id);
        let rows = store::of_instance(&mut db, instance, after, ROWS).await?;
        drop(db);
        let Some(last) = rows.last() else { return Ok(swept) };
        after = last.id.0;
        for row in rows.iter().filter(|row| job.sought.is_address(&row.email)) {
            let mut tx = job.write().await?;
            store::remove(&mut tx, row.export_id, row.id).await?;
            job.count(&mut tx, Site::Readmissions, 1, 1).await?;
            tx.commit().await?;
            swept.found += 1;
        }
    }
}
