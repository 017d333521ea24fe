//! Everything that the protocol of runs touches, as one value: the tables, the queue, the storage, Campaign Monitor,
//! the workers with what they have in memory; and beside them what no process knows, by which properties are judged.

use crate::scope::Faults;
use crate::steps::{Accounted, Phase, StopKind};
use crate::store::RunRow;

/// The most members of a segment.
pub const MEMBERS: usize = 6;
/// The most rows of a batch.
pub const BATCH_ROWS: usize = 2;

/// The outcome of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Put on the list.
    Created,
    /// Was on the list.
    Updated,
    /// Not sent: the list has it.
    Unchanged,
    /// Campaign Monitor rejected it.
    Rejected,
    /// Not sent: no usable address.
    Invalid,
    /// Sent, and nobody knows.
    InDoubt,
}

/// What was done to somebody who left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeaverOutcome {
    /// Deleted by the run.
    Deleted,
    /// Was off the list.
    Gone,
    /// A call had no answer.
    InDoubt,
}

/// What a baseline says of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Known {
    /// Nothing.
    #[default]
    Nothing,
    /// The list has this version of the record.
    OnList(u8),
    /// Sent without an answer.
    InDoubt,
    /// Taken off the list by the service.
    Removed,
}

/// What an export knows of its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BaselineRow {
    /// Rises with every change.
    pub version: u8,
    /// By member.
    pub members: [Known; MEMBERS],
    /// The run that stored it; [`EARLIER`] before the first one.
    pub run: u8,
}

/// The run that made what is known before the first run of the model.
pub const EARLIER: u8 = u8::MAX;

/// A run with its batches, plan and leavers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    /// Its row.
    pub row: RunRow,
    /// The day whose members are pinned.
    pub pinned: Option<u8>,
    /// Profiles that it reads.
    pub selected: i64,
    /// The stored batches: the outcome of each row.
    pub outcomes: [Option<Outcome>; MEMBERS],
    /// The counts of the row: how many profiles have which outcome.
    pub counts: [i64; 6],
    /// People who leave by the plan, as a set.
    pub plan: Option<u8>,
    /// The version of the baseline for which that was computed.
    pub plan_version: u8,
    /// The plan that somebody has approved.
    pub approved: Option<u8>,
    /// How many people leave.
    pub leavers_found: i64,
    /// What was done to whom.
    pub leavers: [Option<LeaverOutcome>; MEMBERS],
    /// How many of them have an outcome that is known.
    pub leavers_acted: i64,
}

/// A batch of an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BatchState {
    /// Not sent by this attempt.
    #[default]
    Unsent,
    /// The answer is on its way.
    Answering(BatchResult),
    /// No answer came; it may be sent once more.
    Lost,
    /// Every record has an answer; not written yet.
    Answered(BatchResult),
    /// Not every record has an answer: it is written only by a run that ends.
    Kept {
        /// Whether something of it may be on the list.
        is_touched: bool,
    },
    /// Written, or it was accounted for before.
    Done,
}

/// The outcomes of the rows of a batch.
pub type BatchResult = [Option<Outcome>; BATCH_ROWS];

/// Why a run sends nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// A caller has cancelled it.
    Canceled,
    /// Too many attempts have made no progress.
    NoProgress,
    /// Campaign Monitor is unavailable.
    Unavailable,
    /// The database failed.
    Fault,
    /// The process stops.
    Drained,
    /// Another worker has the run.
    LeaseLost,
}

impl Cause {
    /// As `Stopped::kind` of the worker.
    pub const fn kind(self) -> StopKind {
        match self {
            Self::Canceled | Self::NoProgress => StopKind::Ends,
            Self::Unavailable | Self::Fault => StopKind::Unavailable,
            Self::Drained => StopKind::Yields,
            Self::LeaseLost => StopKind::LeaseLost,
        }
    }
}

/// A removal that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Removal {
    /// Who leaves.
    pub member: u8,
    /// What the answer says; in doubt without one.
    pub outcome: LeaverOutcome,
}

/// How the phases ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PhasesEnd {
    /// Everybody has been sent, and everybody who left is off the list.
    Completed,
    /// The run waits for an approval.
    Held,
    /// No call is in flight.
    Stopped(Cause),
    /// Calls were in flight.
    BrokenOff(Cause),
}

