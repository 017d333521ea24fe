//! What a worker writes about its run: checkpoints on the way, and how it leaves it.
//!
//! Every write names the fence of the claim; one that changes no row means that the lease is lost.

use std::collections::HashSet;
use std::sync::Arc;

use metrics::counter;

use super::account::{Done, doubt};
use super::batches::{self, Source};
use super::carry::window;
use super::plan::Plan;
use super::{Job, Stopped};
use crate::db;
use crate::runs::store::Checkpoint;
use crate::runs::{self, Counts, LeaseLost, Outcome, RunStatus, store_batches};
use crate::storage::Manifest;

/// Accounts for batches, in order, that follow on the position of the run. Tells whether somebody cancelled.
pub async fn checkpoint(job: &mut Job, ready: Vec<Done>) -> Result<bool, Stopped> {
    let position = ready.last().map_or(job.run.position, |last| last.end);
    let sent_until = position + window(job);
    let counts = write(job, &ready, position, sent_until).await?;
    if position > job.run.position {
        job.run.stalls = 0;
    }
    job.run.position = position;
    job.run.counts.add(&counts.0);
    Ok(counts.1)
}

async fn write(
    job: &mut Job,
    done: &[Done],
    position: i64,
    sent_until: i64,
) -> Result<(Counts, bool), Stopped> {
    let mut counts = Counts::default();
    let mut warnings = job.run.field_warnings.0.clone();
    for batch in done {
        counts.add(&batch.counts);
        warnings.add(&batch.field_warnings);
    }
    let batches: Vec<_> = done.iter().map(|done| done.batch.clone()).collect();
    let rejections: Vec<_> = done.iter().flat_map(|done| done.rejections.iter().cloned()).collect();
    let to = Checkpoint { position, sent_until, counts, field_warnings: &warnings };
    let mut tx = job.app.db.write().await?;
    let written =
        runs::store::checkpoint(&mut tx, job.lease, &to, db::now(), job.app.config.work.lease())
            .await?;
    let Some(cancel_requested) = written else {
        return Err(Stopped::LeaseLost(LeaseLost));
    };
    store_batches::insert(&mut tx, job.run.id, &batches).await?;
    store_batches::insert_rejections(&mut tx, job.run.id, &rejections).await?;
    tx.commit().await?;
    job.run.field_warnings.0 = warnings;
    report(&counts);
    Ok((counts, cancel_requested))
}

fn report(counts: &Counts) {
    for (outcome, count) in [
        ("created", counts.created),
        ("updated", counts.updated),
        ("rejected", counts.rejected),
        ("duplicate", counts.duplicate),
        ("invalid", counts.invalid),
        ("inDoubt", counts.in_doubt),
    ] {
        counter!("segment_export_profiles_total", "outcome" => outcome)
            .increment(count.unsigned_abs());
    }
}

/// Leaves the run as `outcome` says. A run that ends accounts first for what no later attempt will.
pub async fn settle(job: &mut Job, outcome: Outcome) -> anyhow::Result<()> {
    let is_ended = matches!(outcome, Outcome::Ended(..));
    if is_ended && (!job.beyond.is_empty() || job.doubt_until > job.run.position) {
        account_for_the_rest(job).await?;
    }
    let is_resolved = is_ended || job.beyond.is_empty();
    let mut tx = job.app.db.write().await?;
    if !runs::store::settle(&mut tx, job.lease, &outcome, is_resolved, db::now()).await? {
        return Err(LeaseLost.into());
    }
    tx.commit().await?;
    log(job, &outcome);
    Ok(())
}

fn log(job: &Job, outcome: &Outcome) {
    match outcome {
        Outcome::Ended(status, reason) => {
            counter!("segment_export_runs_ended_total", "status" => word(*status)).increment(1);
            let reason = reason.as_ref().map(|reason| format!("{:?}", reason.code));
            tracing::info!(
                run.status = word(*status),
                run.reason = reason,
                run.position = job.run.position,
                "run ended"
            );
        }
        Outcome::Released { not_before, .. } => {
            tracing::info!(run.not_before = %not_before, run.position = job.run.position, "run put aside");
        }
    }
}

const fn word(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Queued => "queued",
        RunStatus::Running => "running",
        RunStatus::Successful => "successful",
        RunStatus::CompletedWithErrors => "completedWithErrors",
        RunStatus::Failed => "failed",
        RunStatus::Canceled => "canceled",
        RunStatus::Skipped => "skipped",
    }
}

/// Writes down the batches behind one that failed, and those that an attempt which died may have sent.
async fn account_for_the_rest(job: &mut Job) -> anyhow::Result<()> {
    let mut rest = std::mem::take(&mut job.beyond);
    let known: HashSet<i64> = rest.iter().map(|done| done.batch.number).collect();
    if job.doubt_until > job.run.position {
        rest.extend(doubtful(job, &known).await?);
    }
    let position = job.run.position;
    match write(job, &rest, position, position).await {
        Ok((counts, _)) => {
            job.run.counts.add(&counts);
            Ok(())
        }
        Err(Stopped::LeaseLost(lost)) => Err(lost.into()),
        Err(Stopped::Fault(error)) => Err(error),
        Err(other) => {
            Err(anyhow::anyhow!("the rest of the run could not be accounted for: {other:?}"))
        }
    }
}

/// The batches that an earlier attempt may have sent, without those of this one.
async fn doubtful(job: &Job, known: &HashSet<i64>) -> anyhow::Result<Vec<Done>> {
    let segments = runs::store::segments(&mut job.app.db.read().await?, job.run.id).await?;
    let manifests: Vec<Arc<Manifest>> = segments
        .into_iter()
        .filter_map(|segment| segment.manifest)
        .map(|manifest| Arc::new(manifest.0))
        .collect();
    let mut reader = batches::read(Source {
        storage: job.app.storage.clone(),
        manifests,
        plan: Arc::new(Plan::addresses_only(&job.run.mapping)),
        position: job.run.position,
        seed: job.run.id.0.as_u64_pair().1,
    });
    let mut doubtful = Vec::new();
    while let Some(batch) = reader.recv().await {
        match batch {
            Ok(batch) if batch.first_row >= job.doubt_until => break,
            Ok(batch) if known.contains(&batch.number) => {}
            Ok(batch) => doubtful.push(doubt(batch)),
            Err(error) => {
                tracing::warn!(error = %error, "the profiles that may have been sent can no longer be read; they count as remaining");
                break;
            }
        }
    }
    Ok(doubtful)
}
