//! The answer of a creating call, in a form that can be stored and sent again.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;

use crate::http::body;
use crate::http::problem::Problem;

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Answer {
    pub(super) status: i32,
    /// `Location`.
    pub(super) location: Option<String>,
    /// `ETag`.
    pub(super) etag: Option<String>,
    /// JSON.
    pub(super) body: String,
}

impl Answer {
    /// `status` with `view` as the body.
    pub fn json(status: StatusCode, view: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_string(view).map_err(anyhow::Error::new)?;
        Ok(Self { status: status.as_u16().into(), location: None, etag: None, body })
    }

    /// Adds `Location`, for what has no version.
    #[must_use]
    pub fn at(self, location: String) -> Self {
        Self { location: Some(location), ..self }
    }

    /// Adds `Location` and the `ETag` of this version.
    #[must_use]
    pub fn about(self, location: String, version: i64) -> Self {
        Self { location: Some(location), etag: Some(body::etag(version)), ..self }
    }

    pub(super) fn respond(&self) -> HttpResponse {
        let status =
            u16::try_from(self.status).ok().and_then(|code| StatusCode::from_u16(code).ok());
        let mut response = HttpResponse::build(status.unwrap_or(StatusCode::OK));
        response.content_type("application/json");
        if let Some(location) = &self.location {
            response.insert_header(("Location", location.as_str()));
        }
        if let Some(etag) = &self.etag {
            response.insert_header(("ETag", etag.as_str()));
        }
        response.body(self.body.clone())
    }
}
