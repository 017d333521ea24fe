//! Who put somebody on the list: only people of this service are taken off.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::leavers::{csv, export, no_brake, run, state};
use crate::support::TestApp;

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
