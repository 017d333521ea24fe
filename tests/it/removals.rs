//! The calls that remove people: what is stored of somebody whose call was repeated, or had no answer.

use serde_json::{Value, json};

use crate::came_back::known;
use crate::leavers::{csv, export, no_brake, run, state, unsubscribes};
use crate::support::{TestApp, until};

/// An export of three people, two of whom leave; these faults meet the calls that delete them.
async fn two_leave(app: &TestApp, faults: &Value) -> String {
    let sync =
        json!({"leavers": {"action": "delete"}, "brake": no_brake(), "resubscribe": "ourRemovals"});
    let export = export(app, "People", 0..3, &sync).await;
    run(app, &export).await;
    app.segment("People", &csv(2..3)).await;
    app.faults(faults).await;
    export
}

#[tokio::test(flavor = "multi_thread")]
async fn who_unsubscribes_between_two_tries_stays_away() {
    let app = TestApp::start().await;
    let busy = json!({"status": 429, "retryAfterSeconds": 2});
    let busy = json!([{"match": {"method": "DELETE"}, "times": 2, "kind": {"status": busy}}]);
    let export = two_leave(&app, &busy).await;
    let second = app.start_run(&export).await;
    let refused = async || {
        app.sandbox_says("calls").await["calls"]["DELETE /subscribers/{id}"]["429"].clone()
    };
    until(async || refused().await == 2).await;
    unsubscribes(&app, 0).await;
    let second = app.ended(&second).await;
    let leavers = &second["counts"]["leavers"];
    assert_eq!((&leavers["deleted"], &leavers["gone"]), (&json!(1), &json!(1)), "{second}");
    assert_eq!(known(&app, &export, 0).await, "unsubscribed");
    app.segment("People", &csv(0..3)).await;
    assert_eq!(run(&app, &export).await["counts"]["resubscribed"], 1);
    assert_eq!(
        (state(&app, 0).await, state(&app, 1).await),
        ("Unsubscribed".into(), "Active".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_call_without_an_answer_deleted_is_removed_by_us() {
    let app = TestApp::start().await;
    let lost = json!([{"match": {"method": "DELETE"}, "times": 1, "kind": "dropAfter"}]);
    let export = two_leave(&app, &lost).await;
    let second = run(&app, &export).await;
    assert_eq!(second["counts"]["leavers"]["deleted"], 2, "{second}");
    let states = (known(&app, &export, 0).await, known(&app, &export, 1).await);
    assert_eq!(states, ("deletedByUs".into(), "deletedByUs".into()));
}
