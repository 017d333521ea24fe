//! The Campaign Monitor account of a connection: how callers of the API reach it, and what its errors mean to them.

use crate::app::App;
use crate::campaign_monitor::{self, Disposition};
use crate::connections::session::AccountSession;
use crate::connections::{Connection, Unusable};
use crate::http::problem::{Problem, ProblemKind};
use crate::secrets;

/// A session of a connection that has credentials.
pub fn open(app: &App, connection: &Connection) -> Result<AccountSession, Problem> {
    let session = AccountSession::open(app, &app.campaign_monitor, connection);
    session.map_err(sealed)?.ok_or_else(|| unusable(&Unusable::NoCredentials))
}

fn sealed(error: secrets::Error) -> Problem {
    let detail = "The credentials of this connection are encrypted with a key that is not in the settings of this \
        service. Ask your operator to set that key again: nothing is lost. Or enter the credentials again.";
    match error {
        secrets::Error::UnknownKey(_) => {
            Problem::new(ProblemKind::EncryptionKeyMissing, detail).because(error)
        }
        other => anyhow::Error::new(other).into(),
    }
}

/// The problem that an error of Campaign Monitor becomes.
#[must_use]
pub fn problem(error: &campaign_monitor::Error) -> Problem {
    match error.disposition() {
        Disposition::Retry(pause) => {
            let seconds = pause.map_or(30, |pause| pause.as_secs().max(1));
            let detail = format!("Campaign Monitor is unavailable: {error}. Try again later.");
            Problem::new(ProblemKind::DestinationUnavailable, detail).retry_after(seconds)
        }
        Disposition::BlockConnection => unusable(&Unusable::CredentialsRefused(error.refusal())),
        Disposition::GiveUp => Problem::new(
            ProblemKind::DestinationRefused,
            format!("Campaign Monitor rejected the call: {error}."),
        ),
    }
}

/// The problem of a connection over which nothing can run.
pub fn unusable(why: &Unusable) -> Problem {
    let detail = match why {
        Unusable::CredentialsRefused(why) => &format!(
            "Campaign Monitor rejects its credentials ({why}). Ask an administrator to renew them."
        ),
        Unusable::NoExportUser => {
            "it has no export user. Ask an administrator to become its export user."
        }
        Unusable::NoCredentials => "it has no credentials. Ask an administrator to add them.",
    };
    let detail = format!("The connection is not connected: {detail}");
    Problem::new(ProblemKind::ConnectionNotConnected, detail)
}
