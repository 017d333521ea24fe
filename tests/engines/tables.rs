//! Segments that are tables of a PostgreSQL: read as one snapshot, which outlives the connection, the worker and the
//! rows.

use anyhow::{Result, ensure};
use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::net::TcpListener;
use tokio::time::{Duration, Instant, sleep};

use crate::cluster::Cluster;
use crate::cluster::caller::Caller;
use crate::cluster::processes::Process;
use crate::cluster::runs::PATIENCE;

const SETTINGS: [(&str, &str); 5] = [
    ("--lease-ms", "2000"),
    ("--sweep-ms", "250"),
    ("--run-pause-ms", "250"),
    ("--stalls-max", "100"),
    ("--sql-timeout-ms", "10000"),
];
const PROFILES: i64 = 20_000;

const TABLES: &str = r#"
    CREATE SCHEMA crm;
    CREATE DOMAIN crm.address AS varchar(200);
    CREATE TABLE crm.people ("CustomerId" uuid, "Email" crm.address, "City" text, "Points" numeric,
        "Member" boolean, "Born" date, "Seen" timestamptz, "Left" timestamp);
    INSERT INTO crm.people SELECT gen_random_uuid(), 'person' || n || '@example.com', 'Riga', n / 2.0, true,
        '2001-02-03', '2026-03-01 08:00:00+02', '2026-03-01 06:00:00.25' FROM generate_series(1, 20000) n;
    CREATE VIEW crm."High ""value""" AS SELECT * FROM crm.people;
    CREATE TABLE crm.nested ("CustomerId" text, "Tags" text[]);
    CREATE TABLE crm.twice AS SELECT '1' AS "CustomerId" FROM generate_series(1, 2);
    CREATE TABLE crm.nobody AS SELECT NULL::text AS "CustomerId";
    CREATE TABLE crm.nameless AS SELECT 1 AS id;
    CREATE TABLE crm.wide AS SELECT 0 AS zero, '1' AS "CustomerId";
    CREATE VIEW crm.broken AS SELECT "CustomerId", 1 / zero AS never FROM crm.wide;
    CREATE VIEW crm.long AS SELECT '1' AS "CustomerId", repeat('ž', 600000) AS "Note";
    DO $$ BEGIN EXECUTE (SELECT 'CREATE VIEW crm.heavy AS SELECT ''1'' AS "CustomerId", '
        || string_agg(format('repeat(''x'', 1000000) AS c%s', n), ', ') FROM generate_series(1, 199) n); END $$;
    CREATE VIEW crm.slow AS SELECT *, (SELECT 'x' FROM pg_sleep("Points" * 0 + 0.0005)) AS "Mark" FROM crm.people;
    CREATE ROLE reader LOGIN;
    GRANT USAGE ON SCHEMA crm TO reader;
    GRANT SELECT ON ALL TABLES IN SCHEMA crm TO reader"#;

/// The service with a data source, and the table there.
struct Service {
    cluster: Cluster,
    worker: Process,
    api: Process,
    caller: Caller,
    crm: PgConnection,
}

impl Service {
    async fn start() -> Result<Self> {
        let mut cluster = Cluster::start(&SETTINGS).await?;
        let mut crm = PgConnection::connect(&cluster.postgres.url()).await?;
        crm.execute(sqlx::raw_sql(TABLES)).await?;
        let url = cluster.postgres.url();
        let source = format!("crm={url} reader={}", url.replace("postgres@", "reader@"));
        cluster.settings.extend(["--sql-sources".into(), source]);
        let (api, worker) =
            (cluster.play("api", "api").await?, cluster.play("worker", "worker").await?);
        let caller = Caller::new(vec![api.port]).await?;
        Ok(Self { cluster, worker, api, caller, crm })
    }
}

