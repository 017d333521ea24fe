//! Measures what a run waits for while a worker has it, so that the sums are its time, and no moment counts twice.
//!
//! Reading, encoding and several uploads go on side by side. So a moment belongs to what the run waits for. While a
//! place for an upload is free, that is the next batch: it is read, or encoded. While every place is full, or nothing
//! more is to be read, the moment is divided equally among the batches that are in a place: each waits for a slot, is
//! throttled, is uploaded, or waits to be written.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::timeline::{RunPhase, Timeline};
use crate::db::Time;

/// What a worker does with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStage {
    Preparing,
    /// Batches, or calls about people who leave, are in so many places; 0: nothing more comes in when one is free.
    Sending {
        permits: usize,
    },
    Verifying,
    Ending,
}

/// What a batch, or a call, in a place waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransitState {
    WaitingForSlot,
    Throttled,
    Uploading,
    /// Until it is written.
    Writing,
}

impl TransitState {
    const ALL: [Self; 4] = [Self::WaitingForSlot, Self::Throttled, Self::Uploading, Self::Writing];

    const fn phase(self) -> RunPhase {
        match self {
            Self::WaitingForSlot => RunPhase::WaitingForSlot,
            Self::Throttled => RunPhase::Throttled,
            Self::Uploading => RunPhase::Uploading,
            Self::Writing => RunPhase::Writing,
        }
    }
}

/// The stopwatch of a run at a worker; cheap to clone.
#[derive(Clone)]
pub struct Stopwatch(Arc<Mutex<Moments>>);

struct Moments {
    earlier: Timeline,
    /// Nanoseconds of each phase since then.
    spent: [u64; RunPhase::ALL.len()],
    /// Up to when they count.
    since: Instant,
    stage: RunStage,
    /// How many batches or calls there are in each state.
    transit: [u64; TransitState::ALL.len()],
    is_read: bool,
    is_encoding: bool,
    is_writing: bool,
}

impl Moments {
    /// Counts the time since the last change.
    fn charge(&mut self) {
        let now = Instant::now();
        let nanos = u64::try_from((now - self.since).as_nanos()).unwrap_or(u64::MAX);
        self.since = now;
        match self.phase() {
            Some(phase) => self.spent[phase as usize] += nanos,
            None => self.divide(nanos),
        }
    }

    fn divide(&mut self, nanos: u64) {
        let all: u64 = self.transit.iter().sum();
        for (state, count) in TransitState::ALL.into_iter().zip(self.transit) {
            self.spent[state.phase() as usize] += nanos * count / all.max(1);
        }
    }

    /// The phase of the moment; `None`: it is divided among those in a place.
    fn phase(&self) -> Option<RunPhase> {
        match self.stage {
            RunStage::Preparing => Some(RunPhase::Preparing),
            RunStage::Sending { permits } => self.phase_of_sending(permits),
            RunStage::Verifying => Some(RunPhase::Verifying),
            RunStage::Ending => Some(RunPhase::Writing),
        }
    }

    fn phase_of_sending(&self, permits: usize) -> Option<RunPhase> {
        let taken: u64 = self.transit.iter().sum();
        let is_next_awaited = taken < permits as u64 && !self.is_read;
        if taken > 0 && !is_next_awaited {
            return None;
        }
        Some(match (self.is_writing, self.is_encoding) {
            (true, _) => RunPhase::Writing,
            (false, true) => RunPhase::Encoding,
            (false, false) => RunPhase::Reading,
        })
    }
}

impl Stopwatch {
    /// Begins at the first stage of an attempt, after the time of earlier ones.
    pub fn start(earlier: Timeline) -> Self {
        Self(Arc::new(Mutex::new(Moments {
            earlier,
            spent: [0; RunPhase::ALL.len()],
            since: Instant::now(),
            stage: RunStage::Preparing,
            transit: [0; TransitState::ALL.len()],
            is_read: false,
            is_encoding: false,
            is_writing: false,
        })))
    }

    /// The time of the run up to `now`, which is this moment by the clock.
    pub fn timeline(&self, now: Time) -> Timeline {
        let moments = self.charged();
        let mut timeline = moments.earlier.clone();
        timeline.until_utc = now;
        for (phase, nanos) in RunPhase::ALL.into_iter().zip(moments.spent) {
            timeline.add(phase, i64::try_from(nanos / 1000).unwrap_or(i64::MAX));
        }
        timeline
    }

    pub fn begin(&self, stage: RunStage) {
        let mut moments = self.charged();
        (moments.stage, moments.is_read) = (stage, false);
    }

    /// No further batch will come.
    pub fn read_all(&self) {
        self.charged().is_read = true;
    }

    /// Encodes the batch that the run waits for.
    pub async fn encoding<T>(&self, work: impl Future<Output = T>) -> T {
        self.charged().is_encoding = true;
        let encoded = work.await;
        self.charged().is_encoding = false;
        encoded
    }

