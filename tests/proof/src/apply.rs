//! What a step changes. Everything that a worker decides, the pure functions of the service (`src/steps`) decide.

use crate::actions::{Action, Call, Commit};
use crate::sabotage::Sabotage;
use crate::scope::Scope;
use crate::steps::{ClaimObstacle, Phase, PhaseEvent, RunEffect, obstacle};
use crate::store::{LeaseState, RunRow};
use crate::world::{
    BaselineRow, BatchState, Breach, Cause, EARLIER, Job, Known, MEMBERS, PhasesEnd, Run,
    Transaction, World,
};

impl World {
    /// Before the first run.
    pub fn new(scope: &Scope) -> Self {
        let known = |record: u8| if record == 0 { Known::Nothing } else { Known::OnList(record) };
        let is_first = scope.known == [0; MEMBERS];
        let version = u8::from(!is_first);
        Self {
            runs: vec![],
            hints: 0,
            day: 0,
            baseline: BaselineRow { version, members: scope.known.map(known), run: EARLIER },
            list: scope.known,
            workers: vec![None; scope.workers],
            faults: scope.faults,
            answered: scope.known.map(|record| 1 << record),
            landed: vec![],
            unwritten: 0,
            passed_over: 0,
            in_the_air: 0,
            breach: None,
        }
    }

    /// The world after a step that is possible.
    pub fn after(&self, scope: &Scope, action: Action) -> Self {
        let mut next = self.clone();
        next.apply(scope, action);
        next
    }

    /// Takes a step that is possible.
    pub fn apply(&mut self, scope: &Scope, action: Action) {
        let before: Vec<RunRow> = self.runs.iter().map(|run| run.row).collect();
        let ended: Vec<Option<Run>> =
            self.runs.iter().map(|run| run.row.status.is_ended().then_some(*run)).collect();
        self.step(scope, action);
        for (run, before) in self.runs.iter().zip(&before) {
            let is_claimed = matches!(action, Action::Claim(..)) && run.row != *before;
            if is_claimed && before.lease == LeaseState::Valid {
                self.breach = self.breach.or(Some(Breach::TakenWhileHeld));
            }
            if run.row.fence < before.fence || (is_claimed && run.row.fence == before.fence) {
                self.breach = self.breach.or(Some(Breach::FenceNotHigher));
            }
        }
        let is_changed =
            |(run, ended): (&Run, &Option<Run>)| ended.is_some_and(|ended| ended != *run);
        if self.runs.iter().zip(&ended).any(is_changed) {
            self.breach = self.breach.or(Some(Breach::EndedChanged));
        }
    }

    fn step(&mut self, scope: &Scope, action: Action) {
        match action {
            Action::StartRun => self.start_run(),
            Action::UploadMembers => self.day += 1,
            Action::Cancel(run) => {
                self.faults.cancels -= 1;
                self.runs[run].row.cancel();
            }
            Action::Approve(run) => {
                let run = &mut self.runs[run];
                if run.row.approve() {
                    run.approved = run.plan;
                }
            }
            Action::Decline(run) => {
                self.runs[run].row.decline();
            }
            Action::Sweep(run) => self.hints |= 1 << run,
            Action::LoseHint(run) => {
                self.faults.lost_hints -= 1;
                self.hints &= !(1 << run);
            }
            Action::RepeatHint(run) => {
                self.faults.repeated_hints -= 1;
                self.hints |= 1 << run;
            }
            Action::LeaseExpires(run) => {
                if self.holder(run).is_some() {
                    self.faults.pauses -= 1;
                }
                self.runs[run].row.lease = LeaseState::Expired;
            }
            Action::LandLate => self.land_late(scope),
            Action::PauseEnds(run) => self.runs[run].row.is_postponed = false,
            Action::Kill(worker) => {
                self.faults.kills -= 1;
                self.workers[worker] = None;
            }
            Action::Stop(worker) => {
                self.faults.stops -= 1;
                if let Some(job) = &mut self.workers[worker] {
                    job.interrupt(Cause::Drained);
                }
            }
            _ => self.step_of_worker(scope, action),
        }
    }

    /// Takes the job of a worker out, lets it take its step, and puts it back unless the worker has left its run.
    fn step_of_worker(&mut self, scope: &Scope, action: Action) {
        let Some(worker) = action.worker() else { return };
        if let Action::Claim(_, run) = action {
            self.workers[worker] = self.claim(scope, run);
            return;
        }
        let Some(mut job) = self.workers[worker].take() else { return };
        match action {
            Action::Prepare(_) => self.prepare(scope, &mut job),
            Action::Plan(_) => self.plan(scope, &mut job),
            Action::Send(_, call) => self.send(scope, &mut job, call),
            Action::Resend(_, batch, call) => self.call(scope, &mut job, (batch, true), call),
            Action::GiveUp(_, batch) => job.batches[batch] = BatchState::Kept { is_touched: true },
            Action::Answer(_, batch) => self.answer(scope, &mut job, batch),
            Action::Checkpoint(_, commit) => self.checkpoint(scope, &mut job, commit),
            Action::EndTransfer(_) => job.end_transfer(scope),
            Action::Remove(_, call) => self.remove(scope, &mut job, call),
            Action::RecordLeaver(_, commit) => self.record_leaver(&mut job, commit),
            Action::EndLeavers(_) => job.end_leavers(),
            Action::Ending(_, is_folded) => {
                if !is_folded {
                    self.faults.lost_folds -= 1;
                }
                if !self.ending(scope, &mut job, is_folded) {
                    return;
                }
            }
            Action::Heartbeat(_) => self.heartbeat(&mut job),
            Action::Settle(_, commit) => {
                self.settle(scope, &job, commit);
                return;
            }
            _ => {}
        }
        self.workers[worker] = Some(job);
    }

