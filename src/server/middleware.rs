//! Middleware of every request: its id in the answer, and its duration.

use std::time::Instant;

use actix_web::HttpMessage;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use metrics::histogram;
use tracing_actix_web::RequestId;

use super::request_span;
use crate::telemetry::measures::HTTP_REQUESTS;

/// Adds the request id to the answer; log lines and spans have the same id.
pub async fn add_request_id(
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

pub async fn measure(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let (started, route) = (Instant::now(), request_span::route(&request));
    let method = known(request.method());
    let answer = next.call(request).await;
    let status = request_span::status(&answer).as_str().to_owned();
    histogram!(HTTP_REQUESTS, "method" => method, "route" => route, "status" => status)
        .record(started.elapsed());
    answer
}

/// The method as a label: callers may invent any word.
fn known(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|name| method == *name).unwrap_or("other")
}