/// What is still to be written of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ending {
    /// How the run is left.
    pub left: crate::store::Left,
    /// Rows that count as in doubt.
    pub rest: u8,
    /// Rows up to here may have been sent.
    pub sent_until: Option<i64>,
    /// The next baseline.
    pub baseline: Option<BaselineRow>,
}

/// A run at a worker, in the memory of its process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Job {
    /// Which run.
    pub run: usize,
    /// The fence of the claim.
    pub fence: i64,
    /// The phase of the pure step.
    pub phase: Phase,
    /// Rows that have an outcome, as far as this worker has written or read that.
    pub accounted: Accounted,
    /// The same at the claim.
    pub earlier: Accounted,
    /// Rows up to here may have been sent by attempts before.
    pub doubt_until: i64,
    /// Rows up to here may have been sent, as last written.
    pub sent_until: i64,
    /// As last known.
    pub stalls: i32,
    /// Profiles that the run reads.
    pub selected: i64,
    /// The day whose members it reads.
    pub day: u8,
    /// The baseline that members are compared with; `None` before the run is prepared.
    pub basis: Option<BaselineRow>,
    /// Whether that lacks what an earlier run has sent.
    pub is_behind: bool,
    /// Members who were acknowledged in this attempt.
    pub acknowledged: [Option<Known>; MEMBERS],
    /// By the number of the batch.
    pub batches: [BatchState; MEMBERS],
    /// Batches that this attempt has begun.
    pub begun: usize,
    /// People who are to leave, as a set.
    pub act: u8,
    /// People who left and have an outcome.
    pub acted: u8,
    /// A removal that is under way.
    pub removal: Option<Removal>,
    /// Why it sends nothing more.
    pub cause: Option<Cause>,
    /// Known to no process: whether the database has told it of a cancel.
    pub is_told_of_cancel: bool,
    /// How its phases ended; then only `ending` and `settle` are left.
    pub end: Option<PhasesEnd>,
    /// What `settle` will write.
    pub ending: Option<Ending>,
}

/// What went wrong, if anything did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Breach {
    /// A fence went down, or stayed at a claim.
    FenceNotHigher,
    /// A run was claimed whose lease was valid.
    TakenWhileHeld,
    /// A worker wrote about a run that another one has.
    WriteWithoutHolding,
    /// A run that had ended was changed.
    EndedChanged,
    /// A row got a second outcome.
    OutcomeTwice,
    /// A row was sent whose outcome was written.
    SentAfterWritten,
    /// A row was sent twice by an attempt that had the answer.
    SentTwiceThoughAnswered,
    /// A row was sent after the worker had learned of a cancel.
    SentAfterCancel,
    /// Somebody counted as unchanged whom the list has otherwise, or not.
    UnchangedThoughOther,
    /// Somebody was removed who is in the segment.
    RemovedFromSegment,
    /// Somebody was removed before every row was read and answered.
    RemovedBeforeSent,
    /// Somebody was removed by a plan that waits.
    RemovedWithoutApproval,
}

/// What becomes of a transaction.
#[derive(Clone, Copy, Debug)]
pub struct Transaction {
    /// Whether it is committed.
    pub is_written: bool,
    /// Whether the worker knows.
    pub is_known: bool,
}

/// The state of everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// The table of runs, in the order in which they were started.
    pub runs: Vec<Run>,
    /// Runs that the queue has a hint of, as a set.
    pub hints: u8,
    /// The day whose members were uploaded last.
    pub day: u8,
    /// The baseline of the export.
    pub baseline: BaselineRow,
    /// Campaign Monitor: the version of the record of each member; 0: not on the list.
    pub list: [u8; MEMBERS],
    /// The workers.
    pub workers: Vec<Option<Job>>,
    /// What may still go wrong.
    pub faults: Faults,
    /// Known to no process: the versions of each member's record whose answer a worker got, as a set.
    pub answered: [u8; MEMBERS],
    /// Known to no process: rows of each run of which something has landed, as a set.
    pub landed: Vec<u8>,
    /// Known to no process: people whose removal has landed, and is written nowhere.
    pub unwritten: u8,
    /// Known to no process: people of whom the baseline has another record than the list, since a run that sent them
    /// could not store it, and the next one did not have them.
    pub passed_over: u8,
    /// Known to no process: removals that may land later.
    pub in_the_air: u8,
    /// Known to no process: what went wrong.
    pub breach: Option<Breach>,
}
