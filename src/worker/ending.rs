//! What a run that ends leaves behind: the batches that no later attempt will account for, and the next baseline of its
//! export.

use std::sync::Arc;
use std::time::Duration;

use tokio::select;
use tokio::time::timeout;
use uuid::Uuid;

use futures::StreamExt;

use super::account::{Done, doubt};
use super::job::Job;
use super::leaver_members::leaver_members;
use super::origins::prove_origins;
use super::prepare::{basis_at_end, naming_nobody_erased};
use super::recall::recall;
use super::recover::with_leavers;
use super::row_log_leavers::log_leavers;
use super::stopped::Stopped;
use super::unchanged::to_keep;
use crate::baselines::{self, Baseline, HashKind, Settled};
use crate::exports::SendMode;
use crate::names::RunId;
use crate::records::basis::Basis;
use crate::records::batches::{self, MemberSource, ReadFailure};
use crate::records::comparison::Comparison;
use crate::records::marking::Marking;
use crate::records::plan::Plan;
use crate::row_logs::store::RowLogFile;
use crate::runs::{Counts, FullBecause, Outcome, ReasonCode, store_leavers, store_plans};
use crate::steps::{Accounted, BaselineMove, RunEnd, baseline_marks, baseline_move, is_in_doubt};

/// How long a run that ends waits for Campaign Monitor to name the fields of the list.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is still to be written of a run.
#[derive(Default)]
pub struct Ending {
    pub rest: Vec<Done>,
    /// The rows of people who left.
    pub row_files: Vec<RowLogFile>,
    /// `None`: it stays, or is not known, so that the next run sends every member.
    pub baseline: Option<Baseline>,
    /// What a run found that had nothing to do.
    pub settled: Option<Settled>,
}

/// Of a run that ends, or waits for a person: the batches that were sent in part, those that an attempt which died may
/// have sent, and what is known of its members now. Of what was not sent at all nothing is written: it remains.
pub async fn ending(job: &mut Job, outcome: &Outcome) -> Result<Ending, Stopped> {
    let end = run_end(outcome);
    if end == RunEnd::Released {
        return Ok(Ending::default());
    }
    let mut rest = std::mem::take(&mut job.unanswered);
    rest.retain(|done| !done.is_untouched());
    let is_doubtful = job.doubt_until > job.run.position;
    let is_resumed = job.earlier.position > 0 || !job.earlier.answered.is_empty();
    let has_removed = job.run.leavers.changed() > 0;
    if job.basis.is_none() && (is_doubtful || is_resumed || has_removed) {
        job.basis = found_at_end(job).await;
    }
    if is_doubtful {
        let written = rest.iter().map(|done| (done.batch.first_row, done.end));
        let known = written.chain(job.answered.clone()).collect();
        let accounted = Accounted { position: job.run.position, answered: known };
        rest.extend(doubtful(job, accounted).await?);
    }
    let mut rest = log_rest(job, rest).await;
    let row_files = log_rows_of_leavers(job, outcome).await?;
    let stop = job.app.stop.clone();
    let settled = select! {
        kept = Box::pin(to_keep(job, outcome)) => kept,
        // It only saves the next run some time.
        () = stop.cancelled() => None,
    };
    let baseline = match baseline_move(end, job.run.position, job.run.counts.selected) {
        BaselineMove::Stays => None,
        BaselineMove::LeaversOnly => doubted(job).await?,
        BaselineMove::Folds => baseline(job, &mut rest).await,
    };
    Ok(Ending { rest, row_files, baseline, settled })
}

/// Logs the rows of the batches that no later attempt will write.
async fn log_rest(job: &Job, rest: Vec<Done>) -> Vec<Done> {
    let Some(row_log) = &job.row_log else { return rest };
    let plan = job.basis.as_ref().map(|basis| basis.plan.clone());
    let mut logged = Vec::with_capacity(rest.len());
    for done in rest {
        logged.push(row_log.clone().log(done, plan.clone()).await);
    }
    logged
}

/// Logs them once: when the run has ended.
async fn log_rows_of_leavers(job: &Job, outcome: &Outcome) -> Result<Vec<RowLogFile>, Stopped> {
    match (outcome, &job.basis) {
        (Outcome::Ended(..), Some(basis)) => Ok(log_leavers(job, basis).await?),
        _ => Ok(vec![]),
    }
}

fn run_end(outcome: &Outcome) -> RunEnd {
    match outcome {
        Outcome::Ended(_, reason) => {
            let code = reason.as_ref().map(|reason| reason.code);
            RunEnd::Ended { has_lost_values: code == Some(ReasonCode::CustomFieldRemoved) }
        }
        Outcome::Held { .. } => RunEnd::Held,
        Outcome::Released { .. } => RunEnd::Released,
    }
}

/// What the run has kept while it waited for a person, no longer as that of the last run: only what was done to people
/// who left still counts. `None` where it has kept nothing.
async fn doubted(job: &Job) -> Result<Option<Baseline>, Stopped> {
    let run = &job.run;
    let mut db = job.app.db.read().await?;
    let stored = baselines::store::get(&mut db, run.export_id, run.list_id.as_str()).await?;
    drop(db);
    let Some(stored) = stored.filter(|stored| stored.run_id == run.id) else { return Ok(None) };
    let next = with_leavers(&job.app, &stored, run.id, true).await?.unwrap_or(stored);
    Ok(Some(Baseline { run_id: RunId(Uuid::nil()), ..next }))
}

/// The basis of a run that was not prepared in this attempt. Where Campaign Monitor does not name the fields of the
/// list, the records cannot be made again.
async fn found_at_end(job: &Job) -> Option<Basis> {
    let found = timeout(PATIENCE, Box::pin(basis_at_end(job))).await.ok()?;
    let explained = |stopped: &Stopped| {
        tracing::info!(?stopped, "the records of the run cannot be made again");
    };
    found.inspect_err(explained).ok()
}

