//! The bounds of a world, and what may go wrong in it.

use crate::sabotage::Sabotage;
use crate::steps::Hold;
use crate::world::MEMBERS;

/// The bounds of a model or a simulation.
#[derive(Clone, Debug)]
pub struct Scope {
    /// How it is told in reports.
    pub name: &'static str,
    /// Processes that execute runs.
    pub workers: usize,
    /// Runs of the export, one after the other.
    pub runs: usize,
    /// The members of the segment on each day: the version of each member's record; 0: not in the segment.
    pub days: Vec<[u8; MEMBERS]>,
    /// Members whom Campaign Monitor rejects.
    pub rejected: u8,
    /// Members without a usable address: they are not sent.
    pub invalid: u8,
    /// Rows of a batch.
    pub batch: usize,
    /// Batches that may be in flight.
    pub in_flight: usize,
    /// What of a plan with leavers waits for an approval.
    pub hold: Hold,
    /// Attempts without progress after which a run is given up.
    pub stalls_max: i32,
    /// What the baseline and the list have before the first run: the records of these members, by an earlier run.
    pub known: [u8; MEMBERS],
    /// How much may go wrong.
    pub faults: Faults,
    /// Whether known limits count as breaches, too (`docs/PROOF.md`).
    pub is_strict: bool,
    /// What is broken on purpose; `None`: nothing.
    pub sabotage: Option<Sabotage>,
}

/// How often each thing may still happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Faults {
    /// A process is killed.
    pub kills: u8,
    /// A lease expires although its worker lives: it is paused, or cannot reach the database.
    pub pauses: u8,
    /// Campaign Monitor's answer is lost, or the call is; nobody knows which.
    pub lost_answers: u8,
    /// Campaign Monitor rejects a call as a whole: surely nothing was stored.
    pub refusals: u8,
    /// The database does not answer: the transaction is committed, or not.
    pub lost_commits: u8,
    /// A hint is lost.
    pub lost_hints: u8,
    /// A hint comes that is not due.
    pub repeated_hints: u8,
    /// A caller cancels a run.
    pub cancels: u8,
    /// A process is told to stop.
    pub stops: u8,
    /// The next baseline cannot be written to the storage.
    pub lost_folds: u8,
    /// A call that seemed lost lands later.
    pub late_landings: u8,
}
