//! Who is meant by a `CustomerId`: one person, never a crowd that shares it, and nobody by half the knowledge.

use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use super::{completed, erase, erasure_when, export, removed, site, subscriber};
use crate::leavers::csv;
use crate::orphans::files_in;
use crate::support::{TestApp, text};

/// A segment each for people who share an id.
async fn share(app: &TestApp, people: usize) -> Vec<String> {
    let mut segments = vec![];
    for shop in 0..people {
        let name = format!("Shop{shop}");
        let member = format!("CustomerId,Email,City\nn/a,Guest <guest{shop}@example.com>,Riga\n");
        app.segment(&name, &member).await;
        segments.push(name);
    }
    segments
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_only_uploads_give_to_strangers_erases_none_of_them() {
    let app = TestApp::start().await;
    let segments = share(&app, 22).await;
    let id = erase(&app, &json!([{"customerId": "n/a"}])).await;
    let done = completed(&app, &id).await;
    assert_eq!((removed(&done, "uploads"), removed(&done, "lists")), (0, 0), "{done:#}");
    let remark = text(site(&done, "lists"), "remark");
    assert!(remark.starts_with("A CustomerId of this request has 22 addresses: "), "{remark}");
    assert_eq!(app.get("/segments/Shop7").await["memberCount"], 1);
    let mapping = json!({"email": {"field": "Email", "repair": true}});
    let export = export(&app, "Shop0", &json!({"segments": segments, "mapping": mapping})).await;
    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!(run["counts"]["created"], 22, "no tombstone keeps them away: {run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_only_uploads_have_for_an_id_of_one_person_stay_on_lists_and_the_rows_go() {
    let app = TestApp::start().await;
    share(&app, 3).await;
    app.connection().await;
    let there = json!([{"email": "guest1@example.com", "state": "Active"}]);
    app.order(reqwest::Method::POST, &format!("lists/{LIST_ID}/subscribers"), &there).await;
    let done = completed(&app, &erase(&app, &json!([{"customerId": "n/a"}])).await).await;
    assert_eq!((removed(&done, "uploads"), removed(&done, "lists")), (3, 0), "{done:#}");
    assert_eq!(subscriber(&app, LIST_ID, "guest1@example.com").await, "Active");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_by_id_waits_for_a_damaged_baseline_and_says_so_until_it_is_restored_or_anew() {
    let app = TestApp::start().await;
    app.segment("People", &csv(0..10)).await;
    let export = export(&app, "People", &json!({"sync": {"send": "changes"}})).await;
    app.ended(&app.start_run(&export).await).await;
    let object = files_in(&app.storage().join("baselines")).pop().unwrap();
    let written = std::fs::read(&object).unwrap();
    std::fs::write(&object, "damaged").unwrap();
    let waits = async || {
        let id = erase(&app, &json!([{"customerId": "7"}])).await;
        let waiting = erasure_when(&app, &id, |seen| seen["waiting"].is_string()).await;
        let why = text(&waiting, "waiting");
        assert!(why.contains("is damaged") && why.contains(&export), "{why}");
        assert_eq!(site(&waiting, "uploads")["verifiedUtc"], Value::Null);
        id
    };
    let first = waits().await;
    std::fs::write(&object, written).unwrap();
    let done = completed(&app, &first).await;
    assert_eq!((removed(&done, "lists"), removed(&done, "baselines")), (1, 1), "{done:#}");
    assert_eq!(subscriber(&app, LIST_ID, "person7@example.com").await, "Deleted");

    let object = files_in(&app.storage().join("baselines")).pop().unwrap();
    std::fs::write(&object, "damaged").unwrap();
    let second = waits().await;
    app.ended(&app.start_run(&export).await).await;
    let done = completed(&app, &second).await;
    let remark = text(site(&done, "lists"), "remark");
    assert!(remark.contains("are unknown, and were not deleted"), "{remark}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_by_id_waits_for_a_damaged_upload_and_says_what_to_do() {
    let app = TestApp::start().await;
    app.segment("People", &csv(0..10)).await;
    let object = files_in(&app.storage().join("uploads")).pop().unwrap();
    std::fs::write(&object, "damaged").unwrap();
    let id = erase(&app, &json!([{"customerId": "7"}])).await;
    let waiting = erasure_when(&app, &id, |seen| seen["waiting"].is_string()).await;
    let why = text(&waiting, "waiting");
    assert!(why.contains("Upload the members of every segment again"), "{why}");
    std::fs::remove_file(&object).unwrap();
    app.segment("People", &csv(0..10)).await;
    completed(&app, &id).await;
}
