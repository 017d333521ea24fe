//! Endpoints of exports. `attach.rs` has those that change the connection, `runs.rs` those that start runs.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete, get, patch, post};
use serde::Deserialize;
use utoipa::IntoParams;

use super::find::{find, find_to_change, load};
use super::patch::ExportPatch;
use super::saving::{Checked, check, save, save_new};
use super::show::{page, view};
use super::views::{DuplicateBody, ExportView, NewExportBody};
use crate::api::access::may_edit;
use crate::api::runs::cancel::{Uprooted, cancel_open};
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::baselines;
use crate::exports::ExportContent;
use crate::exports::store::{self, ExportQuery};
use crate::http::auth::{Caller, Contributor, Viewer};
use crate::http::body::{Body, BodyOrNone, Id, IfMatch, ok};
use crate::http::idempotency::{IdempotencyKey, Idempotent};
use crate::http::paging::{Page, Paging, SearchText};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::query::Query;
use crate::http::retry::retry;
use crate::names::{ConnectionId, DisplayName, ExportId};
use crate::segments::{self, SegmentName};

/// Selects exports; without any of these, all are listed.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ExportFilter {
    /// Only exports over this connection.
    connection_id: Option<ConnectionId>,
    /// Only exports that use the segment of this name.
    segment: Option<SegmentName>,
    /// Only exports whose name, or whose connection's name, contains this text. Case does not matter.
    #[param(inline)]
    search: Option<SearchText>,
}

/// Lists the exports.
///
/// Each item says what the caller may do with the export, and has its last run.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["Viewer"])),
    params(ExportFilter, Paging),
    responses((status = 200, body = Page<ExportView>)),
)]
#[get("/exports")]
pub async fn list_exports(
    caller: Caller<Viewer>,
    app: Data<App>,
    filter: Query<ExportFilter>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let ExportFilter { connection_id, segment, search } = filter.0;
    let filter = ExportQuery {
        connection: connection_id,
        segment: segment.map(|name| name.as_str().to_owned()),
        search: search.map(|text| text.0),
    };
    page(&app, &caller, &filter, &paging).await
}

/// Reads an export.
///
/// The answer says what the caller may do with the export, and has its warnings and its last run.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["Viewer"])),
    params(("id" = ExportId, Path)),
    responses((status = 200, body = ExportView)),
)]
#[get("/exports/{id}")]
pub async fn get_export(
    caller: Caller<Viewer>,
    app: Data<App>,
    id: Id<ExportId>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.read().await?;
    let export = find(&mut tx, caller.instance, id.0).await?;
    let version = export.stamps.version;
    Ok(ok(version, &view(&mut tx, &app, &caller, export, vec![]).await?))
}

/// Creates an export.
///
/// Saving an export does not run it. If the connection is connected, the list and its fields are checked with
/// Campaign Monitor.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["Contributor"])),
    request_body = NewExportBody,
    responses(
        (status = 201, body = ExportView),
        (
            status = 409,
            description = "The instance has as many exports as it may have, or the idempotency key was used with \
                another request: `quotaExceeded`, `idempotencyKeyReused`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/exports")]
pub async fn create_export(
    caller: Caller<Contributor>,
    app: Data<App>,
    key: IdempotencyKey,
    body: Body<NewExportBody>,
) -> Result<HttpResponse, Problem> {
    let idempotent = Idempotent::new(&caller, key, &body.digest);
    if let Some(answer) = idempotent.replay(&app).await? {
        return Ok(answer);
    }
    let new = body.value;
    let content = new.content();
    retry(async || {
        let checked = check(&app, &caller, &content, &new.segments).await?;
        save_new(&app, &caller, &idempotent, Action::ExportCreate, &content, checked).await
    })
    .await
}

/// Copies an export.
///
/// The schedule of the copy is switched off.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["Contributor"])),
    params(("id" = ExportId, Path)),
    request_body = Option<DuplicateBody>,
    responses(
        (status = 201, body = ExportView),
        (
            status = 409,
            description = "The instance has as many exports as it may have, or the idempotency key was used with \
                another request: `quotaExceeded`, `idempotencyKeyReused`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/exports/{id}/duplicate")]
