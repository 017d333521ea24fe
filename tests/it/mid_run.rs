//! What happens to the list in the middle of a run: the run says so in words, its counts add up, nobody is removed, and
//! the next run heals.

use reqwest::Method;
use segment_export::sandbox::{API_KEY, CLIENT_ID, LIST_ID};
use serde_json::{Value, json};

use crate::leavers::{csv, export, leavers, no_brake, person, run};
use crate::support::{TestApp, good, text};

/// More than a run sends at once.
const PEOPLE: usize = 12_000;

/// An export that has sent ten people, and a run of many more without five of them, of which calls were answered.
async fn under_way(app: &TestApp) -> (String, String) {
    let sync = json!({"send": "changes", "leavers": {"action": "delete"}, "brake": no_brake()});
    let export = export(app, "People", 0..10, &sync).await;
    run(app, &export).await;
    app.segment("People", &csv(5..PEOPLE)).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 800}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"] != 0).await;
    (export, run)
}

/// It removed nobody, and says why it went wrong. That its counts add up is checked whenever a test looks at a run.
fn ended_in_words(run: &Value, reason: &str) {
    assert_eq!(leavers(run)["deleted"], 0, "nobody is removed: {run}");
    assert_eq!(run["reason"]["code"], reason, "{run}");
    assert!(text(&run["reason"], "message").len() > 20, "in words: {run}");
}

/// The next run makes the list what the segment is.
async fn next_heals(app: &TestApp, export: &str) {
    app.faults(&json!([])).await;
    let healed = run(app, export).await;
    assert_eq!(healed["status"], "successful", "{healed}");
    assert_eq!(usize::try_from(app.active().await).unwrap(), PEOPLE - 5, "{healed}");
    assert_ne!(person(app, 3).await["state"], "Active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_revoked_in_the_middle_of_a_run_removes_nobody_and_a_new_one_heals() {
    let app = TestApp::start().await;
    let (export, run) = under_way(&app).await;
    app.faults(&json!([{"kind": {"status": {"status": 401, "code": 100}}}])).await;
    ended_in_words(&app.ended(&run).await, "credentialsRefused");
    app.faults(&json!([])).await;
    let connection = text(&app.get(&format!("/exports/{export}")).await, "connectionId");
    let credentials = json!({"kind": "apiKey", "apiKey": API_KEY});
    app.put(&format!("/connections/{connection}/credentials"), &credentials).await;
    next_heals(&app, &export).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_emptied_in_the_middle_of_a_run_has_everybody_after_the_next_one() {
    let app = TestApp::start().await;
    let (export, run) = under_way(&app).await;
    // More is on the list then than comes after it.
    let is_late = |run: &Value| run["counts"]["created"].as_i64().unwrap() >= 7000;
    app.run_when(&run, is_late).await;
    app.order(Method::DELETE, &format!("lists/{LIST_ID}/subscribers"), &json!({})).await;
    app.ended(&run).await;
    next_heals(&app, &export).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_deleted_in_the_middle_of_a_run_ends_it_in_words_and_another_list_begins_anew()
 {
    let app = TestApp::start().await;
    let (export, run) = under_way(&app).await;
    let list = app.campaign_monitor(Method::DELETE, &format!("lists/{LIST_ID}.json"));
    list.send().await.unwrap().error_for_status().unwrap();
    ended_in_words(&app.ended(&run).await, "listNotFound");
    app.faults(&json!([])).await;
    let connection = text(&app.get(&format!("/exports/{export}")).await, "connectionId");
    let new = json!({"name": "Again", "optIn": "single", "clientId": CLIENT_ID});
    let list = app.post(&format!("/connections/{connection}/lists"), &new).await;
    let field = json!({"name": "city", "dataType": "Text"});
    let list = text(&list, "listId");
    app.post(&format!("/connections/{connection}/lists/{list}/fields"), &field).await;
    let path = format!("/exports/{export}");
    let other = app.request("Admin", Method::PATCH, &path).json(&json!({"listId": list}));
    good(other.send().await.unwrap()).await;
    let begun = self::run(&app, &export).await;
    let said = (&begun["status"], &begun["fullBecause"], &begun["counts"]["created"]);
    assert_eq!(said, (&json!("successful"), &json!("firstRun"), &json!(PEOPLE - 5)), "{begun}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_list_that_is_chosen_in_the_middle_of_a_run_is_for_the_next_one() {
    let app = TestApp::start().await;
    let (export, run) = under_way(&app).await;
    let connection = text(&app.get(&format!("/exports/{export}")).await, "connectionId");
    let new = json!({"name": "Other", "optIn": "single", "clientId": CLIENT_ID});
    let list = text(&app.post(&format!("/connections/{connection}/lists"), &new).await, "listId");
    let change = json!({"listId": list, "mapping": {"customFields": []}});
    let change = app.request("Admin", Method::PATCH, &format!("/exports/{export}")).json(&change);
    good(change.send().await.unwrap()).await;
    let ended = app.ended(&run).await;
    assert_eq!(ended["status"], "successful", "the run goes on with its list: {ended}");
    assert_eq!(usize::try_from(app.active().await).unwrap(), PEOPLE - 5, "{ended}");
    let next = self::run(&app, &export).await;
    let said = (&next["fullBecause"], &next["counts"]["created"]);
    assert_eq!(said, (&json!("firstRun"), &json!(PEOPLE - 5)), "{next}");
    assert_eq!(usize::try_from(app.active().await).unwrap(), PEOPLE - 5, "the old list stays");
}
