//! The phases of a run, one after the other: `steps` decides which one follows what has happened, this does what it
//! says. None calls another; what one has found is passed to the next here.
//!
//! A further phase is a file of its own, a step of `steps/phase.rs`, and a function here. One that only reads comes
//! before `transfer`; one that compares or changes the list comes after it, and before `settle`, which gives the lease
//! up.

use std::sync::Arc;

use super::claim::may_begin;
use super::heartbeat::Heartbeat;
use super::job::Job;
use super::leavers::{Route, leavers};
use super::lost::lost_fields;
use super::plan::{PlannedRun, plan};
use super::prepare::{Prepared, prepare};
use super::removed_field::removed_field;
use super::settle::completed;
use super::stopped::{PhasesEnd, Stopped};
use super::transfer::transfer;
use super::verify::{Subject, verify};
use crate::campaign_monitor::CustomField;
use crate::connections::session::AccountSession;
use crate::records::plan::Plan;
use crate::runs::stopwatch::RunStage;
use crate::runs::{Outcome, Reason, ReasonCode, Run, RunStatus};
use crate::steps::{Phase, PhaseEvent, RunEffect};
use crate::storage::Manifest;

/// The phases between `claim` and `settle`.
pub async fn attempt(job: &mut Job, heartbeat: &Heartbeat) -> PhasesEnd {
    let mut findings = Findings::default();
    let mut phase = Phase::Claimed;
    let mut done = may_begin(job).await.map(|()| PhaseEvent::Begun).map_err(Cut::from);
    loop {
        let (next, effect) = phase.step(findings.event(done));
        phase = next;
        done = match effect {
            RunEffect::Prepare => findings.prepare(job, heartbeat).await,
            RunEffect::Plan => findings.plan(job, heartbeat).await,
            RunEffect::Transfer => findings.transfer(job, heartbeat).await,
            RunEffect::RemoveLeavers => findings.remove_leavers(job, heartbeat).await,
            RunEffect::Verify => findings.verify(job, heartbeat).await,
            RunEffect::Complete => return PhasesEnd::Completed(lost_fields(job)),
            RunEffect::Hold => return PhasesEnd::Held(findings.planned.reason()),
            RunEffect::Stop => return PhasesEnd::Stopped(findings.stopped()),
            RunEffect::BreakOff => return PhasesEnd::BrokenOff(findings.stopped()),
        };
    }
}

/// What the phases have found so far, each for those after it.
#[derive(Default)]
struct Findings {
    /// For `plan`, and for `transfer`, which moves it out.
    prepared: Option<Prepared>,
    planned: PlannedRun,
    /// Found by `transfer`, for the removals after it.
    route: Option<Route>,
    /// Found by `transfer`, for the comparison after it.
    checked: Option<CheckedList>,
    /// Why a phase stopped before its end.
    stopped: Option<Stopped>,
}

/// Why a phase stopped before its end, and what that is as an event.
struct Cut(Stopped, PhaseEvent);

impl From<Stopped> for Cut {
    fn from(stopped: Stopped) -> Self {
        Self(stopped, PhaseEvent::Stopped)
    }
}

impl Findings {
    /// What has happened; why a phase stopped is kept for the end.
    fn event(&mut self, done: Result<PhaseEvent, Cut>) -> PhaseEvent {
        done.unwrap_or_else(|Cut(stopped, event)| {
            self.stopped = Some(stopped);
            event
        })
    }

    fn stopped(&mut self) -> Stopped {
        self.stopped.take().unwrap_or_else(missing)
    }

    async fn prepare(&mut self, job: &mut Job, heartbeat: &Heartbeat) -> Result<PhaseEvent, Cut> {
        let prepared = heartbeat.during_or_interrupted(Box::pin(prepare(job))).await?;
        self.prepared = Some(prepared);
        Ok(PhaseEvent::Prepared)
    }

    async fn plan(&mut self, job: &mut Job, heartbeat: &Heartbeat) -> Result<PhaseEvent, Cut> {
        let prepared = self.prepared.as_mut().ok_or_else(missing)?;
        let planned = heartbeat.during_or_interrupted(Box::pin(plan(job, prepared))).await?;
        let hold = planned.hold;
        self.planned = planned;
        Ok(PhaseEvent::Planned(hold))
    }

