//! The test button of a channel: sends a message at once, and says what came of it.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::find::find_to_change;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::channels::{Channel, Delivery, DeliveryView, LEASE, Notice, send, store_deliveries};
use crate::db;
use crate::http::auth::{Admin, Caller};
use crate::http::body::Id;
use crate::http::problem::Problem;
use crate::names::ChannelId;

/// What came of a test.
#[derive(Serialize, ToSchema)]
pub struct ChannelTestView {
    /// The message; of an e-mail channel one for each address.
    deliveries: Vec<DeliveryView>,
}

/// Tests a channel.
///
/// Sends a message that says that it is a test, and waits until it was accepted or not: at most a minute. A message
/// that was not accepted is tried again like any other; of a channel that is switched off it is not.
#[utoipa::path(
    tag = "alerts",
    security(("bearer" = ["Admin"])),
    params(("id" = ChannelId, Path)),
    responses((status = 200, body = ChannelTestView)),
)]
#[post("/channels/{id}/test")]
pub async fn test_channel(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ChannelId>,
) -> Result<HttpResponse, Problem> {
    let (mut tx, now) = (app.db.write().await?, db::now());
    let channel = find_to_change(&mut tx, caller.instance, id.0).await?;
    let notice = Notice::test(caller.instance, channel.display_name.as_str(), now);
    let added = store_deliveries::enqueue(&mut tx, &channel, &notice, Some(LEASE), now).await?;
    let change = Change::done(&channel, &json!({"messages": added.len()}));
    audit::record(&mut tx, &caller.author, Action::ChannelTest, change).await?;
    tx.commit().await?;
    let tried = added.into_iter().map(|delivery| tried(&app, &channel, delivery));
    let deliveries = futures::future::try_join_all(tried).await?;
    Ok(HttpResponse::Ok().json(ChannelTestView { deliveries }))
}

async fn tried(app: &App, channel: &Channel, delivery: Delivery) -> Result<DeliveryView, Problem> {
    send(app, channel, &delivery).await?;
    let mut tx = app.db.read().await?;
    let settled = store_deliveries::get(&mut tx, channel.id, delivery.id).await?;
    Ok(DeliveryView::from(settled.unwrap_or(delivery)))
}
