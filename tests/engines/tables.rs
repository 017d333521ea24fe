//! Segments that are tables of a PostgreSQL: read as one snapshot, which outlives the connection, the worker and the rows.

use anyhow::{Result, ensure};
use reqwest::Method;
use segment_export::campaign_monitor::sandbox::LIST_ID;
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection};

use crate::cluster::Cluster;
use crate::cluster::caller::Caller;
use crate::cluster::processes::Process;

const SETTINGS: [(&str, &str); 3] =
    [("--lease-ms", "2000"), ("--sweep-ms", "250"), ("--stalls-max", "100")];
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
    CREATE VIEW crm.broken AS SELECT "CustomerId", 1 / zero AS never FROM crm.wide"#;

/// The service with a data source, and the table there.
struct Service {
    cluster: Cluster,
    worker: Process,
    _api: Process,
    caller: Caller,
    crm: PgConnection,
}

impl Service {
    async fn start() -> Result<Self> {
        let mut cluster = Cluster::start(&SETTINGS).await?;
        let mut crm = PgConnection::connect(&cluster.postgres.url()).await?;
        crm.execute(sqlx::raw_sql(TABLES)).await?;
        let source = format!("crm={}", cluster.postgres.url());
        cluster.settings.extend(["--sql-sources".into(), source]);
        let (api, worker) =
            (cluster.play("api", "api").await?, cluster.play("worker", "worker").await?);
        let caller = Caller::new(vec![api.port]).await?;
        Ok(Self { cluster, worker, _api: api, caller, crm })
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
    assert_eq!(member["Left"], "2026-03-01T06:00:00.25Z");
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
        ("crm", "nothing", "crm.nothing: there is no such table or view"),
        ("crm", "people\"; DROP TABLE crm.people; --", "there is no such table or view"),
        ("crm", "nested", "column \"Tags\" is nested or binary"),
        ("crm", "twice", "this CustomerId came before"),
        ("crm", "nobody", "CustomerId is empty"),
        ("crm", "nameless", "there is no column CustomerId"),
        ("crm", "broken", "SQLSTATE 22012"),
    ] {
        let problem =
            service.caller.refusal(422, Method::PUT, "/segments/People", segment(source, table));
        let problem = problem.await?;
        let message = problem["errors"][0]["message"].as_str().unwrap_or_default();
        ensure!(message.contains(expected), "{table}: {problem}");
    }
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM crm.people").fetch_one(&mut service.crm).await?;
    ensure!(count == PROFILES, "the table is as it was");
    Ok(())
}
