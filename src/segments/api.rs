//! Endpoints of segments; those that carry members are in `members.rs`.

use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, delete, get, put};
use uuid::Uuid;

use super::views::{SegmentBody, SegmentView};
use super::{Segment, SegmentName, Source, store, supersede, tidy};
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db::{self, Tx};
use crate::exports;
use crate::exports::views::{DEPENDANTS_MAX, Dependant, ExportView};
use crate::http::auth::{Caller, Contributor, Viewer};
use crate::http::body::{Body, IfMatch, Name, etag, ok};
use crate::http::paging::{Page, Paging};
use crate::http::problem::{FieldError, Kind, Problem, ProblemDocument};
use crate::storage::{self, Inspection};

/// Lists the segments.
///
/// Each with its fields and how many members it has.
#[utoipa::path(tag = "segments", security(("bearer" = ["Viewer"])), params(Paging), responses((status = 200, body = Page<SegmentView>)))]
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
/// Its fields are what the mapping of an export may name.
#[utoipa::path(tag = "segments", security(("bearer" = ["Viewer"])), params(("name" = SegmentName, Path)), responses((status = 200, body = SegmentView)))]
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
/// Files are looked at, at once: what cannot be read is refused. Saying the same again refreshes it.
#[utoipa::path(tag = "segments", security(("bearer" = ["Contributor"])), params(("name" = SegmentName, Path)), request_body = SegmentBody,
    responses((status = 200, description = "Changed", body = SegmentView), (status = 201, description = "Registered", body = SegmentView)))]
#[put("/segments/{name}")]
pub async fn put_segment(
    caller: Caller<Contributor>,
    app: Data<App>,
    name: Name<SegmentName>,
    if_match: IfMatch,
    body: Body<SegmentBody>,
) -> Result<HttpResponse, Problem> {
    let found = inspect(&app, &body.value.source).await?;
    let (now, by) = (db::now(), caller.subject());
    let mut tx = app.db.write().await?;
    let old = store::get(&mut tx, caller.instance, &name.0).await?;
    let SegmentBody { display_name, source } = &body.value;
    let mut segment = match &old {
        Some(old) => {
            if_match.check(old.stamps.version)?;
            let keep_members = old.source.0 == *source;
            if !keep_members {
                supersede(&mut tx, old, now).await?;
            }
            store::update(&mut tx, old.id, display_name, source, keep_members, by, now).await?
        }
        None => {
            store::insert(&mut tx, caller.instance, &name.0, display_name, source, by, now).await?
        }
    };
    if let Some(found) = &found {
        segment = store::set_members(&mut tx, segment.id, found, by, now).await?;
    }
    let change = match &old {
        Some(old) => Change::between(old, &segment),
        None => Change::made(&segment),
    };
    audit::record(&mut tx, &caller.author, Action::SegmentSave, change).await?;
    tx.commit().await?;
    Ok(answer(old.is_none(), segment))
}

fn answer(is_new: bool, segment: Segment) -> HttpResponse {
    let version = segment.stamps.version;
    if !is_new {
        return ok(version, &SegmentView::from(segment));
    }
    let location =
        format!("/v1/instances/{}/segments/{}", segment.instance_id, segment.name.as_str());
    HttpResponse::Created()
        .insert_header(("Location", location))
        .insert_header(("ETag", etag(version)))
        .json(SegmentView::from(segment))
}

/// Looks at the files of a source; an upload has none yet.
async fn inspect(app: &App, source: &Source) -> Result<Option<Inspection>, Problem> {
    let Source::Files { url, format } = source else {
        return Ok(None);
    };
    let found = async { app.storage.inspect(&app.storage.locate(url)?, *format).await };
    found.await.map(Some).map_err(|error| source_problem(&error))
}

fn source_problem(error: &storage::Error) -> Problem {
    match error {
        storage::Error::Unavailable(_) => storage_unavailable(error),
        other => Problem::from_errors(
            Kind::Unprocessable,
            vec![FieldError::new("/source/url", "unreadableSource", other.to_string())],
        ),
    }
}

/// 503: the storage is away.
#[must_use]
pub fn storage_unavailable(error: &storage::Error) -> Problem {
    Problem::new(Kind::Unavailable, "The storage cannot be reached. Try again in a moment.")
        .retry_after(5)
        .because(anyhow::anyhow!("{error}"))
}

/// Lists the exports that use a segment, to manage them from there.
///
/// While there are any, the segment cannot be removed.
#[utoipa::path(tag = "segments", security(("bearer" = ["Viewer"])), params(("name" = SegmentName, Path), Paging), responses((status = 200, body = Page<ExportView>)))]
#[get("/segments/{name}/exports")]
pub async fn list_segment_exports(
    caller: Caller<Viewer>,
    app: Data<App>,
    name: Name<SegmentName>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    find(&mut app.db.read().await?, caller.instance, &name.0).await?;
    let segment = Some(name.0.as_str().to_owned());
    let filter = exports::store::Filter { segment, ..Default::default() };
    exports::api::page(&app, &caller, &filter, &paging).await
}

/// Removes a segment and its uploaded members.
///
/// Refused while an export uses it.
#[utoipa::path(tag = "segments", security(("bearer" = ["Contributor"])), params(("name" = SegmentName, Path)),
    responses((status = 204), (status = 409, description = "Exports use it; `dependants` names them: `segmentInUse`", body = ProblemDocument)))]
#[delete("/segments/{name}")]
pub async fn delete_segment(
    caller: Caller<Contributor>,
    app: Data<App>,
    name: Name<SegmentName>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let segment = find(&mut tx, caller.instance, &name.0).await?;
    if_match.check(segment.stamps.version)?;
    let filter = exports::store::Filter {
        segment: Some(segment.name.as_str().to_owned()),
        ..Default::default()
    };
    let dependants =
        exports::store::list(&mut tx, caller.instance, &filter, None, DEPENDANTS_MAX).await?;
    if !dependants.is_empty() {
        let dependants: Vec<_> = dependants.into_iter().map(Dependant::of).collect();
        let detail = exports::views::in_use("segment", "Change", dependants.len());
        return Err(Problem::new(Kind::SegmentInUse, detail).with("dependants", dependants));
    }
    supersede(&mut tx, &segment, db::now()).await?;
    store::delete(&mut tx, segment.id).await?;
    let change = Change::removed(&segment);
    audit::record(&mut tx, &caller.author, Action::SegmentRemove, change).await?;
    tx.commit().await?;
    tidy(&app).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The segment `name` of `instance`, or 404.
pub async fn find(tx: &mut Tx, instance: Uuid, name: &SegmentName) -> Result<Segment, Problem> {
    store::get(tx, instance, name).await?.ok_or_else(|| Problem::not_found("segment"))
}
