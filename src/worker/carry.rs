//! Carries out one run: batches are sent several at a time, and accounted for as their answers come.
//!
//! A batch and its counts are written in one transaction, and a batch that is written is never sent again: a
//! crash repeats only those in flight, loses none and counts none twice. One that hangs holds up no other.
//! A batch has its place until it is written, and there are as many places as uploads may be in flight.
//! Several batches that are ready go into one transaction.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt, stream};
use tokio::select;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::account::{Done, account};
use super::job::{Job, Stopped};
use super::limiter::Limiter;
use super::prepare::{Prepared, prepare, refused};
use super::settle::checkpoint;
use super::upload::Uploader;
use crate::db;
use crate::records::batches::{self, Batch, Source};
use crate::runs::{self, LeaseLost, Reason, ReasonCode, RunStatus};
use crate::storage::{self, PAGE_ROWS};

/// How often a worker looks whether somebody cancelled; leases are renewed at least three times in their life.
const BEAT_EVERY: Duration = Duration::from_secs(1);

/// Carries out the run of `job`, as far as it goes.
pub async fn carry(job: &mut Job) -> Result<(), Stopped> {
    if job.run.cancel_requested {
        return Err(canceled(job).await);
    }
    if job.run.stalls > job.app.config.work.stalls_max {
        let last = job
            .run
            .reason
            .as_ref()
            .map_or("the worker ended unexpectedly", |reason| reason.message.as_str());
        return Err(Stopped::failed(ReasonCode::NoProgress, last));
    }
    let prepared = prepare(job).await?;
    job.is_quiet = false;
    let wind_down = CancellationToken::new();
    let stopped = follow(job, prepared, &wind_down).await?;
    job.is_quiet = true;
    match (stopped, job.failed.iter().find_map(|done| done.failure.clone())) {
        (Some(stopped), _) => Err(stopped),
        (None, Some(error)) => Err(refused(&error, job.run.list_id.as_str())),
        (None, None) if job.run.position == job.run.counts.selected => Ok(()),
        (None, None) => Err(Stopped::Fault(anyhow::anyhow!("the reader ended before the segment"))),
    }
}

/// Sends and accounts until everything is done or `wind_down` is cancelled and the last uploads have
/// come back. Tells why it wound down, unless an upload failed: `job.failed` has that.
async fn follow(
    job: &mut Job,
    prepared: Prepared,
    wind_down: &CancellationToken,
) -> Result<Option<Stopped>, Stopped> {
    let mut uploads = pin!(uploads(job, prepared, wind_down));
    let mut beats = beats(job);
    let mut stopped = None;
    loop {
        let cause = select! {
            _ = beats.tick() => beat(job).await?,
            () = job.stop.cancelled(), if !wind_down.is_cancelled() => Some(Stopped::Drained),
            answered = uploads.next() => match answered {
                Some(answered) => take(job, answered, wind_down).await?,
                None => return Ok(stopped),
            },
        };
        if let Some(cause) = cause {
            wind_down.cancel();
            stopped.get_or_insert(cause);
        }
    }
}

/// What an upload ended with, and the place it holds until that is written.
type Answered = (Result<Done, storage::Error>, OwnedSemaphorePermit);

/// The uploads of a run: several under way, their answers as they come, all at once that are ready.
fn uploads(
    job: &Job,
    prepared: Prepared,
    wind_down: &CancellationToken,
) -> impl Stream<Item = Vec<Answered>> + use<> {
    let most = usize::from(job.app.config.work.uploads_in_flight);
    let reader = batches::read(Source {
        storage: job.app.storage.clone(),
        manifests: prepared.manifests,
        plan: prepared.plan.clone(),
        position: job.run.position,
        answered: job.answered.keys().copied().collect(),
        seed: job.run.id.0.as_u64_pair().1,
    });
    let uploader = Arc::new(Uploader {
        session: prepared.session,
        list_id: job.run.list_id.as_str().to_owned(),
        run: job.run.id,
        plan: prepared.plan,
        doubt_until: job.doubt_until,
        limiter: Limiter::new(most),
        work: job.app.config.work.clone(),
        wind_down: wind_down.clone(),
    });
    let batches = ReceiverStream::new(reader).take_until(wind_down.clone().cancelled_owned());
    places(most)
        .zip(batches)
        .map(move |(place, batch)| {
            let done = send(uploader.clone(), batch);
            async { (done.await, place) }
        })
        .buffer_unordered(most)
        .ready_chunks(most)
}

