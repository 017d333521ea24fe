//! Who left by their own wish or bounced: listed for the way back, and not sent again unless somebody says why.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::changes_doubt::in_database;
use crate::leavers::{csv, export, no_brake, person, run, state};
use crate::origins::at;
use crate::support::{TestApp, good, refused, text};

/// Puts people into a state, as if it had happened at the list.
pub async fn leave(app: &TestApp, people: &[(usize, &str)]) {
    let people: Vec<_> = people
        .iter()
        .map(|(who, state)| json!({"email": format!("person{who}@example.com"), "state": state}))
        .collect();
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &json!(people)).await;
}

async fn feedback(app: &TestApp, export: &str, query: &str) -> Vec<(String, String)> {
    let found = app.get(&format!("/exports/{export}/feedback{query}")).await;
    let items = found["items"].as_array().unwrap().iter();
    items.map(|one| (text(one, "customerId"), text(one, "state"))).collect()
}

fn left(people: &[(&str, &str)]) -> Vec<(String, String)> {
    people.iter().map(|(id, state)| ((*id).to_owned(), (*state).to_owned())).collect()
}

pub async fn readmit(app: &TestApp, export: &str, who: usize) -> Value {
    let body = json!({"email": format!("Person{who}@example.com"), "reason": "A letter of 2 May."});
    app.put(&format!("/exports/{export}/readmissions"), &body).await
}

pub async fn bring_everybody_back(app: &TestApp, export: &str) {
    let change = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
    let always = json!({"sync": {"resubscribe": "always"}});
    good(change.json(&always).send().await.unwrap()).await;
}

