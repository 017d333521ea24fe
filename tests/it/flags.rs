//! Flagging people who left: nobody is brought to the list by that, and nobody is deleted by guess.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::leavers::{counted, csv, export, leavers, no_brake, run, state};
use crate::origins::put_on_list;
use crate::support::TestApp;

/// An export of four people to whom the first run gave the flag, two of whom have left since.
async fn two_have_left(app: &TestApp) -> String {
    let flag = json!({"action": "flag", "key": "tier", "in": "Gold", "out": "Bronze"});
    let export = export(app, "People", 0..4, &json!({"leavers": flag, "brake": no_brake()})).await;
    run(app, &export).await;
    app.segment("People", &csv(2..4)).await;
    export
}

/// Nothing of a person is left on the list.
async fn purge(app: &TestApp, person: usize) {
    let path = format!("lists/{LIST_ID}/subscribers?email=person{person}@example.com");
    app.order(Method::DELETE, &path, &Value::Null).await;
}

/// The call that sets the flag is stored, and its answer lost.
fn lost_answer() -> Value {
    json!([{"match": {"path": "import"}, "kind": "dropAfter", "skip": 1, "times": 1}])
}

#[tokio::test(flavor = "multi_thread")]
async fn flagging_brings_nobody_to_a_list_that_was_emptied_by_hand() {
    let app = TestApp::start().await;
    let flag = json!({"action": "flag", "key": "tier", "in": "Gold", "out": "Bronze"});
    let export = export(&app, "People", 0..4, &json!({"leavers": flag, "brake": no_brake()})).await;
    run(&app, &export).await;
    let path = format!("lists/{LIST_ID}/subscribers");
    app.order(Method::DELETE, &path, &Value::Null).await;
    app.segment("People", &csv(2..4)).await;
    let second = run(&app, &export).await;
    assert_eq!(*leavers(&second), counted(2, &[("gone", 2)]));
    assert_eq!(app.active().await, 2, "only the members");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_deleted_again_after_a_call_without_an_answer_and_the_run_says_so() {
    for tries in ["3", "1"] {
        let app = TestApp::start_with(&["--call-tries", tries]).await;
        let export = two_have_left(&app).await;
        purge(&app, 0).await;
        app.faults(&lost_answer()).await;
        let second = run(&app, &export).await;
        assert_eq!(second["status"], "successful", "{second}");
        let expected = counted(2, &[("flagged", 2)]);
        assert_eq!(*leavers(&second), expected, "{tries} tries in an attempt");
        assert!(added_by_flag(&second).contains("any more: 1."), "{second}");
        assert_eq!((state(&app, 0).await, app.active().await), ("Active".into(), 4));
    }
}

fn added_by_flag(run: &Value) -> &str {
    let warnings = run["warnings"].as_array().unwrap();
    let warning = warnings.iter().find(|one| one["code"] == "addedByFlag");
    warning.unwrap_or_else(|| panic!("{run}"))["message"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_unknown_whom_the_flag_added_they_stay_and_the_run_says_so() {
    let app = TestApp::start().await;
    let export = two_have_left(&app).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 1500}}}])).await;
    let second = app.start_run(&export).await;
    app.run_when(&second, |run| run["status"] == "running").await;
    purge(&app, 0).await;
    purge(&app, 1).await;
    put_on_list(&app, 1, "Active").await;
    let second = app.ended(&second).await;
    assert_eq!(*leavers(&second), counted(2, &[("flagged", 2)]), "{second}");
    assert!(added_by_flag(&second).contains("any more: 1."), "{second}");
    assert_eq!((state(&app, 0).await, state(&app, 1).await), ("Active".into(), "Active".into()));
}
