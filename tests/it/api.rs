//! Who may call, and what a wrong call is answered.

use reqwest::Method;
use serde_json::json;

use crate::support::{TestApp, good, people, refused, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_needs_a_token_the_instance_and_the_role() {
    let app = TestApp::start().await;
    let path = format!("v1/instances/{}/connections", app.instance);

    let without = app.anonymous(Method::GET, &path).send().await.unwrap();
    assert!(without.headers().contains_key("www-authenticate"));
    assert_eq!(refused(without, 401).await["errorCode"], "unauthenticated");
    let elsewhere = TestApp::token_for("Admin", "00000000-0000-0000-0000-000000000000");
    let elsewhere = app.anonymous(Method::GET, &path).bearer_auth(elsewhere).send().await.unwrap();
    refused(elsewhere, 404).await;
    let viewer = app.request("Viewer", Method::GET, "/connections").send().await.unwrap();
    assert_eq!(refused(viewer, 403).await["errorCode"], "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_never_shown() {
    let app = TestApp::start().await;
    let id = app.connection().await;
    let seen = app.get(&format!("/connections/{id}")).await;
    assert_eq!(seen["status"], "connected");
    assert_eq!(seen["credential"]["lastFour"], "-key");
    assert!(!seen.to_string().contains(segment_export::sandbox::API_KEY));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_body_is_named_by_its_pointer() {
    let app = TestApp::start().await;
    let cases = [
        (json!({"displayName": 5}), 400, "/displayName"),
        (json!({"displayName": "x", "type": "campaignMonitor", "colour": 1}), 400, "/colour"),
        (json!({"displayName": "x", "type": "campaignMonitor"}), 422, "/consent/agreed"),
        (json!({"displayName": "x"}), 400, "/type"),
    ];
    for (body, status, pointer) in cases {
        let answer =
            app.request("Admin", Method::POST, "/connections").json(&body).send().await.unwrap();
        let problem = refused(answer, status).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
    }
    let plain = app.request("Admin", Method::POST, "/connections").body("x").send().await.unwrap();
    refused(plain, 415).await;
    let brackets = app
        .request("Admin", Method::POST, "/connections")
        .header("Content-Type", "application/json");
    refused(brackets.body("[".repeat(1 << 20)).send().await.unwrap(), 400).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_takes_other_methods_names_them() {
    let app = TestApp::start().await;
    let answer = app.request("Admin", Method::DELETE, "/runs").send().await.unwrap();
    assert_eq!(answer.headers()["allow"], "GET, HEAD, POST");
    refused(answer, 405).await;
    let drafts = app.request("Admin", Method::PUT, "/exports/preview").send().await.unwrap();
    assert_eq!(drafts.headers()["allow"], "POST");
    refused(drafts, 405).await;
    refused(app.anonymous(Method::GET, "nowhere").send().await.unwrap(), 404).await;
    for page in ["openapi.json", "swagger-ui/", "swagger-ui/index.html"] {
        let answer = app.anonymous(Method::POST, page).send().await.unwrap();
        assert_eq!(answer.headers()["allow"], "GET, HEAD", "{page}");
        refused(answer, 405).await;
    }
    let unknown = app.anonymous(Method::GET, "swagger-ui/nothing.js").send().await.unwrap();
    refused(unknown, 404).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_without_the_api_takes_nothing_but_health_and_metrics() {
    let app = TestApp::start_with(&["--roles", "worker"]).await;
    let health = app.anonymous(Method::POST, "livez").send().await.unwrap();
    assert_eq!(health.headers()["allow"], "GET, HEAD");
    refused(health, 405).await;
    let problem =
        refused(app.request("Admin", Method::DELETE, "/runs").send().await.unwrap(), 404).await;
    assert!(text(&problem, "detail").contains("does not serve the API"), "{problem}");
    for page in ["openapi.json", "swagger-ui/"] {
        refused(app.anonymous(Method::POST, page).send().await.unwrap(), 404).await;
    }
}

/// “Select Save to complete the connection.”
#[tokio::test(flavor = "multi_thread")]
async fn the_same_idempotency_key_creates_once() {
    let app = TestApp::start().await;
    let body =
        json!({"displayName": "Once", "type": "campaignMonitor", "consent": {"agreed": true}});
    let send = |body: serde_json::Value| {
        app.request("Admin", Method::POST, "/connections")
            .header("Idempotency-Key", "k1")
            .json(&body)
            .send()
    };
    let first = good(send(body.clone()).await.unwrap()).await;
    let second = send(body).await.unwrap();
    assert_eq!(second.headers()["idempotency-replayed"], "true");
    assert_eq!(good(second).await, first);
    let other = send(
        json!({"displayName": "Other", "type": "campaignMonitor", "consent": {"agreed": true}}),
    )
    .await
    .unwrap();
    assert_eq!(refused(other, 409).await["errorCode"], "idempotencyKeyReused");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_calls_with_one_idempotency_key_at_the_same_moment_one_creates_and_all_answer_the_same()
{
    let app = TestApp::start().await;
    let body =
        json!({"displayName": "Once", "type": "campaignMonitor", "consent": {"agreed": true}});
    let calls = (0..8).map(|_| {
        let call = app.request("Admin", Method::POST, "/connections");
        call.header("Idempotency-Key", "k1").json(&body).send()
    });
    let mut replayed = 0;
    let mut answers = Vec::new();
    for answer in futures::future::join_all(calls).await {
        let answer = answer.unwrap();
        replayed += usize::from(answer.headers().contains_key("idempotency-replayed"));
        answers.push(good(answer).await);
    }
    assert_eq!(replayed, 7);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_if_match_changes_nothing() {
    let app = TestApp::start().await;
    let path = format!("/connections/{}", app.connection().await);
    let renaming = app
        .request("Admin", Method::PATCH, &path)
        .header("If-Match", "\"1\"")
        .json(&json!({"displayName": "New"}));
    refused(renaming.send().await.unwrap(), 412).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_quote_is_refused_with_its_line_and_the_old_members_stay() {
    let app = TestApp::start().await;
    app.segment("People", &people(10)).await;
    let broken = people(70_100)
        .replace("69999,person69999@example.com,Riga", "69999,\"person69999@example.com,Riga");
    let problem = refused(app.upload("People", "text/csv", broken).await, 400).await;
    assert!(text(&problem, "detail").contains("70001"), "{problem}");
    assert_eq!(app.get("/segments/People").await["memberCount"], 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_in_use_stays_and_names_its_exports() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    let connection = app.connection().await;
    let export = app.export(&connection).await;
    let path = format!("/connections/{connection}");
    let problem =
        refused(app.request("Admin", Method::DELETE, &path).send().await.unwrap(), 409).await;
    assert_eq!(problem["dependants"][0]["exportId"], export.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn swagger_ui_and_its_document_come_from_the_binary() {
    let app = TestApp::start().await;
    let page =
        app.anonymous(Method::GET, "swagger-ui/").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("swagger-ui"));
    let document = good(app.anonymous(Method::GET, "openapi.json").send().await.unwrap()).await;
    assert_eq!(document["info"]["title"], "segment-export");
    good(app.anonymous(Method::GET, "readyz").send().await.unwrap()).await;
}

/// The counters of the program, by the file that declares them.
fn counters() -> Vec<&'static str> {
    let declared = include_str!("../../src/telemetry/measures.rs");
    let lines = declared.lines().filter(|line| line.trim().starts_with("describe_counter "));
    let names: Vec<_> = lines.filter_map(|line| line.split('"').nth(1)).collect();
    assert!(names.len() > 5, "{names:?}");
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn every_counter_is_there_from_the_start_at_zero() {
    let mut app = TestApp::start().await;
    app.stop_service().await;
    app.start_process().await;
    let metrics = app.anonymous(Method::GET, "metrics").send().await.unwrap().text().await.unwrap();
    for name in counters() {
        let mut lines = metrics.lines().filter(|line| line.starts_with(name));
        assert!(lines.clone().count() > 0, "{name} is missing");
        assert!(lines.all(|line| line.ends_with(" 0")), "{name}");
    }
}
