//! Constants and templates, words for nothing, blanks, and what an empty value does.

use reqwest::Method;
use serde_json::{Value, json};

use super::{export_with, run_with, stored};
use crate::support::{TestApp, good, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_value_comes_from_a_field_a_constant_or_a_template() {
    let app = TestApp::start().await;
    let rows = "CustomerId,Email,First,Last,Prefix,Local\n\
                1,ann@example.com,Ann,Lee,+371,20000000\n\
                2,bob@example.com,Bob,,,\n\
                3,eve@example.com,,,,\n";
    app.segment("People", rows).await;
    let mapping = json!({"email": "Email",
    "name": {"template": "{{First}} {{Last}}"},
    "mobileNumber": {"template": "{{Prefix}} {{Local}}"},
    "customFields": [
        {"template": "{{First|Friend}} of ours", "key": "first name"},
        {"constant": "Gold", "key": "tier"},
        {"field": "Last", "key": "last name"},
    ]});
    let mapping = {
        let mut mapping = mapping;
        mapping["customFields"][0]["key"] = "firstname".into();
        mapping["customFields"][2]["key"] = "lastname".into();
        mapping
    };

    let run = run_with(&app, &mapping).await;

    assert_eq!(run["status"], "successful", "{run}");
    for (email, name, mobile, first, last) in [
        ("ann@example.com", "Ann Lee", json!("+37120000000"), "Ann of ours", json!(["Lee"])),
        ("bob@example.com", "Bob", Value::Null, "Bob of ours", Value::Null),
        ("eve@example.com", "", Value::Null, "Friend of ours", Value::Null),
    ] {
        let member = stored(&app, email).await;
        assert_eq!((&member["name"], &member["mobileNumber"]), (&json!(name), &mobile), "{member}");
        assert_eq!(member["fields"]["[firstname]"], json!([first]));
        assert_eq!(member["fields"]["[lastname]"], last);
        assert_eq!(member["fields"]["[tier]"], json!(["Gold"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_value_clears_where_the_owner_says_so_and_a_problem_never_does() {
    let app = TestApp::start().await;
    let header = "CustomerId,Email,Mobile,City,Points,Interests\n";
    let mapping = |if_empty: &str| {
        json!({"email": "Email", "nullWords": ["NULL"],
        "mobileNumber": {"field": "Mobile", "ifEmpty": if_empty},
        "customFields": [
            {"field": "City", "key": "city", "ifEmpty": if_empty},
            {"field": "Points", "key": "points", "ifEmpty": if_empty},
            {"field": "Interests", "key": "interests", "ifEmpty": if_empty},
        ]})
    };
    let full = json!({"[city]": ["Riga"], "[points]": ["7"], "[interests]": ["Tea"]});
    let run = async |row: &str, if_empty: &str| {
        app.segment("People", &format!("{header}1,ann@example.com,{row}\n")).await;
        run_with(&app, &mapping(if_empty)).await;
        let ann = stored(&app, "ann@example.com").await;
        (ann["mobileNumber"].clone(), ann["fields"].clone())
    };

    assert_eq!(run("+37120000000,Riga,7,Tea", "keep").await, (json!("+37120000000"), full.clone()));
    assert_eq!(run(",,NULL, ", "keep").await, (json!("+37120000000"), full.clone()), "kept");
    let unfit = run("unknown,Riga,many,Gin", "clear").await;
    assert_eq!(unfit, (json!("+37120000000"), full), "a problem is not empty");
    assert_eq!(run("NULL,,NULL, ", "clear").await, (Value::Null, json!({})), "cleared");
}

#[tokio::test(flavor = "multi_thread")]
async fn blanks_around_a_text_stay_only_where_the_owner_says_so() {
    let app = TestApp::start().await;
    app.segment("People", "CustomerId,Email,City,Points\n1, ann@example.com ,  Riga , 7 \n").await;
    for (trim, city) in [(true, "Riga"), (false, "  Riga ")] {
        let fields =
            json!([{"field": "City", "key": "city"}, {"field": "Points", "key": "points"}]);
        run_with(&app, &json!({"email": "Email", "trim": trim, "customFields": fields})).await;
        let ann = stored(&app, "ann@example.com").await;
        assert_eq!(ann["fields"], json!({"[city]": [city], "[points]": ["7"]}));
    }
}

/// The codes of the warnings at saving, at preview and of a run.
async fn warnings_of(app: &TestApp, new: &Value) -> [Vec<String>; 3] {
    let codes = |warnings: &Value| {
        warnings.as_array().unwrap().iter().map(|warning| text(warning, "code")).collect::<Vec<_>>()
    };
    let saved = app.post("/exports", new).await;
    let export = text(&saved, "exportId");
    let preview = app.post(&format!("/exports/{export}/preview"), &json!({})).await;
    let run = app.ended(&app.start_run(&export).await).await;
    let codes =
        [codes(&saved["warnings"]), codes(&preview["listWarnings"]), codes(&run["warnings"])];
    good(app.request("Admin", Method::DELETE, &format!("/exports/{export}")).send().await.unwrap())
        .await;
    codes
}

#[tokio::test(flavor = "multi_thread")]
async fn who_clears_values_is_warned_at_saving_at_preview_and_in_the_run() {
    let app = TestApp::start().await;
    app.segment("People", "CustomerId,Email,City\n1,ann@example.com,Riga\n").await;
    let fields = json!([{"field": "City", "key": "city", "ifEmpty": "clear"}]);
    let new =
        export_with(&app.connection().await, &json!({"email": "Email", "customFields": fields}));
    assert_eq!(
        warnings_of(&app, &new).await,
        ["clearsValues"; 3].map(|code| vec![code.to_owned()])
    );
    let plain = export_with(new["connectionId"].as_str().unwrap(), &json!({"email": "Email"}));
    assert_eq!(warnings_of(&app, &plain).await, [const { Vec::<String>::new() }; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_brings_people_back_is_warned_at_saving_at_preview_and_in_the_run() {
    let app = TestApp::start().await;
    app.segment("People", "CustomerId,Email\n1,ann@example.com\n").await;
    let mut new = export_with(&app.connection().await, &json!({"email": "Email"}));
    new["options"] = json!({"resubscribe": true});
    assert_eq!(
        warnings_of(&app, &new).await,
        ["resubscribes"; 3].map(|code| vec![code.to_owned()])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_consent_is_a_yes_for_new_people_and_saving_preview_run_and_test_warn_of_it() {
    let app = TestApp::start().await;
    let members = "CustomerId,Email,Consent,City\n1,ann@example.com,yes,Riga\n2,bob@example.com,,NULL\n\
        3,eve@example.com,NULL,Riga\n4,no address,,Riga\n";
    app.segment("People", members).await;
    let connection = app.connection().await;
    let of = |more: Value| {
        let mut mapping = json!({"email": "Email", "consentToTrack": {"field": "Consent"},
            "customFields": [{"field": "City", "key": "birthday"}]});
        mapping.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        export_with(&connection, &mapping)
    };
    let code = "emptyConsentIsYes".to_owned();
    let ignored = of(json!({"nullWords": ["NULL"]}));
    assert_eq!(warnings_of(&app, &ignored).await, [(); 3].map(|()| vec![code.clone()]));

    let saved = app.post("/exports", &of(json!({}))).await;
    let message = text(&saved["warnings"][0], "message");
    assert!(message.starts_with("A consent is sent as `unchanged` where “Consent” is empty."));
    assert!(message.contains("records that as a yes to tracking for people who are new there"));
    let path = format!("/exports/{}", text(&saved, "exportId"));
    let preview = app.post(&format!("{path}/preview"), &json!({})).await;
    let message = text(&preview["listWarnings"][0], "message");
    assert!(message.starts_with("The consent of 1 profile is sent as `unchanged`"), "{message}");
    let word = text(&preview["nullWordProposals"][0], "message");
    assert!(word.contains("In “Consent” (1) it is then an empty consent"), "{word}");
    assert!(word.contains("add it to `no` of `consentToTrack` too"), "{word}");
    for (customer, expected) in [("1", vec![]), ("2", vec![code])] {
        let tested = app.post(&format!("{path}/test"), &json!({"customerId": customer})).await;
        let warnings = tested["warnings"].as_array().unwrap().iter();
        assert_eq!(warnings.map(|one| text(one, "code")).collect::<Vec<_>>(), expected, "{tested}");
    }
    let passed = json!({"consentToTrack": {"field": "Consent", "otherwise": "unchanged"}});
    let saved = app.post("/exports", &of(passed)).await;
    let message = text(&saved["warnings"][0], "message");
    assert!(message.contains("“Consent” is empty or unreadable."), "{message}");
    let path = format!("/exports/{}/preview", text(&saved, "exportId"));
    let message = text(&app.post(&path, &json!({})).await["listWarnings"][0], "message");
    assert!(message.starts_with("The consent of 2 profiles is sent"), "{message}");

    app.segment("People", "CustomerId,Email,Consent,City\n1,ann@example.com,yes,Riga\n").await;
    let preview = app.post(&path, &json!({})).await;
    assert_eq!(preview["listWarnings"], json!([]), "nobody's is empty");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_only_for_text_messages_is_warned_that_a_no_stays_on_the_list() {
    let app = TestApp::start().await;
    app.segment("People", "CustomerId,Email,Sms\n1,ann@example.com,no\n").await;
    let connection = app.connection().await;
    let (sms, track) = ("consentToSendSms", "consentToTrack");
    let of_field = json!({"field": "Sms"});
    for (mapping, warns) in [
        (json!({"email": "Email", sms: of_field}), true),
        (json!({"email": "Email", sms: of_field, track: "yes"}), true),
        (json!({"email": "Email", sms: "yes"}), false),
    ] {
        let expected: Vec<String> = if warns { vec!["noStaysOnList".into()] } else { vec![] };
        let new = export_with(&connection, &mapping);
        assert_eq!(warnings_of(&app, &new).await, [(); 3].map(|()| expected.clone()), "{mapping}");
    }
    let new = export_with(&connection, &json!({"email": "Email", sms: of_field}));
    let warning = &app.post("/exports", &new).await["warnings"][0];
    let message = text(warning, "message");
    assert!(
        message.starts_with("A no in “Sms” keeps text messages from a person, not e-mail"),
        "{message}"
    );
    assert!(message.contains("consenting to tracking"), "{message}");
}
