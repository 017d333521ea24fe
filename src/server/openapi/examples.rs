//! Examples of whole bodies, put together from the examples of their members.

use serde_json::{Map, Value, json};

use crate::http::schema::resolve;

/// Pages say what happened and what to do, and hold nothing else.
const PAGE: &str = "<!doctype html>\n<title>Connected</title>\n<p>Campaign Monitor is connected. You may close this \
    page.</p>\n";
const ID: &str = "0198c5a2-7d3e-7b4c-9a51-3f6c2d8e1b47";
const TIME: &str = "2026-11-24T06:00:00Z";

/// Gives every content an example, if one can be made of what its schema says.
pub fn complete(content: &mut Value, schemas: &Value) {
    for (media, content) in content.as_object_mut().into_iter().flatten() {
        let has_example = content.get("example").or(content.get("examples")).is_some();
        if media == "text/html" && !has_example {
            content["example"] = json!(PAGE);
        }
        if media != "application/json" || has_example {
            continue;
        }
        if let Some(example) = example_of(&content["schema"], schemas) {
            content["example"] = example;
        }
    }
}

/// An example of what the schema describes; `None` when the schema does not tell what a text in it looks like.
fn example_of(schema: &Value, schemas: &Value) -> Option<Value> {
    if let Some(given) = given(schema) {
        return Some(given.clone());
    }
    if schema["$ref"].is_string() {
        return example_of(resolve(schema, schemas), schemas);
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut whole = Map::new();
        for part in parts {
            whole.extend(example_of(part, schemas)?.as_object()?.clone());
        }
        return Some(Value::Object(whole));
    }
    if let Some(choices) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
        return example_of(choices.iter().find(|choice| choice["type"] != "null")?, schemas);
    }
    by_type(schema, schemas)
}

fn given(schema: &Value) -> Option<&Value> {
    let first = |name: &str| schema[name].as_array().and_then(|values| values.first());
    schema.get("example").or(first("examples")).or(schema.get("const")).or(first("enum"))
}

fn by_type(schema: &Value, schemas: &Value) -> Option<Value> {
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null")?,
        kind => kind,
    };
    match kind.as_str()? {
        "object" => {
            let members = schema["properties"].as_object().into_iter().flatten();
            members
                .map(|(name, member)| Some((name.clone(), example_of(member, schemas)?)))
                .collect()
        }
        "array" => Some(json!([example_of(&schema["items"], schemas)?])),
        "boolean" => Some(json!(true)),
        "integer" | "number" => Some(schema.get("minimum").cloned().unwrap_or(json!(0))),
        "string" => match schema["format"].as_str()? {
            "uuid" => Some(json!(ID)),
            "date-time" => Some(json!(TIME)),
            _ => None,
        },
        _ => None,
    }
}
