//! The values that a sentence names stand beside its code: of reasons, warnings, rejections and value problems. None of
//! them is what a person has in a field.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use segment_export::sql;
use serde_json::{Value, json};

use crate::alerts::{self, receiver::Receiver};
use crate::support::{TestApp, good, refused, text};

const ROWS: &str = "CustomerId,Email,Born,Consent\n\
    1,ann@example.com;,,yes\n\
    2,bob@example.com,,perhaps\n\
    3,cid@example.com,31/12/1990,yes\n\
    4,dan@example.com,1990-12-31,yes\n";

/// An export of a segment, whose dates and consents may be wrong. Returns its id.
async fn export(app: &TestApp) -> String {
    let mapping = json!({"email": "Email", "consentToTrack": {"field": "Consent"},
        "customFields": [{"field": "Born", "key": "birthday"}]});
    let new = json!({"displayName": "People", "connectionId": app.connection().await, "listId": LIST_ID,
        "segments": ["People"], "mapping": mapping});
    text(&app.post("/exports", &new).await, "exportId")
}

/// Each code with its values.
fn values(rows: &Value) -> Vec<(String, Value)> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| (text(row, "code"), row["params"].clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_a_rejection_and_a_value_problem_have_their_values_and_none_of_a_person() {
    let app = TestApp::start().await;
    app.segment("People", ROWS).await;
    let run = app.ended(&app.start_run(&export(&app).await).await).await;
    let expected = json!({"selected": 4, "missing": 2, "rejected": 0, "invalid": 2, "inDoubt": 0, "values": 1});
    assert_eq!(run["reason"]["params"], expected, "{run}");

    let path = format!("/runs/{}", text(&run, "runId"));
    let rejections = app.get(&format!("{path}/rejections")).await["items"].clone();
    let consent = json!({"field": "Consent", "member": "consentToTrack"});
    let both = [
        ("addressTrailingCharacter".to_owned(), json!({"character": ";"})),
        ("consentUnreadable".to_owned(), consent),
    ];
    assert_eq!(values(&rejections), both, "{rejections}");
    let found = app.post("/people/search", &json!({"customerId": "2"})).await;
    assert_eq!(values(&found["exports"][0]["rejections"]), both[1..]);

    let problems = app.get(&format!("{path}/value-problems")).await["items"].clone();
    let born = json!({"field": "Born", "key": "birthday"});
    assert_eq!(values(&problems), [("notADate".to_owned(), born)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reason_of_an_alert_has_its_values_in_the_api_and_in_the_body_of_a_webhook() {
    let (app, receiver) = (alerts::start().await, Receiver::start());
    alerts::channel(&app, "webhook", &receiver).await;
    app.segment("People", ROWS).await;
    app.ended(&app.start_run(&export(&app).await).await).await;
    let expected = json!({"selected": 4, "missing": 2, "rejected": 0, "invalid": 2, "inDoubt": 0});
    let messages = receiver.once(2).await;
    let told = messages.iter().map(|one| one.body()["data"]["reason"].clone());
    let told: Vec<_> = told.filter(|reason| reason["code"] == "profilesRefused").collect();
    assert_eq!(told[0]["params"], expected, "{told:?}");
    let shown = alerts::alerts(&app).await;
    let shown = shown.iter().find(|one| one["kind"] == "profilesRefused").unwrap();
    assert_eq!(shown["reason"]["params"], expected, "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn warnings_name_segments_lists_and_fields_by_themselves() {
    let app = TestApp::start().await;
    app.put("/segments/Empty", &json!({"displayName": "Empty"})).await;
    app.segment("People", "CustomerId,Email,City\n1,ann@example.com,Riga\n").await;
    let clears = json!({"email": "Email", "customFields": [{"field": "City", "key": "city", "ifEmpty": "clear"}]});
    let new = json!({"displayName": "People", "connectionId": app.connection().await, "listId": LIST_ID,
        "segments": ["People", "Empty"], "mapping": clears, "sync": {"leavers": {"action": "delete"}}});
    let made = app.post("/exports", &new).await;
    let warnings = values(&made["warnings"]);
    for (code, params) in [
        ("segmentWithoutMembers", json!({"segment": "Empty"})),
        ("clearsValues", json!({"keys": "city"})),
        ("removesLeavers", json!({"action": "delete"})),
    ] {
        assert!(warnings.contains(&(code.to_owned(), params)), "{code}: {warnings:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_lacks_a_field_names_it_and_its_segment() {
    let app = TestApp::start().await;
    app.segment("People", ROWS).await;
    let export = export(&app).await;
    let gone = "CustomerId,Email,Born\n4,dan@example.com,\n";
    good(app.upload("People", "text/csv", gone).await).await;
    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!(run["reason"]["code"], "fieldNotFound");
    assert_eq!(run["reason"]["params"], json!({"field": "Consent", "segment": "People"}), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejections_of_a_version_before_are_read_as_far_as_they_say_their_values() {
    let app = TestApp::start().await;
    app.segment("People", ROWS).await;
    let run = app.ended(&app.start_run(&export(&app).await).await).await;
    let mut tx = app.app().db.write().await.unwrap();
    sql!(&mut tx, |db| {
        sqlx::query("UPDATE rejections SET params = NULL, code = 'campaignMonitor999' WHERE customer_id = '2'")
            .execute(db)
            .await
            .unwrap();
    });
    tx.commit().await.unwrap();
    let rejections = app.get(&format!("/runs/{}/rejections", text(&run, "runId"))).await;
    let number = ("campaignMonitor".to_owned(), json!({"vendorCode": 999}));
    assert_eq!(values(&rejections["items"])[1], number, "{rejections}");
}

/// The code and the values of the first error of a call that is rejected; its sentence names nothing else.
async fn wrong(app: &TestApp, method: Method, path: &str, body: &Value) -> (String, Value) {
    let answer = app.request("Admin", method, path).json(body).send().await.unwrap();
    let status = answer.status().as_u16();
    let problem = refused(answer, status).await;
    values(&problem["errors"]).swap_remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_at_a_field_has_its_values_beside_its_code() {
    let app = TestApp::start().await;
    app.segment("People", ROWS).await;
    let export = export(&app).await;
    let (change, limits) = (format!("/exports/{export}"), format!("/exports/{export}/alert-rules"));
    let patch = async |body: Value| wrong(&app, Method::PATCH, &change, &body).await;
    let custom = |field: &str, key: &str| json!({"mapping": {"customFields": [{"field": field, "key": key}]}});

    let near = json!({"field": "Emial", "near": "Email", "segment": "People"});
    assert_eq!(patch(json!({"mapping": {"email": "Emial"}})).await, ("unknownField".into(), near));
    let (code, params) = patch(custom("Born", "ctiy")).await;
    assert_eq!(
        (&*code, &params["key"], &params["near"]),
        ("unknownCustomField", &json!("ctiy"), &json!("city"))
    );
    let both = json!({"email": "Email", "consentToTrack": {"field": "Consent", "yes": ["Ok"], "no": ["ok"]}});
    let word = ("contradictoryWord".into(), json!({"word": "Ok"}));
    assert_eq!(patch(json!({"mapping": both})).await, word);
    let late = json!({"kind": "manual", "timezone": "UTC"});
    let kind = ("notOfThisKind".into(), json!({"kind": "custom"}));
    assert_eq!(patch(json!({"schedule": late})).await, kind);
    let close = json!({"kind": "custom", "timezone": "UTC", "cron": ["*/5 * * * *"]});
    assert_eq!(
        patch(json!({"schedule": close})).await,
        ("tooClose".into(), json!({"minutes": 15}))
    );
    let (code, params) = patch(json!({"colour": "red"})).await;
    assert_eq!(code, "unknownMember");
    assert!(text(&params, "members").contains("displayName, "), "{params}");

    let twice = json!({"rules": [{"kind": "runFailed"}, {"kind": "runFailed"}]});
    let rule = ("repeatedRule".into(), json!({"kind": "runFailed"}));
    assert_eq!(wrong(&app, Method::PUT, &limits, &twice).await, rule);
    let length = ("invalid".into(), json!({"min": 1, "max": 1000}));
    let search = json!({"email": "x".repeat(1001)});
    assert_eq!(wrong(&app, Method::POST, "/people/search", &search).await, length);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_rejected_names_its_line_and_the_cause() {
    let app = TestApp::start().await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    let answer = app.upload("People", "text/csv", "CustomerId,Email\n1,a@b.lv\n1,c@d.lv\n").await;
    let problem = refused(answer, 400).await;
    let (code, params) = values(&problem["errors"]).swap_remove(0);
    assert_eq!(code, "invalidMembers", "{problem}");
    assert!(text(&problem, "detail").contains(&text(&params, "cause")), "{problem}");
}

#[test]
fn the_document_has_every_code_as_a_closed_set_and_the_values_beside_it() {
    let document = segment_export::server::document();
    let schemas = &document["components"]["schemas"];
    for (schema, code) in [
        ("Reason", "ReasonCode"),
        ("Warning", "WarningCode"),
        ("RejectionView", "RejectionCode"),
        ("PersonRejectionView", "RejectionCode"),
        ("ValueProblemView", "ProblemCode"),
        ("PersonProblemView", "ProblemCode"),
    ] {
        let properties = &schemas[schema]["properties"];
        let shown = properties["code"].to_string();
        assert!(shown.contains(&format!("#/components/schemas/{code}\"")), "{schema}: {shown}");
        assert_eq!(properties["params"]["type"], "object", "{schema}");
        assert!(schemas[code]["enum"].as_array().is_some_and(|codes| !codes.is_empty()), "{code}");
    }
}
