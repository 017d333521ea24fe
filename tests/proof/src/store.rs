//! The table `runs`, as the statements of `src/runs/store*.rs` change it: every change of state is guarded by what the
//! row says, and every write of a worker names the fence of its claim.
//!
//! A test of the service runs the real statements beside these functions over every small row
//! (`tests/it/proof.rs`), so that the model does not drift from the SQL.

/// Where a run is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Waits for a worker, or for an approval (`held`).
    Queued,
    /// A worker has claimed it.
    Running,
    /// It went through all profiles and leavers.
    Completed,
    /// It gave up.
    Failed,
    /// A caller asked for that.
    Canceled,
    /// Nobody approved it.
    Skipped,
}

impl Status {
    /// Whether nothing changes any more.
    pub const fn is_ended(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

/// The column `lease_until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeaseState {
    /// Empty.
    None,
    /// In the future.
    Valid,
    /// In the past.
    Expired,
}

/// The columns of a run that decide who may do what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RunRow {
    /// Where it is in its life.
    pub status: Status,
    /// Whether `held_until` is set.
    pub is_held: bool,
    /// Whether `not_before` is in the future.
    pub is_postponed: bool,
    /// Whether a caller has asked to cancel it.
    pub cancel_requested: bool,
    /// Rises with every claim.
    pub fence: i64,
    /// Until when a worker has it.
    pub lease: LeaseState,
    /// Attempts without progress.
    pub stalls: i32,
    /// Rows before it have an outcome.
    pub position: i64,
    /// Rows up to here may have been sent.
    pub sent_until: i64,
}

/// How a worker leaves a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Left {
    /// No attempt follows.
    Ended(Status),
    /// It waits for an approval.
    Held,
    /// A later attempt follows.
    Released {
        /// Whether that attempt comes after a pause, and this one counts as a stall.
        is_stalled: bool,
    },
}

impl RunRow {
    /// A run that was just started.
    pub const NEW: Self = Self {
        status: Status::Queued,
        is_held: false,
        is_postponed: false,
        cancel_requested: false,
        fence: 0,
        lease: LeaseState::None,
        stalls: 0,
        position: 0,
        sent_until: 0,
    };

    /// `store_work::claim`. False: it is not due, or a worker has it.
    pub fn claim(&mut self) -> bool {
        let is_free = match self.status {
            Status::Running => self.lease == LeaseState::Expired,
            Status::Queued => !self.is_held,
            _ => false,
        };
        if self.is_postponed || !is_free {
            return false;
        }
        self.status = Status::Running;
        self.fence += 1;
        self.stalls += 1;
        self.lease = LeaseState::Valid;
        true
    }

    /// `store_work::is_ours`.
    pub fn is_ours(&self, fence: i64) -> bool {
        self.status == Status::Running && self.fence == fence
    }

    /// `store_work::heartbeat`: whether a caller asked to cancel. `None`: the lease is lost.
    pub fn heartbeat(&mut self, fence: i64) -> Option<bool> {
        self.is_ours(fence).then(|| {
            self.lease = LeaseState::Valid;
            self.cancel_requested
        })
    }

    /// `store_work::checkpoint`, without the counts: whether a caller asked to cancel. `None`: the lease is lost.
    pub fn checkpoint(
        &mut self,
        fence: i64,
        position: i64,
        sent_until: i64,
        is_progress: bool,
    ) -> Option<bool> {
        self.is_ours(fence).then(|| {
            (self.position, self.sent_until) = (position, sent_until);
            self.lease = LeaseState::Valid;
            if is_progress {
                self.stalls = 0;
            }
            self.cancel_requested
        })
    }

    /// `store_work::settle`. False: the lease is lost.
    pub fn settle(&mut self, fence: i64, left: Left, sent_until: Option<i64>) -> bool {
        if !self.is_ours(fence) {
            return false;
        }
        let (status, forgiven) = match left {
            Left::Ended(status) => (status, 0),
            Left::Released { is_stalled } => (Status::Queued, i32::from(!is_stalled)),
            Left::Held => (Status::Queued, 1),
        };
        let is_late = matches!(left, Left::Released { is_stalled: true });
        self.status = status;
        self.is_postponed = is_late && !self.cancel_requested;
        self.is_held = left == Left::Held && !self.cancel_requested;
        self.stalls = (self.stalls - forgiven).max(0);
        self.sent_until = sent_until.unwrap_or(self.sent_until);
        self.lease = LeaseState::None;
        true
    }

    /// `store::cancel_queued`, else `store::request_cancel`. False: the run has ended.
    pub fn cancel(&mut self) -> bool {
        if self.status.is_ended() {
            return false;
        }
        self.cancel_requested = true;
        if self.status == Status::Queued && self.sent_until == self.position {
            self.status = Status::Canceled;
            return true;
        }
        self.is_held = false;
        self.is_postponed &= self.status != Status::Queued;
        true
    }

    /// `store_plans::approve`. False: it is not held.
    pub fn approve(&mut self) -> bool {
        let is_held = self.status == Status::Queued && self.is_held;
        if is_held {
            (self.is_held, self.is_postponed) = (false, false);
        }
        is_held
    }

    /// `store_plans::end_held`. False: it is not held.
    pub fn decline(&mut self) -> bool {
        let is_held = self.status == Status::Queued && self.is_held;
        if is_held {
            (self.is_held, self.status) = (false, Status::Skipped);
        }
        is_held
    }

    /// `store_work::due`, of a run that was not pushed lately and whose list is free.
    pub fn is_due(&self) -> bool {
        let is_orphan = self.status == Status::Running && self.lease == LeaseState::Expired;
        let is_waiting = self.status == Status::Queued && !self.is_held;
        !self.is_postponed && (is_orphan || is_waiting)
    }
}
