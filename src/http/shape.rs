//! Lists in bodies where the document has objects. serde reads a list as an object, its elements as members in the
//! order in which the program happens to name them.

use actix_web::HttpRequest;
use serde_json::Value;

use super::json;
use super::problem::Problem;
use super::schema::{document, operation, resolve};

/// Rejects a body that has a list in place of an object; one that is no JSON is for others to explain.
pub fn check(request: &HttpRequest, bytes: &[u8]) -> Result<(), Problem> {
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else { return Ok(()) };
    let Some((document, operation)) = document(request).zip(operation(request)) else {
        return Ok(());
    };
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    match misplaced_list(&[schema], &document["components"]["schemas"], &body) {
        Some(pointer) => Err(json::wrong(pointer, "invalid type: sequence, expected a map")),
        None => Ok(()),
    }
}

/// The pointer to the first list where each of these schemas, of which the value follows one, has an object.
fn misplaced_list(wanted: &[&Value], schemas: &Value, value: &Value) -> Option<String> {
    let forms: Vec<&Value> = wanted.iter().flat_map(|schema| forms(schema, schemas)).collect();
    let below = |step: &str, wanted: &[&Value], value: &Value| {
        let rest = misplaced_list(wanted, schemas, value)?;
        let mut pointer = String::new();
        json::push_segment(&mut pointer, step);
        Some(pointer + &rest)
    };
    match value {
        Value::Array(_) if is_object(&forms) => Some(String::new()),
        Value::Array(items) => {
            let of_items: Vec<_> = forms.iter().filter_map(|form| form.get("items")).collect();
            let mut items = items.iter().enumerate();
            items.find_map(|(index, item)| below(&index.to_string(), &of_items, item))
        }
        Value::Object(members) => members.iter().find_map(|(name, member)| {
            let wanted: Vec<_> = forms.iter().filter_map(|form| member_of(form, name)).collect();
            below(name, &wanted, member)
        }),
        _ => None,
    }
}

/// The schemas of which a value follows one, without references and choices.
fn forms<'a>(schema: &'a Value, schemas: &'a Value) -> Vec<&'a Value> {
    let schema = resolve(schema, schemas);
    let choices = ["oneOf", "anyOf", "allOf"].iter().find_map(|word| schema[word].as_array());
    match choices {
        Some(choices) => choices.iter().flat_map(|choice| forms(choice, schemas)).collect(),
        None => vec![schema],
    }
}

/// Whether one of the forms is an object, and none a list or anything.
fn is_object(forms: &[&Value]) -> bool {
    let is = |form: &Value, word: &str| match &form["type"] {
        Value::String(one) => one == word,
        Value::Array(several) => several.iter().any(|one| one == word),
        _ => true,
    };
    forms.iter().any(|form| is(form, "object")) && !forms.iter().any(|form| is(form, "array"))
}

fn member_of<'a>(form: &'a Value, name: &str) -> Option<&'a Value> {
    let named = form["properties"].get(name);
    named.or_else(|| form.get("additionalProperties").filter(|other| other.is_object()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(body: &Value) -> Option<String> {
        let schemas = json!({
            "Folder": {"type": "object", "properties": {"url": {"type": "string"}}},
            "Body": {"type": "object", "properties": {
                "folder": {"oneOf": [{"$ref": "#/components/schemas/Folder"}, {"type": "null"}]},
                "folders": {"type": "array", "items": {"$ref": "#/components/schemas/Folder"}},
                "by/name": {"type": ["object", "null"],
                    "additionalProperties": {"$ref": "#/components/schemas/Folder"}},
                "either": {"oneOf": [{"type": "array"}, {"type": "object"}]},
                "words": {"type": "array", "items": {"type": "string"}},
                "anything": {},
            }},
        });
        misplaced_list(&[&json!({"$ref": "#/components/schemas/Body"})], &schemas, body)
    }

    #[test]
    fn a_list_in_place_of_an_object_is_found_at_every_depth() {
        for (body, pointer) in [
            (json!([]), ""),
            (json!({"folder": ["file:///a"]}), "/folder"),
            (json!({"folders": [{}, []]}), "/folders/1"),
            (json!({"by/name": []}), "/by~1name"),
            (json!({"by/name": {"a": {}, "b": []}}), "/by~1name/b"),
        ] {
            assert_eq!(found(&body).as_deref(), Some(pointer), "{body}");
        }
    }

    #[test]
    fn lists_that_may_be_there_and_values_of_another_kind_are_left_to_others() {
        for body in [
            json!({}),
            json!(null),
            json!({"folder": null, "folders": [], "either": [[]], "words": ["a"], "anything": [[]]}),
            json!({"folder": 7, "folders": "a", "words": [[]], "colour": []}),
        ] {
            assert_eq!(found(&body), None, "{body}");
        }
    }
}
