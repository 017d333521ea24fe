//! What may happen next: the steps of workers, callers, the queue, the clock, and everything that may go wrong. The
//! names are those of the service.

use crate::sabotage::Sabotage;
use crate::scope::Scope;
use crate::steps::Phase;
use crate::store::{LeaseState, Status};
use crate::world::{BatchState, World};

/// How a call to Campaign Monitor ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// It lands, and the answer comes.
    Answered,
    /// It lands, and the answer is lost.
    AnswerLost,
    /// It never lands, and nobody knows that.
    Vanished,
    /// It is rejected as a whole: surely nothing was stored.
    Refused,
}

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Commit {
    /// It is committed, and the worker knows.
    Written,
    /// It is not committed.
    Failed,
    /// It is committed, and the worker takes it for failed.
    ReplyLost,
}

/// One step. Numbers are those of the worker, the run or the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    StartRun,
    /// The segment gets the members of the next day.
    UploadMembers,
    Cancel(usize),
    Approve(usize),
    Decline(usize),
    /// The sweeper pushes a run that is due.
    Sweep(usize),
    LoseHint(usize),
    RepeatHint(usize),
    LeaseExpires(usize),
    /// A postponed run is due.
    PauseEnds(usize),
    Claim(usize, usize),
    Prepare(usize),
    Plan(usize),
    Send(usize, Call),
    /// Tries a batch once more whose answer was lost.
    Resend(usize, usize, Call),
    /// Keeps such a batch for the end of the run.
    GiveUp(usize, usize),
    Answer(usize, usize),
    Checkpoint(usize, Commit),
    EndTransfer(usize),
    Remove(usize, Call),
    RecordLeaver(usize, Commit),
    EndLeavers(usize),
    /// Works out what is still to be written; false: the next baseline cannot be stored.
    Ending(usize, bool),
    Settle(usize, Commit),
    Heartbeat(usize),
    /// A removal lands of which everybody thought that it was lost.
    LandLate,
    /// The process is told to stop.
    Stop(usize),
    Kill(usize),
}

impl Action {
    /// Whether the service does it by itself, sooner or later, when nothing goes wrong.
    pub const fn is_progress(self) -> bool {
        match self {
            Self::Send(_, call) | Self::Resend(_, _, call) | Self::Remove(_, call) => {
                matches!(call, Call::Answered)
            }
            Self::Checkpoint(_, commit)
            | Self::RecordLeaver(_, commit)
            | Self::Settle(_, commit) => {
                matches!(commit, Commit::Written)
            }
            Self::Ending(_, is_folded) => is_folded,
            Self::UploadMembers
            | Self::Cancel(_)
            | Self::Decline(_)
            | Self::LoseHint(_)
            | Self::RepeatHint(_)
            | Self::Stop(_)
            | Self::Kill(_)
            | Self::LandLate
            | Self::Heartbeat(_) => false,
            _ => true,
        }
    }

    /// The worker that takes the step.
    pub const fn worker(self) -> Option<usize> {
        match self {
            Self::Claim(worker, _)
            | Self::Prepare(worker)
            | Self::Plan(worker)
            | Self::Send(worker, _)
            | Self::Resend(worker, ..)
            | Self::GiveUp(worker, _)
            | Self::Answer(worker, _)
            | Self::Checkpoint(worker, _)
            | Self::EndTransfer(worker)
            | Self::Remove(worker, _)
            | Self::RecordLeaver(worker, _)
            | Self::EndLeavers(worker)
            | Self::Ending(worker, _)
            | Self::Settle(worker, _)
            | Self::Heartbeat(worker) => Some(worker),
            _ => None,
        }
    }
}

impl World {
    /// Everything that may happen next.
    pub fn actions(&self, scope: &Scope, actions: &mut Vec<Action>) {
        self.actions_of_callers(scope, actions);
        for run in 0..self.runs.len() {
            self.actions_of_run(scope, run, actions);
        }
        for worker in 0..self.workers.len() {
            self.actions_of_worker(scope, worker, actions);
        }
    }

    fn actions_of_callers(&self, scope: &Scope, actions: &mut Vec<Action>) {
        let is_open = self.runs.iter().any(|run| !run.row.status.is_ended());
        if !is_open && self.runs.len() < scope.runs {
            actions.push(Action::StartRun);
        }
        if self.in_the_air != 0 && self.faults.late_landings > 0 {
            actions.push(Action::LandLate);
        }
        if usize::from(self.day) + 1 < scope.days.len() {
            actions.push(Action::UploadMembers);
        }
    }