/// The batches that an earlier attempt may have sent: as many as may be in flight, of those that are not accounted for.
async fn doubtful(job: &Job, accounted: Accounted) -> Result<Vec<Done>, Stopped> {
    let (plan, marking, most) = reading(job).await;
    let plan = naming_nobody_erased(&job.app, &job.run, plan).await?;
    let source =
        MemberSource::new(job.app.storage.clone(), job.manifests().await?, plan, job.seed());
    let mut reader = batches::read(MemberSource { accounted, marking, ..source });
    let mut doubtful = Vec::new();
    while let Some(batch) = reader.recv().await {
        match batch {
            Ok(batch) if is_in_doubt(batch.first_row, doubtful.len(), job.doubt_until, most) => {
                doubtful.push(doubt(batch, job.run.id));
            }
            Ok(_) => break,
            Err(ReadFailure { error, .. }) => {
                let why = "profiles that may have been sent are unreadable, and count as remaining";
                tracing::warn!(error = %error, "{why}");
                break;
            }
        }
    }
    Ok(doubtful)
}

/// How the batches are made that may have been sent, and how many there may be. Where it is unknown which members have
/// changed, all of them are in doubt that the last checkpoint allows.
async fn reading(job: &Job) -> (Arc<Plan>, Marking, usize) {
    let most = usize::from(job.app.config.work.uploads_in_flight);
    let is_comparing = job.run.sync.send == SendMode::Changes
        && matches!(job.run.full_because, None | Some(FullBecause::MappingChanged));
    if let Some(basis) = job.basis.as_ref().filter(|basis| basis.settled.is_none()) {
        return (basis.plan.clone(), basis.marking.clone(), most);
    }
    let compared = Basis::without_list(&job.app, &job.run).await;
    if let Ok(Some(Basis { plan, marking, .. })) = compared {
        return (plan, marking, most);
    }
    let plan = Arc::new(Plan::without_values(&job.run.mapping));
    (plan, Marking::none(), if is_comparing { usize::MAX } else { most })
}

/// The next baseline, in which the run's acknowledged members are. `None` when the run changed nothing of it, or when
/// it cannot be made: then the next run sees that it is behind.
async fn baseline(job: &mut Job, rest: &mut [Done]) -> Option<Baseline> {
    let basis = job.basis.take()?;
    let mut counts = job.run.counts;
    for done in rest.iter() {
        counts.add(&done.counts);
    }
    let is_idle = job.run.leavers.found == 0 || job.settled.is_some();
    if !has_sent(&counts) && !is_rehashing(&basis) && is_idle {
        return None;
    }
    let made = made(job, &basis, rest).await;
    let folded = made.inspect_err(|stopped| {
        tracing::warn!(
            ?stopped,
            "what the run has sent is not kept; the next one sends every member"
        );
    });
    let is_complete = job.run.position == job.run.counts.selected;
    let next = folded.ok()?;
    let has_changed = has_sent(&counts) || job.run.leavers.changed() > 0;
    let is_for_all = is_complete || next.version == 0;
    let marks = baseline_marks(is_for_all, basis.is_behind, has_changed);
    let fingerprint =
        if marks.takes_fingerprint { basis.plan.fingerprint.clone() } else { next.fingerprint };
    let run_id = if marks.names_run { job.run.id } else { next.run_id };
    let list_emptied = next.list_emptied && !is_complete;
    Some(Baseline { fingerprint, run_id, list_emptied, ..next })
}

/// Whether contents are hashed anew, because the mapping has changed.
fn is_rehashing(basis: &Basis) -> bool {
    let hashes = basis.marking.comparison.as_deref().map(Comparison::hashes);
    hashes == Some(HashKind::Record)
}

/// Whether Campaign Monitor got anything of the run.
const fn has_sent(counts: &Counts) -> bool {
    counts.created + counts.updated + counts.rejected + counts.in_doubt > 0
}

/// Those to whom something was done: their slots count in the baseline for which the plan was made.
async fn add_leavers(job: &mut Job, basis: &Basis) -> Result<(), Stopped> {
    let mut tx = job.app.db.read().await?;
    let plan = store_plans::get(&mut tx, job.run.id).await?;
    let done = store_leavers::of_run(&mut tx, job.run.id).await?;
    drop(tx);
    if done.is_empty() || plan.map(|plan| plan.baseline_version) != Some(basis.baseline.version) {
        return Ok(());
    }
    let app = job.app.clone();
    let mut pages = Box::pin(leaver_members(&app.storage, &basis.baseline, done, job.run.id));
    while let Some(page) = pages.next().await {
        let members = page.map_err(Stopped::baseline)?;
        job.acknowledged.add(&app.storage, &basis.baseline, members).await;
    }
    Ok(())
}

async fn made(job: &mut Job, basis: &Basis, rest: &mut [Done]) -> Result<Baseline, Stopped> {
    // A run that waited for a person has kept what its earlier attempts had sent.
    let is_kept = basis.baseline.version > 0 && basis.baseline.run_id == job.run.id;
    if !is_kept {
        recall(job, basis).await?;
        let is_complete = job.run.position == job.run.counts.selected;
        if is_complete && job.run.sync.asks_who_is_known() {
            prove_origins(job, basis).await?;
        }
    }
    add_leavers(job, basis).await?;
    let members = rest.iter_mut().flat_map(|done| std::mem::take(&mut done.members)).collect();
    job.acknowledged.add(&job.app.storage, &basis.baseline, members).await;
    let folded = job.acknowledged.finish(&basis.baseline).await;
    folded.map_err(|error| Stopped::Fault(error.into()))
}
