//! What handlers read from a request besides the caller: JSON bodies, ids in the path, `If-Match`.

use std::marker::PhantomData;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::Method;
use actix_web::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderValue, IF_MATCH,
    IF_NONE_MATCH, TRANSFER_ENCODING,
};
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use futures::future::{LocalBoxFuture, Ready, ready};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tokio::time::timeout;
use utoipa::PartialSchema;
use uuid::Uuid;

use super::problem::{Problem, ProblemKind};
use super::{address, json, shape};
use crate::app::App;
use crate::config::BODY_OVERHEAD_BYTES;
use crate::slots::SharedSlot;

/// A JSON body. An error is answered with its JSON pointer.
pub struct Body<T> {
    pub value: T,
    /// SHA-256 of the bytes, for the idempotency key.
    pub digest: [u8; 32],
}

impl<T: DeserializeOwned + PartialSchema + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (form, bytes) = (check_form(request), read(request, payload));
        let request = request.clone();
        Box::pin(async move {
            form?;
            let Received { bytes, _slot } = bytes.await?;
            shape::check(&request, &bytes)?;
            Ok(Self {
                value: json::parse_documented(&bytes)?,
                digest: Sha256::digest(&bytes).into(),
            })
        })
    }
}

/// A JSON body that may be left out or `null`: both mean an empty object.
pub struct BodyOrNone<T>(pub Body<T>);

impl<T: DeserializeOwned + Default + 'static> FromRequest for BodyOrNone<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (form, bytes) = (check_form(request), read(request, payload));
        let request = request.clone();
        Box::pin(async move {
            let Received { bytes, _slot } = bytes.await?;
            let value = if bytes.is_empty() {
                T::default()
            } else {
                form?;
                shape::check(&request, &bytes)?;
                json::parse::<Option<T>>(&bytes)?.unwrap_or_default()
            };
            Ok(Self(Body { value, digest: Sha256::digest(&bytes).into() }))
        })
    }
}

/// Rejects a body whose headers do not declare plain JSON.
fn check_form(request: &HttpRequest) -> Result<(), Problem> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let essence = header(CONTENT_TYPE).and_then(|value| value.split(';').next());
    if !essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json")) {
        let detail = "The body must be JSON. Send it with `Content-Type: application/json`.";
        return Err(Problem::new(ProblemKind::UnsupportedMediaType, detail));
    }
    check_complete(request)
}

/// Rejects a body that is only a part, or compressed: it would be stored for the whole.
pub fn check_complete(request: &HttpRequest) -> Result<(), Problem> {
    check_range(request)?;
    match coding(request) {
        None => Ok(()),
        Some(coding) => {
            Err(not_accepted(&coding, "Send the body uncompressed, without that header."))
        }
    }
}

/// The same for a body that may be compressed with gzip: whether it is.
pub fn is_gzip(request: &HttpRequest) -> Result<bool, Problem> {
    check_range(request)?;
    match coding(request) {
        None => Ok(false),
        Some(gzip) if gzip.eq_ignore_ascii_case("gzip") => Ok(true),
        Some(coding) => {
            let advice =
                "Compress the body with gzip, or send it uncompressed, without that header.";
            Err(not_accepted(&coding, advice))
        }
    }
}

fn check_range(request: &HttpRequest) -> Result<(), Problem> {
    if request.headers().contains_key(CONTENT_RANGE) {
        let detail = "A body with `Content-Range` is a part, and would replace the whole. Send everything in one body, \
            without that header.";
        return Err(Problem::new(ProblemKind::InvalidRequest, detail));
    }
    Ok(())
}

/// How a body is compressed; of several codings all.
fn coding(request: &HttpRequest) -> Option<String> {
    let codings = request.headers().get_all(CONTENT_ENCODING).map(HeaderValue::as_bytes);
    let codings = codings.map(|coding| String::from_utf8_lossy(coding.trim_ascii()).into_owned());
    let codings: Vec<_> =
        codings.filter(|coding| !coding.eq_ignore_ascii_case("identity")).collect();
    (!codings.is_empty()).then(|| codings.join(", "))
}

/// A compressed body would look like a broken one.
fn not_accepted(coding: &str, advice: &str) -> Problem {
    let detail = format!("A body with `Content-Encoding: {coding}` is not accepted. {advice}");
    Problem::new(ProblemKind::UnsupportedMediaType, detail)
}

/// A body, and its share of the memory for bodies.
struct Received {
    bytes: Bytes,
    _slot: Option<SharedSlot>,
}

