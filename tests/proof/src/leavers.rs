//! The phase that removes people who left.

use crate::actions::{Call, Commit};
use crate::sabotage::Sabotage;
use crate::scope::Scope;
use crate::steps::{Hold, PhaseEvent};
use crate::world::{Breach, Cause, Job, Known, LeaverOutcome, MEMBERS, Removal, Run, World};

impl World {
    /// Removes the next one who left, after the gate.
    pub fn remove(&mut self, scope: &Scope, job: &mut Job, call: Call) {
        let next = (0..MEMBERS).find(|member| job.act & !job.acted & 1 << member != 0);
        let Some(member) = next else { return };
        let run = &self.runs[job.run];
        if !run.row.is_ours(job.fence) && scope.sabotage != Some(Sabotage::GateNotAsked) {
            job.cause.get_or_insert(Cause::LeaseLost);
            return;
        }
        let was_in_doubt = run.leavers[member] == Some(LeaverOutcome::InDoubt);
        self.spend(call);
        let is_gone = self.list[member] == 0;
        if call == Call::Refused {
            job.cause.get_or_insert(Cause::Unavailable);
            return;
        }
        if !is_gone && call != Call::Vanished {
            self.judge_removal(scope, job, member);
            self.list[member] = 0;
            self.unwritten |= 1 << member;
        }
        if call == Call::Vanished && self.faults.late_landings > 0 {
            self.in_the_air |= 1 << member;
        }
        let outcome = match (call, is_gone) {
            (Call::Answered, true) if !was_in_doubt => LeaverOutcome::Gone,
            (Call::Answered, _) => LeaverOutcome::Deleted,
            _ => LeaverOutcome::InDoubt,
        };
        job.removal = Some(Removal { member: u8::try_from(member).unwrap_or(0), outcome });
    }

    /// A removal lands that was on its way when its worker was paused or killed.
    pub fn land_late(&mut self, scope: &Scope) {
        self.faults.late_landings -= 1;
        let Some(member) = (0..MEMBERS).find(|member| self.in_the_air & 1 << member != 0) else {
            return;
        };
        let day = self.runs.last().and_then(|run| run.pinned).unwrap_or(0);
        let is_in = scope.days[usize::from(day)][member] != 0;
        self.note(is_in && self.list[member] != 0, Breach::RemovedFromSegment);
        self.in_the_air &= !(1 << member);
        self.unwritten |= 1 << member;
        self.list[member] = 0;
    }

    fn judge_removal(&mut self, scope: &Scope, job: &Job, member: usize) {
        let is_in_pinned =
            |run: &Run| run.pinned.is_some_and(|day| scope.days[usize::from(day)][member] != 0);
        let is_in = self.runs[job.run..].iter().any(is_in_pinned);
        let run = &self.runs[job.run];
        let is_sent = run.row.position == run.selected && run.has_every_outcome();
        let is_approved = scope.hold == Hold::Nothing || run.approved == Some(job.act);
        self.note(is_in, Breach::RemovedFromSegment);
        self.note(!is_sent, Breach::RemovedBeforeSent);
        self.note(!is_approved, Breach::RemovedWithoutApproval);
    }

    /// Writes at once what was done to somebody.
    pub fn record_leaver(&mut self, job: &mut Job, commit: Commit) {
        let commit = self.commit(commit);
        let Some(Removal { member, outcome }) = job.removal.take() else { return };
        let member = usize::from(member);
        let run = &mut self.runs[job.run];
        if commit.is_written {
            let (position, sent_until) = (run.row.position, run.row.sent_until);
            let is_progress = is_known(Some(outcome));
            match run.row.checkpoint(job.fence, position, sent_until, is_progress) {
                None => return job.stop(Cause::LeaseLost),
                Some(is_canceled) => {
                    if is_canceled {
                        job.cause.get_or_insert(Cause::Canceled);
                    }
                }
            }
            let is_twice = is_known(run.leavers[member]);
            run.leavers[member] = Some(outcome);
            run.leavers_acted += i64::from(is_progress);
            if is_progress {
                self.unwritten &= !(1 << member);
            }
            self.note(is_twice, Breach::OutcomeTwice);
        }
        if !commit.is_known {
            return job.stop(Cause::Fault);
        }
        if is_known(Some(outcome)) {
            job.acted |= 1 << member;
            job.stalls = 0;
        } else {
            job.cause.get_or_insert(Cause::Unavailable);
        }
    }
}

impl Job {
    /// How removing ended.
    pub fn end_leavers(&mut self) {
        let is_stopped = self.cause.is_some();
        self.advance(if is_stopped { PhaseEvent::Stopped } else { PhaseEvent::LeaversDone });
    }
}

/// What the baseline says of somebody to whom that was done.
pub const fn done(outcome: LeaverOutcome) -> Known {
    match outcome {
        LeaverOutcome::Deleted | LeaverOutcome::Gone => Known::Removed,
        LeaverOutcome::InDoubt => Known::InDoubt,
    }
}

/// Whether somebody who left is off the list, as far as anybody can tell.
pub const fn is_known(outcome: Option<LeaverOutcome>) -> bool {
    matches!(outcome, Some(LeaverOutcome::Deleted | LeaverOutcome::Gone))
}
