//! Finds connections for callers of the API, who see only those of their own instance.

use uuid::Uuid;

use crate::app::App;
use crate::connections::{Connection, store};
use crate::db::{ReadHandle, WriteHandle};
use crate::http::auth::Caller;
use crate::http::problem::Problem;
use crate::names::ConnectionId;

/// The connection `id` of `instance`, or 404.
pub async fn find(
    tx: &mut ReadHandle,
    instance: Uuid,
    id: ConnectionId,
) -> Result<Connection, Problem> {
    store::get(tx, instance, id).await?.ok_or_else(|| Problem::not_found("connection with this id"))
}

/// The same, to change it: nobody else can change it until the transaction ends.
pub async fn find_to_change(
    tx: &mut WriteHandle,
    instance: Uuid,
    id: ConnectionId,
) -> Result<Connection, Problem> {
    let found = store::get_to_change(tx, instance, id).await?;
    found.ok_or_else(|| Problem::not_found("connection with this id"))
}

/// The connection; 404 also when the caller may not use it for exports.
pub async fn find_usable<R>(
    app: &App,
    caller: &Caller<R>,
    id: ConnectionId,
) -> Result<Connection, Problem> {
    let connection = find(&mut app.db.read().await?, caller.instance, id).await?;
    if caller.is_admin() || connection.is_shared() {
        return Ok(connection);
    }
    Err(Problem::not_found("connection with this id"))
}
