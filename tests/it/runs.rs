//! What a run does, on good days and on bad ones.

use reqwest::Method;
use segment_export::sandbox::{LIST_ID, Sandbox};
use serde_json::json;

use crate::support::{TestApp, profiles, refused, text, until};

/// “You can also export data on demand.”
#[tokio::test(flavor = "multi_thread")]
async fn every_profile_is_accounted_for_and_the_others_are_named() {
    let app = TestApp::start().await;
    let csv = "CustomerId,Email,City\n1,ann@example.com,Riga\n2,ANN@example.com,Riga\n3,,Riga\n\
               4,broken,Riga\n5,bob@example.com,\n6,left@example.com,Riga\n";
    app.segment("People", csv).await;
    let preset = app.sandbox.url().join(&format!("sandbox/lists/{LIST_ID}/subscribers")).unwrap();
    let gone = json!([{"email": "left@example.com", "state": "Unsubscribed"}, {"email": "bob@example.com",
        "state": "Active"}]);
    reqwest::Client::builder().build().unwrap().post(preset).json(&gone).send().await.unwrap();
    let export = app.export(&app.connection().await).await;

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!(run["status"], "completedWithErrors", "{run}");
    let counts = json!({"selected": 6, "created": 1, "updated": 1, "unchanged": 0, "rejected": 1, "duplicate": 1,
        "invalid": 2, "inDoubt": 0, "remaining": 0});
    assert_eq!(profiles(&run), counts);
    let rejections = app.get(&format!("/runs/{}/rejections", text(&run, "runId"))).await;
    let named: Vec<_> = rejections["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (text(item, "customerId"), text(item, "outcome"), text(item, "code")))
        .collect();
    let named: Vec<_> = named
        .iter()
        .map(|(id, outcome, code)| (id.as_str(), outcome.as_str(), code.as_str()))
        .collect();
    assert_eq!(
        named,
        [
            ("2", "duplicate", "duplicateAddress"),
            ("3", "invalid", "addressMissing"),
            ("4", "invalid", "addressMalformed"),
            ("6", "rejected", "unsubscribed")
        ]
    );
    assert_eq!(app.active().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_service_hands_its_run_to_the_next_one_and_repeats_nothing() {
    let mut app = TestApp::start().await;
    let export = app.export_of(20_000).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 60}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(2000)).await;

    app.stop_service().await;
    app.start_service().await;

    let run = app.ended(&run).await;
    assert_eq!(run["status"], "successful", "{run}");
    assert_eq!(run["counts"]["created"], 20_000, "nothing was sent twice: {run}");
    assert_eq!(app.active().await, 20_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn campaign_monitor_may_fail_now_and_then() {
    let app = TestApp::start().await;
    let export = app.export_of(12_000).await;
    app.faults(&json!([
        {"match": {"path": "import"}, "kind": "dropAfter", "every": 5},
        {"match": {"path": "import"}, "kind": {"status": {"status": 500}}, "every": 4},
        {"match": {"path": "import"}, "kind": "dropBefore", "every": 7},
        {"match": {"path": "import"}, "kind": "halfAnswer", "every": 6}]))
        .await;

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!(run["status"], "successful", "{run}");
    assert_eq!(app.active().await, 12_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_monitor_that_stays_down_fails_the_run_with_a_reason_and_exact_counts() {
    let one_by_one = ["--stalls-max", "2", "--call-tries", "2", "--uploads-in-flight", "1"];
    let app = TestApp::start_with(&one_by_one).await;
    let export = app.export_of(5_000).await;
    let down = json!({"status": {"status": 503, "html": true}});
    app.faults(&json!([{"match": {"path": "import"}, "kind": down, "skip": 2}])).await;

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!(run["status"], "failed", "{run}");
    assert_eq!(run["reason"]["code"], "destinationUnavailable");
    assert_eq!(run["reason"]["culprit"], "external");
    let counts = json!({"selected": 5_000, "created": 2_000, "updated": 0, "unchanged": 0, "rejected": 0,
        "duplicate": 0, "invalid": 0, "inDoubt": 1_000, "remaining": 2_000});
    assert_eq!(
        profiles(&run),
        counts,
        "the third batch was sent, and nobody knows what became of it"
    );
    let path = format!("/runs/{}/rejections?outcome=inDoubt&limit=200", text(&run, "runId"));
    let doubtful = app.get(&path).await;
    assert_eq!(text(&doubtful["items"][0], "customerId"), "2000");

    app.faults(&json!([])).await;
    let again = app.ended(&app.start_run(&export).await).await;
    assert_eq!(again["status"], "successful", "{again}");
    assert_eq!((&again["counts"]["created"], app.active().await), (&json!(3_000), 5_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_monitor_that_cannot_be_reached_leaves_profiles_to_do_and_none_in_doubt() {
    let mut app = TestApp::start_with(&["--stalls-max", "1", "--call-tries", "6"]).await;
    let export = app.export_of(20_000).await;
    // While it waits no call is under way that could break off.
    let wait = json!({"status": {"status": 429, "retryAfterSeconds": 5}});
    app.faults(&json!([{"match": {"path": "import"}, "kind": wait, "skip": 3}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"] == 3_000).await;
    until(async || {
        let calls = app.sandbox_says("calls").await;
        calls["importsNow"] == 0 && calls["calls"]["POST /subscribers/{id}/import"]["429"].is_u64()
    })
    .await;

    let other = Sandbox::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    std::mem::replace(&mut app.sandbox, other).stop().await;

    let run = app.ended(&run).await;
    assert_eq!(run["status"], "failed", "{run}");
    assert_eq!(run["reason"]["code"], "destinationUnavailable");
    let counts = json!({"selected": 20_000, "created": 3_000, "updated": 0, "unchanged": 0, "rejected": 0,
        "duplicate": 0, "invalid": 0, "inDoubt": 0, "remaining": 17_000});
    assert_eq!(profiles(&run), counts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_keeps_what_was_sent() {
    let app = TestApp::start().await;
    let export = app.export_of(30_000).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 80}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(0)).await;

    app.post(&format!("/runs/{run}/cancel"), &json!({})).await;

    let run = app.ended(&run).await;
    assert_eq!(
        (&run["status"], &run["reason"]["code"]),
        (&json!("canceled"), &json!("canceledByUser"))
    );
    assert_eq!(run["counts"]["created"].as_i64(), Some(app.active().await), "{run}");
    let path = format!("/runs/{}/cancel", text(&run, "runId"));
    let again = app.request("Admin", Method::POST, &path).send().await.unwrap();
    let ended = refused(again, 409).await;
    assert_eq!(
        (text(&ended, "errorCode"), text(&ended, "runStatus")),
        ("runEnded".into(), text(&run, "status"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_custom_field_stops_the_run_before_the_first_upload() {
    let app = TestApp::start().await;
    let export = app.export_of(10).await;
    let url = app
        .sandbox
        .url()
        .join(&format!("api/v3.3/lists/{LIST_ID}/customfields/%5Bcity%5D.json"))
        .unwrap();
    let removed = reqwest::Client::builder()
        .build()
        .unwrap()
        .delete(url)
        .basic_auth(segment_export::sandbox::API_KEY, Some("x"))
        .send()
        .await
        .unwrap();
    assert!(removed.status().is_success());

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!(run["reason"]["code"], "customFieldNotFound", "{run}");
    assert_eq!(run["counts"]["remaining"], 10);
    assert_eq!(app.active().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing_and_at_most_the_batches_in_flight_are_sent_again() {
    const UPLOADS_IN_FLIGHT: i64 = 4;
    let lease_and_uploads = ["--lease-ms", "600", "--uploads-in-flight", "4"];
    let mut app = TestApp::start_with(&lease_and_uploads).await;
    let export = app.export_of(20_000).await;
    let slow = json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 60}}}]);
    app.faults(&slow).await;
    app.stop_service().await;
    app.start_process().await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(3000)).await;

    app.kill_process().await;
    app.start_process().await;

    let run = app.ended(&run).await;
    assert_eq!(run["status"], "successful", "{run}");
    assert_eq!(run["attempt"], 2);
    assert_eq!(app.active().await, 20_000);
    let sent_again = run["counts"]["updated"].as_i64().unwrap();
    assert!(sent_again <= UPLOADS_IN_FLIGHT * 1000, "{sent_again} were sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_hangs_holds_up_no_other_batch_and_only_its_batch_is_sent_again() {
    let lease = ["--lease-ms", "3000"];
    let mut app = TestApp::start_with(&lease).await;
    let export = app.export_of(20_000).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"hang": {}}, "times": 1}])).await;
    app.stop_service().await;
    app.start_process().await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"] == 19_000).await;

    app.kill_process().await;
    app.start_process().await;

    let run = app.ended(&run).await;
    assert_eq!(run["status"], "successful", "{run}");
    assert_eq!(run["counts"]["created"], 20_000, "{run}");
    let batches = app.get(&format!("/runs/{}/batches?limit=100", text(&run, "runId"))).await;
    assert_eq!(batches["items"].as_array().unwrap().len(), 20);
    let calls = app.sandbox_says("calls").await["importCalls"].as_i64().unwrap();
    assert_eq!(calls, 21, "19 were answered, one hung, and that one alone was sent again");
}
