//! One real test record: a member of an export is sent and read back, field by field.

use reqwest::{Method, Response};
use segment_export::sandbox::{DOUBLE_OPT_IN_LIST_ID, LIST_ID};
use serde_json::{Value, json};

use crate::support::{TestApp, good, refused, text};

const MEMBERS: &str = "CustomerId,Email,First,City,Born\n\
    1,ann@example.com,Ann,Riga,1990-02-02\n2,bob@example.com,Bob,,1899-01-01\n3,no address,Eve,,\n";

/// An export of [`MEMBERS`] into a list.
async fn export(app: &TestApp, list: &str, options: &Value) -> String {
    app.segment("People", MEMBERS).await;
    let connection = app.connection().await;
    let fields = format!("/connections/{connection}/lists/{list}/fields");
    app.post(&fields, &json!({"name": "Born", "dataType": "Date"})).await;
    let new = json!({"displayName": "Test", "connectionId": connection, "listId": list,
        "segments": ["People"], "options": options,
        "mapping": {"email": "Email", "name": "First", "consentToTrack": "no", "customFields":
            [{"field": "City", "key": "city"}, {"field": "Born", "key": "Born"}]}});
    text(&app.post("/exports", &new).await, "exportId")
}

async fn test(app: &TestApp, export: &str, body: &Value) -> Response {
    let path = format!("/exports/{export}/test");
    app.request("Admin", Method::POST, &path).json(body).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_member_is_sent_and_read_back_and_nobody_else() {
    let app = TestApp::start().await;
    let export = export(&app, LIST_ID, &json!({})).await;
    let tested = good(test(&app, &export, &json!({"customerId": "1"})).await).await;
    assert_eq!(tested["answer"], json!({"outcome": "created"}));
    assert_eq!(tested["sent"]["EmailAddress"], "ann@example.com");
    assert_eq!(tested["stored"]["State"], "Active");
    assert_eq!(tested["stored"]["ConsentToTrack"], "No");
    assert_eq!(tested["differences"], json!([]), "{tested}");
    assert_eq!(app.active().await, 1);
    assert_eq!(app.get("/runs").await["items"], json!([]), "it is no run");
    let again = good(test(&app, &export, &json!({"email": "ANN@example.com"})).await).await;
    assert_eq!(again["answer"], json!({"outcome": "updated"}));
}

/// Whether an import replaces the options of a person or adds to them is not documented; here it adds.
#[tokio::test(flavor = "multi_thread")]
async fn what_campaign_monitor_stores_otherwise_is_named() {
    let app = TestApp::start().await;
    let export = export(&app, LIST_ID, &json!({})).await;
    let exports = app.get(&format!("/exports/{export}")).await;
    let fields = format!("/connections/{}/lists/{LIST_ID}/fields", text(&exports, "connectionId"));
    let drinks =
        json!({"name": "Drinks", "dataType": "MultiSelectMany", "options": ["Tea", "Cola"]});
    app.post(&fields, &drinks).await;
    app.order(Method::PUT, "settings", &json!({"imports": {"multiSelectMany": "merge"}})).await;
    let mapping = json!({"email": "Email", "customFields": [{"field": "Drink", "key": "Drinks"}]});
    for drink in ["Tea", "Cola"] {
        let member =
            format!("CustomerId,Email,First,City,Born,Drink\n1,ann@example.com,Ann,,,{drink}\n");
        app.segment("People", &member).await;
        let change = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
        good(change.json(&json!({"mapping": mapping})).send().await.unwrap()).await;
        let tested = good(test(&app, &export, &json!({"customerId": "1"})).await).await;
        let differences = match drink {
            "Tea" => json!([]),
            _ => json!([{"key": "Drinks", "sent": "Cola", "stored": "Tea;Cola"}]),
        };
        assert_eq!(tested["differences"], differences, "{tested}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_left_the_list_is_subscribed_again_by_a_test() {
    let app = TestApp::start().await;
    let export = export(&app, LIST_ID, &json!({"resubscribe": true})).await;
    good(test(&app, &export, &json!({"customerId": "1"})).await).await;
    let path = format!("subscribers/{LIST_ID}/unsubscribe.json");
    let leave = app.campaign_monitor(Method::POST, &path);
    let leave = leave.json(&json!({"EmailAddress": "ann@example.com"}));
    assert!(leave.send().await.unwrap().status().is_success());

    let tested = good(test(&app, &export, &json!({"customerId": "1"})).await).await;
    assert_eq!(tested["answer"]["outcome"], "rejected", "{tested}");
    assert_eq!(tested["stored"]["State"], "Unsubscribed");
    assert_eq!(app.active().await, 0);
}

/// A run sends the profile that says no; a test sends no other.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_profiles_with_one_address_a_test_sends_the_one_that_a_run_would_send() {
    let app = TestApp::start().await;
    let members = "CustomerId,Email,Consent\n1,ann@example.com,yes\n2,ANN@example.com,no\n";
    app.segment("People", members).await;
    let new = json!({"displayName": "Test", "connectionId": app.connection().await, "listId": LIST_ID,
        "segments": ["People"],
        "mapping": {"email": "Email", "consentToTrack": {"field": "Consent"}}});
    let export = text(&app.post("/exports", &new).await, "exportId");
    let problem = refused(test(&app, &export, &json!({"customerId": "1"})).await, 422).await;
    assert_eq!(problem["errors"][0]["code"], "invalidMember", "{problem}");
    assert_eq!(app.active().await, 0);
    let tested = good(test(&app, &export, &json!({"email": "ann@example.com"})).await).await;
    assert_eq!(tested["stored"]["ConsentToTrack"], "No", "{tested}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_is_not_there_or_cannot_be_sent_is_refused_in_words_and_nothing_is_sent() {
    let app = TestApp::start().await;
    let export = export(&app, LIST_ID, &json!({})).await;
    for (body, pointer, code) in [
        (json!({"customerId": "9"}), "/customerId", "unknownMember"),
        (json!({"email": "nobody@example.com"}), "/email", "unknownMember"),
        (json!({"customerId": "3"}), "", "invalidMember"),
        (json!({"customerId": "1", "email": "ann@example.com"}), "", "wrongNumber"),
        (json!({}), "", "wrongNumber"),
    ] {
        let error = refused(test(&app, &export, &body).await, 422).await["errors"][0].clone();
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)), "{body}");
    }
    assert_eq!(app.active().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_on_a_double_opt_in_list_says_that_the_person_must_confirm() {
    let app = TestApp::start().await;
    let export = export(&app, DOUBLE_OPT_IN_LIST_ID, &json!({})).await;
    let tested = good(test(&app, &export, &json!({"customerId": "1"})).await).await;
    assert_eq!(tested["warnings"][0]["code"], "doubleOptIn");
    assert_eq!(tested["stored"]["State"], "Unconfirmed", "{tested}");
}
