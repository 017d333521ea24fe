//! Who a profile is, its name and its consents: what reaches the list, or why the profile is not sent.

use reqwest::Method;
use segment_export::sandbox::{API_KEY, LIST_ID};
use serde_json::{Value, json};

use super::super::{run_with, stored};
use super::{Line, ann_with, column, file, lines_of, profile, text_column};
use crate::support::{TestApp, good, refused, text};

/// The codes of the value problems of a run.
fn codes(run: &Value) -> Vec<Value> {
    let warnings = run["fieldWarnings"].as_array().unwrap().iter();
    let codes = warnings.flat_map(|warning| warning["byCode"].as_array().unwrap().clone());
    codes.map(|counted| counted["code"].clone()).collect()
}

/// The only rejection of a run: its code and the id of the profile.
async fn rejection(app: &TestApp, run: &Value) -> Option<(String, String)> {
    let page = app.get(&format!("/runs/{}/rejections", text(run, "runId"))).await;
    page["items"].get(0).map(|item| (text(item, "code"), text(item, "customerId")))
}

/// Checks what a run reports of the only profile.
async fn check_run(app: &TestApp, run: &Value, line: &Line) {
    let refused = rejection(app, run).await.map(|(code, _)| code);
    assert_eq!(refused, line.refused, "{line:?}");
}

/// Empties the newsletter, but for Ann with what she has.
async fn only(app: &TestApp, ann: Option<Value>) {
    let path = format!("lists/{LIST_ID}/subscribers");
    app.order(Method::DELETE, &path, &json!({})).await;
    if let Some(ann) = ann {
        app.order(Method::POST, &path, &json!([ann])).await;
    }
}

/// Registers a file whose ids are of a type that no id has.
async fn rejected(app: &TestApp, line: &Line) {
    let source = file(app, (column(line), text_column("ann@example.com")), vec![]);
    let call = app.request("Admin", Method::PUT, "/segments/People");
    let body = json!({"displayName": "People", "source": source});
    let problem = refused(call.json(&body).send().await.unwrap(), 422).await;
    let problem = problem.to_string();
    assert!(problem.contains("must contain text or whole numbers"), "{line:?}: {problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_named_by_its_customer_id_as_the_page_says() {
    let app = TestApp::start().await;
    for line in lines_of("CustomerId") {
        if line.is_rejected {
            rejected(&app, &line).await;
            continue;
        }
        profile(&app, (column(&line), text_column("no address")), vec![]).await;
        let (_, mut mapping) = line.mappings();
        mapping.insert("email".into(), "Email".into());

        let run = run_with(&app, &mapping.into()).await;

        let (code, id) = rejection(&app, &run).await.unwrap();
        match line.sent.first() {
            Some(sent) => assert_eq!((&*code, &id), ("addressMalformed", sent), "{line:?}"),
            None => assert_eq!(Some(code), line.refused, "{line:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_of_the_page_is_sent_or_refused_as_it_says() {
    let app = TestApp::start().await;
    for line in lines_of("email") {
        only(&app, None).await;
        ann_with(&app, &line).await;

        let run = run_with(&app, &line.mapping_of("email")).await;

        check_run(&app, &run, &line).await;
        let all = stored(&app, "").await;
        let all: Vec<_> = all.as_array().unwrap().iter().map(|one| text(one, "email")).collect();
        assert_eq!(all, line.sent, "{line:?}");
        assert_eq!(codes(&run), line.problem.iter().map(|code| json!(code)).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_name_of_the_page_is_sent_or_leaves_the_one_on_the_list() {
    let app = TestApp::start().await;
    for line in lines_of("name") {
        only(&app, Some(json!({"email": "ann@example.com", "state": "Active", "name": "Old"})))
            .await;
        ann_with(&app, &line).await;

        let run = run_with(&app, &line.mapping_of("name")).await;

        let expected = line.sent.first().map_or("Old", String::as_str);
        assert_eq!(stored(&app, "ann@example.com").await["name"], expected, "{line:?}");
        assert_eq!(codes(&run), line.problem.iter().map(|code| json!(code)).collect::<Vec<_>>());
    }
}

/// The consents of somebody, as the list has them.
async fn consents(app: &TestApp, email: &str) -> [Value; 2] {
    let path = format!(
        "api/v3.3/subscribers/{LIST_ID}.json?email={email}&includetrackingpreference=true\
         &includeconsenttosendsms=true"
    );
    let client = reqwest::Client::builder().build().unwrap();
    let call = client.get(app.sandbox.url().join(&path).unwrap());
    let ann = good(call.basic_auth(API_KEY, Some("x")).send().await.unwrap()).await;
    ["ConsentToTrack", "ConsentToSendSms"].map(|consent| ann[consent].clone())
}

/// Puts somebody on the list, with both consents as a word says.
async fn consenting(app: &TestApp, email: &str, word: &str) {
    let ann = json!({"EmailAddress": email, "MobileNumber": "+37120000000", "ConsentToTrack": word,
        "ConsentToSendSms": word});
    let path = format!("api/v3.3/subscribers/{LIST_ID}.json");
    let client = reqwest::Client::builder().build().unwrap();
    let call = client.post(app.sandbox.url().join(&path).unwrap()).json(&ann);
    let answer = call.basic_auth(API_KEY, Some("x")).send().await.unwrap();
    assert_eq!(answer.status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_consent_of_the_page_is_recorded_as_it_says_and_what_nobody_can_read_changes_none() {
    let app = TestApp::start().await;
    let lines = lines_of("consentToTrack, consentToSendSms");
    assert!(lines.len() > 20);
    for (index, line) in lines.into_iter().enumerate() {
        // The vendor takes few calls about one person.
        let email = &format!("p{index}@example.com");
        let sent = line.sent.first().map_or("Unchanged", String::as_str);
        let before = if sent == "No" { "Yes" } else { "No" };
        consenting(&app, email, before).await;
        let ids = (text_column("1"), text_column(email));
        profile(&app, ids, vec![("V".to_owned(), column(&line))]).await;
        let mut mapping = line.mapping_of("consentToTrack");
        mapping["consentToSendSms"] = mapping["consentToTrack"].clone();
        mapping["mobileNumber"] = json!({"constant": "+37120000000"});

        let run = run_with(&app, &mapping).await;

        let expected = if sent == "Unchanged" { before } else { sent };
        assert_eq!(consents(&app, email).await, [expected, expected], "{line:?}");
        check_run(&app, &run, &line).await;
        let twice = line.problem.iter().flat_map(|code| [json!(code), json!(code)]);
        assert_eq!(codes(&run), twice.collect::<Vec<_>>(), "{line:?}");
    }
}
