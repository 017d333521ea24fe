//! The preview of an export: what a run would do, without sending anything.
//!
//! Rows are read, checked and encoded by the very code that a run uses (`records`), and only counted.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use serde::Serialize;
use serde_json::json;
use tokio::time::timeout;
use utoipa::ToSchema;

use super::check::{check_fields, no_custom_field, read_list};
use super::find::find;
use super::runs::refuse;
use crate::api::access::may_edit;
use crate::api::segments::unreadable::read_problem;
use crate::app::App;
use crate::audit::reads::ReadRecorder;
use crate::audit::{Action, Change};
use crate::exports::{Mapping, Warning, warnings};
use crate::http::auth::{Caller, Contributor};
use crate::http::body::Id;
use crate::http::problem::{FieldError, Problem, ProblemDocument, ProblemKind};
use crate::names::ExportId;
use crate::records::batches::{self, EncodedBatch, MemberSource};
use crate::records::integers::to_i64;
use crate::records::plan::Plan;
use crate::runs::start::usable_connection;
use crate::runs::{
    FieldWarning, FieldWarnings, Reason, ReasonCode, Rejection, RejectionOutcome, store_batches,
};
use crate::segments::{self, Segment, Unreadable};
use crate::storage::{self, Manifest};

/// Profiles shown for each code.
const EXAMPLES_MAX: usize = 3;
/// How long a call takes until a run has measured it: the product promises a million profiles, a thousand calls,
/// in up to 20 minutes.
const CALL_MS_ASSUMED: i64 = 1200;

/// What a run would do now.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewView {
    /// Members of the selected segments.
    selected: i64,
    /// Profiles that would be sent. Campaign Monitor may still reject some.
    usable: i64,
    /// Profiles whose address comes before in the run.
    duplicate: i64,
    /// Profiles that would not be sent: no usable address.
    invalid: i64,
    /// The reasons, each with a count and a few examples.
    invalid_by_code: Vec<InvalidView>,
    /// Values that would be cut or left out of custom fields.
    field_warnings: Vec<FieldWarning>,
    /// What there is to know of the list.
    list_warnings: Vec<Warning>,
    /// Calls to Campaign Monitor, if each is answered at once.
    calls: i64,
    /// How long the run would take, at the pace of the newest runs of the export.
    estimated_seconds: i64,
}

/// Profiles that would not be sent for one reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvalidView {
    /// Stable, camelCase; as in the rejections of a run.
    #[schema(example = "addressMalformed")]
    code: String,
    count: i64,
    /// The first ones.
    examples: Vec<ExampleView>,
}

/// A profile that would not be sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExampleView {
    #[schema(example = "3")]
    customer_id: String,
    #[schema(example = "not an address")]
    email: String,
}

/// Shows what a run would do, and sends nothing.
///
/// It reads the segments and the settings of the list. Whatever would stop a run is answered as a problem. The examples
/// are personal data: the audit records who read them.
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
    let examples: usize = view.invalid_by_code.iter().map(|invalid| invalid.examples.len()).sum();
    let seen = Change::read(&id.0.0, None, &json!({"examples": examples}));
    reads.record(&app.db, &caller.author, Action::ExportPreview, seen).await?;
    Ok(HttpResponse::Ok().json(view))
}

fn too_long(time: Duration) -> Problem {
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
    let mut tx = app.db.read().await?;
    let export = find(&mut tx, caller.instance, id).await?;
    may_edit(&mut tx, caller, export.connection_id).await?;
    let connection = match usable_connection(&mut tx, &export).await? {
        Ok(connection) => connection,
        Err(obstacle) => return Err(refuse(&mut tx, id, obstacle).await?),
    };
    let segments = segments::store::of_export(&mut tx, id).await?;
    let call_ms = store_batches::pace_ms(&mut tx, id).await?.unwrap_or(CALL_MS_ASSUMED);
    drop(tx);
    check_filled(&segments)?;
    let (list, fields) = read_list(app, &connection, &export.list_id, &export.mapping).await?;
    let plan = Plan::new(&export.mapping, export.options.0, &fields)
        .map_err(|key| Problem::new(ProblemKind::Unprocessable, no_custom_field(&key)))?;
    let manifests = manifests(app, &segments, &export.mapping).await?;
    let mut view = count(app, Arc::new(plan), manifests).await?;
    view.estimated_seconds = estimate(view.calls, call_ms, app.config.work.uploads_in_flight);
    view.list_warnings = warnings::of_list(&list);
    Ok(view)
}