    fn actions_of_run(&self, scope: &Scope, run: usize, actions: &mut Vec<Action>) {
        let (row, faults) = (&self.runs[run].row, &self.faults);
        let is_hinted = self.hints & 1 << run != 0;
        if is_hinted && faults.lost_hints > 0 {
            actions.push(Action::LoseHint(run));
        }
        if !is_hinted && faults.repeated_hints > 0 {
            actions.push(Action::RepeatHint(run));
        }
        if row.status.is_ended() {
            return;
        }
        let is_orphan = row.status == Status::Running;
        let is_hidden = is_orphan && scope.sabotage == Some(Sabotage::OrphansNotFound);
        if !is_hinted && row.is_due() && !is_hidden {
            actions.push(Action::Sweep(run));
        }
        if row.lease == LeaseState::Valid && (faults.pauses > 0 || self.holder(run).is_none()) {
            actions.push(Action::LeaseExpires(run));
        }
        if row.is_postponed && row.status == Status::Queued {
            actions.push(Action::PauseEnds(run));
        }
        if row.status == Status::Queued && row.is_held {
            actions.extend([Action::Approve(run), Action::Decline(run)]);
        }
        if faults.cancels > 0 && !row.cancel_requested {
            actions.push(Action::Cancel(run));
        }
    }

    fn actions_of_worker(&self, scope: &Scope, worker: usize, actions: &mut Vec<Action>) {
        let Some(job) = &self.workers[worker] else {
            let hinted = (0..self.runs.len()).filter(|run| self.hints & 1 << run != 0);
            actions.extend(hinted.map(|run| Action::Claim(worker, run)));
            return;
        };
        if self.faults.kills > 0 {
            actions.push(Action::Kill(worker));
        }
        if job.end.is_none() && self.heartbeat_matters(worker) {
            actions.push(Action::Heartbeat(worker));
        }
        if self.faults.stops > 0 && job.cause.is_none() && job.end.is_none() {
            actions.push(Action::Stop(worker));
        }
        match (job.ending, job.end, job.phase) {
            (Some(_), ..) => self.commits(actions, |commit| Action::Settle(worker, commit)),
            (None, Some(_), _) => {
                actions.push(Action::Ending(worker, true));
                if self.faults.lost_folds > 0 {
                    actions.push(Action::Ending(worker, false));
                }
            }
            (None, None, Phase::Preparing) => actions.push(Action::Prepare(worker)),
            (None, None, Phase::Planning) => actions.push(Action::Plan(worker)),
            (None, None, Phase::Sending { .. }) => self.actions_of_transfer(scope, worker, actions),
            (None, None, Phase::RemovingLeavers) => self.actions_of_leavers(worker, actions),
            _ => {}
        }
    }

    fn actions_of_transfer(&self, scope: &Scope, worker: usize, actions: &mut Vec<Action>) {
        let Some(job) = &self.workers[worker] else { return };
        if job.next_batch(scope).is_some() {
            self.calls(actions, |call| Action::Send(worker, call));
        }
        let mut is_waiting = false;
        for (batch, state) in job.batches.iter().enumerate() {
            match state {
                BatchState::Answering(_) => actions.push(Action::Answer(worker, batch)),
                BatchState::Lost if job.cause.is_none() && !job.is_draining() => {
                    actions.push(Action::GiveUp(worker, batch));
                    self.calls(actions, |call| Action::Resend(worker, batch, call));
                }
                BatchState::Lost => actions.push(Action::GiveUp(worker, batch)),
                BatchState::Answered(_) => is_waiting = true,
                _ => {}
            }
        }
        if is_waiting {
            self.commits(actions, |commit| Action::Checkpoint(worker, commit));
        }
        if job.has_sent(scope) {
            actions.push(Action::EndTransfer(worker));
        }
    }

    fn actions_of_leavers(&self, worker: usize, actions: &mut Vec<Action>) {
        let Some(job) = &self.workers[worker] else { return };
        if job.removal.is_some() {
            self.commits(actions, |commit| Action::RecordLeaver(worker, commit));
        } else if job.cause.is_none() && job.act & !job.acted != 0 {
            self.calls(actions, |call| Action::Remove(worker, call));
        } else {
            actions.push(Action::EndLeavers(worker));
        }
    }

    fn calls(&self, actions: &mut Vec<Action>, action: impl Fn(Call) -> Action) {
        actions.push(action(Call::Answered));
        if self.faults.lost_answers > 0 {
            actions.extend([Call::AnswerLost, Call::Vanished].map(&action));
        }
        if self.faults.refusals > 0 {
            actions.push(action(Call::Refused));
        }
    }

    fn commits(&self, actions: &mut Vec<Action>, action: impl Fn(Commit) -> Action) {
        actions.push(action(Commit::Written));
        if self.faults.lost_commits > 0 {
            actions.extend([Commit::Failed, Commit::ReplyLost].map(action));
        }
    }

    /// Whether a heartbeat would change anything.
    fn heartbeat_matters(&self, worker: usize) -> bool {
        let Some(job) = &self.workers[worker] else { return false };
        let row = &self.runs[job.run].row;
        let is_told = job.cause.is_some();
        !row.is_ours(job.fence)
            || row.lease == LeaseState::Expired
            || (row.cancel_requested && !is_told)
    }
}
