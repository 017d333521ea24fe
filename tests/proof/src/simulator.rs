//! Whole worlds from one seed in one thread: workers, store, queue, clock, storage and a Campaign Monitor that fails.
//!
//! A process that is paused takes no step until it wakes; a lease expires by the clock; a worker that is awake renews
//! it. After so many steps nothing fails any more, and then every run must end. What a seed finds is shrunk to the
//! fewest steps that show it.

use crate::actions::{Action, Call, Commit};
use crate::properties::broken;
use crate::random::Random;
use crate::sabotage::Sabotage;
use crate::scope::Scope;
use crate::scopes::drawn;
use crate::store::{LeaseState, Status};
use crate::world::World;

/// How long a lease lasts, in milliseconds, as the service sets it by default.
const LEASE_MS: u64 = 15_000;
/// Steps in which things may fail.
const TROUBLED_STEPS: usize = 250;
/// Steps after which a run that has not ended is stuck.
const STEPS_MAX: usize = 2_500;
/// The property that a run breaks which never ends.
pub const STUCK: &str = "every run ends once nothing fails any more";

/// What seeds add up to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Worlds.
    pub seeds: u64,
    /// Steps of all of them.
    pub steps: u64,
    /// Of their clocks.
    pub milliseconds: u64,
    /// Processes killed.
    pub kills: u64,
    /// Leases that expired although their worker lived.
    pub pauses: u64,
    /// Calls whose answer was lost, that were lost, or refused.
    pub calls_failed: u64,
    /// Transactions that failed, or whose answer was lost.
    pub commits_failed: u64,
    /// Hints lost and repeated, stops, cancels, baselines that could not be stored.
    pub others: u64,
    /// Runs that ended.
    pub runs: u64,
    /// Profiles of these runs.
    pub profiles: u64,
    /// People who were removed.
    pub removed: u64,
}

/// What a seed has shown to be broken.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The property.
    pub property: &'static str,
    /// The steps that lead there.
    pub trace: Vec<Action>,
}

/// One world on its way.
struct Simulation {
    scope: Scope,
    world: World,
    random: Random,
    now: u64,
    /// By run: when its lease expires.
    leases: Vec<u64>,
    /// By worker: until when it is paused.
    paused: Vec<u64>,
    trace: Vec<Action>,
}

/// Lives through the world of a seed.
pub fn simulate(seed: u64, sabotage: Option<Sabotage>, tally: &mut Tally) -> Option<Failure> {
    let mut random = Random::new(seed);
    let scope = drawn(&mut random, sabotage);
    let mut simulation = Simulation::new(scope, random);
    let failed = simulation.live();
    simulation.add_to(tally);
    failed.map(|property| Failure { property, trace: simulation.trace })
}

/// The scope of a seed.
pub fn scope_of(seed: u64, sabotage: Option<Sabotage>) -> Scope {
    drawn(&mut Random::new(seed), sabotage)
}

/// The fewest steps that show the same, as far as leaving out some at a time finds them.
pub fn shrink(scope: &Scope, failure: Failure) -> Failure {
    let Failure { property, mut trace } = failure;
    let mut size = trace.len().div_ceil(2);
    while size > 0 && property != STUCK {
        let mut first = 0;
        while first < trace.len() {
            let kept = trace.iter().enumerate();
            let kept = kept.filter(|(index, _)| !(first..first + size).contains(index));
            let fewer: Vec<Action> = kept.map(|(_, action)| *action).collect();
            match replay(scope, &fewer, property) {
                Some(shorter) => trace = shorter,
                None => first += size,
            }
        }
        size /= 2;
    }
    Failure { property, trace }
}

/// Takes those steps that are possible. The steps that were taken until the property is broken; `None`: it holds.
pub fn replay(scope: &Scope, trace: &[Action], property: &str) -> Option<Vec<Action>> {
    let (mut world, mut taken, mut possible) = (World::new(scope), vec![], vec![]);
    for action in trace {
        possible.clear();
        world.actions(scope, &mut possible);
        if !possible.contains(action) {
            continue;
        }
        world.apply(scope, *action);
        taken.push(*action);
        if broken(scope, &world) == Some(property) {
            return Some(taken);
        }
    }
    None
}

impl Simulation {
    fn new(scope: Scope, random: Random) -> Self {
        let world = World::new(&scope);
        let (leases, paused) = (vec![0; scope.runs], vec![0; scope.workers]);
        Self { scope, world, random, now: 0, leases, paused, trace: vec![] }
    }

