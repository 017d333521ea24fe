//! Headers of every answer that tell browsers what they may do with it; and `HEAD` for every address that has `GET`.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::web::Bytes;

/// Defaults, where a handler sets nothing else: an answer loads nothing, and no page may frame it.
const DEFAULTS: [(HeaderName, &str); 4] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (X_FRAME_OPTIONS, "DENY"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
];

/// Content types that are saved as a file, and how its name ends.
const DOWNLOADS: [(&str, &str); 2] = [("text/csv", "csv"), ("application/x-ndjson", "ndjson")];

/// Adds the headers that a handler has not set.
pub async fn add(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let is_api = request.path().starts_with("/v1/");
    let mut response = next.call(request).await?;
    let disposition = disposition(&response);
    let mut set = |name: HeaderName, value: HeaderValue| {
        if !response.headers().contains_key(&name) {
            response.headers_mut().insert(name, value);
        }
    };
    for (name, value) in DEFAULTS {
        set(name, HeaderValue::from_static(value));
    }
    if is_api {
        set(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Some(disposition) = disposition {
        set(CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// A list that comes as a file is saved under its noun, as in `rejections.csv`.
fn disposition<B>(response: &ServiceResponse<B>) -> Option<HeaderValue> {
    let content_type = response.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    let (_, ending) = DOWNLOADS.iter().find(|(media, _)| content_type.starts_with(media))?;
    let pattern = response.request().match_pattern()?;
    let (_, noun) = pattern.rsplit_once('/')?;
    HeaderValue::from_str(&format!("attachment; filename=\"{noun}.{ending}\"")).ok()
}

/// Answers `HEAD` as `GET` is answered, without the body.
pub async fn answer_head(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if request.method() != Method::HEAD {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    request.head_mut().method = Method::GET;
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| BoxBody::new(NoBody(body.size()))))
}

/// Nothing, with the length that the body would have.
struct NoBody(BodySize);

impl MessageBody for NoBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(None)
    }
}