fn read(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Received, Problem>> + use<> {
    let app: &Data<App> = request.app_data().expect("the app is registered with the routes");
    let limit_bytes = app.config.limits.max_body_bytes;
    let time = Duration::from_millis(app.config.overload.body_timeout_ms);
    let (slots, instance) = (app.bodies.clone(), address::instance(request));
    let size = body_bytes(request, limit_bytes);
    let bytes = Bytes::from_request(request, payload);
    async move {
        let take = |size| slots.take_of(instance, size + BODY_OVERHEAD_BYTES);
        let slot = size
            .map(take)
            .map(|slot| slot.ok_or_else(|| Problem::too_many("bodies being received")));
        let slot = slot.transpose()?;
        let read = timeout(time, bytes).await.map_err(|_| too_slow(time))?;
        Ok(Received { bytes: read.map_err(|error| unreadable(&error, limit_bytes))?, _slot: slot })
    }
}

/// The most bytes that the body may have; `None` when there is no body.
fn body_bytes(request: &HttpRequest, limit_bytes: usize) -> Option<usize> {
    let headers = request.headers();
    if headers.contains_key(TRANSFER_ENCODING) {
        return Some(limit_bytes);
    }
    let length = headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().unwrap_or(limit_bytes);
    (length > 0).then_some(length.min(limit_bytes))
}

fn too_slow(time: Duration) -> Problem {
    let detail = format!(
        "The body did not arrive within {} s; nothing was changed. Send it again.",
        time.as_secs_f64()
    );
    Problem::new(ProblemKind::RequestTimeout, detail)
}

fn unreadable(error: &actix_web::Error, limit_bytes: usize) -> Problem {
    match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => {
            let detail = format!(
                "A body may have at most {limit_bytes} bytes. Send a smaller body, or ask your operator to raise \
                 `--max-body-bytes` (`SEGMENT_EXPORT_MAX_BODY_BYTES`)."
            );
            Problem::new(ProblemKind::TooLarge, detail)
        }
        _ => Problem::new(
            ProblemKind::InvalidRequest,
            "The body ended before it was complete. Send it again.",
        ),
    }
}

/// The id in the path; 404 when it is not a UUID.
pub struct Id<T>(pub T);

impl<T: From<Uuid>> FromRequest for Id<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(|id| id.parse::<Uuid>().ok());
        ready(id.map(|id| Self(id.into())).ok_or_else(|| Problem::not_found("object with this id")))
    }
}

/// The name in the path. When it is not valid for `T`, a PUT is answered with 400 and the rule, and every other method
/// with 404.
pub struct Name<T>(pub T, PhantomData<T>);

impl<T: TryFrom<String, Error = &'static str>> FromRequest for Name<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let text = request.match_info().query("name").to_owned();
        ready(match T::try_from(text) {
            Ok(name) => Ok(Self(name, PhantomData)),
            Err(rule) if request.method() == Method::PUT => {
                let detail = format!("This is not a valid segment name: {rule}.");
                Err(Problem::new(ProblemKind::InvalidRequest, detail))
            }
            Err(_) => Err(Problem::not_found("segment with this name")),
        })
    }
}

/// The conditions of a change: `If-Match` names the version that the caller has read, `If-None-Match: *` says that the
/// object must not exist yet. (RFC 9110, 13.1)
pub struct IfMatch {
    seen: Option<Tags>,
    is_for_new: bool,
}

/// The value of `If-Match`.
enum Tags {
    /// `*`: the object must exist.
    Any,
    Of(Vec<String>),
}

impl IfMatch {
    /// Rejects the change when the caller has read another version than `version`, or wants to create what exists. An
    /// object that does not exist yet has version 0.
    pub fn check(&self, version: i64) -> Result<(), Problem> {
        if self.is_for_new && version > 0 {
            return Err(Problem::exists(version));
        }
        let is_seen = match &self.seen {
            None => true,
            Some(Tags::Any) => version > 0,
            Some(Tags::Of(tags)) => tags.contains(&etag(version)),
        };
        if is_seen { Ok(()) } else { Err(Problem::changed_to(version)) }
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = || Ok(Self { seen: Tags::read(request)?, is_for_new: is_for_new(request)? });
        ready(read())
    }
}

fn is_for_new(request: &HttpRequest) -> Result<bool, Problem> {
    match request.headers().get(IF_NONE_MATCH) {
        None => Ok(false),
        Some(value) if value == "*" => Ok(true),
        Some(_) => {
            let detail = "`If-None-Match` accepts only `*`, which means: create it only if it does not exist.";
            Err(Problem::new(ProblemKind::InvalidRequest, detail))
        }
    }
}

impl Tags {
    fn read(request: &HttpRequest) -> Result<Option<Self>, Problem> {
        let Some(value) = request.headers().get(IF_MATCH) else {
            return Ok(None);
        };
        let text = value.to_str().unwrap_or_default();
        if text.trim() == "*" {
            return Ok(Some(Self::Any));
        }
        let tags: Vec<_> = text.split(',').map(|tag| tag.trim().to_owned()).collect();
        if tags.iter().all(|tag| is_tag(tag)) {
            return Ok(Some(Self::Of(tags)));
        }
        let detail = "`If-Match` is not valid. Send the `ETag` of the last answer, with its quotes: `\"3\"`.";
        Err(Problem::new(ProblemKind::InvalidRequest, detail))
    }
}

/// Whether a text is an entity tag: ours, or one that a proxy changed.
fn is_tag(text: &str) -> bool {
    let tag = text.strip_prefix("W/").unwrap_or(text);
    let inner = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    inner.is_some_and(|inner| !inner.contains(['"', ' ']))
}

/// The `ETag` of a version.
#[must_use]
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// 200 with one object and its `ETag`.
pub fn ok(version: i64, view: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header(("ETag", etag(version))).json(view)
}
