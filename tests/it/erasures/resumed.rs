//! A worker that dies at any step leaves the rest to another one, and nobody is counted twice.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use segment_export::app::App;
use segment_export::db::ReadHandle;
use segment_export::sandbox::LIST_ID;
use segment_export::sql;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use super::{completed, erase, export, removed, site};
use crate::changes_doubt::number;
use crate::leavers::csv;
use crate::orphans::files_in;
use crate::support::TestApp;

const PEOPLE: usize = 130;

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_whose_workers_are_killed_one_after_the_other_counts_everybody_once() {
    let settings = ["--lease-ms", "400", "--sweep-ms", "50", "--uploads-in-flight", "4"];
    let mut app = TestApp::start_with(&settings).await;
    let mut members = csv(0..PEOPLE);
    for row in 0..PEOPLE {
        writeln!(members, "again{row},person{row}@example.com,Riga").unwrap();
    }
    app.segment("People", &members).await;
    let export = export(&app, "People", &json!({})).await;
    app.ended(&app.start_run(&export).await).await;
    app.stop_service().await;
    app.start_process().await;
    let slow = json!([
        {"match": {"path": "listsforemail"}, "kind": {"latency": {"ms": 15}}},
        {"match": {"path": "subscribers", "method": "DELETE"}, "kind": {"latency": {"ms": 15}}},
    ]);
    app.faults(&slow).await;
    let people: Vec<Value> =
        (0..PEOPLE).map(|row| json!({"email": format!("person{row}@example.com")})).collect();
    let id = erase(&app, &json!(people)).await;
    let mut kills = 0;
    for wait in [120, 300, 450, 600, 750, 900, 1050, 1200, 1500] {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        if app.get(&format!("/erasures/{id}")).await["status"] == "completed" {
            break;
        }
        app.kill_process().await;
        app.start_process().await;
        kills += 1;
    }
    assert!(kills >= 3, "{kills}");
    let done = completed(&app, &id).await;
    let counts = ["lists", "baselines", "uploads", "rejections"].map(|word| removed(&done, word));
    let people = i64::try_from(PEOPLE).unwrap();
    assert_eq!(counts, [people, people, 2 * people, people], "{done:#}");
    assert_eq!(app.active().await, 0, "{LIST_ID}");
}

/// Each transaction about an erasure changes its version first. So many of them are let through: in the next one the
/// process stands still, until it is killed.
const BLOCKADE: [&str; 5] = [
    "CREATE TABLE allowed (changes BIGINT NOT NULL)",
    "INSERT INTO allowed VALUES (1000000)",
    "CREATE VIEW never AS WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted
     WHERE n < 1000000000000) SELECT COUNT(*) AS n FROM counted",
    "CREATE TRIGGER stand_still BEFORE UPDATE OF version ON erasures
     WHEN (SELECT changes FROM allowed) <= 0
     BEGIN UPDATE allowed SET changes = (SELECT n FROM never); END",
    "CREATE TRIGGER count_change AFTER UPDATE OF version ON erasures
     BEGIN UPDATE allowed SET changes = changes - 1; END",
];

async fn change(app: &TestApp, statement: &str) {
    let app = app.open().await;
    let mut tx = app.db.write().await.unwrap();
    let statement = AssertSqlSafe(statement.to_owned());
    sql!(&mut tx, |db| sqlx::query(statement).execute(db).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

async fn allow(app: &TestApp, changes: usize) {
    change(app, &format!("UPDATE allowed SET changes = {changes}")).await;
}

/// Whether the process stands still; false when the erasure was completed before. It is `open` before that: nobody can
/// write then.
async fn stands_still(app: &TestApp, open: &App, id: &str) -> bool {
    let path = format!("/erasures/{id}");
    loop {
        if number(open, "SELECT changes FROM allowed").await == 0 {
            return true;
        }
        if app.get(&path).await["status"] == "completed" {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The receipt without ids and times.
async fn receipt(app: &TestApp, id: &str) -> Value {
    let mut receipt = app.get(&format!("/erasures/{id}/receipt")).await;
    for one in receipt["extensions"]["places"].as_array_mut().unwrap() {
        one["verifiedUtc"] = json!(one["verifiedUtc"].is_string());
    }
    json!([receipt["request_status"], receipt["results_count"], receipt["extensions"]["places"]])
}

/// Removes what a killed worker wrote and did not name: the janitor does so later, and the next person is in it.
fn keep_newest(folder: &Path) {
    let mut files = files_in(folder);
    files.sort_by_key(|file| file.metadata().unwrap().modified().unwrap());
    files.pop();
    for file in &files {
        std::fs::remove_file(file).unwrap();
    }
}

/// The steps of an erasure in their order: each place is searched, emptied and searched once more.
const STEPS: [&str; 11] = [
    "lists",
    "uploads",
    "baselines",
    "rejections",
    "valueProblems",
    "differences",
    "requests",
    "readmissions",
    "feedback",
    "idempotencyAnswers",
    "database",
];

/// The step at which the erasure is.
async fn step(app: &TestApp, id: &str) -> Option<&'static str> {
    let erasure = app.get(&format!("/erasures/{id}")).await;
    STEPS.into_iter().find(|step| site(&erasure, step)["verifiedUtc"].is_null())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_at_any_step_leaves_the_same_receipt_as_one_that_lives() {
    let settings = ["--lease-ms", "400", "--sweep-ms", "50", "--run-pause-ms", "50"];
    let mut app = TestApp::start_with(&settings).await;
    if !matches!(app.app().db.read().await.unwrap(), ReadHandle::Sqlite(_)) {
        return;
    }
    let mut members = String::from("CustomerId,Email,Born\n");
    for row in 0..70 {
        for id in ["", "again"] {
            writeln!(members, "{id}{row},person{row}@example.com,not a day").unwrap();
        }
    }
    app.segment("People", &members).await;
    let born = json!({"mapping": {"email": "Email", "customFields": [{"field": "Born", "key": "birthday"}]}});
    let export = export(&app, "People", &born).await;
    app.ended(&app.start_run(&export).await).await;
    app.stop_service().await;
    for statement in BLOCKADE {
        change(&app, statement).await;
    }
    app.start_process().await;
    let person = |number: usize| json!([{"customerId": number.to_string()}]);
    // The first one removes also what is removed for everybody.
    completed(&app, &erase(&app, &person(0)).await).await;
    let undisturbed = erase(&app, &person(1)).await;
    completed(&app, &undisturbed).await;
    let undisturbed = receipt(&app, &undisturbed).await;
    let mut steps = BTreeSet::new();
    for changes in 1..69 {
        allow(&app, changes).await;
        let open = app.open().await;
        let id = erase(&app, &person(1 + changes)).await;
        if !stands_still(&app, &open, &id).await {
            break;
        }
        steps.extend(step(&app, &id).await);
        app.kill_process().await;
        allow(&app, 1_000_000).await;
        app.start_process().await;
        completed(&app, &id).await;
        assert_eq!(receipt(&app, &id).await, undisturbed, "killed after {changes} changes");
        for folder in ["uploads", "baselines"] {
            keep_newest(&app.storage().join(folder));
        }
    }
    assert_eq!(steps, STEPS.into(), "every step");
}
