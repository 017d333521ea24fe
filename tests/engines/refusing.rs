//! A PostgreSQL that is there, and takes nothing: what is answered, and that nothing has to be started again.

use std::time::Duration;

use anyhow::{Result, ensure};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::cluster::Cluster;
use crate::cluster::caller::Caller;
use crate::cluster::processes::Process;
use crate::cluster::runs::PATIENCE;

const DISCONNECT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'segment-export'";

/// Waits until `/readyz` answers with this status.
async fn becomes(api: &Process, status: StatusCode) -> Result<()> {
    let started = Instant::now();
    while api.get("readyz").await?.status() != status {
        ensure!(started.elapsed() < PATIENCE, "not {status}");
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

#[tokio::test]
async fn a_postgresql_that_only_lets_read_is_away_until_it_lets_write_and_then_used_again()
-> Result<()> {
    let cluster = Cluster::start(&[]).await?;
    let api = cluster.play("api", "api").await?;
    let caller = Caller::new(vec![api.port]).await?;
    caller.add_connection("Before").await?;
    let setting = "DATABASE postgres SET default_transaction_read_only";

    // As where a connection ends up on a standby.
    cluster.postgres.execute(&format!("ALTER {setting} = on")).await?;
    cluster.postgres.execute(DISCONNECT).await?;
    becomes(&api, StatusCode::SERVICE_UNAVAILABLE).await?;
    let new = json!({"displayName": "Now", "type": "campaignMonitor", "consent": {"agreed": true}});
    let problem = caller.refusal(503, Method::POST, "/connections", new).await?;
    assert_eq!(problem["errorCode"], "unavailable", "{problem}");
    // What only reads is answered, once no connection is left that was tested in the second before.
    let started = Instant::now();
    while caller.once(Method::GET, "/connections").await?.status() != StatusCode::OK {
        ensure!(started.elapsed() < PATIENCE, "what only reads is not answered");
    }

    cluster.postgres.execute(&format!("BEGIN READ WRITE; ALTER {setting} = off; COMMIT")).await?;
    becomes(&api, StatusCode::OK).await?;
    caller.add_connection("After").await.map(drop)
}
