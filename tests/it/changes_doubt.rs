//! A run of changes whose process dies and that is not resumed: what may have been sent is in doubt, and no more.

use reqwest::Method;
use segment_export::app::App;
use segment_export::sql;
use serde_json::json;

use crate::leavers::{csv, export, person, run};
use crate::support::{TestApp, good, people, until};

const PEOPLE: usize = 12_000;

#[tokio::test(flavor = "multi_thread")]
async fn only_batches_that_can_have_been_in_flight_are_in_doubt_and_they_are_sent_again() {
    let mut app = TestApp::start_with(&["--uploads-in-flight", "2"]).await;
    let export = app.export_of(PEOPLE).await;
    let changes = json!({"sync": {"send": "changes"}});
    let call = app.request("Admin", Method::PATCH, &format!("/exports/{export}")).json(&changes);
    good(call.send().await.unwrap()).await;
    app.ended(&app.start_run(&export).await).await;
    let half = |(row, line): (usize, &str)| match row % 2 {
        1 => line.replace("Riga", "Oslo") + "\n",
        _ => line.to_owned() + "\n",
    };
    app.segment("People", &people(PEOPLE).lines().enumerate().map(half).collect::<String>()).await;
    app.stop_service().await;
    app.start_process().await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 5000}}}])).await;

    let run = app.start_run(&export).await;
    until(async || app.sandbox_says("calls").await["importsNow"] == 2).await;
    app.post(&format!("/runs/{run}/cancel"), &json!({})).await;
    app.kill_process().await;
    app.faults(&json!([])).await;
    app.start_service().await;

    let canceled = app.ended(&run).await;
    let counts = ["updated", "unchanged", "inDoubt", "remaining"];
    let numbers = counts.map(|name| canceled["counts"][name].as_i64().unwrap());
    assert_eq!(numbers, [0, 2_000, 2_000, 8_000], "{canceled}");
    let next = app.ended(&app.start_run(&export).await).await;
    let numbers = counts.map(|name| next["counts"][name].as_i64().unwrap());
    assert_eq!((numbers, &next["fullBecause"]), ([6_000, 6_000, 0, 0], &json!(null)), "{next}");
}

/// Says something to the database that only a fault would.
/// The number that a statement finds.
pub async fn number(app: &App, statement: &'static str) -> i64 {
    let mut tx = app.db.read().await.unwrap();
    sql!(&mut tx, |db| sqlx::query_scalar(statement).fetch_one(db).await).unwrap()
}

pub async fn in_database(app: &TestApp, statement: &'static str) {
    let app = app.open().await;
    let mut tx = app.db.write().await.unwrap();
    sql!(&mut tx, |db| sqlx::query(statement).execute(db).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_in_flight_when_a_run_was_broken_off_for_the_last_time_is_in_doubt() {
    let app = TestApp::start_with(&["--stalls-max", "1"]).await;
    let export = export(&app, "People", 0..3, &json!({"send": "changes"})).await;
    run(&app, &export).await;
    let city = |city: &str| csv(0..3).replace("person0@example.com,Riga", city);
    app.segment("People", &city("person0@example.com,Oslo")).await;
    // The call lands, and what came of it cannot be written.
    in_database(&app, "CREATE UNIQUE INDEX broken ON batches (status) WHERE status = 'successful'")
        .await;
    let broken_off = run(&app, &export).await;
    in_database(&app, "DROP INDEX broken").await;
    assert_eq!(broken_off["status"], "failed", "{broken_off}");
    assert_eq!(broken_off["counts"]["inDoubt"], 1, "{broken_off}");
    app.segment("People", &csv(0..3)).await;

    let next = run(&app, &export).await;

    let counts = ["updated", "unchanged"].map(|name| next["counts"][name].as_i64());
    assert_eq!(counts, [1, 2].map(Some), "{next}");
    assert_eq!(person(&app, 0).await["fields"]["[city]"], json!(["Riga"]));
}
