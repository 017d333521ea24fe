//! Endpoints of the members of a segment: the upload as a stream, and the first members to inspect.

use std::sync::Arc;

use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, get, put};
use arrow_array::{Array, RecordBatch, StringArray};
use futures::TryStreamExt;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;

use super::find::{find, find_to_change};
use super::handlers::give_back;
use super::incoming::{Pace, forward};
use super::unreadable::{read_problem, storage_unavailable};
use super::views::MembersView;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db;
use crate::http::auth::{Caller, Contributor};
use crate::http::body::{IfMatch, Name, check_coding, ok};
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::http::query::Query;
use crate::segments::orphans::{remove_superseded_soon, supersede};
use crate::segments::{
    Segment, SegmentName, SegmentSource, SegmentView, check_open, receive_limits, store,
};
use crate::slots::SharedSlot;
use crate::storage::{self, Inspection, Media};

const MEMBERS_DEFAULT: usize = 100;
const MEMBERS_MAX: usize = 1000;
/// Of long members fewer are shown: the answer ends after the page with which it has so many bytes.
const ANSWER_BYTES: usize = 8 << 20;

/// How many members to show, from the first.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct First {
    /// At most so many members.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
}

/// Shows the first members of a segment.
///
/// The answer is personal data: use it to check whether the segment has the right people.
#[utoipa::path(
    tag = "segments",
    security(("bearer" = ["Contributor"])),
    params(("name" = SegmentName, Path), First),
    responses(
        (status = 200, body = MembersView),
        (
            status = 422,
            description = "The members cannot be read: `unprocessable`",
            body = crate::http::problem::ProblemDocument,
        ),
    ),
)]
#[get("/segments/{name}/members")]
pub async fn get_members(
    caller: Caller<Contributor>,
    app: Data<App>,
    name: Name<SegmentName>,
    first: Query<First>,
) -> Result<HttpResponse, Problem> {
    let limit = first.limit.unwrap_or(MEMBERS_DEFAULT);
    if !(1..=MEMBERS_MAX).contains(&limit) {
        return Err(Problem::new(
            ProblemKind::InvalidCursor,
            format!("`limit` must be from 1 to {MEMBERS_MAX}."),
        ));
    }
    let segment = find(&mut app.db.read().await?, caller.instance, &name.0).await?;
    Ok(HttpResponse::Ok().json(MembersView { items: first_members(&app, &segment, limit).await? }))
}

async fn first_members(
    app: &App,
    segment: &Segment,
    limit: usize,
) -> Result<Vec<Map<String, Value>>, Problem> {
    let (Some(manifest), Some(fields)) = (&segment.manifest, &segment.fields) else {
        return Ok(vec![]);
    };
    check_open(app, segment).map_err(|error| read_problem(&error))?;
    let names: Arc<[String]> = fields.items.iter().map(|field| field.name.clone()).collect();
    let mut pages = app.storage.pages(Arc::new(manifest.0.clone()), names.clone());
    let (mut members, mut bytes) = (Vec::new(), 0);
    while members.len() < limit {
        let Some(page) = pages.try_next().await.map_err(|error| read_problem(&error))? else {
            break;
        };
        let wanted = page.num_rows().min(limit - members.len());
        members.extend((0..wanted).map(|row| member(&page, row, &names)));
        bytes += page.get_array_memory_size();
        if bytes > ANSWER_BYTES {
            break;
        }
    }
    Ok(members)
}

fn member(page: &RecordBatch, row: usize, names: &[String]) -> Map<String, Value> {
    let value = |column: &Arc<dyn Array>| {
        let texts =
            column.as_any().downcast_ref::<StringArray>().filter(|texts| texts.is_valid(row));
        texts.map_or(Value::Null, |texts| Value::from(texts.value(row)))
    };
    names.iter().cloned().zip(page.columns().iter().map(value)).collect()
}

/// A Parquet file with flat columns.
#[derive(utoipa::ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "only a schema of the document: members are read as a stream")]
pub struct ParquetFile(Vec<u8>);

