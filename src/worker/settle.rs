//! The last phase of a run: how the worker leaves it. A run that ends accounts first for what no later attempt will.

use std::time::Duration;

use serde_json::json;

use super::checkpoint::{adopt, write};
use super::ending::Ending;
use super::job::Job;
use super::stopped::{PhasesEnd, Stopped};
use crate::audit::{self, Action, Author, Change, SystemActor};
use crate::db::WriteHandle;
use crate::runs::store_work::Checkpoint;
use crate::runs::{self, LeaseLost, Outcome, Reason, ReasonCode, Run, RunStatus, measure};
use crate::{backoff, baselines, db};

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
    Ok(match stopped {
        Stopped::LeaseLost(lost) => return Err(lost),
        Stopped::Fault(error) => after_fault(job, &error),
        Stopped::Ended(status, reason) => Outcome::Ended(status, Some(reason)),
        Stopped::Drained => {
            Outcome::Released { not_before: db::now(), reason: None, stalled: false }
        }
        Stopped::Paused => Outcome::Released {
            not_before: db::now(),
            reason: Some(Reason::new(ReasonCode::Paused, "")),
            stalled: false,
        },
        Stopped::Later(reason, asked) => later(job, reason, asked),
    })
}

/// `lost` names the fields of which no value could be sent. It comes before what happened to single profiles.
fn completed(run: &Run, lost: &[String]) -> Outcome {
    let (status, shortfall) = (run.counts.completion(), run.counts.shortfall());
    if !lost.is_empty() {
        let detail = format!("{} {shortfall}", lost.join(" "));
        let reason = Reason::new(ReasonCode::FieldLost, detail.trim_end());
        return Outcome::Ended(RunStatus::CompletedWithErrors, Some(reason));
    }
    let leavers = run.leavers;
    if status == RunStatus::Successful && leavers.failed + leavers.remaining() > 0 {
        let detail = format!(
            "{} of {} people who left are still on the list as before.",
            leavers.failed + leavers.remaining(),
            leavers.found
        );
        let reason = Reason::new(ReasonCode::LeaversRemain, detail);
        return Outcome::Ended(RunStatus::CompletedWithErrors, Some(reason));
    }
    let reason = (status == RunStatus::CompletedWithErrors)
        .then(|| Reason::new(ReasonCode::ProfilesNotExported, shortfall));
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
    reason
}

fn after_fault(job: &Job, error: &anyhow::Error) -> Outcome {
    tracing::error!(error = format!("{error:#}"), "an attempt of the run failed");
    later(job, Reason::new(ReasonCode::Internal, ""), None)
}

/// Postpones the run, or gives up when it has made no progress too often.
fn later(job: &Job, reason: Reason, asked: Option<Duration>) -> Outcome {
    let work = &job.app.config.work;
    if job.run.stalls >= work.stalls_max {
        return Outcome::Ended(RunStatus::Failed, Some(reason));
    }
    let pause = asked.unwrap_or_else(|| {
        let first = Duration::from_millis(work.run_pause_ms);
        let attempt = u32::try_from(job.run.stalls).unwrap_or(0);
        backoff::pause(first, RUN_PAUSE_MAX, attempt, rand::random())
    });
    Outcome::Released { not_before: db::now() + pause, reason: Some(reason), stalled: true }
}

/// Rows up to here may have been sent without being accounted for; `None` when only the last checkpoint limits that.
pub fn sent_until(job: &Job, ending: &PhasesEnd) -> Option<i64> {
    if matches!(ending, PhasesEnd::BrokenOff(_)) {
        return None;
    }
    let touched = job.unanswered.iter().filter(|done| !done.is_untouched()).map(|done| done.end);
    touched.chain([job.doubt_until, job.run.position]).max()
}

/// Writes how the worker leaves the run, the rest of its batches, and the next baseline of a run that ends. It gives
/// the lease up.
pub async fn settle(
    job: &mut Job,
    outcome: &Outcome,
    Ending { rest, baseline }: Ending,
    sent_until: Option<i64>,
) -> anyhow::Result<()> {
    let to = Checkpoint::of(job, &rest, job.run.position, job.run.position);
    let mut tx = job.app.db.write().await?;
    if !rest.is_empty() {
        write(&mut tx, job, &to, &rest).await?;
    }
    let is_ended = matches!(outcome, Outcome::Ended(..));
    let sent_until = if is_ended { Some(job.run.position) } else { sent_until };
    if !runs::store_work::settle(&mut tx, job.lease, outcome, sent_until, db::now()).await? {
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
    tx.commit().await?;
    adopt(job, to, &rest);
    log(job, outcome);
    Ok(())
}

async fn record_hold(tx: &mut WriteHandle, job: &Job, reason: &Reason) -> sqlx::Result<()> {
    let author = Author::system(job.run.instance_id, SystemActor::Worker);
    let change = Change::done(&job.run, &json!({"reason": reason}));
    audit::record(tx, &author, Action::RunHold, change).await
}

fn log(job: &Job, outcome: &Outcome) {
    match outcome {
        Outcome::Ended(status, reason) => {
            measure::run_ended(*status, 1);
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
    let word = serde_json::to_value(reason?.code).ok()?;
    word.as_str().map(str::to_owned)
}
