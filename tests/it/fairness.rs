//! A small run of one connection waits for no large run of another to end.

use reqwest::Method;
use segment_export::sandbox::CLIENT_ID;
use serde_json::{Value, json};

use crate::support::{TestApp, people, text};

const LARGE: usize = 20_000;

/// An export of a segment over a connection and to a list of its own. Returns its id.
async fn export(app: &TestApp, segment: &str) -> String {
    let list = app.campaign_monitor(Method::POST, &format!("lists/{CLIENT_ID}.json"));
    let list = list.json(&json!({"Title": segment})).send().await.unwrap();
    let list: String = list.json().await.unwrap();
    let new = json!({"displayName": segment, "connectionId": app.connection().await, "listId": list,
        "segments": [segment], "mapping": {"email": "Email"}});
    text(&app.post("/exports", &new).await, "exportId")
}

fn listed(run: &Value) -> usize {
    let counts = ["created", "updated"].map(|name| run["counts"][name].as_u64().unwrap());
    usize::try_from(counts.iter().sum::<u64>()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn large_runs_give_way_to_a_small_one_and_still_send_everything_once() {
    let settings =
        ["--runs-in-parallel", "2", "--uploads-in-flight", "1", "--run-slice-ms", "1000"];
    let app = TestApp::start_with(&settings).await;
    app.segment("Small", &people(3)).await;
    let small = export(&app, "Small").await;
    let mut large = Vec::new();
    for name in ["One", "Two", "Three"] {
        app.segment(name, &people(LARGE)).await;
        large.push(export(&app, name).await);
    }
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 250}}}])).await;
    let mut runs = Vec::new();
    for export in large {
        runs.push(app.start_run(&export).await);
    }
    for run in &runs[..2] {
        app.run_when(run, |run| run["status"] == "running").await;
    }

    let small = app.ended(&app.start_run(&small).await).await;

    assert_eq!(small["status"], "successful");
    for run in runs {
        let run = app.ended(&run).await;
        assert!(text(&small, "endUtc") < text(&run, "endUtc"), "it waited for {run}");
        assert_eq!((&run["status"], listed(&run)), (&json!("successful"), LARGE));
    }
    let calls = app.sandbox_says("calls").await;
    assert_eq!(calls["recordsReceived"], 3 * LARGE + 3, "nothing was sent twice");
}
