//! People of whom a verification found something else than was sent.

use uuid::Uuid;

use super::job::ErasingJob;
use super::swept::Swept;
use crate::erasures::Site;
use crate::verifications::VerificationId;
use crate::verifications::store_forget::{self, DifferencePerson};

/// Rows that are read at a time.
const ROWS: i64 = 5000;
/// Rows that one transaction removes.
const STEP: usize = 500;

/// Removes the differences; what a verification has counted stays.
pub async fn sweep(job: &ErasingJob) -> anyhow::Result<Swept> {
    let (mut swept, mut after) = (Swept::default(), (VerificationId(Uuid::nil()), 0));
    loop {
        let (mut db, instance) = (job.app.db.read().await?, job.erasure.instance_id);
        let rows = store_forget::differences(&mut db, instance, after, ROWS).await?;
        drop(db);
        let Some(last) = rows.last() else { return Ok(swept) };
        after = (last.verification_id, last.number);
        let sought: Vec<_> = rows.into_iter().filter(|row| is_sought(job, row)).collect();
        swept.found += i64::try_from(sought.len())?;
        for some in sought.chunks(STEP) {
            let mut tx = job.write().await?;
            for row in some {
                store_forget::remove(&mut tx, row.verification_id, row.number).await?;
            }
            let count = i64::try_from(some.len())?;
            job.count(&mut tx, Site::Differences, count, count).await?;
            tx.commit().await?;
        }
    }
}

fn is_sought(job: &ErasingJob, row: &DifferencePerson) -> bool {
    let id = row.customer_id.as_deref().unwrap_or_default();
    job.sought.is_row(id, [row.email.as_str()].into_iter())
}