/// Replaces the members of a segment.
///
/// The body is read as a stream. A run reads either the old members or the new ones, never a mixture. If a row is not
/// valid, the answer names its line and nothing changes.
#[utoipa::path(
    tag = "segments",
    security(("bearer" = ["Contributor"])),
    params(("name" = SegmentName, Path)),
    request_body(
        content(
            (String = "text/csv", example = "CustomerId,Email,City\n1,ann@example.com,Riga\n"),
            (String = "application/x-ndjson", example = "{\"CustomerId\":\"1\",\"Email\":\"ann@example.com\"}\n"),
            (ParquetFile = "application/vnd.apache.parquet"),
        ),
    ),
    responses(
        (status = 200, body = SegmentView),
        (
            status = 400,
            description = "A row is not valid; the members are unchanged: `invalidMembers`",
            body = crate::http::problem::ProblemDocument,
        ),
        (
            status = 409,
            description = "The members come from files or a table, not from uploads: `segmentInUse`",
            body = crate::http::problem::ProblemDocument,
        ),
        (
            status = 429,
            description = "Too many uploads at a time, or too many calls: `tooManyRequests`, `rateLimited`",
            body = crate::http::problem::ProblemDocument,
        ),
    ),
)]
#[put("/segments/{name}/members")]
pub async fn put_members(
    caller: Caller<Contributor>,
    app: Data<App>,
    name: Name<SegmentName>,
    if_match: IfMatch,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let old = find(&mut app.db.read().await?, caller.instance, &name.0).await?;
    if_match.check(old.stamps.version)?;
    if old.source.0 != SegmentSource::Upload {
        return Err(Problem::new(
            ProblemKind::SegmentInUse,
            "The members of this segment come from files or a table. To upload members, register the segment with the \
                source `upload` first.",
        ));
    }
    let media = media(&request)?;
    check_length(&app, &request)?;
    let slot = app.uploads.take(caller.instance).ok_or_else(|| Problem::too_many("uploads"))?;
    let found = receive(&app, &old, media, payload, slot).await?;
    let segment = replace(&app, &caller, &old, &if_match, &found).await;
    if let Err(problem) = &segment {
        give_back(&app, &found, problem).await;
    }
    let segment = segment?;
    remove_superseded_soon(&app, segment.id).await;
    Ok(ok(segment.stamps.version, &SegmentView::from(segment)))
}

fn media(request: &HttpRequest) -> Result<Media, Problem> {
    check_coding(request)?;
    let header = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    header.and_then(Media::from_content_type).ok_or_else(|| {
        Problem::new(
            ProblemKind::UnsupportedMediaType,
            "The content type is not supported. Send text/csv, application/x-ndjson (both in UTF-8) or \
                application/vnd.apache.parquet.",
        )
    })
}

/// Rejects a body by its `Content-Length`, before any of it is read.
fn check_length(app: &App, request: &HttpRequest) -> Result<(), Problem> {
    let header = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let length: Option<u64> = header.and_then(|value| value.parse().ok());
    let limit_bytes = app.config.limits.max_upload_bytes;
    if length.is_some_and(|length| length > limit_bytes) {
        return Err(too_large(limit_bytes));
    }
    Ok(())
}

fn too_large(limit_bytes: u64) -> Problem {
    let detail = format!(
        "An upload may have at most {limit_bytes} bytes. Upload the members as compressed Parquet, or register the \
            files as a `files` source. An upload replaces all members, so parts would overwrite each other."
    );
    Problem::new(ProblemKind::TooLarge, detail)
}

async fn receive(
    app: &App,
    segment: &Segment,
    media: Media,
    payload: Payload,
    slot: SharedSlot,
) -> Result<Inspection, Problem> {
    let limits = receive_limits(app, segment.instance_id).await?;
    let scope = format!("{}/{}", segment.instance_id, segment.id.0);
    // The payload belongs to this thread; the storage may use others.
    let (sender, receiver) = mpsc::channel(4);
    let body = ReceiverStream::new(receiver);
    let storing = app.storage.receive(&scope, media, body, &limits);
    let storing = storage::holding(Arc::new(slot), storing);
    let (found, forwarded) =
        futures::join!(storing, forward(payload, Pace::of(&app.config), sender));
    forwarded?;
    found.map_err(|error| receive_problem(&error, limits.bytes_max))
}

fn receive_problem(error: &storage::Error, limit_bytes: u64) -> Problem {
    match error {
        error if error.is_of_the_storage() => storage_unavailable(error),
        storage::Error::TooLarge { .. } => too_large(limit_bytes),
        storage::Error::TooLargeToStore { .. } => {
            Problem::new(ProblemKind::TooLarge, format!("{error}."))
        }
        other => Problem::from_errors(
            ProblemKind::InvalidMembers,
            vec![FieldError::new("", "invalidMembers", other.to_string())],
        ),
    }
}

/// Saves the uploaded members, unless the segment changed during the upload.
async fn replace(
    app: &App,
    caller: &Caller<Contributor>,
    old: &Segment,
    if_match: &IfMatch,
    found: &Inspection,
) -> Result<Segment, Problem> {
    let now = db::now();
    let mut tx = app.db.write().await?;
    let current = find_to_change(&mut tx, caller.instance, &old.name).await?;
    if_match.check(current.stamps.version)?;
    if current.source.0 != SegmentSource::Upload || current.id != old.id {
        return Err(Problem::changed());
    }
    let segment = store::set_members(&mut tx, current.id, found, caller.subject(), now).await?;
    supersede(&mut tx, &current, now).await?;
    let change = Change::between(&current, &segment);
    audit::record(&mut tx, &caller.author, Action::SegmentReplaceMembers, change).await?;
    tx.commit().await?;
    Ok(segment)
}