    /// Writes what the run has done.
    pub async fn writing<T>(&self, work: impl Future<Output = T>) -> T {
        self.charged().is_writing = true;
        let written = work.await;
        self.charged().is_writing = false;
        written
    }

    /// A batch or a call takes a place, until the result is dropped.
    #[must_use]
    pub fn enter(&self) -> Arc<TransitClock> {
        let state = TransitState::WaitingForSlot;
        self.charged().transit[state as usize] += 1;
        let spent = [Duration::ZERO; TransitState::ALL.len()];
        let own = Mutex::new(OwnMoments { state, since: Instant::now(), spent });
        Arc::new(TransitClock { stopwatch: self.clone(), own })
    }

    fn charged(&self) -> MutexGuard<'_, Moments> {
        let mut moments = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        moments.charge();
        moments
    }
}

/// What one batch or call waits for.
pub struct TransitClock {
    stopwatch: Stopwatch,
    own: Mutex<OwnMoments>,
}

struct OwnMoments {
    state: TransitState,
    since: Instant,
    spent: [Duration; TransitState::ALL.len()],
}

impl TransitClock {
    pub fn enter(&self, state: TransitState) {
        let mut own = self.own();
        let mut moments = self.stopwatch.charged();
        moments.transit[own.state as usize] -= 1;
        moments.transit[state as usize] += 1;
        own.charge();
        own.state = state;
    }

    /// How long it was in a state.
    pub fn spent(&self, state: TransitState) -> Duration {
        let mut own = self.own();
        own.charge();
        own.spent[state as usize]
    }

    fn own(&self) -> MutexGuard<'_, OwnMoments> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OwnMoments {
    fn charge(&mut self) {
        let now = Instant::now();
        self.spent[self.state as usize] += now - self.since;
        self.since = now;
    }
}

impl Drop for TransitClock {
    fn drop(&mut self) {
        let state = self.own().state;
        self.stopwatch.charged().transit[state as usize] -= 1;
    }
}

tokio::task_local! {
    static CURRENT: Arc<TransitClock>;
}

/// Does something for what is in a place.
pub async fn timed<T>(clock: Arc<TransitClock>, work: impl Future<Output = T>) -> T {
    CURRENT.scope(clock, work).await
}

/// What is in a place now waits for something else. Outside of a place nothing happens.
pub fn enter(state: TransitState) {
    // An error says that this is outside of a place.
    let _ = CURRENT.try_with(|clock| clock.enter(state));
}

/// How long what is in a place was in a state.
pub fn spent(state: TransitState) -> Duration {
    CURRENT.try_with(|clock| clock.spent(state)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;

    use chrono::DateTime;

    use super::*;

    const MOMENT: Duration = Duration::from_millis(20);

    fn started() -> Stopwatch {
        Stopwatch::start(Timeline::begun(DateTime::UNIX_EPOCH))
    }

    /// Milliseconds of a phase, in moments.
    fn moments(stopwatch: &Stopwatch, phase: RunPhase) -> i64 {
        let timeline = stopwatch.timeline(DateTime::UNIX_EPOCH);
        (timeline.milliseconds()[&phase] + 5) / 20
    }

    #[test]
    fn a_free_place_waits_for_the_reader_and_full_ones_divide_the_moment() {
        let stopwatch = started();
        stopwatch.begin(RunStage::Sending { permits: 2 });
        let first = stopwatch.enter();
        first.enter(TransitState::Uploading);
        sleep(MOMENT);
        assert_eq!(moments(&stopwatch, RunPhase::Reading), 1, "the other place is free");
        let second = stopwatch.enter();
        sleep(2 * MOMENT);
        drop(second);
        assert_eq!(moments(&stopwatch, RunPhase::Uploading), 1);
        assert_eq!(moments(&stopwatch, RunPhase::WaitingForSlot), 1);
    }

    #[test]
    fn after_the_last_batch_moments_belong_to_those_that_are_left() {
        let stopwatch = started();
        stopwatch.begin(RunStage::Sending { permits: 8 });
        let last = stopwatch.enter();
        stopwatch.read_all();
        last.enter(TransitState::Throttled);
        sleep(MOMENT);
        assert_eq!(moments(&stopwatch, RunPhase::Throttled), 1);
        assert!(last.spent(TransitState::Throttled) >= MOMENT);
    }

    #[test]
    fn the_phases_of_all_stages_add_up_to_the_time() {
        let (stopwatch, begun) = (started(), Instant::now());
        for stage in [RunStage::Sending { permits: 3 }, RunStage::Verifying, RunStage::Ending] {
            let clocks: Vec<_> = (0..3).map(|_| stopwatch.enter()).collect();
            sleep(MOMENT);
            drop(clocks);
            stopwatch.begin(stage);
        }
        let phases = stopwatch.timeline(DateTime::UNIX_EPOCH).milliseconds();
        let (sum, elapsed) = (phases.values().sum::<i64>(), begun.elapsed().as_millis());
        assert!((i128::from(sum) - i128::try_from(elapsed).unwrap()).abs() <= 1, "{phases:?}");
    }
}
