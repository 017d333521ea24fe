//! The export user of a connection: the Customer Insights user that scheduled runs act as.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete, put};

use super::find::find_to_change;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::connections::{ConnectionView, store};
use crate::db;
use crate::http::auth::{Admin, Caller};
use crate::http::body::{Id, IfMatch, ok};
use crate::http::problem::Problem;
use crate::names::ConnectionId;

/// Adds yourself as export user.
///
/// Scheduled runs act as this user.
#[utoipa::path(
    tag = "connections",
    security(("bearer" = ["Admin"])),
    params(("id" = ConnectionId, Path)),
    responses((status = 200, body = ConnectionView)),
)]
#[put("/connections/{id}/export-user")]
pub async fn add_export_user(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ConnectionId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    let user = Some((caller.subject(), caller.identity.name.as_str()));
    set_export_user(&caller, &app, id.0, &if_match, user).await
}

/// Removes the export user.
///
/// The connection is not connected until an administrator becomes its export user. Until then, scheduled runs are
/// skipped.
#[utoipa::path(
    tag = "connections",
    security(("bearer" = ["Admin"])),
    params(("id" = ConnectionId, Path)),
    responses((status = 200, body = ConnectionView)),
)]
#[delete("/connections/{id}/export-user")]
pub async fn remove_export_user(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ConnectionId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    set_export_user(&caller, &app, id.0, &if_match, None).await
}

async fn set_export_user(
    caller: &Caller<Admin>,
    app: &App,
    id: ConnectionId,
    if_match: &IfMatch,
    user: Option<(&str, &str)>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let old = find_to_change(&mut tx, caller.instance, id).await?;
    if_match.check(old.stamps.version)?;
    let connection = store::set_export_user(&mut tx, id, user, caller.subject(), db::now()).await?;
    let action = match user {
        Some(_) => Action::ConnectionAddExportUser,
        None => Action::ConnectionRemoveExportUser,
    };
    let change = Change::between(&old, &connection);
    audit::record(&mut tx, &caller.author, action, change).await?;
    tx.commit().await?;
    Ok(ok(connection.stamps.version, &ConnectionView::full(connection)))
}
