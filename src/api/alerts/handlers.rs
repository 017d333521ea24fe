//! Endpoints of alerts.

use actix_web::web::Data;
use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::IntoParams;

use super::views::{AcknowledgeBody, AlertView};
use crate::alerts::store_seen::{self, AlertQuery, SeenConnections};
use crate::alerts::{Alert, AlertStatus, RuleKind, store};
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db;
use crate::http::auth::{Caller, Contributor, Viewer};
use crate::http::body::{BodyOrNone, Id, ok};
use crate::http::paging::{Page, Paging};
use crate::http::problem::{Problem, ProblemDocument, ProblemKind};
use crate::http::query::Query;
use crate::identity::Role;
use crate::names::{AlertId, ExportId, Note};

const NONE: &str = "alert with this id";

/// Selects alerts; without any of these, all are listed.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct AlertFilter {
    /// Only alerts in this status.
    status: Option<AlertStatus>,
    /// Only alerts of this kind.
    kind: Option<RuleKind>,
    /// Only alerts about this export.
    export_id: Option<ExportId>,
}

/// An alert about a connection or a channel says what is wrong with it, so it is for those who see that.
fn sees<R>(caller: &Caller<R>) -> SeenConnections {
    match caller.identity.role {
        Role::Admin => SeenConnections::All,
        Role::Contributor => SeenConnections::Shared,
        Role::Viewer | Role::Operator => SeenConnections::None,
    }
}

/// Lists the alerts.
///
/// An alert is a state: it opens when the reason appears, and is resolved when the reason is gone. Newest first; the
/// query selects some of them. Those about a connection or a channel are for who sees that.
#[utoipa::path(
    tag = "alerts",
    security(("bearer" = ["Viewer"])),
    params(AlertFilter, Paging),
    responses((status = 200, body = Page<AlertView>)),
)]
#[get("/alerts")]
pub async fn list_alerts(
    caller: Caller<Viewer>,
    app: Data<App>,
    filter: Query<AlertFilter>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after()?);
    let filter = AlertQuery { status: filter.status, kind: filter.kind, export: filter.export_id };
    let mut tx = app.db.read().await?;
    let rows =
        store_seen::list(&mut tx, caller.instance, (filter, sees(&caller)), after, limit).await?;
    let page = Page::of(rows, limit, |row: &Alert| row.id.0, AlertView::from);
    Ok(HttpResponse::Ok().json(page))
}

/// Reads an alert.
///
/// The reason is in the words of the run, without anything of a person.
#[utoipa::path(
    tag = "alerts",
    security(("bearer" = ["Viewer"])),
    params(("id" = AlertId, Path)),
    responses((status = 200, body = AlertView)),
)]
#[get("/alerts/{id}")]
pub async fn get_alert(
    caller: Caller<Viewer>,
    app: Data<App>,
    id: Id<AlertId>,
) -> Result<HttpResponse, Problem> {
    let alert =
        store_seen::get(&mut app.db.read().await?, caller.instance, id.0, sees(&caller)).await?;
    let alert = alert.ok_or_else(|| Problem::not_found(NONE))?;
    Ok(ok(alert.version, &AlertView::from(alert)))
}

/// Acknowledges an alert.
///
/// Somebody takes care of it: nobody is reminded any more. It is resolved when its reason is gone.
#[utoipa::path(
    tag = "alerts",
    security(("bearer" = ["Contributor"])),
    params(("id" = AlertId, Path)),
    request_body(content = AcknowledgeBody),
    responses(
        (status = 200, body = AlertView),
        (status = 409, description = "The alert is over: `alertResolved`", body = ProblemDocument),
    ),
)]
#[post("/alerts/{id}/acknowledge")]
pub async fn acknowledge_alert(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<AlertId>,
    body: BodyOrNone<AcknowledgeBody>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let old = store_seen::get(&mut tx, caller.instance, id.0, sees(&caller)).await?;
    let old = old.ok_or_else(|| Problem::not_found(NONE))?;
    let note = body.0.value.note.as_ref().map(Note::as_str);
    let done = store::acknowledge(&mut tx, id.0, caller.subject(), note, db::now()).await?;
    let alert = done.ok_or_else(|| {
        let detail = "The alert is over, so there is nothing to acknowledge.";
        Problem::new(ProblemKind::AlertResolved, detail)
    })?;
    let change = Change::between(&old, &alert);
    audit::record(&mut tx, &caller.author, Action::AlertAcknowledge, change).await?;
    tx.commit().await?;
    Ok(ok(alert.version, &AlertView::from(alert)))
}
