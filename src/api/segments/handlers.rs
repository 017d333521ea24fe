//! Endpoints of segments; those of their members are in `members.rs`.

use actix_web::web::Data;
use actix_web::{HttpResponse, delete, get, patch, put};

use super::find::{find, find_to_change};
use super::saving::{SegmentEdit, apply};
use super::views::{SegmentBody, SegmentPatch};
use crate::api::exports::dependants::refuse_in_use;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db;
use crate::exports::store::ExportQuery;
use crate::http::address;
use crate::http::auth::{Caller, Contributor, Viewer};
use crate::http::body::{Body, IfMatch, Name, etag, ok};
use crate::http::paging::{Page, Paging};
use crate::http::problem::{Problem, ProblemDocument, ProblemKind};
use crate::http::query::Query;
use crate::http::retry::{conflict, retry};
use crate::segments::orphans::{remove_superseded_soon, supersede};
use crate::segments::{Segment, SegmentId, SegmentName, SegmentView, store};

/// Lists the segments.
///
/// Each item has the fields of the segment and the number of its members.
#[utoipa::path(
    tag = "segments",
    security(("bearer" = ["Viewer"])),
    params(Paging),
    responses((status = 200, body = Page<SegmentView>)),
)]
#[get("/segments")]
pub async fn list_segments(
    caller: Caller<Viewer>,
    app: Data<App>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after()?);
    let rows = store::list(&mut app.db.read().await?, caller.instance, after, limit).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, |row: &Segment| row.id.0, SegmentView::from)))
}

/// Reads a segment.
///
/// The mapping of an export may use the fields in the answer.
#[utoipa::path(
    tag = "segments",
    security(("bearer" = ["Viewer"])),
    params(("name" = SegmentName, Path)),
    responses((status = 200, body = SegmentView)),
)]
#[get("/segments/{name}")]
pub async fn get_segment(
    caller: Caller<Viewer>,
    app: Data<App>,
    name: Name<SegmentName>,
) -> Result<HttpResponse, Problem> {
    let segment = find(&mut app.db.read().await?, caller.instance, &name.0).await?;
    Ok(ok(segment.stamps.version, &SegmentView::from(segment)))
}

/// Registers a segment, or changes one.
///
/// Files and tables are read at once, and a source that cannot be read is rejected. The same request again refreshes
/// the segment. Without `source` a segment keeps the one it has, and its members; a new one is for uploads.
#[utoipa::path(
    tag = "segments",
    security(("bearer" = ["Contributor"])),
    params(("name" = SegmentName, Path)),
    request_body = SegmentBody,
    responses(
        (status = 200, description = "Changed", body = SegmentView),
        (status = 201, description = "Registered", body = SegmentView),
        (
            status = 409,
            description = "Exports use it, and the new source is of another kind or has no members; `dependants` names \
                them. Or the instance has as many segments as it may have: `segmentInUse`, `quotaExceeded`",
            body = ProblemDocument,
        ),
        (
            status = 429,
            description = "Too many registrations at a time, or too many calls: `tooManyRequests`, `rateLimited`",
            body = ProblemDocument,
        ),
        (
            status = 503,
            description = "Reading the members took too long, or the storage is unavailable: `registrationTooLong`, \
                `unavailable`",
            body = ProblemDocument,
        ),
    ),
)]
#[put("/segments/{name}")]
pub async fn put_segment(
    caller: Caller<Contributor>,
    app: Data<App>,
    name: Name<SegmentName>,
    if_match: IfMatch,
    body: Body<SegmentBody>,
) -> Result<HttpResponse, Problem> {
    let SegmentBody { display_name, source } = &body.value;
    let edit = SegmentEdit {
        action: Action::SegmentSave,
        name: &name.0,
        display_name: Some(display_name),
        source: source.as_ref(),
    };
    let (is_new, segment) = Box::pin(apply(&app, &caller, &if_match, &edit)).await?;
    Ok(answer(is_new, segment))
}

