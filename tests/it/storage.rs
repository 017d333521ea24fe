//! The storage of the service itself: one that cannot be written.

use reqwest::Method;
use serde_json::json;

use crate::support::{TestApp, people, refused};

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_to_a_storage_that_cannot_be_written_is_told_to_come_back() {
    let away = ["--storage-url", "s3://bucket", "--storage-retries", "0"];
    let options = "default.aws_endpoint=http://127.0.0.1:1 default.aws_allow_http=true \
        default.aws_access_key_id=x default.aws_secret_access_key=y default.aws_region=us-east-1";
    let away = [&away[..], &["--storage-options", options]].concat();
    let app = TestApp::start_with(&[&["--roles", "api"], &away[..]].concat()).await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;

    let answer = app.upload("People", "text/csv", people(2_000)).await;

    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(refused(answer, 503).await["errorCode"], "unavailable");
    assert_eq!(app.get("/segments/People").await["memberCount"], 0);
    let ready = app.anonymous(Method::GET, "readyz").send().await.unwrap();
    let ready: serde_json::Value = ready.json().await.unwrap();
    assert!(
        ready["parts"].as_array().unwrap().contains(&json!({"name": "storage", "ready": false}))
    );
}
