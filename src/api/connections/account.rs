//! The Campaign Monitor account behind a connection: how callers of the API reach it, and what its refusals mean to
//! them.

use crate::app::App;
use crate::campaign_monitor::{self, Disposition};
use crate::connections::Connection;
use crate::connections::session::AccountSession;
use crate::http::problem::{Problem, ProblemKind};

/// A session of a connection that has credentials.
pub fn open(app: &App, connection: &Connection) -> Result<AccountSession, Problem> {
    let session = AccountSession::open(app, &app.campaign_monitor, connection);
    session.map_err(anyhow::Error::new)?.ok_or_else(|| {
        Problem::new(
            ProblemKind::ConnectionNotConnected,
            "The connection has no credentials yet. An administrator can add them.",
        )
    })
}

/// What Campaign Monitor's error means to the caller.
#[must_use]
pub fn problem(error: &campaign_monitor::Error) -> Problem {
    match error.disposition() {
        Disposition::Retry(pause) => {
            let seconds = pause.map_or(30, |pause| pause.as_secs().max(1));
            let detail = format!("Campaign Monitor: {error}. Try again later.");
            Problem::new(ProblemKind::DestinationUnavailable, detail).retry_after(seconds)
        }
        Disposition::BlockConnection => {
            let why = error.refusal();
            let detail = format!(
                "Campaign Monitor refuses the credentials ({why}). An administrator must renew them."
            );
            Problem::new(ProblemKind::ConnectionNotConnected, detail)
        }
        Disposition::GiveUp => Problem::new(
            ProblemKind::DestinationRefused,
            format!("Campaign Monitor says: {error}."),
        ),
    }
}
