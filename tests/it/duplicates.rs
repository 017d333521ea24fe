//! Profiles that share an address: one of them is sent, the others name it, and a no is never overruled by a yes.

use std::fmt::Write;

use reqwest::Method;
use segment_export::sandbox::{API_KEY, LIST_ID};
use serde_json::{Value, json};

use crate::support::{TestApp, good, people, text};

/// Customer, outcome, code and winner of each rejection of a run.
async fn rejections(app: &TestApp, run: &Value) -> Vec<[String; 4]> {
    let page = app.get(&format!("/runs/{}/rejections", text(run, "runId"))).await;
    let word = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|item| ["customerId", "outcome", "code", "winner"].map(|name| word(item, name)))
        .collect()
}

/// A run of these profiles, with both consents from a field of each.
async fn run_of(app: &TestApp, rows: &str) -> Value {
    app.segment("People", &format!("CustomerId,Email,Mobile,Track,Sms\n{rows}")).await;
    let mapping = json!({"email": "Email", "mobileNumber": "Mobile", "consentToTrack": {"field": "Track"},
        "consentToSendSms": {"field": "Sms"}});
    let new = json!({"displayName": "People", "connectionId": app.connection().await, "listId": LIST_ID,
        "segments": ["People"], "mapping": mapping});
    let export = text(&app.post("/exports", &new).await, "exportId");
    app.ended(&app.start_run(&export).await).await
}

/// Both consents of somebody, as the list has them.
async fn consents(app: &TestApp, email: &str) -> [String; 2] {
    let path = format!(
        "api/v3.3/subscribers/{LIST_ID}.json?email={email}&includetrackingpreference=true&includesmspreference=true"
    );
    let call = reqwest::Client::builder().build().unwrap();
    let call = call.request(Method::GET, app.sandbox.url().join(&path).unwrap());
    let shown = good(call.basic_auth(API_KEY, Some("x")).send().await.unwrap()).await;
    ["ConsentToTrack", "ConsentToSendSms"]
        .map(|name| shown[name].as_str().unwrap_or_default().to_owned())
}

fn expected(rows: &[[&str; 4]]) -> Vec<[String; 4]> {
    rows.iter().map(|row| row.map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_whose_address_is_on_the_list_leave_a_run_successful_and_name_who_was_sent() {
    let app = TestApp::start().await;
    let duplicates =
        "a,PERSON7@example.com,Riga\nb,person2001@example.com,Riga\nc,Person7@Example.com,Oslo\n";
    app.segment("People", &(people(2_500) + duplicates)).await;
    let export = app.export(&app.connection().await).await;

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!((&run["status"], &run["reason"]), (&json!("successful"), &Value::Null), "{run}");
    assert_eq!(
        (&run["counts"]["created"], &run["counts"]["duplicate"]),
        (&json!(2_500), &json!(3))
    );
    let named = ["duplicate", "duplicateAddress"];
    let row = |id, winner| [id, named[0], named[1], winner];
    assert_eq!(
        rejections(&app, &run).await,
        expected(&[row("a", "7"), row("b", "2001"), row("c", "7")])
    );
    let batches = app.get(&format!("/runs/{}/batches", text(&run, "runId"))).await;
    assert_eq!(batches["items"][2]["status"], "successful", "{batches}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_of_somebody_who_is_rejected_leaves_the_run_with_errors() {
    let app = TestApp::start().await;
    let gone = json!([{"email": "person1@example.com", "state": "Unsubscribed"}]);
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &gone).await;
    app.segment("People", &(people(3) + "a,Person1@example.com,Riga\n")).await;
    let export = app.export(&app.connection().await).await;

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!(
        (&run["status"], &run["reason"]["code"]),
        (&json!("completedWithErrors"), &json!("profilesNotExported"))
    );
    assert!(text(&run["reason"], "message").contains(" 1 of 4 profiles"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_is_sent_however_many_profiles_with_its_address_say_yes_before_it() {
    let app = TestApp::start().await;
    let mut rows = String::from("first,ann@example.com,+37120000000,yes,yes\n");
    for row in 0..1_500 {
        writeln!(rows, "{row},person{row}@example.com,,,").unwrap();
    }
    rows += "last,ANN@example.com,+37120000000,no,yes\n";

    let run = run_of(&app, &rows).await;

    assert_eq!(run["status"], "successful", "{run}");
    assert_eq!(consents(&app, "ann@example.com").await, ["No", "Yes"]);
    let row = ["first", "duplicate", "duplicateAddress", "last"];
    assert_eq!(rejections(&app, &run).await, expected(&[row]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_that_cannot_be_read_is_not_overruled_by_a_yes_of_another_profile() {
    let app = TestApp::start().await;
    let rows = "1,ann@example.com,,maybe,\n2,ann@example.com,,yes,\n3,bob@example.com,,yes,\n\
                4,bob@example.com,,perhaps,\n5,eve@example.com,,maybe,\n6,eve@example.com,,no,\n";

    let run = run_of(&app, rows).await;

    let invalid = |id, code| [id, "invalid", code, ""];
    let rows = [
        invalid("1", "consentUnreadable"),
        invalid("2", "consentConflict"),
        invalid("3", "consentConflict"),
        invalid("4", "consentUnreadable"),
        invalid("5", "consentUnreadable"),
    ];
    assert_eq!(rejections(&app, &run).await, expected(&rows));
    assert_eq!(
        (&run["counts"]["created"], &run["counts"]["invalid"]),
        (&json!(1), &json!(5)),
        "{run}"
    );
    assert_eq!(consents(&app, "eve@example.com").await[0], "No");
}
