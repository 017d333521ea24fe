//! What the database must keep, whichever engine it is: claims, leases, fences.

use std::time::Duration;

use chrono::TimeDelta;
use futures::future::{join_all, poll_immediate};
use reqwest::Method;
use segment_export::app::App;
use segment_export::db::{self, ReadHandle};
use segment_export::names::RunId;
use segment_export::runs::reader::RunReader;
use segment_export::runs::store_waiting::{backlog, waiting};
use segment_export::runs::store_work::{Checkpoint, checkpoint, claim, due, heartbeat, settle};
use segment_export::runs::{
    Counts, FieldWarnings, Lease, Outcome, Reason, ReasonCode, RequestSums, Run, RunStatus,
    Timeline, store,
};
use segment_export::sandbox::OTHER_LIST_ID;
use serde_json::json;
use tokio::time::timeout;

use crate::support::{TestApp, people, refused, text};

const LEASE: Duration = Duration::from_mins(1);
const PUSH_AGAIN: Duration = Duration::from_secs(30);

/// A service that takes calls and carries nothing out.
pub async fn idle() -> TestApp {
    TestApp::start_with(&["--roles", "api"]).await
}

pub async fn queued(app: &TestApp, export: &str) -> RunId {
    RunId(app.start_run(export).await.parse().unwrap())
}

/// Claims a run at a moment so many seconds from now.
async fn claimed(app: &App, run: RunId, after_seconds: i64) -> Option<Run> {
    let mut tx = app.db.write().await.unwrap();
    let now = db::now() + TimeDelta::seconds(after_seconds);
    let run = claim(&mut tx, run, now, LEASE).await.unwrap();
    tx.commit().await.unwrap();
    run
}

fn lease_of(run: &Run) -> Lease {
    Lease { run: run.id, fence: run.fence }
}

/// Of a run that ends now.
fn timeline() -> Timeline {
    Timeline::begun(db::now())
}

