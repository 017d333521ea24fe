//! How many connections, segments and exports an instance may have.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{TestApp, good, people, refused, text};

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_has_so_many_objects_and_one_more_when_one_is_removed() {
    let quotas =
        ["connections", "segments", "exports"].map(|noun| format!("--max-{noun}-per-instance"));
    let quotas = quotas.each_ref().map(|quota| [quota.as_str(), "1"]);
    let settings = [&["--roles", "api"], &quotas.concat()[..]].concat();
    let mut app = TestApp::start_with(&settings).await;
    app.segment("People", &people(3)).await;
    let connection = app.connection().await;
    let export = app.export(&connection).await;
    let call = async |app: &TestApp, method: Method, path: &str, body: &Value| {
        app.request("Admin", method, path).json(body).send().await.unwrap()
    };
    let new_connection =
        json!({"displayName": "Another", "type": "campaignMonitor", "consent": {"agreed": true}});
    let new_segment = json!({"displayName": "More"});
    let new_export = json!({"displayName": "More", "connectionId": connection, "listId": LIST_ID,
        "segments": ["People"], "mapping": {"email": "Email"}});

    for (method, path, body, noun) in [
        (Method::POST, "/connections", &new_connection, "connections"),
        (Method::PUT, "/segments/More", &new_segment, "segments"),
        (Method::POST, "/exports", &new_export, "exports"),
        (Method::POST, &format!("/exports/{export}/duplicate"), &json!({}), "exports"),
    ] {
        let problem = refused(call(&app, method, path, body).await, 409).await;
        assert_eq!(problem["errorCode"], "quotaExceeded", "{problem}");
        let words = format!("has 1 {noun}, and may have 1");
        assert!(text(&problem, "detail").contains(&words), "{problem}");
        let setting = format!("SEGMENT_EXPORT_MAX_{}_PER_INSTANCE", noun.to_uppercase());
        assert!(text(&problem, "detail").contains(&setting), "{problem}");
    }

    app.put("/segments/People", &json!({"displayName": "Renamed"})).await;
    good(call(&app, Method::DELETE, &format!("/exports/{export}"), &Value::Null).await).await;
    app.post("/exports", &new_export).await;
    app.instance = Uuid::now_v7();
    app.post("/connections", &new_connection).await;
}
