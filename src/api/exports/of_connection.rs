//! Calls about the exports of a connection.

use actix_web::web::Data;
use actix_web::{HttpResponse, get, post};
use serde::Serialize;
use utoipa::ToSchema;

use super::dependants::Dependant;
use crate::api::connections::find::{find, find_to_change};
use crate::api::runs::cancel::{Uprooted, cancel_open};
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db;
use crate::exports::Export;
use crate::exports::store::{self, ExportQuery};
use crate::http::auth::{Admin, Caller};
use crate::http::body::Id;
use crate::http::paging::{Page, Paging};
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::names::ConnectionId;

/// How many exports were detached.
#[derive(Serialize, ToSchema)]
pub struct DetachedView {
    /// Exports that had the connection, and have none now.
    #[schema(example = 2)]
    pub detached: usize,
}

/// Lists the exports that depend on a connection.
///
/// You cannot remove the connection while it has any.
#[utoipa::path(
    tag = "connections",
    security(("bearer" = ["Admin"])),
    params(("id" = ConnectionId, Path), Paging),
    responses((status = 200, body = Page<Dependant>)),
)]
#[get("/connections/{id}/exports")]
pub async fn list_connection_exports(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ConnectionId>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after()?);
    let mut tx = app.db.read().await?;
    find(&mut tx, caller.instance, id.0).await?;
    let filter = ExportQuery { connection: Some(id.0), ..Default::default() };
    let rows = store::list(&mut tx, caller.instance, &filter, after, limit).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, |row| row.id.0, Dependant::of)))
}

/// Detaches all exports of a connection.
///
/// The exports keep their configuration and become inactive; their open runs are cancelled.
#[utoipa::path(
    tag = "connections",
    security(("bearer" = ["Admin"])),
    params(("id" = ConnectionId, Path)),
    responses((status = 200, body = DetachedView)),
)]
#[post("/connections/{id}/detach")]
pub async fn detach_connection(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ConnectionId>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let connection = find_to_change(&mut tx, caller.instance, id.0).await?;
    let exports = store::detach_all(&mut tx, id.0, caller.subject(), db::now()).await?;
    for export in &exports {
        cancel_open(&mut tx, &caller, export.id, Uprooted::Detached).await?;
        let change = detached(export, id.0);
        audit::record(&mut tx, &caller.author, Action::ExportDetach, change).await?;
    }
    let detached = DetachedView { detached: exports.len() };
    let change = Change::done(&connection, &detached);
    audit::record(&mut tx, &caller.author, Action::ConnectionDetachExports, change).await?;
    tx.commit().await?;
    Ok(HttpResponse::Ok().json(detached))
}

/// An export was detached from a connection, and nothing else of it changed.
fn detached(export: &Export, from: ConnectionId) -> Change {
    let before = Export { connection_id: Some(from), ..export.clone() };
    Change::between((&before, &[][..]), (export, &[][..]))
}
