//! The phase that sends: batches out, answers in, checkpoints.

use crate::actions::{Call, Commit};
use crate::sabotage::Sabotage;
use crate::scope::Scope;
use crate::steps::{
    BatchAnswer, BatchFate, PhaseEvent, TransferEnd, after_answer, is_retry, transfer_end,
};
use crate::worker::{at, rows_of};
use crate::world::{
    BATCH_ROWS, BatchResult, BatchState, Breach, Cause, Job, Known, MEMBERS, Outcome, World,
};

impl World {
    /// Sends the next batch, if its rows need a call.
    pub fn send(&mut self, scope: &Scope, job: &mut Job, call: Call) {
        let Some(batch) = job.next_batch(scope) else { return };
        let (first, _) = rows_of(scope, batch, job.selected);
        let is_first = job.begun < scope.in_flight;
        job.begun += 1;
        let may_repeat = is_retry(is_first, first, job.doubt_until);
        self.call(scope, job, (batch, may_repeat), call);
    }

    /// Makes one call, after the gate. `may_repeat`: something of the batch may be on the list already.
    pub fn call(
        &mut self,
        scope: &Scope,
        job: &mut Job,
        (batch, may_repeat): (usize, bool),
        call: Call,
    ) {
        let (first, end) = rows_of(scope, batch, job.selected);
        let mut result = Self::unsent(scope, job, (first, end));
        if (first..end).zip(&result).all(|(_, outcome)| outcome.is_some()) {
            job.batches[batch] = BatchState::Answered(result);
            return;
        }
        let is_open = self.runs[job.run].row.is_ours(job.fence);
        if !is_open && scope.sabotage != Some(Sabotage::GateNotAsked) {
            job.batches[batch] = BatchState::Kept { is_touched: may_repeat };
            job.cause.get_or_insert(Cause::LeaseLost);
            return;
        }
        self.spend(call);
        self.note(job.is_told_of_cancel, Breach::SentAfterCancel);
        let is_answered = matches!(job.batches[batch], BatchState::Answering(_));
        self.note(is_answered, Breach::SentTwiceThoughAnswered);
        for (row, outcome) in (first..end).zip(&mut result) {
            if outcome.is_none() {
                *outcome = Some(self.land(scope, job, row, call));
            }
        }
        job.batches[batch] = match call {
            Call::Answered => BatchState::Answering(result),
            Call::AnswerLost | Call::Vanished => BatchState::Lost,
            Call::Refused => BatchState::Kept { is_touched: may_repeat },
        };
        if scope.sabotage == Some(Sabotage::CheckpointBeforeAnswer) {
            let hoped = |outcome: Outcome| {
                if outcome == Outcome::Rejected { Outcome::Created } else { outcome }
            };
            job.batches[batch] = BatchState::Answered(result.map(|outcome| outcome.map(hoped)));
        }
        if scope.sabotage == Some(Sabotage::BaselineMovedEarly) {
            Self::acknowledge(scope, job, batch, result);
            self.baseline.version += 1;
            for (member, known) in job.acknowledged.iter().enumerate() {
                self.baseline.members[member] = known.unwrap_or(self.baseline.members[member]);
            }
        }
    }

    /// The outcomes of rows that need no call.
    fn unsent(scope: &Scope, job: &Job, (first, end): (i64, i64)) -> BatchResult {
        let mut result = [None; BATCH_ROWS];
        for (row, outcome) in (first..end).zip(&mut result) {
            let member = scope.member(job.day, row);
            let record = scope.days[usize::from(job.day)][member];
            let is_same =
                job.basis.is_some_and(|basis| basis.members[member] == Known::OnList(record));
            *outcome = if scope.is_invalid(member) {
                Some(Outcome::Invalid)
            } else if is_same && !job.is_behind {
                Some(Outcome::Unchanged)
            } else {
                None
            };
        }
        result
    }

    /// One record of a call arrives, or not. Returns what the answer says about it.
    fn land(&mut self, scope: &Scope, job: &Job, row: i64, call: Call) -> Outcome {
        let member = scope.member(job.day, row);
        let is_written = self.runs[job.run].outcomes[at(row)].is_some();
        self.note(is_written, Breach::SentAfterWritten);
        if scope.is_rejected(member) || matches!(call, Call::Vanished | Call::Refused) {
            return Outcome::Rejected;
        }
        let was_there = self.list[member] != 0;
        self.list[member] = scope.days[usize::from(job.day)][member];
        self.unwritten &= !(1 << member);
        self.passed_over &= !(1 << member);
        self.landed[job.run] |= 1 << row;
        if was_there { Outcome::Updated } else { Outcome::Created }
    }

