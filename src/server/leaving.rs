//! What becomes of a call whose caller has left.
//!
//! Work that is for the caller alone ends, so that no slot is held by calls that were given up. Any other call
//! continues to its end: it may have made something at Campaign Monitor, which its last step records.

use std::panic::resume_unwind;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::rt::spawn;

use super::request_span;

/// Calls that read much, and change nothing before their last step. They change only what is here.
const LONG_READS: [&str; 5] = [
    "/segments/{name}",
    "/segments/{name}/members",
    "/segments/{name}/inspect",
    "/exports/{id}/preview",
    "/exports/preview",
];

/// Lets a call continue to its end, although its caller has left.
pub async fn finish(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let is_for_the_caller = is_for_the_caller(&request);
    let call = next.call(request);
    if is_for_the_caller {
        return call.await;
    }
    spawn(call).await.unwrap_or_else(|failed| resume_unwind(failed.into_panic()))
}

fn is_for_the_caller(request: &ServiceRequest) -> bool {
    let route = request_span::route(request);
    request.method() != Method::DELETE && LONG_READS.iter().any(|read| route.ends_with(read))
}
