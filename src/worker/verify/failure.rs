//! Why a verification found nothing out.

use crate::campaign_monitor;
use crate::worker::stopped::{Stopped, refused};

/// Why a verification ended without a result.
#[derive(Debug)]
pub enum Failure {
    /// It may find out later: something outside is unavailable.
    Later(String),
    /// It never will, for this reason.
    Final(String),
}

impl Failure {
    /// What an error of Campaign Monitor means.
    pub fn of(error: &campaign_monitor::Error, list: &str) -> Self {
        refused(error, list).into()
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Ended(_, reason) => Self::Final(reason.message),
            Stopped::Later(reason, _) => Self::Later(reason.message),
            Stopped::Paused => Self::Later("the instance is paused".into()),
            Stopped::Drained | Stopped::MoreErased | Stopped::LeaseLost(_) => {
                Self::Later("the worker stops".into())
            }
            Stopped::Fault(error) => {
                let error = format!("{error:#}");
                tracing::error!(error, "a verification failed");
                Self::Later("something went wrong on our side".into())
            }
        }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Stopped::from(error).into()
    }
}

impl From<tokio::task::JoinError> for Failure {
    fn from(panic: tokio::task::JoinError) -> Self {
        Stopped::Fault(panic.into()).into()
    }
}
