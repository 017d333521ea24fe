//! Who left, as files in a folder of the customer: nobody is missing, nobody is in two files, and no run waits.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::changes_doubt::{in_database, number};
use crate::erasures::{completed, erase};
use crate::feedback::leave;
use crate::leavers::{csv, export, run};
use crate::orphans::files_in;
use crate::programs::{python_with, run as run_program};
use crate::support::{TestApp, good, refused, text, until};

pub const FOLDER: &str = "who-left";
const CONTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");

pub async fn change(app: &TestApp, export: &str, body: Value) -> Value {
    let call = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
    good(call.json(&body).send().await.unwrap()).await
}

/// An export of these people that has run, and writes who left.
pub async fn export_with_files(app: &TestApp, people: std::ops::Range<usize>) -> String {
    let export = export(app, "People", people, &json!({"send": "changes"})).await;
    let feedback = json!({"url": app.storage_url(FOLDER)});
    assert_eq!(change(app, &export, json!({"feedback": feedback})).await["feedback"], feedback);
    run(app, &export).await;
    export
}

/// The same of people of whom these left, with the first file, which has them.
pub async fn export_with_one_file(
    app: &TestApp,
    people: std::ops::Range<usize>,
    left: &[(usize, &str)],
) -> String {
    let export = export_with_files(app, people).await;
    leave(app, left).await;
    run(app, &export).await;
    rows(app, &export, 1).await;
    settled(app, &export).await;
    export
}

pub fn file(app: &TestApp, export: &str, number: usize) -> PathBuf {
    app.storage().join(FOLDER).join(export).join(format!("feedback-{number:08}.parquet"))
}

/// `CustomerId` and state of each row of a file, once it is there.
pub async fn rows(app: &TestApp, export: &str, number: usize) -> Vec<(String, String)> {
    let file = file(app, export, number);
    until(async || file.exists()).await;
    read(&file).into_iter().map(|[_, id, state, _]| (id, state)).collect()
}

/// The rows of a file, as the API shows them.
pub fn read(file: &Path) -> Vec<[String; 4]> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(file).unwrap()).unwrap();
    let mut rows = vec![];
    for batch in reader.build().unwrap().map(Result::unwrap) {
        let dates = batch["dateUtc"].as_primitive::<TimestampMicrosecondType>();
        let value = |name: &str, row: usize| batch[name].as_string::<i32>().value(row).to_owned();
        rows.extend((0..batch.num_rows()).map(|row| {
            let date = chrono::DateTime::from_timestamp_micros(dates.value(row)).unwrap();
            let date = date.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            [value("email", row), value("customerId", row), value("state", row), date]
        }));
    }
    rows
}

pub fn left(people: &[(&str, &str)]) -> Vec<(String, String)> {
    people.iter().map(|(id, state)| ((*id).to_owned(), (*state).to_owned())).collect()
}

