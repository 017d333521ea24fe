//! What follows by rule for every schema.

use serde_json::{Value, json};

use crate::http::schema::{name_of, resolve};

/// Characters of a UUID with its hyphens.
pub const UUID_CHARACTERS: u64 = 36;
/// Characters of the longest time in RFC 3339 that is of use: nanoseconds and an offset.
const TIME_CHARACTERS: u64 = 35;
/// The largest integer that JavaScript holds exactly.
const INTEGER_MAX: u64 = (1 << 53) - 1;

/// Members that mean the same wherever they stand, for schemas that say no more of them.
fn common() -> Value {
    let member =
        |description: &str, example: &str| json!({"description": description, "example": example});
    json!({
        "instanceId": {"description": "The Customer Insights instance it belongs to."},
        "version": {"description": "Grows with every change; also its `ETag`.", "example": 3},
        "createdBy": member("Subject of who made it.", "ann@example.com"),
        "createdUtc": {"description": "When it was made."},
        "updatedBy": member("Subject of who changed it last.", "ann@example.com"),
        "updatedUtc": {"description": "When it was changed last."},
        "nextCursor": member("Where the next page starts; `null` on the last one.", "AZjFon0-e0yaUT9sLY4bRw"),
        "traceId": member("Trace id of the request.", "4bf92f3577b34da6a3ce929d0e0e4736"),
    })
}

/// Completes the schemas of the document.
pub fn complete(document: &mut Value) {
    let known = document["components"]["schemas"].clone();
    let mut inlined = vec![];
    let schemas = document["components"]["schemas"].as_object_mut();
    for (name, schema) in schemas.into_iter().flatten() {
        if let Some(item) = name.strip_prefix("Page_") {
            let (items, most) = (reference(item), crate::http::paging::LIMIT_MAX);
            schema["properties"]["items"]["items"] = items;
            schema["properties"]["items"]["maxItems"] = json!(most);
        }
        inlined.extend(inline_maybe(schema, &known));
        describe_common(schema, &common());
        limit(schema);
    }
    for name in inlined {
        document["components"]["schemas"].as_object_mut().map(|schemas| schemas.remove(&name));
    }
}

/// A reference to a schema.
pub fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Whether what the schema describes carries a `version`, and so has an `ETag`.
pub fn has_version(schema: &Value, schemas: &Value) -> bool {
    let schema = resolve(schema, schemas);
    let parts = schema["allOf"].as_array().into_iter().flatten();
    schema["properties"]["version"]["type"] == "integer"
        || parts.into_iter().any(|part| has_version(part, schemas))
}

/// Members that are flattened in all together or not at all come out as "this object, or null, and also …", which
/// nothing fulfils when they are left out. They are members that may each be missing. Returns the names of what stood
/// there.
fn inline_maybe(schema: &mut Value, known: &Value) -> Vec<String> {
    let mut inlined = vec![];
    for part in schema.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
        let choices = part["oneOf"].as_array().cloned().unwrap_or_default();
        if let [value, null] = choices.as_slice()
            && null["type"] == "null"
        {
            inlined.extend(name_of(value).map(str::to_owned));
            let value = resolve(value, known);
            *part = json!({"type": "object", "description": value["description"], "properties": value["properties"]});
        }
    }
    inlined
}

fn describe_common(schema: &mut Value, common: &Value) {
    for (name, member) in
        schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten()
    {
        if let (Some(member), Some(words)) = (member.as_object_mut(), common[name].as_object()) {
            for (word, value) in words {
                member.entry(word).or_insert_with(|| value.clone());
            }
        }
    }
    for part in schema.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
        describe_common(part, common);
    }
}

/// Gives limits to what has none of its own, all the way down: none of our numbers is negative, all of them are exact
/// in JavaScript, and ids and times are as long as ids and times are.
pub fn limit(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let kind = members.get("type").cloned().unwrap_or_default();
            let is = |name: &str| {
                kind == name || kind.as_array().is_some_and(|kinds| kinds.contains(&json!(name)))
            };
            if is("integer") {
                let format = members.entry("format").or_insert(json!("int64"));
                let most = if format == "int32" { i32::MAX as u64 } else { INTEGER_MAX };
                members.entry("minimum").or_insert(json!(0));
                members.entry("maximum").or_insert(json!(most));
            } else if is("string") {
                let most = match members.get("format").and_then(Value::as_str) {
                    Some("uuid") => Some(UUID_CHARACTERS),
                    Some("date-time") => Some(TIME_CHARACTERS),
                    _ => None,
                };
                if let Some(most) = most {
                    members.entry("maxLength").or_insert(json!(most));
                }
            }
            members.values_mut().for_each(limit);
        }
        Value::Array(items) => items.iter_mut().for_each(limit),
        _ => {}
    }
}
