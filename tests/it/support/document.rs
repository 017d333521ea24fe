//! The operations of the `OpenAPI` document, for tests that walk all of them.

use reqwest::Method;
use serde_json::Value;

/// One operation of the document.
pub struct Operation {
    pub id: String,
    pub method: Method,
    pub path: String,
    /// The least role it requires; empty when it requires no token.
    pub role: String,
    /// All that the document says of it.
    pub says: Value,
}

/// All operations of the document.
pub fn operations() -> Vec<Operation> {
    let document = segment_export::server::document();
    let mut found = vec![];
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, says) in item.as_object().unwrap() {
            let role = says.pointer("/security/0/bearer/0").and_then(Value::as_str);
            found.push(Operation {
                id: says["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                role: role.unwrap_or_default().to_owned(),
                says: says.clone(),
            });
        }
    }
    assert!(!found.is_empty());
    found
}

/// What `value` is, or what its `$ref` points at.
pub fn pointed<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

impl Operation {
    pub fn is_of_instance(&self) -> bool {
        self.path.starts_with("/v1/instances/")
    }

    /// The bodies it takes and answers, with the place where each stands.
    pub fn bodies<'a>(&'a self, document: &'a Value) -> Vec<(&'a str, &'a Value)> {
        let answers = self.says["responses"].as_object().unwrap();
        let answers = answers.iter().map(|(status, answer)| (status.as_str(), answer));
        let request = ("request", &self.says["requestBody"]);
        answers.chain([request]).map(|(place, body)| (place, pointed(document, body))).collect()
    }
}