    fn start_run(&mut self) {
        let run = Run {
            row: RunRow::NEW,
            pinned: None,
            selected: 0,
            outcomes: [None; MEMBERS],
            counts: [0; 6],
            plan: None,
            plan_version: 0,
            approved: None,
            leavers_found: 0,
            leavers: [None; MEMBERS],
            leavers_acted: 0,
        };
        self.hints |= 1 << self.runs.len();
        self.runs.push(run);
        self.landed.push(0);
    }

    fn claim(&mut self, scope: &Scope, run: usize) -> Option<Job> {
        self.hints &= !(1 << run);
        let row = &mut self.runs[run].row;
        let before = *row;
        if scope.sabotage == Some(Sabotage::LeaseNotRespected) && row.lease == LeaseState::Valid {
            row.lease = LeaseState::Expired;
        }
        if !row.claim() {
            *row = before;
            return None;
        }
        if scope.sabotage == Some(Sabotage::FenceNotRaised) && before.fence > 0 {
            row.fence = before.fence;
        }
        let row = *row;
        let mut job = Job::new(run, &row, self.accounted(scope, run));
        job.selected = self.runs[run].selected;
        job.day = self.runs[run].pinned.unwrap_or(self.day);
        match obstacle(row.cancel_requested, false, row.stalls, scope.stalls_max) {
            None => job.advance(PhaseEvent::Begun),
            Some(ClaimObstacle::Canceled) => job.stop(Cause::Canceled),
            Some(_) => job.stop(Cause::NoProgress),
        }
        Some(job)
    }

    fn heartbeat(&mut self, job: &mut Job) {
        match self.runs[job.run].row.heartbeat(job.fence) {
            Some(true) => job.interrupt(Cause::Canceled),
            Some(false) => {}
            None => job.break_off(Cause::LeaseLost),
        }
    }

    /// Whether a transaction is committed, and whether its worker knows.
    pub fn commit(&mut self, commit: Commit) -> Transaction {
        if commit != Commit::Written {
            self.faults.lost_commits -= 1;
        }
        match commit {
            Commit::Written => Transaction { is_written: true, is_known: true },
            Commit::Failed => Transaction { is_written: false, is_known: false },
            Commit::ReplyLost => Transaction { is_written: true, is_known: false },
        }
    }

    /// Takes a call off what may still go wrong.
    pub fn spend(&mut self, call: Call) {
        match call {
            Call::Answered => {}
            Call::AnswerLost | Call::Vanished => self.faults.lost_answers -= 1,
            Call::Refused => self.faults.refusals -= 1,
        }
    }

    /// Notes the first thing that went wrong.
    pub fn note(&mut self, is_breach: bool, breach: Breach) {
        if is_breach {
            self.breach = self.breach.or(Some(breach));
        }
    }

    /// The worker that has a run, if that is alive.
    pub fn holder(&self, run: usize) -> Option<usize> {
        let fence = self.runs[run].row.fence;
        let has = |job: &Option<Job>| {
            job.as_ref().is_some_and(|job| (job.run, job.fence) == (run, fence))
        };
        self.workers.iter().position(has)
    }
}

impl Job {
    fn new(run: usize, row: &RunRow, accounted: crate::steps::Accounted) -> Self {
        Self {
            run,
            fence: row.fence,
            phase: Phase::Claimed,
            earlier: accounted.clone(),
            accounted,
            doubt_until: row.sent_until,
            sent_until: row.sent_until,
            stalls: row.stalls,
            selected: 0,
            day: 0,
            basis: None,
            is_behind: false,
            acknowledged: [None; MEMBERS],
            batches: [BatchState::Unsent; MEMBERS],
            begun: 0,
            act: 0,
            acted: 0,
            removal: None,
            cause: None,
            is_told_of_cancel: false,
            end: None,
            ending: None,
        }
    }

    /// The next phase, as the pure step says.
    pub fn advance(&mut self, event: PhaseEvent) {
        let (phase, effect) = self.phase.step(event);
        self.phase = phase;
        let cause = self.cause.unwrap_or(Cause::Fault);
        self.end = match effect {
            RunEffect::Complete => Some(PhasesEnd::Completed),
            RunEffect::Hold => Some(PhasesEnd::Held),
            RunEffect::Stop => Some(PhasesEnd::Stopped(cause)),
            RunEffect::BreakOff => Some(PhasesEnd::BrokenOff(cause)),
            // Reading the list back changes nothing.
            RunEffect::Verify => return self.advance(PhaseEvent::Verified),
            _ => None,
        };
    }

    /// Raises an interrupt; the first cause stays. A phase in which nothing is sent ends at once.
    pub fn interrupt(&mut self, cause: Cause) {
        self.cause.get_or_insert(cause);
        if matches!(self.phase, Phase::Preparing | Phase::Planning) {
            self.advance(PhaseEvent::Stopped);
        }
    }

    /// Ends the phase for this reason, with no call in flight.
    pub fn stop(&mut self, cause: Cause) {
        self.cause = Some(cause);
        self.advance(PhaseEvent::Stopped);
    }

    /// Cuts the phase off.
    pub fn break_off(&mut self, cause: Cause) {
        self.cause = Some(cause);
        let is_sending = matches!(self.phase, Phase::Sending { .. });
        self.advance(if is_sending { PhaseEvent::BrokenOff } else { PhaseEvent::Stopped });
    }
}
