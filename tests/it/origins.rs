//! Who put somebody on the list: only people of this service are taken off.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::leavers::{csv, export, no_brake, person, run, state, unsubscribes};
use crate::support::{TestApp, text, until};

pub async fn put_on_list(app: &TestApp, person: usize, state: &str) {
    let email = format!("person{person}@example.com");
    let people = json!([{"email": email, "state": state}]);
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &people).await;
}

pub fn deletes(send: &str) -> Value {
    json!({"send": send, "leavers": {"action": "delete"}, "brake": no_brake()})
}

pub async fn deleted(app: &TestApp, export: &str) -> i64 {
    run(app, export).await["counts"]["leavers"]["deleted"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_was_there_before_stays_a_stranger_beside_people_who_are_new() {
    for send in ["all", "changes"] {
        let app = TestApp::start().await;
        put_on_list(&app, 0, "Active").await;
        let export = export(&app, "People", 0..1, &deletes(send)).await;
        run(&app, &export).await;
        let changed = csv(0..3).replace("person0@example.com,Riga", "person0@example.com,Liepaja");
        app.segment("People", &changed).await;
        run(&app, &export).await;
        app.segment("People", &csv(2..3)).await;
        assert_eq!(deleted(&app, &export).await, 1, "{send}");
        let states = (state(&app, 0).await, state(&app, 1).await);
        assert_eq!(states, ("Active".into(), "Deleted".into()), "{send}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_of_ours_whom_others_removed_hides_no_stranger() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..2, &deletes("all")).await;
    run(&app, &export).await;
    let gone = format!("lists/{LIST_ID}/subscribers?email=person1@example.com");
    app.order(Method::DELETE, &gone, &json!({})).await;
    put_on_list(&app, 2, "Active").await;
    app.segment("People", &csv(0..3)).await;
    run(&app, &export).await;
    app.segment("People", &csv(0..2)).await;
    assert_eq!(deleted(&app, &export).await, 0);
    assert_eq!(state(&app, 2).await, "Active");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_left_by_their_own_wish_and_came_back_by_another_way_is_nobody_of_ours() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..3, &deletes("all")).await;
    run(&app, &export).await;
    put_on_list(&app, 0, "Unsubscribed").await;
    run(&app, &export).await;
    put_on_list(&app, 0, "Active").await;
    run(&app, &export).await;
    app.segment("People", &csv(2..3)).await;
    assert_eq!(deleted(&app, &export).await, 1);
    assert_eq!((state(&app, 0).await, state(&app, 1).await), ("Active".into(), "Deleted".into()));
}

/// Stops the clock of Campaign Monitor.
pub async fn at(app: &TestApp, time: &str) {
    app.order(Method::PUT, "clock", &json!({"systemDate": time})).await;
}

/// A run of ten people, three of whom were on the list since `joined`; then all but two leave.
async fn after_a_mixed_call(app: &TestApp, joined: &str) -> (Vec<String>, i64) {
    at(app, joined).await;
    for person in 0..3 {
        put_on_list(app, person, "Active").await;
    }
    at(app, "2026-11-29 10:00:05").await;
    let export = export(app, "People", 0..10, &deletes("changes")).await;
    run(app, &export).await;
    let members = app.get(&format!("/exports/{export}/members")).await;
    let origins = members["items"].as_array().unwrap().iter().map(|one| text(one, "origin"));
    let mut origins: Vec<_> = origins.collect();
    origins.sort();
    app.segment("People", &csv(8..10)).await;
    (origins, deleted(app, &export).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dates_of_the_list_say_whom_the_first_run_put_on_a_list_with_people() {
    let app = TestApp::start().await;
    let (origins, deleted) = after_a_mixed_call(&app, "2026-11-29 10:00:04").await;
    assert_eq!(origins, [["ours"; 7].as_slice(), &["stranger"; 3]].concat());
    assert_eq!(deleted, 5);
    assert_eq!((state(&app, 2).await, state(&app, 3).await), ("Active".into(), "Deleted".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_removed_of_a_call_when_others_joined_at_the_same_time() {
    let app = TestApp::start().await;
    let (origins, deleted) = after_a_mixed_call(&app, "2026-11-29 10:00:05").await;
    assert_eq!((origins, deleted), (vec!["unknown".to_owned(); 10], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_joined_while_the_run_sent_is_not_taken_for_one_who_left_again() {
    let app = TestApp::start().await;
    let slow = |path: &str| json!({"match": {"path": path}, "kind": {"latency": {"ms": 1500}}});
    app.faults(&json!([slow("import"), slow("/active")])).await;
    let export = export(&app, "People", 0..2, &deletes("changes")).await;
    let first = app.start_run(&export).await;
    until(async || app.sandbox_says("calls").await["importsNow"] == 1).await;
    put_on_list(&app, 0, "Active").await;
    until(async || person(&app, 1).await["state"] == "Active").await;
    unsubscribes(&app, 1).await;
    app.ended(&first).await;
    app.faults(&json!([])).await;
    let members = app.get(&format!("/exports/{export}/members")).await;
    let origins = members["items"].as_array().unwrap().iter().map(|one| text(one, "origin"));
    assert_eq!(origins.collect::<Vec<_>>(), ["unknown", "unknown"]);
    app.segment("People", &csv(8..10)).await;
    assert_eq!((deleted(&app, &export).await, state(&app, 0).await), (0, "Active".into()));
}
