//! What a worker writes about its run on the way: batches with their counts, and the position, in one transaction.
//!
//! Every write names the fence of the claim; one that changes no row means that the lease is lost.

use super::account::Done;
use super::job::Job;
use super::requests::Requests;
use super::stopped::Stopped;
use crate::db::{self, WriteHandle};
use crate::names::Culprit;
use crate::records::integers::to_i64;
use crate::records::rejection;
use crate::row_logs;
use crate::runs::store_work::Checkpoint;
use crate::runs::{
    self, Counts, LeaseLost, RunRequest, VALUE_PROBLEMS_MAX, ValueProblem, Winner, measure,
    store_batches, store_requests,
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
    let written = ready.iter().map(|done| (done.batch.first_row, done.end));
    let accounted = job.accounted().with(written);
    let sent_until = accounted.sent_until(job.window());
    let (to, calls) = Checkpoint::of(job, &ready, accounted.position, sent_until);
    let cancel_requested = write(&mut tx, job, (&to, &calls), &ready).await?;
    tx.commit().await?;
    job.answered = accounted.answered;
    adopt(job, to, &ready);
    Ok(cancel_requested)
}

impl Checkpoint {
    /// What batches that are done add to a run, and the calls that are written with them.
    pub(super) fn of(
        job: &Job,
        done: &[Done],
        position: i64,
        sent_until: i64,
    ) -> (Self, Vec<RunRequest>) {
        let Requests { calls, sums: requests } = Requests::take(job);
        let (timeline, progress) = (job.stopwatch.timeline(db::now()), !done.is_empty());
        let mut counts = Counts::default();
        let mut field_warnings = job.run.field_warnings.0.clone();
        for batch in done {
            counts.add(&batch.counts);
            field_warnings.add(&batch.field_warnings);
        }
        let to =
            Self { position, progress, sent_until, counts, field_warnings, timeline, requests };
        (to, calls)
    }
}

/// Fails when the lease is lost; true when somebody has cancelled the run.
pub async fn write(
    tx: &mut WriteHandle,
    job: &Job,
    (to, calls): (&Checkpoint, &[RunRequest]),
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
    store_requests::insert(tx, job.run.id, calls).await?;
    let files: Vec<_> = done.iter().filter_map(|done| done.row_file.clone()).collect();
    row_logs::store::add_files(tx, job.run.id, &files).await?;
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
    let now = db::now();
    let timeline = job.stopwatch.timeline(now);
    let renewed = runs::store_work::heartbeat(&mut tx, job.lease, &timeline, now, lease).await?;
    renewed.ok_or(Stopped::LeaseLost(LeaseLost))?;
    store_batches::name_winners(&mut tx, job.run.id, winners).await?;
    Ok(tx.commit().await?)
}

/// Adds to the job what has been committed.
pub fn adopt(job: &mut Job, to: Checkpoint, written: &[Done]) {
    let rejections = written.iter().flat_map(|done| &done.rejections);
    let external = rejections.filter(|one| rejection::culprit(one) == Some(Culprit::External));
    measure::profiles_processed(&to.counts, to_i64(external.count()));
    for done in written {
        measure::batch_written(done.batch.status, 1);
    }
    (job.run.position, job.run.sent_until) = (to.position, to.sent_until);
    job.run.counts.add(&to.counts);
    job.requests = to.requests;
    job.run.field_warnings.0 = to.field_warnings;
    if to.progress {
        job.active.progressed();
        job.run.stalls = 0;
    }
}
