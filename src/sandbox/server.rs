//! The HTTP side of the sandbox: reads a call, applies planned faults, and writes the answer.

use std::time::Duration;

use actix_web::http::header::{ACCEPT, AUTHORIZATION, HeaderName};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};

use super::call::Call;
use super::codes::api_error;
use super::faults::{Fault, StatusFault};
use super::query::Query;
use super::settings::{Settings, WithoutSuffix};
use super::wire::{Answer, Format};
use super::world::World;
use super::{api, auth, connection, control, oauth};

/// In bytes; a larger body is read as empty.
const MAX_BODY: usize = 64 * 1024 * 1024;

pub async fn serve(
    request: HttpRequest,
    payload: web::Payload,
    world: web::Data<World>,
) -> HttpResponse {
    let path = request.match_info().as_str().to_owned();
    if let Some(path) = path.strip_prefix("/sandbox/") {
        let body = read(payload).await;
        let query = Query::parse(request.query_string());
        return control::answer(&world, request.method().as_str(), path, &query, &body)
            .into_response(Format::Json);
    }
    let _import = path.contains("/import").then(|| world.call_log.start_import());
    let (response, answered) = answer_with_faults(&request, &path, payload, &world).await;
    let status = answered.then(|| response.status().as_u16());
    world.call_log.count(request.method().as_str(), &path, status);
    response
}

/// Answers a call with the planned faults; the flag says whether the client gets a complete answer.
async fn answer_with_faults(
    request: &HttpRequest,
    path: &str,
    payload: web::Payload,
    world: &World,
) -> (HttpResponse, bool) {
    let verdict = world.faults.decide(request.method().as_str(), path);
    sleep(verdict.latency_ms).await;
    match verdict.fault {
        Some(Fault::DropBefore) => return (close_without_answer(request), false),
        Some(Fault::Status(fault)) => {
            // A client that is still sending would get a reset instead of the answer.
            read(payload).await;
            return (status(&fault), true);
        }
        Some(Fault::Hang { ms: None }) => std::future::pending().await,
        Some(Fault::Hang { ms: Some(ms) }) => sleep(ms).await,
        Some(Fault::DropAfter | Fault::HalfAnswer | Fault::Latency { .. }) | None => {}
    }
    let body = read(payload).await;
    let (answer, format) = answer(request, path, &body, world);
    sleep(answer.delay_ms).await;
    let response = answer.into_response(format);
    match verdict.fault {
        Some(Fault::DropAfter) => (close_without_answer(request), false),
        Some(Fault::HalfAnswer) => (connection::send_half(request, response), false),
        _ => (response, true),
    }
}

async fn sleep(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

async fn read(payload: web::Payload) -> Bytes {
    let read = payload.to_bytes_limited(MAX_BODY).await;
    read.ok().and_then(Result::ok).unwrap_or_default()
}

/// Closes the connection; the server wants an answer all the same, which is lost.
fn close_without_answer(request: &HttpRequest) -> HttpResponse {
    connection::close(request);
    HttpResponse::InternalServerError().force_close().finish()
}

fn status(fault: &StatusFault) -> HttpResponse {
    let mut response = fault.answer().into_response(Format::Json);
    let mut header = |name: &'static str, value: Option<u64>| {
        if let Some(value) = value {
            response.headers_mut().insert(HeaderName::from_static(name), value.into());
        }
    };
    header("retry-after", fault.retry_after_seconds);
    header("x-ratelimit-reset", fault.rate_limit_reset_seconds);
    if fault.rate_limit_reset_seconds.is_some() {
        header("x-ratelimit-limit", Some(60));
        header("x-ratelimit-remaining", Some(0));
    }
    response
}

/// The answer to a call, and the format in which to write it.
fn answer(request: &HttpRequest, path: &str, body: &[u8], world: &World) -> (Answer, Format) {
    let query = Query::parse(request.query_string());
    let form = || Query::parse(&String::from_utf8_lossy(body));
    match (request.method().as_str(), path) {
        ("GET", "/oauth") => (oauth::authorize(&query, world), Format::Json),
        ("POST", "/oauth") => (oauth::decide(&query, &form(), world), Format::Json),
        ("POST", "/oauth/token") => (oauth::token(&query, &form(), world), Format::Json),
        _ => api_answer(request, path, &query, body, world),
    }
}

fn api_answer(
    request: &HttpRequest,
    path: &str,
    query: &Query,
    body: &[u8],
    world: &World,
) -> (Answer, Format) {
    let settings = &*world.settings();
    let header =
        |name| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (path, format) = split_format(path, query, header(ACCEPT), settings);
    let reply = || {
        let path = api_path(path).ok_or_else(|| api_error(404))?;
        let caller = auth::authenticate(header(AUTHORIZATION), world, settings)?;
        let call = Call { world, settings, now: world.now(), caller, query, body };
        api::answer(&call, request.method().as_str(), path)
    };
    (reply().unwrap_or_else(Answer::from), format)
}

/// Splits the suffix off a path and finds the format of the answer: by the suffix, then by `Accept`.
fn split_format<'p>(
    path: &'p str,
    query: &Query,
    accept: &str,
    settings: &Settings,
) -> (&'p str, Format) {
    let json = if query.is_true("pretty") { Format::IndentedJson } else { Format::Json };
    let wants_json = accept.contains("application/json");
    if let Some(path) = path.strip_suffix(".json") {
        (path, json)
    } else if let Some(path) = path.strip_suffix(".xml") {
        (path, Format::Xml)
    } else if wants_json || settings.access.without_suffix == WithoutSuffix::Json {
        (path, json)
    } else {
        (path, Format::Xml)
    }
}

/// The path after the version; versions 3, 3.1, 3.2 and 3.3 are the same here, and no other exists.
///
/// As in the live service, an unknown `v3.x` is 404 only when the credentials are valid: its path is empty.
fn api_path(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/api/v3")?;
    let (minor, call) = rest.split_once('/')?;
    match minor {
        "" | ".1" | ".2" | ".3" => Some(call),
        _ => minor.starts_with('.').then_some(""),
    }
}
