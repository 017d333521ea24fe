//! What an export last knew of each of its members: read from its baseline, in the order of that.

use std::sync::Arc;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use futures::TryStreamExt;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Mutex;
use utoipa::{IntoParams, ToSchema};

use super::find::find;
use crate::api::segments::unreadable::read_problem;
use crate::app::App;
use crate::audit::reads::ReadRecorder;
use crate::audit::{Action, Change};
use crate::baselines::{self, Baseline, ListMember, MemberOrigin, MemberState, members_from};
use crate::http::auth::{Caller, Contributor};
use crate::http::body::Id;
use crate::http::download::{Listing, Offer};
use crate::http::paging::{Page, Paging};
use crate::http::problem::{Problem, ProblemDocument, ProblemKind};
use crate::http::query::Query;
use crate::names::{ExportId, RunId};
use crate::slots::SharedSlot;

const CSV_HEADER: &str = "email,customerId,state,origin,runId\r\n";

/// What an export last knew of a member.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KnownMemberView {
    /// As it was sent.
    #[schema(example = "ann@example.com")]
    pub email: String,
    /// Of the profile that was sent.
    #[schema(example = "1001")]
    pub customer_id: String,
    pub state: MemberState,
    pub origin: MemberOrigin,
    /// The last run with an answer about the member.
    pub run_id: RunId,
}

/// Which members to list; all without it.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum MemberGroup {
    /// Campaign Monitor accepted them last.
    OnList,
    /// Campaign Monitor refused them last, because of what they are to the list; or they said no under another address.
    Refused,
    /// They left the segments: this service flagged, deleted or unsubscribed them, or another export keeps them there.
    /// Also old addresses of people who have another one now.
    Left,
}

/// Selects members; without it, all are listed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct KnownMemberFilter {
    /// Only members in these states.
    #[param(inline)]
    state: Option<MemberGroup>,
}

/// Lists what an export last knew of each member.
///
/// Runs keep it for the list that the export has now, as Campaign Monitor answers. The order is of no meaning, and
/// stays. The answer is personal data: the audit records who read it. JSON comes in pages; `Accept: text/csv` or
/// `application/x-ndjson` downloads the complete list. Values that look like formulas are guarded in CSV as in the
/// rejections of a run.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = ["Contributor"])),
    params(("id" = ExportId, Path), KnownMemberFilter, Paging),
    responses(
        (
            status = 200,
            content(
                (Page<KnownMemberView> = "application/json"),
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
            status = 422,
            description = "What was known is missing or damaged: `unprocessable`",
            body = ProblemDocument,
        ),
    ),
)]
#[get("/exports/{id}/members")]
pub async fn list_known_members(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ExportId>,
    filter: Query<KnownMemberFilter>,
    paging: Query<Paging>,
    reads: Data<ReadRecorder>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (limit, after, group) = (paging.limit()?, paging.after()?, filter.state);
    let mut tx = app.db.read().await?;
    let export = find(&mut tx, caller.instance, id.0).await?;
    let baseline = baselines::store::get(&mut tx, id.0, export.list_id.as_str()).await?;
    drop(tx);
    let slot = app.member_reads.take(caller.instance);
    let slot = slot.ok_or_else(|| Problem::too_many("readings of members"))?;
    let record = async |format: &'static str, rows: Option<usize>| {
        let what = json!({"format": format, "state": group, "rows": rows});
        let name = Some(export.display_name.as_str().to_owned());
        let seen = Change::read(&id.0.0, name, &what);
        Ok(reads.record(&app.db, &caller.author, Action::ExportReadMembers, seen).await?)
    };
    let open = Mutex::default();
    let reading = Arc::new(Reading { app: app.clone(), baseline, group, open, _slot: slot });
    let listing = Listing {
        read: move |after, limit| {
            let reading = reading.clone();
            async move { reading.rows(after, limit).await }
        },
        position: |(position, _): &(i64, ListMember)| *position,
        csv_header: CSV_HEADER,
        csv_fields: KnownMemberView::csv_fields,
    };
    listing.answer(Offer::accepted(&request)?, limit, after, record).await
}

