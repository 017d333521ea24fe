//! The rules of alerts: of the instance and of an export.

use chrono::TimeDelta;
use reqwest::Method;
use segment_export::db;
use segment_export::upkeep::notifier::check_clock;
use serde_json::{Value, json};
use uuid::Uuid;

use super::receiver::Receiver;
use super::{alerts, broken_run, channel, start};
use crate::changes_doubt::in_database;
use crate::support::{TestApp, good, refused, text, until};

fn kinds(rules: &Value) -> Vec<&str> {
    rules.as_array().unwrap().iter().map(|rule| rule["kind"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_begins_with_the_rules_that_need_no_knowledge_of_what_is_usual() {
    let app = TestApp::start().await;
    let rules = app.get("/alert-rules").await;
    assert_eq!(rules["version"], 0);
    let expected = [
        "runFailed",
        "profilesRefused",
        "valuesLost",
        "runLate",
        "awaitingApproval",
        "connectionNeedsAttention",
        "verificationFailed",
        "channelNeedsAttention",
    ];
    assert_eq!(kinds(&rules["rules"]), expected);
    assert_eq!(rules["rules"][1], json!({"kind": "profilesRefused", "percent": 10}));
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_replaced_and_an_export_differs_in_the_kinds_that_it_has() {
    let app = start().await;
    let rules = json!({"rules": [{"kind": "runFailed", "remindHours": 24}, {"kind": "notFresh", "hours": 30}]});
    let set = app.put("/alert-rules", &rules).await;
    assert_eq!((&set["rules"], &set["version"]), (&rules["rules"], &json!(1)));
    let export = app.export_of(1).await;
    let path = format!("/exports/{export}/alert-rules");
    assert_eq!(kinds(&app.get(&path).await["valid"]), ["runFailed", "notFresh"]);
    let own = json!({"rules": [{"kind": "runFailed", "channels": []}]});
    let set = app.put(&path, &own).await;
    assert_eq!(
        (&set["rules"], kinds(&set["valid"])),
        (&own["rules"], vec!["notFresh", "runFailed"])
    );

    let stale = app.request("Admin", Method::PUT, "/alert-rules").header("If-Match", "\"7\"");
    refused(stale.json(&rules).send().await.unwrap(), 412).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_cannot_be_meant_is_refused_with_its_pointer() {
    let app = start().await;
    let export = app.export_of(1).await;
    let own = format!("/exports/{export}/alert-rules");
    let unknown = json!({"kind": "runFailed", "channels": [Uuid::now_v7()]});
    for (path, rules, status, pointer) in [
        (
            "/alert-rules",
            json!([{"kind": "runFailed"}, {"kind": "runFailed"}]),
            422,
            "/rules/1/kind",
        ),
        ("/alert-rules", json!([unknown]), 422, "/rules/0/channels/0"),
        ("/alert-rules", json!([{"kind": "runFailed", "hours": 3}]), 400, "/rules/0"),
        (own.as_str(), json!([{"kind": "connectionNeedsAttention"}]), 422, "/rules/0/kind"),
        (own.as_str(), json!([{"kind": "channelNeedsAttention"}]), 422, "/rules/0/kind"),
    ] {
        let call = app.request("Admin", Method::PUT, path).json(&json!({"rules": rules}));
        let problem = refused(call.send().await.unwrap(), status).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_tells_nobody_still_has_its_alerts() {
    let (app, receiver) = (start().await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    let export = app.export_of(1).await;
    let silent = json!({"rules": [{"kind": "runFailed", "channels": []}]});
    app.put(&format!("/exports/{export}/alert-rules"), &silent).await;
    broken_run(&app, &export).await;
    until(async || alerts(&app).await.len() == 1).await;
    assert!(receiver.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_acknowledges_an_alert_and_the_others_see_who_and_why() {
    let app = start().await;
    let export = app.export_of(1).await;
    broken_run(&app, &export).await;
    until(async || alerts(&app).await.len() == 1).await;
    let id = text(&alerts(&app).await[0], "alertId");
    let path = format!("/alerts/{id}/acknowledge");
    let viewer = app.request("Viewer", Method::POST, &path).json(&json!({}));
    refused(viewer.send().await.unwrap(), 403).await;
    let call = app.request("Contributor", Method::POST, &path);
    let seen = good(call.json(&json!({"note": "I ask the shop."})).send().await.unwrap()).await;
    let facts = ["status", "acknowledgedBy", "note"].map(|name| text(&seen, name));
    assert_eq!(facts, ["acknowledged", "Contributor@example.com", "I ask the shop."]);

    app.ended(&app.start_run(&export).await).await;
    until(async || alerts(&app).await[0]["status"] == "resolved").await;
    let late = app.request("Admin", Method::POST, &path).send().await.unwrap();
    assert_eq!(refused(late, 409).await["errorCode"], "alertResolved");
    let open = app.get("/alerts?status=open").await;
    assert_eq!(open["items"], json!([]));
    let of_export = app.get(&format!("/alerts?exportId={export}&kind=runFailed")).await;
    assert_eq!(of_export["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_whose_rule_is_removed_ends_at_once_and_says_so() {
    let (app, receiver) = (start().await, Receiver::start());
    channel(&app, "webhook", &receiver).await;
    let export = app.export_of(1).await;
    broken_run(&app, &export).await;
    receiver.once(1).await;
    let own = json!({"rules": [{"kind": "runFailed"}]});
    app.put(&format!("/exports/{export}/alert-rules"), &own).await;
    app.put("/alert-rules", &json!({"rules": []})).await;
    assert_eq!(alerts(&app).await[0]["status"], "open", "the export has its own rule");
    app.put(&format!("/exports/{export}/alert-rules"), &json!({"rules": []})).await;
    assert_eq!(alerts(&app).await[0]["status"], "resolved");
    let last = receiver.once(2).await[1].body();
    assert!(text(&last["data"], "message").contains("changed the rules of alerts"), "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_alert_follows_its_rule_as_it_is_now() {
    let (app, first, second) = (start().await, Receiver::start(), Receiver::start());
    channel(&app, "webhook", &first).await;
    let set = async |rule: Value| app.put("/alert-rules", &json!({"rules": [rule]})).await;
    set(json!({"kind": "runFailed", "remindHours": 24})).await;
    let export = app.export_of(1).await;
    broken_run(&app, &export).await;
    first.once(1).await;
    let due = async || alerts(&app).await[0]["remindUtc"].clone();
    let daily = due().await;
    let other = channel(&app, "slack", &second).await;
    set(json!({"kind": "runFailed", "remindHours": 24, "channels": [other["channelId"]]})).await;
    assert_eq!(due().await, daily, "other channels are no reason for another time");
    set(json!({"kind": "runFailed", "remindHours": 1, "channels": [other["channelId"]]})).await;
    let soon: db::Time = due().await.as_str().unwrap().parse().unwrap();
    assert!(soon < db::now() + TimeDelta::minutes(61), "{soon}");
    check_clock(&app.app(), db::now() + TimeDelta::hours(2)).await.unwrap();
    in_database(&app, "UPDATE deliveries SET next_utc = (SELECT MIN(created_utc) FROM channels)")
        .await;
    second.once(1).await;

    set(json!({"kind": "runFailed", "channels": []})).await;
    assert_eq!(due().await, Value::Null, "nobody is reminded");
    check_clock(&app.app(), db::now() + TimeDelta::days(3)).await.unwrap();
    app.ended(&app.start_run(&export).await).await;
    until(async || alerts(&app).await[0]["status"] == "resolved").await;
    assert_eq!((first.received().len(), second.received().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_about_a_connection_is_for_those_who_see_the_connection() {
    let app = start().await;
    let connection = app.connection().await;
    let path = format!("/connections/{connection}");
    let key = json!({"kind": "apiKey", "apiKey": "no-such-key"});
    app.put(&format!("{path}/credentials"), &key).await;
    app.post(&format!("{path}/verify"), &json!({})).await;
    until(async || alerts(&app).await.len() == 1).await;
    let alert = format!("/alerts/{}", text(&alerts(&app).await[0], "alertId"));
    let seen = async |role: &str| {
        let listed = app.request(role, Method::GET, "/alerts").send().await.unwrap();
        let one = app.request(role, Method::GET, &alert).send().await.unwrap().status().as_u16();
        (good(listed).await["items"].as_array().unwrap().len(), one)
    };
    assert_eq!(seen("Admin").await, (1, 200));
    assert_eq!(seen("Contributor").await, (0, 404));
    assert_eq!(seen("Viewer").await, (0, 404));
    let acknowledge = format!("{alert}/acknowledge");
    let call = app.request("Contributor", Method::POST, &acknowledge).send().await.unwrap();
    refused(call, 404).await;
    let share = json!({"allowedRoles": "adminsAndContributors"});
    good(app.request("Admin", Method::PATCH, &path).json(&share).send().await.unwrap()).await;
    assert_eq!(seen("Contributor").await, (1, 200));
    assert_eq!(seen("Viewer").await, (0, 404));
}
