//! What the service says when a part of it cannot work.

use reqwest::{Method, Response};
use serde_json::Value;

use super::{TestApp, refused, text};

/// The parts that `/readyz` calls not ready.
pub async fn not_ready(app: &TestApp) -> Vec<String> {
    let answer = app.anonymous(Method::GET, "readyz").send().await.unwrap();
    let is_ready = answer.status() == 200;
    let ready: Value = answer.json().await.unwrap();
    let parts = ready["parts"].as_array().unwrap().iter();
    let parts: Vec<_> =
        parts.filter(|part| part["ready"] == false).map(|part| text(part, "name")).collect();
    assert_eq!(is_ready, parts.is_empty());
    parts
}

pub async fn is_told_to_come_back(answer: Response) {
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(refused(answer, 503).await["errorCode"], "unavailable");
}
