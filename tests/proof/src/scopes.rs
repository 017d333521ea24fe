//! The bounds within which every state is explored, and the worlds of the simulator, each drawn from its seed.

use crate::random::Random;
use crate::sabotage::Sabotage;
use crate::scope::{Faults, Scope};
use crate::steps::Hold;
use crate::world::MEMBERS;

/// Nothing goes wrong.
const NONE: Faults = Faults {
    kills: 0,
    pauses: 0,
    lost_answers: 0,
    refusals: 0,
    lost_commits: 0,
    lost_hints: 0,
    repeated_hints: 0,
    cancels: 0,
    stops: 0,
    lost_folds: 0,
    late_landings: 0,
};

/// Two workers, three members who are new, two batches in flight.
fn sending() -> Scope {
    Scope {
        name: "sending",
        workers: 2,
        runs: 1,
        days: vec![[1, 1, 1, 0, 0, 0]],
        rejected: 0,
        invalid: 0,
        batch: 1,
        in_flight: 2,
        hold: Hold::Nothing,
        stalls_max: 2,
        known: [0; MEMBERS],
        faults: NONE,
        is_strict: false,
        sabotage: None,
    }
}

/// The same for an export that follows its segment for two days: member 2 leaves and returns, member 1 leaves.
fn following() -> Scope {
    Scope {
        name: "following",
        runs: 2,
        days: vec![[1, 1, 0, 0, 0, 0], [2, 0, 1, 0, 0, 0]],
        known: [1, 0, 1, 0, 0, 0],
        ..sending()
    }
}

/// What `make proof` explores in its short form.
pub fn short() -> Vec<Scope> {
    vec![
        Scope {
            name: "sending: a kill, a pause, a lost answer, a cancel",
            faults: Faults { kills: 1, pauses: 1, lost_answers: 1, cancels: 1, ..NONE },
            ..sending()
        },
        Scope {
            name: "sending: hints lost and repeated, a lost commit, a stop, flawed members",
            rejected: 0b001,
            invalid: 0b010,
            faults: Faults {
                pauses: 1,
                lost_commits: 1,
                lost_hints: 1,
                repeated_hints: 1,
                stops: 1,
                ..NONE
            },
            ..sending()
        },
        Scope {
            name: "following for two days: a pause and a lost answer",
            faults: Faults { pauses: 1, lost_answers: 1, ..NONE },
            ..following()
        },
        Scope {
            name: "following, removals wait: a kill and a cancel",
            runs: 1,
            hold: Hold::Removals,
            faults: Faults { kills: 1, cancels: 1, ..NONE },
            ..following()
        },
        Scope {
            name: "following, the whole run waits: a pause",
            runs: 1,
            hold: Hold::Run,
            faults: Faults { pauses: 1, ..NONE },
            ..following()
        },
    ]
}

/// What it explores beside that with more time.
pub fn long() -> Vec<Scope> {
    vec![
        Scope {
            name: "three workers: two kills, two pauses, a lost answer",
            workers: 3,
            days: vec![[1, 1, 0, 0, 0, 0]],
            faults: Faults { kills: 2, pauses: 2, lost_answers: 1, repeated_hints: 1, ..NONE },
            ..sending()
        },
        Scope {
            name: "sending: two kills, two lost answers, a refusal, a cancel",
            stalls_max: 3,
            faults: Faults { kills: 2, lost_answers: 2, refusals: 1, cancels: 1, ..NONE },
            ..sending()
        },
        Scope {
            name: "sending: two lost commits, a kill, a pause, a refusal",
            faults: Faults { kills: 1, pauses: 1, refusals: 1, lost_commits: 2, ..NONE },
            ..sending()
        },
        Scope {
            name: "following for two days: a kill, a pause, a lost answer, a lost baseline",
            faults: Faults { kills: 1, pauses: 1, lost_answers: 1, lost_folds: 1, ..NONE },
            ..following()
        },
        Scope {
            name: "following for two days, removals wait: a pause, a lost commit, a cancel",
            hold: Hold::Removals,
            faults: Faults { pauses: 1, lost_commits: 1, cancels: 1, ..NONE },
            ..following()
        },
    ]
}

