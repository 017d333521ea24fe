//! What a worker writes about its run: checkpoints on the way, and how it leaves it.
//!
//! Every write names the fence of the claim; one that changes no row means that the lease is lost.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use metrics::counter;

use super::account::{Done, doubt};
use super::carry::{while_renewing, window};
use super::job::{Job, Stopped};
use crate::db::{self, Tx};
use crate::records::batches::{self, Source};
use crate::records::plan::Plan;
use crate::runs::measure;
use crate::runs::store_work::Checkpoint;
use crate::runs::{self, Counts, LeaseLost, Outcome, store_batches};
use crate::storage::Manifest;
use crate::telemetry::measures;

/// Writes batches that are done, and moves the position as far as no batch is missing. Tells whether
/// somebody cancelled.
pub async fn checkpoint(job: &mut Job, ready: Vec<Done>) -> Result<bool, Stopped> {
    let tx = job.app.db.write().await?;
    checkpoint_with(tx, job, ready).await
}

/// The same at the end of a transaction that has written other things.
pub async fn checkpoint_with(mut tx: Tx, job: &mut Job, ready: Vec<Done>) -> Result<bool, Stopped> {
    let mut answered = job.answered.clone();
    answered.extend(ready.iter().map(|done| (done.batch.first_row, done.end)));
    let last = answered.last_key_value().map_or(job.run.position, |(_, end)| *end);
    let position = pass(&mut answered, job.run.position);
    let to = Checkpoint::of(job, &ready, position, last + window(job));
    let cancel_requested = write(&mut tx, job, &to, &ready).await?;
    tx.commit().await?;
    job.answered = answered;
    adopt(job, to, &ready);
    Ok(cancel_requested)
}

/// Takes the batches out that follow on `position` without a gap, and tells where that ends.
fn pass(answered: &mut BTreeMap<i64, i64>, mut position: i64) -> i64 {
    while let Some(end) = answered.remove(&position) {
        position = end;
    }
    position
}

impl Checkpoint {
    /// What batches that are done add to a run.
    fn of(job: &Job, done: &[Done], position: i64, sent_until: i64) -> Self {
        let mut counts = Counts::default();
        let mut field_warnings = job.run.field_warnings.0.clone();
        for batch in done {
            counts.add(&batch.counts);
            field_warnings.add(&batch.field_warnings);
        }
        Self { position, progress: !done.is_empty(), sent_until, counts, field_warnings }
    }
}

async fn write(tx: &mut Tx, job: &Job, to: &Checkpoint, done: &[Done]) -> Result<bool, Stopped> {
    let lease = job.app.config.work.lease();
    let written = runs::store_work::checkpoint(tx, job.lease, to, db::now(), lease).await?;
    let cancel_requested = written.ok_or(Stopped::LeaseLost(LeaseLost))?;
    let batches: Vec<_> = done.iter().map(|done| done.batch.clone()).collect();
    let rejections: Vec<_> = done.iter().flat_map(|done| done.rejections.iter().cloned()).collect();
    store_batches::insert(tx, job.run.id, &batches).await?;
    store_batches::insert_rejections(tx, job.run.id, &rejections).await?;
    Ok(cancel_requested)
}

/// Takes over what has been committed.
fn adopt(job: &mut Job, to: Checkpoint, written: &[Done]) {
    report(&to.counts);
    for done in written {
        measure::batch_written(done.batch.status, 1);
    }
    job.run.position = to.position;
    job.run.counts.add(&to.counts);
    job.run.field_warnings.0 = to.field_warnings;
    if to.progress {
        job.turn.progressed();
        job.run.stalls = 0;
    }
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
        counter!(measures::PROFILES, "outcome" => outcome).increment(count.unsigned_abs());
    }
}

/// Leaves the run as `outcome` says. A run that ends accounts first for what no later attempt will.
pub async fn settle(job: &mut Job, outcome: Outcome) -> anyhow::Result<()> {
    let is_ended = matches!(outcome, Outcome::Ended(..));
    let rest = if is_ended { rest(job).await? } else { vec![] };
    let to = Checkpoint::of(job, &rest, job.run.position, job.run.position);
    let mut tx = job.app.db.write().await?;
    if !rest.is_empty() {
        write(&mut tx, job, &to, &rest).await?;
    }
    let sent_until = if is_ended { Some(job.run.position) } else { sent_until(job) };
    if !runs::store_work::settle(&mut tx, job.lease, &outcome, sent_until, db::now()).await? {
        return Err(LeaseLost.into());
    }
    tx.commit().await?;
    adopt(job, to, &rest);
    log(job, &outcome);
    Ok(())
}

/// Rows up to here may have been sent without being accounted for; `None` when the last checkpoint knows best.
fn sent_until(job: &Job) -> Option<i64> {
    let touched = job.failed.iter().filter(|done| !done.is_untouched()).map(|done| done.end);
    let known = touched.chain([job.doubt_until, job.run.position]).max();
    known.filter(|_| job.is_quiet)
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
        Outcome::Released { not_before, reason, .. } => {
            tracing::info!(
                run.not_before = %not_before,
                run.reason = word(reason.as_ref()),
                run.position = job.run.position,
                "run put aside"
            );
        }
    }
}

fn word(reason: Option<&runs::Reason>) -> Option<String> {
    reason.map(|reason| format!("{:?}", reason.code))
}

/// The batches that were sent in part, and those that an attempt which died may have sent. Of what was not sent at all
/// nothing is written: it remains.
async fn rest(job: &mut Job) -> anyhow::Result<Vec<Done>> {
    let mut rest = std::mem::take(&mut job.failed);
    rest.retain(|done| !done.is_untouched());
    if job.doubt_until > job.run.position {
        let failed = rest.iter().map(|done| done.batch.first_row);
        let known = failed.chain(job.answered.keys().copied()).collect();
        rest.extend(while_renewing(job, doubtful(job, known)).await?);
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
    let mut reader = batches::read(Source {
        storage: job.app.storage.clone(),
        manifests,
        plan: Arc::new(Plan::addresses_only(&job.run.mapping)),
        position: job.run.position,
        answered: known,
        seed: job.run.id.0.as_u64_pair().1,
    });
    let mut doubtful = Vec::new();
    while let Some(batch) = reader.recv().await {
        match batch {
            Ok(batch) if batch.first_row >= job.doubt_until => break,
            Ok(batch) => doubtful.push(doubt(batch)),
            Err(error) => {
                tracing::warn!(error = %error, "the profiles that may have been sent can no longer be read; they count as remaining");
                break;
            }
        }
    }
    Ok(doubtful)
}
