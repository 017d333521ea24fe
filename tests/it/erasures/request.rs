//! A request to erase people: what it accepts, what it answers, and what it proves.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use super::{completed, erase, export, removed, request, site, subscriber};
use crate::leavers::csv;
use crate::support::{TestApp, good, refused, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_names_people_in_one_way_each_and_says_nothing_of_them_elsewhere() {
    let app = TestApp::start().await;
    for (people, pointer) in [
        (json!([]), "/people"),
        (json!([{"email": "ann@example.com"}, {}]), "/people/1"),
        (json!([{"email": "ann@example.com", "customerId": "17"}]), "/people/0"),
        (json!([{"email": "ann"}]), "/people/0"),
        (json!(vec![json!({"customerId": "17"}); 10_001]), "/people"),
    ] {
        let call = app.request("Admin", Method::POST, "/erasures").json(&request(&people));
        let answer = refused(call.send().await.unwrap(), 422).await;
        assert_eq!(answer["errors"][0]["pointer"], pointer, "{answer}");
    }
    let mut named = request(&json!([{"customerId": "17"}]));
    named["reference"] = json!("ann@example.com");
    let call = app.request("Admin", Method::POST, "/erasures").json(&named);
    assert_eq!(
        refused(call.send().await.unwrap(), 400).await["errors"][0]["pointer"],
        "/reference"
    );
    assert_eq!(app.get("/erasures").await["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_repeated_erases_once_and_its_deadline_is_counted_down() {
    let app = TestApp::start().await;
    let body = request(&json!([{"email": "nobody@example.com"}]));
    let send = || {
        app.request("Admin", Method::POST, "/erasures")
            .header("Idempotency-Key", "dsr-17")
            .json(&body)
    };
    let first = send().send().await.unwrap();
    assert_eq!(first.status(), 202);
    let location = first.headers()["location"].to_str().unwrap().to_owned();
    let first = good(first).await;
    let second = send().send().await.unwrap();
    assert_eq!(second.headers()["idempotency-replayed"], "true");
    let id = text(&first, "erasureId");
    assert_eq!(text(&good(second).await, "erasureId"), id);
    assert!(location.ends_with(&format!("/erasures/{id}")), "{location}");
    assert!([28, 29, 30, 31].contains(&first["daysLeft"].as_i64().unwrap()), "{first}");
    let done = completed(&app, &id).await;
    assert_eq!((&done["daysLeft"], &done["waiting"]), (&Value::Null, &Value::Null));
    assert_eq!(app.get("/erasures").await["items"], json!([done]));
    let metrics = app.anonymous(Method::GET, "metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("segment_export_erasures_overdue 0"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_named_by_id_is_erased_at_every_address_that_a_list_has_received() {
    let app = TestApp::start().await;
    app.segment("People", &csv(0..10)).await;
    let export = export(&app, "People", &json!({})).await;
    app.ended(&app.start_run(&export).await).await;
    let id = erase(&app, &json!([{"customerId": "7"}])).await;
    let done = completed(&app, &id).await;
    assert_eq!(
        (removed(&done, "lists"), removed(&done, "baselines"), removed(&done, "uploads")),
        (1, 1, 1)
    );
    assert_eq!(subscriber(&app, LIST_ID, "person7@example.com").await, "Deleted");
    assert_eq!(subscriber(&app, LIST_ID, "person6@example.com").await, "Active");
    assert_eq!(app.get("/segments/People").await["memberCount"], 9);
    assert!(!text(site(&done, "lists"), "remark").contains("CustomerId"), "{done:#}");
    let members = app.get(&format!("/exports/{export}/members?limit=200")).await.to_string();
    assert!(!members.contains("person7@") && members.contains("person6@"), "{members}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_named_by_an_id_without_an_address_is_counted_where_the_lists_are() {
    let app = TestApp::start().await;
    app.segment("People", &csv(0..10)).await;
    let export = export(&app, "People", &json!({})).await;
    app.ended(&app.start_run(&export).await).await;
    let people = json!([{"customerId": "7"}, {"customerId": "id-71"}, {"customerId": "id-72"}]);
    let done = completed(&app, &erase(&app, &people).await).await;
    assert_eq!(removed(&done, "lists"), 1, "the one whose address is known");
    let remark = text(site(&done, "lists"), "remark");
    assert!(remark.starts_with("Of 2 CustomerIds of this request no address is known"), "{remark}");
    assert!(remark.contains("Deleted from every list") && !remark.contains("id-7"), "{remark}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_a_crowd_shares_erases_nobody_and_the_lists_say_so() {
    let app = TestApp::start().await;
    let mut segments = vec!["People".to_owned()];
    app.segment("People", &csv(0..10)).await;
    for shop in 0..24 {
        let name = format!("Shop{shop}");
        let member = format!("CustomerId,Email,City\nn/a,guest{shop}@example.com,Riga\n");
        app.segment(&name, &member).await;
        segments.push(name);
    }
    let export = export(&app, "People", &json!({"segments": segments})).await;
    let first = app.ended(&app.start_run(&export).await).await;
    assert_eq!(first["counts"]["created"], 34, "{first}");
    let id = erase(&app, &json!([{"customerId": "n/a"}, {"customerId": "7"}])).await;
    let done = completed(&app, &id).await;
    assert_eq!(
        (removed(&done, "lists"), removed(&done, "baselines"), removed(&done, "uploads")),
        (1, 1, 1)
    );
    let remark = text(site(&done, "lists"), "remark");
    assert!(remark.starts_with("A CustomerId of this request has 24 addresses: "), "{remark}");
    assert!(!remark.contains("n/a") && remark.contains("an id names one person"), "{remark}");
    assert!(remark.contains("addresses of the person themselves"), "{remark}");
    assert_eq!(subscriber(&app, LIST_ID, "person7@example.com").await, "Deleted");
    assert_eq!(subscriber(&app, LIST_ID, "guest7@example.com").await, "Active");
    assert_eq!(app.get("/segments/Shop7").await["memberCount"], 1);
    let next = app.ended(&app.start_run(&export).await).await;
    assert_eq!((&next["counts"]["updated"], &next["counts"]["invalid"]), (&json!(33), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_whom_somebody_else_put_on_a_list_of_the_account_are_deleted_too() {
    let app = TestApp::start().await;
    app.connection().await;
    let there = json!([{"email": "visitor@example.com", "state": "Active"}]);
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &there).await;
    let done =
        completed(&app, &erase(&app, &json!([{"email": "Visitor@example.com"}])).await).await;
    assert_eq!(removed(&done, "lists"), 1);
    assert_eq!(subscriber(&app, LIST_ID, "visitor@example.com").await, "Deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ours_to_change_is_named_with_whose_it_is() {
    let app = TestApp::start_with(&["--keep-backups-days", "35"]).await;
    std::fs::create_dir_all(app.storage()).unwrap();
    std::fs::write(app.storage().join("theirs.csv"), csv(0..3)).unwrap();
    let source = json!({"kind": "files", "url": app.storage_url("theirs.csv"), "format": "csv"});
    app.put("/segments/Theirs", &json!({"displayName": "Theirs", "source": source})).await;
    let done =
        completed(&app, &erase(&app, &json!([{"email": "person1@example.com"}])).await).await;
    assert!(text(site(&done, "sources"), "remark").contains("“Theirs”"), "{done:#}");
    assert!(text(site(&done, "backups"), "remark").contains("35 days"), "{done:#}");
    assert_eq!(site(&done, "sources")["found"], Value::Null);
    let theirs = std::fs::read_to_string(app.storage().join("theirs.csv")).unwrap();
    assert!(theirs.contains("person1@"), "it is not touched");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_of_an_erasure_is_signed_names_nobody_and_is_verified_offline() {
    let app = TestApp::start().await;
    let id = erase(&app, &json!([{"email": "person1@example.com"}])).await;
    completed(&app, &id).await;
    let path = format!("/erasures/{id}/receipt");
    let plain = app.get(&path).await;
    let call = app.request("Admin", Method::GET, &path).header("Accept", "application/jose");
    let signed = call.send().await.unwrap().error_for_status().unwrap().text().await.unwrap();
    let keys = good(
        app.anonymous(Method::GET, ".well-known/segment-export/jwks.json").send().await.unwrap(),
    )
    .await;
    let keys: JwkSet = serde_json::from_value(keys).unwrap();
    let kid = jsonwebtoken::decode_header(&signed).unwrap().kid.unwrap();
    let key = DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    let mut receipt = jsonwebtoken::decode::<Value>(&signed, &key, &validation).unwrap().claims;
    assert_eq!(
        (&receipt["request_status"], &receipt["subject_request_id"]),
        (&json!("completed"), &json!(id))
    );
    assert_eq!(receipt["controller_id"], json!(app.instance));
    assert!(!receipt.to_string().contains("person1"), "{receipt}");
    receipt["extensions"]["issuedUtc"] = plain["extensions"]["issuedUtc"].clone();
    assert_eq!(receipt, plain);
    let form = app.request("Admin", Method::GET, &path).header("Accept", "text/html");
    assert_eq!(refused(form.send().await.unwrap(), 406).await["errorCode"], "notAcceptable");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_says_who_erased_how_many_and_never_whom() {
    let app = TestApp::start().await;
    let id =
        erase(&app, &json!([{"email": "person1@example.com"}, {"customerId": "secret-17"}])).await;
    completed(&app, &id).await;
    for action in ["erasure.create", "erasure.complete"] {
        let events = app.get(&format!("/audit-events?action={action}")).await;
        assert_eq!(events["items"][0]["after"]["people"], 2, "{events}");
        assert_eq!(events["items"][0]["object"]["id"], json!(id));
        assert!(
            !events.to_string().contains("person1@") && !events.to_string().contains("secret-17")
        );
    }
}
