//! Channels: what may be said of them, where they may lead, and how their messages are signed.

use reqwest::Method;
use serde_json::{Value, json};

use super::receiver::{Receiver, Reply};
use super::{channel, start};
use crate::support::{TestApp, good, refused, text};

async fn create(app: &TestApp, channel: &Value) -> reqwest::Response {
    app.request("Admin", Method::POST, "/channels").json(channel).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_is_never_shown_and_the_secret_of_a_webhook_once() {
    let (app, receiver) = (start().await, Receiver::start());
    let made = channel(&app, "webhook", &receiver).await;
    let secret = text(&made, "secret");
    assert!(secret.starts_with("whsec_"), "{made}");
    let shown = app.get(&format!("/channels/{}", text(&made, "channelId"))).await;
    let audit = app.get("/audit-events?action=channel.create").await;
    for answer in [&made, &shown, &app.get("/channels").await, &audit] {
        let answer = answer.to_string();
        assert!(!answer.contains("abcdefghij") && answer.contains("…WXYZ"), "{answer}");
    }
    for answer in [&shown, &audit] {
        assert!(!answer.to_string().contains(&secret), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_call_creates_once_and_does_not_show_the_secret() {
    let (app, receiver) = (start().await, Receiver::start());
    let new = json!({"displayName": "Hook", "kind": "webhook", "url": receiver.url()});
    let call = || {
        app.request("Admin", Method::POST, "/channels").header("Idempotency-Key", "k1").json(&new)
    };
    let first = good(call().send().await.unwrap()).await;
    let second = good(call().send().await.unwrap()).await;
    assert_eq!(first["channelId"], second["channelId"]);
    assert!(first["secret"].is_string() && second["secret"].is_null(), "{second}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_to_an_address_that_is_not_public_is_refused_when_it_is_saved() {
    let app = TestApp::start().await;
    for url in [
        "https://127.0.0.1/hook",
        "https://localhost/hook",
        "https://10.1.2.3/hook",
        "https://192.168.0.1/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/hook",
        "https://[fd00:ec2::254]/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "https://2130706433/hook",
    ] {
        for kind in ["slack", "teams", "webhook"] {
            let new = json!({"displayName": "Inside", "kind": kind, "url": url});
            let problem = refused(create(&app, &new).await, 422).await;
            assert_eq!(problem["errors"][0]["code"], "refusedAddress", "{url}: {problem}");
        }
    }
    let plain =
        json!({"displayName": "Plain", "kind": "slack", "url": "http://hooks.example.com/x"});
    let problem = refused(create(&app, &plain).await, 422).await;
    assert_eq!(problem["errors"][0]["code"], "notEncrypted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_was_saved_while_private_addresses_were_allowed_is_not_called_later() {
    let (mut app, receiver) = (start().await, Receiver::start());
    let made = channel(&app, "webhook", &receiver).await;
    app.restart_with(&["--alerts-ms=50"]).await;
    let path = format!("/channels/{}/test", text(&made, "channelId"));
    let tested = app.post(&path, &json!({})).await;
    let delivery = &tested["deliveries"][0];
    assert_eq!(delivery["status"], "pending");
    assert!(text(delivery, "detail").contains("private network"), "{delivery}");
    assert!(receiver.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_another_kind_are_refused_with_their_pointer() {
    let app = start().await;
    let url = "http://127.0.0.1:9/x";
    for (new, pointer, code) in [
        (json!({"kind": "slack"}), "/url", "missing"),
        (json!({"kind": "email"}), "/to", "missing"),
        (json!({"kind": "slack", "url": url, "to": ["a@b.example"]}), "/to", "notOfThisKind"),
        (
            json!({"kind": "teams", "url": url, "signature": "ed25519"}),
            "/signature",
            "notOfThisKind",
        ),
        (json!({"kind": "email", "to": ["a@b.example"]}), "/to", "notConfigured"),
    ] {
        let mut new = new;
        new["displayName"] = json!("Wrong");
        let problem = refused(create(&app, &new).await, 422).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        assert_eq!(problem["errors"][0]["code"], code, "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_changed_switched_off_and_removed_unless_a_rule_names_it() {
    let (app, receiver) = (start().await, Receiver::start());
    let made = channel(&app, "slack", &receiver).await;
    let id = text(&made, "channelId");
    let path = format!("/channels/{id}");
    let change = |body: Value| app.request("Admin", Method::PATCH, &path).json(&body).send();
    let off = good(change(json!({"displayName": "Team", "active": false})).await.unwrap()).await;
    assert_eq!((&off["displayName"], &off["active"]), (&json!("Team"), &json!(false)));
    let on = good(change(json!({"active": true})).await.unwrap()).await;
    assert_eq!((&on["active"], &on["inactiveBecause"]), (&json!(true), &Value::Null));
    let wrong = change(json!({"to": ["a@b.example"]})).await.unwrap();
    assert_eq!(refused(wrong, 422).await["errors"][0]["pointer"], "/to");

    let rules = json!({"rules": [{"kind": "runFailed", "channels": [id]}]});
    app.put("/alert-rules", &rules).await;
    let remove = || app.request("Admin", Method::DELETE, &path).send();
    assert_eq!(refused(remove().await.unwrap(), 409).await["errorCode"], "channelInUse");
    app.put("/alert-rules", &json!({"rules": []})).await;
    assert_eq!(remove().await.unwrap().status(), 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_replaced_and_both_sign_meanwhile() {
    let (app, receiver) = (start().await, Receiver::start());
    let made = channel(&app, "webhook", &receiver).await;
    let path = format!("/channels/{}", text(&made, "channelId"));
    let replaced = app.post(&format!("{path}/secret"), &json!({})).await;
    assert_ne!(replaced["secret"], made["secret"]);
    assert!(replaced["previousSecretUntilUtc"].is_string(), "{replaced}");
    app.post(&format!("{path}/test"), &json!({})).await;
    let message = &receiver.received()[0];
    assert_eq!(message.header("webhook-signature").split(' ').count(), 2);
    for secret in [&made["secret"], &replaced["secret"]] {
        verify(secret.as_str().unwrap(), message);
    }
    let slack = app
        .post("/channels", &json!({"displayName": "S", "kind": "slack", "url": receiver.url()}))
        .await;
    let path = format!("/channels/{}/secret", text(&slack, "channelId"));
    let call = app.request("Admin", Method::POST, &path).send().await.unwrap();
    refused(call, 422).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_replaced_twice_at_once_still_signs() {
    let (app, receiver) = (start().await, Receiver::start());
    let made = channel(&app, "webhook", &receiver).await;
    let path = format!("/channels/{}", text(&made, "channelId"));
    let second = app.post(&format!("{path}/secret"), &json!({})).await;
    let third = app.post(&format!("{path}/secret"), &json!({})).await;
    // Another URL keeps the secrets.
    let url = json!({"url": format!("{}?moved", receiver.url())});
    good(app.request("Admin", Method::PATCH, &path).json(&url).send().await.unwrap()).await;
    app.post(&format!("{path}/test"), &json!({})).await;
    let message = &receiver.received()[0];
    assert_eq!(message.header("webhook-signature").split(' ').count(), 3);
    for secret in [&made["secret"], &second["secret"], &third["secret"]] {
        verify(secret.as_str().unwrap(), message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_switched_off_can_be_tested_once_and_gets_nothing_else() {
    let (app, receiver) = (start().await, Receiver::start());
    let made = channel(&app, "webhook", &receiver).await;
    let path = format!("/channels/{}", text(&made, "channelId"));
    let sent = app.post(&format!("{path}/test"), &json!({})).await;
    let change = |body: Value| app.request("Admin", Method::PATCH, &path).json(&body).send();
    good(change(json!({"active": false})).await.unwrap()).await;
    receiver.answer(Reply::of(503));
    let tested = app.post(&format!("{path}/test"), &json!({})).await;
    assert_eq!(tested["deliveries"][0]["status"], "failed", "it is not tried again: {tested}");
    let resend = format!("{path}/deliveries/{}/resend", text(&sent["deliveries"][0], "deliveryId"));
    let call = app.request("Admin", Method::POST, &resend).send().await.unwrap();
    assert_eq!(refused(call, 409).await["errorCode"], "channelInactive");
    assert_eq!(receiver.received().len(), 2);
    good(change(json!({"active": true})).await.unwrap()).await;
    receiver.answer(Reply::of(200));
    app.post(&resend, &json!({})).await;
    receiver.once(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_cannot_turn_the_text_of_a_message() {
    let (app, receiver) = (start().await, Receiver::start());
    let name = "Team\u{202e}gpj.exe\u{2066}";
    let new = json!({"displayName": name, "kind": "webhook", "url": receiver.url()});
    let made = app.post("/channels", &new).await;
    app.post(&format!("/channels/{}/test", text(&made, "channelId")), &json!({})).await;
    let title = text(&receiver.received()[0].body()["data"], "title");
    assert_eq!(title, "Test of the channel “Teamgpj.exe”");
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_that_are_created_at_the_same_moment_do_not_exceed_the_quota() {
    let limit = ["--channels-allow-private", "--max-channels-per-instance", "3"];
    let (app, receiver) = (TestApp::start_with(&limit).await, Receiver::start());
    let create_one = async |number: usize| {
        let name = format!("C{number}");
        let new = json!({"displayName": name, "kind": "slack", "url": receiver.url()});
        create(&app, &new).await.status().as_u16()
    };
    let made = futures::future::join_all((0..10).map(create_one)).await;
    let count = |status: u16| made.iter().filter(|one| **one == status).count();
    assert_eq!((count(201), count(409)), (3, 7), "{made:?}");
}

/// As the library of the standard verifies.
fn verify(secret: &str, message: &super::receiver::Received) {
    let webhook = standardwebhooks::Webhook::new(secret).unwrap();
    let mut headers = http::HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(name, message.header(name).parse().unwrap());
    }
    webhook.verify(message.text.as_bytes(), &headers).unwrap();
}
