//! References between the schemas of the `OpenAPI` document.

use serde_json::Value;

/// Follows a reference, if the schema is one.
#[must_use]
pub fn resolve<'a>(schema: &'a Value, schemas: &'a Value) -> &'a Value {
    name_of(schema).map_or(schema, |name| &schemas[name])
}

/// The name that a reference has; `None` when the schema is not one.
#[must_use]
pub fn name_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str().and_then(|text| text.rsplit('/').next())
}
