//! Endpoint that reads the fields of a segment now, and the same for an export with a field that was not there before.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};

use super::find::{find, find_to_change};
use super::reading::inspect;
use super::saving::give_back;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::db;
use crate::exports::Mapping;
use crate::http::auth::{Caller, Contributor};
use crate::http::body::{Name, ok};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::retry::retry;
use crate::segments::orphans::{remove_superseded_soon, supersede};
use crate::segments::{Segment, SegmentName, SegmentSource, SegmentView, save_inspection, store};
use crate::storage::Inspection;

/// Reads the fields and the number of members of a segment now.
///
/// A new column of the data can be mapped as soon as this has read it. Files that have not changed are not read again;
/// a table is copied. Of a segment for uploads nothing is read: its last upload has all there is.
#[utoipa::path(
    tag = "segments",
    security(("bearer" = ["Contributor"])),
    params(("name" = SegmentName, Path)),
    responses(
        (status = 200, body = SegmentView),
        (
            status = 422,
            description = "The source cannot be read: `unprocessable`",
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
#[post("/segments/{name}/inspect")]
pub async fn inspect_segment(
    caller: Caller<Contributor>,
    app: Data<App>,
    name: Name<SegmentName>,
) -> Result<HttpResponse, Problem> {
    let old = find(&mut app.db.read().await?, caller.instance, &name.0).await?;
    let known = old.known();
    let found = inspect(&app, old.instance_id, &old.name, &old.source.0, known.clone()).await?;
    let news = found.filter(|found| known.as_ref() != Some(found));
    let saved = retry(async || save(&app, &caller, &old, news.as_ref()).await).await;
    if let (Err(problem), Some(news)) = (&saved, &news)
        && old.source.0.is_kept_here()
    {
        give_back(&app, news, problem).await;
    }
    let segment = saved?;
    remove_superseded_soon(&app, segment.id).await;
    Ok(ok(segment.stamps.version, &SegmentView::from(segment)))
}

/// Saves what was found, unless the segment has another source meanwhile.
async fn save(
    app: &App,
    caller: &Caller<Contributor>,
    old: &Segment,
    news: Option<&Inspection>,
) -> Result<Segment, Problem> {
    let now = db::now();
    let mut tx = app.db.write().await?;
    let current = find_to_change(&mut tx, caller.instance, &old.name).await?;
    if current.id != old.id || current.source.0 != old.source.0 {
        return Err(Problem::changed());
    }
    let segment = match news {
        Some(found) => {
            supersede(&mut tx, &current, now).await?;
            store::set_members(&mut tx, current.id, found, None, caller.subject(), now).await?
        }
        None => current.clone(),
    };
    let change = Change::between(&current, &segment);
    audit::record(&mut tx, &caller.author, Action::SegmentInspect, change).await?;
    tx.commit().await?;
    Ok(segment)
}

/// The segments with the fields that their data has now, where one seems to lack a field of the mapping. What cannot be
/// read now stays as it is known.
pub async fn with_new_fields(
    app: &App,
    mapping: &Mapping,
    segments: Vec<Segment>,
) -> Result<Vec<Segment>, Problem> {
    let mut current = Vec::with_capacity(segments.len());
    for segment in segments {
        let is_complete = mapping.missing_from([&segment]).is_empty();
        if is_complete || segment.source.0 == SegmentSource::Upload {
            current.push(segment);
        } else {
            current.push(Box::pin(reread(app, segment)).await?);
        }
    }
    Ok(current)
}

async fn reread(app: &App, segment: Segment) -> Result<Segment, Problem> {
    let (instance, known) = (segment.instance_id, segment.known());
    let found = inspect(app, instance, &segment.name, &segment.source.0, known.clone()).await;
    let Some(found) = found.ok().flatten().filter(|found| known.as_ref() != Some(found)) else {
        return Ok(segment);
    };
    let mut tx = app.db.write().await?;
    save_inspection(&mut tx, &segment, &found).await?;
    tx.commit().await?;
    Ok(segment.with(found))
}
