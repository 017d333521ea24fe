//! The outbox when its sender is killed, as `kill -9` does, again and again: no message is lost, and one that comes
//! twice has the same id.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rand::RngExt;
use segment_export::app::App;
use segment_export::sql;
use uuid::Uuid;

use super::receiver::{Receiver, Reply};
use super::{ALLOWED, broken_run, channel, deliveries};
use crate::changes_doubt::number;
use crate::support::{TestApp, text, until};

/// Adds so many messages like this one, each about an alert of its own, as if the channel had been down.
async fn queue(app: &App, like: &str, count: usize) -> BTreeSet<String> {
    let (like, mut ids) = (Uuid::parse_str(like).unwrap(), BTreeSet::new());
    for _ in 0..count.div_ceil(1000) {
        let mut tx = app.db.write().await.unwrap();
        for _ in 0..1000.min(count - ids.len()) {
            let id = Uuid::now_v7();
            let copy = "INSERT INTO deliveries (id, instance_id, channel_id, alert_id, event, body, status, attempts,
                     next_utc, created_utc)
                 SELECT $1, instance_id, channel_id, $2, event, body, 'pending', 0, created_utc, created_utc
                 FROM deliveries WHERE id = $3";
            sql!(&mut tx, |db| sqlx::query(copy)
                .bind(id)
                .bind(Uuid::now_v7())
                .bind(like)
                .execute(db)
                .await
                .map(drop))
            .unwrap();
            ids.insert(id.to_string());
        }
        tx.commit().await.unwrap();
    }
    ids
}

/// How many messages wait, and how many of them a sender had claimed. The leases end at once, which takes two minutes
/// elsewhere.
async fn release(app: &App) -> (i64, i64) {
    let mut tx = app.db.write().await.unwrap();
    let count = "SELECT COUNT(*), COUNT(lease_until) FROM deliveries WHERE status = 'pending'";
    let counted = sql!(&mut tx, |db| sqlx::query_as(count).fetch_one(db).await).unwrap();
    let release = "UPDATE deliveries SET lease_until = NULL WHERE status = 'pending'";
    sql!(&mut tx, |db| sqlx::query(release).execute(db).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
    counted
}

/// Queues messages, and kills the sender until it has sent all of them, or so many times.
async fn none_is_lost(count: usize, kills: usize) {
    let receiver = Receiver::start();
    let mut app = TestApp::start_with(&ALLOWED).await;
    let made = channel(&app, "webhook", &receiver).await;
    broken_run(&app, &app.export_of(1).await).await;
    receiver.once(1).await;
    until(async || deliveries(&app, &made).await[0]["status"] == "delivered").await;
    let like = text(&deliveries(&app, &made).await[0], "deliveryId");
    app.stop_service().await;
    let (opened, begun) = (app.open().await, Instant::now());
    let queued = queue(&opened, &like, count).await;
    let queued_in = begun.elapsed();
    receiver.answer(Reply { takes: Duration::from_millis(20), ..Reply::of(204) });
    app.set_extra(&ALLOWED);
    let (mut killed, mut claimed) = (0, 0);
    while killed < kills && release(&opened).await.0 > 0 {
        app.start_process().await;
        tokio::time::sleep(Duration::from_millis(rand::rng().random_range(0..400))).await;
        app.kill_process().await;
        let (_, leased) = release(&opened).await;
        (killed, claimed) = (killed + 1, claimed + leased);
    }
    app.start_process().await;
    let waiting = "SELECT COUNT(*) FROM deliveries WHERE status = 'pending'";
    let started = Instant::now();
    while number(&opened, waiting).await > 0 {
        assert!(started.elapsed() < Duration::from_mins(20), "messages still wait");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    app.kill_process().await;
    check(&receiver, &queued);
    let arrived = receiver.received().len() - 1;
    println!(
        "{count} messages queued in {queued_in:.1?}, delivered in {:.1?} with {killed} kills: {claimed} were claimed \
         when their sender was killed, {} came twice, none is lost",
        begun.elapsed().saturating_sub(queued_in),
        arrived - count,
    );
}

/// Every message has come, and whatever came twice is the same.
fn check(receiver: &Receiver, queued: &BTreeSet<String>) {
    let mut bodies: BTreeMap<String, String> = BTreeMap::new();
    for message in receiver.received().into_iter().skip(1) {
        let id = message.header("webhook-id").to_owned();
        let known = bodies.entry(id).or_insert_with(|| message.text.clone());
        assert_eq!(*known, message.text, "byte for byte");
    }
    assert!(bodies.keys().eq(queued.iter()), "{} of {} came", bodies.len(), queued.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_wait_for_a_channel_are_all_delivered_however_often_their_sender_is_killed() {
    none_is_lost(200, 8).await;
}

/// `make outbox`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes: `make outbox`"]
async fn ten_thousand_messages_are_all_delivered_however_often_their_sender_is_killed() {
    none_is_lost(10_000, 40).await;
}
