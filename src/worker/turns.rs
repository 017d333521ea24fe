//! Whose turn it is: a long run gives way when all slots of its worker are taken and others wait.
//!
//! It is handed back as when the process stops: uploads in flight finish and are counted, and it waits for its next
//! turn behind those that wait already. One run at a time gives way, the one that has had its turn for longest, and
//! only when it has got on in it: however short a slice is, every turn brings a run nearer to its end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::runs::Lease;

/// The runs that a worker carries out.
pub struct Turns {
    most: usize,
    slice: Duration,
    in_hand: Mutex<HashMap<Lease, Turn>>,
}

struct Turn {
    since: Instant,
    /// When something of the run was last written in this turn.
    progressed: Option<Instant>,
    stop: CancellationToken,
}

/// The turn of a run; it ends when this is dropped.
pub struct Held {
    turns: Arc<Turns>,
    lease: Lease,
}

impl Turns {
    /// Of a worker that carries out so many runs at a time; each may be made to give way after `slice`.
    #[must_use]
    pub fn new(most: u16, slice: Duration) -> Arc<Self> {
        Arc::new(Self { most: usize::from(most), slice, in_hand: Mutex::default() })
    }

    /// Begins the turn of a run; `stop` is cancelled when it must give way.
    #[must_use]
    pub fn begin(self: &Arc<Self>, lease: Lease, stop: CancellationToken) -> Held {
        self.in_hand().insert(lease, Turn { since: Instant::now(), progressed: None, stop });
        Held { turns: self.clone(), lease }
    }

    /// Whether a run could be made to give way: no slot is free, none gives way already, and one has had its time.
    #[must_use]
    pub fn may_end_one(&self) -> bool {
        self.longest(&self.in_hand()).is_some()
    }

    /// Makes the run give way that has had its turn for longest.
    pub fn end_one(&self) -> Option<Lease> {
        let in_hand = self.in_hand();
        let (lease, turn) = self.longest(&in_hand)?;
        turn.stop.cancel();
        Some(*lease)
    }

    /// For how long, at `now`, nothing has been written of the run in hand that has stood still for the longest time.
    #[must_use]
    pub fn longest_standstill(&self, now: Instant) -> Duration {
        let in_hand = self.in_hand();
        let moved = in_hand.values().map(|turn| turn.progressed.unwrap_or(turn.since)).min();
        moved.map_or(Duration::ZERO, |moved| now.saturating_duration_since(moved))
    }

    fn longest<'a>(&self, in_hand: &'a HashMap<Lease, Turn>) -> Option<(&'a Lease, &'a Turn)> {
        if in_hand.len() < self.most || in_hand.values().any(|turn| turn.stop.is_cancelled()) {
            return None;
        }
        let had_theirs = in_hand
            .iter()
            .filter(|(_, turn)| turn.progressed.is_some() && turn.since.elapsed() >= self.slice);
        had_theirs.min_by_key(|(_, turn)| turn.since)
    }

    fn in_hand(&self) -> MutexGuard<'_, HashMap<Lease, Turn>> {
        self.in_hand.lock().expect("nothing panics while it is locked")
    }
}

impl Held {
    /// Something of the run has been written in this turn.
    pub fn progressed(&self) {
        if let Some(turn) = self.turns.in_hand().get_mut(&self.lease) {
            turn.progressed = Some(Instant::now());
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.turns.in_hand().remove(&self.lease);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::names::RunId;

    #[test]
    fn one_run_at_a_time_gives_way_when_all_slots_are_taken_and_it_has_got_on() {
        let turns = Turns::new(2, Duration::ZERO);
        let begin = || {
            let run = Lease { run: RunId(Uuid::now_v7()), fence: 1 };
            let stop = CancellationToken::new();
            (turns.begin(run, stop.clone()), run, stop)
        };
        let (first, run, stop) = begin();
        first.progressed();
        assert_eq!(turns.end_one(), None, "a slot is free");
        let (second, other, _) = begin();
        second.progressed();
        assert_eq!(turns.end_one(), Some(run), "it had its turn for longest");
        assert!(stop.is_cancelled() && !turns.may_end_one(), "one gives way already");
        drop(first);
        let (third, last, _) = begin();
        assert_eq!(turns.end_one(), Some(other));
        drop(second);
        let (_fourth, ..) = begin();
        assert_eq!(turns.end_one(), None, "neither has got on");
        third.progressed();
        assert_eq!(turns.end_one(), Some(last));
    }

    #[test]
    fn the_run_that_stands_still_for_longest_is_not_hidden_by_those_that_get_on() {
        let turns = Turns::new(4, Duration::ZERO);
        let later = Instant::now() + Duration::from_mins(10);
        assert_eq!(turns.longest_standstill(later), Duration::ZERO, "none is in hand");
        let begin = || {
            let run = Lease { run: RunId(Uuid::now_v7()), fence: 1 };
            turns.begin(run, CancellationToken::new())
        };
        let (first, second) = (begin(), begin());
        let both = turns.longest_standstill(later);
        second.progressed();
        assert_eq!(turns.longest_standstill(later), both, "the first stands still");
        first.progressed();
        let on = turns.longest_standstill(later);
        assert!(on < both, "both got on");
        drop(second);
        assert!(turns.longest_standstill(later) < on, "the first got on later");
        drop(first);
        assert_eq!(turns.longest_standstill(later), Duration::ZERO);
    }
}
