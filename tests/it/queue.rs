//! What the queue must keep, whichever engine it is: hints, each for one worker.

use std::collections::HashSet;
use std::time::Duration;

use segment_export::names::RunId;
use segment_export::worker::Worker;

use crate::stores::{idle, queued};

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_hands_every_hint_to_one_worker() {
    let test = idle().await;
    let queue = test.app().queue.clone();
    let hints: HashSet<RunId> = (0..50).map(|_| RunId(uuid::Uuid::now_v7())).collect();
    for hint in &hints {
        queue.push(*hint).await.unwrap();
    }
    let worker = async || {
        let mut taken = Vec::new();
        while let Some(hint) = queue.pop(Duration::from_millis(300)).await.unwrap() {
            taken.push(hint);
        }
        taken
    };
    let (one, other) = tokio::join!(worker(), worker());
    assert_eq!(one.len() + other.len(), hints.len());
    assert_eq!(one.into_iter().chain(other).collect::<HashSet<_>>(), hints);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_in_the_queue_once_however_often_it_is_pushed_and_keeps_its_place() {
    let test = idle().await;
    let queue = test.app().queue.clone();
    let [first, second] = [(); 2].map(|()| RunId(uuid::Uuid::now_v7()));
    for hint in [first, second, first, first, second] {
        queue.push(hint).await.unwrap();
        // Places are by the millisecond.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(queue.length().await.unwrap(), 2);
    let pop = async || queue.pop(Duration::from_millis(300)).await.unwrap();
    assert_eq!((pop().await, pop().await, pop().await), (Some(first), Some(second), None));
    queue.push(first).await.unwrap();
    assert_eq!(pop().await, Some(first), "once taken it may come again");
    assert_eq!(queue.length().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_nobody_has_room_for_are_pushed_again_and_again_and_the_queue_does_not_grow() {
    let test = idle().await;
    let exports = [test.export_of(3).await, test.export_of(3).await];
    for export in &exports {
        queued(&test, export).await;
    }
    let app = test.app();
    let worker = Worker::new(app.clone());
    for _ in 0..5 {
        assert_eq!(worker.sweep(Duration::ZERO).await.unwrap(), exports.len());
    }
    assert_eq!(app.queue.length().await.unwrap(), exports.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_waits_for_a_hint_no_longer_than_its_patience_and_gets_it_at_once() {
    let test = idle().await;
    let queue = test.app().queue.clone();
    assert_eq!(queue.pop(Duration::from_millis(200)).await.unwrap(), None);
    let hint = RunId(uuid::Uuid::now_v7());
    let pushed = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        queue.push(hint).await.unwrap();
    };
    let (popped, ()) = tokio::join!(queue.pop(Duration::from_secs(4)), pushed);
    assert_eq!(popped.unwrap(), Some(hint));
}
