//! Who left the list of an export by their own wish or bounced: the way back into Customer Insights.

use std::sync::Arc;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::OnceCell;
use utoipa::{IntoParams, ToSchema};

use crate::api::access::may_edit;
use crate::api::connections::account::{open, problem, unusable};
use crate::api::exports::find::find;
use crate::api::segments::unreadable::read_problem;
use crate::app::App;
use crate::audit::reads::ReadRecorder;
use crate::audit::{Action, Change};
use crate::baselines::{self, Baseline};
use crate::connections::session::AccountSession;
use crate::connections::{self, Connection};
use crate::exports::Export;
use crate::feedback::{AccountClock, Departed, DepartedState, FeedbackError, Window, read};
use crate::http::auth::{Caller, Contributor};
use crate::http::body::Id;
use crate::http::download::{Listing, Offer};
use crate::http::paging::{Page, Paging};
use crate::http::problem::{Problem, ProblemDocument, ProblemKind};
use crate::http::query::Query;
use crate::names::ExportId;
use crate::slots::SharedSlot;
use crate::wire::moment;

const CSV_HEADER: &str = "email,customerId,state,dateUtc\r\n";

/// A person of the export who left its list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FeedbackView {
    /// As it was sent.
    #[schema(example = "ann@example.com")]
    email: String,
    /// Of the profile that was sent.
    #[schema(example = "1001")]
    customer_id: String,
    state: DepartedState,
    /// Since when, to the second.
    date_utc: DateTime<Utc>,
}

/// When people left; without it, all who are gone.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct FeedbackFilter {
    /// Only people who left at this time or later.
    #[serde(default, deserialize_with = "moment")]
    from_utc: Option<DateTime<Utc>>,
    /// Only people who left before this time.
    #[serde(default, deserialize_with = "moment")]
    to_utc: Option<DateTime<Utc>>,
}

/// Lists who left the list by their own wish or bounced.
///
/// Campaign Monitor is asked who unsubscribed and whose mail came back; in the answer are those whom this export has
/// sent, oldest first, but for those whom this service unsubscribed itself. Take `toUtc` of one call as `fromUtc` of
/// the next one: then nobody is missing and nobody comes twice. Let `toUtc` be a few minutes ago, so that the lists
/// have everybody. Times are those of the clock of the client, whose zone follows from what it shows now: where it
/// has summer time, moments of the other half of the year are an hour off. The answer is personal data: the audit
/// records who read it. JSON comes in pages; `Accept: text/csv` or `application/x-ndjson` downloads the complete
/// list. Values that look like formulas are guarded in CSV as in the rejections of a run.
#[utoipa::path(
    tag = "people",
    security(("bearer" = ["Contributor"])),
    params(("id" = ExportId, Path), FeedbackFilter, Paging),
    responses(
        (
            status = 200,
            content(
                (Page<FeedbackView> = "application/json"),
                (String = "text/csv"),
                (String = "application/x-ndjson"),
            ),
        ),
        (
            status = 406,
            description = "None of the accepted content types is available: `notAcceptable`",
            body = ProblemDocument,
        ),
        (
            status = 409,
            description = "The export has no connection, or its connection is not connected: `exportInactive`, \
                `connectionNotConnected`",
            body = ProblemDocument,
        ),
        (
            status = 422,
            description = "More people left than are read at once, or what was sent is missing or damaged: \
                `unprocessable`",
            body = ProblemDocument,
        ),
        (
            status = 502,
            description = "Campaign Monitor rejected the call: `destinationRefused`",
            body = ProblemDocument,
        ),
        (
            status = 503,
            description = "A part of the service or Campaign Monitor is unavailable: `unavailable`, \
                `encryptionKeyMissing`, `destinationUnavailable`",
            body = ProblemDocument,
        ),
    ),
)]
#[get("/exports/{id}/feedback")]
pub async fn list_feedback(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ExportId>,
    filter: Query<FeedbackFilter>,
    paging: Query<Paging>,
    reads: Data<ReadRecorder>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (limit, after, filter) = (paging.limit()?, paging.after()?, filter.0);
    let slot = app.member_reads.take(caller.instance);
    let slot = slot.ok_or_else(|| Problem::too_many("readings of members"))?;
    let (export, connection, baseline) = load(&app, &caller, id.0).await?;
    let session = open(&app, &connection)?;
    let clock = AccountClock::read(&session).await.map_err(|error| problem(&error))?;
    let window = filter.window(clock);
    let record = async |format: &'static str, rows: Option<usize>| {
        let what = json!({"format": format, "fromUtc": filter.from_utc, "toUtc": filter.to_utc, "rows": rows});
        let name = Some(export.display_name.as_str().to_owned());
        let seen = Change::read(&id.0.0, name, &what);
        Ok(reads.record(&app.db, &caller.author, Action::ExportReadFeedback, seen).await?)
    };
    let departed = OnceCell::new();
    let reading = Arc::new(Reading {
        app: app.clone(),
        session,
        baseline,
        clock,
        window,
        departed,
        _slot: slot,
    });
    let listing = Listing {
        read: move |after, limit| {
            let reading = reading.clone();
            async move { reading.rows(after, limit).await }
        },
        position: Departed::position,
        csv_header: CSV_HEADER,
        csv_fields: FeedbackView::csv_fields,
    };
    listing.answer(Offer::accepted(&request)?, limit, after, record).await
}

