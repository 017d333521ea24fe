//! A file that Excel saves in a shop in Latvia gets on the list right by doing what the answers say, and nothing else.

use encoding_rs::WINDOWS_1257;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{export_with, stored};
use crate::support::{TestApp, good, refused, text};

/// Semicolons, a code page, days, amounts and telephone numbers as Latvians write them.
const SHOP: &str = "CustomerId;E-pasts;Vārds;Tālrunis;Dzimis;Pirkumi;Piekrīt\r\n\
    1;anna@example.com;Anna Bērziņa;27 274 593;31.12.1990;1\u{a0}234,50;Jā\r\n\
    2;janis@example.com;Jānis Kalniņš;+371 26123456;01.02.1985;0,5;Nē\r\n\
    3;ilze@example.com;\"Ilze; Ozola\";26123457;12.05.1979.;-;Jā\r\n;;;;;;\r\n";

async fn upload(app: &TestApp, query: &str) -> Response {
    let path = format!("/segments/People/members{query}");
    let call = app.request("Admin", Method::PUT, &path).header("Content-Type", "text/csv");
    call.body(WINDOWS_1257.encode(SHOP).0.into_owned()).send().await.unwrap()
}

/// Uploads the file until it is accepted, each time with what the answer says. Returns how often that was.
async fn uploaded(app: &TestApp) -> usize {
    let (mut query, mut steps) = (String::new(), 0);
    loop {
        let answer = upload(app, &query).await;
        if answer.status().is_success() {
            return steps;
        }
        let detail = text(&refused(answer, 400).await, "detail");
        let (_, add) = detail.split_once("`?").unwrap_or_else(|| panic!("no advice in {detail}"));
        query = format!("?{}", add.split_once('`').unwrap().0);
        steps += 1;
    }
}

/// A mapping with everything that a preview says; the same one where it says nothing.
fn followed(preview: &Value, mapping: &Value) -> Value {
    let mut mapping = mapping.clone();
    for invalid in preview["invalidByCode"].as_array().unwrap() {
        assert_eq!(invalid["code"], "consentUnreadable", "{invalid}");
        // The words are named; what they mean, people know.
        for (word, list) in [("Jā", "yes"), ("Nē", "no")] {
            let is_named = text(invalid, "message").contains(&format!("“{word}”"));
            if is_named {
                mapping["consentToTrack"][list] = json!([word]);
            }
        }
    }
    for proposal in preview["formatProposals"].as_array().unwrap() {
        let formats = proposal["formats"].as_array().unwrap();
        assert_eq!(formats.len(), 1, "nothing is left to choose: {proposal}");
        let customs = mapping["customFields"].as_array_mut().unwrap().iter_mut();
        let custom = customs.into_iter().find(|custom| custom["key"] == proposal["key"]).unwrap();
        custom["format"] = formats[0]["format"].clone();
    }
    for word in preview["nullWordProposals"].as_array().unwrap() {
        mapping["nullWords"] = json!([word["word"]]);
    }
    let mut problems = preview["valueProblems"].as_array().unwrap().iter();
    if problems.any(|one| text(one, "message").contains("need `defaultCountry`")) {
        mapping["defaultCountry"] = "LV".into();
    }
    mapping
}

/// Changes the export until a preview has nothing to say. Returns how often that was.
async fn mapped(app: &TestApp, export: &str, mapping: Value) -> usize {
    let (path, mut mapping, mut steps) = (format!("/exports/{export}"), mapping, 0);
    loop {
        let preview = app.post(&format!("{path}/preview"), &json!({})).await;
        let next = followed(&preview, &mapping);
        if next == mapping {
            assert_eq!(preview["valueProblems"], json!([]), "{preview}");
            assert_eq!(preview["formatProposals"], json!([]), "{preview}");
            return steps;
        }
        mapping = next;
        let change = app.request("Admin", Method::PATCH, &path);
        good(change.json(&json!({"mapping": mapping})).send().await.unwrap()).await;
        steps += 1;
    }
}

/// Uploads the file, maps it and runs it. Returns how many steps the answers asked for.
async fn steps(app: &TestApp, consent: &Value) -> usize {
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    let of_upload = uploaded(app).await;
    let fields =
        json!([{"field": "Dzimis", "key": "birthday"}, {"field": "Pirkumi", "key": "points"}]);
    let mapping = json!({"email": "E-pasts", "name": "Vārds", "mobileNumber": "Tālrunis", "customFields": fields,
        "consentToTrack": consent});
    let new = export_with(&app.connection().await, &mapping);
    let export = text(&app.post("/exports", &new).await, "exportId");
    let of_mapping = mapped(app, &export, mapping).await;
    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!(
        (&run["status"], &run["counts"]["selected"]),
        (&json!("successful"), &json!(3)),
        "{run}"
    );
    of_upload + of_mapping
}

async fn check(app: &TestApp) {
    for (email, name, mobile, born, points) in [
        ("anna@example.com", "Anna Bērziņa", "+37127274593", "1990-12-31", json!(["1234.50"])),
        ("janis@example.com", "Jānis Kalniņš", "+37126123456", "1985-02-01", json!(["0.5"])),
        ("ilze@example.com", "Ilze; Ozola", "+37126123457", "1979-05-12", Value::Null),
    ] {
        let member = stored(app, email).await;
        assert_eq!((&member["name"], &member["mobileNumber"]), (&json!(name), &json!(mobile)));
        assert_eq!(member["fields"]["[birthday]"], json!([born]), "{email}");
        assert_eq!(member["fields"]["[points]"], points, "{email}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_latvian_shop_is_right_on_the_list_after_two_steps_or_three_with_a_consent() {
    let app = TestApp::start().await;
    assert_eq!(steps(&app, &json!("unchanged")).await, 2);
    check(&app).await;
    let app = TestApp::start().await;
    assert_eq!(steps(&app, &json!({"field": "Piekrīt"})).await, 3);
    check(&app).await;
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/MARKETERS.md"));
    let page = page.unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains("takes two steps") && page.contains("With a consent it takes three"));
}
