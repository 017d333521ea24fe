//! The calls that a run made: all are counted, those that are stored show no person, unless an administrator says why.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::leavers::{csv, export, no_brake, run as run_to_end};
use crate::support::{TestApp, refused, text};

async fn requests(app: &TestApp, run: &Value, query: &str) -> Vec<Value> {
    let path = format!("/runs/{}/requests?limit=200{query}", text(run, "runId"));
    app.get(&path).await["items"].as_array().unwrap().clone()
}

async fn counts(app: &TestApp, run: &Value) -> Value {
    app.get(&format!("/runs/{}/timeline", text(run, "runId"))).await["requests"].clone()
}

fn import_path() -> String {
    format!("/api/v3.3/subscribers/{LIST_ID}/import.json")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_of_a_run_is_listed_with_its_status_sizes_and_times() {
    let app = TestApp::start().await;
    let before = app.sandbox_says("calls").await["calls"].clone();
    let export = app.export_of(3_000).await;
    let run = run_to_end(&app, &export).await;

    let calls = requests(&app, &run, "").await;

    let made = i64::try_from(calls.len()).unwrap();
    assert_eq!(counts(&app, &run).await, json!({"made": made, "failed": 0, "stored": made}));
    let imports: Vec<_> = calls.iter().filter(|call| call["path"] == import_path()).collect();
    let mut batches: Vec<_> = imports.iter().map(|call| call["batch"].as_i64().unwrap()).collect();
    batches.sort_unstable();
    assert_eq!(batches, [1, 2, 3]);
    for call in &imports {
        assert_eq!((&call["method"], &call["status"]), (&json!("POST"), &json!(201)), "{call}");
        assert!(call["requestBytes"].as_i64() > Some(100_000), "{call}");
        assert!(call["responseBytes"].as_i64() > Some(50) && call["attempt"] == 1, "{call}");
        assert!(call["startedUtc"].is_string() && call["durationMs"].is_i64(), "{call}");
    }
    let paths: Vec<_> = calls.iter().map(|call| text(call, "path")).collect();
    for path in ["customfields.json", "active.json", "systemdate.json"] {
        assert!(paths.iter().any(|one| one.contains(path)), "{path}: {paths:?}");
    }
    assert!(before["POST /subscribers/{id}/import"].is_null());
    let second = requests(&app, &run, "&batch=2&status=2xx").await;
    assert_eq!((second.len(), &second[0]["batch"]), (1, &json!(2)));
    assert!(requests(&app, &run, "&status=5xx").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_failures_and_of_the_first_import_are_masked() {
    let app = TestApp::start().await;
    app.segment("People", "CustomerId,Email,City\n7,ann.lee@example.com,Rīga 7\n").await;
    let export = app.export(&app.connection().await).await;
    let wait = json!({"status": {"status": 429, "rateLimitResetSeconds": 1}});
    app.faults(&json!([{"match": {"path": "import"}, "kind": wait, "times": 1}])).await;

    let run = run_to_end(&app, &export).await;

    let [failed] = &requests(&app, &run, "&status=4xx").await[..] else {
        panic!("one is throttled")
    };
    assert_eq!(
        (&failed["rateReset"], &failed["rateLimit"]),
        (&json!("1"), &json!("60")),
        "{failed}"
    );
    assert!(text(failed, "responseBody").contains("\"Code\""), "{failed}");
    let body: Value = serde_json::from_str(&text(failed, "requestBody")).unwrap();
    assert_eq!(body["Subscribers"][0]["EmailAddress"], "a***@e***.com");
    assert_eq!(body["Subscribers"][0]["CustomFields"][0]["Key"], "city");
    assert_eq!(body["Subscribers"][0]["CustomFields"][0]["Value"], "xxxx 0");
    let all = format!("{:?}", requests(&app, &run, "").await);
    assert!(!all.contains("ann.lee") && !all.contains("Rīga"), "{all}");
    let accepted = requests(&app, &run, "&status=2xx&batch=1").await;
    assert_eq!(accepted[0]["requestBody"], Value::Null, "it is neither the first nor a failure");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_see_bodies_unmasked_and_the_audit_keeps_their_reason() {
    let app = TestApp::start().await;
    let export = app.export_of(10).await;
    let run = run_to_end(&app, &export).await;
    let path = format!("/runs/{}/requests", text(&run, "runId"));
    let unmasked = format!("{path}?unmask=true&reason=Ticket%20471&batch=1");

    refused(app.request("Viewer", Method::GET, &path).send().await.unwrap(), 403).await;
    refused(app.request("Contributor", Method::GET, &unmasked).send().await.unwrap(), 403).await;
    let unexplained = app.request("Admin", Method::GET, &format!("{path}?unmask=true"));
    let problem = refused(unexplained.send().await.unwrap(), 400).await;
    assert!(text(&problem, "detail").contains("`reason`"), "{problem}");

    let shown = app.get(&unmasked).await;
    assert!(text(&shown["items"][0], "requestBody").contains("person3@example.com"), "{shown}");
    let events = app.get("/audit-events?action=run.readRequests").await;
    let event =
        events["items"].as_array().unwrap().iter().find(|event| event["outcome"] == "success");
    let change = event.unwrap_or_else(|| panic!("{events}")).to_string();
    assert!(change.contains("Ticket 471") && change.contains("\"unmask\":true"), "{change}");
    assert!(!change.contains("person3"), "{change}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_about_single_people_show_no_address_in_their_path() {
    let app = TestApp::start().await;
    let sync = json!({"leavers": {"action": "delete"}, "brake": no_brake(), "verify": "counts"});
    let export = export(&app, "People", 0..10, &sync).await;
    run_to_end(&app, &export).await;
    app.segment("People", &csv(0..7)).await;

    let run = run_to_end(&app, &export).await;

    let calls = requests(&app, &run, "").await;
    let deletions: Vec<_> = calls.iter().filter(|call| call["method"] == "DELETE").collect();
    let path = format!("/api/v3.3/subscribers/{LIST_ID}.json?email=p***@e***.com");
    assert_eq!(deletions.len(), 3, "{calls:?}");
    assert!(deletions.iter().all(|call| call["path"] == path), "{deletions:?}");
    assert!(!format!("{calls:?}").contains("person"), "{calls:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_come_as_lines_and_csv_and_those_without_an_answer_say_why() {
    let app = TestApp::start().await;
    let export = app.export_of(10).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": "dropBefore", "times": 1}])).await;
    let run = run_to_end(&app, &export).await;

    let unanswered = requests(&app, &run, "&status=none").await;

    assert_eq!((unanswered.len(), &unanswered[0]["failure"]), (1, &json!("interrupted")));
    let path = format!("/runs/{}/requests", text(&run, "runId"));
    let download = async |accept: &str| {
        let request = app.request("Contributor", Method::GET, &path).header("Accept", accept);
        good_text(request.send().await.unwrap()).await
    };
    let lines = download("application/x-ndjson").await;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, requests(&app, &run, "").await);
    let csv = download("text/csv").await;
    assert!(csv.starts_with("number,attempt,batch,method,path,status,failure,"), "{csv}");
    assert!(csv.contains(",POST,") && !csv.contains("person3@"), "{csv}");
}

async fn good_text(answer: reqwest::Response) -> String {
    assert!(answer.status().is_success());
    answer.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_both_workers_are_listed_after_a_crash_and_no_number_comes_twice() {
    let mut app = TestApp::start_with(&["--lease-ms", "600", "--uploads-in-flight", "2"]).await;
    let export = app.export_of(8_000).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 100}}}])).await;
    app.stop_service().await;
    app.start_process().await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(2_000)).await;
    app.kill_process().await;
    app.start_process().await;
    let run = app.ended(&run).await;

    let calls = requests(&app, &run, "").await;

    let numbers: Vec<_> = calls.iter().map(|call| call["number"].as_i64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    let attempts: Vec<_> =
        [1, 2].map(|attempt| calls.iter().any(|call| call["attempt"] == attempt)).into();
    assert_eq!(attempts, [true, true]);
    let counts = counts(&app, &run).await;
    assert_eq!(counts["made"].as_i64().unwrap(), i64::try_from(calls.len()).unwrap(), "{counts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_very_many_failures_are_not_all_kept() {
    let app = TestApp::start().await;
    let export = app.export_of(130_000).await;
    // A partial success: the first address of each call is rejected.
    let gone = (0..130).map(|batch| format!("person{}@example.com", batch * 1000));
    let gone: Vec<_> = gone.map(|email| json!({"email": email, "state": "Unsubscribed"})).collect();
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &json!(gone)).await;
    let run = run_to_end(&app, &export).await;

    let path = format!("/runs/{}/requests?status=4xx", text(&run, "runId"));
    let request = app.request("Contributor", Method::GET, &path);
    let lines =
        good_text(request.header("Accept", "application/x-ndjson").send().await.unwrap()).await;
    let kept = lines.lines().filter(|line| !line.contains("\"responseBody\":null")).count();
    assert_eq!(lines.lines().count(), 130);
    assert!((98..=100).contains(&kept), "{kept}");
}