    /// Until every run has ended, or something is broken.
    fn live(&mut self) -> Option<&'static str> {
        let mut possible = vec![];
        for step in 0..STEPS_MAX {
            let is_troubled = step < TROUBLED_STEPS;
            self.renew_leases();
            possible.clear();
            self.world.actions(&self.scope, &mut possible);
            possible
                .retain(|action| self.is_time(*action) && (is_troubled || action.is_progress()));
            let Some(action) = self.choose(&possible) else {
                if self.is_over() {
                    return None;
                }
                if !self.wait() {
                    return Some(STUCK);
                }
                continue;
            };
            self.pass_time(action);
            self.world.apply(&self.scope, action);
            self.trace.push(action);
            self.note_lease(action);
            if let Some(property) = broken(&self.scope, &self.world) {
                return Some(property);
            }
            if is_troubled && self.random.below(60) == 0 {
                let worker = self.random.index(self.paused.len());
                self.paused[worker] = self.now + 1_000 * (1 + self.random.below(40));
            }
        }
        (!self.is_over()).then_some(STUCK)
    }

    fn is_over(&self) -> bool {
        let are_ended = self.world.runs.iter().all(|run| run.row.status.is_ended());
        are_ended && self.world.runs.len() == self.scope.runs
    }

    /// Workers that are awake renew the leases that they hold.
    fn renew_leases(&mut self) {
        for run in 0..self.world.runs.len() {
            if let Some(worker) = self.world.holder(run)
                && self.paused[worker] <= self.now
                && self.world.runs[run].row.lease == LeaseState::Valid
            {
                self.leases[run] = self.now + LEASE_MS;
            }
        }
    }

    /// A claim or a write gives a lease its whole length.
    fn note_lease(&mut self, action: Action) {
        let renewed = match action {
            Action::Claim(_, run) => Some(run),
            Action::Heartbeat(worker) | Action::Checkpoint(worker, _) => {
                self.world.workers[worker].as_ref().map(|job| job.run)
            }
            _ => None,
        };
        if let Some(run) = renewed {
            self.leases[run] = self.now + LEASE_MS;
        }
    }

    /// Whether the clock allows a step, and the process is awake.
    fn is_time(&self, action: Action) -> bool {
        let is_awake = action.worker().is_none_or(|worker| self.paused[worker] <= self.now);
        let is_expired = match action {
            Action::LeaseExpires(run) => self.leases[run] <= self.now,
            _ => true,
        };
        is_awake && is_expired
    }

    /// One of these steps; what the service does by itself is likelier than what goes wrong.
    fn choose(&mut self, possible: &[Action]) -> Option<Action> {
        let weight = |action: &Action| match action {
            Action::Approve(_) | Action::UploadMembers => 2,
            Action::Heartbeat(_) => 4,
            action if action.is_progress() => 16,
            _ => 1,
        };
        let total: u64 = possible.iter().map(weight).sum();
        if total == 0 {
            return None;
        }
        let mut drawn = self.random.below(total);
        possible.iter().copied().find(|action| {
            let weight = weight(action);
            let is_chosen = drawn < weight;
            drawn = drawn.saturating_sub(weight);
            is_chosen
        })
    }

    /// How long a step takes.
    fn pass_time(&mut self, action: Action) {
        let most = match action {
            Action::StartRun => 6 * 3_600_000,
            Action::UploadMembers | Action::Approve(_) | Action::Decline(_) => 600_000,
            Action::PauseEnds(_) => 60_000,
            Action::Sweep(_) => 2_000,
            Action::Answer(..) | Action::Remove(..) => 600,
            _ => 10,
        };
        self.now += self.random.below(most);
    }

    /// Until the next lease expires or a process wakes. False: there is nothing to wait for.
    fn wait(&mut self) -> bool {
        let leases = self.leases.iter().zip(&self.world.runs);
        let leases = leases.filter(|(_, run)| run.row.lease == LeaseState::Valid);
        let moments = leases.map(|(until, _)| *until).chain(self.paused.iter().copied());
        let next = moments.filter(|until| *until > self.now).min();
        self.now = next.unwrap_or(self.now);
        next.is_some()
    }

    fn add_to(&self, tally: &mut Tally) {
        tally.seeds += 1;
        tally.milliseconds += self.now;
        let begun = self.scope.faults;
        let left = self.world.faults;
        tally.kills += u64::from(begun.kills - left.kills);
        tally.pauses += u64::from(begun.pauses - left.pauses);
        let others = [
            (begun.lost_hints, left.lost_hints),
            (begun.repeated_hints, left.repeated_hints),
            (begun.cancels, left.cancels),
            (begun.stops, left.stops),
            (begun.lost_folds, left.lost_folds),
        ];
        tally.others += others.iter().map(|(begun, left)| u64::from(begun - left)).sum::<u64>();
        for action in &self.trace {
            tally.steps += 1;
            tally.calls_failed += u64::from(is_failed_call(*action));
            tally.commits_failed += u64::from(is_failed_commit(*action));
        }
        for run in self.world.runs.iter().filter(|run| run.row.status.is_ended()) {
            tally.runs += 1;
            tally.profiles += u64::try_from(run.selected).unwrap_or(0);
            let is_completed = run.row.status == Status::Completed;
            let removed = if is_completed { run.leavers_acted } else { 0 };
            tally.removed += u64::try_from(removed).unwrap_or(0);
        }
    }
}

const fn is_failed_call(action: Action) -> bool {
    match action {
        Action::Send(_, call) | Action::Resend(_, _, call) | Action::Remove(_, call) => {
            !matches!(call, Call::Answered)
        }
        _ => false,
    }
}

const fn is_failed_commit(action: Action) -> bool {
    match action {
        Action::Checkpoint(_, commit)
        | Action::RecordLeaver(_, commit)
        | Action::Settle(_, commit) => !matches!(commit, Commit::Written),
        _ => false,
    }
}
