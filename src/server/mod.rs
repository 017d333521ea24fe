//! The HTTP server: the list of routes, health, Swagger UI, the `OpenAPI` document, and the record of refused calls.

mod console;
mod cors;
mod headers;
mod health;
mod hosts;
mod language;
mod leaving;
mod methods;
mod middleware;
pub mod openapi;
mod pages;
mod rate_limit;
mod refusals;
mod register;
mod request_span;
mod routes;
mod strangers;
mod swagger;
mod unread;
mod well_known;

use std::io;
use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::{Condition, from_fn};
use actix_web::web::{self, Data};
use actix_web::{App as Routes, HttpServer};
use anyhow::Context;
use serde_json::Value;
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::scope::scope;

use self::console::Console;
use self::health::Probes;
use self::methods::{Methods, no_such_route};
use self::pages::Pages;
use self::refusals::Refusals;
use self::register::Register;
use self::request_span::RequestSpan;
use self::strangers::Strangers;
use crate::api::connections;
use crate::app::App;
use crate::audit::reads::ReadRecorder;
use crate::config::Part;
use crate::db::Db;
use crate::http::address;
use crate::http::rate::RateLimits;
use crate::runs::reader::RunReader;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;
/// How long active requests may take when the service stops.
const SHUTDOWN_SECONDS: u64 = 10;

/// The routes of a process: the API if it is that part, health and metrics always.
fn serve(config: &mut web::ServiceConfig, is_api: bool) {
    if is_api {
        config
            .service(web::scope(address::INSTANCE).configure(routes::of_instance))
            .service(web::scope(address::OPERATOR).configure(routes::of_operator));
    }
    others(config, is_api);
}

/// Those that are for no instance.
fn others(config: &mut impl Register, is_api: bool) {
    if is_api {
        config.service(connections::callback::finish_sign_in).service(well_known::list_public_keys);
    }
    health::routes(config);
}

/// The `OpenAPI` document of every part.
#[must_use]
pub fn document() -> Value {
    document_of(true)
}

fn document_of(is_api: bool) -> Value {
    let document = Routes::new().into_utoipa_app().openapi(openapi::skeleton());
    let document = document.configure(|config| {
        if is_api {
            config
                .service(scope(address::INSTANCE).configure(|config| routes::of_instance(config)))
                .service(scope(address::OPERATOR).configure(|config| routes::of_operator(config)));
        }
        others(config, is_api);
    });
    let (_, document) = document.split_for_parts();
    openapi::complete(document)
}

/// A server that listens and does not serve yet.
pub(crate) struct BoundServer {
    server: Server,
    pub address: SocketAddr,
    strangers: Arc<Strangers>,
}

pub(crate) struct Stopper {
    server: ServerHandle,
    strangers: Arc<Strangers>,
}

impl BoundServer {
    /// Serves until it is stopped.
    pub async fn serve(self) -> io::Result<()> {
        self.server.await
    }

    pub fn stopper(&self) -> Stopper {
        Stopper { server: self.server.handle(), strangers: self.strangers.clone() }
    }

    /// Writes calls of nobody with access to the audit, until the service stops.
    pub fn record(&self, app: Arc<App>) -> impl Future<Output = anyhow::Result<()>> + use<> {
        let strangers = self.strangers.clone();
        async move {
            strangers.write_until_stopped(&app.db, &app.stop).await;
            Ok(())
        }
    }
}

impl Stopper {
    /// Active requests are answered first, and what is left to record is written.
    pub async fn stop(&self, db: &Db) {
        self.server.stop(true).await;
        self.strangers.write(db, true).await;
    }
}

/// Binds the address of the settings. `Service::run` handles signals.
pub(crate) fn bind(app: Arc<App>) -> anyhow::Result<BoundServer> {
    let app = Data::from(app);
    let is_api = app.config.plays(Part::Api);
    let document = Data::new(document_of(is_api));
    let (security, overload) = (app.config.security.clone(), app.config.overload.clone());
    let pages = Pages::of(&app.config);
    let methods = Data::new(Methods::of(&document, pages));
    let console = Data::new(Console::of(&app.config)?);
    let swagger = Data::new(swagger::config(security.swagger_ui_keep_token));
    let refusals = Data::new(Refusals::new(app.config.limits.max_audited_refusals));
    let strangers = Data::new(Strangers::new(app.config.limits.max_audited_strangers));
    let (reader, reads) = (Data::new(RunReader::default()), Data::new(ReadRecorder::default()));
    let rates = Data::new(RateLimits::new(&app.config.overload));
    // Each has connections of its own.
    let workers = available_parallelism().map_or(1, NonZero::get);
    let (bind, body_max) = (app.config.bind, app.config.limits.max_body_bytes);
    let noted = strangers.clone().into_inner();
    let server = HttpServer::new(move || {
        let origins = &security.cors_origins;
        Routes::new()
            .app_data(app.clone())
            .app_data(document.clone())
            .app_data(methods.clone())
            .app_data(swagger.clone())
            .app_data(console.clone())
            .app_data(refusals.clone())
            .app_data(strangers.clone())
            .app_data(reader.clone())
            .app_data(reads.clone())
            .app_data(rates.clone())
            .app_data(Data::new(Probes::default()))
            .app_data(web::PayloadConfig::new(body_max))
            .wrap(from_fn(headers::answer_head))
            .wrap(from_fn(refusals::record))
            .wrap(from_fn(rate_limit::limit))
            .wrap(from_fn(hosts::require_ours))
            .wrap(Condition::new(!origins.is_empty(), cors::allow(origins)))
            .wrap(from_fn(cors::explain))
            .wrap(from_fn(language::translate))
            .wrap(from_fn(headers::add))
            .wrap(from_fn(middleware::add_request_id))
            .wrap(TracingLogger::<RequestSpan>::new())
            .wrap(from_fn(middleware::measure))
            .wrap(from_fn(unread::close))
            .wrap(from_fn(leaving::finish))
            .configure(|config| serve(config, is_api))
            .configure(|config| pages.configure(config))
            .default_service(web::to(no_such_route))
    })
    .workers(workers)
    .max_connections(overload.max_tcp_connections.div_ceil(workers))
    .client_request_timeout(Duration::from_millis(overload.head_timeout_ms))
    // Who closes the connection has left, and so ends the work for it.
    .h1_allow_half_closed(false)
    .disable_signals()
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .backlog(BACKLOG)
    .bind(bind)
    .with_context(|| format!("cannot listen on {bind}; check SEGMENT_EXPORT_BIND"))?;
    Ok(BoundServer { address: server.addrs()[0], server: server.run(), strangers: noted })
}
