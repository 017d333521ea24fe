//! The last phase of a run: how the worker leaves it. A run that ends accounts first for what no later attempt will.

use std::time::Duration;

use serde_json::json;

use super::checkpoint::{adopt, write};
use super::ending::Ending;
use super::job::Job;
use super::requests::write_requests;
use super::stopped::{PhasesEnd, Stopped};
use crate::audit::{self, Action, Author, Change, SystemActor};
use crate::db::WriteHandle;
use crate::runs::store_work::Checkpoint;
use crate::runs::{self, LeaseLost, Outcome, Reason, ReasonCode, Run, RunStatus, measure};
use crate::steps::{Leave, LeftRun, leave};
use crate::{backoff, baselines, db, row_logs, steps};

/// The longest pause before a run is tried again.
const RUN_PAUSE_MAX: Duration = Duration::from_mins(10);

/// What becomes of a run whose other phases ended so. Fails when another worker has it: then nothing is written.
pub fn outcome(job: &Job, ending: PhasesEnd) -> Result<Outcome, LeaseLost> {
    let stopped = match ending {
        PhasesEnd::Completed(lost) => return Ok(completed(&job.run, &lost)),
        PhasesEnd::Held(reason) => {
            let until = db::now() + job.app.config.work.approval_time();
            return Ok(Outcome::Held { until, reason });
        }
        PhasesEnd::Stopped(stopped) | PhasesEnd::BrokenOff(stopped) => stopped,
    };
    let (run, stalls_max) = (&job.run, job.app.config.work.stalls_max);
    let leave = leave(stopped.kind(), run.stalls, stalls_max);
    let Explained { status, reason, asked } = explained(stopped)?;
    let now = db::now();
    Ok(match leave {
        Leave::Silently => return Err(LeaseLost),
        Leave::Ended => Outcome::Ended(status, reason),
        Leave::GivenUp => Outcome::Ended(RunStatus::Failed, reason),
        Leave::Released { is_stalled: false } => {
            Outcome::Released { not_before: now, reason, stalled: false }
        }
        Leave::Released { is_stalled: true } => {
            let not_before = now + asked.unwrap_or_else(|| pause(job));
            Outcome::Released { not_before, reason, stalled: true }
        }
    })
}

/// What is known about a stop.
struct Explained {
    /// Of a run that ends for it.
    status: RunStatus,
    reason: Option<Reason>,
    /// The pause that was asked for.
    asked: Option<Duration>,
}

fn explained(stopped: Stopped) -> Result<Explained, LeaseLost> {
    let (status, reason, asked) = match stopped {
        Stopped::LeaseLost(lost) => return Err(lost),
        Stopped::Fault(error) => {
            tracing::error!(error = format!("{error:#}"), "an attempt of the run failed");
            (RunStatus::Failed, Some(Reason::new(ReasonCode::Internal, "")), None)
        }
        Stopped::Ended(status, reason) => (status, Some(reason), None),
        Stopped::Drained | Stopped::MoreErased => (RunStatus::Failed, None, None),
        Stopped::Paused => (RunStatus::Failed, Some(Reason::new(ReasonCode::Paused, "")), None),
        Stopped::Later(reason, asked) => (RunStatus::Failed, Some(reason), asked),
    };
    Ok(Explained { status, reason, asked })
}

/// `lost` names the fields of which no value could be sent. It comes before what happened to single profiles.
pub(super) fn completed(run: &Run, lost: &[String]) -> Outcome {
    let (status, shortfall) = (run.counts.completion(), run.counts.shortfall());
    let numbers = run.counts.shortfall_params();
    if !lost.is_empty() {
        let detail = format!("{} {shortfall}", lost.join(" "));
        let fields: Vec<_> = run.field_warnings.0.lost().map(|lost| lost.field.as_str()).collect();
        let reason = Reason::new(ReasonCode::FieldLost, detail.trim_end()).with_all(numbers);
        let reason = reason.with("fields", fields.join(", "));
        return Outcome::Ended(RunStatus::CompletedWithErrors, Some(reason));
    }
    let leavers = run.leavers;
    let (found, remaining) = (leavers.found, leavers.failed + leavers.remaining());
    if status == RunStatus::Successful && remaining > 0 {
        let detail =
            format!("{remaining} of {found} people who left are still on the list as before.");
        let reason = Reason::new(ReasonCode::LeaversRemain, detail);
        let reason = reason.with("remaining", remaining).with("found", found);
        return Outcome::Ended(RunStatus::CompletedWithErrors, Some(reason));
    }
    let reason = (status == RunStatus::CompletedWithErrors)
        .then(|| Reason::new(ReasonCode::ProfilesNotExported, shortfall).with_all(numbers));
    Outcome::Ended(status, reason.map(|reason| with_values(reason, run.field_warnings.total())))
}

