//! Alerts that open while their channel is down, and a sender that is killed at every step: while it opens them, and
//! with a message before, at and after each thing that it does. What it had claimed is sent when its lease has ended.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use segment_export::app::App;
use segment_export::{db, sql};
use serde_json::{Value, json};
use uuid::Uuid;

use super::ALLOWED;
use super::steps::{Step, StepReceiver};
use crate::changes_doubt::number;
use crate::support::{TestApp, people};

const ALERTS: usize = 300;
/// How often the sender is killed at each step.
const ROUNDS: usize = 3;

/// A service without a scheduler, with exports whose planned time has passed: each opens an alert.
async fn with_late_exports(receiver: &StepReceiver) -> TestApp {
    let settings = [&ALLOWED[..], &["--roles", "api,worker"]].concat();
    let app = TestApp::start_with(&settings).await;
    let hook = json!({"displayName": "Hook", "kind": "webhook", "url": receiver.url});
    app.post("/channels", &hook).await;
    app.segment("People", &people(1)).await;
    let connection = app.connection().await;
    let daily = json!({"kind": "custom", "active": true, "timezone": "UTC", "cron": ["0 6 * * *"]});
    for _ in 0..ALERTS {
        let export = app.export(&connection).await;
        app.put(&format!("/exports/{export}/schedule"), &daily).await;
    }
    let shared = app.app();
    let mut tx = shared.db.write().await.unwrap();
    let plan = "UPDATE exports SET next_planned_utc = $1";
    let time = db::now() - TimeDelta::hours(2);
    sql!(&mut tx, |db| sqlx::query(plan).bind(time).execute(db).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
    app
}

async fn count(app: &App, statement: &'static str) -> usize {
    usize::try_from(number(app, statement).await).unwrap()
}

/// Kills the process that opens the alerts when it has opened a part of them, and once more when it has opened more.
async fn open_them(app: &mut TestApp, opened: &App) {
    let alerts = "SELECT COUNT(*) FROM alerts";
    for part in 1..=4 {
        app.start_process().await;
        let begun = Instant::now();
        while count(opened, alerts).await < ALERTS * part / 4 {
            assert!(begun.elapsed() < Duration::from_mins(2), "alerts do not open");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        app.kill_process().await;
    }
    assert_eq!(count(opened, alerts).await, ALERTS);
    assert_eq!(count(opened, "SELECT COUNT(*) FROM deliveries").await, ALERTS);
    let distinct = "SELECT COUNT(DISTINCT alert_id) FROM deliveries WHERE status = 'pending'";
    assert_eq!(count(opened, distinct).await, ALERTS, "one message about each, and none is sent");
}

/// Which messages a sender had claimed that was killed, and until when.
async fn claimed(app: &App) -> Vec<(Uuid, db::Time)> {
    let mut tx = app.db.read().await.unwrap();
    let leases = "SELECT id, lease_until FROM deliveries WHERE status = 'pending' AND lease_until IS NOT NULL";
    sql!(&mut tx, |db| sqlx::query_as(leases).fetch_all(db).await).unwrap()
}

async fn tried_at(app: &App, id: Uuid) -> db::Time {
    let mut tx = app.db.read().await.unwrap();
    let tried = "SELECT attempted_utc FROM deliveries WHERE id = $1";
    sql!(&mut tx, |db| sqlx::query_scalar(tried).bind(id).fetch_one(db).await).unwrap()
}

/// There is a message about every alert, and what came twice is the same.
fn check(receiver: &StepReceiver) -> usize {
    let (messages, mut bodies) = (receiver.messages(), BTreeMap::new());
    for (id, body) in &messages {
        assert_eq!(bodies.entry(id).or_insert(body), &body, "byte for byte");
    }
    let alert = |body: &&String| {
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["type"], "alert.opened");
        body["data"]["alertId"].to_string()
    };
    let alerts: BTreeSet<_> = bodies.values().map(alert).collect();
    assert_eq!((bodies.len(), alerts.len()), (ALERTS, ALERTS));
    messages.len() - ALERTS
}

/// `make outbox`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes: `make outbox`"]
async fn alerts_that_open_while_a_channel_is_down_are_told_wherever_their_sender_is_killed() {
    let receiver = StepReceiver::start().await;
    let mut app = with_late_exports(&receiver).await;
    // Down: it accepts connections, and answers nothing.
    receiver.stop_at(Some(Step::Claimed));
    app.stop_service().await;
    let opened = app.open().await;
    open_them(&mut app, &opened).await;
    for step in Step::ALL.repeat(ROUNDS) {
        let reached = receiver.stop_at(Some(step));
        app.start_process().await;
        // Senders that were killed may hold all that is left, for two minutes.
        let there = tokio::time::timeout(Duration::from_mins(3), reached.notified()).await;
        there.unwrap_or_else(|_| panic!("no sender is at {step:?}"));
        app.kill_process().await;
    }
    let left = claimed(&opened).await;
    assert!(!left.is_empty());
    receiver.stop_at(None);
    app.start_process().await;
    let begun = Instant::now();
    let waiting = "SELECT COUNT(*) FROM deliveries WHERE status <> 'delivered'";
    while count(&opened, waiting).await > 0 {
        assert!(begun.elapsed() < Duration::from_mins(5), "messages still wait");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    app.kill_process().await;
    for (id, until) in &left {
        assert!(tried_at(&opened, *id).await >= *until, "{id} was sent while its sender had it");
    }
    println!(
        "{ALERTS} alerts opened while the channel was down and their sender was killed; of {} kills at every step {} \
         left a claim that ended by itself; {} came twice, none is lost",
        Step::ALL.len() * ROUNDS,
        left.len(),
        check(&receiver),
    );
}
