//! The body of an upload on its way to the storage, as long as its sender keeps pace.
//!
//! An upload holds one of few slots, so a sender that is idle, slow or endless would keep others out. Only the time in
//! which the service waits for the sender counts as slow, not the time in which the storage is behind.

use std::time::Duration;

use actix_web::error::PayloadError;
use actix_web::web::{Bytes, Payload};
use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::config::Config;
use crate::http::problem::{Problem, ProblemKind};

/// When the storage has rejected a body, the rest is read up to this size, so that the caller receives the answer.
const REST_BYTES_MAX: usize = 64 << 20;

/// How fast a sender must be.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Without any data.
    idle: Duration,
    /// Before the least rate counts.
    grace: Duration,
    /// 0: any rate will do.
    bytes_per_second: u64,
    /// For the complete body, however fast it comes.
    longest: Duration,
}

/// How a sender lost its upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooSlow {
    /// It sent nothing for so long.
    Idle(Duration),
    /// It sent less than so many bytes a second.
    Below(u64),
    /// It took longer than this.
    Endless(Duration),
}

impl Pace {
    /// What the settings ask of a sender.
    pub fn of(config: &Config) -> Self {
        Self {
            idle: Duration::from_millis(config.limits.upload_idle_ms),
            grace: Duration::from_millis(config.overload.upload_grace_ms),
            bytes_per_second: config.overload.min_upload_bytes_per_second,
            longest: Duration::from_millis(config.overload.upload_timeout_ms),
        }
    }

    /// How long to wait for the next piece of a body of which `bytes` came in `elapsed`, `waited` of it waiting; and
    /// what a sender is that takes longer.
    fn patience(&self, bytes: u64, waited: Duration, elapsed: Duration) -> (Duration, TooSlow) {
        let endless = (self.longest.saturating_sub(elapsed), TooSlow::Endless(self.longest));
        let idle = (self.idle, TooSlow::Idle(self.idle));
        let least = if endless.0 < idle.0 { endless } else { idle };
        let Some(earned) =
            bytes.checked_mul(1000).and_then(|bytes| bytes.checked_div(self.bytes_per_second))
        else {
            return least;
        };
        let below = (self.grace + Duration::from_millis(earned)).saturating_sub(waited);
        if below < least.0 { (below, TooSlow::Below(self.bytes_per_second)) } else { least }
    }
}

impl From<TooSlow> for Problem {
    fn from(slow: TooSlow) -> Self {
        let why = match slow {
            TooSlow::Idle(time) => format!("sent no data for {} s", time.as_secs_f64()),
            TooSlow::Below(rate) => format!("sent less than {rate} bytes a second"),
            TooSlow::Endless(time) => format!("took longer than {} s", time.as_secs_f64()),
        };
        let detail = format!(
            "The upload {why}, so it was ended; the members are unchanged. Send it again on a faster connection, or as \
                compressed Parquet."
        );
        Self::new(ProblemKind::RequestTimeout, detail)
    }
}

struct Incoming {
    payload: Payload,
    pace: Pace,
    began: Instant,
    waited: Duration,
    bytes: u64,
}

impl Incoming {
    async fn next(&mut self) -> Result<Option<Result<Bytes, PayloadError>>, TooSlow> {
        let asked = Instant::now();
        let (patience, slow) = self.pace.patience(self.bytes, self.waited, asked - self.began);
        let chunk = timeout(patience, self.payload.next()).await.map_err(|_| slow)?;
        self.waited += asked.elapsed();
        if let Some(Ok(bytes)) = &chunk {
            self.bytes += bytes.len() as u64;
        }
        Ok(chunk)
    }
}

/// Forwards the body to the storage. When that has rejected it, the rest is read and dropped.
pub async fn forward(
    payload: Payload,
    pace: Pace,
    sender: mpsc::Sender<Result<Bytes, PayloadError>>,
) -> Result<(), TooSlow> {
    let (began, waited) = (Instant::now(), Duration::ZERO);
    let mut body = Incoming { payload, pace, began, waited, bytes: 0 };
    loop {
        match body.next().await {
            Err(slow) => {
                let late = PayloadError::Io(std::io::ErrorKind::TimedOut.into());
                // Fails when the storage has rejected the body meanwhile.
                let _ = sender.send(Err(late)).await;
                return Err(slow);
            }
            Ok(None) => return Ok(()),
            Ok(Some(chunk)) => {
                let is_over = chunk.is_err();
                let is_rejected = sender.send(chunk).await.is_err();
                if is_over {
                    return Ok(());
                }
                if is_rejected {
                    break;
                }
            }
        }
    }
    drop(sender);
    drain(body).await;
    Ok(())
}

async fn drain(mut body: Incoming) {
    let mut rest_bytes = 0;
    while rest_bytes < REST_BYTES_MAX {
        match body.next().await {
            Ok(Some(Ok(chunk))) => rest_bytes += chunk.len(),
            _ => break,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_earns_patience_with_what_it_sends() {
        let seconds = Duration::from_secs;
        let pace = Pace {
            idle: seconds(60),
            grace: seconds(30),
            bytes_per_second: 1000,
            longest: seconds(600),
        };
        let patience = |bytes, waited| pace.patience(bytes, seconds(waited), seconds(waited));
        let below = TooSlow::Below(1000);
        assert_eq!(patience(0, 0), (seconds(30), below), "after the grace time it must have sent");
        assert_eq!(patience(10_000, 35), (seconds(5), below));
        assert_eq!(patience(2, 36), (Duration::ZERO, below), "a byte every 18 s");
        assert_eq!(patience(1_000_000, 30), (seconds(60), TooSlow::Idle(seconds(60))));
        assert_eq!(patience(1_000_000, 590), (seconds(10), TooSlow::Endless(seconds(600))));
        let any = Pace { bytes_per_second: 0, ..pace };
        let waiting = any.patience(0, seconds(50), seconds(50));
        assert_eq!(waiting, (seconds(60), TooSlow::Idle(seconds(60))));
        let busy = pace.patience(0, Duration::ZERO, seconds(500));
        assert_eq!(busy, (seconds(30), below), "a storage that is behind is not its fault");
    }
}
