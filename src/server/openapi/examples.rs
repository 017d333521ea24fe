//! Examples of parameters, bodies and answers, written by hand in `examples/*.json`, by operation id. They tell one
//! story, from the first connection to the audit; `tests/it/examples` plays it against the service, so that every
//! example is true.

use serde_json::{Map, Value, json};

use crate::http::schema::name_of;

const OPERATIONS: [&str; 13] = [
    include_str!("examples/alerts.json"),
    include_str!("examples/approval.json"),
    include_str!("examples/audit.json"),
    include_str!("examples/connections.json"),
    include_str!("examples/erasures.json"),
    include_str!("examples/exports.json"),
    include_str!("examples/health.json"),
    include_str!("examples/instance.json"),
    include_str!("examples/operator.json"),
    include_str!("examples/people.json"),
    include_str!("examples/runs.json"),
    include_str!("examples/schedules.json"),
    include_str!("examples/segments.json"),
];
/// By the type of the parameter, or by its name where its type has none.
const PARAMETERS: &str = include_str!("examples/parameters.json");

/// The content of the files.
pub struct Examples {
    /// By operation id: `parameters` by name; `request` by content type; `answers` by status and content type.
    operations: Map<String, Value>,
    parameters: Map<String, Value>,
}

impl Examples {
    /// Reads the files. A file that is no JSON object has no examples, and a test misses them.
    pub fn read() -> Self {
        let object = |text: &str| serde_json::from_str::<Map<String, Value>>(text);
        let operations = OPERATIONS.into_iter().flat_map(object).flatten().collect();
        Self { operations, parameters: object(PARAMETERS).unwrap_or_default() }
    }

    /// Gives an operation its examples.
    pub fn complete(&self, operation: &mut Value) {
        let id = operation["operationId"].as_str().unwrap_or_default();
        let own = self.operations.get(id).unwrap_or(&Value::Null);
        for parameter in
            operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten()
        {
            self.complete_parameter(parameter, &own["parameters"]);
        }
        put(&own["request"], operation.pointer_mut("/requestBody/content"));
        for (status, contents) in own["answers"].as_object().into_iter().flatten() {
            put(contents, operation.pointer_mut(&format!("/responses/{status}/content")));
        }
    }

    fn complete_parameter(&self, parameter: &mut Value, own: &Value) {
        let name = parameter["name"].as_str().unwrap_or_default();
        let of_type = name_of(&parameter["schema"]).unwrap_or(name);
        match own.get(name).or_else(|| self.parameters.get(of_type)).cloned() {
            Some(Value::Object(named)) => {
                let named = named.into_iter().map(|(name, value)| (name, json!({"value": value})));
                parameter["examples"] = Value::Object(named.collect());
            }
            Some(value) => parameter["example"] = value,
            None => {}
        }
    }
}

/// Puts the examples of each content type into the content of that type.
fn put(examples: &Value, contents: Option<&mut Value>) {
    for (media, content) in contents.and_then(Value::as_object_mut).into_iter().flatten() {
        if let (Some(examples), Some(content)) =
            (examples[media].as_object(), content.as_object_mut())
        {
            content.remove("example");
            content.extend(examples.clone());
        }
    }
}
