//! Runs in which nothing changed since one that had nothing to do: they find the same and read no row, unless anything
//! that decides has changed.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Method;
use segment_export::baselines::{Settled, store, store_settled};
use segment_export::names::ExportId;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::changes::baseline_objects;
use crate::changes_doubt::in_database;
use crate::erasures::{completed, erase};
use crate::feedback::{bring_everybody_back, leave, readmit};
use crate::leavers::{csv, export, run};
use crate::origins::{deletes, put_on_list};
use crate::removed_fields::{create, remove};
use crate::support::{TestApp, good, text, until};

/// Three pages.
const PEOPLE: usize = 2_500;
/// So many people are kept by the plan of a run that reads no row, once this is planted.
const MARK: usize = 7;

/// Plants it in what is kept of the last run that had nothing to do.
async fn plant_mark(app: &TestApp, export: &str) {
    let (app, id) = (app.open().await, ExportId(export.parse().unwrap()));
    let mut tx = app.db.write().await.unwrap();
    let baseline = store::get(&mut tx, id, LIST_ID).await.unwrap().unwrap();
    let kept = store_settled::get(&mut tx, &baseline).await.unwrap();
    let mut kept: Settled = kept.expect("the run keeps what it found");
    kept.plan.kept = MARK;
    store_settled::put(&mut tx, id, LIST_ID, &kept).await.unwrap();
    tx.commit().await.unwrap();
}

/// Whether a run shows the mark, and so has read no row.
fn has_read_nothing(run: &Value) -> bool {
    run["counts"]["leavers"]["kept"] == MARK
}

/// Runs the export until the next run would read no row, and plants the mark.
async fn settle(app: &TestApp, export: &str) {
    run(app, export).await;
    let idle = run(app, export).await;
    assert_eq!(idle["status"], "successful", "{idle}");
    plant_mark(app, export).await;
    let repeated = run(app, export).await;
    assert!(has_read_nothing(&repeated), "{repeated}");
}

/// An export that deletes who left, of which the next run would read no row.
async fn settled(app: &TestApp) -> String {
    let export = export(app, "People", 0..PEOPLE, &deletes("changes")).await;
    settle(app, &export).await;
    export
}

/// The next run, which reads every row.
async fn run_that_reads(app: &TestApp, export: &str, why: &str) -> Value {
    let run = run(app, export).await;
    assert!(!has_read_nothing(&run), "{why}: {run}");
    run
}

fn outcome(run: &Value) -> [i64; 3] {
    ["created", "updated", "unchanged"].map(|name| run["counts"][name].as_i64().unwrap())
}

async fn change(app: &TestApp, export: &str, patch: &Value) {
    let call = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
    good(call.json(patch).send().await.unwrap()).await;
}

/// Some members of an object.
fn some(of: &Value, names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| of[*name].clone()).collect()
}

