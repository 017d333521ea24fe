//! The last phase of a run: how the worker leaves it. A run that ends accounts first for what no later attempt will.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::account::{Done, doubt};
use super::checkpoint::{adopt, write};
use super::job::Job;
use super::stopped::{PhasesEnd, Stopped};
use crate::audit::{self, Action, Author, Change, SystemActor};
use crate::backoff;
use crate::db::{self, WriteHandle};
use crate::records::batches::{self, MemberSource, ReadFailure};
use crate::records::plan::Plan;
use crate::runs::store_work::Checkpoint;
use crate::runs::{self, LeaseLost, Outcome, Reason, ReasonCode, Run, RunStatus, measure};
use crate::storage::Manifest;

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
            "{} of {} people who left could not be taken off the list or flagged.",
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

/// Writes how the worker leaves the run, and the `rest` of its batches. It gives the lease up.
pub async fn settle(
    job: &mut Job,
    outcome: &Outcome,
    rest: Vec<Done>,
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

/// Of a run that ends: the batches that were sent in part, and those that an attempt which died may have sent. Of what
/// was not sent at all nothing is written: it remains.
pub async fn rest(job: &mut Job, outcome: &Outcome) -> Result<Vec<Done>, Stopped> {
    if !matches!(outcome, Outcome::Ended(..)) {
        return Ok(vec![]);
    }
    let mut rest = std::mem::take(&mut job.unanswered);
    rest.retain(|done| !done.is_untouched());
    if job.doubt_until > job.run.position {
        let failed = rest.iter().map(|done| done.batch.first_row);
        let known = failed.chain(job.answered.keys().copied()).collect();
        rest.extend(doubtful(job, known).await?);
    }
    Ok(rest)
}

/// The batches that an earlier attempt may have sent, without those that are `known` by their first rows.
async fn doubtful(job: &Job, known: HashSet<i64>) -> Result<Vec<Done>, Stopped> {
    let segments = runs::store::segments(&mut job.app.db.read().await?, job.run.id).await?;
    let manifests: Vec<Arc<Manifest>> = segments
        .into_iter()
        .filter_map(|segment| segment.manifest)
        .map(|manifest| Arc::new(manifest.0))
        .collect();
    let mut reader = batches::read(MemberSource {
        storage: job.app.storage.clone(),
        manifests,
        plan: Arc::new(Plan::without_values(&job.run.mapping)),
        position: job.run.position,
        answered: known,
        seed: job.run.id.0.as_u64_pair().1,
        winners: None,
    });
    let mut doubtful = Vec::new();
    while let Some(batch) = reader.recv().await {
        match batch {
            Ok(batch) if batch.first_row >= job.doubt_until => break,
            Ok(batch) => doubtful.push(doubt(batch)),
            Err(ReadFailure { error, .. }) => {
                let why = "profiles that may have been sent are unreadable, and count as remaining";
                tracing::warn!(error = %error, "{why}");
                break;
            }
        }
    }
    Ok(doubtful)
}
