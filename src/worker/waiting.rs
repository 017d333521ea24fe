//! Runs of instances of which none is running: they come before the queue, in which another instance may have
//! thousands.
//!
//! So no instance takes a slot while another waits that has none. An instance whose runs are alone uses every slot.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::names::RunId;

/// Filled by each sweep.
#[derive(Debug, Default)]
pub struct Waiting(Mutex<VecDeque<(RunId, Uuid)>>);

impl Waiting {
    /// Replaces those of the sweep before.
    pub fn replace(&self, runs: Vec<(RunId, Uuid)>) {
        *self.runs() = runs.into();
    }

    /// The next one. Others of its instance wait in the queue: it has a run now.
    pub fn next(&self) -> Option<RunId> {
        let mut runs = self.runs();
        let (run, instance) = runs.pop_front()?;
        runs.retain(|(_, other)| *other != instance);
        Some(run)
    }

    fn runs(&self) -> MutexGuard<'_, VecDeque<(RunId, Uuid)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_instance_gets_one_run_before_the_queue() {
        let waiting = Waiting::default();
        let ids: Vec<Uuid> = (0..5).map(Uuid::from_u128).collect();
        let of = |run: usize, instance: usize| (RunId(ids[run]), ids[instance]);
        waiting.replace(vec![of(0, 3), of(1, 3), of(2, 4)]);
        let next: Vec<_> = std::iter::from_fn(|| waiting.next()).collect();
        assert_eq!(next, [RunId(ids[0]), RunId(ids[2])]);
        waiting.replace(vec![of(1, 3)]);
        waiting.replace(vec![]);
        assert_eq!(waiting.next(), None);
    }
}
