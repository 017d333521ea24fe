//! Fairness: a long run yields when all slots of its worker are used and others wait.
//!
//! It is handed back as when the process stops: uploads in flight finish and are counted, and it waits behind those
//! that wait already. One run at a time yields, the one that has had its slot for longest, and only when something of
//! it has been written since: however short a slice is, every slice brings a run nearer to its end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::runs::Lease;

/// The active runs of a worker.
pub struct Fairness {
    most: usize,
    slice: Duration,
    active: Mutex<HashMap<Lease, Slice>>,
}

struct Slice {
    since: Instant,
    /// When something of the run was last written in this slice.
    progressed: Option<Instant>,
    stop: CancellationToken,
}

/// A run in its slot, which is free when this is dropped.
pub struct ActiveRun {
    fairness: Arc<Fairness>,
    lease: Lease,
}

impl Fairness {
    /// Of a worker with `most` slots; each run may have to yield after `slice`.
    #[must_use]
    pub fn new(most: u16, slice: Duration) -> Arc<Self> {
        Arc::new(Self { most: usize::from(most), slice, active: Mutex::default() })
    }

    /// Begins the slice of a run; `stop` is cancelled when it must yield.
    #[must_use]
    pub fn begin(self: &Arc<Self>, lease: Lease, stop: CancellationToken) -> ActiveRun {
        self.active().insert(lease, Slice { since: Instant::now(), progressed: None, stop });
        ActiveRun { fairness: self.clone(), lease }
    }

    /// Whether a run could be made to yield: no slot is free, none yields already, and one has had its time.
    #[must_use]
    pub fn may_yield(&self) -> bool {
        self.longest(&self.active()).is_some()
    }

    /// Makes the run yield that has had its slot for longest.
    pub fn yield_one(&self) -> Option<Lease> {
        let active = self.active();
        let (lease, slice) = self.longest(&active)?;
        slice.stop.cancel();
        Some(*lease)
    }

    /// For how long, at `now`, nothing has been written of the active run that has been stalled for longest.
    #[must_use]
    pub fn longest_stalled(&self, now: Instant) -> Duration {
        let active = self.active();
        let moved = active.values().map(|slice| slice.progressed.unwrap_or(slice.since)).min();
        moved.map_or(Duration::ZERO, |moved| now.saturating_duration_since(moved))
    }

    fn longest<'a>(&self, active: &'a HashMap<Lease, Slice>) -> Option<(&'a Lease, &'a Slice)> {
        if active.len() < self.most || active.values().any(|slice| slice.stop.is_cancelled()) {
            return None;
        }
        let had_theirs = active
            .iter()
            .filter(|(_, slice)| slice.progressed.is_some() && slice.since.elapsed() >= self.slice);
        had_theirs.min_by_key(|(_, slice)| slice.since)
    }

    fn active(&self) -> MutexGuard<'_, HashMap<Lease, Slice>> {
        self.active.lock().expect("nothing panics while it is locked")
    }
}

impl ActiveRun {
    /// Something of the run has been written in this slice.
    pub fn progressed(&self) {
        if let Some(slice) = self.fairness.active().get_mut(&self.lease) {
            slice.progressed = Some(Instant::now());
        }
    }
}

impl Drop for ActiveRun {
    fn drop(&mut self) {
        self.fairness.active().remove(&self.lease);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::names::RunId;

    #[test]
    fn one_run_at_a_time_yields_when_all_slots_are_used_and_it_has_got_on() {
        let fairness = Fairness::new(2, Duration::ZERO);
        let begin = || {
            let run = Lease { run: RunId(Uuid::now_v7()), fence: 1 };
            let stop = CancellationToken::new();
            (fairness.begin(run, stop.clone()), run, stop)
        };
        let (first, run, stop) = begin();
        first.progressed();
        assert_eq!(fairness.yield_one(), None, "a slot is free");
        let (second, other, _) = begin();
        second.progressed();
        assert_eq!(fairness.yield_one(), Some(run), "it had its slot for longest");
        assert!(stop.is_cancelled() && !fairness.may_yield(), "one yields already");
        drop(first);
        let (third, last, _) = begin();
        assert_eq!(fairness.yield_one(), Some(other));
        drop(second);
        let (_fourth, ..) = begin();
        assert_eq!(fairness.yield_one(), None, "neither has got on");
        third.progressed();
        assert_eq!(fairness.yield_one(), Some(last));
    }

    #[test]
    fn the_run_that_is_stalled_for_longest_is_not_hidden_by_those_that_get_on() {
        let fairness = Fairness::new(4, Duration::ZERO);
        let later = Instant::now() + Duration::from_mins(10);
        assert_eq!(fairness.longest_stalled(later), Duration::ZERO, "none is active");
        let begin = || {
            let run = Lease { run: RunId(Uuid::now_v7()), fence: 1 };
            fairness.begin(run, CancellationToken::new())
        };
        let (first, second) = (begin(), begin());
        let both = fairness.longest_stalled(later);
        second.progressed();
        assert_eq!(fairness.longest_stalled(later), both, "the first is stalled");
        first.progressed();
        let on = fairness.longest_stalled(later);
        assert!(on < both, "both got on");
        drop(second);
        assert!(fairness.longest_stalled(later) < on, "the first got on later");
        drop(first);
        assert_eq!(fairness.longest_stalled(later), Duration::ZERO);
    }
}
