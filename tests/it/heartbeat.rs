//! The heartbeat: sent as long as the service does its work, and only then.

use std::time::Duration;

use chrono::TimeDelta;
use segment_export::upkeep::heartbeat::obstacle;
use segment_export::{db, sql};

use crate::alerts::ALLOWED;
use crate::alerts::receiver::Receiver;
use crate::support::{TestApp, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_is_sent_as_long_as_the_service_does_its_work() {
    let receiver = Receiver::start();
    let url = format!("--heartbeat-url={}", receiver.url());
    let app =
        TestApp::start_with(&[ALLOWED.as_slice(), &[&url, "--heartbeat-seconds=1"]].concat()).await;
    receiver.once(2).await;
    assert_eq!(receiver.received()[0].text, "{}", "nothing of the service is told");
    assert_eq!(obstacle(&app.app().db, db::now()).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_beside_a_dead_scheduler_sends_no_heartbeat() {
    let receiver = Receiver::start();
    let url = format!("--heartbeat-url={}", receiver.url());
    let settings = [ALLOWED.as_slice(), &[&url, "--heartbeat-seconds=1", "--roles", "api,worker"]];
    let app = TestApp::start_with(&settings.concat()).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(receiver.received().is_empty(), "no scheduler has ever lived");
    let why = obstacle(&app.app().db, db::now()).await.unwrap().unwrap();
    assert!(why.contains("no scheduler"), "{why}");
}

/// The row of a process that is as if it had said so at this time.
async fn as_if_at(app: &TestApp, time: db::Time) {
    let shared = app.app();
    let mut tx = shared.db.write().await.unwrap();
    let statement = "UPDATE processes SET scheduled_utc = $1, notified_utc = $1, seen_utc = $1";
    sql!(&mut tx, |db| sqlx::query(statement).bind(time).execute(db).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_still_or_is_overdue_stops_the_heartbeat_and_a_clock_ahead_starts_none() {
    let app = TestApp::start().await;
    let (shared, now) = (app.app(), db::now());
    until(async || obstacle(&shared.db, db::now()).await.unwrap().is_none()).await;
    let later = now + TimeDelta::minutes(10);
    let why = |found: Option<&'static str>| found.unwrap_or_default();
    assert!(why(obstacle(&shared.db, later).await.unwrap()).contains("no scheduler"));
    as_if_at(&app, later + TimeDelta::minutes(2)).await;
    assert!(why(obstacle(&shared.db, later).await.unwrap()).contains("no scheduler"), "ahead");
    as_if_at(&app, later).await;
    assert_eq!(obstacle(&shared.db, later).await.unwrap(), None);
    let export = app.export_of(1).await;
    let daily = serde_json::json!({"kind": "custom", "cron": ["0 6 * * *"], "timezone": "UTC"});
    app.put(&format!("/exports/{export}/schedule"), &daily).await;
    let tomorrow = now + TimeDelta::hours(25);
    as_if_at(&app, tomorrow).await;
    assert!(why(obstacle(&shared.db, tomorrow).await.unwrap()).contains("planned time"));
}