    /// The answer to a batch comes.
    pub fn answer(&mut self, scope: &Scope, job: &mut Job, batch: usize) {
        let BatchState::Answering(result) = job.batches[batch] else { return };
        let (first, end) = rows_of(scope, batch, job.selected);
        for (row, outcome) in (first..end).zip(result) {
            let member = scope.member(job.day, row);
            if matches!(outcome, Some(Outcome::Created | Outcome::Updated)) {
                self.answered[member] |= 1 << scope.days[usize::from(job.day)][member];
            }
        }
        job.batches[batch] = BatchState::Answered(result);
    }

    /// What the answers of a batch say about its members counts in the next baseline.
    fn acknowledge(scope: &Scope, job: &mut Job, batch: usize, result: BatchResult) {
        let (first, end) = rows_of(scope, batch, job.selected);
        for (row, outcome) in (first..end).zip(result) {
            let member = scope.member(job.day, row);
            let known = outcome.and_then(|outcome| known(scope, job.day, member, outcome));
            job.acknowledged[member] = known.or(job.acknowledged[member]);
        }
    }

    /// Writes what has been answered, with the position, in one transaction.
    pub fn checkpoint(&mut self, scope: &Scope, job: &mut Job, commit: Commit) {
        let commit = self.commit(commit);
        let ready = job.answered_batches();
        let written = ready.iter().map(|(batch, _)| rows_of(scope, *batch, job.selected));
        let accounted = job.accounted.with(written);
        let mut sent_until = accounted.sent_until(scope.window());
        if scope.sabotage == Some(Sabotage::WindowForgotten) {
            sent_until = accounted.position;
        }
        if commit.is_written {
            let to = (accounted.position, sent_until);
            match self.write(scope, job, to, &ready) {
                Err(cause) => return job.break_off(cause),
                Ok(true) => {
                    job.is_told_of_cancel = true;
                    if scope.sabotage != Some(Sabotage::CancelIgnored) {
                        job.cause.get_or_insert(Cause::Canceled);
                    }
                }
                Ok(false) => {}
            }
        }
        if !commit.is_known {
            return job.break_off(Cause::Fault);
        }
        (job.accounted, job.sent_until, job.stalls) = (accounted, sent_until, 0);
        for (batch, result) in ready {
            job.batches[batch] = BatchState::Done;
            Self::acknowledge(scope, job, batch, result);
        }
    }

    /// Writes batches, counts and the position. Whether a caller has cancelled the run; the error says that the lease
    /// is lost, or that a batch is written already.
    pub fn write(
        &mut self,
        scope: &Scope,
        job: &Job,
        (position, sent_until): (i64, i64),
        ready: &[(usize, BatchResult)],
    ) -> Result<bool, Cause> {
        let is_ours = self.runs[job.run].row.is_ours(job.fence);
        let run = &mut self.runs[job.run];
        let is_unchecked = scope.sabotage == Some(Sabotage::FenceNotChecked);
        let fence = if is_unchecked { run.row.fence } else { job.fence };
        let mut next = *run;
        let is_progress = !ready.is_empty();
        let Some(is_canceled) = next.row.checkpoint(fence, position, sent_until, is_progress)
        else {
            return Err(Cause::LeaseLost);
        };
        let is_partial = scope.sabotage == Some(Sabotage::CountsWithoutPosition);
        if is_partial {
            next.row.position = run.row.position;
        }
        for (batch, result) in ready {
            let (first, end) = rows_of(scope, *batch, job.selected);
            for (row, outcome) in (first..end).zip(result) {
                let outcome = outcome.unwrap_or(Outcome::InDoubt);
                if next.outcomes[at(row)].is_some() {
                    // The primary key of `batches` refuses it.
                    return Err(Cause::Fault);
                }
                if !is_partial {
                    next.outcomes[at(row)] = Some(outcome);
                }
                next.counts[outcome as usize] += 1;
            }
        }
        *run = next;
        self.note(!is_ours, Breach::WriteWithoutHolding);
        self.judge_unchanged(scope, job, ready);
        Ok(is_canceled)
    }

