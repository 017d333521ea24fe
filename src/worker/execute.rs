//! The phases of a run, one after the other. None calls another; what one has found is passed to the next here.
//!
//! A further phase is a file of its own and a line here. One that only reads comes before `transfer`; one that compares
//! or changes the list comes after it, and before `settle`, which gives the lease up.

use std::sync::Arc;

use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::claim::{begin, claim, may_begin};
use super::ending::ending;
use super::fairness::Fairness;
use super::heartbeat::Heartbeat;
use super::job::Job;
use super::leavers::{Route, leavers};
use super::lost::lost_fields;
use super::plan::{PlannedRun, plan};
use super::prepare::{Prepared, prepare};
use super::settle::{self, settle};
use super::stopped::{PhasesEnd, Stopped};
use super::transfer::transfer;
use super::verify::{Subject, verify};
use crate::app::App;
use crate::campaign_monitor::CustomField;
use crate::connections::session::AccountSession;
use crate::db;
use crate::exports::ListId;
use crate::names::{ConnectionId, RunId};
use crate::records::forecast::Hold;
use crate::records::plan::Plan;
use crate::runs::{self, Run};
use crate::storage::Manifest;
use crate::telemetry;
use crate::telemetry::measures::{self, GaugeGuard};

/// Claims a run and executes it, unless it is not due or another worker has it.
pub async fn execute(app: &Arc<App>, fairness: &Arc<Fairness>, id: RunId) -> anyhow::Result<()> {
    let Some(run) = claim(app, id).await? else {
        return Ok(());
    };
    let (connection, list, span) = (run.connection_id, run.list_id.clone(), span(&run));
    phases(app, fairness, run).instrument(span).await?;
    hint_next(app, connection, &list).await
}

fn span(run: &Run) -> Span {
    let span = tracing::info_span!("run", run.id = %run.id.0, run.attempt = run.fence,
        instance.id = %run.instance_id, export.id = %run.export_id.0, trace_id = Empty);
    if let Some(traceparent) = &run.traceparent {
        telemetry::continue_trace(&span, traceparent);
    }
    telemetry::record_trace_id(&span);
    span
}

async fn phases(app: &Arc<App>, fairness: &Arc<Fairness>, run: Run) -> anyhow::Result<()> {
    let _active = GaugeGuard::new(measures::RUNS_ACTIVE);
    let mut job = begin(app, fairness, run).await?;
    let heartbeat = Heartbeat::of(&job);
    let ended = attempt(&mut job, &heartbeat).await;
    if matches!(ended, PhasesEnd::BrokenOff(_)) {
        // Uploads in flight may land yet: a run that ends now counts them as in doubt.
        job.doubt_until = job.doubt_until.max(job.run.sent_until);
    }
    let sent_until = settle::sent_until(&job, &ended);
    let outcome = settle::outcome(&job, ended)?;
    let ending = heartbeat.during(Box::pin(ending(&mut job, &outcome))).await?;
    settle(&mut job, &outcome, ending, sent_until).await
}

/// The phases between `claim` and `settle`.
async fn attempt(job: &mut Job, heartbeat: &Heartbeat) -> PhasesEnd {
    let prepared = async {
        may_begin(job).await?;
        heartbeat.during_or_interrupted(Box::pin(prepare(job))).await
    };
    let mut prepared = match prepared.await {
        Ok(prepared) => prepared,
        Err(stopped) => return PhasesEnd::Stopped(stopped),
    };
    let planned = heartbeat.during_or_interrupted(Box::pin(plan(job, &mut prepared)));
    let planned = match planned.await {
        Ok(planned) => planned,
        Err(stopped) => return PhasesEnd::Stopped(stopped),
    };
    if planned.hold == Hold::Run {
        return PhasesEnd::Held(planned.reason());
    }
    let route =
        Route { session: prepared.session.clone(), asks_to_confirm: prepared.asks_to_confirm };
    let checked = CheckedList::of(&prepared);
    match heartbeat.during(Box::pin(transfer(job, prepared, &heartbeat.interrupt))).await {
        Ok(None) => match take_off(job, planned, route, heartbeat).await {
            PhasesEnd::Completed(lost) => match verified(job, checked, heartbeat).await {
                Ok(()) => PhasesEnd::Completed(lost),
                Err(stopped) => PhasesEnd::Stopped(stopped),
            },
            other => other,
        },
        Ok(Some(stopped)) => PhasesEnd::Stopped(stopped),
        Err(broken_off) => PhasesEnd::BrokenOff(broken_off),
    }
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

/// The phase after everybody has been sent.
async fn take_off(
    job: &mut Job,
    planned: PlannedRun,
    route: Route,
    heartbeat: &Heartbeat,
) -> PhasesEnd {
    if planned.hold == Hold::Removals {
        return PhasesEnd::Held(planned.reason());
    }
    let phase = Box::pin(leavers(job, planned, route, &heartbeat.interrupt));
    match heartbeat.during(phase).await {
        Ok(None) => PhasesEnd::Completed(lost_fields(job)),
        Ok(Some(stopped)) | Err(stopped) => PhasesEnd::Stopped(stopped),
    }
}

/// The runs of a connection, and those of a list, are executed one after the other: the next one need not wait for the
/// sweeper.
async fn hint_next(
    app: &App,
    connection: Option<ConnectionId>,
    list: &ListId,
) -> anyhow::Result<()> {
    let mut db = app.db.read().await?;
    let next = runs::store_waiting::waiting(&mut db, connection, list, db::now()).await?;
    drop(db);
    if let Some(next) = next {
        app.queue.hint(next).await;
    }
    Ok(())
}
