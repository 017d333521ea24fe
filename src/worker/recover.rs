//! What the last run did to people who left, where it could not store that at its end: Campaign Monitor or the storage
//! was unavailable then. Else people whom this service removed would count as removed by somebody else, and stay away.

use super::job::Job;
use super::leaver_members::leaver_members;
use super::stopped::Stopped;
use crate::baselines::{self, Baseline};
use crate::db;
use crate::runs::{store_leavers, store_plans, store_sent};

/// Adds it to the baseline, which stays behind in everything else. Slots count in the version for which the plan of
/// that run was made.
pub async fn recover_leavers(job: &Job) -> Result<(), Stopped> {
    let (app, run) = (&job.app, &job.run);
    let (export, list) = (run.export_id, run.list_id.as_str());
    let mut tx = app.db.read().await?;
    let stored = baselines::store::get(&mut tx, export, list).await?;
    let sender = store_sent::last_sending(&mut tx, export, list, run.id).await?;
    let (Some(baseline), Some(sender)) = (stored, sender) else { return Ok(()) };
    if baseline.is_trusted(Some(sender), run.id) {
        return Ok(());
    }
    let plan = store_plans::get(&mut tx, sender).await?;
    let done = store_leavers::of_run(&mut tx, sender).await?;
    drop(tx);
    if done.is_empty() || plan.map(|plan| plan.baseline_version) != Some(baseline.version) {
        return Ok(());
    }
    let members = leaver_members(&app.storage, &baseline, done, sender);
    let next = match baselines::fold(&app.storage, &baseline, members).await {
        Ok(next) => Baseline { run_id: baseline.run_id, ..next },
        // The run finds that out, too, and says so.
        Err(baselines::Error::Damaged { .. }) => return Ok(()),
        Err(error) => return Err(Stopped::baseline(error)),
    };
    let _writing = job.writes.clone().lock_owned().await;
    let mut tx = app.db.write().await?;
    baselines::store::replace(&mut tx, &next, db::now()).await?;
    Ok(tx.commit().await?)
}
