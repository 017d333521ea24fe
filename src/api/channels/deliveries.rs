//! The log of the messages of a channel, and sending one of them anew.

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse, get, post};
use futures::future::{Ready, ready};
use serde_json::json;
use uuid::Uuid;

use super::find::{find, find_to_change};
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::channels::{Delivery, DeliveryId, DeliveryView, store_deliveries};
use crate::db;
use crate::http::auth::{Admin, Caller};
use crate::http::body::Id;
use crate::http::paging::{Page, Paging};
use crate::http::problem::{Problem, ProblemDocument, ProblemKind};
use crate::http::query::Query;
use crate::names::ChannelId;

/// Lists the messages of a channel, with the outcome of each.
///
/// Newest first. A message that was not accepted is tried ten times within four days.
#[utoipa::path(
    tag = "alerts",
    security(("bearer" = ["Admin"])),
    params(("id" = ChannelId, Path), Paging),
    responses((status = 200, body = Page<DeliveryView>)),
)]
#[get("/channels/{id}/deliveries")]
pub async fn list_deliveries(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ChannelId>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after()?);
    let mut tx = app.db.read().await?;
    find(&mut tx, caller.instance, id.0).await?;
    let rows = store_deliveries::list(&mut tx, id.0, after, limit).await?;
    let page = Page::of(rows, limit, |row: &Delivery| row.id.0, DeliveryView::from);
    Ok(HttpResponse::Ok().json(page))
}

/// The ids in the path of a message.
pub struct DeliveryPath {
    channel: ChannelId,
    delivery: DeliveryId,
}

impl FromRequest for DeliveryPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = |name| request.match_info().get(name).and_then(|id| id.parse::<Uuid>().ok());
        let ids = id("id").zip(id("deliveryId"));
        let path = ids.map(|(channel, id)| Self { channel: channel.into(), delivery: id.into() });
        ready(path.ok_or_else(|| Problem::not_found("message with this id")))
    }
}

/// Sends a message anew.
///
/// With the same id, so that the receiver knows it. It is due at once, with all its tries before it. Nothing changes
/// while it is being tried.
#[utoipa::path(
    tag = "alerts",
    security(("bearer" = ["Admin"])),
    params(("id" = ChannelId, Path), ("deliveryId" = DeliveryId, Path, description = "Id of the message")),
    responses(
        (status = 202, body = DeliveryView),
        (
            status = 409,
            description = "The channel is switched off: `channelInactive`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/channels/{id}/deliveries/{deliveryId}/resend")]
pub async fn resend_delivery(
    caller: Caller<Admin>,
    app: Data<App>,
    ids: DeliveryPath,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let channel = find_to_change(&mut tx, caller.instance, ids.channel).await?;
    if channel.disabled_utc.is_some() {
        let detail = "The channel is switched off, so nothing is sent to it. Switch it on first: `\"active\": true`.";
        return Err(Problem::new(ProblemKind::ChannelInactive, detail));
    }
    let known = store_deliveries::get(&mut tx, channel.id, ids.delivery).await?;
    let known = known.ok_or_else(|| Problem::not_found("message of this channel with this id"))?;
    if !channel.sends_to(known.recipient.as_deref().unwrap_or_default()) {
        return Err(Problem::not_found("message with this id to an address that the channel has"));
    }
    let resent = store_deliveries::resend(&mut tx, known.id, db::now()).await?;
    let change = Change::done(&channel, &json!({"deliveryId": known.id}));
    audit::record(&mut tx, &caller.author, Action::ChannelResend, change).await?;
    tx.commit().await?;
    Ok(HttpResponse::Accepted().json(DeliveryView::from(resent.unwrap_or(known))))
}