    async fn transfer(&mut self, job: &mut Job, heartbeat: &Heartbeat) -> Result<PhaseEvent, Cut> {
        let prepared = self.prepared.take().ok_or_else(missing)?;
        let session = prepared.session.clone();
        self.route = Some(Route { session, asks_to_confirm: prepared.asks_to_confirm });
        self.checked = Some(CheckedList::of(&prepared));
        match heartbeat.during(Box::pin(transfer(job, prepared, &heartbeat.interrupt))).await {
            Ok(None) => Ok(PhaseEvent::Sent),
            Ok(Some(stopped)) => Err(stopped.into()),
            Err(broken_off) => Err(Cut(broken_off, PhaseEvent::BrokenOff)),
        }
    }

    async fn remove_leavers(
        &mut self,
        job: &mut Job,
        heartbeat: &Heartbeat,
    ) -> Result<PhaseEvent, Cut> {
        let (planned, route) =
            (std::mem::take(&mut self.planned), self.route.take().ok_or_else(missing)?);
        let phase = Box::pin(leavers(job, planned, route, &heartbeat.interrupt));
        match heartbeat.during(phase).await? {
            None => Ok(PhaseEvent::LeaversDone),
            Some(stopped) => Err(stopped.into()),
        }
    }

    async fn verify(&mut self, job: &mut Job, heartbeat: &Heartbeat) -> Result<PhaseEvent, Cut> {
        let checked = self.checked.take().ok_or_else(missing)?;
        let session = checked.session.clone();
        let removed = async {
            if fills_fields(job) { removed_field(&job.run, &session).await } else { None }
        };
        let (removed, verified) =
            futures::join!(removed, Box::pin(verified(job, checked, heartbeat)));
        verified?;
        match removed {
            None => Ok(PhaseEvent::Verified),
            Some(key) => Err(without_field(job, key).into()),
        }
    }
}

/// A phase followed that needs what none before it has found.
fn missing() -> Stopped {
    Stopped::Fault(anyhow::anyhow!("a phase of the run was left out"))
}

/// The end of a run that has sent values of a custom field that the list does not have any more.
fn without_field(job: &Job, key: String) -> Stopped {
    let reason = Reason::new(ReasonCode::CustomFieldRemoved, format!("“{key}”"));
    let mut reason = reason.with("key", key);
    if let Outcome::Ended(_, Some(other)) = completed(&job.run, &lost_fields(job)) {
        reason.message = format!("{} {}", reason.message, other.message);
        reason.params.append(other.params);
    }
    Stopped::Ended(RunStatus::CompletedWithErrors, reason)
}

/// Whether the run has sent values of custom fields.
fn fills_fields(job: &Job) -> bool {
    let Run { mapping, counts, leavers, .. } = &job.run;
    let has_sent = counts.created + counts.updated > 0 && !mapping.custom_fields.is_empty();
    has_sent || leavers.flagged > 0
}

/// What `verify` reads, which `transfer` has by then.
struct CheckedList {
    session: Arc<AccountSession>,
    plan: Arc<Plan>,
    fields: Arc<[CustomField]>,
    manifests: Vec<Arc<Manifest>>,
}

impl CheckedList {
    fn of(prepared: &Prepared) -> Self {
        let Prepared { session, plan, fields, manifests, .. } = prepared;
        let (session, plan) = (session.clone(), plan.clone());
        Self { session, plan, fields: fields.clone(), manifests: manifests.clone() }
    }
}

/// Verifies a run that has processed every profile. Whatever comes of that, a cancel included, the run is complete;
/// unless another worker has it.
async fn verified(job: &Job, list: CheckedList, heartbeat: &Heartbeat) -> Result<(), Stopped> {
    job.stopwatch.begin(RunStage::Verifying);
    let CheckedList { session, plan, fields, manifests } = list;
    let (app, run) = (job.app.clone(), job.run.clone());
    let subject = Subject { app, run, session, plan, fields, manifests };
    let verified = async {
        verify(&subject).await;
        Ok(())
    };
    match heartbeat.during_or_interrupted(Box::pin(verified)).await {
        Err(stopped @ (Stopped::LeaseLost(_) | Stopped::Fault(_))) => Err(stopped),
        Ok(()) | Err(_) => Ok(()),
    }
}