/// The reason, and how many values were not sent as they are: their profiles are not among the rejections.
fn with_values(mut reason: Reason, values: i64) -> Reason {
    let sentence = match values {
        0 => return reason,
        1 => "1 value was not sent as in the data; the value problems of this run name it."
            .to_owned(),
        _ => format!(
            "{values} values were not sent as in the data; the value problems of this run name them."
        ),
    };
    reason.message = format!("{} {sentence}", reason.message);
    reason.with("values", values)
}

/// Until a run that made no progress is tried again.
fn pause(job: &Job) -> Duration {
    let first = Duration::from_millis(job.app.config.work.run_pause_ms);
    let attempt = u32::try_from(job.run.stalls).unwrap_or(0);
    backoff::pause(first, RUN_PAUSE_MAX, attempt, rand::random())
}

/// Rows up to here may have been sent without being accounted for; `None` when only the last checkpoint limits that.
pub fn sent_until(job: &Job, outcome: &Outcome, is_broken_off: bool) -> Option<i64> {
    let touched = job.unanswered.iter().filter(|done| !done.is_untouched()).map(|done| done.end);
    steps::sent_until(&LeftRun {
        is_ended: matches!(outcome, Outcome::Ended(..)),
        is_broken_off,
        position: job.run.position,
        doubt_until: job.doubt_until,
        touched_until: touched.max(),
    })
}

/// Writes how the worker leaves the run, the rest of its batches, and the next baseline of a run that ends. It gives
/// the lease up.
pub async fn settle(
    job: &mut Job,
    outcome: &Outcome,
    Ending { rest, row_files, baseline, settled }: Ending,
    sent_until: Option<i64>,
) -> anyhow::Result<()> {
    let mut tx = job.app.db.write().await?;
    write_requests(&mut tx, job).await?;
    let (to, calls) = Checkpoint::of(job, &rest, job.run.position, job.run.position);
    if !rest.is_empty() {
        write(&mut tx, job, (&to, &calls), &rest).await?;
    }
    let is_ended = matches!(outcome, Outcome::Ended(..));
    row_logs::store::add_files(&mut tx, job.run.id, &row_files).await?;
    warn_of_missing_rows(&mut tx, job).await?;
    let timeline = job.stopwatch.timeline(db::now());
    if !runs::store_work::settle(&mut tx, job.lease, outcome, &timeline, sent_until).await? {
        return Err(LeaseLost.into());
    }
    if let Outcome::Held { reason, .. } = outcome {
        record_hold(&mut tx, job, reason).await?;
    }
    if let Some(next) = baseline
        && !baselines::store::replace(&mut tx, &next, db::now()).await?
    {
        tracing::warn!("the export was removed, or its baseline replaced meanwhile");
    }
    if let Some(settled) = settled {
        let (export, list) = (job.run.export_id, job.run.list_id.as_str());
        baselines::store_settled::put(&mut tx, export, list, &settled).await?;
    }
    tx.commit().await?;
    adopt(job, to, &rest);
    log(job, outcome);
    if is_ended && job.row_log.is_some() {
        finish_row_log(job).await;
    }
    Ok(())
}

/// The janitor does it when this fails.
async fn finish_row_log(job: &Job) {
    if let Err(error) = row_logs::finish(&job.app, job.run.id).await {
        tracing::warn!(%error, "the manifest of the row log was not written; the janitor retries");
    }
}

async fn warn_of_missing_rows(tx: &mut WriteHandle, job: &Job) -> sqlx::Result<()> {
    let Some(warning) = job.row_log.as_ref().and_then(|row_log| row_log.warning()) else {
        return Ok(());
    };
    let stored = runs::store::get(tx, job.run.id).await?;
    let mut warnings = stored.map(|run| run.warnings.0).unwrap_or_default();
    warnings.items.retain(|known| known.code != warning.code);
    warnings.items.push(warning);
    // Whether the lease is lost, the next statement finds out.
    runs::store_work::set_warnings(tx, job.lease, &warnings).await.map(drop)
}

async fn record_hold(tx: &mut WriteHandle, job: &Job, reason: &Reason) -> sqlx::Result<()> {
    let author = Author::system(job.run.instance_id, SystemActor::Worker);
    let change = Change::done(&job.run, &json!({"reason": reason}));
    audit::record(tx, &author, Action::RunHold, change).await
}

fn log(job: &Job, outcome: &Outcome) {
    match outcome {
        Outcome::Ended(status, reason) => {
            measure::run_ended(*status, reason.as_ref());
            tracing::info!(
                run.status = status.word(),
                run.reason = word(reason.as_ref()),
                run.position = job.run.position,
                "run ended"
            );
        }
        Outcome::Held { until, .. } => {
            tracing::info!(run.held_until = %until, run.position = job.run.position, "run waits for an approval");
        }
        Outcome::Released { not_before, reason, .. } => {
            tracing::info!(
                run.not_before = %not_before,
                run.reason = word(reason.as_ref()),
                run.position = job.run.position,
                "run postponed"
            );
        }
    }
}

fn word(reason: Option<&runs::Reason>) -> Option<String> {
    reason.map(|reason| reason.code.word())
}
