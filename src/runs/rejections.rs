//! What became of whom: the batches of a run, and every profile that is not on the list because of it.

use actix_web::http::header::ACCEPT;
use actix_web::web::{Bytes, Data, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use futures::{Stream, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::api::find;
use super::{Batch, BatchStatus, Rejection, RejectionOutcome, RunId, store_batches};
use crate::app::App;
use crate::http::auth::{Caller, Contributor, Viewer};
use crate::http::body::Id;
use crate::http::paging::{Page, Paging};
use crate::http::problem::{Kind, Problem};

/// Rows read at a time while the whole list is streamed out.
const STREAM_ROWS: i64 = 1000;

/// A page of at most 1000 rows, with what Campaign Monitor answered.
#[expect(
    missing_docs,
    reason = "most members are named so that they say it all; the others are explained"
)]
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchView {
    /// From 1.
    pub number: i64,
    /// Its first row in the run, from 0.
    pub first_row: i64,
    pub rows: i64,
    pub status: BatchStatus,
    /// Of the last answer; `null` when nothing was sent or nothing was answered.
    #[schema(required)]
    pub http_status: Option<i32>,
    /// Calls made for it.
    pub attempts: i32,
    pub duration_ms: i64,
    pub created: i64,
    pub updated: i64,
    pub rejected: i64,
}

/// A profile that is not on the list because of a run.
#[expect(
    missing_docs,
    reason = "most members are named so that they say it all; the others are explained"
)]
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RejectionView {
    pub customer_id: String,
    pub email: String,
    pub outcome: RejectionOutcome,
    /// Stable, camelCase.
    #[schema(example = "unsubscribed")]
    pub code: String,
    pub message: String,
    /// Number of its batch.
    pub batch: i64,
}

/// Which rejections to show.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RejectionFilter {
    outcome: Option<RejectionOutcome>,
}

/// Lists the batches of a run, from the first.
#[utoipa::path(tag = "runs", params(("id" = RunId, Path), Paging), responses((status = 200, body = Page<BatchView>)))]
#[get("/runs/{id}/batches")]
pub async fn list_batches(
    caller: Caller<Viewer>,
    app: Data<App>,
    id: Id<RunId>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after()?);
    let mut tx = app.db.read().await?;
    find(&mut tx, caller.instance, id.0).await?;
    let rows = store_batches::list(&mut tx, id.0, after, limit).await?;
    Ok(HttpResponse::Ok().json(Page::of(rows, limit, |row: &Batch| row.number, BatchView::from)))
}

/// Lists every profile that is not on the list because of a run.
///
/// JSON comes in pages; `Accept: text/csv` or `application/x-ndjson` gives the whole at once. Their
/// number equals the sum of the counts rejected, invalid, duplicate and inDoubt.
#[utoipa::path(tag = "runs", params(("id" = RunId, Path), RejectionFilter, Paging),
    responses((status = 200, content((Page<RejectionView> = "application/json"), (String = "text/csv"), (String = "application/x-ndjson"))),
        (status = 406, description = "None of the accepted content types is offered", body = crate::http::problem::ProblemDocument)))]
#[get("/runs/{id}/rejections")]
pub async fn list_rejections(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<RunId>,
    filter: Query<RejectionFilter>,
    paging: Query<Paging>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after()?);
    let mut tx = app.db.read().await?;
    find(&mut tx, caller.instance, id.0).await?;
    match Offer::accepted(&request)? {
        Offer::Json => {
            let rows =
                store_batches::rejections(&mut tx, id.0, filter.outcome, after, limit).await?;
            Ok(HttpResponse::Ok().json(Page::of(
                rows,
                limit,
                |row: &Rejection| row.position,
                RejectionView::from,
            )))
        }
        Offer::Csv => {
            let header = stream::once(async {
                Ok(Bytes::from_static(b"customerId,email,outcome,code,message,batch\r\n"))
            });
            let rows = whole(app, id.0, filter.outcome, csv_row);
            Ok(HttpResponse::Ok()
                .content_type("text/csv; charset=utf-8")
                .streaming(futures::StreamExt::chain(header, rows)))
        }
        Offer::Ndjson => {
            let rows = whole(app, id.0, filter.outcome, ndjson_row);
            Ok(HttpResponse::Ok().content_type("application/x-ndjson").streaming(rows))
        }
    }
}

enum Offer {
    Json,
    Csv,
    Ndjson,
}

impl Offer {
    fn accepted(request: &HttpRequest) -> Result<Self, Problem> {
        let accept =
            request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
        let types = accept.split(',').map(|part| part.split(';').next().unwrap_or_default().trim());
        for accepted in types {
            match accepted {
                "application/json" | "application/*" | "*/*" => return Ok(Self::Json),
                "text/csv" | "text/*" => return Ok(Self::Csv),
                "application/x-ndjson" => return Ok(Self::Ndjson),
                _ => {}
            }
        }
        Err(Problem::new(
            Kind::NotAcceptable,
            "This is offered as application/json, text/csv and application/x-ndjson.",
        ))
    }
}

/// All rejections, a thousand at a time.
fn whole(
    app: Data<App>,
    run: RunId,
    outcome: Option<RejectionOutcome>,
    write: fn(&RejectionView) -> String,
) -> impl Stream<Item = Result<Bytes, Problem>> {
    stream::try_unfold(Some(None), move |after: Option<Option<i64>>| {
        let app = app.clone();
        async move {
            let Some(after) = after else { return Ok(None) };
            let mut tx = app.db.read().await?;
            let rows = store_batches::rejections(&mut tx, run, outcome, after, STREAM_ROWS).await?;
            let next = rows.last().map(|last| Some(last.position));
            let text: String = rows.into_iter().map(|row| write(&row.into())).collect();
            Ok(Some((Bytes::from(text), next)))
        }
    })
    .try_filter(|bytes| std::future::ready(!bytes.is_empty()))
}

fn ndjson_row(row: &RejectionView) -> String {
    let mut line = serde_json::to_string(row).unwrap_or_default();
    line.push('\n');
    line
}

fn csv_row(row: &RejectionView) -> String {
    let outcome = serde_json::to_value(row.outcome).ok();
    let outcome = outcome.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
    let batch = row.batch.to_string();
    let fields = [&row.customer_id, &row.email, outcome, &row.code, &row.message, &batch];
    let mut line = fields.map(csv_field).join(",");
    line.push_str("\r\n");
    line
}

/// RFC 4180: a field with a comma, quote or line break stands in quotes, its quotes doubled.
fn csv_field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

impl From<Batch> for BatchView {
    fn from(batch: Batch) -> Self {
        Self {
            number: batch.number,
            first_row: batch.first_row,
            rows: batch.rows,
            status: batch.status,
            http_status: batch.http_status,
            attempts: batch.attempts,
            duration_ms: batch.duration_ms,
            created: batch.created,
            updated: batch.updated,
            rejected: batch.rejected,
        }
    }
}

impl From<Rejection> for RejectionView {
    fn from(rejection: Rejection) -> Self {
        Self {
            customer_id: rejection.customer_id,
            email: rejection.email,
            outcome: rejection.outcome,
            code: rejection.code,
            message: rejection.message,
            batch: rejection.batch,
        }
    }
}
