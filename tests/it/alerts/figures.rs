//! How soon a message arrives, and that many messages which waited for a channel arrive once each.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use segment_export::{db, sql};
use serde_json::json;
use uuid::Uuid;

use super::receiver::{Receiver, Reply};
use super::{broken_run, channel, start};
use crate::support::{TestApp, text, until};

const MESSAGES: usize = 2000;

#[tokio::test(flavor = "multi_thread")]
async fn the_message_about_a_run_arrives_two_seconds_after_its_end_at_most_in_the_median() {
    let (app, receiver) =
        (TestApp::start_with(&["--channels-allow-private"]).await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    let export = app.export_of(1).await;
    let mut delays = vec![];
    for round in 0..5 {
        let run = broken_run(&app, &export).await;
        receiver.once(2 * round + 1).await;
        let end: DateTime<Utc> = text(&run, "endUtc").parse().unwrap();
        delays.push(db::now() - end);
        app.ended(&app.start_run(&export).await).await;
        receiver.once(2 * round + 2).await;
    }
    delays.sort();
    assert!(delays[2] < TimeDelta::seconds(2), "{delays:?}");
}

/// Copies a message many times, each with an id of its own.
async fn copy(app: &TestApp, delivery: &str) {
    let (app, original) = (app.app(), Uuid::parse_str(delivery).unwrap());
    let mut tx = app.db.write().await.unwrap();
    for _ in 0..MESSAGES {
        let copy = "INSERT INTO deliveries (id, instance_id, channel_id, event, body, status, attempts, next_utc,
                 created_utc)
             SELECT $1, instance_id, channel_id, event, body, 'pending', 0, next_utc, created_utc
             FROM deliveries WHERE id = $2";
        sql!(&mut tx, |db| sqlx::query(copy)
            .bind(Uuid::now_v7())
            .bind(original)
            .execute(db)
            .await
            .map(drop))
        .unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_waited_for_a_channel_arrive_once_each_when_it_is_back() {
    let (app, receiver) = (start().await, Receiver::start());
    let made = channel(&app, "webhook", &receiver).await;
    receiver.answer(Reply::of(503));
    let path = format!("/channels/{}/test", text(&made, "channelId"));
    let tested = app.post(&path, &json!({})).await;
    receiver.answer(Reply::of(200));
    copy(&app, &text(&tested["deliveries"][0], "deliveryId")).await;
    until(async || receiver.received().len() > MESSAGES).await;
    let arrived = receiver.received();
    let ids: BTreeSet<_> = arrived.iter().map(|one| one.header("webhook-id")).collect();
    assert!(ids.len() >= MESSAGES && arrived.len() <= ids.len() + 1, "{}", ids.len());
}
