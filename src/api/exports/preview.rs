//! The preview of an export: what a run would do, without sending anything.
//!
//! Rows are read, checked and encoded by the very code that a run uses (`records`), and only counted.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, Data};
use actix_web::{HttpResponse, post};
use serde_json::json;
use tokio::time::timeout;

use super::preview_count::PreviewCount;
use super::preview_views::PreviewView;
use super::ready::{prepare, rows};
use crate::api::segments::unreadable::read_problem;
use crate::app::App;
use crate::audit::reads::ReadRecorder;
use crate::audit::{Action, Change};
use crate::exports::warnings;
use crate::http::auth::{Caller, Contributor};
use crate::http::body::Id;
use crate::http::problem::{Problem, ProblemDocument, ProblemKind};
use crate::names::ExportId;
use crate::records::batches::{self, MemberSource};
use crate::records::encoded::EncodedBatch;
use crate::records::plan::Plan;
use crate::runs::store_batches;
use crate::storage::{self, Manifest};

/// How long a call takes until a run has measured it: the product promises a million profiles, a thousand calls,
/// in up to 20 minutes.
const CALL_MS_ASSUMED: i64 = 1200;

/// Shows what a run would do, and sends nothing.
///
/// It reads the segments and the settings of the list. Where values of a field have a form that the list does not read,
/// it proposes the formats that all, nearly all or at least half of them fit; a run never guesses one. Whatever would
/// stop a run is answered as a problem. The examples are personal data: the audit records who read them.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["Contributor"])),
    params(("id" = ExportId, Path)),
    responses(
        (status = 200, body = PreviewView),
        (
            status = 409,
            description = "The export has no connection, or its connection is not connected: `exportInactive`, \
                `connectionNotConnected`",
            body = ProblemDocument,
        ),
        (
            status = 429,
            description = "Too many previews at a time, or too many calls: `tooManyRequests`, `rateLimited`",
            body = ProblemDocument,
        ),
        (
            status = 503,
            description = "The preview took too long, or a part of the service or Campaign Monitor is unavailable: \
                `previewTooLong`, `unavailable`, `encryptionKeyMissing`, `destinationUnavailable`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/exports/{id}/preview")]
pub async fn preview_export(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ExportId>,
    reads: Data<ReadRecorder>,
) -> Result<HttpResponse, Problem> {
    let slot = app.previews.take(caller.instance).ok_or_else(|| Problem::too_many("previews"))?;
    let time = Duration::from_millis(app.config.limits.preview_timeout_ms);
    let previewing = Box::pin(preview(&app, &caller, id.0));
    let previewed = storage::holding(Arc::new(slot), previewing);
    let view = timeout(time, previewed).await.map_err(|_| too_long(time))??;
    let seen = Change::read(&id.0.0, None, &json!({"examples": view.examples()}));
    reads.record(&app.db, &caller.author, Action::ExportPreview, seen).await?;
    Ok(HttpResponse::Ok().json(view))
}

pub(super) fn too_long(time: Duration) -> Problem {
    let detail = format!(
        "Reading the segments took longer than {} seconds, so the preview was stopped. Preview fewer segments, or \
            start a run: a run has no time limit.",
        time.as_secs_f64()
    );
    Problem::new(ProblemKind::PreviewTooLong, detail)
}

async fn preview(
    app: &App,
    caller: &Caller<Contributor>,
    id: ExportId,
) -> Result<PreviewView, Problem> {
    let ready = prepare(app, caller, id).await?;
    let call_ms = store_batches::pace_ms(&mut app.db.read().await?, id).await?;
    let (mut view, unchanged) = count(app, ready.plan, ready.manifests, &ready.numbers).await?;
    let in_flight = app.config.work.uploads_in_flight;
    view.estimated_seconds = estimate(view.calls, call_ms.unwrap_or(CALL_MS_ASSUMED), in_flight);
    view.list_warnings = warnings::of_list(&ready.list);
    let (mapping, options) = (&ready.export.mapping, ready.export.options.0);
    view.list_warnings.extend(warnings::of_choices(mapping, options, Some(unchanged)));
    Ok(view)
}

/// Reads every row as a run does, and keeps only counts and a few examples. Beside them: how many profiles leave their
/// consent to tracking unchanged.
async fn count(
    app: &App,
    plan: Arc<Plan>,
    manifests: Vec<Arc<Manifest>>,
    numbers: &HashSet<String>,
) -> Result<(PreviewView, i64), Problem> {
    let selected = rows(&manifests);
    let mut reader = batches::read(MemberSource {
        storage: app.storage.clone(),
        manifests,
        plan: plan.clone(),
        position: 0,
        answered: HashSet::new(),
        seed: rand::random(),
        winners: None,
    });
    let mut count = PreviewCount::new(&plan, selected, numbers);
    while let Some(batch) = reader.recv().await {
        let batch = batch.map_err(|failure| read_problem(&failure.error))?;
        count = counted(count, batch, plan.clone()).await?;
    }
    let unchanged = count.unchanged_consents;
    let view = count.view(&plan);
    if view.selected != selected {
        return Err(anyhow::anyhow!("the reader ended before the segments").into());
    }
    Ok((view, unchanged))
}

/// Counts a batch on a thread that may block: one that is too large for a call is encoded again in halves.
async fn counted(
    mut count: PreviewCount,
    batch: EncodedBatch,
    plan: Arc<Plan>,
) -> Result<PreviewCount, Problem> {
    let counting = move || {
        count.add(&batch, &plan);
        count
    };
    web::block(counting).await.map_err(|error| anyhow::Error::from(error).into())
}

/// Seconds for so many calls, of which `in_flight` run at a time.
fn estimate(calls: i64, call_ms: i64, in_flight: u16) -> i64 {
    let ms = calls * call_ms / i64::from(in_flight).clamp(1, calls.max(1));
    (ms + 999) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_shares_the_calls_out_and_rounds_up() {
        assert_eq!(estimate(1000, 1200, 8), 150);
        assert_eq!(estimate(1, 1200, 8), 2, "a lone call is not shared");
        assert_eq!(estimate(0, 1200, 8), 0);
    }
}
