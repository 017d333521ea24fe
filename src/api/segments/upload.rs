//! Endpoint that replaces the members of a segment by an upload, read as a stream.

use std::sync::Arc;

use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, put};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;

use super::find::{find, find_to_change};
use super::incoming::{Pace, forward};
use super::named::named;
use super::saving::give_back;
use super::unreadable::storage_unavailable;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db;
use crate::http::auth::{Caller, Contributor};
use crate::http::body::{IfMatch, Name, is_gzip, ok};
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::http::query::Query;
use crate::segments::orphans::{remove_superseded_soon, supersede};
use crate::segments::{Segment, SegmentName, SegmentSource, SegmentView, receive_limits, store};
use crate::slots::SharedSlot;
use crate::storage::{
    self, Delimiter, Encoding, HeaderNames, Inspection, Media, ReceiveLimits, UploadForm,
};

/// What an upload may do.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// Accepts an upload of no members, which removes all that the segment has.
    #[serde(default)]
    #[param(default = false)]
    allow_empty: bool,
    /// What separates the values of CSV, when it is not a comma: `%3B` is a semicolon, `%09` a tab.
    #[param(value_type = Option<String>, min_length = 1, max_length = 1, pattern = r#"^[^"\r\n\x00]$"#)]
    delimiter: Option<Delimiter>,
    /// The names of the columns of CSV whose first line is a member already: `CustomerId,Email,City`, always with
    /// commas between them. A name with a comma cannot be given; write such names in the first line.
    #[param(value_type = Option<String>, min_length = 1, max_length = 8000, pattern = r"^[^\x00]+$")]
    header: Option<HeaderNames>,
    /// How the text of CSV or NDJSON is encoded, when it is not UTF-8: `windows-1257`, `iso-8859-1` …; a byte order
    /// mark counts for more.
    #[param(value_type = Option<String>, max_length = 40, pattern = r"^[A-Za-z0-9._:-]+$")]
    charset: Option<Encoding>,
    /// What a body of the content type `application/octet-stream` is; leave it out for the other content types.
    #[param(inline)]
    format: Option<Media>,
}

/// A file of the format that `format` names, for senders that do not know its content type.
#[derive(utoipa::ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "only a schema of the document: members are read as a stream")]
pub struct MembersFile(Vec<u8>);

/// A Parquet file; its nested columns are not read.
#[derive(utoipa::ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "only a schema of the document: members are read as a stream")]
pub struct ParquetFile(Vec<u8>);

