//! What must hold, by name: in every state of the model, and after every step of the simulator.

use crate::actions::Action;
use crate::scope::Scope;
use crate::store::Status;
use crate::worker::at;
use crate::world::{Breach, Known, MEMBERS, Outcome, Run, World};

/// A property that holds in every state.
pub struct Invariant {
    /// As a sentence.
    pub name: &'static str,
    /// Whether it holds.
    pub holds: fn(&Scope, &World) -> bool,
}

/// A property of steps: `World::breach` has noted the first one that broke it.
macro_rules! never {
    ($breach:ident) => {
        Invariant {
            name: Breach::$breach.property(),
            holds: |_, world| world.breach != Some(Breach::$breach),
        }
    };
}

/// All of them. Those of steps look at what `World::breach` has noted.
pub const INVARIANTS: &[Invariant] = &[
    Invariant { name: "what a read counts adds up", holds: counts_add_up },
    Invariant { name: "people who left add up", holds: leavers_add_up },
    Invariant { name: "at the end every profile has one outcome", holds: all_have_an_outcome },
    Invariant { name: "the position is never ahead of the outcomes", holds: position_is_true },
    Invariant { name: "who counts as on the list is on the list", holds: outcomes_are_true },
    Invariant { name: "what remains at the end was not sent", holds: remaining_was_not_sent },
    Invariant { name: "a run has one holder", holds: one_holder },
    Invariant { name: "the baseline is never ahead of the answers", holds: baseline_is_answered },
    Invariant { name: "no run is stuck", holds: nothing_is_stuck },
    never!(FenceNotHigher),
    never!(TakenWhileHeld),
    never!(WriteWithoutHolding),
    never!(EndedChanged),
    never!(OutcomeTwice),
    never!(SentAfterWritten),
    never!(SentTwiceThoughAnswered),
    never!(SentAfterCancel),
    never!(UnchangedThoughOther),
    never!(RemovedFromSegment),
    never!(RemovedBeforeSent),
    never!(RemovedWithoutApproval),
];

/// The first property that does not hold.
pub fn broken(scope: &Scope, world: &World) -> Option<&'static str> {
    let broken = INVARIANTS.iter().find(|invariant| !(invariant.holds)(scope, world));
    broken.map(|invariant| invariant.name)
}

fn tallied(run: &Run) -> [i64; 6] {
    let mut tallied = [0; 6];
    for outcome in run.outcomes.iter().flatten() {
        tallied[*outcome as usize] += 1;
    }
    tallied
}

/// The counts of the row are those of its batches, and what is left by the law is not negative.
fn counts_add_up(_: &Scope, world: &World) -> bool {
    world.runs.iter().all(|run| {
        let accounted: i64 = run.counts.iter().sum();
        run.counts == tallied(run) && accounted <= run.selected
    })
}

fn leavers_add_up(_: &Scope, world: &World) -> bool {
    world.runs.iter().all(|run| {
        let known =
            run.leavers.iter().filter(|outcome| crate::leavers::is_known(**outcome)).count();
        i64::try_from(known) == Ok(run.leavers_acted) && run.leavers_acted <= run.leavers_found
    })
}

fn all_have_an_outcome(_: &Scope, world: &World) -> bool {
    world.runs.iter().all(|run| {
        let is_accounted = run.counts.iter().sum::<i64>() == run.selected;
        run.row.status != Status::Completed || (run.has_every_outcome() && is_accounted)
    })
}

fn position_is_true(_: &Scope, world: &World) -> bool {
    let is_true = |run: &Run| run.outcomes.iter().take(at(run.row.position)).all(Option::is_some);
    world.runs.iter().all(is_true)
}

/// Of the newest run: earlier ones tell what was true then.
fn outcomes_are_true(_: &Scope, world: &World) -> bool {
    let Some((run, landed)) = world.runs.last().zip(world.landed.last()) else { return true };
    let is_on = |(row, outcome): (usize, &Option<Outcome>)| match outcome {
        Some(Outcome::Created | Outcome::Updated) => landed & 1 << row != 0,
        _ => true,
    };
    run.outcomes.iter().enumerate().all(is_on)
}

fn remaining_was_not_sent(_: &Scope, world: &World) -> bool {
    world.runs.iter().zip(&world.landed).all(|(run, landed)| {
        let is_told = |row: usize| run.outcomes[row].is_some() || landed & 1 << row == 0;
        !run.row.status.is_ended() || (0..MEMBERS).all(is_told)
    })
}

fn one_holder(_: &Scope, world: &World) -> bool {
    (0..world.runs.len()).all(|run| {
        let fence = world.runs[run].row.fence;
        let jobs = world.workers.iter().flatten();
        jobs.filter(|job| (job.run, job.fence) == (run, fence)).count() <= 1
    })
}

/// Whoever the baseline says to be on the list was acknowledged there with this record, by an answer that came.
fn baseline_is_answered(_: &Scope, world: &World) -> bool {
    world.baseline.members.iter().zip(&world.answered).all(|(known, answered)| match known {
        Known::OnList(record) => answered & 1 << record != 0,
        _ => true,
    })
}

/// Where the service has nothing more to do by itself, every run has ended.
fn nothing_is_stuck(scope: &Scope, world: &World) -> bool {
    if world.runs.iter().all(|run| run.row.status.is_ended()) {
        return true;
    }
    let mut actions = vec![];
    world.actions(scope, &mut actions);
    actions.into_iter().any(Action::is_progress)
}
