//! How many uploads may be in flight to one destination.
//!
//! Additive increase, multiplicative decrease, on explicit signals only. Until the first overload each
//! clean answer at the limit raises it by one, which doubles it each round trip; after that a window
//! of clean answers does. An overload answer lowers it, once a round trip. The limit is a plain number
//! behind a lock rather than semaphore permits, so shrinking needs no bookkeeping.

use std::{sync::Mutex, time::Duration};

use metrics::gauge;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use crate::runs::stopwatch::{TransitState, enter};
use crate::telemetry::measures::{GaugeGuard, UPLOAD_LIMIT, UPLOADS_IN_FLIGHT, gauge_value};

const DECREASE_TENTHS: usize = 7;
/// After the first overload, test a higher limit only this rarely.
const PROBE_AFTER: usize = 16;

/// Uploads in flight at the start.
const START: usize = 2;

/// How many uploads may be in flight.
pub struct Limiter {
    state: Mutex<State>,
    changed: Notify,
    max: usize,
}

struct State {
    limit: usize,
    in_flight: usize,
    clean: usize,
    epoch: u64,
    resume_at: Instant,
}

/// What an attempt shows about the destination.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// It accepted the upload, and may accept more at a time.
    Clean,
    /// It has too much to do.
    Overloaded {
        /// Nobody should try again sooner.
        retry_after: Duration,
    },
    /// Nothing: the upload failed for another reason.
    Unrelated,
}

/// The right to make one attempt. Dropping it without a verdict counts as `Unrelated`.
pub struct Slot<'a> {
    limiter: &'a Limiter,
    epoch: u64,
    _held: GaugeGuard,
}

impl Limiter {
    /// A limiter that never lets more than `max` go.
    pub fn new(max: usize) -> Self {
        let state = State {
            limit: START.min(max),
            in_flight: 0,
            clean: 0,
            epoch: 0,
            resume_at: Instant::now(),
        };
        gauge!(UPLOAD_LIMIT).increment(gauge_value(state.limit));
        Self { state: Mutex::new(state), changed: Notify::new(), max }
    }

    /// The limit now.
    ///
    /// # Panics
    /// Never: nothing panics while the state is locked.
    pub fn limit(&self) -> usize {
        self.state.lock().expect("no panic while locked").limit
    }

    /// Waits until one more upload may be in flight.
    ///
    /// # Panics
    /// Never: nothing panics while the state is locked.
    pub async fn acquire(&self) -> Slot<'_> {
        loop {
            let changed = self.changed.notified(); // before checking, so no wake-up is missed
            let resume_at = {
                let mut state = self.state.lock().expect("no panic while locked");
                if state.in_flight < state.limit && state.resume_at <= Instant::now() {
                    state.in_flight += 1;
                    enter(TransitState::Uploading);
                    return Slot {
                        limiter: self,
                        epoch: state.epoch,
                        _held: GaugeGuard::new(UPLOADS_IN_FLIGHT),
                    };
                }
                state.resume_at
            };
            if resume_at > Instant::now() {
                enter(TransitState::Throttled);
                sleep_until(resume_at).await;
            } else {
                enter(TransitState::WaitingForSlot);
                changed.await;
            }
        }
    }
}

impl Slot<'_> {
    /// Learns from the attempt.
    ///
    /// # Panics
    /// Never: nothing panics while the state is locked.
    pub fn answer(self, verdict: Verdict) {
        let mut state = self.limiter.state.lock().expect("no panic while locked");
        let before = state.limit;
        match verdict {
            Verdict::Clean => {
                // Only evidence gathered at the limit may raise it.
                if state.in_flight == state.limit {
                    state.clean += 1;
                }
                let window = if state.epoch == 0 { 1 } else { state.limit.max(PROBE_AFTER) };
                if state.clean >= window && state.limit < self.limiter.max {
                    state.limit += 1;
                    state.clean = 0;
                }
            }
            Verdict::Overloaded { retry_after } => {
                state.resume_at = state.resume_at.max(Instant::now() + retry_after);
                // Attempts already in flight when the limit fell show nothing about the new limit.
                if self.epoch == state.epoch {
                    state.limit = (state.limit * DECREASE_TENTHS / 10).max(1);
                    state.clean = 0;
                    state.epoch += 1;
                }
            }
            Verdict::Unrelated => {}
        }
        gauge!(UPLOAD_LIMIT).increment(gauge_value(state.limit) - gauge_value(before));
    }
}

impl Drop for Limiter {
    fn drop(&mut self) {
        gauge!(UPLOAD_LIMIT).decrement(gauge_value(self.limit()));
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.limiter.state.lock().expect("no panic while locked").in_flight -= 1;
        self.limiter.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;
    use tokio::time::sleep;

    use super::*;

    const CALLERS: usize = 64;
    const CALLS_EACH: usize = 60;

    /// A destination that refuses whatever is beyond its capacity.
    struct Destination {
        capacity: usize,
        busy: AtomicUsize,
        refused: AtomicUsize,
    }

    impl Destination {
        async fn take(&self) -> Verdict {
            let is_over = self.busy.fetch_add(1, Ordering::SeqCst) >= self.capacity;
            sleep(Duration::from_millis(if is_over { 5 } else { 100 })).await;
            self.busy.fetch_sub(1, Ordering::SeqCst);
            if !is_over {
                return Verdict::Clean;
            }
            self.refused.fetch_add(1, Ordering::SeqCst);
            Verdict::Overloaded { retry_after: Duration::from_millis(50) }
        }
    }

    /// The limit, ten times over, on average after the first quarter of the calls, and the refused in percent.
    async fn settle_at(capacity: usize) -> (usize, usize) {
        let limiter = Arc::new(Limiter::new(CALLERS));
        let destination = Arc::new(Destination {
            capacity,
            busy: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
        });
        let limits = Mutex::new(Vec::new());
        let caller = async || {
            for _ in 0..CALLS_EACH {
                let slot = limiter.acquire().await;
                slot.answer(destination.take().await);
                limits.lock().unwrap().push(limiter.limit());
            }
        };
        join_all((0..CALLERS).map(|_| caller())).await;
        let limits = limits.into_inner().unwrap();
        let settled = &limits[limits.len() / 4..];
        let mean_tenfold = 10 * settled.iter().sum::<usize>() / settled.len();
        (mean_tenfold, 100 * destination.refused.load(Ordering::SeqCst) / limits.len())
    }

    #[tokio::test(start_paused = true)]
    async fn it_finds_the_capacity_and_rarely_overshoots() {
        for capacity in [1, 5, 20] {
            let (mean_tenfold, refused_percent) = settle_at(capacity).await;
            assert!(mean_tenfold >= 6 * capacity, "{capacity}: {mean_tenfold}");
            assert!(mean_tenfold <= 10 * capacity + 15, "{capacity}: {mean_tenfold}");
            assert!(refused_percent < 25, "{capacity}: {refused_percent} %");
        }
    }
}
