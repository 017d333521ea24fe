//! How many uploads may be in flight to one destination.
//!
//! Additive increase, multiplicative decrease, on explicit signals only. Until the first overload each
//! clean answer at the limit raises it by one, which doubles it each round trip; after that a window
//! of clean answers does. An overload answer lowers it, once a round trip. The limit is a plain number
//! behind a lock rather than semaphore permits, so shrinking needs no bookkeeping.
use std::{sync::Mutex, time::Duration};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

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

/// What an attempt says about the destination.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// It took the upload.
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
}

impl Limiter {
    /// A limiter that never lets more than `max` go.
    #[must_use]
    pub fn new(max: usize) -> Self {
        let state = State {
            limit: START.min(max),
            in_flight: 0,
            clean: 0,
            epoch: 0,
            resume_at: Instant::now(),
        };
        Self {
            state: Mutex::new(state),
            changed: Notify::new(),
            max,
        }
    }

    /// The limit now.
    ///
    /// # Panics
    /// Never: nothing panics while the state is locked.
    pub fn limit(&self) -> usize {
        self.state.lock().expect("no panic while locked").limit
    }

    /// Waits for a place.
    ///
    /// # Panics
    /// Never: nothing panics while the state is locked.
    pub async fn acquire(&self) -> Slot<'_> {
        loop {
            let changed = self.changed.notified(); // before looking, so no wake-up is missed
            let resume_at = {
                let mut state = self.state.lock().expect("no panic while locked");
                if state.in_flight < state.limit && state.resume_at <= Instant::now() {
                    state.in_flight += 1;
                    return Slot {
                        limiter: self,
                        epoch: state.epoch,
                    };
                }
                state.resume_at
            };
            if resume_at > Instant::now() {
                sleep_until(resume_at).await
            } else {
                changed.await
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
        match verdict {
            Verdict::Clean => {
                // Only evidence gathered at the limit may raise it.
                if state.in_flight == state.limit {
                    state.clean += 1
                }
                let window = if state.epoch == 0 {
                    1
                } else {
                    state.limit.max(PROBE_AFTER)
                };
                if state.clean >= window && state.limit < self.limiter.max {
                    state.limit += 1;
                    state.clean = 0
                }
            }
            Verdict::Overloaded { retry_after } => {
                state.resume_at = state.resume_at.max(Instant::now() + retry_after);
                // Attempts already in flight when the limit fell say nothing about the new limit.
                if self.epoch == state.epoch {
                    state.limit = (state.limit * DECREASE_TENTHS / 10).max(1);
                    state.clean = 0;
                    state.epoch += 1;
                }
            }
            Verdict::Unrelated => {}
        }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.limiter
            .state
            .lock()
            .expect("no panic while locked")
            .in_flight -= 1;
        self.limiter.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    /// A server that answers 429 beyond `capacity` concurrent requests.
    async fn mean_limit(capacity: usize) -> (f64, f64) {
        let (limiter, busy) = (Arc::new(Limiter::new(64)), Arc::new(AtomicUsize::new(0)));
        let (refused, limits) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(vec![])));
        let tasks = (0..64).map(|_| {
            let (l, b, r, s) = (
                limiter.clone(),
                busy.clone(),
                refused.clone(),
                limits.clone(),
            );
            tokio::spawn(async move {
                for _ in 0..60 {
                    let slot = l.acquire().await;
                    let over = b.fetch_add(1, Ordering::SeqCst) >= capacity;
                    tokio::time::sleep(Duration::from_millis(if over { 5 } else { 100 })).await;
                    b.fetch_sub(1, Ordering::SeqCst);
                    s.lock().unwrap().push(l.limit());
                    slot.answer(if over {
                        r.fetch_add(1, Ordering::SeqCst);
                        Verdict::Overloaded {
                            retry_after: Duration::from_millis(50),
                        }
                    } else {
                        Verdict::Clean
                    });
                }
            })
        });
        futures::future::join_all(tasks).await;
        let all = limits.lock().unwrap();
        let tail = &all[all.len() / 4..];
        (
            tail.iter().sum::<usize>() as f64 / tail.len() as f64,
            refused.load(Ordering::SeqCst) as f64 / all.len() as f64,
        )
    }

    #[tokio::test(start_paused = true)]
    async fn finds_the_capacity_and_rarely_overshoots() {
        for capacity in [1, 5, 20] {
            let (mean, refused) = mean_limit(capacity).await;
            println!(
                "capacity {capacity}: mean limit {mean:.1}, refused {:.1} %",
                refused * 100.0
            );
            assert!(
                mean >= capacity as f64 * 0.6 && mean <= capacity as f64 + 1.5,
                "capacity {capacity}, mean {mean}"
            );
            assert!(refused < 0.25);
        }
    }
}