/// Replaces the members of a segment.
///
/// The body is read as a stream. A run reads either the old members or the new ones, never a mixture. If a row is not
/// valid, the answer names its line and nothing changes. A body without members is rejected unless `allowEmpty=true`.
/// It may be compressed (`Content-Encoding: gzip`). A body sent as `application/octet-stream` needs `format`.
#[utoipa::path(
    tag = "segments",
    security(("bearer" = ["Contributor"])),
    params(("name" = SegmentName, Path), UploadQuery),
    request_body(
        content(
            (String = "text/csv", example = "CustomerId,Email,City\n1,ann@example.com,Riga\n"),
            (String = "application/x-ndjson", example = "{\"CustomerId\":\"1\",\"Email\":\"ann@example.com\"}\n"),
            (ParquetFile = "application/vnd.apache.parquet"),
            (MembersFile = "application/octet-stream"),
        ),
    ),
    responses(
        (status = 200, body = SegmentView),
        (
            status = 400,
            description = "A row is not valid, there are no members, or the body is a part (`Content-Range`); the \
                members are unchanged: `invalidMembers`, `invalidRequest`",
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
    query: Query<UploadQuery>,
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
    let form = form(&request, &query)?;
    check_length(&app, &request)?;
    let slot = app.uploads.take(caller.instance).ok_or_else(|| Problem::too_many("uploads"))?;
    let limits = receive_limits(&app, old.instance_id).await?;
    let limits = ReceiveLimits { may_be_empty: query.allow_empty, ..limits };
    let found = receive(&app, &old, form, payload, limits, slot).await?;
    let segment = replace(&app, &caller, &old, &if_match, &found).await;
    if let Err(problem) = &segment {
        give_back(&app, &found, problem).await;
    }
    let segment = segment?;
    remove_superseded_soon(&app, segment.id).await;
    Ok(ok(segment.stamps.version, &SegmentView::from(segment)))
}

fn form(request: &HttpRequest, query: &UploadQuery) -> Result<UploadForm, Problem> {
    let is_gzip = is_gzip(request)?;
    let header = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = header.and_then(|header| Media::of_upload(header, query.format));
    let media = media.ok_or_else(unsupported)?;
    let is_named = header.and_then(Media::from_content_type).is_none();
    let (delimiter, header, encoding) = (query.delimiter, query.header.clone(), query.charset);
    match misplaced(media, is_named, query) {
        None => Ok(UploadForm { media, is_gzip, delimiter, header, encoding, is_named }),
        Some(why) => {
            Err(Problem::new(ProblemKind::InvalidRequest, format!("{why}. Leave it out.")))
        }
    }
}

fn unsupported() -> Problem {
    Problem::new(
        ProblemKind::UnsupportedMediaType,
        "The content type is not supported. Send text/csv, application/x-ndjson, application/vnd.apache.parquet, or \
            application/octet-stream with `?format=csv`, `ndjson` or `parquet`; if text is not in UTF-8, say so by \
            `?charset=`, such as `?charset=windows-1257`, and not by the content type. Save a spreadsheet as CSV in \
            UTF-8.",
    )
}

/// What is for other media than that of the body; `is_named` when the address says which one it is.
fn misplaced(media: Media, is_named: bool, query: &UploadQuery) -> Option<&'static str> {
    if query.format.is_some() && !is_named {
        return Some("`format` is for application/octet-stream only");
    }
    let of_csv = match (&query.delimiter, &query.header) {
        (Some(_), _) => Some("`delimiter` is for text/csv only"),
        (_, Some(_)) => Some("`header` is for text/csv only"),
        _ => None,
    };
    match media {
        Media::Csv => None,
        Media::Ndjson => of_csv,
        Media::Parquet => of_csv.or(query.charset.map(|_| "`charset` is for text only")),
    }
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
        "An upload may have at most {limit_bytes} bytes, uncompressed. Upload the members as compressed Parquet, or \
            register the files as a `files` source. An upload replaces all members, so parts would overwrite each \
            other."
    );
    Problem::new(ProblemKind::TooLarge, detail)
}

async fn receive(
    app: &App,
    segment: &Segment,
    form: UploadForm,
    payload: Payload,
    limits: ReceiveLimits,
    slot: SharedSlot,
) -> Result<Inspection, Problem> {
    let scope = format!("{}/{}", segment.instance_id, segment.id.0);
    // The payload belongs to this thread; the storage may use others.
    let (sender, receiver) = mpsc::channel(4);
    let body = ReceiverStream::new(receiver);
    let media = form.media;
    let storing = app.storage.receive(&scope, form, body, &limits);
    let storing = storage::holding(Arc::new(slot), storing);
    let (found, forwarded) =
        futures::join!(storing, forward(payload, Pace::of(&app.config), sender));
    forwarded?;
    let mut found = found.map_err(|error| receive_problem(&error, limits.bytes_max))?;
    if media == Media::Ndjson && found.manifest.rows() == 0 {
        keep_fields(segment, &mut found);
    }
    Ok(found)
}

/// No lines name no fields: exports still find those that the segment had.
fn keep_fields(segment: &Segment, found: &mut Inspection) {
    if let Some(fields) = &segment.fields {
        found.fields.clone_from(&fields.items);
    }
}

fn receive_problem(error: &storage::Error, limit_bytes: u64) -> Problem {
    match error {
        error if error.is_of_the_storage() => storage_unavailable(error),
        storage::Error::TooLarge { .. } => too_large(limit_bytes),
        storage::Error::TooLargeToStore { .. } => {
            Problem::new(ProblemKind::TooLarge, format!("{error}."))
        }
        storage::Error::Empty => invalid(FieldError::new(
            "",
            "invalidMembers",
            format!(
                "{error}; it may come from a failed export. To remove all members, send it again with \
                 `?allowEmpty=true`"
            ),
        )),
        other => {
            let error = FieldError::new("", "invalidMembers", other.to_string());
            invalid(error.with_all(named(other)))
        }
    }
}

fn invalid(error: FieldError) -> Problem {
    Problem::from_errors(ProblemKind::InvalidMembers, vec![error])
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
    let by = caller.subject();
    let segment = store::set_members(&mut tx, current.id, found, Some(by), by, now).await?;
    supersede(&mut tx, &current, now).await?;
    let change = Change::between(&current, &segment);
    audit::record(&mut tx, &caller.author, Action::SegmentReplaceMembers, change).await?;
    tx.commit().await?;
    Ok(segment)
}
