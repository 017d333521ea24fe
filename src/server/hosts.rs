//! Refuses names of other hosts, where the secrets are those that everybody knows.
//!
//! A page on the Internet can give its own name the address of this machine (DNS rebinding), and then calls the service
//! as a page of the same origin. Its name stands in `Host` all the same.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HOST;
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::app::App;
use crate::http::problem::{Problem, ProblemKind};

/// The names of this machine.
const OURS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Answers 400 unless the call names this machine, or the secret is one that nobody knows.
pub async fn require_ours(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, actix_web::Error> {
    let app: &Data<App> = request.app_data().expect("the app is registered with the routes");
    let is_known = app.config.dev && !app.config.auth.has_strong_secret();
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    if !is_known || host.is_none_or(is_ours) {
        return next.call(request).await.map(ServiceResponse::map_into_left_body);
    }
    let problem = Problem::new(
        ProblemKind::InvalidRequest,
        "In development mode with built-in secrets, only calls to localhost, 127.0.0.1 and [::1] are answered. Call \
         one of these, or set SEGMENT_EXPORT_AUTH_HS256_SECRET.",
    );
    Ok(request.error_response(problem).map_into_right_body())
}

fn is_ours(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_three_names_with_or_without_a_port() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]", "[::1]:8080"] {
            assert!(is_ours(host), "{host}");
        }
        for host in ["rebind.example", "rebind.example:8080", "localhost.example", "[::2]:1", ""] {
            assert!(!is_ours(host), "{host}");
        }
    }
}
