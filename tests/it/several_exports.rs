//! Several exports to one list: what one of them knew of somebody proves nothing once they may have joined again.

use chrono::TimeDelta;
use segment_export::{db, sql};
use serde_json::json;
use uuid::Uuid;

use crate::changed_addresses::{
    deletes as deletes_changes, export as of_names, known, named_export, put_on_list as put_name,
    run_with, state as state_of,
};
use crate::leavers::{csv, export, no_brake, run, state, unsubscribes};
use crate::origins::{at, deleted, deletes, put_on_list};
use crate::support::{TestApp, text, until};

/// An export whose Ann has become Anna, and somebody else who joined by a form as Ann since.
async fn somebody_at_an_old_address(app: &TestApp) -> String {
    let export = of_names(app, &deletes_changes()).await;
    run_with(app, &export, &[("1", "anna"), ("2", "bob"), ("3", "cid")]).await;
    put_name(app, "ann", "Active").await;
    export
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_joined_with_an_address_that_was_ours_once_is_not_ours() {
    let app = TestApp::start().await;
    somebody_at_an_old_address(&app).await;
    let other = named_export(&app, "Other", &[("9", "ann")], &deletes_changes()).await;
    run(&app, &other).await;
    assert_eq!(known(&app, &other, "ann").await, ("onList".into(), "stranger".into()));
    app.segment("Other", "CustomerId,Email,City\n8,dan@example.com,Riga\n").await;
    assert_eq!(deleted(&app, &other).await, 0);
    assert_eq!(state_of(&app, "ann").await, "Active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_counts_a_stranger_at_an_old_address() {
    let app = TestApp::start().await;
    let export = somebody_at_an_old_address(&app).await;
    let run = text(&run(&app, &export).await, "runId");
    let path = format!("/runs/{run}/verifications");
    app.post(&path, &json!({"level": "full"})).await;
    let newest = async || app.get(&path).await["items"][0].clone();
    until(async || newest().await["endUtc"].is_string()).await;
    let found = newest().await;
    assert_eq!((&found["confirmed"], &found["strangers"]), (&json!(3), &json!(1)), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_an_export_let_go_and_another_one_deleted_is_not_ours_when_they_join_again() {
    let app = TestApp::start().await;
    let one = export(&app, "One", 0..3, &deletes("all")).await;
    let other = export(&app, "Other", 0..3, &deletes("all")).await;
    run(&app, &one).await;
    run(&app, &other).await;
    app.segment("One", &csv(1..3)).await;
    assert_eq!(deleted(&app, &one).await, 0, "the other one holds them");
    app.segment("Other", &csv(1..3)).await;
    assert_eq!((deleted(&app, &other).await, state(&app, 0).await), (1, "Deleted".into()));

    put_on_list(&app, 0, "Active").await;
    app.segment("One", &csv(0..3)).await;
    run(&app, &one).await;
    app.segment("One", &csv(1..3)).await;

    assert_eq!((deleted(&app, &one).await, state(&app, 0).await), (0, "Active".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_one_of_two_exports_for_a_day_leaves_the_list_with_the_last_one() {
    let app = TestApp::start().await;
    let one = export(&app, "One", 0..3, &deletes("changes")).await;
    let other = export(&app, "Other", 0..3, &deletes("changes")).await;
    run(&app, &one).await;
    run(&app, &other).await;
    for members in [1..3, 0..3] {
        app.segment("One", &csv(members)).await;
        assert_eq!(deleted(&app, &one).await, 0);
        run(&app, &other).await;
    }
    app.segment("One", &csv(1..3)).await;
    app.segment("Other", &csv(1..3)).await;
    assert_eq!(deleted(&app, &one).await + deleted(&app, &other).await, 1);
    assert_eq!(state(&app, 0).await, "Deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_an_address_for_a_day_lets_nobody_go() {
    let app = TestApp::start().await;
    let one = export(&app, "One", 0..3, &deletes("changes")).await;
    let other = export(&app, "Other", 0..3, &deletes("changes")).await;
    run(&app, &one).await;
    run(&app, &other).await;
    app.segment("One", &csv(0..3).replace("person0@", "person0")).await;
    run(&app, &one).await;
    let members = app.get(&format!("/exports/{one}/members?limit=200")).await;
    assert!(!members.to_string().contains("letGo"), "{members}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_unsubscribed_long_after_we_did_so_stays_away() {
    for (joins_again, expected) in [(true, "Unsubscribed"), (false, "Active")] {
        let app = TestApp::start().await;
        let sync = json!({"leavers": {"action": "unsubscribe"}, "brake": no_brake(), "resubscribe": "ourRemovals"});
        at(&app, "2026-11-29 10:00:00").await;
        let one = export(&app, "One", 0..3, &sync).await;
        let other = export(&app, "Other", 3..5, &sync).await;
        run(&app, &one).await;
        app.segment("One", &csv(1..3)).await;
        run(&app, &one).await;
        assert_eq!(state(&app, 0).await, "Unsubscribed");
        if joins_again {
            at(&app, "2026-11-29 13:00:00").await;
            put_on_list(&app, 0, "Active").await;
            unsubscribes(&app, 0).await;
            at(&app, "2026-11-29 10:00:00").await;
        }
        for (segment, export) in [("Other", &other), ("One", &one)] {
            app.segment(segment, &csv(0..1)).await;
            run(&app, export).await;
            assert_eq!(state(&app, 0).await, expected, "{segment}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_leaves_while_an_export_of_an_older_version_has_not_run_again() {
    let app = TestApp::start().await;
    let one = export(&app, "One", 0..3, &deletes("all")).await;
    let other = export(&app, "Other", 0..1, &json!({})).await;
    run(&app, &one).await;
    let mut tx = app.app().db.write().await.unwrap();
    let (id, past) = (Uuid::parse_str(&other).unwrap(), db::now() - TimeDelta::days(400));
    let update = "UPDATE exports SET created_utc = $1 WHERE id = $2";
    sql!(&mut tx, |db| sqlx::query(update).bind(past).bind(id).execute(db).await.map(drop))
        .unwrap();
    tx.commit().await.unwrap();
    app.segment("One", &csv(0..2)).await;
    assert_eq!((deleted(&app, &one).await, state(&app, 2).await), (0, "Active".into()));
    run(&app, &other).await;
    assert_eq!((deleted(&app, &one).await, state(&app, 2).await), (1, "Deleted".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_removed_by_both_exports_comes_back_as_the_last_one_left_them() {
    let app = TestApp::start().await;
    let sync = json!({"send": "changes", "leavers": {"action": "delete"}, "resubscribe": "ourRemovals",
        "brake": no_brake()});
    let first = export(&app, "People", 0..3, &sync).await;
    let other = export(&app, "Others", 5..6, &sync).await;
    run(&app, &first).await;
    run(&app, &other).await;
    app.segment("People", &csv(1..3)).await;
    run(&app, &first).await;
    app.segment("Others", &csv(0..1)).await;
    assert_eq!(run(&app, &other).await["counts"]["resubscribed"], 1);
    let mut tx = app.app().db.write().await.unwrap();
    let (id, past) = (Uuid::parse_str(&first).unwrap(), db::now() - TimeDelta::hours(3));
    let update = "UPDATE runs SET end_utc = $1 WHERE export_id = $2";
    sql!(&mut tx, |db| sqlx::query(update).bind(past).bind(id).execute(db).await.map(drop))
        .unwrap();
    tx.commit().await.unwrap();
    app.segment("Others", &csv(5..6)).await;
    run(&app, &other).await;
    assert_eq!(state(&app, 0).await, "Deleted");
    app.segment("People", &csv(0..3)).await;
    assert_eq!(run(&app, &first).await["counts"]["resubscribed"], 1);
    assert_eq!(state(&app, 0).await, "Active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_counts_who_returns_after_another_export_deleted_them() {
    let app = TestApp::start().await;
    let additions = json!({"count": 1, "percent": 100});
    let mut sync = deletes("changes");
    sync["brake"] = json!({"removals": null, "additions": additions, "hold": "run"});
    let one = export(&app, "One", 1..3, &sync).await;
    let other = export(&app, "Other", 0..3, &deletes("changes")).await;
    run(&app, &other).await;
    app.segment("Other", &csv(1..3)).await;
    assert_eq!(deleted(&app, &other).await, 1);

    app.segment("One", &csv(0..3)).await;
    let held = app.start_run(&one).await;
    app.run_when(&held, |run| run["status"] == "awaitingApproval").await;
    let plan = app.get(&format!("/runs/{held}/plan")).await;
    assert_eq!((&plan["new"], &plan["returning"]), (&json!(3), &json!(1)), "{plan}");
}
