//! What an erasure waits for: it says so, and goes on by itself.

use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use super::{completed, erase, erasure_when, export, removed, site};
use crate::leavers::csv;
use crate::support::{TestApp, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_for_an_approval_is_named_and_nobody_is_lost_when_it_ends() {
    let app = TestApp::start().await;
    app.segment("People", &csv(0..10)).await;
    let brake =
        json!({"additions": {"count": 4, "percent": 100}, "approver": "anyEditor", "hold": "run"});
    let export = export(&app, "People", &json!({"sync": {"brake": brake}})).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["status"] == "awaitingApproval").await;
    let id = erase(&app, &json!([{"email": "person3@example.com"}])).await;
    let waiting = erasure_when(&app, &id, |seen| seen["waiting"].is_string()).await;
    assert!(text(&waiting, "waiting").contains("run"), "{waiting:#}");
    assert_eq!(waiting["status"], "inProgress");
    assert!(
        site(&waiting, "lists")["verifiedUtc"].is_string(),
        "the others do not wait: {waiting:#}"
    );
    // The plan is another one without the person, so it is approved once more.
    for attempt in [1, 2] {
        app.run_when(&run, |run| {
            run["status"] == "awaitingApproval" && run["attempt"].as_i64() >= Some(attempt)
        })
        .await;
        let plan = app.get(&format!("/runs/{run}/plan")).await;
        app.post(&format!("/runs/{run}/approve"), &json!({"planHash": plan["hash"]})).await;
    }
    let ended = app.ended(&run).await;
    assert_eq!(
        (&ended["counts"]["created"], &ended["counts"]["invalid"]),
        (&json!(9), &json!(1)),
        "{ended}"
    );
    let done = completed(&app, &id).await;
    assert_eq!((removed(&done, "lists"), removed(&done, "baselines")), (0, 0), "{done:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_cannot_be_searched_is_named_until_it_can_be_or_its_connection_is_removed()
{
    let app = TestApp::start_with(&["--call-tries", "1"]).await;
    let connection = app.connection().await;
    app.faults(&json!([{"match": {"path": "clients"}, "kind": {"status": {"status": 500}}}])).await;
    let id = erase(&app, &json!([{"email": "person3@example.com"}])).await;
    let waiting = erasure_when(&app, &id, |seen| seen["waiting"].is_string()).await;
    assert!(text(&waiting, "waiting").contains("Campaign Monitor"), "{waiting:#}");
    let path = format!("/connections/{connection}");
    let gone = app.request("Admin", reqwest::Method::DELETE, &path).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    let done = completed(&app, &id).await;
    assert_eq!(removed(&done, "lists"), 0, "no export ever sent to a list");
}

/// What an erasure of a person says of the lists, in its answer and in its receipt.
async fn lists_of(app: &TestApp, person: usize) -> Value {
    let id = erase(app, &json!([{"email": format!("person{person}@example.com")}])).await;
    let done = completed(app, &id).await;
    let receipt = app.get(&format!("/erasures/{id}/receipt")).await;
    let lists = site(&done, "lists");
    assert_eq!(site(&receipt["extensions"], "lists"), lists);
    lists.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_that_no_connection_reaches_are_named_and_never_verified() {
    let app = TestApp::start().await;
    app.segment("People", &csv(0..10)).await;
    let export = export(&app, "People", &json!({})).await;
    app.ended(&app.start_run(&export).await).await;
    let path = format!("/exports/{export}");
    let connection = text(&app.get(&path).await, "connectionId");
    let is_named = |lists: &Value| {
        let remark = text(lists, "remark");
        let named = format!("Not reached: {LIST_ID} (“People to newsletter”). ");
        assert_eq!(lists["verifiedUtc"], Value::Null, "{lists}");
        assert!(remark.starts_with(&named) && remark.contains("yourself"), "{remark}");
        assert_eq!(lists["found"], 0, "{lists}");
    };

    let other_account = json!({"kind": "apiKey", "apiKey": "sandbox-other-client-key"});
    app.put(&format!("/connections/{connection}/credentials"), &other_account).await;
    is_named(&lists_of(&app, 3).await);

    for gone in [path, format!("/connections/{connection}")] {
        let gone = app.request("Admin", reqwest::Method::DELETE, &gone).send().await.unwrap();
        assert_eq!(gone.status(), 204);
    }
    is_named(&lists_of(&app, 3).await);

    app.connection().await;
    let lists = lists_of(&app, 3).await;
    assert!(lists["verifiedUtc"].is_string(), "{lists}");
    assert_eq!((&lists["found"], &lists["removed"]), (&json!(1), &json!(1)));
    assert!(!text(&lists, "remark").contains("Not reached"), "{lists}");
}