    /// Who counts as unchanged must be on the list with that record.
    fn judge_unchanged(&mut self, scope: &Scope, job: &Job, ready: &[(usize, BatchResult)]) {
        for (batch, result) in ready {
            let (first, end) = rows_of(scope, *batch, job.selected);
            for (row, outcome) in (first..end).zip(result) {
                let member = scope.member(job.day, row);
                let is_other = self.list[member] != scope.days[usize::from(job.day)][member];
                let known_limits = self.unwritten | self.passed_over;
                let is_limit = !scope.is_strict && known_limits & 1 << member != 0;
                let is_breach = *outcome == Some(Outcome::Unchanged) && is_other && !is_limit;
                self.note(is_breach, Breach::UnchangedThoughOther);
            }
        }
    }
}

impl Job {
    /// The next batch that the reader hands out, if there is a permit for it.
    pub fn next_batch(&self, scope: &Scope) -> Option<usize> {
        let is_open = |state: &BatchState| {
            matches!(state, BatchState::Answering(_) | BatchState::Lost | BatchState::Answered(_))
        };
        let in_flight = self.batches.iter().filter(|state| is_open(state)).count();
        if self.cause.is_some() || self.is_draining() || in_flight >= scope.in_flight {
            return None;
        }
        self.unsent_batch(scope)
    }

    fn unsent_batch(&self, scope: &Scope) -> Option<usize> {
        (0..MEMBERS).find(|batch| {
            let (first, end) = rows_of(scope, *batch, self.selected);
            let is_unsent = self.batches[*batch] == BatchState::Unsent;
            first < end && is_unsent && !self.accounted.has(first, end)
        })
    }

    /// Whether a batch has no answer for every record: then nothing more is sent.
    pub fn is_draining(&self) -> bool {
        self.batches.iter().any(|state| {
            let answer = match state {
                BatchState::Kept { .. } => BatchAnswer::InPart,
                _ => BatchAnswer::Complete,
            };
            after_answer(answer) == BatchFate::KeepAndDrain
        })
    }

    /// Whether no call is in flight and no further one is to be made.
    pub fn has_sent(&self, scope: &Scope) -> bool {
        let is_quiet = |state: &BatchState| {
            matches!(state, BatchState::Unsent | BatchState::Kept { .. } | BatchState::Done)
        };
        let is_over =
            self.cause.is_some() || self.is_draining() || self.unsent_batch(scope).is_none();
        let is_early = scope.sabotage == Some(Sabotage::RemovalBeforeRead);
        self.batches.iter().all(is_quiet) && (is_over || is_early)
    }

    /// Batches that the next checkpoint writes.
    fn answered_batches(&self) -> Vec<(usize, BatchResult)> {
        let answered = self.batches.iter().enumerate().filter_map(|(batch, state)| match state {
            BatchState::Answered(result) => Some((batch, *result)),
            _ => None,
        });
        answered.collect()
    }

    /// How sending ended.
    pub fn end_transfer(&mut self, scope: &Scope) {
        let (position, has_failed) = (self.accounted.position, self.is_draining());
        let is_interrupted = self.cause.is_some();
        let end = transfer_end(is_interrupted, has_failed, position, self.selected);
        match end {
            TransferEnd::Complete => self.advance(PhaseEvent::Sent),
            TransferEnd::CutShort if scope.sabotage == Some(Sabotage::RemovalBeforeRead) => {
                self.advance(PhaseEvent::Sent);
            }
            TransferEnd::Interrupted => self.advance(PhaseEvent::Stopped),
            TransferEnd::Failed => self.stop(Cause::Unavailable),
            TransferEnd::CutShort => self.stop(Cause::Fault),
        }
    }
}

/// What an outcome says about a member for the next baseline; `None`: nothing new.
pub fn known(scope: &Scope, day: u8, member: usize, outcome: Outcome) -> Option<Known> {
    match outcome {
        Outcome::Created | Outcome::Updated => {
            Some(Known::OnList(scope.days[usize::from(day)][member]))
        }
        Outcome::InDoubt => Some(Known::InDoubt),
        Outcome::Rejected => Some(Known::Nothing),
        Outcome::Unchanged | Outcome::Invalid => None,
    }
}
