//! Sends the batches of a run, several at a time, and accounts for them as their answers come.
//!
//! A batch and its counts are written in one transaction, and a batch that is written is never sent again: a
//! crash repeats only those in flight, loses none and counts none twice. One that hangs delays no other.
//! A batch has its permit until it is written, and there are as many permits as uploads may be in flight.
//! Several batches that are ready go into one transaction.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use futures::{Stream, StreamExt, stream};
use tokio::select;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::account::{Done, account};
use super::checkpoint::{checkpoint, name_winners};
use super::gate::Gate;
use super::heartbeat::canceled;
use super::interrupt::Interrupt;
use super::job::Job;
use super::limiter::Limiter;
use super::own_wish::OwnWish;
use super::prepare::Prepared;
use super::row_log::RowLogger;
use super::stopped::{Stopped, refused};
use super::upload::Uploader;
use crate::baselines::ListMember;
use crate::campaign_monitor::{CallNotes, StoredComparison};
use crate::exports::Resubscribe;
use crate::records::batches::{self, MemberSource, ReadFailure};
use crate::records::encoded::EncodedBatch;
use crate::records::marking::Marking;
use crate::runs::Winner;
use crate::runs::stopwatch::{RunStage, Stopwatch, TransitClock, timed};
use crate::steps::{BatchAnswer, BatchFate, TransferEnd, after_answer, transfer_end};

/// Sends and accounts until every profile is processed, or until it is interrupted and the last uploads have been
/// answered; then it returns why it stopped. It fails when it is broken off: uploads are in flight then.
pub async fn transfer(
    job: &mut Job,
    prepared: Prepared,
    interrupt: &Arc<Interrupt>,
) -> Result<Option<Stopped>, Stopped> {
    let (sender, mut winners) = mpsc::channel(1);
    let mut uploads = Box::pin(uploads(job, prepared, sender, interrupt));
    while let Some(answered) = uploads.next().await {
        let stopwatch = job.stopwatch.clone();
        stopwatch.writing(record(job, answered, interrupt)).await?;
    }
    // A reader that waits for batches to be fetched would wait for ever.
    drop(uploads);
    while let Some(winners) = next(&mut winners, interrupt).await {
        name_winners(job, &winners).await?;
    }
    let failure = job.unanswered.iter().find_map(|done| done.failure.clone());
    let (cause, run) = (interrupt.take(), &job.run);
    let end = transfer_end(cause.is_some(), failure.is_some(), run.position, run.counts.selected);
    Ok(match end {
        TransferEnd::Complete => None,
        TransferEnd::Interrupted => cause,
        TransferEnd::Failed => failure.map(|error| refused(&error, run.list_id.as_str())),
        TransferEnd::CutShort => {
            Some(Stopped::Fault(anyhow::anyhow!("the reader ended before the segment")))
        }
    })
}

/// What was found of the profiles that were sent in place of duplicates; `None` at the end, or when the run must stop.
async fn next(
    winners: &mut mpsc::Receiver<Vec<Winner>>,
    interrupt: &Interrupt,
) -> Option<Vec<Winner>> {
    select! {
        biased;
        () = interrupt.drain.cancelled() => None,
        winners = winners.recv() => winners,
    }
}

/// The result of an upload, and the place that it has until that is written.
type Answered = (Result<Done, ReadFailure>, TimedPermit);

/// One of the places that batches may be in.
type TimedPermit = (OwnedSemaphorePermit, Arc<TransitClock>);

