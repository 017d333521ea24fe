//! Runs that send only what has changed, and the baseline that every run keeps.

use std::path::PathBuf;

use reqwest::Method;
use segment_export::sandbox::{LIST_ID, OTHER_LIST_ID};
use serde_json::{Value, json};

use crate::support::{TestApp, good, people, text, until};

/// Sends the newsletter what has changed.
async fn send_changes(app: &TestApp, export: &str) {
    change(app, export, &json!({"sync": {"send": "changes"}})).await;
}

async fn change(app: &TestApp, export: &str, patch: &Value) -> Value {
    let call = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
    good(call.json(patch).send().await.unwrap()).await
}

async fn run(app: &TestApp, export: &str) -> Value {
    app.ended(&app.start_run(export).await).await
}

/// Calls that sent anything to the newsletter, and records that it stored.
async fn sent(app: &TestApp) -> (u64, u64) {
    let says = app.sandbox_says("calls").await;
    let answers = says["calls"]["POST /subscribers/{id}/import"].as_object();
    let calls = answers.map_or(0, |answers| answers.values().filter_map(Value::as_u64).sum());
    (calls, says["lists"][LIST_ID]["totalImported"].as_u64().unwrap())
}

fn counts(run: &Value, names: &[&str]) -> Vec<i64> {
    names.iter().map(|name| run["counts"][name].as_i64().unwrap()).collect()
}

/// Created, updated, unchanged.
fn outcome(run: &Value) -> Vec<i64> {
    counts(run, &["created", "updated", "unchanged"])
}

/// The people, with another city for these rows.
fn moved(rows: usize, who: &[usize]) -> String {
    let mut csv = people(rows);
    for row in who {
        let line = |city: &str| format!("\n{row},person{row}@example.com,{city}\n");
        csv = csv.replace(&line("Riga"), &line("Oslo"));
    }
    csv
}

pub fn baseline_objects(app: &TestApp) -> Vec<PathBuf> {
    let all = walkdir::WalkDir::new(app.storage().join("baselines")).into_iter();
    let files = all.filter_map(Result::ok).map(walkdir::DirEntry::into_path);
    files.filter(|path| path.is_file()).collect()
}