fn answer(is_new: bool, segment: Segment) -> HttpResponse {
    let version = segment.stamps.version;
    if !is_new {
        return ok(version, &SegmentView::from(segment));
    }
    let location = address::location(segment.instance_id, "segments", segment.name.as_str());
    HttpResponse::Created()
        .insert_header(("Location", location))
        .insert_header(("ETag", etag(version)))
        .json(SegmentView::from(segment))
}

/// Renames a segment, or changes where its members come from.
///
/// Members that you leave out stay as they are; `source` is replaced as a whole. Files and tables of a new source are
/// read at once.
#[utoipa::path(
    tag = "segments",
    security(("bearer" = ["Contributor"])),
    params(("name" = SegmentName, Path)),
    request_body = SegmentPatch,
    responses(
        (status = 200, body = SegmentView),
        (
            status = 409,
            description = "Exports use it, and the new source is of another kind or has no members; `dependants` names \
                them: `segmentInUse`",
            body = ProblemDocument,
        ),
        (
            status = 429,
            description = "Too many registrations at a time, or too many calls: `tooManyRequests`, `rateLimited`",
            body = ProblemDocument,
        ),
        (
            status = 503,
            description = "Reading the members took too long, or the storage is unavailable: `registrationTooLong`, \
                `unavailable`",
            body = ProblemDocument,
        ),
    ),
)]
#[patch("/segments/{name}")]
pub async fn update_segment(
    caller: Caller<Contributor>,
    app: Data<App>,
    name: Name<SegmentName>,
    if_match: IfMatch,
    body: Body<SegmentPatch>,
) -> Result<HttpResponse, Problem> {
    let old = find(&mut app.db.read().await?, caller.instance, &name.0).await?;
    if_match.check(old.stamps.version)?;
    let SegmentPatch { display_name, source } = &body.value;
    let edit = SegmentEdit {
        action: Action::SegmentUpdate,
        name: &name.0,
        display_name: display_name.as_ref(),
        source: source.as_ref(),
    };
    let (_, segment) = Box::pin(apply(&app, &caller, &if_match, &edit)).await?;
    Ok(ok(segment.stamps.version, &SegmentView::from(segment)))
}

/// Removes a segment and its uploaded members.
///
/// Rejected while an export uses the segment.
#[utoipa::path(
    tag = "segments",
    security(("bearer" = ["Contributor"])),
    params(("name" = SegmentName, Path)),
    responses(
        (status = 204),
        (status = 409, description = "Exports use it; `dependants` names them: `segmentInUse`", body = ProblemDocument),
    ),
)]
#[delete("/segments/{name}")]
pub async fn delete_segment(
    caller: Caller<Contributor>,
    app: Data<App>,
    name: Name<SegmentName>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    let removed = retry(async || remove(&app, &caller, &name.0, &if_match).await).await?;
    remove_superseded_soon(&app, removed).await;
    Ok(HttpResponse::NoContent().finish())
}

async fn remove(
    app: &App,
    caller: &Caller<Contributor>,
    name: &SegmentName,
    if_match: &IfMatch,
) -> Result<SegmentId, Problem> {
    let mut tx = app.db.write().await?;
    let segment = find_to_change(&mut tx, caller.instance, name).await?;
    if_match.check(segment.stamps.version)?;
    let filter = ExportQuery::of_segment(&segment.name);
    let in_use = (ProblemKind::SegmentInUse, "segment", "Change");
    refuse_in_use(&mut tx, caller.instance, &filter, in_use).await?;
    supersede(&mut tx, &segment, db::now()).await?;
    store::delete(&mut tx, segment.id).await.map_err(conflict)?;
    let change = Change::removed(&segment);
    audit::record(&mut tx, &caller.author, Action::SegmentRemove, change).await?;
    tx.commit().await?;
    Ok(segment.id)
}
