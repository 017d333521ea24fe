//! The phase before the first call: what the run would do, and whether somebody must approve that first.
//!
//! Only where people may leave the list or change their address, or new ones are limited. The plan is computed again by
//! each attempt: an approval counts for the same plan only.

use std::sync::Arc;

use super::job::Job;
use super::prepare::Prepared;
use super::stopped::Stopped;
use crate::db;
use crate::exports::{Warning, nobody_removed};
use crate::records::batches::ReadFailure;
use crate::records::outlook::{self, Forecast, Outlook};
use crate::records::plan_failure::PlanFailure;
use crate::records::plan_subject::PlanSubject;
use crate::runs::store_plans::{self, NewPlan};
use crate::runs::{LeaseLost, Reason, ReasonCode, newer_upload, store_leavers, store_work};
use crate::steps::{Hold, hold};

/// What the phases after this one need of the plan.
#[derive(Default)]
pub struct PlannedRun {
    /// `None` where a run needs no plan.
    pub outlook: Option<Outlook>,
    /// What waits for an approval.
    pub hold: Hold,
}

impl PlannedRun {
    /// Why the run waits for an approval.
    pub fn reason(&self) -> Reason {
        let Some(Outlook { plan, .. }) = &self.outlook else {
            return Reason::new(ReasonCode::AwaitingApproval, "");
        };
        Reason::new(ReasonCode::AwaitingApproval, plan.explanation()).with_all(plan.params())
    }
}

/// Computes and stores the plan. It may be dropped at any point: nothing is sent.
pub async fn plan(job: &mut Job, prepared: &mut Prepared) -> Result<PlannedRun, Stopped> {
    let Forecast { outlook, is_settled, settled } = compute(job, prepared).await?;
    (prepared.is_settled, job.settled) = (is_settled, settled);
    let Some(mut outlook) = outlook else { return Ok(PlannedRun::default()) };
    job.changes = Arc::new(std::mem::take(&mut outlook.changes));
    if let Some(doubt) = another_plan(job, &outlook).await? {
        forget_leavers(&mut outlook, doubt);
        // By the stored plan it is known whom the attempt before has removed.
        warn(job, prepared, outlook.doubt.as_ref()).await?;
        return Ok(PlannedRun { outlook: Some(outlook), hold: Hold::Nothing });
    }
    if let Some(doubt) = newer_members(job, &outlook).await? {
        forget_leavers(&mut outlook, doubt);
    }
    let is_approved = store(job, prepared, &outlook).await?;
    let hold = hold(outlook.hold, is_approved);
    Ok(PlannedRun { outlook: Some(outlook), hold })
}

async fn compute(job: &Job, prepared: &Prepared) -> Result<Forecast, Stopped> {
    let run = &job.run;
    let subject = PlanSubject {
        instance: run.instance_id,
        export: run.export_id,
        run: Some(run.id),
        list: &run.list_id,
        mapping: &run.mapping,
        sync: &run.sync,
        basis: job.basis.as_ref(),
    };
    let plan = Arc::clone(&prepared.plan);
    let manifests = &prepared.manifests;
    let computed = Box::pin(outlook::compute_where_needed(&job.app, &subject, plan, manifests));
    computed.await.map_err(|failure| match failure {
        PlanFailure::Read(ReadFailure { segment, error }) => {
            Stopped::unreadable(&error, job.segments.get(segment))
        }
        PlanFailure::Storage(error) => Stopped::unreadable(&error, None),
        PlanFailure::Damaged => Stopped::Fault(anyhow::anyhow!("a baseline is damaged")),
        PlanFailure::Incomplete => {
            Stopped::Fault(anyhow::anyhow!("the reader ended before the segments"))
        }
        PlanFailure::Database(error) => error.into(),
    })
}

/// Why nobody else leaves the list, when an earlier attempt removed people by another plan.
async fn another_plan(job: &Job, outlook: &Outlook) -> Result<Option<Warning>, Stopped> {
    let mut tx = job.app.db.read().await?;
    let stored = store_plans::get(&mut tx, job.run.id).await?;
    let is_another = stored.is_some_and(|stored| {
        stored.hash != outlook.hash || Some(stored.baseline_version) != version(outlook)
    });
    let has_begun = is_another && !store_leavers::of_run(&mut tx, job.run.id).await?.is_empty();
    Ok(has_begun.then(|| nobody_removed("planChanged", CHANGED)))
}

const CHANGED: &str = "While the run removed people, it turned out that others leave than before. So it removed nobody \
    else. The next run does.";

/// Why nobody leaves the list, when members were uploaded since the run read its own: somebody may have come back.
async fn newer_members(job: &Job, outlook: &Outlook) -> Result<Option<Warning>, Stopped> {
    if outlook.leavers.act.is_empty() {
        return Ok(None);
    }
    let newer = newer_upload(&mut job.app.db.read().await?, job.run.id).await?;
    Ok(newer.map(|name| {
        let name = name.as_str();
        let message = format!(
            "Members of the segment “{name}” were uploaded since this run read them, so it takes nobody off the list. \
             The next run does."
        );
        nobody_removed("newerMembers", message).with("segment", name)
    }))
}

fn version(outlook: &Outlook) -> Option<i64> {
    outlook.baseline.as_ref().map(|baseline| baseline.version)
}

fn forget_leavers(outlook: &mut Outlook, doubt: Warning) {
    outlook.leavers.forget();
    outlook.doubt = Some(doubt);
    outlook.hold = Hold::Nothing;
}

/// Stores why nobody leaves the list.
async fn warn(job: &Job, prepared: &mut Prepared, doubt: Option<&Warning>) -> Result<(), Stopped> {
    let Some(doubt) = doubt else { return Ok(()) };
    prepared.warnings.items.push(doubt.clone());
    let _writing = job.writes.clone().lock_owned().await;
    let mut tx = job.app.db.write().await?;
    let kept = store_work::set_warnings(&mut tx, job.lease, &prepared.warnings).await?;
    tx.commit().await?;
    if kept { Ok(()) } else { Err(Stopped::LeaseLost(LeaseLost)) }
}

/// Stores the plan and its warning. Whether exactly this plan is approved.
async fn store(job: &mut Job, prepared: &mut Prepared, outlook: &Outlook) -> Result<bool, Stopped> {
    warn(job, prepared, outlook.doubt.as_ref()).await?;
    let _writing = job.writes.clone().lock_owned().await;
    let mut tx = job.app.db.write().await?;
    let new = NewPlan {
        plan: &outlook.plan,
        hash: &outlook.hash,
        baseline_version: version(outlook).unwrap_or_default(),
        done: job.run.leavers.acted(),
    };
    if !store_plans::put(&mut tx, job.lease, &new, db::now()).await? {
        return Err(Stopped::LeaseLost(LeaseLost));
    }
    let stored = store_plans::get(&mut tx, job.run.id).await?;
    tx.commit().await?;
    job.run.leavers.found = new.found();
    job.run.leavers.kept = outlook.plan.kept;
    Ok(stored.is_some_and(|stored| stored.is_approved()))
}