/// The uploads of a run: several under way, their answers as they come, all at once that are ready.
fn uploads(
    job: &Job,
    prepared: Prepared,
    winners: mpsc::Sender<Vec<Winner>>,
    interrupt: &Arc<Interrupt>,
) -> impl Stream<Item = Vec<Answered>> + use<> {
    let most = usize::from(job.app.config.work.uploads_in_flight);
    let drain = interrupt.drain.clone();
    let (storage, plan) = (job.app.storage.clone(), prepared.plan.clone());
    let is_returning = job.run.sync.resubscribe == Resubscribe::OurRemovals;
    let plan_resubscribes = plan.resubscribes();
    let returning =
        (is_returning || plan_resubscribes).then(|| Arc::new(plan.with_resubscribing()));
    let marking = job.basis.as_ref().map_or_else(Marking::none, |basis| basis.marking.clone());
    let removed_elsewhere = marking.elsewhere.clone();
    let reader = batches::read(MemberSource {
        accounted: job.accounted(),
        marking,
        winners: Some(winners),
        is_settled: prepared.is_settled,
        stopwatch: Some(job.stopwatch.clone()),
        ..MemberSource::new(storage, prepared.manifests, plan, job.seed())
    });
    let uploader = Arc::new(Uploader {
        returning,
        proves_origins: is_returning || job.run.sync.follows_segments(),
        changes: job.changes.clone(),
        own_wish: plan_resubscribes.then(|| OwnWish::new(job.run.export_id, job.run.id)),
        removed_elsewhere,
        session: prepared.session,
        list_id: job.run.list_id.as_str().to_owned(),
        run: job.run.id,
        plan: prepared.plan,
        comparison: Arc::new(StoredComparison::of(&prepared.fields)),
        doubt_until: job.doubt_until,
        limiter: Limiter::new(most),
        work: job.app.config.work.clone(),
        drain: drain.clone(),
        gate: Gate {
            app: job.app.clone(),
            instance: job.run.instance_id,
            lease: job.lease,
            interrupt: interrupt.clone(),
            tombstones: job.tombstones.load(Ordering::Relaxed),
        },
    });
    let (stopwatch, calls, row_log) =
        (job.stopwatch.clone(), job.calls.clone(), job.row_log.clone());
    stopwatch.begin(RunStage::Sending { permits: most });
    let batches = ReceiverStream::new(reader).take_until(drain.cancelled_owned());
    let batches = batches.chain(end_of_reading(stopwatch.clone()));
    permits(most)
        .zip(batches)
        .enumerate()
        .map(move |(index, (permit, batch))| {
            let clock = stopwatch.enter();
            let noted = (clock.clone(), calls.clone(), row_log.clone());
            let done = send(uploader.clone(), batch, index < most, noted);
            async move { (done.await, (permit, clock)) }
        })
        .buffer_unordered(most)
        .ready_chunks(most)
}

/// Nothing, after the last batch: from then on no further one is awaited.
fn end_of_reading<T>(stopwatch: Stopwatch) -> impl Stream<Item = T> {
    stream::poll_fn(move |_| {
        stopwatch.read_all();
        Poll::Ready(None)
    })
}

/// As many permits as there may be batches that are not written yet.
fn permits(most: usize) -> impl Stream<Item = OwnedSemaphorePermit> {
    stream::unfold(Arc::new(Semaphore::new(most)), |permits| async {
        let permit = permits.clone().acquire_owned().await.ok()?;
        Some((permit, permits))
    })
}

async fn send(
    uploader: Arc<Uploader>,
    batch: Result<EncodedBatch, ReadFailure>,
    is_first: bool,
    (clock, calls, row_log): (Arc<TransitClock>, CallNotes, Option<Arc<RowLogger>>),
) -> Result<Done, ReadFailure> {
    let (run, batch) = (uploader.run, batch?);
    let number = Some(batch.number);
    let upload = async move {
        let plan = uploader.plan.clone();
        let sent = calls.during(number, Box::pin(uploader.upload(batch, is_first))).await;
        let done = account(sent, run);
        match row_log.filter(|_| done.is_answered) {
            Some(row_log) => row_log.log(done, Some(plan)).await,
            None => done,
        }
    };
    let upload = tokio::spawn(timed(clock, upload).in_current_span());
    match AbortOnDropHandle::new(upload).await {
        Ok(done) => Ok(done),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// Writes what has been answered. A batch without an answer for every record waits for the end of the run.
async fn record(
    job: &mut Job,
    answered: Vec<Answered>,
    interrupt: &Interrupt,
) -> Result<(), Stopped> {
    let (answers, _permits): (Vec<_>, Vec<_>) = answered.into_iter().unzip();
    let mut ready = Vec::with_capacity(answers.len());
    for answer in answers {
        match (after_answer(known(&answer)), answer) {
            (_, Err(ReadFailure { segment, error })) => {
                interrupt.raise(Stopped::unreadable(&error, job.segments.get(segment)));
            }
            (BatchFate::Write, Ok(done)) => ready.push(done),
            (_, Ok(done)) => {
                interrupt.drain.cancel();
                job.unanswered.push(done);
            }
        }
    }
    if ready.is_empty() {
        return Ok(());
    }
    job.mixed.extend(ready.iter().filter(|done| done.is_mixed).map(|done| done.batch.first_row));
    let members = ready.iter_mut().flat_map(|done| std::mem::take(&mut done.members)).collect();
    if checkpoint(job, ready).await? {
        interrupt.raise(canceled(&job.app, job.run.id).await);
    }
    acknowledge(job, members).await;
    Ok(())
}

const fn known(answer: &Result<Done, ReadFailure>) -> BatchAnswer {
    match answer {
        Err(_) => BatchAnswer::Unreadable,
        Ok(done) if done.is_answered => BatchAnswer::Complete,
        Ok(_) => BatchAnswer::InPart,
    }
}

/// Keeps what was acknowledged, once it is written.
async fn acknowledge(job: &mut Job, members: Vec<ListMember>) {
    if let Some(basis) = &job.basis {
        job.acknowledged.add(&job.app.storage, &basis.baseline, members).await;
    }
}
