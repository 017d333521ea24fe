//! How a worker leaves a run: what it accounts for, whether the baseline moves, and the transaction that settles it.

use crate::actions::Commit;
use crate::leavers::done;
use crate::sabotage::Sabotage;
use crate::scope::Scope;
use crate::steps::{
    BaselineMove, Leave, LeftRun, RunEnd, baseline_marks, baseline_move, is_in_doubt, leave,
    sent_until,
};
use crate::store::{Left, Status};
use crate::transfer::known;
use crate::worker::{at, rows_of};
use crate::world::{
    BATCH_ROWS, BaselineRow, BatchResult, BatchState, Breach, Cause, Ending, Job, Known, MEMBERS,
    Outcome, PhasesEnd, World,
};

impl World {
    /// Works out what is still to be written. False: the run is another one's, so nothing is.
    pub fn ending(&mut self, scope: &Scope, job: &mut Job, is_folded: bool) -> bool {
        let Some(end) = job.end else { return false };
        if matches!(end, PhasesEnd::BrokenOff(_)) {
            job.doubt_until = job.doubt_until.max(job.sent_until);
        }
        let Some((left, run_end)) = left(scope, job, end) else { return false };
        let is_ended = matches!(left, Left::Ended(_));
        let sent_until = sent_until(&LeftRun {
            is_ended,
            is_broken_off: matches!(end, PhasesEnd::BrokenOff(_)),
            position: job.accounted.position,
            doubt_until: job.doubt_until,
            touched_until: job.touched_until(scope),
        });
        let mut ending = Ending { left, rest: 0, sent_until, baseline: None };
        if run_end != RunEnd::Released {
            ending.rest = job.rest(scope);
            let is_resumed = !job.earlier.is_nothing() || self.runs[job.run].leavers_acted > 0;
            if job.basis.is_none() && (is_resumed || job.doubt_until > job.accounted.position) {
                self.find_basis(scope, job);
            }
            let next = match baseline_move(run_end, job.accounted.position, job.selected) {
                BaselineMove::Folds => self.folded(scope, job, ending.rest),
                BaselineMove::Stays | BaselineMove::LeaversOnly => None,
            };
            ending.baseline = next.filter(|_| is_folded);
        }
        job.ending = Some(ending);
        true
    }

    /// The outcomes of the rows of a batch that no later attempt will account for.
    fn doubted(scope: &Scope, job: &Job, batch: usize) -> BatchResult {
        let (first, end) = rows_of(scope, batch, job.selected);
        let mut result = [None; BATCH_ROWS];
        for (row, outcome) in (first..end).zip(&mut result) {
            let member = scope.member(job.day, row);
            let is_invalid = scope.invalid & 1 << member != 0;
            *outcome = Some(if is_invalid { Outcome::Invalid } else { Outcome::InDoubt });
        }
        result
    }

    /// The next baseline, as `ending.rs` of the worker makes it; `None` when the run changed nothing of it.
    fn folded(&self, scope: &Scope, job: &Job, rest: u8) -> Option<BaselineRow> {
        let (run, basis) = (&self.runs[job.run], job.basis?);
        let this = u8::try_from(job.run).unwrap_or(0);
        let of = |outcome: Outcome| run.counts[outcome as usize];
        let sent = [Outcome::Created, Outcome::Updated, Outcome::Rejected, Outcome::InDoubt];
        let has_sent = sent.map(of).iter().sum::<i64>() > 0 || rest != 0;
        if !has_sent && run.leavers_found == 0 {
            return None;
        }
        let mut members = basis.members;
        let is_kept = basis.version > 0 && basis.run == this;
        for row in 0..job.selected {
            let member = scope.member(job.day, row);
            let is_earlier =
                row < job.earlier.position || crate::steps::has_row(&job.earlier.answered, row);
            let outcome = run.outcomes[at(row)].filter(|_| is_earlier && !is_kept);
            let recalled = outcome.and_then(|outcome| known(scope, job.day, member, outcome));
            members[member] = recalled.unwrap_or(members[member]);
        }
        for (member, known) in members.iter_mut().enumerate() {
            *known = run.leavers[member].map_or(*known, done);
            *known = job.acknowledged[member].unwrap_or(*known);
        }
        for batch in (0..MEMBERS).filter(|batch| rest & 1 << batch != 0) {
            let (first, end) = rows_of(scope, batch, job.selected);
            for (row, outcome) in (first..end).zip(Self::doubted(scope, job, batch)) {
                let member = scope.member(job.day, row);
                if outcome == Some(Outcome::InDoubt) {
                    members[member] = doubtful(scope, job, member);
                }
            }
        }
        let is_complete = job.accounted.position == job.selected;
        let has_changed = has_sent || run.leavers_acted > 0;
        let is_for_all = is_complete || basis.version == 0;
        let marks = baseline_marks(is_for_all, job.is_behind, has_changed);
        let run = if marks.names_run { this } else { basis.run };
        Some(BaselineRow { version: basis.version, members, run })
    }

