//! PostgreSQL with roles that may only add to the audit, made by the statements of docs/OPERATIONS.md.

use anyhow::Result;
use clap::Parser;
use segment_export::audit::retention;
use segment_export::config::Config;
use segment_export::db::{self, DatabaseLimits, Db, PoolMode};
use segment_export::sandbox::LIST_ID;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::cluster::caller::Caller;
use crate::cluster::runs::members;
use crate::programs::{run, succeed};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/OPERATIONS.md");
const BINARY: &str = env!("CARGO_BIN_EXE_segment-export");

#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    config: Config,
}

/// The statements of the page.
fn typed() -> Result<String> {
    let page = std::fs::read_to_string(PAGE)?;
    let (_, section) = page.split_once("\n### Keep it from being changed\n").unwrap();
    let section = section.split("\n#").next().unwrap_or_default();
    let lines = section.lines().filter_map(|line| line.strip_prefix("    "));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// Whether a role may run a statement; what it does is undone.
async fn may(url: &str, statement: &str) -> bool {
    let script = format!("BEGIN; {statement}; ROLLBACK;");
    let arguments = ["-q", "-v", "ON_ERROR_STOP=1", url, "-c", &script];
    let output = run("psql", &arguments, "/").await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() || is_refused(&said), "{statement}: {said}");
    output.status.success()
}

fn is_refused(said: &str) -> bool {
    ["permission denied", "must be owner"].iter().any(|refusal| said.contains(refusal))
}

/// Removes every event as retention does, as a role.
async fn expire(url: &str) -> Result<u64> {
    let limits = DatabaseLimits {
        connections: 1,
        wait: Duration::from_secs(5),
        statement: Duration::from_secs(5),
        pool_mode: PoolMode::Session,
    };
    let config = Settings::try_parse_from(["engines", "--dev"])?.config.check()?;
    let db = Db::connect(url, None, limits).await?.with_keys(config.data.keys()?);
    let mut tx = db.write().await?;
    let removed = retention::remove_expired(&mut tx, db::now(), 1000).await?;
    tx.commit().await?;
    Ok(removed)
}

#[tokio::test]
async fn the_service_works_with_roles_that_may_only_add_to_the_audit() -> Result<()> {
    let mut cluster = Cluster::start(&[]).await?;
    let owner = cluster.postgres.url();
    succeed(BINARY, &["migrate", "--dev", "--database-url", &owner], "/").await;
    cluster.postgres.execute(&typed()?).await?;
    let as_role = |role: &str| owner.replace("postgres@", &format!("{role}@"));
    let (app, upkeep) = (as_role("segment_app"), as_role("segment_upkeep"));
    let settings = cluster.settings.clone();
    let mut as_app = settings.clone();
    as_app.extend(["--database-url".into(), app.clone()]);
    cluster.settings = as_app;
    let (api, _worker) =
        (cluster.play("api", "api").await?, cluster.play("worker", "worker").await?);
    let mut as_upkeep = settings;
    as_upkeep.extend(["--database-url".into(), upkeep.clone()]);
    cluster.settings = as_upkeep;
    let mut scheduler = cluster.play("scheduler", "scheduler").await?;

    let caller = Caller::new(vec![api.port]).await?;
    let connection = caller.add_connection("Newsletter").await?;
    caller.add_segment("Members", members(10)).await?;
    let export = caller.add_export("Members", &connection, LIST_ID).await?;
    let started = caller.start_run(&export).await?;
    caller.ends_well(&started, 10).await?;
    caller.lines(&format!("{started}/rejections")).await?;
    scheduler.still_runs()?;

    for table in ["audit_events", "audit_chain"] {
        let column = if table == "audit_events" { "actor_name" } else { "hash" };
        let (change, remove) =
            (format!("UPDATE {table} SET {column} = 'x'"), format!("DELETE FROM {table}"));
        assert!(!may(&app, &change).await && !may(&app, &remove).await, "{table}");
        assert!(!may(&upkeep, &change).await && may(&upkeep, &remove).await, "{table}");
        for role in [&app, &upkeep] {
            assert!(!may(role, &format!("TRUNCATE {table}")).await, "{table}");
            assert!(!may(role, &format!("DROP TABLE {table}")).await, "{table}");
        }
    }
    assert!(expire(&app).await.is_err());
    let verify = ["audit", "verify", "--dev", "--database-url", &app];
    succeed(BINARY, &verify, "/").await;
    assert!(expire(&upkeep).await? > 5);
    succeed(BINARY, &verify, "/").await;
    Ok(())
}
