//! The row log: each row once in the files that the manifest names, whatever dies in between, and sums that are the
//! counts of the run.

mod crashes;
mod outside;
mod unwritable;

use std::collections::BTreeMap;
use std::path::PathBuf;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::leavers::{csv, no_brake};
use crate::support::{TestApp, refused, text, until};

const FOLDER: &str = "row-log";

/// An export of the segment `People`, with a row log, that follows it so. Returns its id.
pub async fn export_with_log(app: &TestApp, sync: &Value, has_payload: bool) -> String {
    let row_log = json!({"url": app.storage_url(FOLDER), "payload": has_payload});
    let new = json!({"displayName": "People to newsletter", "connectionId": app.connection().await, "listId": LIST_ID,
        "segments": ["People"], "sync": sync, "rowLog": row_log,
        "mapping": {"email": "Email", "customFields": [{"field": "City", "key": "city"}]}});
    let made = app.post("/exports", &new).await;
    assert_eq!(made["rowLog"], row_log);
    text(&made, "exportId")
}

/// The folder of a run.
pub fn folder(app: &TestApp, run: &Value) -> PathBuf {
    app.storage().join(FOLDER).join(text(run, "exportId")).join(text(run, "runId"))
}

/// The manifest of an ended run, once it is there.
pub async fn manifest(app: &TestApp, run: &Value) -> Value {
    let file = folder(app, run).join("_manifest.json");
    until(async || file.exists()).await;
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// A row, as far as tests look at it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub identifier: Option<String>,
    pub operation: String,
    pub status: String,
    pub outcome: String,
    pub code: Option<String>,
    pub hash: Option<String>,
}

/// The rows of the files that a manifest names.
pub fn rows(app: &TestApp, run: &Value, manifest: &Value) -> Vec<Row> {
    let folder = folder(app, run);
    let files = manifest["files"].as_array().unwrap().iter();
    let files = files.map(|file| folder.join(text(file, "name")));
    files.flat_map(|file| rows_of(std::fs::File::open(file).unwrap())).collect()
}

fn rows_of(file: std::fs::File) -> Vec<Row> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut rows = vec![];
    for batch in reader.map(Result::unwrap) {
        let value = |name: &str, row: usize| {
            let column = batch.column_by_name(name).unwrap().as_string::<i32>();
            column.is_valid(row).then(|| column.value(row).to_owned())
        };
        rows.extend((0..batch.num_rows()).map(|row| Row {
            identifier: value("identifier", row),
            operation: value("operation", row).unwrap(),
            status: value("status", row).unwrap(),
            outcome: value("outcome", row).unwrap(),
            code: value("code", row),
            hash: value("address_hash", row),
        }));
    }
    rows
}

fn sum(numbers: &Value) -> i64 {
    numbers.as_object().unwrap().values().map(|number| number.as_i64().unwrap()).sum()
}

/// Every profile, and everybody who left.
fn law(run: &Value) -> i64 {
    let count = |count: &Value| count.as_i64().unwrap();
    count(&run["counts"]["selected"]) + count(&run["counts"]["leavers"]["found"])
}

