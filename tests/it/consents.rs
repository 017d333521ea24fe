//! A no is heard wherever it stands: in a part of a folder, in a word for nothing, beside a mistaken address.

use reqwest::Method;
use segment_export::sandbox::{API_KEY, LIST_ID};
use serde_json::{Value, json};

use crate::support::{TestApp, good, refused, text};

/// A segment of a folder with these files.
async fn folder(app: &TestApp, files: &[(&str, &str)]) {
    let folder = app.storage().join("crm");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, csv) in files {
        std::fs::write(folder.join(name), csv).unwrap();
    }
    let source = json!({"kind": "files", "format": "csv", "url": app.storage_url("crm")});
    app.put("/segments/People", &json!({"displayName": "People", "source": source})).await;
}

async fn save(app: &TestApp, mapping: Value) -> reqwest::Response {
    let body = json!({"displayName": "People", "connectionId": app.connection().await, "listId": LIST_ID,
        "segments": ["People"], "mapping": mapping});
    app.request("Admin", Method::POST, "/exports").json(&body).send().await.unwrap()
}

/// A run of these profiles.
async fn run_of(app: &TestApp, csv: &str, mapping: Value) -> Value {
    app.segment("People", csv).await;
    let export = text(&good(save(app, mapping).await).await, "exportId");
    app.ended(&app.start_run(&export).await).await
}