pub async fn duplicate_export(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ExportId>,
    key: IdempotencyKey,
    body: BodyOrNone<DuplicateBody>,
) -> Result<HttpResponse, Problem> {
    let idempotent = Idempotent::new(&caller, key, &body.0.digest);
    if let Some(answer) = idempotent.replay(&app).await? {
        return Ok(answer);
    }
    let name = body.0.value.display_name;
    retry(async || duplicate(&app, &caller, &idempotent, id.0, name.as_ref()).await).await
}

async fn duplicate(
    app: &App,
    caller: &Caller<Contributor>,
    idempotent: &Idempotent,
    id: ExportId,
    name: Option<&DisplayName>,
) -> Result<HttpResponse, Problem> {
    let (export, segments) = load(app, caller, id).await?;
    let name = name.cloned().unwrap_or_else(|| copy_name(&export.display_name));
    let mut schedule = export.schedule.0.clone();
    schedule.active = false;
    let content =
        ExportContent { display_name: &name, schedule: &schedule, ..ExportContent::of(&export) };
    let checked =
        Checked { segments: segments.iter().map(|segment| segment.id).collect(), warnings: vec![] };
    save_new(app, caller, idempotent, Action::ExportDuplicate, &content, checked).await
}

fn copy_name(name: &DisplayName) -> DisplayName {
    let copy: String = format!("Copy of {}", name.as_str()).chars().take(200).collect();
    DisplayName::try_from(copy).unwrap_or_else(|_| name.clone())
}

/// Changes an export.
///
/// Members that you leave out stay as they are, also inside `mapping`, `options`, `sync` and `schedule`;
/// `"connectionId": null` detaches the export. The change is checked like a new export and does not start a run. An
/// open run over another connection is cancelled.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["Contributor"])),
    params(("id" = ExportId, Path)),
    request_body = ExportPatch,
    responses((status = 200, body = ExportView)),
)]
#[patch("/exports/{id}")]
pub async fn update_export(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ExportId>,
    if_match: IfMatch,
    body: Body<ExportPatch>,
) -> Result<HttpResponse, Problem> {
    retry(async || change(&app, &caller, id.0, &if_match, &body.value).await).await
}

async fn change(
    app: &App,
    caller: &Caller<Contributor>,
    id: ExportId,
    if_match: &IfMatch,
    patch: &ExportPatch,
) -> Result<HttpResponse, Problem> {
    let (old, segments) = load(app, caller, id).await?;
    if_match.check(old.stamps.version)?;
    let names = patch.segment_names(segments);
    let patched = patch.patched(&old);
    let content = patched.content();
    let checked = check(app, caller, &content, &names).await?;
    save(app, caller, Action::ExportUpdate, &old, &content, checked).await
}

/// Removes an export.
///
/// An open run is cancelled. What the service knows of the people on its lists (the baselines) is removed with it, from
/// the database and from the storage. Its runs stay as history, with their rejected rows and value problems, until
/// these reach their age (`GET /instance/retention`). The list at Campaign Monitor stays as it is.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["Contributor"])),
    params(("id" = ExportId, Path)),
    responses((status = 204)),
)]
#[delete("/exports/{id}")]
pub async fn delete_export(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ExportId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let export = find_to_change(&mut tx, caller.instance, id.0).await?;
    may_edit(&mut tx, &caller, export.connection_id).await?;
    if_match.check(export.stamps.version)?;
    let segments = segments::store::of_export(&mut tx, id.0).await?;
    cancel_open(&mut tx, &caller, id.0, Uprooted::Removed).await?;
    let known = baselines::store::objects_of_export(&mut tx, id.0).await?;
    store::delete(&mut tx, id.0).await?;
    let change = Change::removed((&export, &segments[..]));
    audit::record(&mut tx, &caller.author, Action::ExportRemove, change).await?;
    tx.commit().await?;
    baselines::orphans::remove_at_once(&app.storage, &known).await;
    Ok(HttpResponse::NoContent().finish())
}
