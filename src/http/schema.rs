//! The `OpenAPI` document, and the references between its schemas.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde_json::Value;

/// The document of this service.
pub fn document(request: &HttpRequest) -> Option<&Value> {
    request.app_data().map(|document: &Data<Value>| document.get_ref())
}

/// What the document says of the operation that is called.
pub fn operation(request: &HttpRequest) -> Option<&Value> {
    let (path, method) = (request.match_pattern()?, request.method().as_str().to_lowercase());
    document(request).map(|document| &document["paths"][path][method])
}

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