/// Whether somebody may be tracked, as the list has it.
async fn tracking(app: &TestApp, email: &str) -> Value {
    let path =
        format!("api/v3.3/subscribers/{LIST_ID}.json?email={email}&includetrackingpreference=true");
    let call = reqwest::Client::builder().build().unwrap();
    let call = call.get(app.sandbox.url().join(&path).unwrap());
    good(call.basic_auth(API_KEY, Some("x")).send().await.unwrap()).await["ConsentToTrack"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_folder_without_the_column_of_a_consent_stops_everything_before_a_profile_is_sent()
 {
    let app = TestApp::start().await;
    let good_part = "CustomerId,Email,Consent,V\n1,ann@example.com,yes,x\n";
    folder(&app, &[("a.csv", good_part)]).await;
    let of_consent = json!({"email": "Email", "consentToTrack": {"field": "Consent"}});
    let saved = good(save(&app, of_consent.clone()).await).await;
    let export = text(&saved, "exportId");
    let last_part = "CustomerId,Email,consent,V\n3,cid@example.com,no,z\n";
    std::fs::write(app.storage().join("crm/b.csv"), last_part).unwrap();

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!(
        (&run["status"], &run["reason"]["code"]),
        (&json!("failed"), &json!("fieldNotFound")),
        "{run}"
    );
    let message = text(&run["reason"], "message");
    let told =
        ["crm/b.csv", "“Consent”", "differs in upper and lower case only", "Nothing was sent."];
    assert!(told.iter().all(|words| message.contains(words)), "{message}");
    assert_eq!(app.active().await, 0);
    let preview = app.request("Admin", Method::POST, &format!("/exports/{export}/preview"));
    let problem = refused(preview.send().await.unwrap(), 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/mapping/consentToTrack/field", "{problem}");
    let problem = refused(save(&app, of_consent).await, 422).await;
    assert_eq!(problem["errors"][0]["code"], "unknownField", "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_may_lack_a_column_only_where_an_empty_value_changes_nothing() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    folder(
        &app,
        &[
            ("a.csv", "CustomerId,Email,V\n1,ann@example.com,x\n"),
            ("b.csv", "CustomerId,Email,v\n2,bob@example.com,y\n"),
            ("empty.csv", "CustomerId,Other\n"),
        ],
    )
    .await;
    let custom = |value: Value| json!({"email": "Email", "customFields": [value]});
    let kept = save(&app, custom(json!({"field": "V", "key": "city"}))).await;
    assert_eq!(kept.status(), 201);
    for mapping in [
        custom(json!({"field": "V", "key": "city", "ifEmpty": "clear"})),
        custom(json!({"template": "City: {{V|-}}", "key": "city"})),
        json!({"email": "Email", "name": {"first": "V", "last": "CustomerId"}}),
        json!({"email": "Email", "mobileNumber": {"field": "V", "ifEmpty": "clear"}}),
        json!({"email": "Email", "consentToSendSms": {"field": "V"}}),
        json!({"email": "V"}),
    ] {
        let problem = refused(save(&app, mapping.clone()).await, 422).await;
        let message = text(&problem["errors"][0], "message");
        assert!(message.contains("crm/b.csv"), "{mapping}: {message}");
    }
    let fields = app.get("/segments/People").await["fields"].clone();
    assert_eq!((&fields[1]["name"], &fields[1]["absentFrom"]), (&json!("Email"), &Value::Null));
    assert_eq!((&fields[2]["name"], &fields[2]["absentFrom"]), (&json!("V"), &json!("crm/b.csv")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_for_nothing_is_no_more_than_nothing_where_it_is_a_no() {
    let app = TestApp::start().await;
    let csv = "CustomerId,Email,Consent,V\n1,ann@example.com,No,x\n2,bob@example.com,0,x\n\
        3,cid@example.com,opted out,x\n4,dan@example.com,NULL,x\n0,eve@example.com,no,x\n6,eve@example.com,yes,x\n";
    let mapping = json!({"email": "Email", "nullWords": ["No", "0", "NULL", "opted out"],
        "consentToTrack": {"field": "Consent", "no": ["opted out"]}});

    let run = run_of(&app, csv, mapping).await;

    assert_eq!(
        (&run["status"], &run["counts"]["created"]),
        (&json!("successful"), &json!(5)),
        "{run}"
    );
    for person in ["ann", "bob", "cid", "eve"] {
        assert_eq!(tracking(&app, &format!("{person}@example.com")).await, "No", "{person}");
    }
    assert_eq!(tracking(&app, "dan@example.com").await, "Yes", "a word for nothing says nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_beside_a_mistaken_address_keeps_the_yes_of_another_profile_from_being_sent() {
    let app = TestApp::start().await;
    let csv = "CustomerId,Email,Consent\n1,ann@example.com,yes\n2,mailto:ann@example.com,no\n\
        3,bob@example.com,yes\n4,Bob <bob@example.com>,maybe\n5,cid@example.com,yes\n6,cid@example.com.,no\n\
        7,dan@example.com,yes\n8,mailto:dan@example.com,yes\n9,eve@example.com,no\n10,<eve@example.com>,no\n";
    let mapping = json!({"email": "Email", "consentToTrack": {"field": "Consent"}});

    let run = run_of(&app, csv, mapping).await;

    assert_eq!(
        (&run["counts"]["created"], &run["counts"]["invalid"]),
        (&json!(2), &json!(8)),
        "{run}"
    );
    assert_eq!(tracking(&app, "dan@example.com").await, "Yes");
    assert_eq!(tracking(&app, "eve@example.com").await, "No");
    let path = format!("/runs/{}/rejections", text(&run, "runId"));
    let page = app.get(&path).await;
    let codes = page["items"].as_array().unwrap().iter().map(|item| text(item, "code"));
    assert_eq!(codes.filter(|code| code == "consentConflict").count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_as_unchanged_because_nobody_can_read_it_is_not_overruled_by_a_yes() {
    let app = TestApp::start().await;
    let csv = "CustomerId,Email,Consent\n1,ann@example.com,yes\n2,ann@example.com,nein\n";
    let mapping =
        json!({"email": "Email", "consentToTrack": {"field": "Consent", "otherwise": "unchanged"}});

    let run = run_of(&app, csv, mapping).await;

    assert_eq!(
        run["fieldWarnings"][0]["byCode"][0],
        json!({"code": "consentUnreadable", "count": 1}),
        "{run}"
    );
    let path = format!("/runs/{}/rejections", text(&run, "runId"));
    assert_eq!(app.get(&path).await["items"][0]["winner"], "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_says_which_consents_it_carries_and_from_where() {
    let app = TestApp::start().await;
    app.segment("People", "CustomerId,Email,Consent\n1,ann@example.com,yes\n").await;
    let carried = async |mapping: Value| {
        let saved = good(save(&app, mapping).await).await;
        let fields = saved["consentFields"].clone();
        let path = format!("/exports/{}", text(&saved, "exportId"));
        assert_eq!(app.get(&path).await["consentFields"], fields);
        fields
    };
    assert_eq!(carried(json!({"email": "Email"})).await, json!([]));
    let same = json!({"email": "Email", "consentToTrack": "yes"});
    let expected = json!([{"key": "ConsentToTrack", "value": "yes", "field": null}]);
    assert_eq!(carried(same).await, expected);
    let of_fields = json!({"email": "Email", "consentToTrack": {"field": "Consent"},
        "consentToSendSms": {"field": "Consent"}});
    let expected = ["ConsentToTrack", "ConsentToSendSms"]
        .map(|key| json!({"key": key, "value": null, "field": "Consent"}));
    assert_eq!(carried(of_fields).await, json!(expected));
}