/// An export that the caller may edit, with its connection, and what its list has of it.
async fn load(
    app: &App,
    caller: &Caller<Contributor>,
    id: ExportId,
) -> Result<(Export, Connection, Option<Baseline>), Problem> {
    let mut tx = app.db.read().await?;
    let export = find(&mut tx, caller.instance, id).await?;
    may_edit(&mut tx, caller, export.connection_id).await?;
    let connection = match export.connection_id {
        Some(id) => connections::store::get(&mut tx, caller.instance, id).await?,
        None => None,
    };
    let connection = connection.ok_or_else(|| {
        let detail = "The export has no connection. Attach it to one.";
        Problem::new(ProblemKind::ExportInactive, detail)
    })?;
    if let Some(why) = connection.unusable() {
        return Err(unusable(&why));
    }
    let baseline = baselines::store::get(&mut tx, id, export.list_id.as_str()).await?;
    Ok((export, connection, baseline))
}

/// People who left, read once for all pages of an answer.
struct Reading {
    app: Data<App>,
    session: AccountSession,
    baseline: Option<Baseline>,
    clock: AccountClock,
    window: Window,
    departed: OnceCell<Vec<Departed>>,
    /// Occupied until the last row is sent, or the caller leaves.
    _slot: SharedSlot,
}

impl Reading {
    async fn rows(&self, after: Option<[i64; 2]>, limit: i64) -> Result<Vec<Departed>, Problem> {
        let Some(baseline) = &self.baseline else { return Ok(vec![]) };
        let read = async || {
            let window = self.window.starting_at(after);
            read(&self.app, &self.session, baseline, self.clock, window).await
        };
        let departed = self.departed.get_or_try_init(read).await.map_err(|error| unread(&error))?;
        let rest = departed.iter().filter(|one| after.is_none_or(|after| one.position() > after));
        Ok(rest.take(usize::try_from(limit).unwrap_or(0)).cloned().collect())
    }
}

fn unread(error: &FeedbackError) -> Problem {
    match error {
        FeedbackError::Destination(error) => problem(error),
        FeedbackError::Baseline(baselines::Error::Storage(error)) => read_problem(error),
        FeedbackError::Baseline(error @ baselines::Error::Damaged { .. }) => {
            let detail = format!("Unreadable: {error}. The next run sends every member again.");
            Problem::new(ProblemKind::Unprocessable, detail)
        }
        FeedbackError::TooMany => {
            let detail = "More people left than are read at once. Choose a later `fromUtc`.";
            Problem::new(ProblemKind::Unprocessable, detail)
        }
    }
}

impl FeedbackFilter {
    fn window(&self, clock: AccountClock) -> Window {
        let local = |moment: DateTime<Utc>| clock.local(moment);
        Window { from: self.from_utc.map(local), to: self.to_utc.map(local) }
    }
}

impl From<Departed> for FeedbackView {
    fn from(one: Departed) -> Self {
        let Departed { email, customer_id, state, date_utc, .. } = one;
        Self { email, customer_id, state, date_utc }
    }
}

impl FeedbackView {
    fn csv_fields(self) -> Vec<String> {
        let date = self.date_utc.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        vec![self.email, self.customer_id, self.state.word().to_owned(), date]
    }
}
