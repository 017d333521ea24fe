//! Messages on their way: tried again with the same id, given up, sent anew; nothing is lost.

use std::time::Duration;

use reqwest::Method;
use segment_export::sql;
use serde_json::json;
use uuid::Uuid;

use super::receiver::{Receiver, Reply};
use super::{ALLOWED, alerts, broken_run, channel, deliveries, start};
use crate::changes_doubt::in_database;
use crate::support::{TestApp, good, text, until};

/// Makes every message that waits due now.
async fn make_due(app: &TestApp) {
    in_database(app, "UPDATE deliveries SET next_utc = created_utc WHERE status = 'pending'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_not_accepted_is_tried_again_with_the_same_id_until_it_is() {
    let (app, receiver) = (start().await, Receiver::start());
    let made = channel(&app, "webhook", &receiver).await;
    receiver.answer(Reply::of(503));
    broken_run(&app, &app.export_of(1).await).await;
    receiver.once(1).await;
    until(async || deliveries(&app, &made).await[0]["attempts"] == 1).await;
    until(async || deliveries(&app, &made).await[0]["httpStatus"] == 503).await;
    let waiting = &deliveries(&app, &made).await[0];
    assert_eq!(waiting["status"], "pending");
    assert_eq!(waiting["detail"], "the address answered with the status 503");
    receiver.answer(Reply::of(302));
    make_due(&app).await;
    receiver.once(2).await;
    until(async || deliveries(&app, &made).await[0]["httpStatus"] == 302).await;
    receiver.answer(Reply::of(204));
    make_due(&app).await;
    let messages = receiver.once(3).await;
    until(async || deliveries(&app, &made).await[0]["status"] == "delivered").await;
    let ids: Vec<_> = messages.iter().map(|one| one.header("webhook-id").to_owned()).collect();
    assert_eq!(ids, vec![text(&deliveries(&app, &made).await[0], "deliveryId"); 3]);
    assert_eq!(messages[0].text, messages[2].text, "byte for byte");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_message_that_an_alert_is_over_never_comes_before_the_one_that_it_began() {
    let (app, receiver) = (start().await, Receiver::start());
    let made = channel(&app, "webhook", &receiver).await;
    receiver.answer(Reply::of(503));
    let export = app.export_of(1).await;
    broken_run(&app, &export).await;
    receiver.once(1).await;
    until(async || deliveries(&app, &made).await[0]["httpStatus"] == 503).await;
    receiver.answer(Reply::of(204));
    app.faults(&json!([])).await;
    assert_eq!(app.ended(&app.start_run(&export).await).await["status"], "successful");
    until(async || deliveries(&app, &made).await.len() == 2).await;
    let messages = receiver.once(3).await;
    let opened = |index: usize| messages[index].text.contains("alert.opened");
    assert_eq!([0, 1, 2].map(opened), [true, true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_that_the_receiver_asks_for_is_kept() {
    let (app, receiver) = (start().await, Receiver::start());
    let made = channel(&app, "webhook", &receiver).await;
    let headers = vec![("Retry-After", "3600".to_owned())];
    receiver.answer(Reply { headers, ..Reply::of(429) });
    let tested =
        app.post(&format!("/channels/{}/test", text(&made, "channelId")), &json!({})).await;
    let delivery = &tested["deliveries"][0];
    let time =
        |name: &str| delivery[name].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>();
    let pause = time("nextUtc").unwrap() - time("attemptedUtc").unwrap();
    assert_eq!(pause.num_minutes(), 60, "{delivery}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_410_ends_the_channel_until_somebody_switches_it_on() {
    let (app, receiver) = (start().await, Receiver::start());
    let made = channel(&app, "webhook", &receiver).await;
    receiver.answer(Reply::of(410));
    let export = app.export_of(1).await;
    broken_run(&app, &export).await;
    until(async || {
        deliveries(&app, &made).await.first().is_some_and(|one| one["status"] == "failed")
    })
    .await;
    let path = format!("/channels/{}", text(&made, "channelId"));
    let ended = app.get(&path).await;
    assert_eq!(ended["active"], false);
    assert!(text(&ended, "inactiveBecause").contains("410"), "{ended}");
    app.ended(&app.start_run(&export).await).await;
    until(async || alerts(&app).await[0]["status"] == "resolved").await;
    assert_eq!(receiver.received().len(), 1, "nothing more is sent");
    let audit = app.get("/audit-events?action=channel.disable").await;
    assert_eq!(audit["items"][0]["actor"]["subject"], "notifier", "{audit}");

    receiver.answer(Reply::of(200));
    let call = app.request("Admin", Method::PATCH, &path).json(&json!({"active": true}));
    good(call.send().await.unwrap()).await;
    broken_run(&app, &export).await;
    receiver.once(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_sent_anew_with_the_same_id_when_somebody_asks() {
    let (app, receiver) = (start().await, Receiver::start());
    let made = channel(&app, "webhook", &receiver).await;
    let path = format!("/channels/{}", text(&made, "channelId"));
    let tested = app.post(&format!("{path}/test"), &json!({})).await;
    let delivery = &tested["deliveries"][0];
    assert_eq!((&delivery["status"], &delivery["httpStatus"]), (&json!("delivered"), &json!(200)));
    let id = text(delivery, "deliveryId");
    app.post(&format!("{path}/deliveries/{id}/resend"), &json!({})).await;
    let messages = receiver.once(2).await;
    assert_eq!(messages[0].header("webhook-id"), messages[1].header("webhook-id"));
    assert_eq!(messages[0].body()["type"], "channel.tested");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_sender_is_killed_is_sent_by_another_one_with_the_same_id() {
    let receiver = Receiver::start();
    let mut app = start().await;
    let made = channel(&app, "webhook", &receiver).await;
    let export = app.export_of(1).await;
    app.stop_service().await;
    app.start_process().await;
    // The receiver has the message, and the sender never hears so.
    receiver.answer(Reply { takes: Duration::from_secs(5), ..Reply::of(200) });
    broken_run(&app, &export).await;
    until(async || deliveries(&app, &made).await.first().is_some_and(|one| one["attempts"] == 1))
        .await;
    receiver.once(1).await;
    app.kill_process().await;
    receiver.answer(Reply::of(200));
    app.set_extra(&ALLOWED);
    app.start_service().await;
    assert_eq!(deliveries(&app, &made).await[0]["status"], "pending");
    in_database(&app, "UPDATE deliveries SET lease_until = created_utc").await;
    let messages = receiver.once(2).await;
    until(async || deliveries(&app, &made).await[0]["status"] == "delivered").await;
    assert_eq!(messages[0].header("webhook-id"), messages[1].header("webhook-id"));
    assert_eq!(deliveries(&app, &made).await[0]["attempts"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_does_not_answer_keeps_no_other_waiting() {
    let (app, slow, fast) = (start().await, Receiver::start(), Receiver::start());
    slow.answer(Reply { takes: Duration::from_secs(15), ..Reply::of(200) });
    for receiver in [&slow, &fast] {
        let name = receiver.url();
        let new = json!({"displayName": name, "kind": "webhook", "url": receiver.url()});
        app.post("/channels", &new).await;
    }
    let export = app.export_of(1).await;
    for _ in 0..6 {
        broken_run(&app, &export).await;
        app.ended(&app.start_run(&export).await).await;
    }
    until(async || fast.types().last().is_some_and(|last| last == "alert.resolved")).await;
    assert!(slow.received().len() <= 8, "no more at a time");
}

/// Gives another instance ten channels to a receiver, and each of them messages like this one.
async fn another_instance(app: &TestApp, receiver: &Receiver, like: &str) {
    let (other, like) = (Uuid::now_v7(), Uuid::parse_str(like).unwrap());
    for number in 0..10 {
        let new =
            json!({"displayName": format!("C{number}"), "kind": "webhook", "url": receiver.url()});
        let post = app.anonymous(Method::POST, &format!("v1/instances/{other}/channels"));
        let token = TestApp::token_for("Admin", &other.to_string());
        let made = good(post.bearer_auth(token).json(&new).send().await.unwrap()).await;
        let channel = Uuid::parse_str(&text(&made, "channelId")).unwrap();
        for _ in 0..8 {
            let mut tx = app.app().db.write().await.unwrap();
            let copy = "INSERT INTO deliveries (id, instance_id, channel_id, event, body, status, attempts, next_utc,
                     created_utc)
                 SELECT $1, $2, $3, event, body, 'pending', 0, next_utc, created_utc FROM deliveries WHERE id = $4";
            sql!(&mut tx, |db| sqlx::query(copy)
                .bind(Uuid::now_v7())
                .bind(other)
                .bind(channel)
                .bind(like)
                .execute(db)
                .await
                .map(drop))
            .unwrap();
            tx.commit().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn receivers_of_one_instance_that_do_not_answer_keep_no_other_instance_waiting() {
    let (app, slow, fast) = (start().await, Receiver::start(), Receiver::start());
    slow.answer(Reply { takes: Duration::from_secs(15), ..Reply::of(200) });
    let made = channel(&app, "webhook", &fast).await;
    let export = app.export_of(1).await;
    broken_run(&app, &export).await;
    fast.once(1).await;
    let opened = text(&deliveries(&app, &made).await[0], "deliveryId");
    another_instance(&app, &slow, &opened).await;
    until(async || slow.received().len() >= 32).await;
    let (first, begun) = (slow.received().len(), std::time::Instant::now());
    app.ended(&app.start_run(&export).await).await;
    fast.once(2).await;
    assert!(
        first <= 42,
        "{first}: 32 of one instance at a time, and the first ones of ten channels"
    );
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_that_do_not_answer_keep_no_other_channel_of_their_instance_waiting() {
    let (app, slow, fast) = (start().await, Receiver::start(), Receiver::start());
    slow.answer(Reply { takes: Duration::from_secs(15), ..Reply::of(200) });
    for number in 0..6 {
        let name = format!("S{number}");
        let new = json!({"displayName": name, "kind": "webhook", "url": slow.url()});
        app.post("/channels", &new).await;
    }
    for _ in 0..7 {
        let export = app.export_of(1).await;
        broken_run(&app, &export).await;
    }
    // As many as an instance has at a time, and the channels that come later one each.
    until(async || slow.received().len() >= 32).await;
    let begun = std::time::Instant::now();
    channel(&app, "webhook", &fast).await;
    broken_run(&app, &app.export_of(1).await).await;
    fast.once(1).await;
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_send_each_message_once() {
    let (app, receiver) = (start().await, Receiver::start());
    let (neighbour, _) = app.start_neighbour().await;
    let made = channel(&app, "webhook", &receiver).await;
    let export = app.export_of(1).await;
    for _ in 0..5 {
        broken_run(&app, &export).await;
        app.ended(&app.start_run(&export).await).await;
    }
    until(async || alerts(&app).await.iter().all(|alert| alert["status"] == "resolved")).await;
    until(async || deliveries(&app, &made).await.iter().all(|one| one["status"] == "delivered"))
        .await;
    let sent = deliveries(&app, &made).await.len();
    assert_eq!(receiver.received().len(), sent);
    neighbour.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_channel_is_given_up_when_somebody_switches_it_off() {
    let (app, receiver) = (start().await, Receiver::start());
    let made = channel(&app, "webhook", &receiver).await;
    receiver.answer(Reply::of(503));
    let path = format!("/channels/{}", text(&made, "channelId"));
    app.post(&format!("{path}/test"), &json!({})).await;
    assert_eq!(deliveries(&app, &made).await[0]["status"], "pending");
    let off = app.request("Admin", Method::PATCH, &path).json(&json!({"active": false}));
    good(off.send().await.unwrap()).await;
    let given_up = &deliveries(&app, &made).await[0];
    assert_eq!((&given_up["status"], &given_up["nextUtc"]), (&json!("failed"), &json!(null)));
}