impl Service {
    /// A segment of all people, and an export of it.
    async fn export(&self, source: &str, table: &str) -> Result<String> {
        let people = segment(source, table);
        let made = self.caller.call(Method::PUT, "/segments/People", Some(people)).await?;
        ensure!(made["memberCount"] == PROFILES, "{made}");
        let connection = self.caller.add_connection("Newsletter").await?;
        let export = self.caller.add_export("People", &connection, LIST_ID).await?;
        self.cluster.campaign_monitor.faults(&[]).await?;
        Ok(export)
    }

    /// Waits until the run says why it waits.
    async fn waits(&self, run: &str, reason: &str) -> Result<()> {
        let started = Instant::now();
        loop {
            let seen = self.caller.call(Method::GET, run, None).await?;
            if seen["reason"]["code"] == reason {
                return Ok(());
            }
            ensure!(started.elapsed() < PATIENCE, "it never waited: {seen}");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

fn segment(source: &str, table: &str) -> Value {
    json!({"displayName": table,
        "source": {"kind": "table", "dataSource": source, "schema": "crm", "table": table}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_exported_as_it_was_when_the_run_began_whatever_crashes_or_changes() -> Result<()>
{
    let mut service = Service::start().await?;
    let people = segment("crm", "High \"value\"");
    let made = service.caller.call(Method::PUT, "/segments/People", Some(people)).await?;
    ensure!(made["memberCount"] == PROFILES, "{made}");
    let types: Vec<_> = made["fields"].as_array().into_iter().flatten().collect();
    let types: Vec<_> = types.iter().filter_map(|field| field["type"].as_str()).collect();
    assert_eq!(types, ["string", "string", "string", "number", "boolean", "date", "date", "date"]);
    let members =
        service.caller.call(Method::GET, "/segments/People/members?limit=1", None).await?;
    let member = &members["items"][0];
    assert_eq!((&member["Member"], &member["Born"]), (&json!("true"), &json!("2001-02-03")));
    assert_eq!(member["Seen"], "2026-03-01T06:00:00Z");
    assert_eq!(member["Left"], "2026-03-01T06:00:00.25");
    let connection = service.caller.add_connection("Newsletter").await?;
    let export = service.caller.add_export("People", &connection, LIST_ID).await?;
    service.cluster.campaign_monitor.faults(&[]).await?;

    let run = service.caller.start_run(&export).await?;
    service.caller.is_under_way(&run).await?;
    service.worker.kill().await?;
    service.crm.execute("TRUNCATE crm.people").await?;
    service.worker.start_again().await?;

    let run = service.caller.ends_well(&run, PROFILES).await?;
    ensure!(run["counts"]["selected"] == PROFILES, "{run}");

    let next = service.caller.start_run(&export).await?;
    let next = service.caller.ended(&next).await?;
    ensure!(next["counts"]["selected"] == 0, "the next run looks again: {next}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_cannot_be_a_segment_is_refused_in_words() -> Result<()> {
    let mut service = Service::start().await?;
    for (source, table, expected) in [
        ("other", "people", "there is no data source \"other\""),
        ("crm", "nothing", "crm.nothing: the table or view was not found"),
        ("crm", "people\"; DROP TABLE crm.people; --", "the table or view was not found"),
        ("crm", "twice", "duplicate CustomerId"),
        ("crm", "nobody", "CustomerId is empty"),
        ("crm", "nameless", "there is no column CustomerId"),
        ("crm", "broken", "SQLSTATE 22012"),
        ("crm", "long", "a row is longer than 1048576 bytes"),
    ] {
        let problem =
            service.caller.refusal(422, Method::PUT, "/segments/People", segment(source, table));
        let problem = problem.await?;
        let message = problem["errors"][0]["message"].as_str().unwrap_or_default();
        ensure!(message.contains(expected), "{table}: {problem}");
    }
    let nested = Some(segment("crm", "nested"));
    let nested = service.caller.call(Method::PUT, "/segments/Nested", nested).await?;
    let why = nested["fields"][1]["unmappable"].as_str().unwrap_or_default();
    ensure!(why.contains("cannot be read as text"), "a column of lists stays there: {nested}");
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM crm.people").fetch_one(&mut service.crm).await?;
    ensure!(count == PROFILES, "the table is as it was");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_a_table_that_is_too_long_is_refused_without_being_read() -> Result<()> {
    let service = Service::start().await?;
    let before = service.api.memory("VmRSS")?;
    service.api.forget_peak()?;
    let heavy = segment("crm", "heavy");
    let problem = service.caller.refusal(422, Method::PUT, "/segments/People", heavy).await?;
    ensure!(problem.to_string().contains("a row is longer than 1048576 bytes"), "{problem}");
    let above = service.api.memory("VmHWM")?.saturating_sub(before);
    ensure!(above < 32 << 20, "one row of 199 MB took {above} bytes of memory");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_locked_holds_a_run_up_until_it_is_free_and_a_caller_only_for_moments()
-> Result<()> {
    let service = Service::start().await?;
    let export = service.export("crm", "people").await?;
    let lock = "LOCK TABLE crm.people IN ACCESS EXCLUSIVE MODE";
    let _lock = service.cluster.postgres.hold(lock, 600).await?;

    let run = service.caller.start_run(&export).await?;
    service.waits(&run, "storageUnavailable").await?;
    let register = segment("crm", "people");
    service.caller.refusal(503, Method::PUT, "/segments/Others", register).await?;

    service.cluster.postgres.let_go().await?;
    service.caller.ends_well(&run, PROFILES).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_source_that_ends_the_copy_or_refuses_the_login_holds_a_run_up_and_no_more()
-> Result<()> {
    let mut service = Service::start().await?;
    let export = service.export("reader", "slow").await?;
    let run = service.caller.start_run(&export).await?;
    let copying = "FROM pg_stat_activity WHERE usename = 'reader' AND query LIKE 'FETCH FORWARD%'";
    service.cluster.postgres.until(&format!("SELECT 1 {copying}")).await?;
    service.crm.execute("ALTER ROLE reader NOLOGIN").await?;

    let end = format!("SELECT pg_terminate_backend(pid) {copying}");
    service.crm.execute(AssertSqlSafe(end)).await?;
    service.waits(&run, "storageRefused").await?;
    service.crm.execute("ALTER ROLE reader LOGIN").await?;

    let run = service.caller.ends_well(&run, PROFILES).await?;
    ensure!(run["counts"]["selected"] == PROFILES, "{run}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_source_that_accepts_and_says_nothing_holds_a_caller_up_for_moments() -> Result<()> {
    let mut cluster = Cluster::start(&SETTINGS).await?;
    let silent = TcpListener::bind("127.0.0.1:0").await?;
    let source = format!("crm=postgres://reader@{}/crm", silent.local_addr()?);
    cluster.settings.extend(["--sql-sources".into(), source]);
    let api = cluster.play("api", "api").await?;
    let caller = Caller::new(vec![api.port]).await?;

    let refusal =
        caller.refusal(503, Method::PUT, "/segments/People", segment("crm", "people")).await?;
    ensure!(refusal.to_string().contains("data source \\\"crm\\\""), "{refusal}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_source_that_was_taken_out_of_the_settings_fails_a_run_and_says_so() -> Result<()> {
    let mut service = Service::start().await?;
    let export = service.export("crm", "people").await?;
    service.worker.kill().await?;
    let settings = &mut service.cluster.settings;
    let named = settings.iter().position(|setting| setting == "--sql-sources").unwrap();
    settings.drain(named..named + 2);
    let _worker = service.cluster.play("worker 2", "worker").await?;

    let run = service.caller.ended(&service.caller.start_run(&export).await?).await?;

    ensure!(run["reason"]["code"] == "storageRefused", "{run}");
    let message = run["reason"]["message"].as_str().unwrap_or_default();
    ensure!(message.contains("no data source \"crm\""), "{run}");
    Ok(())
}
