//! Answers that are kept for repeated calls. None holds a member, but somebody who calls may be erased as one.

use super::job::ErasingJob;
use super::swept::Swept;
use crate::erasures::Site;
use crate::http::idempotency::store::{self, KeptAnswer};

/// Answers that are read at a time.
const ROWS: i64 = 500;

/// Removes the answers that name people who are sought. Then the same key may be used anew.
pub async fn sweep(job: &ErasingJob) -> anyhow::Result<Swept> {
    let (mut swept, mut after) = (Swept::default(), (String::new(), String::new()));
    let instance = job.erasure.instance_id;
    loop {
        let (mut db, from) = (job.app.db.read().await?, (after.0.as_str(), after.1.as_str()));
        let rows = store::kept(&mut db, instance, from, ROWS).await?;
        drop(db);
        let Some(last) = rows.last() else { return Ok(swept) };
        after = (last.subject.clone(), last.key.clone());
        let sought: Vec<_> = rows.into_iter().filter(|row| is_sought(job, row)).collect();
        for row in sought {
            let mut tx = job.write().await?;
            store::remove(&mut tx, instance, &row.subject, &row.key).await?;
            job.count(&mut tx, Site::IdempotencyAnswers, 1, 1).await?;
            tx.commit().await?;
            swept.found += 1;
        }
    }
}

/// Whether the caller, or one of the texts of the JSON, is an address that is sought.
fn is_sought(job: &ErasingJob, row: &KeptAnswer) -> bool {
    row.body.split('"').chain([row.subject.as_str()]).any(|text| job.sought.is_address(text))
}
