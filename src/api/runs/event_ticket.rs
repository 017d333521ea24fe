//! Tickets for the events of a run, for `EventSource`.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::find::peek;
use crate::app::App;
use crate::db;
use crate::http::address;
use crate::http::auth::{Caller, TokenBounds, Viewer};
use crate::http::body::Id;
use crate::http::problem::Problem;
use crate::names::RunId;
use crate::runs::reader::RunReader;
use crate::tickets::{EventTicket, TicketSecret, store};

/// An address that opens the events of a run once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventTicketView {
    /// Path and query, below the address of the service.
    url: String,
    /// Until then the stream must be opened. Once open, it lasts as long as your token.
    expires_utc: DateTime<Utc>,
}

/// Issues a ticket for the events of a run.
///
/// For `EventSource`, which cannot send a token: open `url` with it. A ticket works once and for 60 seconds; for
/// another stream, ask for another ticket.
#[utoipa::path(
    tag = "runs",
    security(("bearer" = ["Viewer"])),
    params(("id" = RunId, Path)),
    responses((status = 200, body = EventTicketView)),
)]
#[post("/runs/{id}/event-ticket")]
pub async fn issue_event_ticket(
    caller: Caller<Viewer>,
    app: Data<App>,
    reader: Data<RunReader>,
    id: Id<RunId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    peek(&app.db, &reader, caller.instance, id.0).await?;
    let (secret, now) = (TicketSecret::random(), db::now());
    let bounds =
        TokenBounds::of(&request).ok_or_else(|| anyhow::anyhow!("the token has no end"))?;
    let (expires, key) = (bounds.expires_utc, bounds.key.as_str());
    let ticket = EventTicket::new(&secret, (caller.instance, id.0), (expires, key), now);
    let mut tx = app.db.write().await?;
    store::insert(&mut tx, &ticket).await?;
    tx.commit().await?;
    let run = address::location(caller.instance, "runs", id.0.0);
    let url = format!("{run}/events?ticket={}", secret.as_str());
    Ok(HttpResponse::Ok().json(EventTicketView { url, expires_utc: ticket.expires_utc }))
}
