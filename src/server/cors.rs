//! Which pages of other origins may call the API from a browser (CORS): those that the setting names, nobody else.
//!
//! Tokens stand in a header, never in a cookie, so no answer allows credentials.

use std::time::Duration;

use actix_cors::{Cors, CorsError};
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;

use crate::config::WebOrigin;
use crate::http::problem::{Problem, ProblemKind};

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/// Headers of an answer that a page of another origin may read.
const EXPOSED: [&str; 8] = [
    "ETag",
    "Location",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "X-Request-Id",
    "Idempotency-Replayed",
    "Content-Disposition",
];
/// How long a browser may remember what it was allowed.
const REMEMBERED: Duration = Duration::from_mins(10);

/// The rules for `origins`.
pub fn allow(origins: &[WebOrigin]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(METHODS)
        .allow_any_header()
        .expose_headers(EXPOSED)
        .max_age(usize::try_from(REMEMBERED.as_secs()).ok());
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin.as_str()))
}

/// A question of a browser that is refused is answered as every error is.
pub async fn explain(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, actix_web::Error> {
    let response = next.call(request).await?;
    let error = response.response().error();
    if error.is_none_or(|error| error.as_error::<CorsError>().is_none()) {
        return Ok(response.map_into_left_body());
    }
    let detail = "A page of this origin may not make this call. Ask your operator to name the origin in \
        SEGMENT_EXPORT_CORS_ORIGINS.";
    let problem = Problem::new(ProblemKind::InvalidRequest, detail);
    Ok(response.error_response(problem).map_into_right_body())
}