/// What a run shows of itself, but for ids and times.
async fn shown(app: &TestApp, run: &Value) -> Vec<Vec<Value>> {
    let path = format!("/runs/{}", text(run, "runId"));
    let plan = app.get(&format!("{path}/plan")).await;
    let batches = app.get(&format!("{path}/batches")).await;
    let receipt = app.get(&format!("{path}/receipt")).await;
    assert_eq!(batches["items"].as_array().unwrap().len(), 1, "{batches}");
    let numbers = ["new", "changed", "changedAddresses", "unchanged", "leavers", "kept", "limits"];
    vec![
        some(run, &["status", "reason", "counts", "warnings", "fullBecause", "fieldWarnings"]),
        some(&plan, &numbers),
        some(&plan, &["returning", "calls", "estimatedSeconds", "hash", "approval"]),
        some(&batches["items"][0], &["number", "rows", "status", "unchanged", "updated"]),
        some(&receipt, &["status", "counts", "answers", "read", "mapping", "sync"]),
        vec![receipt["list"]["after"]["people"].clone()],
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_reads_no_row_shows_what_one_shows_that_read_them() {
    let app = TestApp::start().await;
    put_on_list(&app, 0, "Active").await;
    let export = export(&app, "People", 0..PEOPLE, &deletes("changes")).await;
    run(&app, &export).await;
    app.segment("People", &csv(1..PEOPLE)).await;

    let read = run(&app, &export).await;
    let people = i64::try_from(PEOPLE).unwrap() - 1;
    assert_eq!((outcome(&read), &read["counts"]["leavers"]["kept"]), ([0, 0, people], &json!(1)));
    let repeated = run(&app, &export).await;
    assert_eq!(shown(&app, &repeated).await, shown(&app, &read).await);

    plant_mark(&app, &export).await;
    let marked = run(&app, &export).await;
    assert!(has_read_nothing(&marked), "{marked}");
    assert_eq!(outcome(&marked), [0, 0, people]);
    app.segment("People", &csv(1..PEOPLE)).await;
    assert!(has_read_nothing(&run(&app, &export).await), "the same people in another file");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_rows_are_read() {
    let app = TestApp::start().await;
    let export = settled(&app).await;
    let all = csv(0..PEOPLE);
    let moved = all.replace("person2499@example.com,Riga", "person2499@example.com,Oslo");
    for (people, outcomes, why) in [
        (moved.clone(), [0, 1, 2_499], "somebody in the last page moved"),
        (moved + "new,new@example.com,Riga\n", [1, 0, 2_500], "somebody is new"),
        (all.clone(), [0, 1, 2_499], "they moved back, and somebody left"),
        (csv((0..PEOPLE).rev()), [0, 0, 2_500], "the order is another one"),
    ] {
        app.segment("People", &people).await;
        let run = run_that_reads(&app, &export, why).await;
        assert_eq!(outcome(&run), outcomes, "{why}: {run}");
        settle(&app, &export).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_settings_are_followed() {
    let app = TestApp::start().await;
    let export = settled(&app).await;
    let brake = json!({"sync": {"brake": {"removals": {"count": 9, "percent": 9}}}});
    for (patch, because) in [
        (brake, json!(null)),
        (json!({"sync": {"verify": "sample"}}), json!(null)),
        (json!({"sync": {"resubscribe": "ourRemovals"}}), json!(null)),
        (json!({"mapping": {"nullWords": ["Oslo"]}}), json!("mappingChanged")),
        (json!({"sync": {"resubscribe": "always"}}), json!("mappingChanged")),
    ] {
        change(&app, &export, &patch).await;
        let run = run_that_reads(&app, &export, &patch.to_string()).await;
        assert_eq!(run["fullBecause"], because, "{run}");
        settle(&app, &export).await;
    }
    remove(&app, "city").await;
    create(&app, "city", "MultiSelectOne", &["Riga", "Oslo"]).await;
    let other = run_that_reads(&app, &export, "the field of the list is another one").await;
    assert_eq!(other["fullBecause"], "mappingChanged");

    settle(&app, &export).await;
    let full = app.post(&format!("/exports/{export}/runs"), &json!({"full": true})).await;
    let full = app.ended(&text(&full, "runId")).await;
    assert_eq!((&full["fullBecause"], outcome(&full)), (&json!("requested"), [0, 2_500, 0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_do_to_the_list_or_ask_for_is_noticed() {
    let app = TestApp::start().await;
    let first = settled(&app).await;
    let second = export(&app, "Others", 9_000..9_010, &deletes("changes")).await;
    run(&app, &second).await;
    run_that_reads(&app, &first, "another export sent people to the list").await;

    settle(&app, &first).await;
    let erasure = erase(&app, &json!([{"email": "somebody@example.com"}])).await;
    completed(&app, &erasure).await;
    run_that_reads(&app, &first, "somebody was erased").await;

    settle(&app, &first).await;
    let gone: Vec<_> = (0..2_000).map(|person| (person, "Deleted")).collect();
    leave(&app, &gone).await;
    let few = run_that_reads(&app, &first, "most were deleted at the list").await;
    assert!(few["warnings"].to_string().contains("fewOnList"), "{few}");
    assert_eq!(outcome(&few), [0, 0, 2_500], "{few}");

    app.order(Method::DELETE, &format!("lists/{LIST_ID}/subscribers"), &json!(null)).await;
    let emptied = run_that_reads(&app, &first, "the list was emptied").await;
    assert_eq!(emptied["fullBecause"], "listEmptied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_that_is_over_counts() {
    let app = TestApp::start().await;
    put_on_list(&app, 3, "Unsubscribed").await;
    put_on_list(&app, 4, "Unsubscribed").await;
    let export = settled(&app).await;
    put_on_list(&app, 9_999, "Active").await;
    assert!(has_read_nothing(&run(&app, &export).await), "nobody whom the list refused joined");
    put_on_list(&app, 3, "Active").await;
    let back = run_that_reads(&app, &export, "somebody joined by another way").await;
    assert_eq!(outcome(&back), [0, 1, 2_499]);

    bring_everybody_back(&app, &export).await;
    run(&app, &export).await;
    settle(&app, &export).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    readmit(&app, &export, 4).await;
    let readmitted = run_that_reads(&app, &export, "somebody was readmitted").await;
    assert_eq!(readmitted["counts"]["unchanged"], 2_499, "{readmitted}");
}

/// The only object of the baseline.
fn object(app: &TestApp) -> PathBuf {
    let [object] = baseline_objects(app).try_into().unwrap();
    object
}

#[tokio::test(flavor = "multi_thread")]
async fn a_baseline_that_is_damaged_or_lost_is_noticed_by_the_next_run() {
    for is_lost in [false, true] {
        let app = TestApp::start().await;
        let export = settled(&app).await;
        let object = object(&app);
        let mut bytes = std::fs::read(&object).unwrap();
        bytes[200] ^= 1;
        if is_lost {
            std::fs::remove_file(&object).unwrap();
        } else {
            std::fs::write(&object, bytes).unwrap();
        }
        let lost = run_that_reads(&app, &export, "the baseline cannot be read").await;
        assert_eq!((&lost["fullBecause"], outcome(&lost)), (&json!("baselineLost"), [0, 2_500, 0]));
        settle(&app, &export).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_after_one_that_may_have_sent_somebody_reads_the_rows() {
    let app = TestApp::start().await;
    let export = settled(&app).await;
    app.post("/instance/pause", &json!({"note": "Wait."})).await;
    let id = app.start_run(&export).await;
    in_database(&app, "UPDATE runs SET sent_until = 100 WHERE status = 'queued'").await;
    app.post("/instance/resume", &json!({})).await;
    let ended = app.ended(&id).await;
    assert!(!has_read_nothing(&ended), "{ended}");
    assert_eq!((&ended["status"], outcome(&ended)), (&json!("successful"), [0, 0, 2_500]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_reads_no_row_ends_as_ever_after_a_crash() {
    let mut app = TestApp::start().await;
    let export = settled(&app).await;
    app.restart_with(&["--lease-ms", "1000"]).await;
    app.stop_service().await;
    app.start_process().await;
    app.faults(&json!([{"match": {"path": "lists"}, "kind": {"latency": {"ms": 1500}}}])).await;
    let id = app.start_run(&export).await;
    let is_sent = |run: &Value| run["counts"]["unchanged"] == PEOPLE && run["endUtc"].is_null();
    app.run_when(&id, is_sent).await;
    app.kill_process().await;
    app.start_service().await;
    let ended = app.ended(&id).await;
    assert!(ended["attempt"].as_i64() > Some(1), "{ended}");
    assert_eq!((&ended["status"], outcome(&ended)), (&json!("successful"), [0, 0, 2_500]));
    app.faults(&json!([])).await;
    until(async || app.active().await == i64::try_from(PEOPLE).unwrap()).await;
    settle(&app, &export).await;
}
