//! What may be broken on purpose, to see that the properties find it. `None` of it is in the service.

use crate::world::Breach;

/// One thing that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sabotage {
    /// A checkpoint does not name the fence.
    FenceNotChecked,
    /// Settling does not name the fence.
    SettleWithoutFence,
    /// A claim leaves the fence as it is.
    FenceNotRaised,
    /// A claim takes a run whose lease is valid.
    LeaseNotRespected,
    /// The sweeper finds no runs of dead workers.
    OrphansNotFound,
    /// A batch is written before its answer.
    CheckpointBeforeAnswer,
    /// Counts are written without the batches and the position.
    CountsWithoutPosition,
    /// Members count as acknowledged whose call has no answer.
    AcknowledgedBeforeAnswer,
    /// A baseline is stored although another version was stored meanwhile, and while the run sends.
    BaselineMovedEarly,
    /// People are removed before every row is read and answered.
    RemovalBeforeRead,
    /// No call asks whether the run is still the worker's.
    GateNotAsked,
    /// A plan that waits is carried out.
    HoldIgnored,
    /// A run that ends forgets what an attempt that died may have sent.
    DoubtForgotten,
    /// A checkpoint does not say how far rows may be sent.
    WindowForgotten,
    /// A worker that is told of a cancel sends on.
    CancelIgnored,
    /// A baseline that is behind passes for a complete one.
    BehindTrusted,
    /// What a run removed that was approved is not recovered where it could not be stored.
    RecoveryForgotten,
    /// A run that reads a segment does not pin what it reads.
    NotPinned,
}

impl Sabotage {
    /// Each of them.
    pub const ALL: [Self; 18] = [
        Self::FenceNotChecked,
        Self::SettleWithoutFence,
        Self::FenceNotRaised,
        Self::LeaseNotRespected,
        Self::OrphansNotFound,
        Self::CheckpointBeforeAnswer,
        Self::CountsWithoutPosition,
        Self::AcknowledgedBeforeAnswer,
        Self::BaselineMovedEarly,
        Self::RemovalBeforeRead,
        Self::GateNotAsked,
        Self::HoldIgnored,
        Self::DoubtForgotten,
        Self::WindowForgotten,
        Self::CancelIgnored,
        Self::BehindTrusted,
        Self::RecoveryForgotten,
        Self::NotPinned,
    ];
}

impl Breach {
    /// The property that it breaks.
    pub const fn property(self) -> &'static str {
        match self {
            Self::FenceNotHigher => "every claim raises the fence",
            Self::TakenWhileHeld => "nobody takes a run whose lease is valid",
            Self::WriteWithoutHolding => "only who holds a run writes about it",
            Self::EndedChanged => "what has ended stays as it is",
            Self::OutcomeTwice => "nobody gets two outcomes",
            Self::SentAfterWritten => "nobody is sent whose outcome is written",
            Self::SentTwiceThoughAnswered => "nobody is sent twice unless the answer was lost",
            Self::SentAfterCancel => "nobody is sent after a worker has learned of a cancel",
            Self::UnchangedThoughOther => "who counts as unchanged is on the list so",
            Self::RemovedFromSegment => "nobody is removed who is in the segment",
            Self::RemovedBeforeSent => "nobody is removed before everybody was sent and answered",
            Self::RemovedWithoutApproval => "nobody is removed by a plan that waits",
        }
    }
}
