//! What the last run did to people who left, where it could not store that at its end: Campaign Monitor or the storage
//! was unavailable then, or it was canceled while it waited for its next attempt. Else people whom this service removed
//! would count as removed by somebody else, and stay away; or, after an approval, as still on the list.

use super::job::Job;
use super::leaver_members::leaver_members;
use super::stopped::Stopped;
use crate::app::App;
use crate::baselines::{self, Baseline};
use crate::db;
use crate::names::RunId;
use crate::runs::{self, LeaverOutcome, ReasonCode, store_leavers, store_plans, store_sent};

/// Adds it to the baseline, which stays behind in everything else. Slots count in the version for which the plan of
/// that run was made: as long as that is the stored one, nothing that was done by the plan is in it. So also where the
/// baseline names that run, because it has waited for an approval after it had sent everybody.
pub async fn recover_leavers(job: &Job) -> Result<(), Stopped> {
    let (app, run) = (&job.app, &job.run);
    let (export, list) = (run.export_id, run.list_id.as_str());
    let mut tx = app.db.read().await?;
    let stored = baselines::store::get(&mut tx, export, list).await?;
    let sender = store_sent::last_sending(&mut tx, export, list, run.id).await?;
    let (Some(baseline), Some(sender)) = (stored, sender) else { return Ok(()) };
    let plan = store_plans::get(&mut tx, sender).await?;
    if plan.map(|plan| plan.baseline_version) != Some(baseline.version) {
        return Ok(());
    }
    let reason = runs::store::get(&mut tx, sender).await?.and_then(|run| run.reason);
    drop(tx);
    let has_lost_values =
        reason.is_some_and(|reason| reason.code == ReasonCode::CustomFieldRemoved);
    let next = with_leavers(app, &baseline, sender, has_lost_values).await?;
    let Some(next) = next else { return Ok(()) };
    let _writing = job.writes.clone().lock_owned().await;
    let mut tx = app.db.write().await?;
    baselines::store::replace(&mut tx, &next, db::now()).await?;
    Ok(tx.commit().await?)
}

/// A baseline with what a run did to people who left, where their slots count in this version of it. `None` where
/// there is nothing to add. Flags of a run whose values Campaign Monitor did not store are left out, so that they are
/// set once more.
pub(super) async fn with_leavers(
    app: &App,
    baseline: &Baseline,
    run: RunId,
    has_lost_values: bool,
) -> Result<Option<Baseline>, Stopped> {
    let mut tx = app.db.read().await?;
    let plan = store_plans::get(&mut tx, run).await?;
    let mut done = store_leavers::of_run(&mut tx, run).await?;
    drop(tx);
    if has_lost_values {
        done.retain(|_, outcome| *outcome != LeaverOutcome::Flagged);
    }
    if done.is_empty() || plan.map(|plan| plan.baseline_version) != Some(baseline.version) {
        return Ok(None);
    }
    let members = leaver_members(&app.storage, baseline, done, run);
    match baselines::fold(&app.storage, baseline, members).await {
        Ok(next) => Ok(Some(Baseline { run_id: baseline.run_id, ..next })),
        // The run finds that out, too, and says so.
        Err(baselines::Error::Damaged { .. }) => Ok(None),
        Err(error) => Err(Stopped::baseline(error)),
    }
}
