//! Endpoint of the members of a segment: the first ones, to inspect. `upload.rs` replaces them.

use std::sync::Arc;

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::IntoParams;

use super::find::find;
use super::unreadable::read_problem;
use super::views::MembersView;
use crate::app::App;
use crate::audit::reads::ReadRecorder;
use crate::audit::{Action, Change};
use crate::http::auth::{Caller, Contributor};
use crate::http::body::Name;
use crate::http::problem::{Problem, ProblemKind};
use crate::http::query::Query;
use crate::segments::{Segment, SegmentName, check_open};
use crate::storage::{self, WantedColumns};

const MEMBERS_DEFAULT: usize = 100;
const MEMBERS_MAX: usize = 1000;
/// Of long members fewer are shown: the answer ends after the page with which it has so many bytes of JSON.
const ANSWER_BYTES: usize = 4 << 20;

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
/// The answer is personal data: use it to check whether the segment has the right people. The audit records who read
/// it.
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
        (
            status = 429,
            description = "Too many readings of members at a time, or too many calls: `tooManyRequests`, `rateLimited`",
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
    reads: Data<ReadRecorder>,
) -> Result<HttpResponse, Problem> {
    let limit = first.limit.unwrap_or(MEMBERS_DEFAULT);
    if !(1..=MEMBERS_MAX).contains(&limit) {
        return Err(Problem::new(
            ProblemKind::InvalidCursor,
            format!("`limit` must be from 1 to {MEMBERS_MAX}."),
        ));
    }
    let segment = find(&mut app.db.read().await?, caller.instance, &name.0).await?;
    let slot = app.member_reads.take(caller.instance);
    let slot = slot.ok_or_else(|| Problem::too_many("readings of members"))?;
    let reading = first_members(&app, &segment, limit);
    let items = storage::holding(Arc::new(slot), reading).await?;
    let (name, what) = (&segment.name, json!({"rows": items.len()}));
    let seen = Change::read(&name.as_str(), Some(segment.display_name.as_str().to_owned()), &what);
    reads.record(&app.db, &caller.author, Action::SegmentReadMembers, seen).await?;
    Ok(HttpResponse::Ok().json(MembersView { items }))
}

async fn first_members(
    app: &App,
    segment: &Segment,
    limit: usize,
) -> Result<Vec<Box<RawValue>>, Problem> {
    let (Some(manifest), Some(fields)) = (&segment.manifest, &segment.fields) else {
        return Ok(vec![]);
    };
    check_open(app, segment).map_err(|error| read_problem(&error))?;
    let readable = fields.items.iter().filter(|field| field.is_mappable());
    let names: Arc<[String]> = readable.map(|field| field.name.clone()).collect();
    let mut pages =
        app.storage.pages(Arc::new(manifest.0.clone()), WantedColumns::of(names.clone()));
    let (mut members, mut bytes) = (Vec::new(), 0);
    while members.len() < limit {
        let Some(page) = pages.try_next().await.map_err(|error| read_problem(&error))? else {
            break;
        };
        let wanted = page.num_rows().min(limit - members.len());
        for row in 0..wanted {
            let member = Member { page: &page, row, names: &names };
            let member = to_raw_value(&member).map_err(anyhow::Error::from)?;
            bytes += member.get().len();
            members.push(member);
        }
        if bytes > ANSWER_BYTES {
            break;
        }
    }
    Ok(members)
}

/// One member, written from the columns of its page.
struct Member<'a> {
    page: &'a RecordBatch,
    row: usize,
    names: &'a [String],
}

impl Serialize for Member<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = self.page.columns().iter().map(|column| value(column, self.row));
        serializer.collect_map(self.names.iter().zip(values))
    }
}

fn value(column: &ArrayRef, row: usize) -> Option<&str> {
    let texts = column.as_string::<i32>();
    texts.is_valid(row).then(|| storage::without_mark(texts.value(row)).0)
}
