//! Endpoints of segments; those of their members are in `members.rs`.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpResponse, ResponseError, delete, get, put};
use tokio::time::timeout;
use uuid::Uuid;

use super::find::{find, find_to_change};
use super::unreadable::storage_unavailable;
use super::views::SegmentBody;
use crate::api::exports::dependants::refuse_in_use;
use crate::api::quota::Quota;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db::{self};
use crate::exports::store::ExportQuery;
use crate::http::address;
use crate::http::auth::{Caller, Contributor, Viewer};
use crate::http::body::{Body, IfMatch, Name, etag, ok};
use crate::http::paging::{Page, Paging};
use crate::http::problem::{FieldError, Problem, ProblemDocument, ProblemKind};
use crate::http::query::Query;
use crate::http::retry::{conflict, retry};
use crate::segments::orphans::{discard, remove_superseded_soon, supersede};
use crate::segments::{self, Segment, SegmentId, SegmentName, SegmentSource, SegmentView, store};
use crate::storage::{self, Format, Inspection};

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
/// the segment.
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
            description = "The instance has as many segments as it may have: `quotaExceeded`",
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
    let found = inspect(&app, caller.instance, &name.0, &body.value.source).await?;
    let (segment, found_now) = (&body.value, found.as_ref());
    let saved =
        retry(async || save(&app, &caller, &name.0, &if_match, segment, found_now).await).await;
    if let (Err(problem), Some(found)) = (&saved, &found)
        && body.value.source.is_kept_here()
    {
        give_back(&app, found, problem).await;
    }
    let (is_new, segment) = saved?;
    remove_superseded_soon(&app, segment.id).await;
    Ok(answer(is_new, segment))
}

/// Removes members that were stored for a change that was rejected. After any other failure the change may have been
/// saved, so its members must stay.
pub async fn give_back(app: &App, found: &Inspection, problem: &Problem) {
    if problem.status_code().is_client_error() {
        discard(app, found).await;
    }
}

/// Saves a segment with the members that were found. True when it is new.
async fn save(
    app: &App,
    caller: &Caller<Contributor>,
    name: &SegmentName,
    if_match: &IfMatch,
    body: &SegmentBody,
    found: Option<&Inspection>,
) -> Result<(bool, Segment), Problem> {
    let (now, by) = (db::now(), caller.subject());
    let mut tx = app.db.write().await?;
    let old = store::get_to_change(&mut tx, caller.instance, name).await?;
    let SegmentBody { display_name, source } = body;
    let mut segment = if let Some(old) = &old {
        if_match.check(old.stamps.version)?;
        let keep_members = old.source.0 == *source;
        if !keep_members || found.is_some() {
            supersede(&mut tx, old, now).await?;
        }
        store::update(&mut tx, old.id, display_name, source, keep_members, by, now).await?
    } else {
        if_match.check(0)?;
        let count = store::count(&mut tx, caller.instance).await?;
        Quota::Segments.check(count, app.config.limits.max_segments_per_instance)?;
        let new = store::insert(&mut tx, caller.instance, name, display_name, source, by, now);
        new.await.map_err(conflict)?
    };
    if let Some(found) = found {
        segment = store::set_members(&mut tx, segment.id, found, by, now).await?;
    }
    let change = match &old {
        Some(old) => Change::between(old, &segment),
        None => Change::made(&segment),
    };
    audit::record(&mut tx, &caller.author, Action::SegmentSave, change).await?;
    tx.commit().await?;
    Ok((old.is_none(), segment))
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

/// Reads the members of a source, or copies them; an upload has none yet.
async fn inspect(
    app: &App,
    instance: Uuid,
    name: &SegmentName,
    source: &SegmentSource,
) -> Result<Option<Inspection>, Problem> {
    check_dialect(source)?;
    if *source == SegmentSource::Upload {
        return Ok(None);
    }
    let slot =
        app.registrations.take(instance).ok_or_else(|| Problem::too_many("registrations"))?;
    let time = Duration::from_millis(app.config.limits.registration_timeout_ms);
    let inspecting = segments::inspect(app, instance, source, name.as_str(), None);
    let inspected = timeout(time, storage::holding(Arc::new(slot), inspecting)).await;
    let found = inspected.map_err(|_| too_long(time))?;
    found.map_err(|error| source_problem(source, &error))
}

fn too_long(time: Duration) -> Problem {
    let detail = format!(
        "Reading the members took longer than {} seconds; nothing was changed. Register fewer or smaller files, or a \
            smaller table.",
        time.as_secs_f64()
    );
    Problem::new(ProblemKind::RegistrationTooLong, detail)
}

/// Rejects settings of CSV that contradict each other or the format.
fn check_dialect(source: &SegmentSource) -> Result<(), Problem> {
    let SegmentSource::Files { format, csv: Some(dialect), .. } = source else {
        return Ok(());
    };
    let (pointer, message) = match (format, dialect.header, &dialect.columns) {
        (Format::Parquet, ..) => {
            ("/source/csv", "Parquet files have no CSV settings. Remove `csv`.")
        }
        (Format::Csv, false, None) => {
            ("/source/csv/columns", "Without a header, `columns` must name the columns.")
        }
        (Format::Csv, ..) => return Ok(()),
    };
    let error = FieldError::new(pointer, "invalidCsv", message.to_owned());
    Err(Problem::from_errors(ProblemKind::Unprocessable, vec![error]))
}

fn source_problem(source: &SegmentSource, error: &storage::Error) -> Problem {
    let pointer =
        if matches!(source, SegmentSource::Table { .. }) { "/source/table" } else { "/source/url" };
    match error {
        error if error.is_of_the_storage() => storage_unavailable(error),
        other => Problem::from_errors(
            ProblemKind::Unprocessable,
            vec![FieldError::new(pointer, "unreadableSource", other.to_string())],
        ),
    }
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
    let name = Some(segment.name.as_str().to_owned());
    let filter = ExportQuery { segment: name, ..Default::default() };
    let in_use = (ProblemKind::SegmentInUse, "segment", "Change");
    refuse_in_use(&mut tx, caller.instance, &filter, in_use).await?;
    supersede(&mut tx, &segment, db::now()).await?;
    store::delete(&mut tx, segment.id).await.map_err(conflict)?;
    let change = Change::removed(&segment);
    audit::record(&mut tx, &caller.author, Action::SegmentRemove, change).await?;
    tx.commit().await?;
    Ok(segment.id)
}
