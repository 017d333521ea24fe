//! What people read who set up their first export: which value, which word, and what to do about it.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::support::{TestApp, good, refused, text};

/// An export of the members in `csv` with a mapping.
async fn export(app: &TestApp, csv: &str, mapping: &Value) -> String {
    app.segment("People", csv).await;
    let mut whole = json!({"email": "Email"});
    whole.as_object_mut().unwrap().extend(mapping.as_object().unwrap().clone());
    let new = json!({"displayName": "First", "connectionId": app.connection().await, "listId": LIST_ID,
        "segments": ["People"], "mapping": whole});
    text(&app.post("/exports", &new).await, "exportId")
}

async fn preview(app: &TestApp, csv: &str, mapping: &Value) -> Value {
    let export = export(app, csv, mapping).await;
    app.post(&format!("/exports/{export}/preview"), &json!({})).await
}

/// Members whose field `V` has these values, one each.
fn members(values: &[&str]) -> String {
    let rows = values.iter().enumerate();
    let rows = rows.map(|(row, value)| {
        format!("{row},p{row}@example.com,\"{}\"\n", value.replace('"', "\"\""))
    });
    format!("CustomerId,Email,V\n{}", rows.collect::<String>())
}

fn custom(key: &str) -> Value {
    json!({"customFields": [{"field": "V", "key": key}]})
}

/// What a call that is not accepted says of its first error: the code and the message.
async fn error(app: &TestApp, mapping: &Value, status: u16) -> (String, String) {
    let mut whole = json!({"email": "Email"});
    whole.as_object_mut().unwrap().extend(mapping.as_object().unwrap().clone());
    let new = json!({"displayName": "First", "connectionId": app.connection().await, "listId": LIST_ID,
        "segments": ["People"], "mapping": whole});
    let answer = app.request("Admin", Method::POST, "/exports").json(&new).send().await.unwrap();
    let error = &refused(answer, status).await["errors"][0];
    (text(error, "code"), text(error, "message"))
}