/// Waits until everybody who left is in a file.
pub async fn settled(app: &TestApp, export: &str) {
    let open = app.app();
    let select =
        "SELECT COUNT(*) FROM runs JOIN exports ON exports.id = runs.export_id
            LEFT JOIN feedback_files ON feedback_files.export_id = exports.id
        WHERE feedback IS NOT NULL AND end_utc IS NOT NULL AND (seen_utc IS NULL OR end_utc > seen_utc)";
    until(async || number(&open, select).await == 0).await;
    let shown = app.get(&format!("/exports/{export}")).await;
    assert!(!shown["warnings"].to_string().contains("feedbackIncomplete"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_since_the_last_file_is_in_the_next_one_and_nobody_is_in_two() {
    let app = TestApp::start().await;
    let export = export_with_files(&app, 0..8).await;
    settled(&app, &export).await;
    assert!(!file(&app, &export, 1).exists(), "nobody left");
    leave(&app, &[(1, "Unsubscribed"), (2, "Bounced"), (3, "Deleted"), (9, "Unsubscribed")]).await;
    run(&app, &export).await;
    let mut first = rows(&app, &export, 1).await;
    first.sort();
    assert_eq!(first, left(&[("1", "unsubscribed"), ("2", "bounced")]));

    // One leaves now, and another had left before the export knew them.
    leave(&app, &[(4, "Unsubscribed")]).await;
    app.segment("People", &csv(0..10)).await;
    run(&app, &export).await;
    let mut second = rows(&app, &export, 2).await;
    second.sort();
    assert_eq!(second, left(&[("4", "unsubscribed"), ("9", "unsubscribed")]));
    run(&app, &export).await;
    settled(&app, &export).await;
    assert!(!file(&app, &export, 3).exists(), "a run after which nobody left writes nothing");

    let shown = app.get(&format!("/exports/{export}/feedback")).await["items"].clone();
    let shown = shown.as_array().unwrap().iter();
    let shown =
        shown.map(|one| ["email", "customerId", "state", "dateUtc"].map(|of| text(one, of)));
    let mut shown: Vec<_> = shown.collect();
    let mut written = [1, 2].map(|number| read(&file(&app, &export, number))).concat();
    shown.sort();
    written.sort();
    assert_eq!(written, shown, "the files have what the call says");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_written_delays_no_run_and_the_next_file_has_everybody() {
    let app = TestApp::start().await;
    let obstacle = app.storage().join(FOLDER);
    std::fs::create_dir_all(app.storage()).unwrap();
    std::fs::write(&obstacle, "a file where the folder should be").unwrap();
    let export = export_with_files(&app, 0..5).await;
    leave(&app, &[(1, "Unsubscribed")]).await;
    let ended = run(&app, &export).await;
    assert_eq!((&ended["status"], &ended["warnings"]), (&json!("successful"), &json!([])));
    let warning = async || {
        let warnings = app.get(&format!("/exports/{export}")).await["warnings"].clone();
        warnings.as_array().unwrap().iter().find(|one| one["code"] == "feedbackIncomplete").cloned()
    };
    until(async || warning().await.is_some()).await;
    let shown = warning().await.unwrap();
    let message = text(&shown, "message");
    assert!(message.contains(&text(&shown["params"], "cause")), "{shown}");
    assert!(message.contains("the next file has everybody") && !message.contains('@'), "{message}");

    std::fs::remove_file(&obstacle).unwrap();
    leave(&app, &[(2, "Bounced")]).await;
    in_database(&app, "UPDATE feedback_files SET not_before = NULL").await;
    settled(&app, &export).await;
    let mut all = files_in(&obstacle)
        .iter()
        .flat_map(|file| read(file))
        .map(|[_, id, ..]| id)
        .collect::<Vec<_>>();
    all.sort();
    assert_eq!(all, ["1", "2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_process_that_died_is_written_again_with_the_same_people() {
    let app = TestApp::start().await;
    let export = export_with_files(&app, 0..6).await;
    leave(&app, &[(1, "Unsubscribed"), (2, "Bounced")]).await;
    run(&app, &export).await;
    let mut first = rows(&app, &export, 1).await;
    settled(&app, &export).await;
    leave(&app, &[(3, "Unsubscribed")]).await;
    std::fs::remove_file(file(&app, &export, 1)).unwrap();
    // As it was before the file counted.
    in_database(&app, "UPDATE feedback_files SET written = 0, seen_utc = NULL").await;

    let mut again = rows(&app, &export, 1).await;

    first.sort();
    again.sort();
    assert_eq!(again, first);
    assert_eq!(rows(&app, &export, 2).await, left(&[("3", "unsubscribed")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_and_leaves_again_is_told_again() {
    let app = TestApp::start().await;
    let export = export_with_one_file(&app, 0..3, &[(1, "Unsubscribed")]).await;
    in_database(&app, "UPDATE feedback_people SET left_at = left_at - 7200").await;
    run(&app, &export).await;
    assert_eq!(rows(&app, &export, 2).await, left(&[("1", "unsubscribed")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_is_checked_kept_copied_and_switched_off_and_then_everybody_is_told_anew() {
    let app = TestApp::start().await;
    let export = export_with_one_file(&app, 0..3, &[(1, "Unsubscribed")]).await;
    let copy = app.post(&format!("/exports/{export}/duplicate"), &json!({})).await;
    let feedback = json!({"url": app.storage_url(FOLDER)});
    assert_eq!(copy["feedback"], feedback);
    for url in ["file:///etc", "s3://others/left", &app.storage_url("uploads/left")] {
        let call = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
        let call = call.json(&json!({"feedback": {"url": url}})).send().await.unwrap();
        let problem = refused(call, 422).await;
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!("/feedback/url"), &json!("unwritableFolder"))
        );
    }
    assert_eq!(change(&app, &export, json!({"displayName": "Other"})).await["feedback"], feedback);
    assert_eq!(change(&app, &export, json!({"feedback": null})).await["feedback"], Value::Null);
    run(&app, &export).await;
    change(&app, &export, json!({"feedback": feedback})).await;
    assert_eq!(rows(&app, &export, 3).await, left(&[("1", "unsubscribed")]), "under a new name");
    let events = app.get(&format!("/audit-events?objectId={export}")).await.to_string();
    assert!(events.contains(FOLDER), "{events}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_folder_begins_with_everybody() {
    let app = TestApp::start().await;
    let export = export_with_one_file(&app, 0..3, &[(1, "Unsubscribed")]).await;
    let same = format!("{}/", app.storage_url(FOLDER));
    change(&app, &export, json!({"feedback": {"url": same}})).await;
    let other = "moved";
    change(&app, &export, json!({"feedback": {"url": app.storage_url(other)}})).await;
    let folder = app.storage().join(other).join(&export);
    let written = || files_in(&folder);
    until(async || !written().is_empty()).await;
    let told: Vec<_> = written().iter().flat_map(|file| read(file)).collect();
    assert_eq!((told.len(), told[0][1].as_str()), (1, "1"), "{told:?}");
    assert_eq!(
        files_in(&app.storage().join(FOLDER)).len(),
        1,
        "a slash at the end is no other folder"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn when_an_erasure_lets_go_of_an_id_that_a_crowd_shares_the_files_are_looked_at_once_more() {
    let app = TestApp::start().await;
    let shops: Vec<_> = (0..22).map(|shop| format!("Shop{shop}")).collect();
    for shop in &shops {
        app.segment(shop, &format!("CustomerId,Email,City\nn/a,{shop}@example.com,Riga\n")).await;
    }
    let export = export_with_files(&app, 0..1).await;
    change(&app, &export, json!({"segments": shops})).await;
    run(&app, &export).await;
    settled(&app, &export).await;
    let gone = json!([{"email": "Shop1@example.com", "state": "Unsubscribed"}]);
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &gone).await;
    completed(&app, &erase(&app, &json!([{"customerId": "n/a"}])).await).await;
    assert_eq!(rows(&app, &export, 1).await, left(&[("n/a", "unsubscribed")]), "without a run");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_chosen_for_a_file_and_came_back_before_it_was_written_is_told_when_they_leave_again()
 {
    let app = TestApp::start().await;
    let export = export_with_files(&app, 0..4).await;
    settled(&app, &export).await;
    let in_the_way = app.storage().join(FOLDER);
    std::fs::write(&in_the_way, "not a folder").unwrap();
    leave(&app, &[(1, "Unsubscribed"), (2, "Unsubscribed")]).await;
    run(&app, &export).await;
    let path = format!("/exports/{export}");
    let warnings = async || app.get(&path).await["warnings"].to_string();
    until(async || warnings().await.contains("feedbackIncomplete")).await;

    leave(&app, &[(1, "Active")]).await;
    std::fs::remove_file(&in_the_way).unwrap();
    in_database(&app, "UPDATE feedback_files SET not_before = NULL").await;
    assert_eq!(rows(&app, &export, 1).await, left(&[("2", "unsubscribed")]));
    settled(&app, &export).await;
    leave(&app, &[(1, "Unsubscribed")]).await;
    run(&app, &export).await;
    assert_eq!(rows(&app, &export, 2).await, left(&[("1", "unsubscribed")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_is_forgotten_by_the_files_to_come_and_the_receipt_names_those_that_are_there()
 {
    let app = TestApp::start().await;
    let export =
        export_with_one_file(&app, 0..4, &[(1, "Unsubscribed"), (2, "Unsubscribed")]).await;
    let request = json!({"people": [{"email": "person1@example.com"}], "legalBasis": "Article 17", "reference": "7"});
    let id = text(&app.post("/erasures", &request).await, "erasureId");
    let path = format!("/erasures/{id}");
    until(async || app.get(&path).await["status"] == "completed").await;
    let places = app.get(&path).await["places"].as_array().unwrap().clone();
    let place = places.iter().find(|one| one["place"] == "feedback").unwrap();
    assert_eq!((&place["found"], &place["removed"]), (&json!(1), &json!(1)), "{place}");
    assert!(text(place, "remark").contains("Remove the rows there"), "{place}");
    run(&app, &export).await;
    settled(&app, &export).await;
    assert!(!file(&app, &export, 2).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn duckdb_and_spark_read_the_files_as_one_table() {
    let app = TestApp::start().await;
    let export = export_with_files(&app, 0..6).await;
    for (number, people) in [(1, [(1, "Unsubscribed")]), (2, [(2, "Bounced")])] {
        leave(&app, &people).await;
        run(&app, &export).await;
        rows(&app, &export, number).await;
        settled(&app, &export).await;
    }
    let folder = app.storage().join(FOLDER).display().to_string();
    for (reader, package, types) in [
        ("duckdb", "duckdb==2.0.1", ["VARCHAR", "TIMESTAMP WITH TIME ZONE"]),
        ("spark", "pyarrow==26.0.1", ["string", "timestamp[us, tz=UTC]"]),
    ] {
        let python = python_with(package).await.join("python");
        let output = run_program(python, &["read_feedback.py", reader, &folder], CONTRACT).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        let [word, time] = types;
        let columns =
            json!([["email", word], ["customerId", word], ["state", word], ["dateUtc", time]]);
        let left = json!([["1", "unsubscribed"], ["2", "bounced"]]);
        assert_eq!(said, json!({"columns": columns, "left": left}), "{reader}");
    }
}