fn counts(run: &Value) -> [i64; 2] {
    ["updated", "rejected"].map(|name| run["counts"][name].as_i64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_of_ours_unsubscribed_or_bounced_is_listed_and_nobody_else() {
    let app = TestApp::start().await;
    let sync = json!({"leavers": {"action": "unsubscribe"}, "brake": no_brake()});
    let export = export(&app, "People", 0..8, &sync).await;
    assert_eq!(feedback(&app, &export, "").await, [], "nothing was sent yet");
    run(&app, &export).await;
    app.segment("People", &csv(1..8)).await;
    run(&app, &export).await;
    assert_eq!(state(&app, 0).await, "Unsubscribed");
    leave(&app, &[(1, "Unsubscribed"), (2, "Bounced"), (3, "Deleted"), (50, "Unsubscribed")]).await;
    let mut found = feedback(&app, &export, "").await;
    found.sort();
    assert_eq!(found, left(&[("1", "unsubscribed"), ("2", "bounced")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_that_follow_each_other_miss_nobody_and_repeat_nobody() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..60, &json!({})).await;
    run(&app, &export).await;
    let all: Vec<_> = (0..50).map(|who| (who, ["Unsubscribed", "Bounced"][who % 2])).collect();
    for some in all.chunks(10) {
        leave(&app, some).await;
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    }
    let path = format!("/exports/{export}/feedback");
    let whole = app.get(&format!("{path}?limit=200")).await["items"].as_array().unwrap().clone();
    assert_eq!(whole.len(), 50);
    let middle = text(&whole[25], "dateUtc");
    let before = feedback(&app, &export, &format!("?limit=200&toUtc={middle}")).await;
    let after = feedback(&app, &export, &format!("?limit=200&fromUtc={middle}")).await;
    assert!(!before.is_empty() && !after.is_empty());
    let mut both: Vec<_> = before.into_iter().chain(after).map(|(id, _)| id).collect();
    both.sort();
    both.dedup();
    assert_eq!(both.len(), 50);

    let (mut paged, mut cursor) = (vec![], String::new());
    loop {
        let page = app.get(&format!("{path}?limit=7{cursor}")).await;
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, whole, "in pages as at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_downloaded_as_csv_and_the_audit_says_who_did() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..3, &json!({})).await;
    run(&app, &export).await;
    leave(&app, &[(1, "Bounced")]).await;
    let call = app.request("Admin", Method::GET, &format!("/exports/{export}/feedback"));
    let csv = call.header("Accept", "text/csv").send().await.unwrap().text().await.unwrap();
    let (header, row) = csv.split_once("\r\n").unwrap();
    assert_eq!(header, "email,customerId,state,dateUtc");
    assert!(row.starts_with("person1@example.com,1,bounced,20"), "{row}");
    assert!(row.ends_with("Z\r\n"), "{row}");
    let event = &app.get("/audit-events?action=export.readFeedback").await["items"][0];
    let after = json!({"format": "csv", "fromUtc": null, "toUtc": null, "rows": null});
    assert_eq!((&event["object"]["id"], &event["after"]), (&json!(export), &after));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_by_their_own_wish_stays_away_whatever_the_export_says() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..5, &json!({})).await;
    run(&app, &export).await;
    leave(&app, &[(1, "Unsubscribed"), (2, "Bounced"), (3, "Deleted")]).await;
    bring_everybody_back(&app, &export).await;
    let next = run(&app, &export).await;
    assert_eq!(counts(&next), [3, 2], "{next}");
    let states = [state(&app, 1).await, state(&app, 2).await, state(&app, 3).await];
    assert_eq!(states, ["Unsubscribed", "Bounced", "Active"]);
    let path = format!("/runs/{}/rejections", text(&next, "runId"));
    let rejections = app.get(&path).await["items"].as_array().unwrap().clone();
    let codes: Vec<_> = rejections.iter().map(|one| text(one, "code")).collect();
    assert_eq!(codes, ["unsubscribed", "bounced"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_readmitted_with_a_reason_comes_back_once_and_stays_away_when_they_leave_again() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..3, &json!({})).await;
    run(&app, &export).await;
    leave(&app, &[(1, "Unsubscribed"), (2, "Unsubscribed")]).await;
    bring_everybody_back(&app, &export).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let answer = readmit(&app, &export, 1).await;
    assert_eq!((answer.get("email"), &answer["createdBy"]), (None, &json!("Admin@example.com")));
    assert_eq!(counts(&run(&app, &export).await), [2, 1]);
    assert_eq!(
        (state(&app, 1).await, state(&app, 2).await),
        ("Active".into(), "Unsubscribed".into())
    );

    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    leave(&app, &[(1, "Unsubscribed")]).await;
    assert_eq!(counts(&run(&app, &export).await), [1, 2], "they left again");
    assert_eq!(person(&app, 1).await["state"], "Unsubscribed");

    let listed = app.get(&format!("/exports/{export}/readmissions")).await["items"].clone();
    assert_eq!(
        (&listed[0]["email"], &listed[0]["reason"]),
        (&json!("person1@example.com"), &json!("A letter of 2 May."))
    );
    let path = format!("/exports/{export}/readmissions/{}", text(&listed[0], "readmissionId"));
    let removal = app.request("Admin", Method::DELETE, &path).send().await.unwrap();
    assert_eq!(removal.status(), 204);
    refused(app.request("Admin", Method::DELETE, &path).send().await.unwrap(), 404).await;
    let events = app.get("/audit-events?limit=200").await["items"].to_string();
    assert!(events.contains("export.readmit") && events.contains("A letter of 2 May."), "{events}");
    assert!(!events.to_lowercase().contains("person1@"), "the audit names nobody: {events}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_readmission_of_long_ago_brings_nobody_back_who_left_within_the_hour_before_it() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..3, &json!({})).await;
    run(&app, &export).await;
    at(&app, "2026-01-10 11:30:00").await;
    leave(&app, &[(1, "Unsubscribed")]).await;
    app.order(Method::PUT, "clock", &json!({"systemDate": null})).await;
    bring_everybody_back(&app, &export).await;
    readmit(&app, &export, 1).await;
    in_database(&app, "UPDATE readmissions SET created_utc = '2026-01-10T12:00:00+00:00'").await;
    assert_eq!(counts(&run(&app, &export).await), [2, 1]);

    in_database(&app, "UPDATE readmissions SET created_utc = '2026-01-10T13:00:00+00:00'").await;
    assert_eq!(counts(&run(&app, &export).await), [3, 0]);
    assert_eq!(state(&app, 1).await, "Active");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_when_it_cannot_be_read_who_left() {
    let app = TestApp::start_with(&["--stalls-max", "1", "--call-tries", "1"]).await;
    let export = export(&app, "People", 0..3, &json!({})).await;
    bring_everybody_back(&app, &export).await;
    let down = json!([{"match": {"path": "bounced"}, "kind": {"status": {"status": 500}}}]);
    app.faults(&down).await;
    let failed = run(&app, &export).await;
    assert_eq!((&failed["status"], app.active().await), (&json!("failed"), 0), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_readmission_names_an_address_and_a_reason() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..3, &json!({})).await;
    let path = format!("/exports/{export}/readmissions");
    for (body, status) in [
        (json!({"email": "nobody", "reason": "x"}), 422),
        (json!({"email": "person1@example.com", "reason": " "}), 400),
        (json!({"email": "person1@example.com"}), 400),
    ] {
        let call = app.request("Admin", Method::PUT, &path).json(&body).send().await.unwrap();
        refused(call, status).await;
    }
}
