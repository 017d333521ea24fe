//! Queries: an address takes the parameters of its document, and says which one is wrong.

use reqwest::Method;
use serde_json::json;

use crate::support::{TestApp, refused, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_an_address_does_not_take_is_refused_with_those_that_it_takes() {
    let app = TestApp::start().await;
    let export = format!("/exports/{}", app.export_of(1).await);
    for (method, path, name, takes) in [
        (Method::GET, "/audit-events?from=yesterday", "`from`", "`fromUtc`, `toUtc`, `limit`"),
        (Method::GET, "/runs?limit=5&state=failed", "`state`", "`exportId`, `status`"),
        (Method::GET, "/runs?Status=failed", "`Status`", "`status`"),
        (Method::GET, "/segments/People/members?cursor=", "`cursor`", "takes `limit`."),
        (Method::GET, &*format!("{export}?expand"), "`expand`", "takes none."),
        (Method::POST, &*format!("{export}/runs?dryRun=true"), "`dryRun`", "takes none."),
    ] {
        let call = app.request("Admin", method, path).json(&json!({}));
        let problem = refused(call.send().await.unwrap(), 400).await;
        let detail = text(&problem, "detail");
        assert_eq!(problem["errorCode"], "invalidRequest");
        assert!(detail.contains(name) && detail.contains(takes), "{path}: {detail}");
    }
    assert_eq!(app.get("/runs").await["items"], json!([]), "none was started");
    app.get("/runs?&").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_address_takes_is_told_to_those_who_may_call_it() {
    let app = TestApp::start().await;
    let anonymous = format!("v1/instances/{}/runs?state=failed", app.instance);
    let anonymous = app.anonymous(Method::GET, &anonymous).send().await.unwrap();
    refused(anonymous, 401).await;
    let viewer = app.request("Viewer", Method::GET, "/audit-events?from=yesterday");
    refused(viewer.send().await.unwrap(), 403).await;
}