    /// Writes how the worker leaves the run, the rest of its batches, and the next baseline, in one transaction. The
    /// worker has left the run afterwards, whatever the database answers.
    pub fn settle(&mut self, scope: &Scope, job: &Job, commit: Commit) {
        let commit = self.commit(commit);
        let Some(ending) = job.ending.filter(|_| commit.is_written) else { return };
        let before = self.clone();
        let rest = (0..MEMBERS).filter(|batch| ending.rest & 1 << batch != 0);
        let rest: Vec<_> = rest.map(|batch| (batch, Self::doubted(scope, job, batch))).collect();
        let position = job.accounted.position;
        if !rest.is_empty() && self.write(scope, job, (position, position), &rest).is_err() {
            *self = before;
            return;
        }
        let row = &mut self.runs[job.run].row;
        let is_ours = row.is_ours(job.fence);
        let is_unchecked = scope.sabotage == Some(Sabotage::SettleWithoutFence);
        let fence = if is_unchecked { row.fence } else { job.fence };
        if !row.settle(fence, ending.left, ending.sent_until) {
            *self = before;
            return;
        }
        self.note(!is_ours, Breach::WriteWithoutHolding);
        if let Some(next) = ending.baseline
            && next.version == self.baseline.version
        {
            self.baseline = BaselineRow { version: next.version + 1, ..next };
            if job.is_behind {
                self.note_passed_over();
            }
        }
    }

    /// Notes of whom a baseline that was behind, and is complete now, has another record than the list.
    fn note_passed_over(&mut self) {
        for (member, known) in self.baseline.members.iter().enumerate() {
            if let Known::OnList(record) = known
                && *record != self.list[member]
            {
                self.passed_over |= 1 << member;
            }
        }
    }
}

/// What the baseline says of somebody who was sent without an answer.
fn doubtful(scope: &Scope, job: &Job, member: usize) -> Known {
    if scope.sabotage == Some(Sabotage::AcknowledgedBeforeAnswer) {
        return Known::OnList(scope.days[usize::from(job.day)][member]);
    }
    Known::InDoubt
}

/// How the worker leaves the run, as `settle::outcome` decides it; `None`: silently.
fn left(scope: &Scope, job: &Job, end: PhasesEnd) -> Option<(Left, RunEnd)> {
    let ended = RunEnd::Ended { has_lost_values: false };
    let cause = match end {
        PhasesEnd::Completed => return Some((Left::Ended(Status::Completed), ended)),
        PhasesEnd::Held => return Some((Left::Held, RunEnd::Held)),
        PhasesEnd::Stopped(cause) | PhasesEnd::BrokenOff(cause) => cause,
    };
    match leave(cause.kind(), job.stalls, scope.stalls_max) {
        Leave::Silently => None,
        Leave::Ended if cause == Cause::Canceled => Some((Left::Ended(Status::Canceled), ended)),
        Leave::Ended | Leave::GivenUp => Some((Left::Ended(Status::Failed), ended)),
        Leave::Released { is_stalled } => Some((Left::Released { is_stalled }, RunEnd::Released)),
    }
}

impl Job {
    /// The end of the last batch that was sent in part.
    fn touched_until(&self, scope: &Scope) -> Option<i64> {
        let kept = self.batches.iter().enumerate().filter(|(_, state)| is_touched(**state));
        kept.map(|(batch, _)| rows_of(scope, batch, self.selected).1).max()
    }

    /// The batches that count as in doubt when no attempt follows, as a set: those that were sent in part, and as many
    /// of those that an attempt which died may have sent as may be in flight.
    fn rest(&self, scope: &Scope) -> u8 {
        let is_kept = |batch: &usize| is_touched(self.batches[*batch]);
        let mut rest = (0..MEMBERS).filter(is_kept).fold(0, |set, batch| set | 1 << batch);
        if self.doubt_until <= self.accounted.position
            || scope.sabotage == Some(Sabotage::DoubtForgotten)
        {
            return rest;
        }
        let mut found = 0;
        for batch in 0..MEMBERS {
            let (first, end) = rows_of(scope, batch, self.selected);
            if first >= end || rest & 1 << batch != 0 || self.accounted.has(first, end) {
                continue;
            }
            if !is_in_doubt(first, found, self.doubt_until, scope.in_flight) {
                break;
            }
            found += 1;
            rest |= 1 << batch;
        }
        rest
    }
}

/// Whether something of a batch without every answer may be on the list.
const fn is_touched(state: BatchState) -> bool {
    matches!(state, BatchState::Kept { is_touched: true })
}
