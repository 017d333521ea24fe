//! Calls to Campaign Monitor about people who are erased: several at a time, with retries.

use std::time::Duration;

use tokio::time::sleep;

use crate::backoff;
use crate::campaign_monitor::{Account, Disposition, Error};
use crate::config::Work;
use crate::connections::session::AccountSession;
use crate::worker::limiter::{Limiter, Verdict};

/// The longest pause of ours between tries.
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// Makes the calls of one erasure.
pub struct ErasureCalls {
    limiter: Limiter,
    work: Work,
}

impl ErasureCalls {
    /// As many at a time as a run may upload.
    pub fn new(work: &Work) -> Self {
        let most = usize::from(work.uploads_in_flight);
        Self { limiter: Limiter::new(most), work: work.clone() }
    }

    /// How many may be in flight.
    pub fn most(&self) -> usize {
        usize::from(self.work.uploads_in_flight)
    }

    /// Makes one call, with retries where they may help.
    pub async fn call<T, F>(
        &self,
        session: &AccountSession,
        call: impl Fn(Account) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        for attempt in 1.. {
            let slot = self.limiter.acquire().await;
            let answer = session.call(&call).await;
            let Err(error) = answer else {
                slot.answer(Verdict::Clean);
                return answer;
            };
            let Disposition::Retry(asked) = error.disposition() else {
                slot.answer(Verdict::Unrelated);
                return Err(error);
            };
            let pause = asked.unwrap_or_else(|| self.pause(attempt));
            slot.answer(Verdict::Overloaded { retry_after: pause });
            if attempt >= self.work.call_tries {
                return Err(error);
            }
            sleep(pause).await;
        }
        unreachable!("the loop ends by itself")
    }

    fn pause(&self, attempt: u32) -> Duration {
        let first = Duration::from_millis(self.work.retry_pause_ms);
        backoff::pause(first, PAUSE_MAX, attempt, rand::random())
    }
}
