//! The phase after the last profile was sent: flags, deletes or unsubscribes people who left the segments, as the
//! export says.
//!
//! Only when every profile of the segments has been sent and answered: whom a run has not read has not left. What was
//! done to a person is written at once, so that a crash repeats only the calls in flight.

use std::sync::Arc;

use futures::{Stream, StreamExt, stream};

use super::gate::Gate;
use super::gone::Departures;
use super::heartbeat::canceled;
use super::interrupt::Interrupt;
use super::job::Job;
use super::leaver_calls::{CallTally, LeaverCalls, Undone};
use super::limiter::Limiter;
use super::plan::PlannedRun;
use super::stopped::Stopped;
use crate::baselines::{self, Baseline, SlotSet};
use crate::connections::session::AccountSession;
use crate::db;
use crate::exports::Leavers;
use crate::records::leaver_set::LeaverSet;
use crate::runs::store_leavers::{self, LeaverOutcomes};
use crate::runs::{LeaseLost, LeaverCallCounts, LeaverOutcome};
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
    let left = without(act, &done);
    if left.is_empty() {
        return Ok(interrupt.take());
    }
    let calls = Arc::new(calls(job, route, interrupt));
    let departures = Arc::new(Departures::since(since));
    let people = people(job, &baseline, left);
    let most = usize::from(job.app.config.work.uploads_in_flight);
    let drain = interrupt.drain.clone();
    let outcomes = people
        .take_until(drain.cancelled_owned())
        .map(|people| act_on(calls.clone(), departures.clone(), people));
    let mut outcomes = Box::pin(outcomes.buffer_unordered(most * AHEAD).ready_chunks(most * AHEAD));
    while let Some(some) = outcomes.next().await {
        record_all(job, some, &calls, interrupt).await?;
    }
    record(job, LeaverOutcomes::new(), calls.tally.take(), interrupt).await?;
    Ok(interrupt.take())
}

fn calls(job: &Job, route: Route, interrupt: &Arc<Interrupt>) -> LeaverCalls {
    let gate =
        Gate { app: job.app.clone(), instance: job.run.instance_id, interrupt: interrupt.clone() };
    LeaverCalls {
        session: route.session,
        list_id: job.run.list_id.as_str().to_owned(),
        action: job.run.sync.leavers.clone(),
        asks_to_confirm: route.asks_to_confirm,
        limiter: Limiter::new(usize::from(job.app.config.work.uploads_in_flight)),
        work: job.app.config.work.clone(),
        gate,
        tally: CallTally::default(),
    }
}

fn without(mut set: SlotSet, done: &LeaverOutcomes) -> SlotSet {
    for slot in done.keys() {
        set.remove(*slot);
    }
    set
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
) -> Result<Option<LeaverOutcomes>, baselines::Error> {
    let people = people?;
    let Ok(gone) = departures.now(&calls).await else { return Ok(None) };
    let (off, on): (People, People) =
        people.into_iter().partition(|(_, address)| gone.has(address));
    let addresses: Vec<&str> = on.iter().map(|(_, address)| address.as_str()).collect();
    let outcomes = match calls.act(&addresses).await {
        Ok(outcomes) => outcomes,
        Err(Undone) => return Ok(None),
    };
    let done = on.into_iter().map(|(slot, _)| slot).zip(outcomes);
    Ok(Some(done.chain(off.into_iter().map(|(slot, _)| (slot, LeaverOutcome::Gone))).collect()))
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
    tx.commit().await?;
    for outcome in done.values() {
        job.run.leavers.count(*outcome);
    }
    job.active.progressed();
    job.run.stalls = 0;
    if is_canceled {
        interrupt.raise(canceled(&job.app, job.run.id).await);
    }
    Ok(())
}
