//! `Idempotency-Key`: a call that starts or makes something, sent again, is answered the same and does nothing more.

use reqwest::{Method, RequestBuilder, Response};
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{TestApp, good, refused};

async fn post(app: &TestApp, path: &str, key: &str, body: Option<&Value>) -> Response {
    let call = app.request("Admin", Method::POST, path).header("Idempotency-Key", key);
    body.into_iter().fold(call, RequestBuilder::json).send().await.unwrap()
}

/// How many exports and runs there are.
async fn count(app: &TestApp) -> (usize, usize) {
    let items = async |path: &str| app.get(path).await["items"].as_array().unwrap().len();
    (items("/exports?limit=200").await, items("/runs?limit=200").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_makes_or_starts_something_does_so_once_for_a_key() {
    // Without a worker a run stays open: what would start beside it is skipped, and that is a run too.
    let app = TestApp::start_with(&["--roles", "api"]).await;
    let export = app.export_of(1).await;
    let connection = app.get(&format!("/exports/{export}")).await["connectionId"].clone();
    let new = json!({"displayName": "New", "connectionId": connection, "listId": LIST_ID,
        "segments": ["People"], "mapping": {"email": "Email"}, "schedule": {"kind": "manual"}});
    let all = json!({"scope": "all"});
    let refresh = json!({"refreshId": "r1"});
    let calls = [
        ("/exports".to_owned(), Some(new), (1, 0)),
        (format!("/exports/{export}/duplicate"), None, (1, 0)),
        (format!("/exports/{export}/runs"), None, (0, 1)),
        ("/runs".to_owned(), Some(all), (0, 1)),
        ("/refreshes".to_owned(), Some(refresh), (0, 1)),
    ];
    for (path, body, (exports, runs)) in calls {
        let (key, before) = (Uuid::now_v7().to_string(), count(&app).await);
        let first = post(&app, &path, &key, body.as_ref()).await;
        assert!(!first.headers().contains_key("idempotency-replayed"), "{path}");
        let headers = |answer: &Response| {
            let header = |name| answer.headers().get(name).cloned();
            (answer.status(), header("location"), header("etag"))
        };
        let (told, first) = (headers(&first), good(first).await);
        for _ in 0..2 {
            let again = post(&app, &path, &key, body.as_ref()).await;
            assert_eq!(again.headers()["idempotency-replayed"], "true", "{path}");
            assert_eq!(headers(&again), told, "{path}");
            assert_eq!(good(again).await, first, "{path}");
        }
        assert_eq!(count(&app).await, (before.0 + exports, before.1 + runs), "{path}");
        let other = post(&app, "/exports", &key, Some(&json!({}))).await;
        refused(other, 400).await;
        let other = post(&app, &format!("/exports/{}/runs", Uuid::now_v7()), &key, None).await;
        assert_eq!(refused(other, 409).await["errorCode"], "idempotencyKeyReused", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_its_caller_and_is_not_used_up_by_a_refusal() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    let export = app.export_of(1).await;
    let path = format!("/exports/{export}/runs");
    app.post(&format!("/exports/{export}/detach"), &json!({})).await;
    let refusal = post(&app, &path, "k1", None).await;
    assert_eq!(refused(refusal, 409).await["errorCode"], "exportInactive");
    let connection = app.connection().await;
    app.post(&format!("/exports/{export}/attach"), &json!({"connectionId": connection})).await;
    let started = good(post(&app, &path, "k1", None).await).await;
    assert_eq!(started["status"], "queued");

    let share = app.request("Admin", Method::PATCH, &format!("/connections/{connection}"));
    good(share.json(&json!({"allowedRoles": "adminsAndContributors"})).send().await.unwrap()).await;
    let other = app.request("Contributor", Method::POST, &path).header("Idempotency-Key", "k1");
    let problem = refused(other.send().await.unwrap(), 409).await;
    assert_eq!(problem["errorCode"], "runAlreadyOpen", "it is no repeat: {problem}");
    let long = post(&app, &path, &"k".repeat(256), None).await;
    refused(long, 400).await;
}
