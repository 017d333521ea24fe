//! People whom files of who left have, as exports keep it to tell nobody twice. The files are the customer's: it waits
//! for those that are just being put and may have these people, so that none appears later.

use super::job::ErasingJob;
use super::swept::Swept;
use crate::db;
use crate::erasures::{Site, store_tombstones};
use crate::feedback::{DepartedState, store_files};

/// Addresses that are looked for at a time.
const STEP: usize = 500;

/// Forgets those who are sought.
pub async fn sweep(job: &ErasingJob) -> anyhow::Result<Swept> {
    let (mut swept, instance) = (Swept::default(), job.erasure.instance_id);
    let emails: Vec<_> = job.people.emails.iter().collect();
    for some in emails.chunks(STEP) {
        let mut tx = job.write().await?;
        let key = store_tombstones::key(&mut tx, &job.app.keys, instance).await?;
        let of_one = |email: &&String| {
            let email = email.as_str();
            DepartedState::ALL.map(|state| key.of_departure(state.word(), email))
        };
        let digests: Vec<_> = some.iter().flat_map(of_one).collect();
        let found = store_files::forget_people(&mut tx, instance, &digests).await?;
        job.count(&mut tx, Site::Feedback, found, found).await?;
        tx.commit().await?;
        swept.found += found;
    }
    swept.obstacle = puts(job).await?;
    Ok(swept)
}

/// Why a file may yet appear with these people.
async fn puts(job: &ErasingJob) -> sqlx::Result<Option<String>> {
    let (mut db, instance) = (job.app.db.read().await?, job.erasure.instance_id);
    let generation = store_tombstones::generation(&mut db, instance).await?;
    let any = store_files::any_put_before(&mut db, instance, generation, db::now()).await?;
    Ok(any.then(|| "A file of who left is being put into its folder.".into()))
}