/// Checks that the rows of a manifest are those of its run, each once.
pub fn check(app: &TestApp, run: &Value, manifest: &Value) -> BTreeMap<String, i64> {
    assert_eq!(manifest["complete"], true, "{manifest}");
    assert_eq!(manifest["missingBatches"], json!([]), "{manifest}");
    assert_eq!(manifest["counts"], run["counts"], "{manifest}");
    assert_eq!(sum(&manifest["outcomes"]) + sum(&manifest["withoutRows"]), law(run), "{manifest}");
    let (mut identifiers, mut outcomes) = (BTreeMap::new(), BTreeMap::new());
    for row in rows(app, run, manifest) {
        *identifiers.entry(row.identifier).or_insert(0) += 1;
        *outcomes.entry(row.outcome).or_insert(0) += 1;
    }
    let twice: Vec<_> =
        identifiers.iter().filter(|(id, count)| id.is_some() && **count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let shown: BTreeMap<String, i64> =
        serde_json::from_value(manifest["outcomes"].clone()).unwrap();
    assert_eq!(outcomes, shown);
    let counts = &run["counts"];
    let sum = |words: &[&str]| -> i64 { words.iter().filter_map(|word| outcomes.get(*word)).sum() };
    let counted = |name: &str| counts[name].as_i64().unwrap();
    let on_list = sum(&["created", "updated", "createdOrUpdated"]);
    assert_eq!(on_list, counted("created") + counted("updated"));
    for name in ["rejected", "duplicate", "invalid", "inDoubt"] {
        assert_eq!(sum(&[name]), counted(name), "{name}");
    }
    outcomes
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_each_profile_is_a_row_and_the_sums_are_the_counts() {
    let app = TestApp::start().await;
    let members = "CustomerId,Email,City\n1,ann@example.com,Riga\n2,bob@example.com,Riga\n3,ANN@example.com,Riga\n\
        4,nobody,Riga\n5,gone@example.com,Riga\n";
    app.segment("People", members).await;
    let gone = json!([{"email": "gone@example.com", "state": "Unsubscribed"},
        {"email": "bob@example.com", "state": "Active"}]);
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &gone).await;
    let export = export_with_log(&app, &json!({}), false).await;
    let run = app.ended(&app.start_run(&export).await).await;

    let manifest = manifest(&app, &run).await;

    check(&app, &run, &manifest);
    assert_eq!((&manifest["schema"], &manifest["rows"]), (&json!(1), &json!(5)));
    assert_eq!(manifest["status"], "completedWithErrors");
    let mut rows = rows(&app, &run, &manifest);
    rows.sort();
    let shown = |row: &Row| {
        let id = row.identifier.clone().unwrap_or_default();
        [
            id,
            row.operation.clone(),
            row.status.clone(),
            row.outcome.clone(),
            row.code.clone().unwrap_or_default(),
        ]
    };
    let expected = [
        ["1", "upsert", "success", "createdOrUpdated", ""],
        ["2", "upsert", "success", "createdOrUpdated", ""],
        ["3", "skip", "skipped", "duplicate", "duplicateAddress"],
        ["4", "skip", "skipped", "invalid", "addressMalformed"],
        ["5", "upsert", "failure", "rejected", "unsubscribed"],
    ];
    assert_eq!(rows.iter().map(shown).collect::<Vec<_>>(), expected);
    assert!(rows.iter().all(|row| row.hash.is_none()), "there is no key");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_leave_have_rows_and_those_who_did_not_change_are_counted() {
    let app = TestApp::start().await;
    app.segment("People", &csv(0..10)).await;
    let sync = json!({"send": "changes", "leavers": {"action": "delete"}, "brake": no_brake()});
    let export = export_with_log(&app, &sync, false).await;
    let first = app.ended(&app.start_run(&export).await).await;
    let created = check(&app, &first, &manifest(&app, &first).await);
    assert_eq!(created, [("created".to_owned(), 10)].into());
    app.segment("People", &csv(4..11)).await;

    let run = app.ended(&app.start_run(&export).await).await;

    let manifest = manifest(&app, &run).await;
    let outcomes = check(&app, &run, &manifest);
    assert_eq!(outcomes, [("created".to_owned(), 1), ("deleted".to_owned(), 4)].into());
    assert_eq!(manifest["counts"]["unchanged"], 6);
    assert_eq!(manifest["withoutRows"]["unchanged"], 6, "{manifest}");
    let left = rows(&app, &run, &manifest);
    let left: Vec<_> = left.iter().filter(|row| row.outcome == "deleted").collect();
    let ids: Vec<_> = left.iter().map(|row| row.identifier.clone().unwrap()).collect();
    assert_eq!((ids.len(), left[0].operation.as_str()), (4, "delete"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rows_of_a_run_that_is_cancelled_are_those_it_came_to() {
    let app = TestApp::start_with(&["--uploads-in-flight", "1"]).await;
    app.segment("People", &csv(0..8_000)).await;
    let export = export_with_log(&app, &json!({}), false).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 200}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(1_000)).await;
    app.post(&format!("/runs/{run}/cancel"), &json!({})).await;

    let run = app.ended(&run).await;

    let manifest = manifest(&app, &run).await;
    check(&app, &run, &manifest);
    assert!(manifest["counts"]["remaining"].as_i64() > Some(0), "{manifest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_changed_kept_and_removed_like_any_part_of_an_export() {
    let app = TestApp::start().await;
    app.segment("People", &csv(0..1)).await;
    let export = export_with_log(&app, &json!({}), true).await;
    let path = format!("/exports/{export}");
    let change = async |body: Value| {
        let request = app.request("Admin", Method::PATCH, &path).json(&body);
        crate::support::good(request.send().await.unwrap()).await
    };
    let renamed = change(json!({"displayName": "Renamed"})).await;
    assert_eq!(renamed["rowLog"]["payload"], true);
    let moved = json!({"url": app.storage_url("elsewhere")});
    assert_eq!(change(json!({"rowLog": moved})).await["rowLog"]["payload"], false);
    let copy = app.post(&format!("{path}/duplicate"), &json!({})).await;
    assert_eq!(copy["rowLog"]["url"], moved["url"]);
    assert_eq!(change(json!({"rowLog": null})).await["rowLog"], Value::Null);
    let events = app.get(&format!("/audit-events?objectId={export}")).await.to_string();
    assert!(events.contains("elsewhere") && events.contains("rowLog"), "{events}");
    for url in [
        "file:///etc",
        "s3://others/log",
        &app.storage_url("uploads/log"),
        &app.storage_url("a/../../b"),
    ] {
        let request =
            app.request("Admin", Method::PATCH, &path).json(&json!({"rowLog": {"url": url}}));
        let problem = refused(request.send().await.unwrap(), 422).await;
        assert_eq!(problem["errors"][0]["pointer"], "/rowLog/url", "{problem}");
    }
}
