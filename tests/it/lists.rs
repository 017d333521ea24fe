//! Lists and custom fields are created at Campaign Monitor, and are there at once for an export.

use reqwest::{Method, Response};
use segment_export::sandbox::{CLIENT_ID, LIST_ID, OTHER_CLIENT_ID};
use serde_json::{Value, json};

use crate::support::{TestApp, good, people, refused, text};

async fn create(app: &TestApp, path: &str, body: &Value) -> Response {
    app.request("Admin", Method::POST, path).json(body).send().await.unwrap()
}

fn new_list(name: &str) -> Value {
    json!({"name": name, "optIn": "single", "clientId": CLIENT_ID})
}

/// What Campaign Monitor has of a list.
async fn details(app: &TestApp, list: &str) -> Value {
    let call = app.campaign_monitor(Method::GET, &format!("lists/{list}.json"));
    good(call.send().await.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_and_its_fields_are_created_and_an_export_fills_them() {
    let app = TestApp::start().await;
    app.segment("People", &people(20)).await;
    let connection = app.connection().await;
    let lists = format!("/connections/{connection}/lists");
    let answer = create(&app, &lists, &new_list("Autumn offers")).await;
    assert_eq!(answer.status(), 201);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let list = good(answer).await;
    let id = text(&list, "listId");
    assert!(location.ends_with(&format!("{lists}/{id}")), "{location}");
    assert_eq!(app.get(&format!("{lists}/{id}")).await, list);

    let field = json!({"name": "Home town!", "dataType": "Text"});
    let field = good(create(&app, &format!("{lists}/{id}/fields"), &field).await).await;
    assert_eq!(field["key"], "Hometown", "Campaign Monitor keeps letters and digits");
    let export = json!({"displayName": "Autumn", "connectionId": connection, "listId": id,
        "segments": ["People"],
        "mapping": {"email": "Email", "customFields": [{"field": "City", "key": field["key"]}]}});
    let export = text(&app.post("/exports", &export).await, "exportId");
    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!((&run["status"], &run["counts"]["created"]), (&json!("successful"), &json!(20)));
    assert_eq!(app.get(&format!("{lists}/{id}")).await["counts"]["active"], 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsubscribe_counts_for_all_lists_and_fields_are_hidden_unless_the_caller_says_otherwise()
 {
    let app = TestApp::start().await;
    let lists = format!("/connections/{}/lists", app.connection().await);
    let list = text(&good(create(&app, &lists, &new_list("One")).await).await, "listId");
    assert_eq!(details(&app, &list).await["UnsubscribeSetting"], "AllClientLists");
    assert_eq!(details(&app, &list).await["ConfirmedOptIn"], false);
    let only = json!({"name": "Two", "optIn": "double", "unsubscribe": "onlyThisList", "clientId": OTHER_CLIENT_ID});
    let only = text(&good(create(&app, &lists, &only).await).await, "listId");
    assert_eq!(details(&app, &only).await["UnsubscribeSetting"], "OnlyThisList");
    assert_eq!(details(&app, &only).await["ConfirmedOptIn"], true);

    let fields = format!("{lists}/{list}/fields");
    for visible in [Value::Null, json!(true)] {
        let mut field = json!({"name": format!("Revenue {visible}"), "dataType": "Number"});
        if !visible.is_null() {
            field["visibleInPreferenceCenter"] = visible;
        }
        good(create(&app, &fields, &field).await).await;
    }
    let shown = details(&app, &format!("{list}/customfields")).await;
    let shown: Vec<_> =
        shown.as_array().unwrap().iter().map(|f| &f["VisibleInPreferenceCenter"]).collect();
    assert_eq!(shown, [&json!(false), &json!(true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_use_or_cannot_be_is_refused_in_words_and_nothing_is_created() {
    let app = TestApp::start().await;
    let connection = app.connection().await;
    let lists = format!("/connections/{connection}/lists");
    let before = app.get(&lists).await;
    let taken = refused(create(&app, &lists, &new_list("newsletter")).await, 409).await;
    assert_eq!(taken["errorCode"], "nameTaken");
    let two = json!({"name": "New", "optIn": "single"});
    let nobodys = json!({"name": "New", "optIn": "single", "clientId": "0"});
    for body in [two, nobodys] {
        let problem = refused(create(&app, &lists, &body).await, 422).await;
        assert_eq!(problem["errors"][0]["pointer"], "/clientId", "{problem}");
    }
    refused(create(&app, &lists, &json!({"name": "New", "clientId": CLIENT_ID})).await, 400).await;
    assert_eq!(app.get(&lists).await, before);

    let fields = format!("{lists}/{LIST_ID}/fields");
    let before = app.get(&format!("{lists}/{LIST_ID}")).await["fields"].clone();
    let taken = json!({"name": "ci-ty", "dataType": "Text"});
    assert_eq!(refused(create(&app, &fields, &taken).await, 409).await["errorCode"], "nameTaken");
    for (field, status, pointer) in [
        (json!({"name": "Tier", "dataType": "MultiSelectOne"}), 422, "/options"),
        (json!({"name": "Tier", "dataType": "Text", "options": ["Gold"]}), 422, "/options"),
        (json!({"name": "Tier", "dataType": "MultiSelectMany", "options": [" "]}), 422, "/options"),
        (json!({"name": "Город", "dataType": "Text"}), 400, "/name"),
        (json!({"name": "Tier", "dataType": "Money"}), 400, "/dataType"),
    ] {
        let problem = refused(create(&app, &fields, &field).await, status).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    assert_eq!(app.get(&format!("{lists}/{LIST_ID}")).await["fields"], before);
    let problem = refused(create(&app, &fields, &json!({"name": "Tier"})).await, 400).await;
    let message = text(&problem["errors"][0], "message");
    assert!(message.starts_with("`/dataType` is missing. It must be one of `Text`"), "{message}");
    let many = json!({"name": "Tier", "dataType": "MultiSelectMany"});
    let problem = refused(create(&app, &fields, &many).await, 422).await;
    assert!(text(&problem["errors"][0], "message").contains(r#"`"options": ["Tea""#), "{problem}");
    let read = app.request("Admin", Method::GET, &fields).send().await.unwrap();
    let detail = text(&refused(read, 405).await, "detail");
    assert!(detail.ends_with("Read what it belongs to: GET this address without `/fields`."));
    let nowhere = format!("{lists}/0123456789abcdef0123456789abcdef/fields");
    refused(create(&app, &nowhere, &json!({"name": "Tier", "dataType": "Text"})).await, 404).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_created_once_for_an_idempotency_key() {
    let app = TestApp::start().await;
    let lists = format!("/connections/{}/lists", app.connection().await);
    let call = || {
        let call = app.request("Admin", Method::POST, &lists).json(&new_list("Once"));
        call.header("Idempotency-Key", "k1").send()
    };
    let first = good(call().await.unwrap()).await;
    let again = call().await.unwrap();
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(good(again).await, first);
}