#[tokio::test(flavor = "multi_thread")]
async fn consents_that_nobody_can_read_are_named_with_their_field_and_their_words() {
    let app = TestApp::start().await;
    let mapping = json!({"consentToSendSms": {"field": "V"}});
    let export = export(&app, &members(&["Jā", "Nē", "Jā", "yes"]), &mapping).await;

    let preview = app.post(&format!("/exports/{export}/preview"), &json!({})).await;

    let invalid = &preview["invalidByCode"][0];
    assert_eq!((&invalid["code"], &invalid["count"]), (&json!("consentUnreadable"), &json!(3)));
    let expected = "“V” has “Jā” (2) and “Nē” (1), which are neither a yes nor a no. Add each word to `yes` or to `no` \
        of `consentToSendSms`, whose `otherwise` says what all other words mean.";
    assert_eq!(text(invalid, "message"), expected);
    let first = json!({"customerId": "0", "email": "p0@example.com", "field": "V", "value": "Jā"});
    assert_eq!(invalid["examples"][0], first);
    let run = app.ended(&app.start_run(&export).await).await;
    let rejections = app.get(&format!("/runs/{}/rejections", text(&run, "runId"))).await;
    let message = text(&rejections["items"][1], "message");
    assert!(message.starts_with("“V” has “Nē”, which is neither a yes nor a no."), "{message}");
    assert!(message.contains("`consentToSendSms`"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_format_is_proposed_although_a_few_values_have_another_form() {
    let app = TestApp::start().await;
    let values = [&["31.12.1990"; 19][..], &["15.13.1979"], &["NULL"; 5], &["-"]].concat();

    let preview = preview(&app, &members(&values), &custom("birthday")).await;

    let proposal = &preview["formatProposals"][0];
    assert_eq!((&proposal["values"], &proposal["fitting"]), (&json!(20), &json!(19)), "{preview}");
    assert_eq!(proposal["formats"][0]["format"], "dd.MM.yyyy");
    let message = text(proposal, "message");
    let expected = "19 of 20 values of “V” fit dd.MM.yyyy; 1 does not, such as “15.13.1979”, and would not be sent. ";
    assert!(message.starts_with(expected), "{message}");
    let words = preview["nullWordProposals"].as_array().unwrap();
    let words: Vec<_> = words.iter().map(|one| (text(one, "word"), one["count"].clone())).collect();
    assert_eq!(words, [("-".to_owned(), json!(1)), ("NULL".to_owned(), json!(5))]);
    let message = text(&preview["nullWordProposals"][1], "message");
    assert!(message.contains("add it to `nullWords`"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_profiles_that_are_not_sent_do_not_count_and_the_preview_says_so() {
    let app = TestApp::start().await;
    let csv = "CustomerId,Email,V\n1,mailto:a@example.com,x\n2,b@example.com,31.12.1990\n3,c@example.com,NULL\n";
    let preview = preview(&app, csv, &custom("birthday")).await;
    for of in ["formatProposals", "nullWordProposals", "valueProblems"] {
        let message = text(&preview[of][0], "message");
        let ends = message.ends_with(" This counts only the 2 usable profiles of 3.");
        assert!(ends, "{of}: {message}");
    }
    let invalid = &preview["invalidByCode"][0];
    assert!(text(invalid, "message").contains(r#""repair": true"#), "{invalid}");
    let message = text(&invalid["examples"][0], "message");
    assert!(message.ends_with("or set `repair` of `email` in the mapping."), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_separates_several_options_is_proposed_and_is_accepted() {
    let app = TestApp::start().await;
    let connection = app.connection().await;
    let field =
        json!({"name": "Hobby", "dataType": "MultiSelectMany", "options": ["Dārzs", "Sports"]});
    app.post(&format!("/connections/{connection}/lists/{LIST_ID}/fields"), &field).await;
    let members = members(&["Dārzs,Sports", "Sports"]);

    let before = preview(&app, &members, &custom("Hobby")).await;

    let reading = &before["formatProposals"][0]["formats"][0];
    let expected =
        json!({"format": {"separator": ","}, "value": "Dārzs,Sports", "sent": "Dārzs;Sports"});
    assert_eq!(*reading, expected, "{before}");
    let message = text(&before["valueProblems"][0], "message");
    assert!(message.contains("`formatProposals` names a format"), "{message}");
    let mapping =
        json!({"customFields": [{"field": "V", "key": "Hobby", "format": reading["format"]}]});
    let after = preview(&app, &members, &mapping).await;
    assert_eq!((&after["valueProblems"], &after["formatProposals"]), (&json!([]), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn mobile_numbers_without_a_country_need_one_until_the_mapping_names_it() {
    let app = TestApp::start().await;
    let members = members(&["27 274 593", "+371 27274593", "none"]);
    for (mapping, says) in [
        (json!({"mobileNumber": "V"}), true),
        (json!({"mobileNumber": "V", "defaultCountry": "LV"}), false),
    ] {
        let preview = preview(&app, &members, &mapping).await;
        let message = text(&preview["valueProblems"][0], "message");
        let hint = "Numbers without a country, such as “27 274 593”, need `defaultCountry`";
        assert_eq!(message.contains(hint), says, "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn examples_of_values_differ_and_say_how_many_profiles_have_them() {
    let app = TestApp::start().await;
    let values = ["Lettland", "Lettland", "Atlantis", "Lettland", "Mu", "Thule", "Latvia"];
    let preview =
        preview(&app, &members(&values), &json!({"customFields": [{"field": "V", "key": "tier"}]}))
            .await;
    let problems = &preview["valueProblems"][0];
    let examples = problems["examples"].as_array().unwrap().iter();
    let examples: Vec<_> = examples.map(|one| (text(one, "value"), one["count"].clone())).collect();
    let expected = [("Lettland", 3), ("Atlantis", 1), ("Mu", 1), ("Thule", 1), ("Latvia", 1)];
    assert_eq!(
        examples,
        expected.map(|(value, count)| (value.to_owned(), json!(count))),
        "{preview}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_of_one_member_names_the_values_that_were_not_sent_and_no_false_difference() {
    let app = TestApp::start().await;
    let csv = "CustomerId,Email,Phone,Born,Sms\n1,ann@example.com,26l2 3456,15.13.1979,yes\n";
    let mapping = json!({"mobileNumber": "Phone", "consentToSendSms": {"field": "Sms"},
        "customFields": [{"field": "Born", "key": "birthday"}]});
    let export = export(&app, csv, &mapping).await;
    let call = app.request("Admin", Method::POST, &format!("/exports/{export}/test"));

    let tested = good(call.json(&json!({"customerId": "1"})).send().await.unwrap()).await;

    let problems = tested["valueProblems"].as_array().unwrap().iter();
    let problems: Vec<_> =
        problems.map(|one| (text(one, "key"), text(&one["examples"][0], "value"))).collect();
    let expected = [("birthday", "15.13.1979"), ("MobileNumber", "26l2 3456")];
    assert_eq!(
        problems,
        expected.map(|(key, value)| (key.to_owned(), value.to_owned())),
        "{tested}"
    );
    assert_eq!(tested["differences"], json!([]), "{tested}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_that_is_a_yes_and_a_no_is_not_accepted() {
    let app = TestApp::start().await;
    app.segment("People", &members(&["Jā"])).await;
    for (member, yes, no, words) in [
        ("consentToTrack", "Jā", "JĀ", "also stands in `no`"),
        ("consentToSendSms", "no", "Nē", "“no” always is a no"),
    ] {
        let mapping = json!({member: {"field": "V", "yes": ["ok", yes], "no": [no]}});
        let (code, message) = error(&app, &mapping, 422).await;
        assert_eq!(code, "contradictoryWord", "{message}");
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_the_list_lacks_is_answered_with_the_keys_that_it_has_and_how_to_create_one() {
    let app = TestApp::start().await;
    app.segment("People", &members(&["1"])).await;
    let (code, message) = error(&app, &custom("birthdya"), 422).await;
    assert_eq!(code, "unknownCustomField");
    for words in [
        "“birthdya”",
        "It has ",
        "points",
        "Did you mean \"birthday\"?",
        "`POST …/lists/{listId}/fields`",
    ] {
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_of_another_form_is_answered_with_every_form_that_it_can_have() {
    let app = TestApp::start().await;
    app.segment("People", &members(&["1"])).await;
    for value in [json!("Jā"), json!(null), json!(7), json!("yes, expected no")] {
        let (_, message) = error(&app, &json!({"consentToSendSms": value}), 400).await;
        let expected = "`/mapping/consentToSendSms` must be yes, no, unchanged, or {\"field\": …}";
        assert!(message.starts_with(expected), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_did_not_send_some_profiles_says_that_it_did_not_send_some_values_either() {
    let app = TestApp::start().await;
    let csv = "CustomerId,Email,V\n1,no address,1990-01-01\n2,bob@example.com,soon\n3,eve@example.com,1990-01-01\n";
    let export = export(&app, csv, &custom("birthday")).await;
    let run = app.ended(&app.start_run(&export).await).await;
    let message = text(&run["reason"], "message");
    assert!(message.contains("did not put 1 of 3 profiles"), "{message}");
    assert!(
        message.ends_with(
            "1 value was not sent as in the data; the value problems of this run name it."
        ),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_replaces_an_export_is_told_to_change_it() {
    let app = TestApp::start().await;
    let export = export(&app, &members(&["1"]), &json!({})).await;
    let put = app.request("Admin", Method::PUT, &format!("/exports/{export}"));
    let problem = refused(put.json(&json!({})).send().await.unwrap(), 405).await;
    assert!(text(&problem, "detail").ends_with(" Change it with PATCH."), "{problem}");
    let delete = app.request("Admin", Method::DELETE, &format!("/exports/{export}/preview"));
    let problem = refused(delete.send().await.unwrap(), 405).await;
    assert!(text(&problem, "detail").ends_with("accepts only POST."), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_member_that_a_body_lacks_is_named_at_once() {
    let app = TestApp::start().await;
    let new = json!({"displayName": "First", "segments": ["People"]});
    let answer = app.request("Admin", Method::POST, "/exports").json(&new).send().await.unwrap();
    let problem = refused(answer, 400).await;
    let errors = problem["errors"].as_array().unwrap().iter();
    let errors: Vec<_> = errors.map(|one| (text(one, "code"), text(one, "pointer"))).collect();
    let missing = ["/connectionId", "/listId", "/mapping"]
        .map(|pointer| ("missing".to_owned(), pointer.to_owned()));
    assert_eq!(errors, missing, "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_ready_asks_where_the_setting_says_that_the_service_listens() {
    let app = TestApp::start().await;
    let bind = app.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let ready = async |bind: &str| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_segment-export"));
        command.arg("ready").env("SEGMENT_EXPORT_BIND", bind).output().await.unwrap().status
    };
    assert!(ready(&bind).await.success());
    assert!(!ready("127.0.0.1:1").await.success(), "nothing listens there");
}
