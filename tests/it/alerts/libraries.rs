//! Messages as programs of others read them: the libraries of Standard Webhooks and of Adaptive Cards, and the schema
//! that is published of cards.

use serde_json::{Value, json};

use super::receiver::{Received, Receiver};
use super::{broken_run, channel, start};
use crate::outside::npm_in;
use crate::programs::{python_with, succeed};
use crate::support::{TestApp, text};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/alerts");

/// The message that a test of a channel sends.
async fn tested(app: &TestApp, channel: &Value, receiver: &Receiver) -> Received {
    app.post(&format!("/channels/{}/test", text(channel, "channelId")), &json!({})).await;
    receiver.once(1).await[0].clone()
}

fn file(message: &Received, secret: &str, value: &Value) -> tempfile::NamedTempFile {
    let content = json!({"headers": message.headers, "body": message.text, secret: value});
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, content.to_string()).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn the_libraries_of_the_standard_verify_a_message_in_python_and_javascript() {
    let (app, receiver) = (start().await, Receiver::start());
    let made = channel(&app, "webhook", &receiver).await;
    let message = tested(&app, &made, &receiver).await;
    let file = file(&message, "secret", &made["secret"]);
    let path = file.path().display().to_string();
    let python = python_with("standardwebhooks==1.0.1").await.join("python");
    succeed(python, &["webhook.py", &path], HERE).await;
    succeed("node", &["webhook.mjs", &path], &npm_in("alerts").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_signed_with_ed25519_is_verified_with_the_public_key_alone() {
    let (app, receiver) = (start().await, Receiver::start());
    let new = json!({"displayName": "Hook", "kind": "webhook", "url": receiver.url(), "signature": "ed25519"});
    let made = app.post("/channels", &new).await;
    assert!(made["secret"].is_null() && text(&made, "publicKey").starts_with("whpk_"), "{made}");
    let message = tested(&app, &made, &receiver).await;
    let file = file(&message, "publicKey", &made["publicKey"]);
    let path = file.path().display().to_string();
    succeed("node", &["webhook.mjs", &path], &npm_in("alerts").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_library_of_adaptive_cards_knows_everything_in_a_message_for_teams() {
    let (app, receiver) = (start().await, Receiver::start());
    let made = channel(&app, "teams", &receiver).await;
    let message = tested(&app, &made, &receiver).await;
    assert!(!message.headers.contains_key("webhook-signature"));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, &message.text).unwrap();
    let path = file.path().display().to_string();
    succeed("node", &["card.mjs", &path], &npm_in("alerts").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_card_of_an_alert_that_opens_and_of_its_end_is_one_of_the_published_schema() {
    let (app, receiver) = (start().await, Receiver::start());
    channel(&app, "teams", &receiver).await;
    let export = app.export_of(1).await;
    broken_run(&app, &export).await;
    receiver.once(1).await;
    app.ended(&app.start_run(&export).await).await;
    for message in receiver.once(2).await {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, &message.text).unwrap();
        let path = file.path().display().to_string();
        succeed("node", &["card.mjs", &path], &npm_in("alerts").await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_gets_a_text_for_notifications_and_blocks() {
    let (app, receiver) = (start().await, Receiver::start());
    let made = channel(&app, "slack", &receiver).await;
    let body = tested(&app, &made, &receiver).await.body();
    assert_eq!(body["text"], "Test of the channel “slack of tests”");
    let kinds: Vec<_> =
        body["blocks"].as_array().unwrap().iter().map(|block| &block["type"]).collect();
    assert_eq!(kinds, ["header", "section", "context"]);
}
