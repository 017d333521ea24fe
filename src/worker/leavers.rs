//! The phase after the last profile was sent: flags, deletes or unsubscribes people who left the segments, as the
//! export says.
//!
//! Only when every profile of the segments has been sent and answered: whom a run has not read has not left. What was
//! done to a person is written at once, so that a crash repeats only the calls in flight.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::OnceCell;

use futures::{Stream, StreamExt, stream};

use super::gate::Gate;
use super::gone::Departures;
use super::heartbeat::canceled;
use super::interrupt::Interrupt;
use super::job::Job;
use super::leaver_calls::{CallTally, LeaverCalls, Undone};
use super::limiter::Limiter;
use super::plan::PlannedRun;
use super::requests::write_requests;
use super::stopped::Stopped;
use crate::baselines::{self, Baseline, SlotSet};
use crate::connections::session::AccountSession;
use crate::db;
use crate::exports::{Leavers, Resubscribe, Warning, WarningCode};
use crate::records::leaver_set::LeaverSet;
use crate::runs::stopwatch::RunStage;
use crate::runs::store_leavers::{self, LeaverOutcomes};
use crate::runs::{self, LeaseLost, LeaverCallCounts, LeaverOutcome, store_work};
use crate::storage::PAGE_ROWS;

/// Calls that are prepared for each one in flight, so that a slow one delays no other.
const AHEAD: usize = 4;

/// What the calls of this phase need.
pub struct Route {
    pub session: Arc<AccountSession>,
    /// Whether the list asks new subscribers to confirm.
    pub asks_to_confirm: bool,
}

/// Does to every leaver what the plan says, or until it is interrupted; then it returns why it stopped.
pub async fn leavers(
    job: &mut Job,
    planned: PlannedRun,
    route: Route,
    interrupt: &Arc<Interrupt>,
) -> Result<Option<Stopped>, Stopped> {
    let Some((baseline, leavers)) =
        planned.outlook.and_then(|found| Some((found.baseline?, found.leavers)))
    else {
        return Ok(None);
    };
    let done = store_leavers::of_run(&mut job.app.db.read().await?, job.run.id).await?;
    let LeaverSet { act, let_go, since, .. } = leavers;
    let_go_of(job, &let_go, &done, interrupt).await?;
    let (left, doubtful) = (without(act, &done), Arc::new(in_doubt(&done)));
    if left.is_empty() {
        return Ok(interrupt.take());
    }
    let calls = Arc::new(calls(job, route, interrupt));
    job.stopwatch.begin(RunStage::Sending { permits: 0 });
    let departures = Arc::new(Departures::since(since));
    let people = people(job, &baseline, left);
    let most = usize::from(job.app.config.work.uploads_in_flight);
    let drain = interrupt.drain.clone();
    let outcomes = people
        .take_until(drain.cancelled_owned())
        .map(|people| act_on(calls.clone(), departures.clone(), people, doubtful.clone()));
    let mut outcomes = Box::pin(outcomes.buffer_unordered(most * AHEAD).ready_chunks(most * AHEAD));
    while let Some(some) = outcomes.next().await {
        let stopwatch = job.stopwatch.clone();
        stopwatch.writing(record_all(job, some, &calls, interrupt)).await?;
    }
    drop(outcomes);
    record(job, LeaverOutcomes::new(), calls.tally.take(), interrupt).await?;
    warn(job, calls.undecided.load(Ordering::Relaxed)).await?;
    Ok(interrupt.take())
}

fn calls(job: &Job, route: Route, interrupt: &Arc<Interrupt>) -> LeaverCalls {
    let gate = Gate {
        app: job.app.clone(),
        instance: job.run.instance_id,
        lease: job.lease,
        interrupt: interrupt.clone(),
        tombstones: job.tombstones.load(Ordering::Relaxed),
    };
    LeaverCalls {
        session: route.session,
        list_id: job.run.list_id.as_str().to_owned(),
        action: job.run.sync.leavers.clone(),
        reads_first: job.run.sync.resubscribe == Resubscribe::OurRemovals,
        asks_to_confirm: route.asks_to_confirm,
        run: job.run.id,
        begun: job.run.start_utc.unwrap_or_else(db::now),
        is_resumed: job.run.fence > 1,
        added_before: OnceCell::new(),
        undecided: AtomicUsize::new(0),
        limiter: Limiter::new(usize::from(job.app.config.work.uploads_in_flight)),
        work: job.app.config.work.clone(),
        gate,
        stopwatch: job.stopwatch.clone(),
        tally: CallTally::default(),
    }
}

/// Who is in doubt is still to be done.
fn without(mut set: SlotSet, done: &LeaverOutcomes) -> SlotSet {
    for (slot, _) in done.iter().filter(|(_, outcome)| **outcome != LeaverOutcome::InDoubt) {
        set.remove(*slot);
    }
    set
}

/// Whom a call without an answer may have deleted.
fn in_doubt(done: &LeaverOutcomes) -> HashSet<usize> {
    let in_doubt = done.iter().filter(|(_, outcome)| **outcome == LeaverOutcome::InDoubt);
    in_doubt.map(|(slot, _)| *slot).collect()
}

/// Records whom the export lets go, although another one keeps them on the list.
async fn let_go_of(
    job: &mut Job,
    let_go: &SlotSet,
    done: &LeaverOutcomes,
    interrupt: &Interrupt,
) -> Result<(), Stopped> {
    let slots: Vec<usize> = let_go.iter().filter(|slot| !done.contains_key(slot)).collect();
    for some in slots.chunks(PAGE_ROWS) {
        let outcomes = some.iter().map(|slot| (*slot, LeaverOutcome::LetGo)).collect();
        record(job, outcomes, LeaverCallCounts::default(), interrupt).await?;
    }
    Ok(())
}

