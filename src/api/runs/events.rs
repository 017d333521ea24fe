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

use super::find::peek;
use super::follower::RunFollower;
use super::views::RunView;
use crate::app::App;
use crate::db;
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
/// without an `end` event when the token expires: connect again with a new one. `EventSource` of browsers sends no
/// token: it needs a ticket.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Viewer"])),
    params(
        ("id" = RunId, Path),
        ("Last-Event-ID" = Option<i64>, Header, description = "Id of the last event that you received"),
        (
            "ticket" = Option<String>,
            Query,
            description = "In place of a token, as `POST /runs/{id}/event-ticket` answers it",
            max_length = 100,
            pattern = "^[A-Za-z0-9_.~-]+$",
        ),
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
    follower: RunFollower,
    app: Data<App>,
    reader: Data<RunReader>,
    id: Id<RunId>,
) -> Result<HttpResponse, Problem> {
    peek(&app.db, &reader, follower.instance, id.0).await?;
    let slot = app.event_streams.take(follower.instance).ok_or_else(|| {
        Problem::new(
            ProblemKind::TooManyRequests,
            "Too many callers follow runs at the moment. Try again in 10 seconds, or read the run instead.",
        )
        .retry_after(10)
    })?;
    let seen = last_seen(&follower.request)?;
    let stream = EventStream {
        app,
        reader,
        follower,
        run: id.0,
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
        .streaming(events(stream)))
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

struct EventStream {
    app: Data<App>,
    reader: Data<RunReader>,
    follower: RunFollower,
    run: RunId,
    seen: i64,
    spoke_at: Instant,
    is_over: bool,
    waiting: VecDeque<String>,
    _slot: SharedSlot,
}

fn events(events: EventStream) -> impl Stream<Item = Result<Bytes, Problem>> {
    stream::unfold(events, |mut events| async move {
        let text = events.next().await?;
        Some((Ok(Bytes::from(text)), events))
    })
}

impl EventStream {
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
            if !self.follower.is_still_let_in().await || self.poll().await.is_err() {
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
        let found = peek(&self.app.db, &self.reader, self.follower.instance, self.run).await?;
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
