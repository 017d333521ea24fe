//! Channels that accept nothing: the others get a message about it, and what waits for one is measured.

use chrono::TimeDelta;
use reqwest::Method;
use segment_export::upkeep::notifier::check_clock;
use segment_export::{db, sql};
use serde_json::{Value, json};

use super::receiver::{Receiver, Reply};
use super::{alerts, broken_run, channel, deliveries, start};
use crate::changes_doubt::in_database;
use crate::support::{TestApp, good, text, until};

/// A service with a channel that works and one whose receiver answers this status.
async fn with_one_that_fails(status: u16) -> (TestApp, [Receiver; 2], [Value; 2]) {
    let (app, works, fails) = (start().await, Receiver::start(), Receiver::start());
    fails.answer(Reply::of(status));
    let channels = [channel(&app, "webhook", &works).await, channel(&app, "slack", &fails).await];
    (app, [works, fails], channels)
}

/// The kinds of the alerts that a receiver got messages about, with what each message says.
fn told(receiver: &Receiver) -> Vec<(String, String)> {
    let messages = receiver.received();
    let read = |body: Value| (text(&body["data"], "kind"), text(&body, "type"));
    messages.iter().map(|one| read(one.body())).collect()
}

/// A message that was written at a time to come is due now.
async fn make_due(app: &TestApp) {
    in_database(app, "UPDATE deliveries SET next_utc = (SELECT MIN(created_utc) FROM channels)")
        .await;
}

const KIND: &str = "channelNeedsAttention";

