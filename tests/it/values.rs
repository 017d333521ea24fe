//! What is sent is what the customer meant: formats, options, numbers of telephones, and what is empty.

mod addresses;
mod cultures;
mod formats;
mod latvian_shop;
mod needless;
mod page;
mod sources;

use reqwest::Method;
use segment_export::sandbox::{API_KEY, LIST_ID};
use serde_json::{Value, json};

use crate::support::{TestApp, text};

/// Adds a custom field to the newsletter.
async fn add_field(app: &TestApp, name: &str, data_type: &str, options: &[&str]) {
    let field = json!({"FieldName": name, "DataType": data_type, "Options": options});
    let path = format!("api/v3.3/lists/{LIST_ID}/customfields.json");
    let client = reqwest::Client::builder().build().unwrap();
    let call = client.post(app.sandbox.url().join(&path).unwrap());
    let answer = call.basic_auth(API_KEY, Some("x")).json(&field).send().await.unwrap();
    assert_eq!(answer.status(), 201, "{name}");
}

/// The body of an export of `People` to the newsletter.
fn export_with(connection: &str, mapping: &Value) -> Value {
    json!({"displayName": "Values", "connectionId": connection, "listId": LIST_ID, "segments": ["People"],
        "mapping": mapping})
}

/// Runs an export of `People` with a mapping to its end.
async fn run_with(app: &TestApp, mapping: &Value) -> Value {
    let new = export_with(&app.connection().await, mapping);
    let export = text(&app.post("/exports", &new).await, "exportId");
    let run = app.ended(&app.start_run(&export).await).await;
    let path = format!("/exports/{export}");
    app.request("Admin", Method::DELETE, &path).send().await.unwrap();
    run
}

/// Somebody on the newsletter, as the offline Campaign Monitor has them.
async fn stored(app: &TestApp, email: &str) -> Value {
    app.sandbox_says(&format!("lists/{LIST_ID}/subscribers?email={email}")).await
}
