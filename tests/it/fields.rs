//! The data decides which fields a segment has: a run reads them, and so does whoever maps a new one.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::support::{TestApp, good, people, refused, text};

/// A segment of one file in a folder, and that file.
async fn registered(app: &TestApp, csv: &str) -> std::path::PathBuf {
    let folder = app.storage().join("crm");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("part.csv");
    std::fs::write(&file, csv).unwrap();
    let source = json!({"kind": "files", "format": "csv", "url": app.storage_url("crm")});
    app.put("/segments/People", &json!({"displayName": "People", "source": source})).await;
    file
}

fn names(segment: &Value) -> Vec<&str> {
    let fields = segment["fields"].as_array().unwrap();
    fields.iter().map(|field| field["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_is_missing_for_a_day_costs_the_run_of_that_day_and_no_other() {
    let app = TestApp::start().await;
    let file = registered(&app, &people(2)).await;
    let export = app.export(&app.connection().await).await;

    std::fs::write(&file, "CustomerId,Email\n1,ann@example.com\n").unwrap();
    let day_1 = app.ended(&app.start_run(&export).await).await;
    assert_eq!(day_1["status"], "failed");
    assert_eq!(day_1["reason"]["code"], "fieldNotFound");
    let message = text(&day_1["reason"], "message");
    assert!(message.contains("has no field “City”. Nothing was sent."), "{message}");
    assert_eq!(app.active().await, 0);

    std::fs::write(&file, people(3)).unwrap();
    let day_2 = app.ended(&app.start_run(&export).await).await;
    assert_eq!((&day_2["status"], app.active().await), (&json!("successful"), 3), "{day_2}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_column_can_be_mapped_as_soon_as_it_is_in_the_data() {
    let app = TestApp::start().await;
    let connection = app.connection().await;
    let file = registered(&app, "CustomerId,Email\n1,ann@example.com\n").await;
    assert_eq!(names(&app.get("/segments/People").await), ["CustomerId", "Email"]);

    std::fs::write(&file, people(2)).unwrap();
    app.export(&connection).await;

    assert_eq!(names(&app.get("/segments/People").await), ["CustomerId", "Email", "City"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn inspecting_reads_the_fields_of_now_and_records_who_asked() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    let file = registered(&app, "CustomerId,Email\n1,ann@example.com\n").await;
    let inspect = async |role: &str| {
        app.request(role, Method::POST, "/segments/People/inspect").send().await.unwrap()
    };
    let before = app.get("/segments/People").await;
    assert_eq!(good(inspect("Contributor").await).await, before, "nothing is new");

    std::fs::write(&file, people(2)).unwrap();
    let after = good(inspect("Contributor").await).await;
    assert_eq!(names(&after), ["CustomerId", "Email", "City"]);
    assert_eq!(after["memberCount"], 2);
    assert_eq!(app.get("/segments/People").await, after);
    let events = app.get("/audit-events?action=segment.inspect").await;
    assert_eq!(events["items"].as_array().unwrap().len(), 2, "{events}");

    std::fs::remove_file(&file).unwrap();
    let problem = refused(inspect("Admin").await, 422).await;
    assert!(text(&problem, "detail").contains("there are no files"), "{problem}");
    app.segment("Uploaded", &people(1)).await;
    let uploaded = app.get("/segments/Uploaded").await;
    assert_eq!(app.post("/segments/Uploaded/inspect", &json!({})).await, uploaded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_looks_like_the_one_asked_for_is_quoted_with_the_difference() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    let connection = app.connection().await;
    let save = async |email: &str| {
        let body = json!({"displayName": "People", "connectionId": connection, "listId": LIST_ID,
            "segments": ["People"], "mapping": {"email": email}});
        app.request("Admin", Method::POST, "/exports").json(&body).send().await.unwrap()
    };
    for (header, expected) in [
        ("CustomerId, Email", "It has \" Email\", which begins with a blank."),
        ("CustomerId,email", "It has \"email\", which differs in upper and lower case only."),
        ("CustomerId,E-mail", "Did you mean \"E-mail\"?"),
    ] {
        app.segment("People", &format!("{header}\n1,ann@example.com\n")).await;
        let problem = refused(save("Email").await, 422).await;
        assert_eq!(problem["errors"][0]["pointer"], "/mapping/email");
        let message = text(&problem["errors"][0], "message");
        assert!(message.ends_with(expected), "{message}");
    }
    app.segment("People", "CustomerId, Email\n1,ann@example.com\n").await;
    assert_eq!(save(" Email").await.status(), 201, "it can be mapped as it is");
}
