//! The Campaign Monitor account behind a connection: how to reach it, and what its answers say of the connection.

use super::api::find;
use super::{Connection, ConnectionId, store};
use crate::app::App;
use crate::campaign_monitor::{self, Account, Disposition};
use crate::db;
use crate::http::auth::Caller;
use crate::http::problem::{Kind, Problem};

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

/// The account of a connection that has credentials.
pub fn open(app: &App, connection: &Connection) -> Result<Account, Problem> {
    let credential = connection.credential(&app.keys).map_err(anyhow::Error::new)?;
    let credential = credential.ok_or_else(|| {
        Problem::new(
            Kind::ConnectionNotConnected,
            "The connection has no credentials yet. An administrator can add them.",
        )
    })?;
    Ok(app.campaign_monitor.account(credential))
}

/// What Campaign Monitor answered, or the problem of it; a refused credential is recorded.
pub async fn asked<T>(
    app: &App,
    connection: &Connection,
    answer: Result<T, campaign_monitor::Error>,
) -> Result<T, Problem> {
    let error = match answer {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    note_refusal(app, connection, &error).await?;
    Err(match error.disposition() {
        Disposition::Retry(pause) => {
            let seconds = pause.map_or(30, |pause| pause.as_secs().max(1));
            let detail = format!("Campaign Monitor: {error}. Try again later.");
            Problem::new(Kind::CampaignMonitorUnavailable, detail).retry_after(seconds)
        }
        Disposition::BlockConnection => {
            let detail = format!("Campaign Monitor refuses the credentials ({error}). Renew them.");
            Problem::new(Kind::CampaignMonitorRefused, detail)
        }
        Disposition::GiveUp => {
            Problem::new(Kind::CampaignMonitorRefused, format!("Campaign Monitor says: {error}."))
        }
    })
}

/// Records that Campaign Monitor refused the credentials, if that is what `error` says.
pub async fn note_refusal(
    app: &App,
    connection: &Connection,
    error: &campaign_monitor::Error,
) -> Result<(), Problem> {
    if error.disposition() != Disposition::BlockConnection {
        return Ok(());
    }
    let Some(sealed) = &connection.credential_sealed else {
        return Ok(());
    };
    let mut tx = app.db.write().await?;
    store::set_refused(&mut tx, connection.id, sealed, &error.to_string()).await?;
    Ok(tx.commit().await?)
}

/// Records that Campaign Monitor took the credentials.
pub async fn note_acceptance(app: &App, connection: &Connection) -> Result<(), Problem> {
    let Some(sealed) = &connection.credential_sealed else {
        return Ok(());
    };
    let mut tx = app.db.write().await?;
    store::set_verified(&mut tx, connection.id, sealed, db::now()).await?;
    Ok(tx.commit().await?)
}
