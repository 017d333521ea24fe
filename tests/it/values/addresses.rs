//! Usual mistakes in addresses: rejected with a code of their own, or taken off where the owner says so.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use super::{run_with, stored};
use crate::support::{TestApp, text};

const ROWS: &str = "CustomerId,Email\n1,mailto:ann@example.com\n2,Bob <bob@example.com>\n3,cid@example.com.\n\
    4,dan@example.com; eve@example.com\n5,fay@example.com\n6,Gil <gil@example.com>\n";

async fn items(app: &TestApp, run: &Value, of: &str) -> Vec<(String, String)> {
    let path = format!("/runs/{}/{of}", text(run, "runId"));
    let page = app.get(&path).await;
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| (text(item, "customerId"), text(item, "code"))).collect()
}

fn told(items: &[(&str, &str)]) -> Vec<(String, String)> {
    items.iter().map(|(id, code)| ((*id).to_owned(), (*code).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_usual_mistake_in_an_address_is_taken_off_only_where_the_owner_says_so() {
    let app = TestApp::start().await;
    app.segment("People", ROWS).await;
    for email in
        [json!("Email"), json!({"field": "Email"}), json!({"field": "Email", "repair": false})]
    {
        let run = run_with(&app, &json!({"email": email})).await;
        assert_eq!(run["counts"]["invalid"], 5, "{email}");
    }

    let left = json!([{"email": "gil@example.com", "state": "Unsubscribed"}]);
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &left).await;

    let run = run_with(&app, &json!({"email": {"field": "Email", "repair": true}})).await;

    assert_eq!(
        (&run["counts"]["invalid"], &run["fieldWarnings"][0]["byCode"]),
        (&json!(1), &json!([{"code": "repaired", "count": 4}])),
        "{run}"
    );
    assert_eq!(
        (&run["fieldWarnings"][0]["key"], &run["fieldWarnings"][0]["dropped"]),
        (&json!("EmailAddress"), &json!(0))
    );
    let rejected = [("4", "severalAddresses"), ("6", "unsubscribed")];
    assert_eq!(items(&app, &run, "rejections").await, told(&rejected));
    let repaired = ["1", "2", "3", "6"].map(|id| (id, "repaired"));
    assert_eq!(items(&app, &run, "value-problems").await, told(&repaired));
    for person in ["ann", "bob", "cid"] {
        let email = format!("{person}@example.com");
        assert_eq!(stored(&app, &email).await["email"], email, "{person}");
    }
}
