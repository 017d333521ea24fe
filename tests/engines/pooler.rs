//! `PgBouncer` between the service and PostgreSQL, as managed databases have it: an export goes through in both of its
//! modes, also when a worker is killed in the middle.

use std::process::Stdio;

use anyhow::{Result, ensure};
use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::json;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::cluster::Cluster;
use crate::cluster::caller::Caller;
use crate::cluster::services::{free_port, wait_for};
use crate::programs::{debian_with, run};

const BINARY: &str = env!("CARGO_BIN_EXE_segment-export");
const PROGRAM: &str = "/usr/sbin/pgbouncer";
const PROFILES: i64 = 20_000;
const SETTINGS: [(&str, &str); 4] = [
    ("--lease-ms", "2000"),
    ("--sweep-ms", "250"),
    ("--run-pause-ms", "250"),
    ("--stalls-max", "100"),
];
/// Fewer sessions than the processes have connections, so that these share them.
const FEW_SESSIONS: u32 = 3;
/// As many as all connections of all processes.
const ENOUGH_SESSIONS: u32 = 60;

const PEOPLE: &str = r#"CREATE SCHEMA crm; CREATE TABLE crm.people AS SELECT n AS "CustomerId",
    'p' || n || '@example.com' AS "Email", 'Riga' AS "City" FROM generate_series(1, 20000) n"#;

struct PgBouncer {
    port: u16,
    _process: Child,
    _folder: TempDir,
}

impl PgBouncer {
    /// Without any setting that the service would need, such as `ignore_startup_parameters`.
    async fn start(cluster: &Cluster, pool_mode: &str, sessions: u32) -> Result<Self> {
        debian_with("pgbouncer", PROGRAM).await;
        let (folder, port) = (TempDir::new()?, free_port()?);
        let server = cluster.postgres.port();
        let settings = format!(
            "[databases]\npostgres = host=127.0.0.1 port={server} dbname=postgres user=postgres\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = {pool_mode}\ndefault_pool_size = {sessions}\nmax_client_conn = 500\n"
        );
        std::fs::write(folder.path().join("pgbouncer.ini"), settings)?;
        // It refuses to run as root.
        let script = format!(
            "chmod 755 .; [ $(id -u) = 0 ] && exec setpriv --reuid postgres --regid postgres --clear-groups \
             {PROGRAM} -q pgbouncer.ini; exec {PROGRAM} -q pgbouncer.ini"
        );
        let mut command = Command::new("sh");
        command.args(["-c", &script]).current_dir(folder.path());
        let process = command.stderr(Stdio::null()).kill_on_drop(true).spawn()?;
        wait_for(port).await?;
        Ok(Self { port, _process: process, _folder: folder })
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// What a statement finds in a session of the pool.
    async fn ask(&self, sql: &str) -> Result<String> {
        let output = run("psql", &[&self.url(), "-Atc", sql], "/").await;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

/// Exports a table through the pooler, while a worker is killed in the middle of it.
async fn export_through(cluster: &mut Cluster, pooler: &PgBouncer, pool_mode: &str) -> Result<()> {
    cluster.settings.extend(["--database-url".into(), pooler.url()]);
    cluster.settings.extend(["--database-pool-mode".into(), pool_mode.into()]);
    cluster.postgres.execute(PEOPLE).await?;
    cluster.settings.extend(["--sql-sources".into(), format!("crm={}", pooler.url())]);
    let api = cluster.play("api", "api").await?;
    let mut worker = cluster.play("worker", "worker,scheduler").await?;
    let caller = Caller::new(vec![api.port]).await?;
    let connection = caller.add_connection("Newsletter").await?;
    let table = json!({"kind": "table", "dataSource": "crm", "schema": "crm", "table": "people"});
    let segment = json!({"displayName": "Members", "source": table});
    caller.call(Method::PUT, "/segments/Members", Some(segment)).await?;
    let export = caller.add_export("Members", &connection, LIST_ID).await?;
    cluster.campaign_monitor.faults(&[]).await?;
    let run = caller.start_run(&export).await?;
    caller.is_under_way(&run).await?;
    worker.kill().await?;
    let mut other = cluster.play("another worker", "worker").await?;
    caller.ends_well(&run, PROFILES).await?;
    let listed = cluster.campaign_monitor.desk.digest(LIST_ID).await?;
    ensure!(listed.addresses == PROFILES, "{listed:?}");
    other.terminate().await
}

#[tokio::test]
async fn a_pooler_in_transaction_mode_takes_an_export_to_its_end_and_finds_nothing_left_in_its_sessions()
-> Result<()> {
    let mut cluster = Cluster::start(&SETTINGS).await?;
    let pooler = PgBouncer::start(&cluster, "transaction", FEW_SESSIONS).await?;
    export_through(&mut cluster, &pooler, "transaction").await?;
    let left = "SELECT count(*) || ' ' || current_setting('statement_timeout') FROM pg_prepared_statements";
    for _ in 0..2 * FEW_SESSIONS {
        assert_eq!(pooler.ask(left).await?, "0 0");
    }
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'";
    assert_eq!(pooler.ask(locks).await?, "0");
    Ok(())
}

#[tokio::test]
async fn a_pooler_in_session_mode_takes_an_export_to_its_end() -> Result<()> {
    let mut cluster = Cluster::start(&SETTINGS).await?;
    let pooler = PgBouncer::start(&cluster, "session", ENOUGH_SESSIONS).await?;
    export_through(&mut cluster, &pooler, "session").await
}

#[tokio::test]
async fn a_pooler_in_transaction_mode_that_no_setting_names_ends_the_start() -> Result<()> {
    let cluster = Cluster::start(&[]).await?;
    let pooler = PgBouncer::start(&cluster, "transaction", FEW_SESSIONS).await?;
    let migrate = ["migrate", "--dev", "--database-url", &pooler.url()];
    let output = run(BINARY, &migrate, "/").await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it starts: {said}");
    assert!(said.contains("SEGMENT_EXPORT_DATABASE_POOL_MODE=transaction"), "{said}");
    let tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'";
    assert_eq!(pooler.ask(tables).await?, "0", "nothing was written");
    Ok(())
}
