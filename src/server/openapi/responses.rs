//! What follows by rule for every answer: problems, headers, descriptions.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::schemas;
use crate::http::problem::{ProblemDocument, ProblemKind};
use crate::http::schema::resolve;

const PROBLEM: &str = "application/problem+json";

/// Problems that any operation of an instance may answer. The codes in backticks become the examples.
const ALWAYS: [(&str, &str); 8] = [
    ("400", "The request is not valid: `invalidRequest`, `invalidCursor`"),
    ("401", "A valid bearer token is required: `unauthenticated`"),
    ("403", "Your role does not allow this: `forbidden`"),
    ("404", "Not found, or it belongs to another instance: `notFound`"),
    ("429", "Too many calls, or too many at a time: `rateLimited`, `tooManyRequests`"),
    ("500", "Something went wrong on our side: `internal`"),
    ("502", "Campaign Monitor rejected the call: `destinationRefused`"),
    (
        "503",
        "A part of the service, or Campaign Monitor, is unavailable: `unavailable`, `encryptionKeyMissing`, \
            `destinationUnavailable`",
    ),
];
/// … that changes what its caller has read.
const CHANGES: [(&str, &str); 1] = [("412", "It was changed since you read it: `changed`")];
/// … that any operation with a body may answer.
const ACCEPTS_BODY: [(&str, &str); 4] = [
    ("408", "The body did not arrive in time: `requestTimeout`"),
    ("413", "The body is too large: `tooLarge`"),
    ("415", "The content type is not supported: `unsupportedMediaType`"),
    ("422", "The request is well-formed, but its content is not valid: `unprocessable`"),
];

/// The problems that many operations answer, once.
pub fn shared() -> Value {
    let all = ALWAYS.iter().chain(&CHANGES).chain(&ACCEPTS_BODY);
    let shared = all.map(|(status, description)| {
        let mut response = json!({
            "description": description,
            "content": {PROBLEM: {"schema": schemas::reference(&ProblemDocument::name())}},
        });
        complete(
            &mut response,
            status,
            &Circumstances { is_counted: true, is_once: false },
            &Value::Null,
        );
        (name(status), response)
    });
    Value::Object(shared.collect())
}

fn name(status: &str) -> String {
    format!("Problem{status}")
}

/// Adds the problems that follow from what an operation is, where its handler has none of its own.
pub fn add_problems(operation: &mut Value, changes: bool) {
    let accepts_body = operation["requestBody"].is_object();
    let mut problems: Vec<_> = ALWAYS.iter().collect();
    problems.extend(CHANGES.iter().filter(|_| changes));
    problems.extend(ACCEPTS_BODY.iter().filter(|_| accepts_body));
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    for (status, _) in problems {
        let reference = format!("#/components/responses/{}", name(status));
        responses.entry(*status).or_insert_with(|| json!({"$ref": reference}));
    }
}

/// What the headers of an answer depend on, besides the answer.
pub struct Circumstances {
    /// The call counts for the limits of its caller.
    pub is_counted: bool,
    /// The call accepts an idempotency key.
    pub is_once: bool,
}

/// Completes an answer: content type and examples of a problem, headers, description.
pub fn complete(response: &mut Value, status: &str, call: &Circumstances, schemas: &Value) {
    if response["$ref"].is_string() {
        return;
    }
    if is_problem(response) {
        complete_problem(response);
    } else {
        describe(response, status, schemas);
    }
    let version = response.pointer("/content/application~1json/schema");
    let is_versioned = version.is_some_and(|schema| schemas::has_version(schema, schemas));
    // What is made has an address; of what is only accepted, the handler says whether it has one.
    let has_address = status == "201" || response["headers"]["Location"].is_object();
    let names = [
        ("X-Request-Id", true),
        ("ETag", is_versioned),
        ("Location", has_address),
        ("RateLimit", call.is_counted),
        ("RateLimit-Policy", call.is_counted),
        ("Idempotency-Replayed", call.is_once && ["201", "202"].contains(&status)),
        ("Retry-After", ["429", "503"].contains(&status)),
        ("WWW-Authenticate", status == "401"),
    ];
    let names = names.iter().filter(|(_, is_there)| *is_there).map(|(name, _)| *name);
    let headers: Map<_, _> = names.map(|name| (name.to_owned(), header_reference(name))).collect();
    response["headers"] = Value::Object(headers);
}

fn header_reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/headers/{name}")})
}

fn is_problem(response: &Value) -> bool {
    let schema = schemas::reference(&ProblemDocument::name());
    let contents = response["content"].as_object().into_iter().flatten();
    contents.into_iter().any(|(_, content)| content["schema"] == schema)
}

/// Problems have a content type of their own; the codes in the description are the examples.
fn complete_problem(response: &mut Value) {
    let description = response["description"].as_str().unwrap_or_default();
    let named =
        ProblemKind::ALL.iter().filter(|kind| description.contains(&format!("`{}`", kind.code())));
    let example = |kind: &ProblemKind| json!({"summary": kind.title(), "value": kind.example()});
    let examples: Map<_, _> = named.map(|kind| (kind.code().to_owned(), example(kind))).collect();
    let schema = schemas::reference(&ProblemDocument::name());
    response["content"] = json!({PROBLEM: {"schema": schema, "examples": examples}});
}

/// An answer that its handler does not describe is described as its body is.
fn describe(response: &mut Value, status: &str, schemas: &Value) {
    if !response["description"].as_str().unwrap_or_default().is_empty() {
        return;
    }
    let contents = response["content"].as_object().into_iter().flatten();
    let words = |schema| resolve(schema, schemas)["description"].as_str();
    let described = contents.into_iter().find_map(|(_, content)| words(&content["schema"]));
    let done = if status == "204" { "Done. The answer has no body." } else { "Done." };
    response["description"] = json!(described.unwrap_or(done));
}

/// The headers of answers, each defined once.
pub fn headers() -> Value {
    let text = |description: &str, required: bool, example: &str| {
        json!({"description": description, "required": required,
            "schema": {"type": "string", "example": example}})
    };
    json!({
        "X-Request-Id": text("Id of the request, as in the log of the service", true,
            "0198c5a2-7d3e-7b4c-9a51-3f6c2d8e1b47"),
        "ETag": text("The version, to be sent back as `If-Match`", true, "\"3\""),
        "Location": text("Address of what was made", true,
            "/v1/instances/0d1f7e5e-7b1d-4c53-9d4c-3a3f5e1f0a01/runs/0198c5a2-7d3e-7b4c-9a51-3f6c2d8e1b47"),
        "RateLimit": text("What is left of each limit: `r` calls, and more in `t` seconds", false,
            "\"caller\";r=499;t=1, \"instance\";r=1499;t=1"),
        "RateLimit-Policy": text("The limits of a caller and of an instance: `q` calls at once, as many again in `w` \
            seconds", false, "\"caller\";q=500;w=5, \"instance\";q=1500;w=5"),
        "Idempotency-Replayed": text("`true` when an earlier call with the same key made it", false, "true"),
        "Retry-After": {"description": "Seconds after which it is worth trying again", "required": false,
            "schema": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 86400, "example": 5}},
        "WWW-Authenticate": text("How to prove who calls", true, "Bearer realm=\"segment-export\""),
    })
}
