//! What generators of clients need beside the words for people: names for values, and no default they cannot read.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// How the marks within values are spelled in names.
const MARKS: [(char, &str); 9] = [
    ('/', "slash"),
    ('.', "dot"),
    ('-', "dash"),
    (';', "semicolon"),
    (',', "comma"),
    ('|', "bar"),
    (' ', "space"),
    ('\'', "apostrophe"),
    ('*', "star"),
];

/// Completes every schema below, all the way down.
pub fn complete(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            name_values(members);
            drop_default(members);
            members.values_mut().for_each(complete);
        }
        Value::Array(items) => items.iter_mut().for_each(complete),
        _ => {}
    }
}

/// Generators make names of values from their letters. Where these are not different, they stop: the document says the
/// names.
fn name_values(members: &mut Map<String, Value>) {
    let values = members.get("enum").and_then(Value::as_array).into_iter().flatten();
    let values: Vec<_> = values.filter_map(Value::as_str).collect();
    let letters = |value: &&str| value.replace(|c: char| !c.is_alphanumeric(), "").to_lowercase();
    let different: BTreeSet<_> = values.iter().map(letters).collect();
    if different.len() < values.len() || different.contains("") {
        let names: Vec<_> = values.into_iter().map(spelled).collect();
        members.insert("x-enum-varnames".to_owned(), json!(names));
    }
}

/// `dd/MM` is `dd_slash_MM`.
fn spelled(value: &str) -> String {
    let mut name = String::new();
    for letter in value.chars() {
        match MARKS.iter().find(|(mark, _)| *mark == letter) {
            Some((_, word)) => name.extend(["_", word, "_"]),
            None => name.push(letter),
        }
    }
    name.trim_matches('_').to_owned()
}

/// Generators read a default of an object that may also be `null` as one of the null, and leave the whole schema out.
/// The description says it in words.
fn drop_default(members: &mut Map<String, Value>) {
    if members.contains_key("oneOf") && members.get("default").is_some_and(Value::is_object) {
        members.remove("default");
    }
}

/// A body that may be left out need not be `null` as well: generators would send one that was left out as a value.
pub fn complete_body(operation: &mut Value) {
    let contents = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
    for (_, content) in contents.into_iter().flatten() {
        let choices = content["schema"]["oneOf"].as_array().map(Vec::as_slice);
        if let Some([body, null]) = choices
            && null["type"] == "null"
        {
            content["schema"] = body.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(mut schema: Value) -> Value {
        complete(&mut schema);
        schema
    }

    #[test]
    fn values_that_differ_in_marks_or_case_alone_have_names() {
        let dates = completed(json!({"enum": ["dd/MM", "dd.MM", "ddMM"]}));
        assert_eq!(dates["x-enum-varnames"], json!(["dd_slash_MM", "dd_dot_MM", "ddMM"]));
        let marks = completed(json!({"items": {"enum": [".", "json"]}}));
        assert_eq!(marks["items"]["x-enum-varnames"], json!(["dot", "json"]));
        let words = json!({"enum": ["run.start", "run.cancel"]});
        assert_eq!(completed(words.clone()), words);
    }

    #[test]
    fn a_body_that_may_be_left_out_is_not_null() {
        let body = |schema: Value| json!({"requestBody": {"content": {"application/json": {"schema": schema}}}});
        let start = json!({"$ref": "#/components/schemas/StartRunBody"});
        let mut operation = body(json!({"oneOf": [start, {"type": "null"}]}));
        complete_body(&mut operation);
        assert_eq!(operation, body(start.clone()));
        complete_body(&mut operation);
        assert_eq!(operation, body(start));
        let mut bare = json!({"operationId": "get_run"});
        complete_body(&mut bare);
        assert_eq!(bare, json!({"operationId": "get_run"}));
    }

    #[test]
    fn an_object_that_may_be_null_has_no_default_and_others_keep_theirs() {
        let choices = json!([{"$ref": "#/components/schemas/BrakeLimit"}, {"type": "null"}]);
        let limit = json!({"oneOf": choices, "default": {"count": 500}});
        assert_eq!(completed(limit), json!({"oneOf": choices}));
        let kept = json!({"oneOf": choices, "default": null});
        assert_eq!(completed(kept.clone()), kept);
    }
}
