//! People who leave the segments: what a run does to whom, and whom it never touches.

use std::fmt::Write;
use std::ops::Range;

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use segment_export::sql;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{TestApp, good, refused, text};

/// A brake that lets everything go.
pub fn no_brake() -> Value {
    json!({"removals": null})
}

pub fn csv(people: impl IntoIterator<Item = usize>) -> String {
    let mut csv = String::from("CustomerId,Email,City\n");
    for person in people {
        writeln!(csv, "{person},person{person}@example.com,Riga").unwrap();
    }
    csv
}

/// An export of a segment of these people, that follows it so.
pub async fn export(app: &TestApp, segment: &str, people: Range<usize>, sync: &Value) -> String {
    app.segment(segment, &csv(people)).await;
    let new = json!({"displayName": format!("{segment} to newsletter"), "connectionId": app.connection().await,
        "listId": LIST_ID, "segments": [segment], "sync": sync,
        "mapping": {"email": "Email", "customFields": [{"field": "City", "key": "city"}]}});
    text(&app.post("/exports", &new).await, "exportId")
}

/// Runs an export to its end.
pub async fn run(app: &TestApp, export: &str) -> Value {
    let run = app.start_run(export).await;
    app.ended(&run).await
}

/// What the list has of a person: state and values.
pub async fn person(app: &TestApp, person: usize) -> Value {
    app.sandbox_says(&format!("lists/{LIST_ID}/subscribers?email=person{person}@example.com")).await
}

pub async fn state(app: &TestApp, who: usize) -> String {
    text(&person(app, who).await, "state")
}

pub fn leavers(run: &Value) -> &Value {
    &run["counts"]["leavers"]
}

pub fn counted(found: i64, outcomes: &[(&str, i64)]) -> Value {
    let mut counts = json!({"found": found, "flagged": 0, "deleted": 0, "unsubscribed": 0, "kept": 0, "gone": 0,
        "failed": 0, "remaining": 0});
    for (outcome, count) in outcomes {
        counts[*outcome] = json!(count);
    }
    counts
}

pub async fn calls_of(app: &TestApp, call: &str) -> i64 {
    let calls = app.sandbox_says("calls").await["calls"][call].clone();
    calls.as_object().map_or(0, |by| by.values().filter_map(Value::as_i64).sum())
}

