//! The Campaign Monitor account behind a connection: how callers of the API reach it, and what its refusals mean to them.

use super::handlers::find;
use crate::app::App;
use crate::campaign_monitor::{self, Disposition};
use crate::connections::Connection;
use crate::connections::session::Session;
use crate::http::auth::Caller;
use crate::http::problem::{Kind, Problem};
use crate::names::ConnectionId;

/// The connection, if the caller may use it for exports.
pub async fn find_usable<R>(
    app: &App,
    caller: &Caller<R>,
    id: ConnectionId,
) -> Result<Connection, Problem> {
    let connection = find(&mut app.db.read().await?, caller.instance, id).await?;
    if caller.is_admin() || connection.is_shared() {
        return Ok(connection);
    }
    Err(Problem::not_found("connection"))
}

/// A session of a connection that has credentials.
pub fn open(app: &App, connection: &Connection) -> Result<Session, Problem> {
    let session = Session::open(app, &app.campaign_monitor, connection);
    session.map_err(anyhow::Error::new)?.ok_or_else(|| {
        Problem::new(
            Kind::ConnectionNotConnected,
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
            Problem::new(Kind::CampaignMonitorUnavailable, detail).retry_after(seconds)
        }
        Disposition::BlockConnection => {
            let why = error.refusal();
            let detail = format!(
                "Campaign Monitor refuses the credentials ({why}). An administrator must renew them."
            );
            Problem::new(Kind::ConnectionNotConnected, detail)
        }
        Disposition::GiveUp => {
            Problem::new(Kind::CampaignMonitorRefused, format!("Campaign Monitor says: {error}."))
        }
    }
}
