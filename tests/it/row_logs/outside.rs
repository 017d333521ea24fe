//! Programs of others read the log: `DuckDB`, and pyarrow by the rules of Spark.

use serde_json::{Value, json};

use super::{FOLDER, check, export_with_log, folder, manifest};
use crate::leavers::csv;
use crate::programs::{python_with, run};
use crate::support::{TestApp, text};

const CONTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");
/// 32 bytes of `k`.
const KEY: &str = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=";
const COLUMNS: [&str; 15] = [
    "identifier",
    "operation",
    "status",
    "status_message",
    "batch_started_at",
    "batch_ended_at",
    "sync_configuration_id",
    "sync_run_id",
    "outcome",
    "code",
    "batch",
    "attempt",
    "trace_id",
    "address_hash",
    "record_payload",
];

/// What a reader says of a folder.
async fn read(reader: &str, package: &str, folder: &str, more: &[&str]) -> Value {
    let python = python_with(package).await.join("python");
    let output =
        run(python, &[["read_row_log.py", reader, folder].as_slice(), more].concat(), CONTRACT)
            .await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{reader}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{reader}: {error}: {said}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn duckdb_and_spark_read_the_log_of_several_runs_as_one_table() {
    let app = TestApp::start_with(&["--row-log-key", KEY]).await;
    app.segment("People", &(csv(0..2_500) + "again,PERSON3@example.com,Riga\nbad,nobody,Riga\n"))
        .await;
    let export = export_with_log(&app, &json!({}), true).await;
    let first = app.ended(&app.start_run(&export).await).await;
    let second = app.ended(&app.start_run(&export).await).await;
    for run in [&first, &second] {
        check(&app, run, &manifest(&app, run).await);
    }
    let all = app.storage().join(FOLDER);
    for (reader, package) in [("duckdb", "duckdb==2.0.1"), ("spark", "pyarrow==26.0.1")] {
        let said = read(reader, package, &all.to_string_lossy(), &[]).await;
        assert_eq!(said["columns"], json!(COLUMNS), "{reader}");
        let expected = json!({"created": 2_500, "updated": 2_500, "duplicate": 2, "invalid": 2});
        assert_eq!(said["outcomes"], expected, "{reader}");
        assert_eq!(said["runs"], 2, "{reader}");
    }
    let instance = app.instance.to_string();
    let said =
        read("hash", "pyarrow==26.0.1", &folder(&app, &first).to_string_lossy(), &[KEY, &instance])
            .await;
    assert_eq!(said["joined"], 2_501, "{said}");
    assert_eq!(said["version"], "1");
    let payload: Value = serde_json::from_str(&text(&said, "payload")).unwrap();
    assert_eq!(payload["EmailAddress"], "person7@example.com");
}
