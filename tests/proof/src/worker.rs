//! The phases of a worker before it sends anything: prepare and plan.

use crate::leavers::{done, is_known};
use crate::sabotage::Sabotage;
use crate::scope::Scope;
use crate::steps::{Accounted, Hold, PhaseEvent, hold};
use crate::world::{BaselineRow, Cause, EARLIER, Job, Known, MEMBERS, Outcome, Run, World};

/// Rows of a batch, as numbers.
pub fn rows_of(scope: &Scope, batch: usize, selected: i64) -> (i64, i64) {
    let size = i64::try_from(scope.batch).unwrap_or(1);
    let first = i64::try_from(batch).unwrap_or(0) * size;
    (first, (first + size).min(selected))
}

/// A row, a member or a batch as a position in an array.
pub fn at(row: i64) -> usize {
    usize::try_from(row).unwrap_or(0)
}

impl Scope {
    /// The member of a row of a day.
    pub fn member(&self, day: u8, row: i64) -> usize {
        let members = self.days[usize::from(day)];
        let mut present = (0..MEMBERS).filter(|member| members[*member] > 0);
        present.nth(at(row)).unwrap_or(0)
    }

    /// How many members a day has.
    pub fn selected(&self, day: u8) -> i64 {
        let members = self.days[usize::from(day)];
        members.iter().fold(0, |count, record| count + i64::from(*record > 0))
    }

    /// Whether a member has no usable address.
    pub const fn is_invalid(&self, member: usize) -> bool {
        self.invalid & 1 << member != 0
    }

    /// Whether Campaign Monitor rejects a member.
    pub const fn is_rejected(&self, member: usize) -> bool {
        self.rejected & 1 << member != 0
    }

    /// Rows that may be sent before the next checkpoint.
    pub fn window(&self) -> i64 {
        i64::try_from(self.in_flight * self.batch).unwrap_or(i64::MAX)
    }
}

impl World {
    /// What is written of a run: `Job::new` of the worker reads it.
    pub fn accounted(&self, scope: &Scope, run: usize) -> Accounted {
        let Run { row, outcomes, selected, .. } = &self.runs[run];
        let mut accounted = Accounted { position: row.position, ..Accounted::default() };
        for batch in 0..MEMBERS {
            let (first, end) = rows_of(scope, batch, *selected);
            if first >= row.position && first < end && outcomes[at(first)].is_some() {
                accounted.answered.insert(first, end);
            }
        }
        accounted
    }

    /// Reads the baseline, and pins what the run reads, in one transaction with the first checkpoint.
    pub fn prepare(&mut self, scope: &Scope, job: &mut Job) {
        self.recover_leavers(scope, job.run);
        self.find_basis(scope, job);
        let run = &mut self.runs[job.run];
        let day = run.pinned.unwrap_or(self.day);
        let selected = scope.selected(day);
        let sent_until = job.accounted.sent_until(scope.window());
        match run.row.checkpoint(job.fence, job.accounted.position, sent_until, false) {
            None => return job.stop(Cause::LeaseLost),
            Some(true) => {
                job.is_told_of_cancel = true;
                job.stop(Cause::Canceled);
            }
            Some(false) => job.advance(PhaseEvent::Prepared),
        }
        run.selected = selected;
        let pins = scope.sabotage != Some(Sabotage::NotPinned);
        run.pinned = if pins { Some(day) } else { Some(self.day) };
        (job.selected, job.sent_until) = (selected, sent_until);
        job.day = if pins { day } else { self.day };
    }

    /// Adds to the baseline what the last run did to people who left, where it could not store that.
    fn recover_leavers(&mut self, scope: &Scope, this: usize) {
        let Some(sender) = self.last_sending(this).map(|sender| &self.runs[sender]) else { return };
        let is_forgotten = scope.sabotage == Some(Sabotage::RecoveryForgotten);
        let is_of_version = sender.plan.is_some() && sender.plan_version == self.baseline.version;
        if !is_of_version || (is_forgotten && self.is_trusted(this)) {
            return;
        }
        let mut next = self.baseline;
        for (known, outcome) in next.members.iter_mut().zip(sender.leavers) {
            *known = outcome.map_or(*known, done);
        }
        if next != self.baseline {
            self.baseline = BaselineRow { version: next.version + 1, ..next };
        }
    }

    /// The newest run, apart from this one, of which Campaign Monitor got anything.
    fn last_sending(&self, this: usize) -> Option<usize> {
        (0..self.runs.len()).rev().find(|run| *run != this && self.has_sent(*run))
    }

    /// Whether the baseline has what the last run has sent.
    fn is_trusted(&self, this: usize) -> bool {
        let name = |run: usize| u8::try_from(run).unwrap_or(EARLIER);
        let last = self.last_sending(this).map_or(EARLIER, name);
        self.baseline.run == name(this) || self.baseline.run == last
    }

    /// The baseline of the export, and whether it lacks what an earlier run has sent.
    pub fn find_basis(&self, scope: &Scope, job: &mut Job) {
        job.basis = Some(self.baseline);
        let is_ignored = scope.sabotage == Some(Sabotage::BehindTrusted);
        job.is_behind = !self.is_trusted(job.run) && !is_ignored;
    }

    /// Whether Campaign Monitor got anything of a run.
    fn has_sent(&self, run: usize) -> bool {
        let Run { counts, leavers_acted, .. } = &self.runs[run];
        let of = |outcome: Outcome| counts[outcome as usize];
        let sent = [Outcome::Created, Outcome::Updated, Outcome::Rejected, Outcome::InDoubt];
        sent.map(of).iter().sum::<i64>() + leavers_acted > 0
    }

    /// Computes whom the run removes, and stores that.
    pub fn plan(&mut self, scope: &Scope, job: &mut Job) {
        let Some(basis) = job.basis else { return job.stop(Cause::Fault) };
        let members = scope.days[usize::from(job.day)];
        let is_leaving = |member: &usize| {
            members[*member] == 0
                && matches!(basis.members[*member], Known::OnList(_) | Known::InDoubt)
        };
        let mut act = set((0..MEMBERS).filter(is_leaving));
        if job.is_behind {
            act = 0;
        }
        let run = &mut self.runs[job.run];
        job.acted = set((0..MEMBERS).filter(|member| is_known(run.leavers[*member])));
        let has_begun = run.leavers.iter().any(Option::is_some);
        if has_begun && run.plan != Some(act) {
            job.act = 0;
            return job.advance(PhaseEvent::Planned(Hold::Nothing));
        }
        let is_forgotten = act != 0 && self.day != job.day;
        let found = i64::from(act.count_ones().max(job.acted.count_ones()));
        if !run.row.is_ours(job.fence) {
            return job.stop(Cause::LeaseLost);
        }
        (run.plan, run.plan_version) = (Some(act), basis.version);
        run.leavers_found = if is_forgotten { i64::from(job.acted.count_ones()) } else { found };
        let is_approved = run.approved == Some(act);
        job.act = if is_forgotten { 0 } else { act };
        let planned = if job.act == 0 { Hold::Nothing } else { scope.hold };
        let is_ignored = scope.sabotage == Some(Sabotage::HoldIgnored);
        job.advance(PhaseEvent::Planned(hold(planned, is_approved || is_ignored)));
    }
}

impl Run {
    /// Whether every row has an outcome that is written.
    pub fn has_every_outcome(&self) -> bool {
        self.outcomes.iter().take(at(self.selected)).all(Option::is_some)
    }
}

/// Members as a set.
fn set(members: impl Iterator<Item = usize>) -> u8 {
    members.fold(0, |set, member| set | 1 << member)
}
