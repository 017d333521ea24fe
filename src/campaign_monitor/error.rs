//! What can go wrong with a call, and what to do about it: the one place that decides.
//!
//! Branch on the body's `Code`, never on the status alone or on the text: both vary for the same
//! code. Every refusal of Campaign Monitor has one. An answer without it comes from something on the way there (a
//! proxy, a firewall, a portal): the call is as good as before, and may succeed later.

#[cfg(test)]
mod tests;

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::de::DeserializeOwned;

use super::envelope::Envelope;

/// The longest pause we let Campaign Monitor ask for.
const PAUSE_MAX: Duration = Duration::from_mins(10);

/// What an answer without a code is read as; none is numbered so.
const NO_CODE: i64 = 0;
/// The call itself was understood, and rejected for what it names.
const BAD_REQUEST: u16 = 400;
/// The body is larger than something on the way lets through.
const TOO_LARGE: u16 = 413;

/// A call that did not do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Understood and rejected: the same call will be rejected again.
    #[error("code {code}: {message}")]
    Refused {
        status: u16,
        code: i64,
        /// In the vendor's words, which vary for the same code.
        message: String,
    },
    /// OAuth gives no tokens, and names why: the person must sign in (again).
    #[error("{0}")]
    GrantRefused(String),
    /// The access token had to be renewed first, which failed for now; nothing was sent.
    #[error("its access token could not be renewed")]
    Unrenewed {
        /// How long it asks us to wait.
        pause: Option<Duration>,
    },
    /// Too many calls; nothing was stored.
    #[error("it asks us to slow down")]
    Throttled {
        /// How long it asks us to wait.
        pause: Option<Duration>,
    },
    /// It failed. What it had stored by then is unknown.
    #[error("it answered with status {status}")]
    Failed {
        /// HTTP status, 5xx.
        status: u16,
        /// How long it asks us to wait.
        pause: Option<Duration>,
    },
    /// Something on the way there answered in its place. Whether the call arrived is unknown.
    #[error("something on the way to Campaign Monitor answered with status {status}")]
    Intercepted {
        /// HTTP status, 3xx or 4xx.
        status: u16,
        /// How long it asks us to wait.
        pause: Option<Duration>,
    },
    /// No connection; nothing was sent.
    #[error("it cannot be reached")]
    Unreachable,
    /// It took too long. What it stored is unknown.
    #[error("it did not answer in time")]
    TimedOut,
    /// The connection broke, or the answer made no sense. What it stored is unknown.
    #[error("its answer was incomplete")]
    Interrupted,
}

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Try again, after the pause it asked for or one of ours.
    Retry(Option<Duration>),
    /// Do not try again: the call itself is wrong.
    GiveUp,
    /// Do not try again with this credential: it is rejected.
    BlockConnection,
}

impl Error {
    pub(super) fn from_answer(status: StatusCode, headers: &HeaderMap, text: &[u8]) -> Self {
        let envelope: Envelope = serde_json::from_slice(text).unwrap_or_default();
        let pause = pause(headers);
        match status.as_u16() {
            429 => Self::Throttled { pause },
            status @ 500.. => Self::Failed { status, pause },
            408 => Self::TimedOut,
            status if envelope.code == NO_CODE => Self::Intercepted { status, pause },
            status => Self::Refused { status, code: envelope.code, message: envelope.message },
        }
    }

