//! The `OpenAPI` document: generated from the handlers, completed with what all of them share.
//!
//! A handler says what is its own: its words, its role, its parameters, its bodies, and the problems that only it
//! answers. Its examples are written by hand, in `examples/`. Everything else follows by rule, so a new endpoint is
//! documented like the others: the token and the instance, headers, problems, limits. `openapi/openapi.json` is this
//! document, committed; a test compares them.

mod examples;
mod generators;
mod operations;
mod responses;
pub(super) mod schemas;
mod webhooks;

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use serde_json::{Value, json};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, ServerBuilder,
};
use utoipa::{PartialSchema, ToSchema};

use self::examples::Examples;
use crate::api::runs::requests::StatusClass;
use crate::api::runs::timeline::BatchTimesView;
use crate::http::errors;
use crate::http::problem::{FIELD_CODES, FieldError, ProblemDocument, ProblemKind};
use crate::names::Culprit;

const TAGS: [(&str, &str); 13] = [
    ("connections", "Campaign Monitor accounts that exports may write to"),
    ("segments", "Sets of profiles, and where their members are stored"),
    ("exports", "Which segments go to which list, and how"),
    ("runs", "Executions of exports, and the outcome of every profile"),
    ("people", "What is known of one person, over all exports"),
    ("schedules", "When exports run by themselves"),
    ("refreshes", "Customer Insights bringing its segments up to date"),
    ("instance", "Whether anything is sent at all"),
    ("erasures", "People who are erased everywhere, with proof"),
    ("alerts", "What somebody should know, and the channels that get it"),
    ("audit", "Who changed what, when and from where, and what was refused"),
    ("operator", "The whole service in numbers, for those who run it"),
    ("health", "Whether the service lives and can work"),
];

const DESCRIPTION: &str = "\
Moves the members of Customer Insights segments into Campaign Monitor lists, every profile accounted for.

* **Who may call.** A bearer token (JWT) names the caller's roles and instances. Each operation says the \
least role it requires: \
`Viewer`, `Contributor` or `Admin`. Another instance is answered as if it did not exist. `Operator` is a role of its \
own, over all instances and without anything of a person.
* **Versions.** What is stored carries a `version`, which is also its `ETag`. Send it back as `If-Match`, and nobody's \
change is overwritten unseen.
* **Repeating.** A call that creates accepts an `Idempotency-Key`: the same key with the same body within 24 hours \
creates once, and answers the same.
* **Lists** come in pages, newest first: `nextCursor` of one page is the `cursor` of the next.
* **Times** are UTC, in RFC 3339.
* **Errors** are `application/problem+json` (RFC 9457), with a stable `errorCode` and a `culprit`, \
and a `detail` that says what to do.

";

/// The document as it is served.
#[get("/openapi.json")]
pub async fn get_document(document: Data<Value>) -> HttpResponse {
    HttpResponse::Ok().json(document.get_ref())
}

/// What the document says beside the operations.
#[must_use]
pub fn skeleton() -> OpenApi {
    let info = InfoBuilder::new()
        .title("segment-export")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(format!("{DESCRIPTION}{}", errors::folded())))
        .license(Some(LicenseBuilder::new().name("MIT").identifier(Some("MIT")).build()))
        .contact(Some(ContactBuilder::new().name(Some("segment-export")).build()))
        .build();
    let tags =
        TAGS.map(|(name, text)| TagBuilder::new().name(name).description(Some(text)).build());
    let here = "The service that answers this, in whatever environment: local, staging, production";
    let server = ServerBuilder::new().url("/").description(Some(here)).build();
    OpenApiBuilder::new().info(info).tags(Some(tags)).servers(Some([server])).build()
}

/// Completes what the handlers say.
#[must_use]
pub fn complete(mut document: OpenApi) -> Value {
    let components = document.components.get_or_insert_default();
    let bearer = SecurityScheme::Http(
        Http::builder()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(
                "Paste the token alone, without the word Bearer. In development, `segment-export token --dev --role \
                 admin` prints one. It is a JWT of the identity provider, checked as RFC8725 asks: the algorithm comes \
                 from the key, and issuer, audience and times must be right.",
            ))
            .build(),
    );
    components.add_security_scheme("bearer", bearer);
    for (name, schema) in [
        (ProblemDocument::name(), ProblemDocument::schema()),
        (FieldError::name(), FieldError::schema()),
        (Culprit::name(), Culprit::schema()),
        // These are named only by an item of a page that may be missing, and by a parameter.
        (BatchTimesView::name(), BatchTimesView::schema()),
        (StatusClass::name(), StatusClass::schema()),
    ] {
        components.schemas.insert(name.into_owned(), schema);
    }
    components.schemas.extend(webhooks::schemas());
    let mut document = json!(document);
    // Whether the audience is internal; the front end's own users are not.
    document["servers"][0]["x-internal"] = json!(false);
    schemas::complete(&mut document);
    list_codes(&mut document["components"]["schemas"]);
    generators::complete(&mut document["components"]["schemas"]);
    document["components"]["headers"] = responses::headers();
    let schemas = document["components"]["schemas"].clone();
    let examples = Examples::read();
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            operations::complete(operation, method, path, &schemas, &examples);
            generators::complete_body(operation);
        }
    }
    document["components"]["responses"] = responses::shared();
    document["webhooks"] = webhooks::section();
    document
}

/// The codes of errors are closed sets, so that a front end can have words for each.
fn list_codes(schemas: &mut Value) {
    let kinds: Vec<_> = ProblemKind::ALL.iter().map(|kind| kind.code()).collect();
    schemas[&*ProblemDocument::name()]["properties"]["errorCode"]["enum"] = json!(kinds);
    let codes: Vec<_> = FIELD_CODES.iter().map(|(code, _)| code).collect();
    schemas[&*FieldError::name()]["properties"]["code"]["enum"] = json!(codes);
}
