//! Files of who left at their limits: long lists, slow exports, and people who are erased while one is written.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use reqwest::Method;
use segment_export::sandbox::{LIST_ID, OTHER_LIST_ID};
use serde_json::{Value, json};

use crate::changes_doubt::{in_database, number};
use crate::erasures::{completed, erase, erasure_when, site};
use crate::feedback::leave;
use crate::feedback_files::{
    FOLDER, change, export_with_files, export_with_one_file, file, left, read, rows, settled,
};
use crate::leavers::{csv, export, run};
use crate::support::{TestApp, text, until};

/// More than a part.
const MANY: usize = 20_010;

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_more_people_left_than_fit_into_a_part_is_written_in_several_files() {
    let app = TestApp::start().await;
    let export = export_with_files(&app, 0..MANY).await;
    settled(&app, &export).await;
    let all: Vec<_> = (0..MANY).map(|who| (who, "Unsubscribed")).collect();
    for some in all.chunks(5000) {
        leave(&app, some).await;
    }
    leave(&app, &[(MANY - 1, "Bounced")]).await;
    run(&app, &export).await;
    // A development build on a busy machine takes a while for so many.
    let started = Instant::now();
    while !file(&app, &export, 2).exists() {
        assert!(started.elapsed() < Duration::from_mins(4), "the second file never came");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    settled(&app, &export).await;
    let files = [1, 2].map(|number| read(&file(&app, &export, number)));
    let sizes = files.each_ref().map(Vec::len);
    assert!(sizes[0] <= 20_000 && sizes.iter().sum::<usize>() == MANY, "{sizes:?}");
    let mut ids: Vec<_> = files.concat().into_iter().map(|[_, id, ..]| id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), MANY, "nobody is missing, and nobody is in two");
    assert!(!file(&app, &export, 3).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn four_slow_exports_do_not_delay_the_file_of_a_fifth() {
    let app = TestApp::start().await;
    let path = format!("lists/{LIST_ID}/unsubscribed");
    let slow = json!([{"match": {"path": path}, "kind": {"latency": {"ms": 50_000}}}]);
    let mut exports = vec![];
    for number in 0..4 {
        exports.push(export(&app, &format!("Slow{number}"), 0..2, &json!({})).await);
        run(&app, &exports[number]).await;
    }
    app.faults(&slow).await;
    for export in exports {
        change(&app, &export, json!({"feedback": {"url": app.storage_url(FOLDER)}})).await;
    }
    let begun = "SELECT COUNT(*) FROM feedback_files WHERE not_before IS NOT NULL";
    let open = app.app();
    until(async || number(&open, begun).await == 4).await;
    app.segment("Quick", &csv(0..3)).await;
    let new = json!({"displayName": "Quick", "connectionId": app.connection().await, "listId": OTHER_LIST_ID,
        "segments": ["Quick"], "mapping": {"email": "Email"}, "feedback": {"url": app.storage_url(FOLDER)}});
    let quick = text(&app.post("/exports", &new).await, "exportId");
    run(&app, &quick).await;
    let gone = json!([{"email": "person1@example.com", "state": "Unsubscribed"}]);
    app.order(Method::POST, &format!("lists/{OTHER_LIST_ID}/subscribers"), &gone).await;
    run(&app, &quick).await;
    let started = Instant::now();
    assert_eq!(rows(&app, &quick, 1).await, left(&[("1", "unsubscribed")]));
    assert!(started.elapsed() < Duration::from_secs(25), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_waits_for_a_file_that_is_being_put_and_may_have_its_people() {
    let app = TestApp::start().await;
    export_with_one_file(&app, 0..3, &[(1, "Unsubscribed")]).await;
    in_database(
        &app,
        "UPDATE feedback_files SET put_until = '2999-01-01T00:00:00+00:00', put_generation = 0",
    )
    .await;
    let id = erase(&app, &json!([{"email": "person2@example.com"}])).await;
    let waiting = erasure_when(&app, &id, |seen| seen["waiting"].is_string()).await;
    assert!(text(&waiting, "waiting").contains("is being put into its folder"), "{waiting}");
    assert_eq!(site(&waiting, "feedback")["verifiedUtc"], Value::Null);
    in_database(&app, "UPDATE feedback_files SET put_until = NULL").await;
    completed(&app, &id).await;
}

/// A file of these people that is chosen and cannot be put.
async fn unfinished(app: &TestApp, export: &str, people: &[(usize, &str)]) -> PathBuf {
    let in_the_way = app.storage().join(FOLDER);
    std::fs::write(&in_the_way, "not a folder").unwrap();
    leave(app, people).await;
    run(app, export).await;
    let path = format!("/exports/{export}");
    until(async || app.get(&path).await["warnings"].to_string().contains("feedbackIncomplete"))
        .await;
    // What was given up could land for a while.
    in_database(app, "UPDATE feedback_files SET put_until = NULL").await;
    in_the_way
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_put_and_not_finished_when_people_were_erased_is_put_again_without_them() {
    let app = TestApp::start().await;
    let export = export_with_files(&app, 0..4).await;
    settled(&app, &export).await;
    for (number, people, rest) in [
        (1, &[(1, "Unsubscribed"), (2, "Unsubscribed")][..], Some("2")),
        (2, &[(3, "Unsubscribed")], None),
    ] {
        std::fs::remove_dir_all(app.storage().join(FOLDER)).ok();
        let in_the_way = unfinished(&app, &export, people).await;
        let email = format!("person{}@example.com", people[0].0);
        completed(&app, &erase(&app, &json!([{"email": email}])).await).await;
        std::fs::remove_file(&in_the_way).unwrap();
        let file = file(&app, &export, number);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "as it was put by a process that died").unwrap();
        in_database(&app, "UPDATE feedback_files SET not_before = NULL").await;
        settled(&app, &export).await;
        match rest {
            Some(id) => {
                assert_eq!(rows(&app, &export, number).await, left(&[(id, "unsubscribed")]));
            }
            None => assert!(!file.exists(), "nobody of it is left"),
        }
    }
}
