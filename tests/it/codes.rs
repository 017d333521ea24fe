//! Codes that callers branch on and that nothing else here is about: of refusals, and of single profiles.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, people, refused, text};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_caller_can_do_wrong_has_a_code_of_its_own() {
    let app = TestApp::start().await;
    let connection = app.connection().await;
    app.segment("People", &people(1)).await;
    let run = app.ended(&app.start_run(&app.export(&connection).await).await).await;
    let name = app.get(&format!("/connections/{connection}")).await["displayName"].clone();
    let code = async |status: u16, call: reqwest::RequestBuilder| {
        text(&refused(call.send().await.unwrap(), status).await, "errorCode")
    };

    let taken =
        json!({"displayName": name, "type": "campaignMonitor", "consent": {"agreed": true}});
    let taken = app.request("Admin", Method::POST, "/connections").json(&taken);
    assert_eq!(code(409, taken).await, "nameTaken");
    let unread = app.request("Admin", Method::POST, "/connections").body("displayName: x");
    assert_eq!(code(415, unread).await, "unsupportedMediaType");
    let picture = app.request("Admin", Method::PUT, "/segments/People/members");
    let picture = picture.header("Content-Type", "image/png").body("x");
    assert_eq!(code(415, picture).await, "unsupportedMediaType");
    let broken = app.request("Admin", Method::PUT, "/segments/People/members");
    let broken = broken.header("Content-Type", "text/csv").body("CustomerId,Email\n,x\n");
    assert_eq!(code(400, broken).await, "invalidMembers");
    let path = format!("/runs/{}/rejections", text(&run, "runId"));
    let picture = app.request("Admin", Method::GET, &path).header("Accept", "image/png");
    assert_eq!(code(406, picture).await, "notAcceptable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_is_not_sent_says_what_is_wrong_with_its_address() {
    let app = TestApp::start().await;
    let long = format!("{}@{}.com", "a".repeat(60), vec!["b".repeat(60); 4].join("."));
    let rows = format!(
        "CustomerId,Email,City\n1,,\n2,ann,\n3,{long},\n4,bob@example.com,\n5,Bob@Example.com,\n"
    );
    app.segment("People", &rows).await;
    let export = app.export(&app.connection().await).await;

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!(run["reason"]["code"], "profilesNotExported");
    assert!(text(&run["reason"], "message").contains(" 3 of 5 profiles"), "{run}");
    let rejections = app.get(&format!("/runs/{}/rejections", text(&run, "runId"))).await;
    let codes: Vec<_> =
        rejections["items"].as_array().unwrap().iter().map(|item| text(item, "code")).collect();
    assert_eq!(codes, ["addressMissing", "addressMalformed", "addressTooLong", "duplicateAddress"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_in_doubt_says_that_no_answer_came() {
    let settings = ["--stalls-max", "1", "--call-tries", "1"];
    let app = TestApp::start_with(&settings).await;
    let export = app.export_of(2).await;
    app.faults_unread(&json!([{"match": {"path": "import"}, "kind": "dropAfter"}])).await;
    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!((&run["status"], &run["counts"]["inDoubt"]), (&json!("failed"), &json!(2)), "{run}");
    let rejections = app.get(&format!("/runs/{}/rejections", text(&run, "runId"))).await;
    let items: &Vec<Value> = rejections["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    for item in items {
        assert_eq!((&item["outcome"], &item["code"]), (&json!("inDoubt"), &json!("noAnswer")));
    }
}
