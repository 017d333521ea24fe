//! From one version to the next with runs in flight, and back; and back to a copy of the database.

use anyhow::{Result, ensure};
use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::Value;
use sqlx::migrate::{Migration, Migrator};
use sqlx::{AssertSqlSafe, PgPool};
use tokio::process::Command;

use crate::cluster::Cluster;
use crate::cluster::caller::Caller;
use crate::cluster::processes::Process;
use crate::cluster::runs::members;
use crate::programs::succeed;

/// Quick to take over, so that the test is short.
const SETTINGS: [(&str, &str); 2] = [("--lease-ms", "2000"), ("--sweep-ms", "250")];
const PROFILES: i64 = 20_000;

/// Starts a run of a new export; the path to look at it.
async fn start_run(caller: &Caller, connection: &str) -> Result<String> {
    let export = caller.add_export("Members", connection, LIST_ID).await?;
    caller.start_run(&export).await
}

/// Leaves a run that a dead worker held in the middle, and one that waits for its turn. Nobody works any more.
async fn leave_runs_in_flight(cluster: &Cluster, caller: &mut Caller) -> Result<[String; 2]> {
    let mut api = cluster.play("api", "api").await?;
    let mut worker = cluster.play("worker", "worker").await?;
    caller.ports = vec![api.port];
    cluster.campaign_monitor.faults(&[]).await?;
    let connection = caller.add_connection("Newsletter").await?;
    caller.add_segment("Members", members(PROFILES)).await?;
    let under_way = start_run(caller, &connection).await?;
    caller.is_under_way(&under_way).await?;
    worker.kill().await?;
    let waiting = start_run(caller, &connection).await?;
    let left = caller.call(Method::GET, &under_way, None).await?;
    assert_eq!((&left["status"], &left["endUtc"]), (&"running".into(), &Value::Null));
    api.terminate().await?;
    Ok([under_way, waiting])
}

/// Makes a database as a program with these migrations alone would have it, with what `from` holds.
async fn make_older_database(from: &str, to: &str, migrations: Vec<Migration>) -> Result<()> {
    let pool = PgPool::connect(to).await?;
    Migrator::with_migrations(migrations).run(&pool).await?;
    let tables: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::text, string_agg(quote_ident(column_name), ',') FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations' GROUP BY table_name",
    )
    .fetch_all(&pool)
    .await?;
    for (table, columns) in tables {
        let copy = format!(
            "psql -q {from} -c '\\copy (SELECT {columns} FROM {table}) TO STDOUT' | \
             PGOPTIONS='-c session_replication_role=replica' psql -q {to} -c '\\copy {table} ({columns}) FROM STDIN'"
        );
        let status = Command::new("bash").args(["-eo", "pipefail", "-c", &copy]).status().await?;
        ensure!(status.success(), "{table} cannot be copied");
    }
    Ok(())
}

/// Starts a process of the service on another database than that of the cluster.
async fn play_on(cluster: &Cluster, database: &str, roles: &str) -> Result<Process> {
    let own = ["--database-url", database, "--roles", roles].map(str::to_owned);
    Process::start(roles, &[&cluster.settings[..], &own].concat()).await
}

/// Makes an empty database beside another; its address.
async fn make_database(beside: &str, name: &str) -> Result<String> {
    let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::raw_sql(create).execute(&PgPool::connect(beside).await?).await?;
    Ok(format!("{}/{name}", beside.strip_suffix("/postgres").unwrap()))
}

/// Processes that know this database, and find Redis empty, carry out the runs in it.
async fn carries_out(
    cluster: &Cluster,
    database: &str,
    caller: &mut Caller,
    runs: &[String],
) -> Result<()> {
    cluster.redis.flush().await?;
    let api = play_on(cluster, database, "api").await?;
    let mut worker = play_on(cluster, database, "worker").await?;
    caller.ports = vec![api.port];
    for run in runs {
        caller.ends_well(run, PROFILES).await?;
    }
    worker.terminate().await
}

#[tokio::test]
async fn an_upgrade_from_any_earlier_schema_carries_out_every_run_that_it_finds() -> Result<()> {
    let cluster = Cluster::start(&SETTINGS).await?;
    let mut caller = Caller::new(vec![]).await?;
    let runs = leave_runs_in_flight(&cluster, &mut caller).await?;
    let now = cluster.postgres.url();
    let migrations: Vec<_> = sqlx::migrate!("./migrations").iter().cloned().collect();
    for known in 1..migrations.len() {
        let older = make_database(&now, &format!("known_{known}")).await?;
        make_older_database(&now, &older, migrations[..known].to_vec()).await?;
        carries_out(&cluster, &older, &mut caller, &runs).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_backup_that_is_restored_goes_on_with_its_open_runs_and_counts_everything_once()
-> Result<()> {
    let cluster = Cluster::start(&SETTINGS).await?;
    let mut caller = Caller::new(vec![]).await?;
    let runs = leave_runs_in_flight(&cluster, &mut caller).await?;
    let now = cluster.postgres.url();
    let backup = tempfile::NamedTempFile::new()?;
    let backup = backup.path().to_string_lossy();
    succeed("pg_dump", &["--format=custom", "--file", &backup, &now], "/").await;
    carries_out(&cluster, &now, &mut caller, &runs).await?;
    let listed = cluster.campaign_monitor.desk.digest(LIST_ID).await?;

    let restored = make_database(&now, "restored").await?;
    succeed("pg_restore", &["--exit-on-error", "--dbname", &restored, &backup], "/").await;
    carries_out(&cluster, &restored, &mut caller, &runs).await?;
    assert_eq!(cluster.campaign_monitor.desk.digest(LIST_ID).await?, listed);
    Ok(())
}

#[tokio::test]
async fn a_program_works_on_a_schema_that_is_newer_than_itself() -> Result<()> {
    let cluster = Cluster::start(&SETTINGS).await?;
    cluster.play("first", "api").await?.terminate().await?;
    let later =
        "ALTER TABLE runs ADD COLUMN later TEXT; ALTER TABLE exports ADD COLUMN later TEXT; \
        CREATE TABLE later (id UUID);
        INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (9999, 'later', TRUE, '\\x00', 0)";
    sqlx::raw_sql(later).execute(&PgPool::connect(&cluster.postgres.url()).await?).await?;

    let (api, _worker) =
        (cluster.play("api", "api").await?, cluster.play("worker", "worker").await?);
    let caller = Caller::new(vec![api.port]).await?;
    let connection = caller.add_connection("Newsletter").await?;
    caller.add_segment("Members", members(PROFILES)).await?;
    let run = start_run(&caller, &connection).await?;
    caller.ends_well(&run, PROFILES).await?;
    Ok(())
}