/// As many places as there may be batches that are not written yet.
fn places(most: usize) -> impl Stream<Item = OwnedSemaphorePermit> {
    stream::unfold(Arc::new(Semaphore::new(most)), |places| async {
        let place = places.clone().acquire_owned().await.ok()?;
        Some((place, places))
    })
}

/// Rows that may be sent before the next checkpoint is written.
#[must_use]
pub fn window(job: &Job) -> i64 {
    i64::from(job.app.config.work.uploads_in_flight) * batches::number(PAGE_ROWS)
}

async fn send(
    uploader: Arc<Uploader>,
    batch: Result<Batch, storage::Error>,
) -> Result<Done, storage::Error> {
    let upload = tokio::spawn(uploader.upload(batch?).in_current_span());
    match AbortOnDropHandle::new(upload).await {
        Ok(answered) => Ok(account(answered)),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// Accounts for what has been answered. A batch without a whole answer waits for the end of the run.
async fn take(
    job: &mut Job,
    answered: Vec<Answered>,
    wind_down: &CancellationToken,
) -> Result<Option<Stopped>, Stopped> {
    let (answers, _places): (Vec<_>, Vec<_>) = answered.into_iter().unzip();
    let mut ready = Vec::with_capacity(answers.len());
    let mut stopped = None;
    for answer in answers {
        match answer {
            Err(error) => stopped = Some(error.into()),
            Ok(done) if !done.is_answered => {
                wind_down.cancel();
                job.failed.push(done);
            }
            Ok(done) => ready.push(done),
        }
    }
    if ready.is_empty() {
        return Ok(stopped);
    }
    let cancel_requested = checkpoint(job, ready).await?;
    if cancel_requested && stopped.is_none() {
        stopped = Some(canceled(job).await);
    }
    Ok(stopped)
}

/// Renews the lease. Tells whether somebody cancelled.
async fn renew(job: &Job) -> Result<bool, Stopped> {
    let mut tx = job.app.db.write().await?;
    let renewed =
        runs::store_work::heartbeat(&mut tx, job.lease, db::now(), job.app.config.work.lease())
            .await?;
    tx.commit().await?;
    renewed.ok_or(Stopped::LeaseLost(LeaseLost))
}

/// Renews the lease, and looks whether somebody cancelled.
async fn beat(job: &Job) -> Result<Option<Stopped>, Stopped> {
    Ok(if renew(job).await? { Some(canceled(job).await) } else { None })
}

/// Does what must be done before a run can be left, without losing the lease over it, whoever cancels meanwhile.
pub async fn while_renewing<T>(
    job: &Job,
    work: impl Future<Output = Result<T, Stopped>>,
) -> Result<T, Stopped> {
    let mut work = pin!(work);
    let mut beats = beats(job);
    loop {
        select! {
            done = &mut work => return done,
            _ = beats.tick() => drop(renew(job).await?),
        }
    }
}

/// Does what may take long before the first upload, without losing the lease over it.
pub async fn while_beating<T>(
    job: &Job,
    work: impl Future<Output = Result<T, Stopped>>,
) -> Result<T, Stopped> {
    let mut work = pin!(work);
    let mut beats = beats(job);
    loop {
        let cause = select! {
            done = &mut work => return done,
            _ = beats.tick() => beat(job).await?,
            () = job.stop.cancelled() => Some(Stopped::Drained),
        };
        if let Some(cause) = cause {
            return Err(cause);
        }
    }
}

fn beats(job: &Job) -> Interval {
    let every = BEAT_EVERY.min(job.app.config.work.lease() / 3);
    let mut beats = interval_at(Instant::now() + every, every);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beats
}

/// The end of a cancelled run, in the words of whoever cancelled it.
pub async fn canceled(job: &Job) -> Stopped {
    let asked = async { runs::store::get(&mut job.app.db.read().await?, job.run.id).await };
    let reason = match asked.await {
        Ok(run) => run.and_then(|run| run.reason).map(|reason| reason.0),
        Err(error) => return error.into(),
    };
    let reason = reason.filter(|reason| reason.code == ReasonCode::CanceledByUser);
    Stopped::Ended(
        RunStatus::Canceled,
        reason.unwrap_or_else(|| Reason::new(ReasonCode::CanceledByUser, "somebody")),
    )
}
