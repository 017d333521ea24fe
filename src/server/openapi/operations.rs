//! What follows by rule for every operation.

use serde_json::{Value, json};

use super::examples::Examples;
use super::{responses, schemas};
use crate::http::address::{INSTANCE, OPERATOR};
use crate::http::schema::resolve;

/// Entity tags, or any: RFC 9110, 8.8.3 and 13.1.1.
const TAGS: &str =
    r#"^(\*|(W/)?"[\x21\x23-\x2b\x2d-\x7e]*"(, ?(W/)?"[\x21\x23-\x2b\x2d-\x7e]*")*)$"#;

/// Adds to an operation what follows by rule: its role, parameters, problems, headers and examples.
pub fn complete(
    operation: &mut Value,
    method: &str,
    path: &str,
    schemas: &Value,
    examples: &Examples,
) {
    if path.starts_with(INSTANCE) {
        say_role(operation);
        add_parameters(operation, method, path);
        responses::add_problems(operation, accepts_if_match(operation, path));
    } else if path.starts_with(OPERATOR) {
        say_role(operation);
        responses::add_problems(operation, false);
    }
    describe_parameters(operation, schemas);
    examples.complete(operation);
    let call = responses::Circumstances {
        is_counted: path.starts_with(INSTANCE) || path.starts_with(OPERATOR),
        is_once: accepts_key(operation, method),
    };
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        responses::complete(response, status, &call, schemas);
    }
}

/// `OpenAPI` names the roles beside the scheme; people read them in the text.
fn say_role(operation: &mut Value) {
    let Some(role) = operation.pointer("/security/0/bearer/0").and_then(Value::as_str) else {
        return;
    };
    let text = operation["description"].as_str().unwrap_or_default();
    operation["description"] = json!(format!("{text}\n\nRequires the role {role}.").trim_start());
}

fn add_parameters(operation: &mut Value, method: &str, path: &str) {
    let mut parameters = vec![json!({
        "name": "instanceId", "in": "path", "required": true,
        "description": "Id of the Customer Insights instance",
        "schema": {"type": "string", "format": "uuid", "maxLength": schemas::UUID_CHARACTERS},
    })];
    parameters.extend(operation["parameters"].as_array().into_iter().flatten().cloned());
    if accepts_key(operation, method) {
        parameters.push(header(
            "Idempotency-Key",
            "The same key with the same body answers what the first call answered",
            &json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x21-\x7e]+$"}),
        ));
    }
    if accepts_if_match(operation, path) {
        parameters.push(header(
            "If-Match",
            "The `ETag` that you read. If it was changed since, the answer is 412",
            &json!({"type": "string", "maxLength": 255, "pattern": TAGS}),
        ));
    }
    if makes(operation) {
        parameters.push(header(
            "If-None-Match",
            "`*`: only if there is none yet. Otherwise the answer is 412",
            &json!({"type": "string", "enum": ["*"]}),
        ));
    }
    operation["parameters"] = json!(parameters);
}

fn header(name: &str, description: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "header", "required": false, "description": description, "schema": schema})
}

/// A parameter that its handler does not describe is described as its type is.
fn describe_parameters(operation: &mut Value, schemas: &Value) {
    for parameter in
        operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten()
    {
        schemas::limit(&mut parameter["schema"]);
        if parameter["description"].is_null() {
            let description = resolve(&parameter["schema"], schemas)["description"].clone();
            parameter["description"] = description;
        }
    }
}

/// Calls that create accept an idempotency key.
fn accepts_key(operation: &Value, method: &str) -> bool {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let starts = ["start_", "run_all_", "report_"].iter().any(|verb| id.starts_with(verb));
    method == "post" && (starts || operation["responses"]["201"].is_object())
}

fn accepts_if_match(operation: &Value, path: &str) -> bool {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let changes = ["update_", "delete_", "put_", "set_", "add_", "remove_"]
        .iter()
        .any(|verb| id.starts_with(verb));
    changes || (path.contains("/exports/") && ["detach_export", "attach_export"].contains(&id))
}

/// Whether a PUT makes what is not there yet.
fn makes(operation: &Value) -> bool {
    ["put_segment", "put_schedule"].iter().any(|id| operation["operationId"] == *id)
}
