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
use uuid::Uuid;

use super::draft;
use super::patch::ExportPatch;
use super::preview_count::PreviewCount;
use super::preview_views::PreviewView;
use super::ready::{prepare_all, rows, saved};
use super::views::NewExportBody;
use crate::api::segments::unreadable::read_problem;
use crate::app::App;
use crate::audit::reads::ReadRecorder;
use crate::audit::{Action, Change};
use crate::exports::{Export, warnings};
use crate::http::auth::{Caller, Contributor};
use crate::http::body::{Body, BodyOrNone, Id};
use crate::http::problem::{Problem, ProblemDocument, ProblemKind};
use crate::names::{ExportId, RunId};
use crate::records::basis::{Basis, BasisError, BasisQuery, basis};
use crate::records::batches::{self, MemberSource, ReadFailure};
use crate::records::encoded::EncodedBatch;
use crate::records::forecast::{CALL_MS_ASSUMED, CallPace, estimate};
use crate::records::outlook::{self, Outlook};
use crate::records::plan::Plan;
use crate::records::plan_failure::PlanFailure;
use crate::records::plan_subject::PlanSubject;
use crate::runs::store_batches;
use crate::segments::Segment;
use crate::storage::{self, Manifest};

/// Shows what a run would do, and sends nothing.
///
/// It reads the segments and the settings of the list. Where values of a field have a form that the list does not read,
/// it proposes the formats that all, nearly all or at least half of them fit; a run never guesses one. Whatever would
/// stop a run is answered as a problem. With a body, it is about the export as this change would make it, which is
/// checked like a change and not saved. The examples are personal data: the audit records who read them.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["Contributor"])),
    params(("id" = ExportId, Path)),
    request_body = Option<ExportPatch>,
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
    body: BodyOrNone<ExportPatch>,
    reads: Data<ReadRecorder>,
) -> Result<HttpResponse, Problem> {
    let patch = body.0.value;
    let export = async || {
        if patch.is_empty() {
            saved(&app, &caller, id.0).await
        } else {
            draft::changed(&app, &caller, id.0, &patch).await
        }
    };
    answer(&app, &caller, (&reads, Action::ExportPreview), export).await
}

