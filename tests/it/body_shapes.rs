//! Lists in place of objects, in every body that the document has: serde alone would read them as objects.

use serde_json::{Map, Value, json};

use crate::support::TestApp;
use crate::support::document::{Operation, operations, pointed};

/// Words that only programmers of Rust know.
const RUST: [&str; 8] = ["struct", "enum", "variant", "tuple", "serde", "::", "Option", "Body`"];
/// Deeper than any body.
const DEPTH_MAX: usize = 9;

/// What leads from the body to a value in it.
#[derive(Clone, Debug)]
enum Step {
    Member(String),
    Item,
}

/// The places at which a value of this schema has an object, and can have no list.
fn places(document: &Value, schema: &Value, at: &[Step], found: &mut Vec<Vec<Step>>) {
    let forms = forms(document, schema);
    let is = |word: &str| forms.iter().any(|form| form["type"].to_string().contains(word));
    if is("object") && !is("array") {
        found.push(at.to_vec());
    }
    if at.len() > DEPTH_MAX {
        return;
    }
    for form in forms {
        let members = form["properties"].as_object().into_iter().flatten();
        let named = members.map(|(name, schema)| (Step::Member(name.clone()), schema));
        let other = form.get("additionalProperties").filter(|other| other.is_object());
        let other = other.map(|schema| (Step::Member("any".to_owned()), schema));
        let item = form.get("items").map(|schema| (Step::Item, schema));
        for (step, schema) in named.chain(other).chain(item) {
            places(document, schema, &[at, &[step]].concat(), found);
        }
    }
}

/// The schemas of which a value follows one.
fn forms<'a>(document: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let schema = pointed(document, schema);
    let choices = ["oneOf", "anyOf", "allOf"].iter().find_map(|word| schema[word].as_array());
    choices.map_or_else(
        || vec![schema],
        |choices| choices.iter().flat_map(|choice| forms(document, choice)).collect(),
    )
}

/// A body that has nothing but this value at this place.
fn body(at: &[Step], value: Value) -> Value {
    at.iter().rev().fold(value, |value, step| match step {
        Step::Member(name) => Value::Object(Map::from_iter([(name.clone(), value)])),
        Step::Item => json!([value]),
    })
}

fn pointer(at: &[Step]) -> String {
    let step = |step: &Step| match step {
        Step::Member(name) => format!("/{name}"),
        Step::Item => "/0".to_owned(),
    };
    at.iter().map(step).collect()
}

async fn is_refused(app: &TestApp, operation: &Operation, at: &[Step], list: Value) {
    let path = operation.path.trim_start_matches('/');
    let path = path.replace("{instanceId}", &app.instance.to_string()).replace("{name}", "People");
    let path =
        path.replace("{id}", "0198c5a2-7d3e-7b4c-9a51-3f6c2d8e1b47").replace("{listId}", "a");
    let call = app.anonymous(operation.method.clone(), &path).bearer_auth(app.token("Admin"));
    let answer = call.json(&body(at, list)).send().await.unwrap();
    let (place, status) = (pointer(at), answer.status());
    let problem: Value = answer.json().await.unwrap();
    assert!(status.is_client_error(), "{} {place}: {problem}", operation.id);
    let error = &problem["errors"][0];
    assert_eq!(
        (&error["pointer"], &error["code"]),
        (&json!(place), &json!("wrongType")),
        "{} {place}: {problem}",
        operation.id
    );
    let words = format!("{} {}", problem["detail"], error["message"]);
    assert!(words.contains("must be an object, not a list."), "{} {place}: {words}", operation.id);
    assert!(!RUST.iter().any(|word| words.contains(word)), "{} {place}: {words}", operation.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_in_place_of_an_object_is_refused_where_it_stands_in_every_body() {
    let app = TestApp::start().await;
    let document = segment_export::server::document();
    let mut count = 0;
    for operation in operations() {
        let content = &operation.says["requestBody"]["content"]["application/json"];
        let mut found = vec![];
        places(&document, &content["schema"], &[], &mut found);
        for at in found.into_iter().filter(|_| content.is_object()) {
            for list in [json!([]), json!(["a", "b", "c"]), json!([{}])] {
                is_refused(&app, &operation, &at, list).await;
            }
            count += 1;
        }
    }
    assert!(count > 60, "{count} places");
}