fn some_progress() -> Checkpoint {
    let counts = Counts { created: 2, invalid: 1, ..Counts::default() };
    let field_warnings = FieldWarnings::default();
    let (timeline, requests) = (timeline(), RequestSums::default());
    let (progress, sent_until) = (true, 1003);
    Checkpoint { position: 3, progress, sent_until, counts, field_warnings, timeline, requests }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_workers_one_claims_a_run() {
    let test = idle().await;
    let run = queued(&test, &test.export_of(3).await).await;
    let app = test.app();
    let tries = (0..16).map(|_| claimed(&app, run, 0));
    let claims = join_all(tries).await;
    assert_eq!(claims.iter().flatten().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_lease_ran_out_can_write_nothing_once_another_has_claimed() {
    let test = idle().await;
    let run = queued(&test, &test.export_of(3).await).await;
    let app = test.app();
    let old = lease_of(&claimed(&app, run, 0).await.unwrap());
    assert!(claimed(&app, run, 59).await.is_none(), "the lease still holds");
    let new = lease_of(&claimed(&app, run, 61).await.unwrap());

    let mut tx = app.db.write().await.unwrap();
    let ended = Outcome::Ended(RunStatus::Successful, None);
    assert_eq!(heartbeat(&mut tx, old, &timeline(), db::now(), LEASE).await.unwrap(), None);
    let written = checkpoint(&mut tx, old, &some_progress(), db::now(), LEASE).await.unwrap();
    assert_eq!(written, None);
    assert!(!settle(&mut tx, old, &ended, &timeline(), Some(3)).await.unwrap());
    assert_eq!(heartbeat(&mut tx, new, &timeline(), db::now(), LEASE).await.unwrap(), Some(false));
    assert!(settle(&mut tx, new, &ended, &timeline(), Some(3)).await.unwrap());
    assert!(!settle(&mut tx, new, &ended, &timeline(), Some(3)).await.unwrap(), "it ends once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_adds_counts_and_forgives_stalls() {
    let test = idle().await;
    let run = queued(&test, &test.export_of(6).await).await;
    let app = test.app();
    let claim = claimed(&app, run, 0).await.unwrap();
    assert_eq!(claim.stalls, 1);
    let mut tx = app.db.write().await.unwrap();
    for _ in 0..2 {
        let to = some_progress();
        let cancel = checkpoint(&mut tx, lease_of(&claim), &to, db::now(), LEASE).await;
        assert_eq!(cancel.unwrap(), Some(false));
    }
    tx.commit().await.unwrap();
    let run = store::get(&mut app.db.read().await.unwrap(), run).await.unwrap().unwrap();
    assert_eq!((run.position, run.sent_until, run.stalls), (3, 1003, 0));
    assert_eq!((run.counts.created, run.counts.invalid), (4, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_cancelled_while_it_was_put_aside_is_due_at_once_and_says_who_it_was() {
    let test = idle().await;
    let run = queued(&test, &test.export_of(3).await).await;
    let app = test.app();
    let held = claimed(&app, run, 0).await.unwrap();
    test.post(&format!("/runs/{}/cancel", run.0), &json!({})).await;

    let later = Outcome::Released {
        not_before: db::now() + TimeDelta::minutes(10),
        reason: Some(Reason::new(ReasonCode::DestinationUnavailable, "")),
        stalled: true,
    };
    let mut tx = app.db.write().await.unwrap();
    assert!(settle(&mut tx, lease_of(&held), &later, &timeline(), None).await.unwrap());
    tx.commit().await.unwrap();

    let seen = test.get(&format!("/runs/{}", run.0)).await;
    assert_eq!(
        (&seen["status"], &seen["reason"]["code"]),
        (&json!("queued"), &json!("canceledByUser"))
    );
    assert!(claimed(&app, run, 0).await.is_some(), "it need not wait for ten minutes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_due_until_it_is_pushed_and_again_when_its_worker_died() {
    let test = idle().await;
    let run = queued(&test, &test.export_of(3).await).await;
    let app = test.app();
    let due_after = async |seconds: i64| {
        let mut tx = app.db.write().await.unwrap();
        let now = db::now() + TimeDelta::seconds(seconds);
        let due = due(&mut tx, now, PUSH_AGAIN, 10).await.unwrap();
        tx.commit().await.unwrap();
        due
    };
    assert_eq!(due_after(0).await, [run], "nobody has pushed it");
    assert_eq!(due_after(1).await, [], "it is in the queue");
    assert_eq!(due_after(40).await, [run], "nobody has taken it for long");
    claimed(&app, run, 0).await.unwrap();
    assert_eq!(due_after(50).await, [], "a worker has it");
    assert_eq!(due_after(61).await, [run], "its lease ran out");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_one_connection_take_turns_and_those_of_others_do_not_wait() {
    let test = idle().await;
    test.segment("People", &people(3)).await;
    let (one, other) = (test.connection().await, test.connection().await);
    let first = queued(&test, &test.export(&one).await).await;
    let second = queued(&test, &test.export(&one).await).await;
    let to_other_list = json!({"displayName": "Other", "connectionId": other, "listId": OTHER_LIST_ID,
        "segments": ["People"], "mapping": {"email": "Email"}});
    let to_other_list = text(&test.post("/exports", &to_other_list).await, "exportId");
    let third = queued(&test, &to_other_list).await;
    let app = test.app();
    let running = claimed(&app, first, 0).await.unwrap();

    let mut tx = app.db.write().await.unwrap();
    let error = claim(&mut tx, second, db::now(), LEASE).await.unwrap_err();
    assert!(db::is_unique_violation(&error), "{error}");
    drop(tx);
    let mut tx = app.db.write().await.unwrap();
    let due = due(&mut tx, db::now(), PUSH_AGAIN, 10).await.unwrap();
    assert_eq!(due, [third], "the second waits for its connection");
    tx.commit().await.unwrap();
    assert!(claimed(&app, third, 0).await.is_some());

    let mut tx = app.db.write().await.unwrap();
    let ended = Outcome::Ended(RunStatus::Successful, None);
    assert!(settle(&mut tx, lease_of(&running), &ended, &timeline(), Some(3)).await.unwrap());
    let list = &running.list_id;
    let next = waiting(&mut tx, running.connection_id, list, db::now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(next, Some(second));
    assert!(claimed(&app, second, 0).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_worker_died_is_found_however_many_older_ones_wait_behind_it() {
    let test = idle().await;
    test.segment("People", &people(3)).await;
    let connection = test.connection().await;
    let older = queued(&test, &test.export(&connection).await).await;
    let orphan = queued(&test, &test.export(&connection).await).await;
    let app = test.app();
    let claim = claimed(&app, orphan, 0).await.unwrap();

    let later = db::now() + TimeDelta::seconds(61);
    let mut tx = app.db.write().await.unwrap();
    assert_eq!(backlog(&mut tx, later).await.unwrap().0, 1, "the older one cannot be claimed");
    assert_eq!(due(&mut tx, later, PUSH_AGAIN, 1).await.unwrap(), [orphan]);
    let ended = Outcome::Ended(RunStatus::Successful, None);
    let timeline = Timeline::begun(later);
    assert!(settle(&mut tx, lease_of(&claim), &ended, &timeline, Some(3)).await.unwrap());
    assert_eq!(due(&mut tx, later, PUSH_AGAIN, 1).await.unwrap(), [older]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_one_open_run() {
    let test = idle().await;
    let export = test.export_of(3).await;
    let run = test.start_run(&export).await;
    let again = test.request("Admin", Method::POST, &format!("/exports/{export}/runs"));
    let problem = refused(again.send().await.unwrap(), 409).await;
    assert_eq!(problem["errorCode"], "runAlreadyOpen");
    assert!(problem.to_string().contains(&run), "{problem}");

    test.post(&format!("/runs/{run}/cancel"), &json!({})).await;
    assert_ne!(test.start_run(&export).await, run);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_found_by_every_filter() {
    let test = idle().await;
    let export = test.export_of(3).await;
    let run = test.start_run(&export).await;
    let yesterday =
        (db::now() - TimeDelta::days(1)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    for (query, found) in [
        (format!("exportId={export}"), 1),
        ("status=queued".into(), 1),
        ("status=failed".into(), 0),
        (format!("fromUtc={yesterday}"), 1),
        (format!("toUtc={yesterday}"), 0),
    ] {
        let runs = test.get(&format!("/runs?{query}")).await;
        assert_eq!(runs["items"].as_array().unwrap().len(), found, "{query}");
    }
    assert_eq!(text(&test.get(&format!("/runs/{run}")).await, "status"), "queued");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_look_at_runs_at_the_same_time_each_see_theirs_as_it_was_when_they_asked() {
    let test = idle().await;
    let (export, other_export) = (test.export_of(3).await, test.export_of(3).await);
    let (run, other) = (queued(&test, &export).await, queued(&test, &other_export).await);
    let (app, unknown) = (test.app(), RunId(uuid::Uuid::now_v7()));
    let reader = RunReader::default();
    for change in 1..=20 {
        let mut tx = app.db.write().await.unwrap();
        let reason = Reason::new(ReasonCode::CanceledByUser, "Ann");
        assert!(store::request_cancel(&mut tx, run, &reason, db::now()).await.unwrap());
        tx.commit().await.unwrap();
        let ids = [run, other, unknown].into_iter().cycle().take(90);
        let found = join_all(ids.map(|id| reader.get(&app.db, id))).await;
        let versions = found.iter().map(|found| {
            found.as_ref().unwrap().as_ref().map(|found| (found.run.id, found.run.version))
        });
        let expected = [Some((run, 1 + change)), Some((other, 1)), None];
        assert!(versions.eq(expected.into_iter().cycle().take(90)), "after {change} changes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_at_a_run_is_answered_though_the_caller_that_read_for_all_was_cut_off() {
    let test = idle().await;
    let run = queued(&test, &test.export_of(3).await).await;
    let (app, reader) = (test.app(), RunReader::default());
    for _ in 0..10 {
        let held = every_connection(&app).await;
        let mut reading: Vec<_> = (0..4).map(|_| Box::pin(reader.get(&app.db, run))).collect();
        for each in &mut reading {
            assert!(poll_immediate(each).await.is_none(), "a read waits for a connection");
        }
        let mut looking = Box::pin(reader.get(&app.db, run));
        assert!(poll_immediate(&mut looking).await.is_none(), "others read before");
        drop(reading);
        drop(held);
        assert_eq!(looking.await.unwrap().unwrap().run.id, run);
    }
}

/// Takes every connection to read with that there is.
async fn every_connection(app: &App) -> Vec<ReadHandle> {
    let mut held = vec![];
    while let Ok(Ok(connection)) = timeout(Duration::from_millis(200), app.db.read()).await {
        held.push(connection);
    }
    held
}
