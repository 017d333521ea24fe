//! What follows the answer to a batch, and the end of sending.

/// What is known of a batch that was read and sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BatchAnswer {
    /// Its rows could not be read.
    Unreadable,
    /// Some of its records have no answer, or were not sent.
    InPart,
    /// Every record has an answer.
    Complete,
}

/// What a worker does with the rows of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BatchFate {
    /// Nothing more is sent, and the run stops.
    Interrupt,
    /// Nothing more is sent; the batch is written only by a run that ends.
    KeepAndDrain,
    /// The next checkpoint writes it.
    Write,
}

/// What becomes of a batch after its answer.
#[must_use]
pub const fn after_answer(answer: BatchAnswer) -> BatchFate {
    match answer {
        BatchAnswer::Unreadable => BatchFate::Interrupt,
        BatchAnswer::InPart => BatchFate::KeepAndDrain,
        BatchAnswer::Complete => BatchFate::Write,
    }
}

/// How sending ended, when no call is in flight any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransferEnd {
    /// Somebody canceled the run, or it had to stop for another reason, while batches were left.
    Interrupted,
    /// Some records have no answer, for an error that is known.
    Failed,
    /// Every row has an outcome that is written: only now may anybody leave the list.
    Complete,
    /// The reader ended before the segments did.
    CutShort,
}

/// Whether people may leave the list now, or why the run stops, once no call is in flight.
#[must_use]
pub const fn transfer_end(
    is_interrupted: bool,
    has_failed: bool,
    position: i64,
    selected: i64,
) -> TransferEnd {
    if is_interrupted {
        TransferEnd::Interrupted
    } else if has_failed {
        TransferEnd::Failed
    } else if position == selected {
        TransferEnd::Complete
    } else {
        TransferEnd::CutShort
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sending_is_complete_only_when_every_row_has_an_outcome() {
        assert_eq!(transfer_end(false, false, 3, 3), TransferEnd::Complete);
        assert_eq!(transfer_end(false, false, 2, 3), TransferEnd::CutShort);
        assert_eq!(transfer_end(false, true, 3, 3), TransferEnd::Failed);
        assert_eq!(transfer_end(true, true, 3, 3), TransferEnd::Interrupted);
    }

    #[test]
    fn only_a_batch_with_every_answer_is_written_on_the_way() {
        assert_eq!(after_answer(BatchAnswer::Complete), BatchFate::Write);
        assert_eq!(after_answer(BatchAnswer::InPart), BatchFate::KeepAndDrain);
        assert_eq!(after_answer(BatchAnswer::Unreadable), BatchFate::Interrupt);
    }
}