/// What the protocol does not keep: known limits, each shown by the shortest way to it.
pub fn limits() -> Vec<Scope> {
    let returning = Scope {
        days: vec![[1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0]],
        known: [1, 1, 0, 0, 0, 0],
        is_strict: true,
        ..following()
    };
    vec![
        Scope {
            name: "a worker is killed between a removal and its record, and the run canceled",
            faults: Faults { kills: 1, cancels: 1, ..NONE },
            ..returning.clone()
        },
        Scope {
            name: "a removal is on its way for longer than its run, and lands in the next one",
            faults: Faults { lost_answers: 1, late_landings: 1, ..NONE },
            is_strict: false,
            ..returning.clone()
        },
        Scope {
            name: "the baseline of a run is lost, and somebody whom it sent is away in the next run",
            runs: 3,
            days: vec![[2, 1, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0]],
            faults: Faults { lost_folds: 1, ..NONE },
            ..returning
        },
    ]
}

/// The bounds within which something that is broken shows.
pub fn broken(sabotage: Sabotage) -> Scope {
    let faults = Faults { kills: 1, pauses: 1, lost_answers: 1, ..NONE };
    let scope = match sabotage {
        Sabotage::AcknowledgedBeforeAnswer => {
            Scope { faults: Faults { lost_answers: 1, cancels: 1, ..NONE }, ..sending() }
        }
        Sabotage::LeaseNotRespected => {
            Scope { faults: Faults { repeated_hints: 1, ..NONE }, ..sending() }
        }
        Sabotage::GateNotAsked
        | Sabotage::BaselineMovedEarly
        | Sabotage::RemovalBeforeRead
        | Sabotage::NotPinned => Scope { faults, ..following() },
        Sabotage::BehindTrusted => Scope { faults: Faults { lost_folds: 1, ..NONE }, ..behind() },
        Sabotage::RecoveryForgotten => Scope {
            days: vec![[1, 0, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0]],
            known: [1, 1, 0, 0, 0, 0],
            hold: Hold::Removals,
            faults: Faults { lost_folds: 1, ..NONE },
            ..following()
        },
        Sabotage::HoldIgnored => Scope { hold: Hold::Removals, ..following() },
        Sabotage::CancelIgnored => Scope { faults: Faults { cancels: 1, ..NONE }, ..sending() },
        Sabotage::DoubtForgotten | Sabotage::WindowForgotten => {
            Scope { faults: Faults { kills: 1, cancels: 1, ..NONE }, ..sending() }
        }
        _ => Scope { faults, ..sending() },
    };
    Scope { name: "broken", sabotage: Some(sabotage), ..scope }
}

/// Somebody gets another record, and the first one back: whoever trusts an old baseline sends nothing.
fn behind() -> Scope {
    Scope {
        days: vec![[2, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0]],
        known: [1, 0, 0, 0, 0, 0],
        ..following()
    }
}

/// One member in every other world.
fn flawed(random: &mut Random) -> u8 {
    let member = random.index(2 * MEMBERS);
    if member < MEMBERS { 1 << member } else { 0 }
}

/// The world of a seed.
pub fn drawn(random: &mut Random, sabotage: Option<Sabotage>) -> Scope {
    let mut record = |odds: u64| if random.below(10) < odds { 1 + random.small(2) } else { 0 };
    let day = |record: &mut dyn FnMut(u64) -> u8| std::array::from_fn(|_| record(6));
    let days = vec![day(&mut record), day(&mut record), day(&mut record)];
    let known = day(&mut record);
    Scope {
        name: "drawn",
        workers: 2 + random.index(2),
        runs: 1 + random.index(4),
        days,
        rejected: flawed(random),
        invalid: flawed(random),
        batch: 1 + random.index(2),
        in_flight: 1 + random.index(3),
        hold: [Hold::Nothing, Hold::Nothing, Hold::Removals, Hold::Run][random.index(4)],
        stalls_max: 1 + i32::from(random.small(4)),
        known,
        faults: Faults {
            kills: random.small(5),
            pauses: random.small(4),
            lost_answers: random.small(5),
            refusals: random.small(3),
            lost_commits: random.small(4),
            lost_hints: random.small(3),
            repeated_hints: random.small(3),
            cancels: random.small(2),
            stops: random.small(3),
            lost_folds: random.small(2),
            late_landings: 0,
        },
        is_strict: false,
        sabotage,
    }
}
