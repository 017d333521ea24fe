//! Alerts: when they open and end, who is told, and what comes of the messages; with real receivers.

mod by_hand;
mod channels;
mod clock;
mod deliveries;
mod failing;
mod figures;
mod libraries;
mod mail;
mod outbox;
mod outbox_steps;
pub mod receiver;
mod rules;
mod runs;
mod steps;
mod usual;

use serde_json::{Value, json};

use crate::support::{TestApp, text};
use receiver::Receiver;

/// Channels of tests are on this machine.
pub const ALLOWED: [&str; 2] = ["--channels-allow-private", "--alerts-ms=50"];

/// A service that may tell a receiver on this machine.
pub async fn start() -> TestApp {
    TestApp::start_with(&ALLOWED).await
}

/// A channel of this kind that leads to the receiver: its answer.
pub async fn channel(app: &TestApp, kind: &str, receiver: &Receiver) -> Value {
    let new =
        json!({"displayName": format!("{kind} of tests"), "kind": kind, "url": receiver.url()});
    app.post("/channels", &new).await
}

/// The alerts of the instance, newest first.
pub async fn alerts(app: &TestApp) -> Vec<Value> {
    app.get("/alerts").await["items"].as_array().unwrap().clone()
}

/// The messages of a channel, newest first.
pub async fn deliveries(app: &TestApp, channel: &Value) -> Vec<Value> {
    let path = format!("/channels/{}/deliveries", text(channel, "channelId"));
    app.get(&path).await["items"].as_array().unwrap().clone()
}

/// What a connection that is broken makes of a run: it fails, because Campaign Monitor rejects every upload.
pub async fn broken_run(app: &TestApp, export: &str) -> Value {
    app.faults(
        &json!([{"match": {"path": "import"}, "kind": {"status": {"status": 400, "code": 900}}}]),
    )
    .await;
    let run = app.start_run(export).await;
    let ended = app.ended(&run).await;
    app.faults(&json!([])).await;
    ended
}
