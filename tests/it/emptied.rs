//! Others empty the list, or delete people from it: the next run says so, and brings back only those of whom the list
//! knows nothing any more.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::came_back::known;
use crate::feedback::{bring_everybody_back, readmit};
use crate::leavers::{csv, export, no_brake, run, state};
use crate::origins::put_on_list;
use crate::support::TestApp;

fn outcome(run: &Value) -> [i64; 3] {
    ["created", "updated", "unchanged"].map(|name| run["counts"][name].as_i64().unwrap())
}

async fn ten_people(app: &TestApp) -> String {
    let export = export(app, "People", 0..10, &json!({"send": "changes"})).await;
    assert_eq!(outcome(&run(app, &export).await), [10, 0, 0]);
    export
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_a_trace_of_its_people_is_filled_again_and_the_run_says_why() {
    let app = TestApp::start().await;
    let export = ten_people(&app).await;
    purge(&app).await;
    let healed = run(&app, &export).await;
    assert_eq!((&healed["fullBecause"], outcome(&healed)), (&json!("listEmptied"), [10, 0, 0]));
    assert_eq!(app.active().await, 10);
    let next = run(&app, &export).await;
    assert_eq!((&next["fullBecause"], outcome(&next)), (&json!(null), [0, 0, 10]));
}

async fn purge(app: &TestApp) {
    app.order(Method::DELETE, &format!("lists/{LIST_ID}/subscribers"), &json!(null)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_said_no_before_the_list_was_emptied_is_not_sent() {
    let app = TestApp::start().await;
    put_on_list(&app, 0, "Unsubscribed").await;
    let export = export(&app, "People", 0..10, &json!({"send": "changes"})).await;
    assert_eq!(outcome(&run(&app, &export).await), [9, 0, 0]);
    purge(&app).await;
    let healed = run(&app, &export).await;
    assert_eq!((&healed["fullBecause"], outcome(&healed)), (&json!("listEmptied"), [9, 0, 0]));
    assert_eq!((&healed["counts"]["rejected"], app.active().await), (&json!(1), 9));
    assert_eq!(known(&app, &export, 0).await, "heldBack");
    assert_eq!(outcome(&run(&app, &export).await), [0, 0, 10]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_readmission_does_not_count_for_a_later_no_of_which_the_emptied_list_knows_nothing() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..3, &json!({"send": "changes"})).await;
    bring_everybody_back(&app, &export).await;
    run(&app, &export).await;
    readmit(&app, &export, 1).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    put_on_list(&app, 1, "Unsubscribed").await;
    app.segment("People", &csv(0..3).replace("Riga", "Oslo")).await;
    let refused = run(&app, &export).await;
    assert_eq!((outcome(&refused), &refused["counts"]["rejected"]), ([0, 2, 0], &json!(1)));
    purge(&app).await;
    let healed = run(&app, &export).await;
    assert_eq!((&healed["fullBecause"], outcome(&healed)), (&json!("listEmptied"), [2, 0, 0]));

    readmit(&app, &export, 1).await;
    assert_eq!(outcome(&run(&app, &export).await), [1, 0, 2], "somebody says why once more");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_export_to_an_emptied_list_sends_its_people_again() {
    let app = TestApp::start().await;
    let large = ten_people(&app).await;
    let small = export(&app, "Few", 20..23, &json!({"send": "changes"})).await;
    run(&app, &small).await;
    purge(&app).await;
    assert_eq!(outcome(&run(&app, &large).await), [10, 0, 0]);
    let second = run(&app, &small).await;
    assert_eq!((&second["fullBecause"], outcome(&second)), (&json!("listEmptied"), [3, 0, 0]));
    assert_eq!(app.active().await, 13);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_list_is_filled_by_the_next_run_when_one_was_cancelled_half_way() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..20_000, &json!({"send": "changes"})).await;
    run(&app, &export).await;
    purge(&app).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 1000}}}])).await;
    let half = app.start_run(&export).await;
    app.run_when(&half, |run| run["counts"]["created"].as_i64().unwrap() > 0).await;
    app.post(&format!("/runs/{half}/cancel"), &json!({})).await;
    assert_eq!(app.ended(&half).await["status"], "canceled");
    app.faults(&json!([])).await;
    let healed = run(&app, &export).await;
    assert_eq!(healed["fullBecause"], "listEmptied", "{healed}");
    assert_eq!(app.active().await, 20_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_whom_others_deleted_stay_deleted_and_the_run_warns() {
    let app = TestApp::start().await;
    let export = ten_people(&app).await;
    let deleted: Vec<_> = (0..7)
        .map(|n| json!({"email": format!("person{n}@example.com"), "state": "Deleted"}))
        .collect();
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &json!(deleted)).await;
    let warned = run(&app, &export).await;
    assert_eq!((&warned["fullBecause"], outcome(&warned)), (&json!(null), [0, 0, 10]));
    let warning = &warned["warnings"][0];
    assert_eq!(warning["code"], "fewOnList", "{warned}");
    assert!(warning["message"].as_str().unwrap().contains("has 3 people"), "{warning}");
    assert_eq!((state(&app, 0).await, app.active().await), ("Deleted".into(), 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_run_adds_to_an_emptied_list_is_ours_and_may_leave_again() {
    let app = TestApp::start().await;
    let sync = json!({"send": "changes", "leavers": {"action": "delete"}, "brake": no_brake()});
    let export = export(&app, "People", 0..4, &sync).await;
    put_on_list(&app, 0, "Active").await;
    run(&app, &export).await;
    purge(&app).await;
    assert_eq!(outcome(&run(&app, &export).await), [4, 0, 0]);
    app.segment("People", &csv(2..4)).await;
    assert_eq!(run(&app, &export).await["counts"]["leavers"]["deleted"], 2);
    assert_eq!(app.active().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_sent_to_an_emptied_list_counts_as_an_addition() {
    let app = TestApp::start().await;
    let brake = json!({"removals": null, "additions": {"count": 5, "percent": 100}});
    let export = export(&app, "People", 0..4, &json!({"send": "changes", "brake": brake})).await;
    run(&app, &export).await;
    app.segment("People", &csv(0..7)).await;
    run(&app, &export).await;
    purge(&app).await;
    let held = app.start_run(&export).await;
    app.run_when(&held, |run| run["status"] == "awaitingApproval").await;
    let plan = app.get(&format!("/runs/{held}/plan")).await;
    assert_eq!((&plan["limits"][0]["value"], &plan["calls"]), (&json!(7), &json!(1)), "{plan}");
    assert_eq!(app.active().await, 0);
}