/// Members behind a position, which one stream goes through.
struct Reading {
    app: Data<App>,
    baseline: Option<Baseline>,
    group: Option<MemberGroup>,
    open: Mutex<Option<Open>>,
    /// Occupied until the last row is sent, or the caller leaves: each reading has its own part of memory.
    _slot: SharedSlot,
}

/// A stream, where it stands, and what was read ahead.
struct Open {
    after: Option<i64>,
    ahead: std::vec::IntoIter<ListMember>,
    pages: BoxStream<'static, Result<Vec<ListMember>, baselines::Error>>,
}

impl Reading {
    /// Continues where the last rows ended, or begins again.
    async fn rows(
        &self,
        after: Option<i64>,
        limit: i64,
    ) -> Result<Vec<(i64, ListMember)>, Problem> {
        let Some(baseline) = &self.baseline else { return Ok(vec![]) };
        let mut open = self.open.lock().await;
        let mut current = open.take().filter(|open| open.after == after).unwrap_or_else(|| {
            let pages = members_from(&self.app.storage, baseline, after.map_or(0, key));
            Open { after, ahead: vec![].into_iter(), pages }
        });
        let (most, mut rows) = (usize::try_from(limit).unwrap_or(0), Vec::new());
        while rows.len() < most {
            let Some(member) = current.next().await? else { break };
            let position = position(baseline, &member);
            if after.is_none_or(|after| after < position) && self.is_wanted(member.state) {
                rows.push((position, member));
            }
        }
        current.after = rows.last().map(|(position, _)| *position);
        *open = Some(current);
        Ok(rows)
    }

    fn is_wanted(&self, state: MemberState) -> bool {
        use MemberState::{
            Bounced, Deleted, Flagged, HeldBack, OnList, Suppressed, Unconfirmed, Unsubscribed,
        };
        match self.group {
            None => true,
            Some(MemberGroup::OnList) => state == OnList,
            Some(MemberGroup::Refused) => matches!(
                state,
                Unsubscribed | Bounced | Deleted | Suppressed | Unconfirmed | Flagged | HeldBack
            ),
            Some(MemberGroup::Left) => state.is_let_go(),
        }
    }
}

impl Open {
    async fn next(&mut self) -> Result<Option<ListMember>, Problem> {
        loop {
            if let Some(member) = self.ahead.next() {
                return Ok(Some(member));
            }
            let page = self.pages.try_next().await.map_err(|error| unreadable(&error))?;
            let Some(page) = page else { return Ok(None) };
            self.ahead = page.into_iter();
        }
    }
}

/// The key of a member as a number with a sign, in the same order.
fn position(baseline: &Baseline, member: &ListMember) -> i64 {
    (baseline.key(&member.address) ^ (1 << 63)).cast_signed()
}

/// The key at a position.
const fn key(position: i64) -> u64 {
    position.cast_unsigned() ^ (1 << 63)
}

fn unreadable(error: &baselines::Error) -> Problem {
    match error {
        baselines::Error::Storage(error) => read_problem(error),
        baselines::Error::Damaged { .. } => {
            let detail = format!("Unreadable: {error}. The next run sends every member again.");
            Problem::new(ProblemKind::Unprocessable, detail)
        }
    }
}

impl From<(i64, ListMember)> for KnownMemberView {
    fn from((_, member): (i64, ListMember)) -> Self {
        let ListMember { address, customer_id, state, origin, run, .. } = member;
        Self { email: address, customer_id, state, origin, run_id: run }
    }
}

impl KnownMemberView {
    fn csv_fields(self) -> Vec<String> {
        let (state, origin) = (self.state.word().to_owned(), self.origin.word().to_owned());
        vec![self.email, self.customer_id, state, origin, self.run_id.0.to_string()]
    }
}
