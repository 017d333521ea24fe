//! Problems as answers, and which error becomes which problem.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};

use super::error::Problem;
use super::kind::ProblemKind;
use crate::db;

/// Streams need a standard error.
impl std::error::Error for Problem {}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::from(Arc::new(error))
    }
}

/// 429 when the calls of the instance hold its share of the database, 503 when that is unavailable or all its
/// connections are in use, else 500.
impl From<Arc<sqlx::Error>> for Problem {
    fn from(error: Arc<sqlx::Error>) -> Self {
        if db::is_share_used_up(&error) {
            return Self::too_many("calls of this instance");
        }
        if !db::is_unavailable(&error) {
            return Self::from(anyhow::Error::new(error));
        }
        Self::new(
            ProblemKind::Unavailable,
            "The database cannot be reached, or has no room. Try again in a few seconds.",
        )
        .retry_after(5)
        .because(error)
    }
}

impl From<anyhow::Error> for Problem {
    fn from(cause: anyhow::Error) -> Self {
        let detail = "Something failed inside the service. Try again; if it happens again, send this traceId to your \
            operator.";
        Self::new(ProblemKind::Internal, detail).because(cause)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.kind.row().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        if let Some(cause) = &self.0.cause {
            tracing::error!(
                error = format!("{cause:#}"),
                code = self.0.kind.row().2,
                "request failed"
            );
        }
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        if self.0.kind == ProblemKind::Unauthenticated {
            response.insert_header((header::WWW_AUTHENTICATE, r#"Bearer realm="segment-export""#));
        }
        if let Some(seconds) = self.0.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if [ProblemKind::RateLimited, ProblemKind::RequestTimeout].contains(&self.0.kind) {
            // A caller that calls too often, or too slowly, leaves its connection to others.
            response.force_close();
        }
        if let Some(allow) = &self.0.allow {
            response.insert_header((header::ALLOW, allow.as_str()));
        }
        response.body(serde_json::to_string(&self.document()).unwrap_or_default())
    }
}
