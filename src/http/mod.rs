//! What every endpoint shares, and the list of routes.

pub mod again;
pub mod auth;
pub mod body;
pub mod errors;
pub mod health;
pub mod idempotency;
mod json;
pub mod openapi;
pub mod origin;
pub mod paging;
pub mod problem;
pub mod query;
pub mod refusals;
mod swagger;
pub mod whole;

use std::net::SocketAddr;
use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ResourceDef, Server, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data};
use actix_web::{App as Routes, HttpMessage, HttpRequest, HttpResponse, HttpServer};
use anyhow::Context;
use metrics::histogram;
use serde_json::Value;
use tracing_actix_web::{RequestId, TracingLogger};
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt, scope};

use crate::app::App;
use crate::config::Part;
use crate::telemetry::measures::HTTP_REQUESTS;
use crate::telemetry::request::{self, RequestSpan};
use crate::{audit, connections, exports, refreshes, runs, schedules, segments};
use problem::Problem;

/// Connections waiting to be served.
const BACKLOG: u32 = 1024;
/// How long requests under way may take when the service stops.
const SHUTDOWN_SECONDS: u64 = 10;

/// Every endpoint of an instance. The order is the order of the documentation.
fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(connections::api::list_connections)
        .service(connections::api::create_connection)
        .service(connections::api::get_connection)
        .service(connections::api::update_connection)
        .service(connections::api::delete_connection)
        .service(connections::api::set_credentials)
        .service(connections::sign_in::authorize_connection)
        .service(connections::export_user::add_export_user)
        .service(connections::export_user::remove_export_user)
        .service(connections::verify::verify_connection)
        .service(connections::lists::browse_lists)
        .service(connections::lists::get_list)
        .service(connections::api::list_connection_exports)
        .service(connections::api::detach_connection)
        .service(segments::api::list_segments)
        .service(segments::api::get_segment)
        .service(segments::api::put_segment)
        .service(segments::api::delete_segment)
        .service(segments::members::get_members)
        .service(segments::members::put_members)
        .service(segments::api::list_segment_exports)
        .service(exports::api::list_exports)
        .service(exports::api::create_export)
        .service(exports::api::get_export)
        .service(exports::api::update_export)
        .service(exports::api::delete_export)
        .service(exports::api::duplicate_export)
        .service(exports::attach::detach_export)
        .service(exports::attach::attach_export)
        .service(exports::preview::preview_export)
        .service(schedules::api::set_export_schedule)
        .service(schedules::api::change_schedules)
        .service(exports::runs::start_run)
        .service(exports::runs::run_all_exports)
        .service(runs::api::list_runs)
        .service(runs::api::get_run)
        .service(runs::api::cancel_run)
        .service(runs::events::follow_run)
        .service(runs::rejections::list_batches)
        .service(runs::rejections::list_rejections)
        .service(schedules::api::get_schedule)
        .service(schedules::api::put_schedule)
        .service(refreshes::api::report_refresh)
        .service(audit::api::list_audit_events);
}

/// What a process offers: the API where it plays it, health and metrics always.
fn services(config: &mut ServiceConfig<'_>, is_api: bool) {
    if is_api {
        config
            .service(scope::scope("/v1/instances/{instanceId}").configure(routes))
            .service(connections::callback::finish_sign_in);
    }
    health::routes(config);
}

/// The `OpenAPI` document of all there is.
#[must_use]
pub fn document() -> Value {
    document_of(true)
}

fn document_of(is_api: bool) -> Value {
    let (_, document) = Routes::new()
        .into_utoipa_app()
        .openapi(openapi::skeleton())
        .configure(|config| services(config, is_api))
        .split_for_parts();
    openapi::complete(document)
}

/// Binds the address of the settings and serves there what this process offers. Signals are left to
/// `Service::run`.
pub fn serve(app: Data<App>) -> anyhow::Result<(Server, SocketAddr)> {
    let is_api = app.config.plays(Part::Api);
    let document = Data::new(document_of(is_api));
    let methods = Data::new(Methods::of(&document, if is_api { &PAGES } else { &[] }));
    let swagger = Data::new(swagger::config());
    let (bind, body_max) = (app.config.bind, app.config.limits.max_body_bytes);
    let server = HttpServer::new(move || {
        Routes::new()
            .app_data(app.clone())
            .app_data(document.clone())
            .app_data(methods.clone())
            .app_data(swagger.clone())
            .app_data(web::PayloadConfig::new(body_max))
            .wrap(from_fn(refusals::record))
            .wrap(from_fn(add_request_id))
            .wrap(TracingLogger::<RequestSpan>::new())
            .wrap(from_fn(measure))
            .into_utoipa_app()
            .configure(|config| services(config, is_api))
            .into_app()
            .configure(|config| {
                if is_api {
                    config
                        .service(openapi::get_document)
                        .service(web::redirect("/swagger-ui", "/swagger-ui/"))
                        .service(swagger::get_file);
                }
            })
            .default_service(web::to(no_such_route))
    })
    .disable_signals()
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .backlog(BACKLOG)
    .bind(bind)
    .with_context(|| format!("cannot listen on {bind}; check SEGMENT_EXPORT_BIND"))?;
    let address = server.addrs()[0];
    Ok((server.run(), address))
}

/// Answers every request with the id that its log lines and spans have.
async fn add_request_id(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let id = request.extensions().get::<RequestId>().map(ToString::to_string);
    let mut response = next.call(request).await?;
    if let Some(id) = id.and_then(|id| HeaderValue::from_str(&id).ok()) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
    Ok(response)
}

/// Measures how long a request takes to be answered.
async fn measure(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let (started, route) = (Instant::now(), request::route(&request));
    let method = known(request.method());
    let answer = next.call(request).await;
    let status = request::status(&answer).as_str().to_owned();
    histogram!(HTTP_REQUESTS, "method" => method, "route" => route, "status" => status)
        .record(started.elapsed());
    answer
}

/// The method as a label has it: callers may make up any word.
fn known(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|name| method == *name).unwrap_or("other")
}

/// Addresses of what shows the document; they take GET.
const PAGES: [&str; 3] = ["/openapi.json", "/swagger-ui", "/swagger-ui/{file:.*}"];

/// Which methods each address takes: what the document says, and GET for pages.
struct Methods(Vec<(ResourceDef, Vec<String>)>);

impl Methods {
    fn of(document: &Value, pages: &[&str]) -> Self {
        let methods = |item: &Value| {
            let names = item.as_object().into_iter().flat_map(|item| item.keys());
            names.filter(|name| *name != "parameters").map(|name| name.to_uppercase()).collect()
        };
        let paths = document["paths"].as_object().into_iter().flatten();
        let paths = paths.map(|(path, item)| (ResourceDef::new(path.as_str()), methods(item)));
        let pages =
            pages.iter().map(|path| (ResourceDef::new(*path), vec![Method::GET.to_string()]));
        Self(paths.chain(pages).collect())
    }

    fn allowed(&self, path: &str) -> Vec<&str> {
        let matching = self.0.iter().filter(|(address, _)| address.is_match(path));
        matching.flat_map(|(_, methods)| methods.iter().map(String::as_str)).collect()
    }
}

async fn no_such_route(
    request: HttpRequest,
    methods: Data<Methods>,
) -> Result<HttpResponse, Problem> {
    let allowed = methods.allowed(request.path());
    if allowed.is_empty() {
        return Err(Problem::not_found("address"));
    }
    Err(Problem::method_not_allowed(allowed.join(", ")))
}