async fn forget_baseline(app: &TestApp, export: &str) {
    let (id, app) = (Uuid::parse_str(export).unwrap(), app.app());
    let mut tx = app.db.write().await.unwrap();
    let delete = "DELETE FROM baselines WHERE export_id = $1";
    sql!(&mut tx, |db| sqlx::query(delete).bind(id).execute(db).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

const DELETE: &str = "DELETE /subscribers/{id}";

#[tokio::test(flavor = "multi_thread")]
async fn who_left_the_segment_stays_on_the_list_unless_the_export_says_otherwise() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..10, &json!({})).await;
    run(&app, &export).await;
    app.segment("People", &csv(0..5)).await;
    let second = run(&app, &export).await;
    assert_eq!(*leavers(&second), counted(0, &[]));
    assert_eq!(app.active().await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn leavers_are_deleted_once_and_nobody_else_is_touched() {
    let app = TestApp::start().await;
    let sync = json!({"leavers": {"action": "delete"}, "brake": no_brake()});
    let export = export(&app, "People", 0..10, &sync).await;
    let first = run(&app, &export).await;
    assert_eq!((&first["status"], leavers(&first)), (&json!("successful"), &counted(0, &[])));
    app.segment("People", &csv(4..12)).await;

    let second = run(&app, &export).await;

    assert_eq!(second["status"], "successful", "{second}");
    assert_eq!(*leavers(&second), counted(4, &[("deleted", 4)]));
    assert_eq!(state(&app, 3).await, "Deleted");
    assert_eq!((state(&app, 4).await, app.active().await), ("Active".to_owned(), 8));
    let third = run(&app, &export).await;
    assert_eq!(*leavers(&third), counted(0, &[]), "they left once");
    assert_eq!(calls_of(&app, DELETE).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn leavers_are_unsubscribed_where_the_export_asks_for_it_and_saving_warns() {
    let app = TestApp::start().await;
    let sync = json!({"leavers": {"action": "unsubscribe"}, "brake": no_brake()});
    let export = export(&app, "People", 0..5, &sync).await;
    let saved = app
        .request("Admin", Method::PATCH, &format!("/exports/{export}"))
        .json(&json!({"displayName": "Other"}));
    let saved = good(saved.send().await.unwrap()).await;
    let codes: Vec<_> =
        saved["warnings"].as_array().unwrap().iter().map(|one| text(one, "code")).collect();
    assert_eq!(codes, ["removesLeavers", "unsubscribesEverywhere"]);
    run(&app, &export).await;
    app.segment("People", &csv(1..5)).await;
    let second = run(&app, &export).await;
    assert_eq!(*leavers(&second), counted(1, &[("unsubscribed", 1)]));
    assert_eq!(state(&app, 0).await, "Unsubscribed");
}

#[tokio::test(flavor = "multi_thread")]
async fn leavers_are_flagged_in_one_call_and_members_have_the_other_value() {
    let app = TestApp::start().await;
    let flag = json!({"action": "flag", "key": "tier", "in": "Gold", "out": "Bronze"});
    let sync = json!({"leavers": flag, "brake": no_brake()});
    let export = export(&app, "People", 0..10, &sync).await;
    run(&app, &export).await;
    assert_eq!(person(&app, 0).await["fields"]["[tier]"], json!(["Gold"]));
    app.segment("People", &csv(3..10)).await;
    let second = run(&app, &export).await;
    assert_eq!(*leavers(&second), counted(3, &[("flagged", 3)]));
    let left = person(&app, 0).await;
    assert_eq!(
        (&left["fields"]["[tier]"], &left["fields"]["[city]"]),
        (&json!(["Bronze"]), &json!(["Riga"]))
    );
    assert_eq!(state(&app, 0).await, "Active");
    app.segment("People", &csv(0..10)).await;
    let third = run(&app, &export).await;
    assert_eq!(
        (leavers(&third), person(&app, 0).await["fields"]["[tier]"].clone()),
        (&counted(0, &[]), json!(["Gold"]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn people_whom_this_service_did_not_put_on_the_list_are_never_touched() {
    let app = TestApp::start().await;
    let stranger = json!([{"email": "person0@example.com", "state": "Active"}]);
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &stranger).await;
    let sync = json!({"leavers": {"action": "delete"}, "brake": no_brake()});
    let export = export(&app, "People", 0..1, &sync).await;
    run(&app, &export).await;
    app.segment("People", &csv(1..3)).await;
    let second = run(&app, &export).await;
    assert_eq!(*leavers(&second), counted(1, &[("kept", 1)]));
    assert_eq!(state(&app, 0).await, "Active");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_leaves_when_the_last_export_to_the_list_lets_go() {
    let app = TestApp::start().await;
    let sync = json!({"leavers": {"action": "delete"}, "brake": no_brake()});
    let one = export(&app, "One", 0..6, &sync).await;
    let other = export(&app, "Other", 4..10, &sync).await;
    run(&app, &one).await;
    run(&app, &other).await;
    app.segment("One", &csv(0..2)).await;

    let left_one = run(&app, &one).await;

    assert_eq!(*leavers(&left_one), counted(4, &[("deleted", 2), ("kept", 2)]));
    assert_eq!((state(&app, 3).await, state(&app, 5).await), ("Deleted".into(), "Active".into()));
    app.segment("Other", &csv(6..10)).await;
    let left_other = run(&app, &other).await;
    assert_eq!(
        *leavers(&left_other),
        counted(2, &[("deleted", 2)]),
        "ours, put there by the first export"
    );
    assert_eq!((state(&app, 5).await, app.active().await), ("Deleted".into(), 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_to_one_list_go_one_after_the_other_over_whichever_connection() {
    let app = TestApp::start().await;
    let one = export(&app, "One", 0..3000, &json!({})).await;
    let other = export(&app, "Other", 0..10, &json!({})).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 400}}}])).await;
    let first = app.start_run(&one).await;
    app.run_when(&first, |run| run["status"] == "running").await;
    let second = app.start_run(&other).await;
    let ended = app.ended(&second).await;
    let before = app.get(&format!("/runs/{first}")).await;
    assert!(
        before["endUtc"].as_str().unwrap() <= ended["startUtc"].as_str().unwrap(),
        "{before} {ended}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_shows_who_would_leave_and_sends_nothing() {
    let app = TestApp::start().await;
    let sync = json!({"leavers": {"action": "delete"}, "send": "changes"});
    let export = export(&app, "People", 0..10, &sync).await;
    run(&app, &export).await;
    app.segment("People", &csv(6..12)).await;
    let preview = app.post(&format!("/exports/{export}/preview"), &json!({})).await;
    let plan = &preview["plan"];
    let numbers = ["new", "unchanged", "leavers", "kept", "calls"].map(|name| plan[name].as_i64());
    assert_eq!(numbers, [2, 4, 6, 0, 7].map(Some), "{plan}");
    assert_eq!(plan["limits"][0]["limit"], "removalsPercent");
    let codes: Vec<_> =
        preview["listWarnings"].as_array().unwrap().iter().map(|one| text(one, "code")).collect();
    assert_eq!(codes, ["removesLeavers"]);
    assert_eq!(app.active().await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_removed_while_it_is_unknown_whom_another_export_holds() {
    let app = TestApp::start().await;
    let sync = json!({"leavers": {"action": "delete"}, "brake": no_brake()});
    let one = export(&app, "One", 0..6, &sync).await;
    let other = export(&app, "Other", 0..6, &json!({})).await;
    run(&app, &one).await;
    run(&app, &other).await;
    forget_baseline(&app, &other).await;
    app.segment("One", &csv(0..2)).await;
    let second = run(&app, &one).await;
    assert_eq!(*leavers(&second), counted(0, &[]));
    let warned =
        second["warnings"].as_array().unwrap().iter().find(|one| one["code"] == "nobodyRemoved");
    assert!(text(warned.unwrap(), "message").contains("Another export"), "{second}");
    assert_eq!(app.active().await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_with_a_mistake_in_its_address_has_not_left() {
    let app = TestApp::start().await;
    let sync = json!({"leavers": {"action": "delete"}, "brake": no_brake()});
    let export = export(&app, "People", 0..5, &sync).await;
    run(&app, &export).await;
    app.segment("People", &(csv(1..5) + "0,person0@@example.com,Riga\n")).await;
    let second = run(&app, &export).await;
    assert_eq!(*leavers(&second), counted(1, &[("kept", 1)]));
    assert_eq!(state(&app, 0).await, "Active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_fails_removes_nobody_and_the_next_one_does() {
    let app = TestApp::start_with(&["--stalls-max", "1", "--call-tries", "1"]).await;
    let sync = json!({"leavers": {"action": "delete"}, "brake": no_brake()});
    let export = export(&app, "People", 0..3000, &sync).await;
    run(&app, &export).await;
    app.segment("People", &csv(1..3000)).await;
    let down = json!([{"match": {"path": "import"}, "kind": {"status": {"status": 500}}}]);
    app.faults_unread(&down).await;
    let failed = run(&app, &export).await;
    assert_eq!(
        (&failed["status"], leavers(&failed)["deleted"].as_i64()),
        (&json!("failed"), Some(0))
    );
    assert_eq!(state(&app, 0).await, "Active");
    app.faults(&json!([])).await;
    let healed = run(&app, &export).await;
    assert_eq!(healed["status"], "successful", "{healed}");
    let third = run(&app, &export).await;
    let deleted = |run: &Value| leavers(run)["deleted"].as_i64().unwrap();
    assert_eq!(deleted(&healed) + deleted(&third), 1, "{healed} {third}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_while_people_are_taken_off_repeats_only_the_calls_in_flight() {
    let mut app = TestApp::start_with(&["--uploads-in-flight", "2"]).await;
    let sync = json!({"leavers": {"action": "delete"}, "brake": no_brake()});
    let export = export(&app, "People", 0..60, &sync).await;
    run(&app, &export).await;
    app.segment("People", &csv(0..1)).await;
    app.faults(&json!([{"match": {"method": "DELETE"}, "kind": {"latency": {"ms": 50}}}])).await;
    let second = app.start_run(&export).await;
    app.run_when(&second, |run| leavers(run)["deleted"].as_i64() > Some(5)).await;
    app.stop_service().await;
    app.start_service().await;
    let ended = app.ended(&second).await;
    assert_eq!(ended["status"], "successful", "{ended}");
    assert_eq!(*leavers(&ended), counted(59, &[("deleted", 59)]));
    assert_eq!((calls_of(&app, DELETE).await, app.active().await), (59, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_left_by_their_own_wish_is_gone_and_stays_as_they_are() {
    let app = TestApp::start().await;
    let flag = json!({"action": "flag", "key": "tier", "in": "Gold", "out": "Bronze"});
    let export = export(&app, "People", 0..4, &json!({"leavers": flag, "brake": no_brake()})).await;
    run(&app, &export).await;
    unsubscribes(&app, 0).await;
    app.segment("People", &csv(2..4)).await;
    let second = run(&app, &export).await;
    assert_eq!(*leavers(&second), counted(2, &[("flagged", 1), ("gone", 1)]));
    assert_eq!(state(&app, 0).await, "Unsubscribed");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_unsubscribed_meanwhile_is_not_deleted() {
    let app = TestApp::start().await;
    let sync = json!({"leavers": {"action": "delete"}, "brake": no_brake()});
    let export = export(&app, "People", 0..4, &sync).await;
    run(&app, &export).await;
    unsubscribes(&app, 0).await;
    app.segment("People", &csv(2..4)).await;
    let second = run(&app, &export).await;
    assert_eq!(*leavers(&second), counted(2, &[("deleted", 1), ("gone", 1)]));
    assert_eq!((state(&app, 0).await, calls_of(&app, DELETE).await), ("Unsubscribed".into(), 1));
}

/// By their own wish.
pub async fn unsubscribes(app: &TestApp, person: usize) {
    let call =
        app.campaign_monitor(Method::POST, &format!("subscribers/{LIST_ID}/unsubscribe.json"));
    let body = json!({"EmailAddress": format!("person{person}@example.com")});
    call.json(&body).send().await.unwrap().error_for_status().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn people_whom_a_run_removed_come_back_and_others_do_not() {
    let app = TestApp::start().await;
    let sync =
        json!({"leavers": {"action": "delete"}, "brake": no_brake(), "resubscribe": "ourRemovals"});
    let export = export(&app, "People", 0..6, &sync).await;
    run(&app, &export).await;
    unsubscribes(&app, 5).await;
    app.segment("People", &csv(3..6)).await;
    run(&app, &export).await;
    let stranger = json!([{"email": "person1@example.com", "state": "Unsubscribed"}]);
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &stranger).await;
    app.segment("People", &csv(0..6)).await;

    let back = run(&app, &export).await;

    let counts = ["created", "updated", "resubscribed", "rejected"]
        .map(|name| back["counts"][name].as_i64());
    assert_eq!(counts, [0, 4, 2, 2].map(Some), "{back}");
    assert_eq!(
        (state(&app, 0).await, state(&app, 1).await),
        ("Active".into(), "Unsubscribed".into())
    );
    assert_eq!(state(&app, 5).await, "Unsubscribed", "left by their own wish");
    let again = run(&app, &export).await;
    assert_eq!((&again["counts"]["resubscribed"], leavers(&again)), (&json!(0), &counted(0, &[])));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_whom_a_run_removed_stay_away_unless_the_export_says_otherwise() {
    let app = TestApp::start().await;
    let sync = json!({"leavers": {"action": "delete"}, "brake": no_brake(), "send": "changes"});
    let export = export(&app, "People", 0..3, &sync).await;
    run(&app, &export).await;
    app.segment("People", &csv(1..3)).await;
    run(&app, &export).await;
    app.segment("People", &csv(0..3)).await;
    let back = run(&app, &export).await;
    assert_eq!(
        (&back["counts"]["rejected"], &back["counts"]["unchanged"]),
        (&json!(1), &json!(2)),
        "{back}"
    );
    assert_eq!(state(&app, 0).await, "Deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_must_be_a_field_of_the_list_that_nothing_else_fills() {
    let app = TestApp::start().await;
    app.segment("People", &csv(0..1)).await;
    let connection = app.connection().await;
    for (key, code) in [
        ("nosuchfield", "unknownCustomField"),
        ("city", "repeatedCustomField"),
        ("points", "unsuitedCustomField"),
    ] {
        let flag = json!({"action": "flag", "key": key, "in": "Yes", "out": "No"});
        let new = json!({"displayName": key, "connectionId": connection, "listId": LIST_ID, "segments": ["People"],
            "sync": {"leavers": flag},
            "mapping": {"email": "Email", "customFields": [{"field": "City", "key": "city"}]}});
        let answer =
            app.request("Admin", Method::POST, "/exports").json(&new).send().await.unwrap();
        let problem = refused(answer, 422).await;
        assert_eq!(problem["errors"][0]["code"], code, "{problem}");
        assert_eq!(problem["errors"][0]["pointer"], "/sync/leavers/key");
    }
}
