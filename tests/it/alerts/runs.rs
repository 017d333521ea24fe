//! Alerts about runs.

use segment_export::upkeep::janitor;
use serde_json::{Value, json};

use super::receiver::Receiver;
use super::{alerts, broken_run, channel, start};
use crate::support::{TestApp, text, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_fails_opens_one_alert_and_one_that_ends_well_resolves_it() {
    let (app, receiver) = (start().await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    let export = app.export_of(3).await;
    let failed = broken_run(&app, &export).await;
    assert_eq!(failed["status"], "failed", "{failed}");
    receiver.once(1).await;
    let opened = alerts(&app).await;
    assert_eq!(opened.len(), 1, "{opened:?}");
    let alert = &opened[0];
    let facts =
        ["kind", "status", "exportId", "runId", "subjectName"].map(|name| text(alert, name));
    let run = text(&failed, "runId");
    assert_eq!(facts, ["runFailed", "open", &export, &run, "People to newsletter"]);
    assert_eq!(alert["reason"]["code"], failed["reason"]["code"]);
    let message = text(&alert["reason"], "message");
    assert!(message.starts_with("Campaign Monitor rejected the upload (code 900; "), "{message}");

    let second = broken_run(&app, &export).await;
    until(async || alerts(&app).await[0]["runId"] == second["runId"]).await;
    assert_eq!(alerts(&app).await.len(), 1);
    assert_eq!(receiver.types(), ["alert.opened"], "one message when it opens");

    app.ended(&app.start_run(&export).await).await;
    let messages = receiver.once(2).await;
    assert_eq!(receiver.types(), ["alert.opened", "alert.resolved"]);
    let resolved = &alerts(&app).await[0];
    assert_eq!(
        (&resolved["status"], &resolved["alertId"]),
        (&json!("resolved"), &alert["alertId"])
    );
    let ids: Vec<_> = messages.iter().map(|one| one.body()["data"]["alertId"].clone()).collect();
    assert_eq!(ids, [alert["alertId"].clone(), alert["alertId"].clone()], "a stable id");

    broken_run(&app, &export).await;
    receiver.once(3).await;
    assert_ne!(alerts(&app).await[0]["alertId"], alert["alertId"], "another one opens");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_somebody_cancels_says_nothing() {
    let (app, receiver) = (start().await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    let export = app.export_of(3).await;
    app.post("/instance/pause", &json!({"note": "A test."})).await;
    let run = app.start_run(&export).await;
    app.post(&format!("/runs/{run}/cancel"), &json!({})).await;
    app.post("/instance/resume", &json!({})).await;
    assert_eq!(app.ended(&run).await["status"], "canceled");
    let failed = broken_run(&app, &export).await;
    receiver.once(1).await;
    let all = alerts(&app).await;
    assert_eq!((all.len(), &all[0]["runId"]), (1, &failed["runId"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_are_rejected_open_an_alert_about_the_connection_until_they_are_renewed() {
    let (app, receiver) = (start().await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    let connection = app.connection().await;
    let key = |key: &str| json!({"kind": "apiKey", "apiKey": key});
    let credentials = format!("/connections/{connection}/credentials");
    app.put(&credentials, &key("a-key-that-is-wrong")).await;
    app.post(&format!("/connections/{connection}/verify"), &json!({})).await;
    let message = receiver.once(1).await[0].body();
    assert_eq!(message["data"]["kind"], "connectionNeedsAttention");
    assert_eq!(message["data"]["connectionId"], connection.as_str());
    assert_eq!(message["data"]["reason"]["code"], "credentialsRefused");
    app.put(&credentials, &key(segment_export::sandbox::API_KEY)).await;
    receiver.once(2).await;
    assert_eq!(receiver.types(), ["alert.opened", "alert.resolved"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_for_an_approval_opens_an_alert_until_somebody_decides() {
    let (app, receiver) = (start().await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    let (export, run) = held(&app).await;
    let message = receiver.once(1).await[0].body();
    assert_eq!(message["data"]["kind"], "awaitingApproval", "{message}");
    assert_eq!(message["data"]["exportId"], export.as_str());
    app.post(&format!("/runs/{run}/decline"), &json!({"note": "ask the shop first"})).await;
    let all = receiver.once(2).await;
    assert_eq!(receiver.types(), ["alert.opened", "alert.resolved"]);
    assert!(all.iter().all(|one| !one.text.contains("ask the shop")));
}

/// An export whose run is held because it would remove people; and that run.
async fn held(app: &TestApp) -> (String, String) {
    let export = app.export_of(3).await;
    let sync = json!({"sync": {"send": "changes", "leavers": {"action": "delete"},
        "brake": {"removals": {"count": 1, "percent": 1}}}});
    let call = app.request("Admin", reqwest::Method::PATCH, &format!("/exports/{export}"));
    crate::support::good(call.json(&sync).send().await.unwrap()).await;
    app.ended(&app.start_run(&export).await).await;
    app.segment("People", "CustomerId,Email,City\n0,person0@example.com,Riga\n").await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["status"] == "awaitingApproval").await;
    (export, run)
}

#[tokio::test(flavor = "multi_thread")]
async fn many_profiles_without_a_usable_address_open_an_alert_that_names_none_of_them() {
    let (app, receiver) = (start().await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    let bad = "CustomerId,Email,City\n1,ann at example,Riga\n2,bob@example.com,Oslo\n";
    app.segment("People", bad).await;
    let export = app.export(&app.connection().await).await;
    app.ended(&app.start_run(&export).await).await;
    let message = receiver.once(1).await;
    let body = message[0].body();
    assert_eq!(body["data"]["kind"], "profilesRefused", "{body}");
    let words = text(&body["data"], "message");
    assert!(words.contains("did not put 1 of 2 profiles on the list"), "{words}");
    for value in ["ann at", "bob@", "Riga", "Oslo"] {
        assert!(!message[0].text.contains(value), "{value} in {}", message[0].text);
    }
    app.segment("People", &crate::support::people(3)).await;
    app.ended(&app.start_run(&export).await).await;
    receiver.once(2).await;
    assert_eq!(receiver.types(), ["alert.opened", "alert.resolved"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_values_that_cannot_be_sent_open_an_alert_that_names_the_field_alone() {
    let (app, receiver) = (start().await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    let csv = "CustomerId,Email,Born\n1,a@example.com,one day\n2,b@example.com,2001-02-03\n";
    app.segment("People", csv).await;
    let new = json!({"displayName": "Birthdays", "connectionId": app.connection().await,
        "listId": segment_export::sandbox::LIST_ID, "segments": ["People"],
        "mapping": {"email": "Email", "customFields": [{"field": "Born", "key": "birthday"}]}});
    let export = text(&app.post("/exports", &new).await, "exportId");
    app.ended(&app.start_run(&export).await).await;
    let body = receiver.once(1).await[0].body();
    assert_eq!(body["data"]["kind"], "valuesLost", "{body}");
    let words = text(&body["data"], "message");
    assert!(words.contains("“Born”: 1") && !words.contains("one day"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn half_of_the_values_of_a_field_that_few_profiles_have_are_many() {
    let app = start().await;
    let born = |row: usize| match row {
        0 => "one day",
        1 => "2001-02-03",
        _ => "",
    };
    let rows = (0..40).map(|row| format!("{row},person{row}@example.com,{}\n", born(row)));
    let csv = format!("CustomerId,Email,Born\n{}", rows.collect::<String>());
    app.segment("People", &csv).await;
    let new = json!({"displayName": "Birthdays", "connectionId": app.connection().await,
        "listId": segment_export::sandbox::LIST_ID, "segments": ["People"],
        "mapping": {"email": "Email", "customFields": [{"field": "Born", "key": "birthday"}]}});
    let export = text(&app.post("/exports", &new).await, "exportId");
    app.ended(&app.start_run(&export).await).await;
    until(async || alerts(&app).await.len() == 1).await;
    let open = &alerts(&app).await[0];
    assert_eq!(open["kind"], "valuesLost", "1 of 40 profiles, but 1 of 2 values: {open}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_while_nobody_could_judge_it_is_judged_later() {
    let receiver = Receiver::start();
    let mut app = TestApp::start_with(&["--channels-allow-private", "--alerts-ms=60000"]).await;
    channel(&app, "webhook", &receiver).await;
    let export = app.export_of(3).await;
    broken_run(&app, &export).await;
    assert_eq!(alerts(&app).await, Vec::<Value>::new());
    app.restart_with(&super::ALLOWED).await;
    receiver.once(1).await;
    assert_eq!(receiver.types(), ["alert.opened"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_that_misses_profiles_opens_an_alert_until_one_finds_them_all() {
    let (app, receiver) = (start().await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    let export = app.export_of(5).await;
    let run = app.successful(&export).await;
    let path =
        format!("lists/{}/subscribers?email=person3@example.com", segment_export::sandbox::LIST_ID);
    app.order(reqwest::Method::DELETE, &path, &json!({})).await;
    app.verified_at(&run, &json!({"level": "full"})).await;
    let message = receiver.once(1).await[0].clone();
    assert_eq!(message.body()["data"]["kind"], "verificationFailed", "{}", message.text);
    assert!(message.text.contains("did not find 1 of the profiles"), "{}", message.text);
    assert!(!message.text.contains("person3"));
    let run = app.successful(&export).await;
    app.verified_at(&run, &json!({"level": "full"})).await;
    receiver.once(2).await;
    assert_eq!(receiver.types(), ["alert.opened", "alert.resolved"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_that_are_over_and_their_messages_leave_after_their_time_and_open_ones_stay() {
    let (app, receiver) = (start().await, Receiver::start());
    let made = channel(&app, "webhook", &receiver).await;
    let export = app.export_of(1).await;
    broken_run(&app, &export).await;
    app.ended(&app.start_run(&export).await).await;
    receiver.once(2).await;
    broken_run(&app, &export).await;
    receiver.once(3).await;
    until(async || {
        let sent = super::deliveries(&app, &made).await;
        sent.iter().all(|one| one["status"] == "delivered")
    })
    .await;
    let after = |days| segment_export::db::now() + chrono::TimeDelta::days(days);
    janitor::remove_expired(&app.app(), after(89)).await.unwrap();
    assert_eq!(alerts(&app).await.len(), 2);
    janitor::remove_expired(&app.app(), after(91)).await.unwrap();
    let left = alerts(&app).await;
    assert_eq!((left.len(), &left[0]["status"]), (1, &json!("open")));
    assert!(super::deliveries(&app, &made).await.is_empty());
}