/// Shows what a run of an export would do that is not saved yet, and saves and sends nothing.
///
/// The body is that of a new export, and is checked like one. To preview a change of an export, send the change to
/// `POST /exports/{id}/preview`.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["Contributor"])),
    request_body = NewExportBody,
    responses(
        (status = 200, body = PreviewView),
        (
            status = 409,
            description = "The connection is not connected: `connectionNotConnected`",
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
#[post("/exports/preview")]
pub async fn preview_draft(
    caller: Caller<Contributor>,
    app: Data<App>,
    body: Body<NewExportBody>,
    reads: Data<ReadRecorder>,
) -> Result<HttpResponse, Problem> {
    let export = async || draft::new(&app, &caller, &body.value).await;
    answer(&app, &caller, (&reads, Action::ExportPreviewDraft), export).await
}

/// Previews what `export` finds, within the limits of previews.
async fn answer(
    app: &App,
    caller: &Caller<Contributor>,
    (reads, action): (&ReadRecorder, Action),
    export: impl AsyncFn() -> Result<(Export, Vec<Segment>), Problem>,
) -> Result<HttpResponse, Problem> {
    let slot = app.previews.take(caller.instance).ok_or_else(|| Problem::too_many("previews"))?;
    let time = Duration::from_millis(app.config.limits.preview_timeout_ms);
    let previewing = Box::pin(async {
        let (export, segments) = export().await?;
        let id = export.id;
        Ok::<_, Problem>((id, preview(app, export, segments).await?))
    });
    let previewed = storage::holding(Arc::new(slot), previewing);
    let (id, view) = timeout(time, previewed).await.map_err(|_| too_long(time))??;
    let seen = Change::read(&id.0, None, &json!({"examples": view.examples()}));
    reads.record(&app.db, &caller.author, action, seen).await?;
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
    export: Export,
    segments: Vec<Segment>,
) -> Result<PreviewView, Problem> {
    let ready = prepare_all(app, export, segments).await?;
    let (instance, id) = (ready.export.instance_id, ready.export.id);
    let call_ms = store_batches::pace_ms(&mut app.db.read().await?, id).await?;
    let query = BasisQuery {
        instance,
        export: id,
        list: &ready.export.list_id,
        sync: &ready.export.sync,
        is_full: false,
        run: RunId(Uuid::nil()),
    };
    let basis = basis(app, &query, ready.plan).await.map_err(|error| match error {
        BasisError::Database(error) => error.into(),
        BasisError::Storage(error) => read_problem(&error),
    })?;
    let manifests = ready.manifests.clone();
    let (mut view, unchanged) = count(app, &basis, manifests, &ready.numbers).await?;
    view.full_because = basis.full_because;
    let in_flight = app.config.work.uploads_in_flight;
    let pace = CallPace { call_ms: call_ms.unwrap_or(CALL_MS_ASSUMED), in_flight };
    view.estimated_seconds = estimate(view.calls, pace);
    view.list_warnings = warnings::of_list(&ready.list);
    let resubscribes = ready.export.sync.resubscribes(ready.export.options.0);
    view.list_warnings.extend(warnings::of_choices(
        &ready.export.mapping,
        resubscribes,
        Some(unchanged),
    ));
    view.list_warnings.extend(warnings::of_sync(&ready.export.sync));
    view.list_warnings.extend(warnings::everywhere(&ready.list, &ready.export.sync));
    if let Some(found) = plan_of(app, &ready.export, &basis, &ready.manifests).await? {
        view.list_warnings.extend(found.doubt);
        view.count_changed_addresses(found.plan.changed_addresses);
        view.plan = Some(found.plan);
    }
    Ok(view)
}

/// What a run would do to people who left, and which limits it would reach; `None` where a run needs no plan.
async fn plan_of(
    app: &App,
    export: &Export,
    basis: &Basis,
    manifests: &[Arc<Manifest>],
) -> Result<Option<Outlook>, Problem> {
    let subject = PlanSubject {
        instance: export.instance_id,
        export: export.id,
        run: None,
        list: &export.list_id,
        mapping: &export.mapping,
        sync: &export.sync,
        basis: Some(basis),
    };
    let plan = basis.plan.clone();
    let computed = Box::pin(outlook::compute_where_needed(app, &subject, plan, manifests)).await;
    computed.map(|found| found.outlook).map_err(no_plan)
}

/// Why it is not known what a run would do.
pub(super) fn no_plan(failure: PlanFailure) -> Problem {
    match failure {
        PlanFailure::Read(ReadFailure { error, .. }) | PlanFailure::Storage(error) => {
            read_problem(&error)
        }
        PlanFailure::Database(error) => error.into(),
        PlanFailure::Damaged => anyhow::anyhow!("a baseline is damaged").into(),
        PlanFailure::Incomplete => anyhow::anyhow!("the reader ended before the segments").into(),
    }
}

/// Reads every row as a run does, and keeps only counts and a few examples. Beside them: how many profiles leave their
/// consent to tracking unchanged.
async fn count(
    app: &App,
    basis: &Basis,
    manifests: Vec<Arc<Manifest>>,
    numbers: &HashSet<String>,
) -> Result<(PreviewView, i64), Problem> {
    let (selected, plan) = (rows(&manifests), basis.plan.clone());
    let source = MemberSource::new(app.storage.clone(), manifests, plan.clone(), rand::random());
    let marking = basis.marking.clone();
    let mut reader = batches::read(MemberSource { marking, ..source });
    let mut count = PreviewCount::new(&plan, selected, numbers, basis.is_comparing());
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