    pub(super) fn from_transport(error: &reqwest::Error) -> Self {
        if error.is_connect() {
            Self::Unreachable
        } else if error.is_timeout() {
            Self::TimedOut
        } else {
            Self::Interrupted
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn disposition(&self) -> Disposition {
        match self {
            // 50, 100: no or a wrong key. 120 to 122: an OAuth token that is invalid, expired, revoked.
            Self::Refused { code: 50 | 100 | 120..=122, .. } | Self::GrantRefused(_) => {
                Disposition::BlockConnection
            }
            Self::Refused { .. } => Disposition::GiveUp,
            Self::Throttled { pause }
            | Self::Failed { pause, .. }
            | Self::Intercepted { pause, .. }
            | Self::Unrenewed { pause } => Disposition::Retry(*pause),
            Self::Unreachable | Self::TimedOut | Self::Interrupted => Disposition::Retry(None),
        }
    }

    /// The vendor's number of a refusal.
    #[must_use]
    pub const fn code(&self) -> Option<i64> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Whether the credential is rejected: the same call with another one may go well.
    #[must_use]
    pub fn is_about_the_credential(&self) -> bool {
        self.disposition() == Disposition::BlockConnection
    }

    /// Whether the access token has run out (code 121), and a new one is to be had for the refresh token.
    #[must_use]
    pub const fn is_expired_token(&self) -> bool {
        matches!(self, Self::Refused { code: 121, .. })
    }

    /// Why a credential is rejected, in words for people who do not know what a token is.
    #[must_use]
    pub fn refusal(&self) -> String {
        match self {
            Self::Refused { code: 120 | 121, .. } => {
                "the sign-in of this connection is no longer valid".into()
            }
            Self::Refused { code: 122, .. } => {
                "somebody withdrew the access of this connection there".into()
            }
            Self::GrantRefused(_) => {
                "the sign-in of this connection has expired, or somebody withdrew its access there"
                    .into()
            }
            other => other.to_string(),
        }
    }

    /// Whether the call may have stored something although no answer says so.
    #[must_use]
    pub const fn is_in_doubt(&self) -> bool {
        match self {
            Self::Failed { .. } | Self::TimedOut | Self::Interrupted => true,
            Self::Intercepted { .. } => !self.is_too_large(),
            _ => false,
        }
    }

    /// Whether the call was larger than something on the way lets through: a smaller one may arrive.
    #[must_use]
    pub const fn is_too_large(&self) -> bool {
        matches!(self, Self::Intercepted { status: TOO_LARGE, .. })
    }

    /// Whether the id of a list or client is not one of the account's (codes 101 and 102).
    #[must_use]
    pub const fn is_unknown_id(&self) -> bool {
        matches!(self, Self::Refused { code: 101 | 102, .. } | Self::Refused { status: 404, .. })
    }

    /// Whether the list has no subscriber with this address (code 203).
    #[must_use]
    pub const fn is_unknown_subscriber(&self) -> bool {
        matches!(self, Self::Refused { code: 203, .. })
    }

    /// Whether a call was rejected for the person that it names: another person may fare better.
    #[must_use]
    pub const fn is_personal(&self) -> bool {
        matches!(self, Self::Refused { status: BAD_REQUEST, .. }) && !self.is_unknown_id()
    }

    /// What kind of error it is, in a word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Refused { .. } | Self::GrantRefused(_) => "refused",
            Self::Unrenewed { .. } => "unrenewed",
            Self::Throttled { .. } => "throttled",
            Self::Failed { .. } => "failed",
            Self::Intercepted { .. } => "intercepted",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timedOut",
            Self::Interrupted => "interrupted",
        }
    }

    /// The HTTP status, if there was an answer.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. }
            | Self::Failed { status, .. }
            | Self::Intercepted { status, .. } => Some(*status),
            Self::Throttled { .. } => Some(429),
            Self::Unreachable
            | Self::TimedOut
            | Self::Interrupted
            | Self::GrantRefused(_)
            | Self::Unrenewed { .. } => None,
        }
    }
}

/// A success that we cannot read leaves in doubt what happened.
pub(super) fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(text).map_err(|_| Error::Interrupted)
}

/// `Retry-After` in seconds, else `X-RateLimit-Reset` (seconds until the window ends).
fn pause(headers: &HeaderMap) -> Option<Duration> {
    let seconds = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let asked = seconds(RETRY_AFTER.as_str()).or_else(|| seconds("x-ratelimit-reset"))?;
    Some(Duration::from_secs(asked).min(PAUSE_MAX))
}
