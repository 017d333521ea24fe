//! A run in the hands of a worker, and why it may stop before its end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::account::Done;
use super::turns::Held;
use crate::app::App;
use crate::runs::{Lease, LeaseLost, Reason, ReasonCode, Run, RunStatus};
use crate::segments::Unreadable;
use crate::storage;

/// A run in the hands of this worker.
pub struct Job {
    /// What everything shares.
    pub app: Arc<App>,
    /// The run, as it was claimed; its counts and position are kept up to date.
    pub run: Run,
    /// Proof of ownership.
    pub lease: Lease,
    /// Rows up to here may have been sent by an attempt that died.
    pub doubt_until: i64,
    /// Batches behind the position that are written already: first row and end.
    pub answered: BTreeMap<i64, i64>,
    /// Batches of which some records have no answer.
    pub failed: Vec<Done>,
    /// Whether everything that this attempt has sent is written, or was not answered in full.
    pub is_quiet: bool,
    /// Its turn, which ends with the job.
    pub turn: Held,
    /// Cancelled when the process is told to stop, or the run must give way.
    pub stop: CancellationToken,
}

/// Why a run stopped before its end.
#[derive(Debug)]
pub enum Stopped {
    /// It has ended.
    Ended(RunStatus, Reason),
    /// Something outside is away: it goes on later, after the pause asked for, unless it has tried too often.
    Later(Reason, Option<Duration>),
    /// The process stops, or others wait: it goes on at once, elsewhere or in its next turn.
    Drained,
    /// Another worker holds it.
    LeaseLost(LeaseLost),
    /// A fault of ours, or of the database.
    Fault(anyhow::Error),
}

impl Stopped {
    /// The run fails for a reason of this code.
    pub fn failed(code: ReasonCode, detail: impl AsRef<str>) -> Self {
        Self::Ended(RunStatus::Failed, Reason::new(code, detail))
    }
}

impl From<Stopped> for anyhow::Error {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::LeaseLost(lost) => lost.into(),
            Stopped::Fault(error) => error,
            other => anyhow::anyhow!("the run could not be left: {other:?}"),
        }
    }
}

impl From<sqlx::Error> for Stopped {
    fn from(error: sqlx::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl From<Unreadable> for Stopped {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::Storage(error) => error.into(),
            Unreadable::Database(error) => error.into(),
        }
    }
}

impl From<storage::Error> for Stopped {
    fn from(error: storage::Error) -> Self {
        match &error {
            storage::Error::Changed { .. }
            | storage::Error::Lost { .. }
            | storage::Error::NotFound { .. } => {
                Self::failed(ReasonCode::SegmentChanged, error.to_string())
            }
            storage::Error::Unavailable(cause) => {
                tracing::warn!(error = %error, %cause, "the storage is away");
                Self::Later(Reason::new(ReasonCode::StorageUnavailable, ""), None)
            }
            storage::Error::Refused(cause) => {
                tracing::error!(error = %error, %cause, "the storage refuses the credentials");
                Self::Later(Reason::new(ReasonCode::StorageRefused, error.to_string()), None)
            }
            storage::Error::NoSuchRoot { .. } | storage::Error::NoSuchSource { .. } => {
                Self::failed(ReasonCode::StorageRefused, error.to_string())
            }
            _ => Self::failed(ReasonCode::SegmentUnreadable, error.to_string()),
        }
    }
}
