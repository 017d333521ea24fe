//! The document is complete, for every operation by rule: one that is added and says less than the others fails here.

use serde_json::{Value, json};

use crate::support::document::{operations, pointed};

#[test]
fn the_committed_openapi_document_is_up_to_date() {
    let committed = include_str!("../../openapi/openapi.json");
    let made = format!("{:#}", segment_export::server::document());
    assert!(
        committed.trim_end() == made.trim_end(),
        "openapi/openapi.json is stale: run `make openapi`"
    );
}

#[test]
fn every_operation_says_what_it_does_and_which_role_it_takes() {
    for operation in operations() {
        let id = &operation.id;
        let says = |member: &str| operation.says[member].as_str().unwrap_or_default().to_owned();
        assert!(!says("summary").is_empty(), "{id}: the first line of its comment is its summary");
        let own =
            says("description").replace(&format!("Requires the role {}.", operation.role), "");
        assert!(own.trim().len() > 20, "{id}: say more, in the second paragraph of its comment");
        assert_eq!(operation.says["tags"].as_array().map(Vec::len), Some(1), "{id}: one tag");
        if operation.path.starts_with("/v1/operator/") {
            assert_eq!(operation.role, "Operator", "{id}");
        }
        if operation.is_of_instance() {
            let is_role = ["Viewer", "Contributor", "Admin"].contains(&operation.role.as_str());
            assert!(is_role, "{id}: name the role of its Caller: security((\"bearer\" = [\"…\"]))");
        }
    }
}

#[test]
fn every_parameter_is_described() {
    for operation in operations() {
        for parameter in operation.says["parameters"].as_array().into_iter().flatten() {
            let description = parameter["description"].as_str().unwrap_or_default();
            assert!(!description.is_empty(), "{}: {parameter}", operation.id);
        }
    }
}

#[test]
fn every_body_has_an_example() {
    let document = segment_export::server::document();
    let has_example = |content: &Value| {
        let is_binary = pointed(&document, &content["schema"])["format"] == "binary";
        is_binary || content.get("example").or(content.get("examples")).is_some()
    };
    for operation in operations() {
        for (place, body) in operation.bodies(&document) {
            for (media, content) in body["content"].as_object().into_iter().flatten() {
                let id = &operation.id;
                let hint = "write one in src/server/openapi/examples";
                assert!(has_example(content), "{id}, {place}, {media}: {hint}");
            }
        }
    }
}

#[test]
fn every_problem_names_its_codes_and_the_codes_fit_the_status() {
    let document = segment_export::server::document();
    for operation in operations() {
        let answers = operation.says["responses"].as_object().unwrap();
        for (status, answer) in answers.iter().filter(|(status, _)| status.as_str() >= "400") {
            let answer = pointed(&document, answer);
            let Some(content) = answer["content"].get("application/problem+json") else {
                let is_other = ["readyz", "finish_sign_in"].contains(&operation.id.as_str());
                assert!(is_other, "{}: {status} is no problem", operation.id);
                continue;
            };
            let codes = content["examples"].as_object().unwrap();
            let id = &operation.id;
            assert!(!codes.is_empty(), "{id}, {status}: name its codes in backticks");
            for (code, example) in codes {
                assert_eq!(example["value"]["status"].to_string(), *status, "{id}: {code}");
            }
        }
    }
}

#[test]
fn every_error_code_is_documented_where_it_is_answered() {
    let document = segment_export::server::document().to_string();
    // The rest is answered by addresses that are none of the operations, or to methods that are none.
    for kind in segment_export::http::problem::ProblemKind::ALL {
        let is_documented = document.contains(&format!("\"errorCode\":\"{}\"", kind.code()));
        assert!(is_documented || kind.code() == "methodNotAllowed", "{}", kind.code());
    }
}

#[test]
fn what_has_a_version_is_answered_with_its_etag_and_what_is_made_with_its_address() {
    for operation in operations() {
        let answers = operation.says["responses"].as_object().unwrap();
        for (status, answer) in answers.iter().filter(|(status, _)| status.as_str() < "300") {
            let headers = &answer["headers"];
            assert!(headers["X-Request-Id"].is_object(), "{}", operation.id);
            let content = &answer["content"]["application/json"];
            let named = content["examples"].as_object().into_iter().flatten();
            let named = named.map(|(_, example)| &example["value"]);
            for example in content.get("example").into_iter().chain(named) {
                let shows_version = example["version"].is_number();
                assert_eq!(headers["ETag"].is_object(), shows_version, "{}", operation.id);
            }
            assert!(status != "201" || headers["Location"].is_object(), "{}", operation.id);
        }
    }
}

#[test]
fn every_webhook_says_when_it_comes_how_it_is_signed_and_shows_one() {
    let document = segment_export::server::document();
    let webhooks = document["webhooks"].as_object().unwrap();
    let types = pointed(&document, &document["components"]["schemas"]["NoticeEvent"]);
    assert_eq!(types["enum"].as_array().unwrap().len(), webhooks.len(), "one for each type");
    for (name, item) in webhooks {
        let operation = &item["post"];
        let headers = operation["parameters"].as_array().unwrap().iter();
        let headers: Vec<_> = headers.map(|header| header["name"].as_str().unwrap()).collect();
        assert_eq!(headers, ["webhook-id", "webhook-timestamp", "webhook-signature"], "{name}");
        let content = &operation["requestBody"]["content"]["application/json"];
        assert_eq!(content["example"]["type"], json!(name));
        let members = pointed(&document, &content["schema"])["properties"].as_object().unwrap();
        assert!(content["example"].as_object().unwrap().keys().eq(members.keys()), "{name}");
        let data = pointed(&document, &members["data"])["properties"].as_object().unwrap();
        assert!(content["example"]["data"].as_object().unwrap().keys().eq(data.keys()), "{name}");
        assert!(operation["description"].as_str().unwrap().contains("Standard Webhooks"), "{name}");
    }
}
