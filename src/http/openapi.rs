//! The `OpenAPI` document: generated from the handlers, completed with what all of them share.
//!
//! `openapi/openapi.json` is this document, committed; a test compares them.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ContactBuilder, Content, InfoBuilder, KnownFormat, LicenseBuilder, ObjectBuilder,
    OpenApi as Document, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder, SchemaFormat, Type,
};
use utoipa::{PartialSchema, ToSchema};

use super::problem::{FieldError, ProblemDocument};
use crate::runs::Culprit;

const TAGS: [(&str, &str); 8] = [
    ("connections", "Campaign Monitor accounts that exports may write to"),
    ("segments", "Sets of profiles, and where their members are stored"),
    ("exports", "Which segments go to which list, and how"),
    ("runs", "Executions of exports, and what became of every profile"),
    ("schedules", "When exports run by themselves"),
    ("refreshes", "Customer Insights bringing its segments up to date"),
    ("audit", "Who changed what, when and from where, and what was refused"),
    ("health", "Whether the service lives and can work"),
];

/// The document as it is served.
#[get("/openapi.json")]
pub async fn get_document(document: Data<Document>) -> HttpResponse {
    HttpResponse::Ok().json(document.get_ref())
}

/// What the document says beside the operations.
#[must_use]
pub fn skeleton() -> Document {
    let info = InfoBuilder::new()
        .title("segment-export")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Moves the members of Customer Insights segments into Campaign Monitor lists, every profile accounted for."))
        .license(Some(LicenseBuilder::new().name("MIT").identifier(Some("MIT")).build()))
        .contact(Some(ContactBuilder::new().name(Some("segment-export")).build()))
        .build();
    let tags =
        TAGS.map(|(name, text)| TagBuilder::new().name(name).description(Some(text)).build());
    OpenApiBuilder::new().info(info).tags(Some(tags)).build()
}

/// Adds the token, the instance, and the problems that any operation may answer.
#[must_use]
pub fn complete(mut document: Document) -> Document {
    let components = document.components.get_or_insert_default();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme("bearer", bearer);
    for (name, schema) in [
        (ProblemDocument::name(), ProblemDocument::schema()),
        (FieldError::name(), FieldError::schema()),
        (Culprit::name(), Culprit::schema()),
    ] {
        components.schemas.insert(name.into_owned(), schema);
    }
    for (path, item) in &mut document.paths.paths {
        let is_of_instance = path.starts_with("/v1/instances/");
        let operations =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten().filter(|_| is_of_instance) {
            complete_operation(operation, path);
        }
    }
    document
}

fn complete_operation(operation: &mut Operation, path: &str) {
    operation.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
    operation.parameters.get_or_insert_default().insert(0, instance_parameter());
    let has_body = operation.request_body.is_some();
    let problems = [
        ("400", "The request is not understood", true),
        ("401", "No token, or a bad one", true),
        ("403", "The role does not allow this", true),
        ("404", "There is no such thing, or it belongs to another instance", true),
        ("412", "It was changed since it was read", takes_if_match(operation, path)),
        ("413", "The body is too large", has_body),
        ("415", "The content type is not supported", has_body),
        (
            "422",
            "It is understood, but cannot be carried out",
            has_body || path.ends_with("/members"),
        ),
        ("500", "A fault of ours", true),
        ("502", "Campaign Monitor refused", true),
        ("503", "A part of the service, or Campaign Monitor, is away", true),
    ];
    for (status, description, _) in problems.into_iter().filter(|(_, _, is_possible)| *is_possible)
    {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem(description)));
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            as_problem(response);
        }
    }
    if creates(operation) {
        operation.parameters.get_or_insert_default().push(header(
            "Idempotency-Key",
            "The same key with the same body answers the same",
            Some(r"^[\x21-\x7e]{1,255}$"),
        ));
    }
    if takes_if_match(operation, path) {
        operation.parameters.get_or_insert_default().push(header(
            "If-Match",
            "The ETag that was read; refused when it is stale",
            None,
        ));
    }
}

/// Operations that create answer 201 or 202 and take an idempotency key.
fn creates(operation: &Operation) -> bool {
    let id = operation.operation_id.as_deref().unwrap_or_default();
    let creating = [
        "create_connection",
        "create_export",
        "duplicate_export",
        "start_run",
        "run_all_exports",
        "report_refresh",
    ];
    creating.contains(&id)
}

fn takes_if_match(operation: &Operation, path: &str) -> bool {
    let id = operation.operation_id.as_deref().unwrap_or_default();
    let changes = ["update_", "delete_", "put_", "set_", "add_", "remove_"]
        .iter()
        .any(|verb| id.starts_with(verb));
    changes || (path.contains("/exports/") && ["detach_export", "attach_export"].contains(&id))
}

fn instance_parameter() -> RefOr<Parameter> {
    let uuid = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
    let parameter = ParameterBuilder::new()
        .name("instanceId")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("Id of the Customer Insights instance"))
        .schema(Some(uuid))
        .build();
    RefOr::T(parameter)
}

fn header(name: &str, description: &str, pattern: Option<&str>) -> RefOr<Parameter> {
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(pattern);
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(text))
        .build();
    RefOr::T(parameter)
}

fn problem(description: &str) -> utoipa::openapi::Response {
    let schema = Ref::from_schema_name(ProblemDocument::name());
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", Content::new(Some(schema)))
        .build()
}

/// Problems have a content type of their own, whatever the handler's attribute made of them.
fn as_problem(response: &mut utoipa::openapi::Response) {
    let reference = format!("#/components/schemas/{}", ProblemDocument::name());
    let is_problem = response.content.get("application/json").is_some_and(|content| {
        matches!(content, RefOr::T(Content { schema: Some(RefOr::Ref(schema)), .. }) if schema.ref_location == reference)
    });
    if !is_problem {
        return;
    }
    if let Some(content) = response.content.shift_remove("application/json") {
        response.content.insert("application/problem+json".into(), content);
    }
}
