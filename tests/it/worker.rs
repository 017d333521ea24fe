//! What a worker does with a run that it holds, step by step.

use std::time::Duration;

use chrono::TimeDelta;
use segment_export::db;
use segment_export::names::RunId;
use segment_export::runs::store_work::claim;
use segment_export::runs::{RunStatus, store};
use segment_export::worker::fairness::Fairness;
use segment_export::worker::heartbeat::Heartbeat;
use segment_export::worker::job::Job;
use segment_export::worker::prepare::prepare;
use segment_export::worker::stopped::Stopped;

use crate::support::{TestApp, until};

/// A service that executes nothing, and a run that a worker has claimed.
async fn held(settings: &[&str], profiles: usize) -> (TestApp, Job) {
    let test = TestApp::start_with(&[&["--roles", "api"], settings].concat()).await;
    let run = test.start_run(&test.export_of(profiles).await).await;
    let app = test.app();
    let mut tx = app.db.write().await.unwrap();
    let id = RunId(run.parse().unwrap());
    let run = claim(&mut tx, id, db::now(), app.config.work.lease()).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let job = Job::new(app, &Fairness::new(1, Duration::ZERO), run, [].into());
    (test, job)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_too_many_profiles_has_sent_nothing_whenever_its_worker_dies() {
    let (_test, mut job) = held(&["--max-profiles-per-export", "5"], 6).await;

    let stopped = prepare(&mut job).await.err();

    assert!(matches!(stopped, Some(Stopped::Ended(RunStatus::Skipped, _))), "{stopped:?}");
    let mut tx = job.app.db.read().await.unwrap();
    let run = store::get(&mut tx, job.run.id).await.unwrap().unwrap();
    assert_eq!((run.counts.selected, run.position, run.sent_until), (6, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_renewed_for_as_long_as_it_takes_to_leave_a_run_also_one_that_is_cancelled() {
    let (test, job) = held(&[], 3).await;
    let (app, id) = (test.app(), job.run.id);
    test.post(&format!("/runs/{}/cancel", id.0), &serde_json::json!({})).await;
    let after_the_first_lease = db::now() + app.config.work.lease() + TimeDelta::milliseconds(500);
    let is_renewed = async || {
        let mut tx = app.db.write().await.unwrap();
        let taken = claim(&mut tx, id, after_the_first_lease, app.config.work.lease()).await;
        taken.unwrap().is_none()
    };
    assert!(!is_renewed().await, "so far the lease ends as it was claimed");

    let heartbeat = Heartbeat::of(&job);
    let left = heartbeat.during(async {
        until(&is_renewed).await;
        Ok(())
    });

    assert!(left.await.is_ok());
}
