//! A Campaign Monitor that takes longer for a batch than a call may take.

use reqwest::Method;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_takes_too_long_goes_in_halves_and_every_profile_is_counted_once() {
    let app = TestApp::start_with(&["--call-timeout-ms", "3000"]).await;
    let export = app.export_of(1_000).await;
    app.faults_unread(&json!([])).await;
    app.order(Method::PUT, "settings", &json!({"imports": {"latencyMsPerThousand": 4_000}})).await;

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!((&run["status"], &run["attempt"]), (&json!("successful"), &json!(1)), "{run}");
    let counted = ["created", "updated"].map(|name| run["counts"][name].as_i64().unwrap());
    assert_eq!((counted.iter().sum::<i64>(), app.active().await), (1_000, 1_000), "{run}");
    let batches = app.get(&format!("/runs/{}/batches", run["runId"].as_str().unwrap())).await;
    let batch = &batches["items"][0];
    assert_eq!((&batch["rows"], &batch["status"]), (&json!(1_000), &json!("successful")));
    assert_eq!(batch["attempts"], 4, "twice whole, then each half: {batch}");
}