/// Leavers of one call, with their slots.
type People = Vec<(usize, String)>;

/// The leavers, in groups for one call each, as long as the baseline can be read.
fn people(
    job: &Job,
    baseline: &Baseline,
    left: SlotSet,
) -> impl Stream<Item = Result<People, baselines::Error>> + use<> {
    let group = match job.run.sync.leavers {
        Leavers::Flag(_) => PAGE_ROWS,
        Leavers::Keep | Leavers::Delete | Leavers::Unsubscribe => 1,
    };
    let mut slot = 0;
    let pages = baselines::members(&job.app.storage, baseline);
    let chosen = pages.map(move |page| {
        page.map(|page| {
            let numbered = page.into_iter().zip(slot..).collect::<Vec<_>>();
            slot += numbered.len();
            let chosen = numbered.into_iter().filter(|(_, slot)| left.contains(*slot));
            chosen.map(|(member, slot)| (slot, member.address)).collect::<People>()
        })
    });
    grouped(chosen, group)
}

/// The same people, so many at a time.
fn grouped(
    pages: impl Stream<Item = Result<People, baselines::Error>>,
    group: usize,
) -> impl Stream<Item = Result<People, baselines::Error>> {
    let people = pages.flat_map(|page| match page {
        Ok(people) => stream::iter(people.into_iter().map(Ok).collect::<Vec<_>>()),
        Err(error) => stream::iter(vec![Err(error)]),
    });
    people.chunks(group).map(|some| some.into_iter().collect())
}

/// The outcomes for some people; `None` for those to whom nothing was done.
async fn act_on(
    calls: Arc<LeaverCalls>,
    departures: Arc<Departures>,
    people: Result<People, baselines::Error>,
    doubtful: Arc<HashSet<usize>>,
) -> Result<Option<LeaverOutcomes>, baselines::Error> {
    let people = people?;
    let Ok(gone) = departures.now(&calls).await else { return Ok(None) };
    let (mut done, mut on) = (LeaverOutcomes::new(), People::new());
    for (slot, address) in people {
        match gone.outcome(&address) {
            // Their own attempt before has deleted them, as far as anybody can tell.
            Some(LeaverOutcome::Gone)
                if doubtful.contains(&slot) && calls.action == Leavers::Delete =>
            {
                done.insert(slot, LeaverOutcome::Deleted);
            }
            Some(outcome) => {
                done.insert(slot, outcome);
            }
            None => on.push((slot, address)),
        }
    }
    let addresses: Vec<&str> = on.iter().map(|(_, address)| address.as_str()).collect();
    let outcomes = match calls.act(&addresses).await {
        Ok(outcomes) => outcomes,
        Err(Undone) => return Ok(None),
    };
    done.extend(on.into_iter().map(|(slot, _)| slot).zip(outcomes));
    Ok(Some(done))
}

/// Says of how many people it could not be found out whether the run has added them to the list.
async fn warn(job: &Job, undecided: usize) -> Result<(), Stopped> {
    if undecided == 0 {
        return Ok(());
    }
    let _writing = job.writes.clone().lock_owned().await;
    let (mut tx, run) = (job.app.db.write().await?, job.run.id);
    let stored = runs::store::get(&mut tx, run).await?;
    let mut warnings = stored.map(|run| run.warnings.0).unwrap_or_default();
    let message = format!(
        "Setting the flag may have put people on the list again whom it did not have any more: {undecided}. Which ones \
        they are could not be found out, so they stay. Look for people on the list who joined during this run and have \
        no other value than the flag."
    );
    warnings.items.push(Warning::new(WarningCode::AddedByFlag, message).with("count", undecided));
    let is_kept = store_work::set_warnings(&mut tx, job.lease, &warnings).await?;
    tx.commit().await?;
    if is_kept { Ok(()) } else { Err(Stopped::LeaseLost(LeaseLost)) }
}

async fn record_all(
    job: &mut Job,
    some: Vec<Result<Option<LeaverOutcomes>, baselines::Error>>,
    calls: &LeaverCalls,
    interrupt: &Interrupt,
) -> Result<(), Stopped> {
    let mut done = LeaverOutcomes::new();
    for outcomes in some {
        match outcomes {
            Ok(outcomes) => done.extend(outcomes.into_iter().flatten()),
            Err(error) => interrupt.raise(Stopped::baseline(error)),
        }
    }
    record(job, done, calls.tally.take(), interrupt).await
}

async fn record(
    job: &mut Job,
    done: LeaverOutcomes,
    calls: LeaverCallCounts,
    interrupt: &Interrupt,
) -> Result<(), Stopped> {
    if done.is_empty() && calls == LeaverCallCounts::default() {
        return Ok(());
    }
    let _writing = job.writes.clone().lock_owned().await;
    let mut tx = job.app.db.write().await?;
    let lease = job.app.config.work.lease();
    let written = store_leavers::record(&mut tx, job.lease, &done, calls, db::now(), lease).await?;
    let is_canceled = written.ok_or(Stopped::LeaseLost(LeaseLost))?;
    write_requests(&mut tx, job).await?;
    tx.commit().await?;
    for outcome in done.values() {
        job.run.leavers.count(*outcome);
    }
    if done.values().any(|outcome| *outcome != LeaverOutcome::InDoubt) {
        job.active.progressed();
        job.run.stalls = 0;
    }
    if is_canceled {
        interrupt.raise(canceled(&job.app, job.run.id).await);
    }
    Ok(())
}