async fn known(app: &TestApp, export: &str, query: &str) -> Vec<Value> {
    let found = app.get(&format!("/exports/{export}/members?limit=200{query}")).await;
    found["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_run_sends_all_then_only_what_changed_in_full_calls_and_nothing_costs_no_call() {
    let app = TestApp::start().await;
    let export = app.export_of(5_000).await;
    send_changes(&app, &export).await;

    let first = run(&app, &export).await;
    assert_eq!(
        (&first["fullBecause"], &first["sync"]["send"]),
        (&json!("firstRun"), &json!("changes"))
    );
    assert_eq!(outcome(&first), [5_000, 0, 0], "{first}");
    let before = sent(&app).await;

    let second = run(&app, &export).await;
    assert_eq!((&second["status"], &second["fullBecause"]), (&json!("successful"), &json!(null)));
    assert_eq!(outcome(&second), [0, 0, 5_000], "{second}");
    assert_eq!(sent(&app).await, before, "it cost a call");

    let who = [7, 1_500, 3_333, 4_999];
    app.segment("People", &moved(5_000, &who)).await;
    let preview = app.post(&format!("/exports/{export}/preview"), &json!({})).await;
    let plan = ["new", "changed", "unchanged", "calls", "usable"].map(|name| preview[name].clone());
    assert_eq!(plan, [0, 4, 4_996, 1, 5_000].map(|number| json!(number)), "{preview}");
    let third = run(&app, &export).await;
    assert_eq!(outcome(&third), [0, 4, 4_996], "{third}");
    assert_eq!(sent(&app).await, (before.0 + 1, before.1 + 4), "one call has all four pages");
    let batches = app.get(&format!("/runs/{}/batches", text(&third, "runId"))).await;
    let batch = &batches["items"][0];
    let numbers = ["rows", "updated", "unchanged"].map(|name| batch[name].as_i64().unwrap());
    assert_eq!((numbers, batches["items"].as_array().unwrap().len()), ([5_000, 4, 4_996], 1));

    let full = app.post(&format!("/exports/{export}/runs"), &json!({"full": true})).await;
    let full = app.ended(&text(&full, "runId")).await;
    assert_eq!(full["fullBecause"], "requested");
    assert_eq!(outcome(&full), [0, 5_000, 0], "{full}");
    assert_eq!(outcome(&run(&app, &export).await), [0, 0, 5_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_new_is_sent_and_many_changes_fill_several_calls() {
    let app = TestApp::start().await;
    let export = app.export_of(4_000).await;
    send_changes(&app, &export).await;
    run(&app, &export).await;
    let before = sent(&app).await;
    let who: Vec<_> = (0..4_000).filter(|row| row % 4 == 1).collect();
    let csv = moved(4_000, &who) + "new,new@example.com,Riga\n";
    app.segment("People", &csv).await;
    let next = run(&app, &export).await;
    assert_eq!(outcome(&next), [1, 1_000, 3_000], "{next}");
    assert_eq!(sent(&app).await, (before.0 + 2, before.1 + 1_001));
    assert_eq!(outcome(&run(&app, &export).await), [0, 0, 4_001]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_mapping_sends_only_the_records_that_it_touches_and_the_run_says_why_it_looked() {
    let app = TestApp::start().await;
    let csv = "CustomerId,Email,City,Name\n1,ann@example.com,Riga,Ann\n2,bob@example.com,Oslo,\n\
               3,cid@example.com,,Cid\n";
    app.segment("People", csv).await;
    let export = app.export(&app.connection().await).await;
    send_changes(&app, &export).await;
    run(&app, &export).await;

    change(&app, &export, &json!({"mapping": {"name": "Name"}})).await;
    let named = run(&app, &export).await;
    assert_eq!(named["fullBecause"], "mappingChanged");
    assert_eq!(outcome(&named), [0, 2, 1], "Bob has no name: {named}");
    let again = run(&app, &export).await;
    assert_eq!((outcome(&again), &again["fullBecause"]), (vec![0, 0, 3], &json!(null)));

    change(&app, &export, &json!({"mapping": {"nullWords": ["Oslo"]}})).await;
    let words = run(&app, &export).await;
    assert_eq!((outcome(&words), &words["fullBecause"]), (vec![0, 1, 2], &json!("mappingChanged")));
    assert_eq!(outcome(&run(&app, &export).await), [0, 0, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_list_gets_everybody_and_the_one_before_is_still_known() {
    let app = TestApp::start().await;
    app.segment("People", &people(10)).await;
    let export = app.export(&app.connection().await).await;
    send_changes(&app, &export).await;
    change(&app, &export, &json!({"mapping": {"customFields": []}})).await;
    assert_eq!(outcome(&run(&app, &export).await), [10, 0, 0]);

    change(&app, &export, &json!({"listId": OTHER_LIST_ID})).await;
    let other = run(&app, &export).await;
    assert_eq!((outcome(&other), &other["fullBecause"]), (vec![10, 0, 0], &json!("firstRun")));
    change(&app, &export, &json!({"listId": LIST_ID})).await;
    assert_eq!(outcome(&run(&app, &export).await), [0, 0, 10]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_by_a_state_is_sent_again_only_when_the_record_changes_and_others_always() {
    let app = TestApp::start().await;
    let csv = |city: &str| {
        format!("CustomerId,Email,City\n1,ann@example.com,Riga\n2,left@example.com,{city}\n")
    };
    app.segment("People", &csv("Riga")).await;
    let gone = json!([{"email": "left@example.com", "state": "Deleted"}]);
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &gone).await;
    let export = app.export(&app.connection().await).await;
    send_changes(&app, &export).await;

    let first = run(&app, &export).await;
    assert_eq!(counts(&first, &["created", "rejected"]), [1, 1]);
    let second = run(&app, &export).await;
    assert_eq!((outcome(&second), &second["status"]), (vec![0, 0, 2], &json!("successful")));
    let refused = known(&app, &export, "&state=refused").await;
    assert_eq!((refused.len(), &refused[0]["state"]), (1, &json!("deleted")));

    app.segment("People", &csv("Oslo")).await;
    let third = run(&app, &export).await;
    assert_eq!(counts(&third, &["rejected", "unchanged"]), [1, 1]);

    change(&app, &export, &json!({"sync": {"resubscribe": "always"}})).await;
    let back = run(&app, &export).await;
    assert_eq!(counts(&back, &["rejected", "unchanged"]), [0, 1], "{back}");
    assert_eq!(app.active().await, 2);
    assert_eq!(outcome(&run(&app, &export).await), [0, 0, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_in_another_case_is_sent_and_a_duplicate_is_not_unchanged() {
    let app = TestApp::start().await;
    let csv = "CustomerId,Email,City\n1,ann@example.com,Riga\n2,ANN@example.com,Oslo\n";
    app.segment("People", csv).await;
    let export = app.export(&app.connection().await).await;
    send_changes(&app, &export).await;
    run(&app, &export).await;
    let again = run(&app, &export).await;
    assert_eq!(counts(&again, &["unchanged", "duplicate"]), [1, 1]);

    app.segment("People", &csv.replace("ann@", "Ann@")).await;
    let other_case = run(&app, &export).await;
    assert_eq!(counts(&other_case, &["updated", "duplicate"]), [1, 1], "{other_case}");
    let known = known(&app, &export, "").await;
    assert_eq!((known.len(), &known[0]["email"]), (1, &json!("Ann@example.com")));
    assert_eq!(outcome(&run(&app, &export).await), [0, 0, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_failed_run_sent_counts_and_what_is_in_doubt_or_was_not_reached_is_sent() {
    let one_by_one = ["--stalls-max", "1", "--call-tries", "1", "--uploads-in-flight", "1"];
    let app = TestApp::start_with(&one_by_one).await;
    let export = app.export_of(5_000).await;
    send_changes(&app, &export).await;
    let down = json!([{"match": {"path": "import"}, "kind": "dropAfter", "skip": 2}]);
    app.faults_unread(&down).await;
    let failed = run(&app, &export).await;
    assert_eq!(failed["status"], "failed");
    assert_eq!(counts(&failed, &["created", "inDoubt"]), [2_000, 1_000], "{failed}");

    app.faults(&json!([])).await;
    let next = run(&app, &export).await;
    assert_eq!((outcome(&next), &next["fullBecause"]), (vec![2_000, 1_000, 2_000], &json!(null)));
    assert_eq!(
        (outcome(&run(&app, &export).await), app.active().await),
        (vec![0, 0, 5_000], 5_000)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_canceled_run_sent_counts() {
    let app = TestApp::start_with(&["--uploads-in-flight", "2"]).await;
    let export = app.export_of(30_000).await;
    send_changes(&app, &export).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 60}}}])).await;
    let id = app.start_run(&export).await;
    app.run_when(&id, |run| run["counts"]["created"].as_i64() > Some(2_000)).await;
    app.post(&format!("/runs/{id}/cancel"), &json!({})).await;
    let canceled = app.ended(&id).await;
    let created = canceled["counts"]["created"].as_i64().unwrap();
    assert_eq!((&canceled["status"], created < 30_000), (&json!("canceled"), true));
    let next = run(&app, &export).await;
    assert_eq!(outcome(&next), [30_000 - created, 0, created], "{next}");
    assert_eq!(next["fullBecause"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_before_a_crash_is_recalled_and_nobody_is_skipped_or_repeated() {
    let mut app = TestApp::start().await;
    let export = app.export_of(20_000).await;
    send_changes(&app, &export).await;
    let settings = ["--lease-ms", "1000", "--uploads-in-flight", "2"];
    app.restart_with(&settings).await;
    app.stop_service().await;
    app.start_process().await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 60}}}])).await;
    let id = app.start_run(&export).await;
    app.run_when(&id, |run| run["counts"]["created"].as_i64() > Some(4_000)).await;
    app.kill_process().await;
    app.start_service().await;
    let ended = app.ended(&id).await;
    assert_eq!(ended["status"], "successful", "{ended}");
    assert!(ended["attempt"].as_i64() > Some(1));

    let before = sent(&app).await;
    let next = run(&app, &export).await;
    assert_eq!((outcome(&next), &next["fullBecause"]), (vec![0, 0, 20_000], &json!(null)));
    assert_eq!(sent(&app).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_changes_that_is_handed_over_on_the_way_sends_each_change_once() {
    let mut app = TestApp::start_with(&["--uploads-in-flight", "1"]).await;
    let export = app.export_of(12_000).await;
    send_changes(&app, &export).await;
    run(&app, &export).await;
    let who: Vec<_> = (0..12_000).filter(|row| row % 2 == 0).collect();
    app.segment("People", &moved(12_000, &who)).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 100}}}])).await;
    let before = sent(&app).await;
    let id = app.start_run(&export).await;
    app.run_when(&id, |run| run["counts"]["updated"].as_i64() > Some(1_000)).await;
    app.stop_service().await;
    app.start_service().await;
    let ended = app.ended(&id).await;
    assert_eq!(outcome(&ended), [0, 6_000, 6_000], "{ended}");
    assert_eq!(sent(&app).await.1, before.1 + 6_000, "something was sent twice");
    assert_eq!(outcome(&run(&app, &export).await), [0, 0, 12_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_or_lost_baseline_is_noticed_and_made_anew_by_the_next_run() {
    let app = TestApp::start().await;
    let export = app.export_of(3_000).await;
    send_changes(&app, &export).await;
    run(&app, &export).await;
    let [object] = baseline_objects(&app).try_into().unwrap();
    let mut bytes = std::fs::read(&object).unwrap();
    bytes[200] ^= 1;
    std::fs::write(&object, bytes).unwrap();

    let lost = run(&app, &export).await;
    assert_eq!((&lost["fullBecause"], outcome(&lost)), (&json!("baselineLost"), vec![0, 3_000, 0]));
    assert_eq!(outcome(&run(&app, &export).await), [0, 0, 3_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_export_keeps_a_baseline_so_that_changes_can_be_sent_from_the_next_run_on() {
    let app = TestApp::start().await;
    let export = app.export_of(1_500).await;
    let all = run(&app, &export).await;
    assert_eq!((&all["fullBecause"], &all["sync"]["send"]), (&json!(null), &json!("all")));
    assert_eq!(outcome(&run(&app, &export).await), [0, 1_500, 0]);
    send_changes(&app, &export).await;
    let changes = run(&app, &export).await;
    assert_eq!((outcome(&changes), &changes["fullBecause"]), (vec![0, 0, 1_500], &json!(null)));
    let known = known(&app, &export, "&state=onList").await;
    assert!(known.iter().all(|member| member["origin"] == "ours"), "known ones keep their origin");
    let csv = app.request("Contributor", Method::GET, &format!("/exports/{export}/members"));
    let csv = csv.header("Accept", "text/csv").send().await.unwrap().text().await.unwrap();
    assert_eq!(csv.lines().count(), 1_501, "{}", &csv[..300]);
    assert!(csv.starts_with("email,customerId,state,origin,runId\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_nothing_of_was_sent_leaves_no_baseline() {
    let app = TestApp::start().await;
    app.segment("People", "CustomerId,Email,City\n1,broken,Riga\n").await;
    let export = app.export(&app.connection().await).await;
    run(&app, &export).await;
    assert!(baseline_objects(&app).is_empty());
    assert_eq!(known(&app, &export, "").await.len(), 0);
    until(async || app.active().await == 0).await;
}
