//! Queries: an address takes the parameters of its document, and says which one is wrong.

use reqwest::Method;
use serde_json::json;

use crate::support::{TestApp, refused, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_an_address_does_not_take_is_refused_with_those_that_it_takes() {
    let app = TestApp::start().await;
    let export = format!("/exports/{}", app.export_of(1).await);
    for (method, path, name, accepted) in [
        (Method::GET, "/audit-events?from=yesterday", "`from`", "`fromUtc`, `toUtc`, `limit`"),
        (Method::GET, "/runs?limit=5&state=failed", "`state`", "`exportId`, `status`"),
        (Method::GET, "/runs?Status=failed", "`Status`", "`status`"),
        (Method::GET, "/segments/People/members?cursor=", "`cursor`", "accepts `limit`."),
        (Method::GET, &*format!("{export}?expand"), "`expand`", "accepts none."),
        (Method::POST, &*format!("{export}/runs?dryRun=true"), "`dryRun`", "accepts none."),
    ] {
        let call = app.request("Admin", method, path).json(&json!({}));
        let problem = refused(call.send().await.unwrap(), 400).await;
        let detail = text(&problem, "detail");
        assert_eq!(problem["errorCode"], "invalidRequest");
        assert!(detail.contains(name) && detail.contains(accepted), "{path}: {detail}");
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

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_is_wrong_is_named_with_the_form_it_should_have() {
    let app = TestApp::start().await;
    let refusal = async |path: &str| {
        let call = app.request("Admin", Method::GET, path);
        text(&refused(call.send().await.unwrap(), 400).await, "detail")
    };
    let (time, id) = ("`2026-11-24T06:00:00Z`, with `%2B` for `+`", "an id such as `0198c5a2-");
    for (path, name, form) in [
        ("/runs?fromUtc=2026-11-25", "fromUtc", time),
        ("/runs?toUtc=2026-11-24T06:00:00+02:00", "toUtc", time),
        ("/audit-events?toUtc=", "toUtc", time),
        ("/runs?fromUtc=%2B10000-01-01T00:00:00Z", "fromUtc", time),
        ("/runs?toUtc=-9999-01-01T00:00:00Z", "toUtc", time),
        ("/audit-events?fromUtc=-262142-01-01T00:00:00Z", "fromUtc", time),
        ("/runs?exportId=foo", "exportId", id),
        ("/exports?limit=1&connectionId=foo", "connectionId", id),
        ("/runs?limit=abc", "limit", "a whole number from 1 to 200"),
        ("/segments/People/members?limit=-1", "limit", "a whole number from 1 to 1000"),
        ("/runs?status=done", "status", "must be one of `queued`"),
        ("/exports?segment=x.y", "segment", "a segment name is a letter, then"),
    ] {
        let detail = refusal(path).await;
        assert!(detail.starts_with(&format!("`{name}` ")), "{path}: {detail}");
        assert!(detail.contains(form), "{path}: {detail}");
    }
    let twice = refusal("/runs?limit=1&limit=2").await;
    assert!(twice.contains("`limit` in the query is there twice"), "{twice}");
    app.get("/runs?fromUtc=2026-11-24T06:00:00%2B02:00").await;
}
