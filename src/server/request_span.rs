//! The span of a request, which continues the caller's trace.
//!
//! `tracing-actix-web` itself supports older versions of OpenTelemetry only, and would record the caller's address, the
//! path and the query, which may hold personal data: callers write anything there. The route stands for the path.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::{Error, HttpMessage};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing::field::Empty;
use tracing_actix_web::{RequestId, RootSpanBuilder};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::telemetry::record_trace_id;

/// The route of a request that matches no address.
const NO_ROUTE: &str = "none";

pub(super) struct RequestSpan;

#[derive(Clone)]
struct Route(Arc<str>);

/// The template of the address that a request matches: there are few of them, unlike addresses. It is found once a
/// request, because that is slow.
pub(super) fn route(request: &ServiceRequest) -> Arc<str> {
    if let Some(Route(known)) = request.extensions().get() {
        return known.clone();
    }
    let route: Arc<str> = request.match_pattern().as_deref().unwrap_or(NO_ROUTE).into();
    request.extensions_mut().insert(Route(route.clone()));
    route
}

pub(super) fn status<B>(outcome: &Result<ServiceResponse<B>, Error>) -> StatusCode {
    match outcome {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    }
}

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let (method, route) = (request.method(), route(request));
        let id = request.extensions().get::<RequestId>().map(ToString::to_string);
        let span = tracing::info_span!(
            "request",
            otel.name = format!("{method} {route}"),
            otel.kind = "server",
            otel.status_code = Empty,
            http.request.method = %method,
            http.route = &*route,
            http.response.status_code = Empty,
            request_id = id,
            trace_id = Empty,
        );
        let context = TraceContextPropagator::new().extract(&Headers(request.headers()));
        // Fails only when traces are off, and then there is nothing to continue.
        let _ = span.set_parent(context);
        record_trace_id(&span);
        span
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        record_status(&span, status(outcome));
    }
}

fn record_status(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}

struct Headers<'a>(&'a actix_web::http::header::HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(actix_web::http::header::HeaderName::as_str).collect()
    }
}
