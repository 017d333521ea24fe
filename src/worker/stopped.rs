//! Why a run stops before its end, and what that means for it.

use std::time::Duration;

use crate::baselines;
use crate::campaign_monitor::{self, Disposition};
use crate::params::Params;
use crate::records::basis::BasisError;
use crate::runs::{LeaseLost, Reason, ReasonCode, RunStatus};
use crate::secrets;
use crate::segments::SegmentName;
use crate::steps::StopKind;
use crate::storage;

/// Why a run stopped before its end.
#[derive(Debug)]
pub enum Stopped {
    /// It ends for good, with this reason.
    Ended(RunStatus, Reason),
    /// Something outside is unavailable: it resumes after the pause asked for, unless it has tried too often.
    Later(Reason, Option<Duration>),
    /// The process stops, or others wait: it resumes at once, at another worker or when a slot is free.
    Drained,
    /// Its instance is paused: it resumes when an administrator resumes that.
    Paused,
    /// People were erased whom it might send: it resumes at once, without them.
    MoreErased,
    /// Nothing may be written of it any more.
    LeaseLost(LeaseLost),
    /// A fault of ours, or of the database.
    Fault(anyhow::Error),
}

impl Stopped {
    /// The run fails for this reason.
    #[must_use]
    pub const fn because(reason: Reason) -> Self {
        Self::Ended(RunStatus::Failed, reason)
    }

    /// What decides how the worker leaves the run.
    #[must_use]
    pub const fn kind(&self) -> StopKind {
        match self {
            Self::Ended(..) => StopKind::Ends,
            Self::Later(..) | Self::Fault(_) => StopKind::Unavailable,
            Self::Drained | Self::Paused | Self::MoreErased => StopKind::Yields,
            Self::LeaseLost(_) => StopKind::LeaseLost,
        }
    }
}

/// How the phases before `settle` ended.
pub(super) enum PhasesEnd {
    /// Every profile has been processed. Sentences about the fields of which no value could be sent.
    Completed(Vec<String>),
    /// The run waits for somebody who approves its plan. No call is in flight any more.
    Held(Reason),
    /// No upload is in flight any more: what was sent is written, or among the unanswered batches of the job.
    Stopped(Stopped),
    /// Uploads were in flight: only the last checkpoint limits what may have been sent.
    BrokenOff(Stopped),
}

/// What an error of Campaign Monitor means for the run. The session has recorded a rejected credential, so that the
/// other runs of the connection stop too.
pub(super) fn refused(error: &campaign_monitor::Error, list: &str) -> Stopped {
    let reason = |code, detail: String| Reason::new(code, detail).with_all(numbers(error));
    match error.disposition() {
        Disposition::Retry(pause) => {
            Stopped::Later(reason(ReasonCode::DestinationUnavailable, error.to_string()), pause)
        }
        Disposition::GiveUp if error.is_unknown_id() => {
            Stopped::because(Reason::new(ReasonCode::ListNotFound, list).with("listId", list))
        }
        Disposition::GiveUp => {
            Stopped::because(reason(ReasonCode::DestinationRefused, error.to_string()))
        }
        Disposition::BlockConnection => {
            Stopped::because(reason(ReasonCode::CredentialsRefused, error.refusal()))
        }
    }
}

/// The numbers of an answer, without its words: these may quote what was sent.
fn numbers(error: &campaign_monitor::Error) -> Params {
    let mut params = Params::default();
    if let Some(status) = error.status() {
        params.put("status", i64::from(status));
    }
    if let Some(code) = error.code() {
        params.put("vendorCode", code);
    }
    params
}

impl From<Stopped> for anyhow::Error {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::LeaseLost(lost) => lost.into(),
            Stopped::Fault(error) => error,
            Stopped::Ended(_, reason) | Stopped::Later(reason, _) => {
                anyhow::anyhow!("the run could not be settled: {}", reason.message)
            }
            Stopped::Paused => {
                anyhow::anyhow!("the run could not be settled: its instance is paused")
            }
            Stopped::MoreErased => {
                anyhow::anyhow!("the run could not be settled: people were erased")
            }
            Stopped::Drained => anyhow::anyhow!("the run could not be settled: the process stops"),
        }
    }
}

impl From<sqlx::Error> for Stopped {
    fn from(error: sqlx::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl From<BasisError> for Stopped {
    fn from(error: BasisError) -> Self {
        match error {
            BasisError::Database(error) => error.into(),
            BasisError::Storage(error) => Self::unreadable(&error, None),
        }
    }
}

impl From<secrets::Error> for Stopped {
    fn from(error: secrets::Error) -> Self {
        if !matches!(error, secrets::Error::UnknownKey(_)) {
            return Self::Fault(error.into());
        }
        tracing::error!(%error, "the credentials of the connection cannot be decrypted");
        Self::Later(Reason::new(ReasonCode::EncryptionKeyMissing, ""), None)
    }
}

impl Stopped {
    /// What is known of the list cannot be read any more.
    #[must_use]
    pub fn baseline(error: baselines::Error) -> Self {
        match error {
            baselines::Error::Storage(error) => Self::unreadable(&error, None),
            damaged @ baselines::Error::Damaged { .. } => Self::Fault(damaged.into()),
        }
    }

    /// The members of a segment cannot be read; it is one of the export when its name is unknown.
    pub fn unreadable(error: &storage::Error, segment: Option<&SegmentName>) -> Self {
        let failed = |code, what: &str| {
            Self::because(Reason::of_segment(code, segment.map(SegmentName::as_str), what))
        };
        match error {
            storage::Error::Changed { .. } => failed(
                ReasonCode::SegmentChanged,
                &format!(" changed while the run read it: {error}."),
            ),
            // Their texts already say what to do.
            storage::Error::Lost { .. } | storage::Error::NotFound { .. } => {
                failed(ReasonCode::SegmentUnreadable, &format!(" cannot be read: {error}."))
            }
            storage::Error::Unavailable(cause)
            | storage::Error::SourceUnavailable { cause, .. } => {
                tracing::warn!(%error, %cause, "the storage is unavailable");
                Self::Later(Reason::new(ReasonCode::StorageUnavailable, ""), None)
            }
            storage::Error::Refused(cause) | storage::Error::SourceRefused { cause, .. } => {
                tracing::error!(%error, %cause, "the storage rejects the credentials");
                Self::Later(Reason::new(ReasonCode::StorageRefused, error.to_string()), None)
            }
            storage::Error::NoSuchRoot { .. } | storage::Error::NoSuchSource { .. } => {
                Self::because(Reason::new(ReasonCode::StorageRefused, error.to_string()))
            }
            _ => {
                let advice = "Refresh the segment, or upload its members again.";
                let what = format!(" cannot be read: {error}. {advice}");
                failed(ReasonCode::SegmentUnreadable, &what)
            }
        }
    }
}