#[tokio::test(flavor = "multi_thread")]
async fn the_other_channels_are_told_of_one_that_accepts_nothing_for_a_day_until_it_does() {
    let (app, [works, broken], [_, fails]) = with_one_that_fails(503).await;
    broken_run(&app, &app.export_of(1).await).await;
    works.once(1).await;
    until(async || deliveries(&app, &fails).await[0]["httpStatus"] == 503).await;
    check_clock(&app.app(), db::now() + TimeDelta::hours(23)).await.unwrap();
    assert_eq!(alerts(&app).await.len(), 1, "a day is the limit");
    check_clock(&app.app(), db::now() + TimeDelta::hours(25)).await.unwrap();
    let open = &alerts(&app).await[0];
    let facts = ["kind", "channelId", "subjectName"].map(|name| text(open, name));
    assert_eq!(facts, [KIND, &text(&fails, "channelId"), "slack of tests"]);
    for role in ["Viewer", "Contributor"] {
        let seen = app.request(role, Method::GET, "/alerts").send().await.unwrap();
        let seen = good(seen).await;
        assert_eq!(seen["items"].as_array().unwrap().len(), 1, "channels are for administrators");
    }
    make_due(&app).await;
    works.once(2).await;
    assert_eq!(told(&works)[1], (KIND.to_owned(), "alert.opened".to_owned()));

    broken.answer(Reply::of(200));
    make_due(&app).await;
    until(async || deliveries(&app, &fails).await[0]["status"] == "delivered").await;
    check_clock(&app.app(), db::now()).await.unwrap();
    works.once(3).await;
    assert_eq!(told(&works)[2], (KIND.to_owned(), "alert.resolved".to_owned()));
    assert_eq!(deliveries(&app, &fails).await.len(), 1, "it gets no message about itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_channels_are_told_at_once_of_one_that_is_switched_off_by_its_receiver() {
    let (app, [works, broken], [_, fails]) = with_one_that_fails(410).await;
    broken_run(&app, &app.export_of(1).await).await;
    let path = format!("/channels/{}", text(&fails, "channelId"));
    until(async || app.get(&path).await["active"] == false).await;
    check_clock(&app.app(), db::now()).await.unwrap();
    let body = works.once(2).await[1].body();
    assert_eq!(body["data"]["kind"], KIND, "{body}");
    let said = text(&body["data"], "message");
    assert!(said.contains("because the address answered with the status 410"), "{said}");
    broken.answer(Reply::of(200));
    let tested = app.post(&format!("{path}/test"), &json!({})).await;
    assert_eq!(tested["deliveries"][0]["status"], "delivered", "{tested}");
    check_clock(&app.app(), db::now()).await.unwrap();
    assert_eq!(alerts(&app).await[0]["status"], "open", "it works, and still tells nobody");
    let on = app.request("Admin", Method::PATCH, &path).json(&json!({"active": true}));
    good(on.send().await.unwrap()).await;
    check_clock(&app.app(), db::now()).await.unwrap();
    assert_eq!(alerts(&app).await[0]["status"], "resolved");
}

/// A try that fails now is the tenth of its message, and nothing was accepted for so many hours.
async fn tenth_try_after(app: &TestApp, hours: i64) {
    let shared = app.app();
    let mut tx = shared.db.write().await.unwrap();
    let since = "UPDATE channel_failures SET since_utc = $1";
    let time = db::now() - TimeDelta::hours(hours);
    sql!(&mut tx, |db| sqlx::query(since).bind(time).execute(db).await.map(drop)).unwrap();
    let tries =
        "UPDATE deliveries SET attempts = 9, next_utc = created_utc WHERE status = 'pending'";
    sql!(&mut tx, |db| sqlx::query(tries).execute(db).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_has_accepted_nothing_for_three_days_is_switched_off_with_its_last_message()
{
    for (hours, is_off) in [(71, false), (73, true)] {
        let (app, [works, _], [_, fails]) = with_one_that_fails(503).await;
        broken_run(&app, &app.export_of(1).await).await;
        works.once(1).await;
        until(async || deliveries(&app, &fails).await[0]["httpStatus"] == 503).await;
        tenth_try_after(&app, hours).await;
        until(async || deliveries(&app, &fails).await[0]["status"] == "failed").await;
        let seen = app.get(&format!("/channels/{}", text(&fails, "channelId"))).await;
        assert_eq!(seen["active"], !is_off, "{hours} hours: {seen}");
        let events = app.get("/audit-events?action=channel.disable").await;
        assert_eq!(events["items"].as_array().unwrap().len(), usize::from(is_off));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_somebody_switches_off_is_no_reason_for_an_alert() {
    let (app, [works, _], [_, fails]) = with_one_that_fails(503).await;
    broken_run(&app, &app.export_of(1).await).await;
    works.once(1).await;
    until(async || deliveries(&app, &fails).await[0]["httpStatus"] == 503).await;
    let path = format!("/channels/{}", text(&fails, "channelId"));
    let off = app.request("Admin", Method::PATCH, &path).json(&json!({"active": false}));
    good(off.send().await.unwrap()).await;
    check_clock(&app.app(), db::now() + TimeDelta::hours(25)).await.unwrap();
    assert_eq!(alerts(&app).await.len(), 1);
    let remove = app.request("Admin", Method::DELETE, &path).send().await.unwrap();
    assert_eq!(remove.status(), 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_waits_for_its_next_try_is_measured() {
    let (app, [works, _], [_, fails]) = with_one_that_fails(503).await;
    broken_run(&app, &app.export_of(1).await).await;
    works.once(1).await;
    until(async || deliveries(&app, &fails).await[0]["httpStatus"] == 503).await;
    // The next try lies in the future.
    in_database(&app, "UPDATE deliveries SET next_utc = '2999-01-01 00:00:00+00:00'").await;
    let name = "segment_export_oldest_due_delivery_age_seconds{kind=\"slack\"} ";
    let later = db::now() + TimeDelta::hours(2);
    // Other services of this process set the same gauge, so it is read at once.
    until(async || {
        check_clock(&app.app(), later).await.unwrap();
        let metrics = app.anonymous(Method::GET, "metrics").send().await.unwrap();
        let metrics = metrics.text().await.unwrap();
        let line = metrics.lines().find_map(|line| line.strip_prefix(name));
        line.is_some_and(|age| (7200.0..7300.0).contains(&age.parse::<f64>().unwrap()))
    })
    .await;
}
