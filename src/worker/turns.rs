//! Whose turn it is: a long run gives way when all slots of its worker are taken and others wait.
//!
//! It is handed back as when the process stops: uploads in flight finish and are counted, and it waits for its next
//! turn behind those that wait already. One run at a time gives way, the one that has had its turn for longest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::runs::RunId;

/// The runs that a worker carries out.
pub struct Turns {
    most: usize,
    slice: Duration,
    in_hand: Mutex<HashMap<RunId, Turn>>,
}

struct Turn {
    since: Instant,
    stop: CancellationToken,
}

/// The turn of a run; it ends when this is dropped.
pub struct Held {
    turns: Arc<Turns>,
    run: RunId,
}

impl Turns {
    /// Of a worker that carries out so many runs at a time; each may be made to give way after `slice`.
    #[must_use]
    pub fn new(most: u16, slice: Duration) -> Arc<Self> {
        Arc::new(Self { most: usize::from(most), slice, in_hand: Mutex::default() })
    }

    /// Begins the turn of a run; `stop` is cancelled when it must give way.
    #[must_use]
    pub fn begin(self: &Arc<Self>, run: RunId, stop: CancellationToken) -> Held {
        self.in_hand().insert(run, Turn { since: Instant::now(), stop });
        Held { turns: self.clone(), run }
    }

    /// Whether a run could be made to give way: no slot is free, none gives way already, and one has had its time.
    #[must_use]
    pub fn may_end_one(&self) -> bool {
        self.longest(&self.in_hand()).is_some()
    }

    /// Makes the run give way that has had its turn for longest.
    pub fn end_one(&self) -> Option<RunId> {
        let in_hand = self.in_hand();
        let (run, turn) = self.longest(&in_hand)?;
        turn.stop.cancel();
        Some(*run)
    }

    fn longest<'a>(&self, in_hand: &'a HashMap<RunId, Turn>) -> Option<(&'a RunId, &'a Turn)> {
        if in_hand.len() < self.most || in_hand.values().any(|turn| turn.stop.is_cancelled()) {
            return None;
        }
        let longest = in_hand.iter().min_by_key(|(_, turn)| turn.since);
        longest.filter(|(_, turn)| turn.since.elapsed() >= self.slice)
    }

    fn in_hand(&self) -> MutexGuard<'_, HashMap<RunId, Turn>> {
        self.in_hand.lock().expect("nothing panics while it is locked")
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.turns.in_hand().remove(&self.run);
    }
}
