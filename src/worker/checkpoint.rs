//! What a worker writes about its run on the way: batches with their counts, and the position, in one transaction.
//!
//! Every write names the fence of the claim; one that changes no row means that the lease is lost.

use std::collections::BTreeMap;

use super::account::Done;
use super::job::Job;
use super::stopped::Stopped;
use crate::db::{self, WriteHandle};
use crate::runs::store_work::Checkpoint;
use crate::runs::{
    self, Counts, LeaseLost, VALUE_PROBLEMS_MAX, ValueProblem, Winner, measure, store_batches,
};

/// Writes batches that are done, and moves the position as far as no batch is missing. True when somebody has
/// cancelled the run.
pub async fn checkpoint(job: &mut Job, ready: Vec<Done>) -> Result<bool, Stopped> {
    let _writing = job.writes.clone().lock_owned().await;
    let tx = job.app.db.write().await?;
    checkpoint_in(tx, job, ready).await
}

/// The same at the end of a transaction that has written other things.
pub async fn checkpoint_in(
    mut tx: WriteHandle,
    job: &mut Job,
    ready: Vec<Done>,
) -> Result<bool, Stopped> {
    let mut answered = job.answered.clone();
    answered.extend(ready.iter().map(|done| (done.batch.first_row, done.end)));
    let last = answered.last_key_value().map_or(job.run.position, |(_, end)| *end);
    let position = pass(&mut answered, job.run.position);
    let to = Checkpoint::of(job, &ready, position, last + job.window());
    let cancel_requested = write(&mut tx, job, &to, &ready).await?;
    tx.commit().await?;
    job.answered = answered;
    adopt(job, to, &ready);
    Ok(cancel_requested)
}

/// Removes the batches that follow `position` without a gap, and returns where that ends.
fn pass(answered: &mut BTreeMap<i64, i64>, mut position: i64) -> i64 {
    while let Some(end) = answered.remove(&position) {
        position = end;
    }
    position
}

impl Checkpoint {
    /// What batches that are done add to a run.
    pub(super) fn of(job: &Job, done: &[Done], position: i64, sent_until: i64) -> Self {
        let mut counts = Counts::default();
        let mut field_warnings = job.run.field_warnings.0.clone();
        for batch in done {
            counts.add(&batch.counts);
            field_warnings.add(&batch.field_warnings);
        }
        Self { position, progress: !done.is_empty(), sent_until, counts, field_warnings }
    }
}

/// Fails when the lease is lost; true when somebody has cancelled the run.
pub async fn write(
    tx: &mut WriteHandle,
    job: &Job,
    to: &Checkpoint,
    done: &[Done],
) -> Result<bool, Stopped> {
    let lease = job.app.config.work.lease();
    let written = runs::store_work::checkpoint(tx, job.lease, to, db::now(), lease).await?;
    let cancel_requested = written.ok_or(Stopped::LeaseLost(LeaseLost))?;
    let batches: Vec<_> = done.iter().map(|done| done.batch.clone()).collect();
    let rejections: Vec<_> = done.iter().flat_map(|done| done.rejections.iter().cloned()).collect();
    store_batches::insert(tx, job.run.id, &batches).await?;
    store_batches::insert_rejections(tx, job.run.id, &rejections).await?;
    store_batches::insert_value_problems(tx, job.run.id, &to_store(job, done)).await?;
    Ok(cancel_requested)
}

/// The value problems that are still stored of a run. As many of it are stored already as are counted, up to the most.
fn to_store(job: &Job, done: &[Done]) -> Vec<ValueProblem> {
    let room = (VALUE_PROBLEMS_MAX - job.run.field_warnings.0.total()).max(0);
    let problems = done.iter().flat_map(|done| &done.problems);
    problems.take(usize::try_from(room).unwrap_or(usize::MAX)).cloned().collect()
}

/// Writes which profiles were sent in place of their duplicates.
pub async fn name_winners(job: &Job, winners: &[Winner]) -> Result<(), Stopped> {
    let _writing = job.writes.clone().lock_owned().await;
    let (mut tx, lease) = (job.app.db.write().await?, job.app.config.work.lease());
    let renewed = runs::store_work::heartbeat(&mut tx, job.lease, db::now(), lease).await?;
    renewed.ok_or(Stopped::LeaseLost(LeaseLost))?;
    store_batches::name_winners(&mut tx, job.run.id, winners).await?;
    Ok(tx.commit().await?)
}

/// Adds to the job what has been committed.
pub fn adopt(job: &mut Job, to: Checkpoint, written: &[Done]) {
    measure::profiles_processed(&to.counts);
    for done in written {
        measure::batch_written(done.batch.status, 1);
    }
    (job.run.position, job.run.sent_until) = (to.position, to.sent_until);
    job.run.counts.add(&to.counts);
    job.run.field_warnings.0 = to.field_warnings;
    if to.progress {
        job.active.progressed();
        job.run.stalls = 0;
    }
}
