//! Calls without an answer: what the list has is read before anything is sent again or counts as in doubt.

use std::time::Duration;

use reqwest::Method;
use segment_export::sandbox::{DOUBLE_OPT_IN_LIST_ID, LIST_ID};
use serde_json::{Value, json};

use crate::support::{TestApp, good, people, text, until};

/// The next imports are stored, and their answers are lost.
fn lost_answers(times: usize) -> Value {
    json!([{"match": {"path": "import"}, "times": times, "kind": "dropAfter"}])
}

impl TestApp {
    async fn batches(&self, run: &str) -> Vec<Value> {
        let path = format!("/runs/{run}/batches");
        self.get(&path).await["items"].as_array().unwrap().clone()
    }

    /// How often the address that was imported most often was imported.
    async fn most_imports(&self) -> i64 {
        let calls = self.sandbox_says("calls").await;
        calls["lists"][LIST_ID]["importsByAddressMax"].as_i64().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stored_without_an_answer_is_not_sent_again() {
    let app = TestApp::start().await;
    let export = app.export_of(30).await;
    app.faults(&lost_answers(1)).await;
    let run = app.start_run(&export).await;
    let ended = app.ended(&run).await;
    assert_eq!((&ended["status"], &ended["counts"]["created"]), (&json!("successful"), &json!(30)));
    let batch = app.batches(&run).await[0].clone();
    assert_eq!((&batch["inferred"], &batch["attempts"]), (&json!(30), &json!(1)), "{batch}");
    assert_eq!(app.most_imports().await, 1);
    let receipt = app.get(&format!("/runs/{run}/receipt")).await;
    assert_eq!(receipt["answers"]["inferred"], 30);
    assert!(receipt["limits"].to_string().contains("read back"), "{receipt}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_stored_is_sent_again() {
    let app = TestApp::start().await;
    let export = app.export_of(30).await;
    let lost = json!([{"match": {"path": "import"}, "times": 2, "kind": "dropBefore"}]);
    app.faults(&lost).await;
    let run = app.start_run(&export).await;
    let ended = app.ended(&run).await;
    assert_eq!((&ended["status"], &ended["counts"]["created"]), (&json!("successful"), &json!(30)));
    let batch = app.batches(&run).await[0].clone();
    assert_eq!((&batch["inferred"], &batch["attempts"]), (&json!(0), &json!(3)), "{batch}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_other_values_than_were_sent_is_sent_again() {
    let app = TestApp::start().await;
    let export = app.export_of(30).await;
    app.ended(&app.start_run(&export).await).await;
    app.segment("People", &people(30).replace("Riga", "Tallinn")).await;
    let lost = json!([{"match": {"path": "import"}, "times": 1, "kind": "dropBefore"}]);
    app.faults(&lost).await;
    let run = app.start_run(&export).await;
    assert_eq!(app.ended(&run).await["counts"]["updated"], 30);
    assert_eq!(app.batches(&run).await[0]["inferred"], 0, "Riga is not what was sent");

    // Who joined less than a second ago may be new.
    tokio::time::sleep(Duration::from_millis(2100)).await;
    app.segment("People", &people(30).replace("Riga", "Tartu")).await;
    app.faults(&lost_answers(1)).await;
    let run = app.start_run(&export).await;
    assert_eq!(app.ended(&run).await["counts"]["updated"], 30);
    assert_eq!(app.batches(&run).await[0]["inferred"], 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_campaign_monitor_rejected_in_a_call_without_an_answer_is_rejected_all_the_same() {
    let app = TestApp::start().await;
    let left = json!([{"email": "person3@example.com", "state": "Unsubscribed"}]);
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &left).await;
    let export = app.export_of(30).await;
    app.faults(&lost_answers(1)).await;
    let run = app.start_run(&export).await;
    let counts = app.ended(&run).await["counts"].clone();
    assert_eq!((&counts["created"], &counts["rejected"]), (&json!(29), &json!(1)), "{counts}");
    let batch = app.batches(&run).await[0].clone();
    assert_eq!((&batch["inferred"], &batch["attempts"]), (&json!(29), &json!(2)), "{batch}");
    assert_eq!(app.most_imports().await, 1, "nobody was imported again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_the_list_is_not_in_doubt_when_no_answer_ever_comes() {
    let app = TestApp::start_with(&["--call-tries", "1", "--stalls-max", "1"]).await;
    let export = app.export_of(1500).await;
    app.faults(&lost_answers(1000)).await;
    let run = app.start_run(&export).await;
    let ended = app.ended(&run).await;
    assert_eq!(
        (&ended["status"], &ended["counts"]["created"]),
        (&json!("successful"), &json!(1500))
    );
    assert_eq!(ended["counts"]["inDoubt"], 0, "{ended}");
    assert_eq!(app.most_imports().await, 1);
}

/// Who must confirm first is on the list all the same.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_put_on_a_double_opt_in_list_without_an_answer_is_found_there() {
    let app = TestApp::start().await;
    app.segment("People", &people(30)).await;
    let new = json!({"displayName": "People to be confirmed", "connectionId": app.connection().await,
        "listId": DOUBLE_OPT_IN_LIST_ID, "segments": ["People"], "mapping": {"email": "Email"},
        "sync": {"verify": "full"}});
    let export = text(&app.post("/exports", &new).await, "exportId");
    app.faults(&lost_answers(1)).await;
    let run = app.start_run(&export).await;
    let counts = app.ended(&run).await["counts"].clone();
    assert_eq!((&counts["created"], &counts["inDoubt"]), (&json!(30), &json!(0)), "{counts}");
    let verification = app.get(&format!("/runs/{run}/verifications")).await["items"][0].clone();
    let found = (&verification["confirmed"], &verification["missing"]);
    assert_eq!(found, (&json!(30), &json!(0)), "{verification}");
}

/// Harm first: the second try must not subscribe somebody again who left after the first.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_left_between_two_tries_is_subscribed_again() {
    let app = TestApp::start_with(&["--retry-pause-ms", "1500"]).await;
    let left = json!([{"email": "person5@example.com", "state": "Deleted"}]);
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &left).await;
    let export = app.export_of(30).await;
    let change = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
    good(change.json(&json!({"sync": {"resubscribe": "always"}})).send().await.unwrap()).await;
    app.faults(&lost_answers(1)).await;
    let run = app.start_run(&export).await;
    until(async || app.active().await == 30).await;
    for person in ["person5@example.com", "person7@example.com"] {
        let path = format!("subscribers/{LIST_ID}/unsubscribe.json");
        let leave = app.campaign_monitor(Method::POST, &path);
        leave.json(&json!({"EmailAddress": person})).send().await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let counts = app.ended(&run).await["counts"].clone();
    assert_eq!(app.active().await, 28, "{counts}");
    assert_eq!((&counts["created"], &counts["rejected"]), (&json!(28), &json!(2)), "{counts}");
}