/// Rejects segments that were never filled: a run would fail.
fn check_filled(segments: &[Segment]) -> Result<(), Problem> {
    let empty = segments.iter().enumerate().filter(|(_, segment)| segment.manifest.is_none());
    let errors = empty.map(|(index, segment)| {
        let name = format!("“{}”", segment.name.as_str());
        let message = Reason::new(ReasonCode::SegmentNotFound, name).message;
        FieldError::new(format!("/segments/{index}"), "segmentNotFound", message)
    });
    Problem::none_of(errors.collect())
}

/// What there is to read, unless it is more than a run may read, or lacks a field of the mapping.
async fn manifests(
    app: &App,
    segments: &[Segment],
    mapping: &Mapping,
) -> Result<Vec<Arc<Manifest>>, Problem> {
    let mut manifests = Vec::with_capacity(segments.len());
    for segment in segments {
        let current = segments::current(app, segment).await.map_err(|error| match error {
            Unreadable::Storage(error) => read_problem(&error),
            Unreadable::Database(error) => error.into(),
        })?;
        check_fields(mapping, std::slice::from_ref(&current))?;
        manifests.push(Arc::new(current.manifest()));
    }
    match warnings::over_limit(rows(&manifests), app.config.limits.max_profiles_per_export) {
        None => Ok(manifests),
        Some(Warning { code, message }) => {
            Err(Problem::unprocessable("/segments", code.word(), message))
        }
    }
}

fn rows(manifests: &[Arc<Manifest>]) -> i64 {
    let rows = manifests.iter().map(|manifest| manifest.rows()).sum::<u64>();
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Reads every row as a run does, and keeps only counts and a few examples.
async fn count(
    app: &App,
    plan: Arc<Plan>,
    manifests: Vec<Arc<Manifest>>,
) -> Result<PreviewView, Problem> {
    let selected = rows(&manifests);
    let mut reader = batches::read(MemberSource {
        storage: app.storage.clone(),
        manifests,
        plan: plan.clone(),
        position: 0,
        answered: HashSet::new(),
        seed: rand::random(),
    });
    let mut tally = Tally::default();
    while let Some(batch) = reader.recv().await {
        tally.add(&batch.map_err(|failure| read_problem(&failure.error))?, &plan);
    }
    if tally.view.selected != selected {
        return Err(anyhow::anyhow!("the reader ended before the segments").into());
    }
    Ok(tally.view())
}

#[derive(Default)]
struct Tally {
    view: PreviewView,
    invalid: BTreeMap<String, (i64, Vec<ExampleView>)>,
    field_warnings: FieldWarnings,
}

impl Tally {
    fn add(&mut self, batch: &EncodedBatch, plan: &Plan) {
        self.view.selected += batch.rows();
        self.view.usable += to_i64(batch.records.len());
        self.view.calls += batch.calls(plan);
        self.field_warnings.add(&batch.field_warnings);
        for refused in &batch.refused {
            match refused.outcome {
                RejectionOutcome::Duplicate => self.view.duplicate += 1,
                _ => self.add_invalid(refused),
            }
        }
    }

    fn add_invalid(&mut self, refused: &Rejection) {
        self.view.invalid += 1;
        let (count, examples) = self.invalid.entry(refused.code.clone()).or_default();
        *count += 1;
        if examples.len() < EXAMPLES_MAX {
            let (customer_id, email) = (refused.customer_id.clone(), refused.email.clone());
            examples.push(ExampleView { customer_id, email });
        }
    }

    fn view(self) -> PreviewView {
        let invalid = self.invalid.into_iter();
        let invalid =
            invalid.map(|(code, (count, examples))| InvalidView { code, count, examples });
        PreviewView {
            invalid_by_code: invalid.collect(),
            field_warnings: self.field_warnings.fields,
            ..self.view
        }
    }
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
