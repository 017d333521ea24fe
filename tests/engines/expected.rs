//! A scheduler that is killed: another process notices what was to run, opens an alert, and no heartbeat is sent.

use std::time::Duration;

use anyhow::{Result, ensure};
use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::cluster::Cluster;
use crate::cluster::caller::{Caller, text};
use crate::cluster::runs::{PATIENCE, members};

/// Waits until something at a path is as it should be.
async fn when(caller: &Caller, path: &str, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
    let started = Instant::now();
    loop {
        let found = caller.call(Method::GET, path, None).await?;
        if is_so(&found) {
            return Ok(found);
        }
        ensure!(started.elapsed() < PATIENCE, "{path} never came to that: {found}");
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_run_is_late_although_its_scheduler_was_killed_and_answered_when_another_one_lives()
-> Result<()> {
    let cluster = Cluster::start(&[("--schedule-ms", "100"), ("--alerts-ms", "100")]).await?;
    let (api, _worker) =
        (cluster.play("api", "api").await?, cluster.play("worker", "worker").await?);
    let mut scheduler = cluster.play("scheduler", "scheduler").await?;
    let caller = Caller::new(vec![api.port]).await?;
    let connection = caller.add_connection("Newsletter").await?;
    caller.add_segment("Members", members(3)).await?;
    let export = caller.add_export("Members", &connection, LIST_ID).await?;
    let path = format!("/exports/{export}");
    let daily = json!({"kind": "custom", "active": true, "timezone": "UTC", "cron": ["0 6 * * *"]});
    caller.call(Method::PUT, &format!("{path}/schedule"), Some(daily)).await?;

    // It lives, and acts on a planned time.
    let plan =
        |ago: &str| format!("UPDATE exports SET next_planned_utc = now() - INTERVAL '{ago}'");
    cluster.postgres.execute(&plan("1 second")).await?;
    let expectations = format!("{path}/expectations");
    let is_answered = |found: &Value| found["items"][0]["status"] == "answered";
    when(&caller, &expectations, is_answered).await?;

    scheduler.kill().await?;
    cluster.postgres.execute(&plan("2 hours")).await?;
    // The worker notices it by its own clock, within 20 seconds.
    let alerts =
        when(&caller, "/alerts?status=open", |found| found["items"][0].is_object()).await?;
    let alert = &alerts["items"][0];
    ensure!(alert["kind"] == "runLate" && alert["exportId"] == json!(export), "{alerts}");
    let is_due = |found: &Value| found["items"].to_string().contains("\"status\":\"due\"");
    when(&caller, &expectations, is_due).await?;

    scheduler.start_again().await?;
    let ended = format!("/alerts/{}", text(alert, "alertId")?);
    when(&caller, &ended, |found| found["status"] == "resolved").await?;
    let answered = when(&caller, &expectations, |found| {
        !found["items"].to_string().contains("\"status\":\"due\"")
    });
    let delays = answered.await?["items"].to_string();
    ensure!(delays.contains("\"missedBecause\":null"), "{delays}");
    Ok(())
}
