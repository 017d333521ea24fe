//! A tour through every call that leaves something of somebody behind: members, and people who call.

use reqwest::Method;
use segment_export::sandbox::{DOUBLE_OPT_IN_LIST_ID, LIST_ID};
use serde_json::json;

use crate::alerts::receiver::Receiver;
use crate::alerts::{alerts, channel};
use crate::erasures::{completed, erase};
use crate::leavers::run;
use crate::orphans::files_in;
use crate::support::{TestApp, good, text, until};

/// A part of every address of a member, and of nothing else.
pub const MEMBER: &str = "needle";
/// The same of everybody who calls.
pub const USERS: [&str; 2] = ["Admin@example.com", "Contributor@example.com"];
/// A folder of the customer, in which files say who left.
pub const OUTGOING: &str = "who-left";
/// Another one, with row logs.
pub const ROW_LOG: &str = "row-log";

pub fn members(people: std::ops::Range<usize>) -> String {
    use std::fmt::Write;
    let mut csv = String::from("CustomerId,Email,City,Born\n");
    for person in people {
        writeln!(csv, "{person},needle{person}@example.org,Riga,1990-01-02").unwrap();
    }
    csv
}

/// Every call that leaves something of somebody behind. At its end the instance is paused.
pub async fn tour(app: &TestApp) {
    let flawed = members(0..6)
        + "20,Needle2@example.org,Riga,\n21,needle and no address,Riga,\n22,needle22@example.org,Riga,no day\n";
    app.segment("People", &flawed).await;
    let connection = app.connection().await;
    decline(app, &connection).await;
    let export = export(app, &connection).await;
    app.post(&format!("/exports/{export}/preview"), &json!({})).await;
    app.post(&format!("/exports/{export}/test"), &json!({"customerId": "1"})).await;
    let receiver = Receiver::start();
    let channel = channel(app, "webhook", &receiver).await;
    app.post(&format!("/channels/{}/test", text(&channel, "channelId")), &json!({})).await;
    app.put("/alert-rules", &json!({"rules": [{"kind": "profilesRefused", "percent": 1}]})).await;
    run(app, &export).await;
    acknowledge(app).await;
    leave(app).await;
    app.segment("People", &(members(2..9) + "21,needle and no address,Riga,\n")).await;
    let last = text(&run(app, &export).await, "runId");
    read(app, &export, &last).await;
    search(app).await;
    let readmission = json!({"email": "needle1@example.org", "reason": "A letter."});
    app.put(&format!("/exports/{export}/readmissions"), &readmission).await;
    forget(app).await;
    app.post("/instance/pause", &json!({"note": "tour"})).await;
    app.post(&format!("/exports/{export}/duplicate"), &json!({})).await;
    until(async || !receiver.received().is_empty()).await;
}

/// A run that waits for an approval, and is declined.
async fn decline(app: &TestApp, connection: &str) {
    let brake =
        json!({"additions": {"count": 1, "percent": 100}, "approver": "anyEditor", "hold": "run"});
    let new = json!({"displayName": "Held", "connectionId": connection, "listId": DOUBLE_OPT_IN_LIST_ID,
        "segments": ["People"], "sync": {"brake": brake}, "mapping": {"email": "Email"}});
    let export = text(&app.post("/exports", &new).await, "exportId");
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["status"] == "awaitingApproval").await;
    app.post(&format!("/runs/{run}/decline"), &json!({"note": "Too many."})).await;
    app.ended(&run).await;
}

async fn export(app: &TestApp, connection: &str) -> String {
    let fields = format!("/connections/{connection}/lists/{LIST_ID}/fields");
    app.post(&fields, &json!({"name": "Born", "dataType": "Date"})).await;
    let sync = json!({"send": "changes", "leavers": {"action": "delete"}, "brake": {"removals": null},
        "verify": "full"});
    let new = json!({"displayName": "Tour", "connectionId": connection, "listId": LIST_ID,
        "segments": ["People"], "sync": sync, "mapping": {"email": "Email", "customFields":
            [{"field": "City", "key": "city"}, {"field": "Born", "key": "Born"}]},
        "rowLog": {"url": app.storage_url(ROW_LOG), "payload": true}});
    let create = app.request("Admin", Method::POST, "/exports").header("Idempotency-Key", "tour");
    text(&good(create.json(&new).send().await.unwrap()).await, "exportId")
}

/// Somebody takes care of the alert that the first run opened.
async fn acknowledge(app: &TestApp) {
    let refused =
        async || alerts(app).await.into_iter().find(|alert| alert["kind"] == "profilesRefused");
    until(async || refused().await.is_some()).await;
    let alert = text(&refused().await.unwrap(), "alertId");
    app.post(&format!("/alerts/{alert}/acknowledge"), &json!({"note": "I ask the shop."})).await;
}

/// Two people unsubscribe.
async fn leave(app: &TestApp) {
    for person in [1, 3] {
        let leave =
            app.campaign_monitor(Method::POST, &format!("subscribers/{LIST_ID}/unsubscribe.json"));
        let leave = leave.json(&json!({"EmailAddress": format!("needle{person}@example.org")}));
        leave.send().await.unwrap().error_for_status().unwrap();
    }
}

/// Everything that is kept of a run and of its export is read, and files say who left.
async fn read(app: &TestApp, export: &str, run: &str) {
    let verifications = format!("/runs/{run}/verifications");
    until(async || app.get(&verifications).await["items"][0]["endUtc"].is_string()).await;
    for path in ["rejections", "value-problems", "receipt"] {
        app.get(&format!("/runs/{run}/{path}")).await;
    }
    app.get(&format!("/exports/{export}/members")).await;
    app.get(&format!("/exports/{export}/feedback")).await;
    let feedback = json!({"feedback": {"url": app.storage_url(OUTGOING)}});
    let change = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
    good(change.json(&feedback).send().await.unwrap()).await;
    until(async || !files_in(&app.storage().join(OUTGOING)).is_empty()).await;
}

async fn search(app: &TestApp) {
    for who in [json!({"email": "needle2@example.org", "live": true}), json!({"customerId": "2"})] {
        app.post("/people/search", &who).await;
    }
    let nobody = app.request("Contributor", Method::POST, "/people/search").json(&json!({}));
    nobody.send().await.unwrap();
}

/// Somebody is erased by address and somebody by id, and the tombstones of one of them are lifted.
async fn forget(app: &TestApp) {
    let by_id = erase(app, &json!([{"customerId": "6"}])).await;
    let by_address = erase(app, &json!([{"email": "needle5@example.org"}])).await;
    for id in [&by_id, &by_address] {
        completed(app, id).await;
    }
    let lift = json!({"reason": "A letter."});
    app.post(&format!("/erasures/{by_id}/lift-tombstones"), &lift).await;
}
