//! What keeps people from being sent once they are erased, until it expires or is lifted.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::json;

use super::{completed, erase, export};
use crate::changes_doubt::in_database;
use crate::leavers::csv;
use crate::support::{TestApp, good, refused, text};

#[tokio::test(flavor = "multi_thread")]
async fn who_was_erased_is_not_sent_by_later_runs_and_their_rows_name_nobody() {
    let app = TestApp::start().await;
    completed(
        &app,
        &erase(&app, &json!([{"email": "Person3@example.com"}, {"customerId": "5"}])).await,
    )
    .await;
    app.segment("People", &csv(0..10)).await;
    let export = export(&app, "People", &json!({"sync": {"send": "changes"}})).await;
    for sent in [8, 0] {
        let run = app.ended(&app.start_run(&export).await).await;
        assert_eq!(
            (&run["counts"]["created"], &run["counts"]["invalid"]),
            (&json!(sent), &json!(2)),
            "{run}"
        );
        let rows = app.get(&format!("/runs/{}/rejections", text(&run, "runId"))).await;
        for row in rows["items"].as_array().unwrap() {
            let named = (&row["code"], &row["email"], &row["customerId"], &row["outcome"]);
            assert_eq!(
                named,
                (&json!("erased"), &json!(""), &json!(""), &json!("invalid")),
                "{row}"
            );
        }
    }
    let preview = app.post(&format!("/exports/{export}/preview"), &json!({})).await;
    assert_eq!(preview["invalidByCode"][0]["code"], "erased", "{preview}");
    assert!(!preview.to_string().contains("person3@"), "{preview}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_unsubscribed_and_is_erased_is_not_sent_at_a_new_address_and_nobody_else_is_kept_away()
{
    let app = TestApp::start().await;
    let people = |rows: &str| format!("CustomerId,Email,City\n{rows}");
    let [first, other] =
        ["0,ann@example.com,Riga\n7,cid@example.com,Riga\n", "0,bob@example.com,Riga\n"];
    app.segment("First", &people(first)).await;
    app.segment("Other", &people(other)).await;
    let changes = json!({"sync": {"send": "changes"},
        "mapping": {"email": "Email", "customFields": [{"field": "City", "key": "city"}]}});
    let [export, others] =
        [export(&app, "First", &changes).await, export(&app, "Other", &changes).await];
    let run = async |export: &str| app.ended(&app.start_run(export).await).await["counts"].clone();
    run(&export).await;
    run(&others).await;
    let left = ["ann", "cid"];
    let left =
        left.map(|name| json!({"email": format!("{name}@example.com"), "state": "Unsubscribed"}));
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &json!(left)).await;
    app.segment("First", &people(&first.replace("Riga", "Oslo"))).await;
    assert_eq!(run(&export).await["rejected"], 2);

    let named = json!([{"email": "ann@example.com"}, {"email": "cid@example.com"}]);
    completed(&app, &erase(&app, &named).await).await;
    app.segment("First", &people("0,eve@example.com,Rome\n7,cid@new.example.com,Rome\n")).await;
    let next = run(&export).await;
    assert_eq!(
        (&next["created"], &next["invalid"]),
        (&json!(1), &json!(1)),
        "eve, and not cid: {next}"
    );
    app.segment("Other", &people("0,bob@example.com,Rome\n")).await;
    assert_eq!(run(&others).await["updated"], 1, "bob");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_member_who_was_erased_is_not_sent_as_a_test() {
    let app = TestApp::start().await;
    completed(&app, &erase(&app, &json!([{"email": "person3@example.com"}])).await).await;
    app.segment("People", &csv(0..10)).await;
    let export = export(&app, "People", &json!({})).await;
    let test = app.request("Admin", Method::POST, &format!("/exports/{export}/test"));
    let answer = refused(test.json(&json!({"customerId": "3"})).send().await.unwrap(), 422).await;
    assert!(text(&answer["errors"][0], "message").contains("erased"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tombstones_that_are_lifted_or_expired_keep_nobody_from_being_sent() {
    let app = TestApp::start().await;
    app.segment("People", &csv(0..4)).await;
    let export = export(&app, "People", &json!({})).await;
    let lifted = erase(&app, &json!([{"email": "person1@example.com"}])).await;
    let lift = format!("/erasures/{lifted}/lift-tombstones");
    let reason = json!({"reason": "The person has subscribed again."});
    completed(&app, &lifted).await;
    completed(&app, &erase(&app, &json!([{"email": "person2@example.com"}])).await).await;
    app.segment("People", &csv(0..4)).await;
    let sent = async || {
        app.ended(&app.start_run(&export).await).await["counts"]["invalid"].as_i64().unwrap()
    };
    assert_eq!(sent().await, 2);
    let answer = app.post(&lift, &reason).await;
    assert_eq!(answer["tombstones"]["liftedBecause"], reason["reason"], "{answer}");
    assert_eq!(sent().await, 1);
    in_database(&app, "UPDATE tombstones SET expires_utc = '2020-01-01T00:00:00+00:00'").await;
    assert_eq!(sent().await, 0);
    let events = app.get("/audit-events?action=erasure.liftTombstones").await;
    assert_eq!(events["items"][0]["after"]["reason"], reason["reason"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tombstones_are_not_lifted_before_the_erasure_is_completed() {
    let app = TestApp::start().await;
    let connection = app.connection().await;
    let refusal = json!([{"match": {"path": "clients"}, "kind": {"status": {"status": 503}}}]);
    app.faults(&refusal).await;
    let id = erase(&app, &json!([{"email": "person1@example.com"}])).await;
    let lift = app.request("Admin", Method::POST, &format!("/erasures/{id}/lift-tombstones"));
    let answer = lift.json(&json!({"reason": "Too early."})).send().await.unwrap();
    assert_eq!(refused(answer, 422).await["errors"][0]["code"], "notAccepted");
    app.faults(&json!([])).await;
    completed(&app, &id).await;
    good(
        app.request("Admin", Method::GET, &format!("/connections/{connection}"))
            .send()
            .await
            .unwrap(),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_instance_sends_who_was_erased_here() {
    let app = TestApp::start().await;
    completed(&app, &erase(&app, &json!([{"email": "person1@example.com"}])).await).await;
    let other = TestApp::start().await;
    other.segment("People", &csv(0..3)).await;
    let export = export(&other, "People", &json!({})).await;
    let run = other.ended(&other.start_run(&export).await).await;
    assert_eq!(run["counts"]["created"], 3, "{run}");
}
