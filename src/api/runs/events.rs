//! The events of a run, as a stream that browsers read (`text/event-stream`).
//!
//! The run's row is read twice a second, whichever process executes the run. An event's id is the
//! run's version, so a caller that reconnects with `Last-Event-ID` gets only newer events. A stream ends when its token
//! would no longer be accepted.

use std::collections::VecDeque;
use std::time::Duration;

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, get};
use futures::{Stream, stream};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::find::peek;
use super::views::RunView;
use crate::app::App;
use crate::db;
use crate::http::auth::{self, Caller, Viewer};
use crate::http::body::Id;
use crate::http::problem::{Problem, ProblemKind};
use crate::names::RunId;
use crate::runs::RunStatus;
use crate::runs::reader::RunReader;
use crate::slots::SharedSlot;

const POLL_EVERY: Duration = Duration::from_millis(500);
const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);

/// Follows a run.
///
/// The stream has a `run` event for each change, an `end` event when the run ends, and comments as heartbeats. It ends
/// without an `end` event when the token expires: connect again with a new one.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Viewer"])),
    params(
        ("id" = RunId, Path),
        ("Last-Event-ID" = Option<i64>, Header, description = "Id of the last event that you received"),
    ),
    responses(
        (
            status = 200,
            content(
                (String = "text/event-stream", example = "event: end\nid: 7\ndata: {\"status\":\"successful\"}\n\n"),
            ),
        ),
        (
            status = 429,
            description = "Too many callers follow runs, or too many calls: `tooManyRequests`, `rateLimited`",
            body = crate::http::problem::ProblemDocument,
        ),
    ),
)]
#[get("/runs/{id}/events")]
pub async fn follow_run(
    caller: Caller<Viewer>,
    app: Data<App>,
    reader: Data<RunReader>,
    id: Id<RunId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    peek(&app.db, &reader, caller.instance, id.0).await?;
    let slot = app.event_streams.take(caller.instance).ok_or_else(|| {
        Problem::new(
            ProblemKind::TooManyRequests,
            "Too many callers follow runs at the moment. Try again in 10 seconds, or read the run instead.",
        )
        .retry_after(10)
    })?;
    let seen = last_seen(&request)?;
    let follower = Follower {
        app,
        reader,
        instance: caller.instance,
        run: id.0,
        request,
        seen,
        spoke_at: Instant::now(),
        is_over: false,
        waiting: VecDeque::new(),
        _slot: slot,
    };
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("Cache-Control", "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(events(follower)))
}

/// The id of the last event that a reconnecting caller received; 0 for a new caller.
fn last_seen(request: &HttpRequest) -> Result<i64, Problem> {
    let Some(header) = request.headers().get("Last-Event-ID") else {
        return Ok(0);
    };
    let id = header.to_str().ok().and_then(|text| text.parse().ok()).filter(|id| *id >= 0);
    id.ok_or_else(|| {
        Problem::new(
            ProblemKind::InvalidRequest,
            "`Last-Event-ID` is not valid. Send the id of an event of this run, or leave the header out.",
        )
    })
}

struct Follower {
    app: Data<App>,
    reader: Data<RunReader>,
    instance: Uuid,
    run: RunId,
    /// With the token of the caller.
    request: HttpRequest,
    seen: i64,
    spoke_at: Instant,
    is_over: bool,
    waiting: VecDeque<String>,
    _slot: SharedSlot,
}

fn events(follower: Follower) -> impl Stream<Item = Result<Bytes, Problem>> {
    stream::unfold(follower, |mut follower| async move {
        let text = follower.next().await?;
        Some((Ok(Bytes::from(text)), follower))
    })
}

impl Follower {
    /// The next piece of the stream; `None` at its end.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(text) = self.waiting.pop_front() {
                self.spoke_at = Instant::now();
                return Some(text);
            }
            if self.is_over || self.app.stop.is_cancelled() {
                return None;
            }
            if !auth::is_still_let_in(&self.request).await || self.poll().await.is_err() {
                return None;
            }
            if self.waiting.is_empty() && self.spoke_at.elapsed() >= HEARTBEAT_EVERY {
                self.waiting.push_back(": still here\n\n".into());
            }
            if self.waiting.is_empty() {
                sleep(POLL_EVERY).await;
            }
        }
    }

    async fn poll(&mut self) -> Result<(), Problem> {
        let found = peek(&self.app.db, &self.reader, self.instance, self.run).await?;
        let (version, status) = (found.run.version, found.run.shown_status());
        if version > self.seen {
            self.seen = version;
            self.waiting.push_back(event("run", &RunView::of(found, db::now()))?);
        }
        if status.is_ended() {
            self.is_over = true;
            self.waiting.push_back(end(version, status));
        }
        Ok(())
    }
}

fn event(name: &str, view: &RunView) -> Result<String, Problem> {
    let data = serde_json::to_string(view).map_err(anyhow::Error::new)?;
    Ok(format!("event: {name}\nid: {}\ndata: {data}\n\n", view.version))
}

fn end(version: i64, status: RunStatus) -> String {
    let data = serde_json::json!({"status": status});
    format!("event: end\nid: {version}\ndata: {data}\n\n")
}
