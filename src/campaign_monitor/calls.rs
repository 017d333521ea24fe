//! Notes the calls that are made for somebody who wants to see them later: each with its status, sizes, times and
//! headers, and the bodies of those that are worth a look.
//!
//! Only what is done within `CallNotes::during` is noted. A call that is dropped before its answer is noted as
//! abandoned.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Request, StatusCode, Url};

use super::error::Error;
use super::masking::mask_address;

/// Bytes of a body that are kept.
pub const BODY_BYTES_KEPT: usize = 16 << 10;
/// Characters of a header that are kept.
const HEADER_CHARS_MAX: usize = 40;
const HEADERS: [&str; 4] =
    ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"];
/// How the path of a call ends that sends records.
const IMPORT: &str = "/import.json";

/// A call, as it was made and answered.
#[derive(Clone, Debug)]
pub struct LoggedCall {
    /// Number of the batch that it belongs to.
    pub batch: Option<i64>,
    pub method: String,
    /// With the query, in which addresses are masked.
    pub path: String,
    pub began: Instant,
    pub duration: Duration,
    /// `None`: there was no answer.
    pub status: Option<u16>,
    /// Why there was none, in a word.
    pub failure: Option<&'static str>,
    pub request_bytes: usize,
    /// Of the body of the answer, after it was decompressed.
    pub response_bytes: usize,
    /// Limit, remaining, reset, and when to try again, as they came.
    pub rates: [Option<String>; 4],
    /// The beginnings of the bodies of a first call, or a failed one.
    pub bodies: Option<[String; 2]>,
}

impl LoggedCall {
    /// Whether it was not answered, or rejected; a partial success is among these.
    pub fn is_failed(&self) -> bool {
        self.status.is_none_or(|status| status >= 400)
    }

    /// Whether it sends records: an import, also one that sets a flag.
    pub fn is_import(&self) -> bool {
        self.path.ends_with(IMPORT)
    }
}

/// The calls that have ended and nobody has taken yet. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CallNotes(Arc<Mutex<Calls>>);

#[derive(Debug)]
struct Calls {
    ended: Vec<LoggedCall>,
    first: FirstCalls,
}

/// Of which first calls the bodies are kept already.
#[derive(Clone, Copy, Debug, Default)]
pub struct FirstCalls {
    pub any: bool,
    pub import: bool,
}

#[derive(Clone)]
struct CallScope {
    log: CallNotes,
    batch: Option<i64>,
}

tokio::task_local! {
    static SCOPE: CallScope;
}

impl CallNotes {
    pub fn new(first: FirstCalls) -> Self {
        Self(Arc::new(Mutex::new(Calls { ended: vec![], first })))
    }

    /// Notes the calls that are made by this.
    pub async fn during<T>(&self, batch: Option<i64>, work: impl Future<Output = T>) -> T {
        SCOPE.scope(CallScope { log: self.clone(), batch }, work).await
    }

    /// The calls that ended since the last time.
    pub fn take(&self) -> Vec<LoggedCall> {
        mem::take(&mut self.calls().ended)
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FirstCalls {
    /// Whether the bodies of this call are kept.
    fn keep(&mut self, call: &LoggedCall) -> bool {
        let is_first = !self.any || (!self.import && call.is_import());
        self.any = true;
        self.import |= call.is_import();
        is_first || call.is_failed()
    }
}

/// A call that has no answer yet.
pub(super) struct PendingCall {
    scope: CallScope,
    request: Option<Bytes>,
    /// Taken when the call ends.
    call: Option<LoggedCall>,
}

/// Begins to note a call; `None`: nobody wants to see it.
pub(super) fn begin(request: &Request) -> Option<PendingCall> {
    let scope = SCOPE.try_with(Clone::clone).ok()?;
    let body = request.body().and_then(reqwest::Body::as_bytes);
    let call = LoggedCall {
        batch: scope.batch,
        method: request.method().to_string(),
        path: shown(request.url()),
        began: Instant::now(),
        duration: Duration::ZERO,
        status: None,
        failure: Some("abandoned"),
        request_bytes: body.map_or(0, <[u8]>::len),
        response_bytes: 0,
        rates: [const { None }; 4],
        bodies: None,
    };
    let request = body.map(|body| Bytes::copy_from_slice(beginning(body)));
    Some(PendingCall { scope, request, call: Some(call) })
}

impl PendingCall {
    pub(super) fn end(mut self, answer: &Result<(StatusCode, HeaderMap, Bytes), Error>) {
        let Some(mut call) = self.call.take() else { return };
        let response = match answer {
            Ok((status, headers, text)) => {
                (call.status, call.failure) = (Some(status.as_u16()), None);
                call.response_bytes = text.len();
                call.rates = HEADERS.map(|name| header(headers, name));
                text.clone()
            }
            Err(error) => {
                call.failure = Some(error.kind());
                Bytes::new()
            }
        };
        self.note(call, &response);
    }

    fn note(&self, mut call: LoggedCall, response: &[u8]) {
        call.duration = call.began.elapsed();
        let mut calls = self.scope.log.calls();
        if calls.first.keep(&call) {
            let request = self.request.as_deref().unwrap_or_default();
            call.bodies = Some([request, response].map(text));
        }
        calls.ended.push(call);
    }
}

impl Drop for PendingCall {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            self.note(call, &[]);
        }
    }
}

/// The path and the query, without any address.
fn shown(url: &Url) -> String {
    let value = |name: &str, value: &str| {
        let is_address = name == "email" || value.contains('@');
        if is_address { mask_address(value) } else { value.to_owned() }
    };
    let query: Vec<_> =
        url.query_pairs().map(|(name, text)| format!("{name}={}", value(&name, &text))).collect();
    if query.is_empty() {
        return url.path().to_owned();
    }
    format!("{}?{}", url.path(), query.join("&"))
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.chars().take(HEADER_CHARS_MAX).collect())
}

fn beginning(body: &[u8]) -> &[u8] {
    &body[..body.len().min(BODY_BYTES_KEPT)]
}

fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(beginning(body)).replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use reqwest::Method;

    use super::*;

    fn request(url: &str) -> Request {
        Request::new(Method::GET, url.parse().unwrap())
    }

    #[tokio::test]
    async fn a_path_shows_no_address_and_keeps_the_rest_of_the_query() {
        let log = CallNotes::new(FirstCalls::default());
        let noted = async {
            let pending =
                begin(&request("http://cm/api/s.json?email=ann%2B1%40example.com&page=2"));
            pending.unwrap().end(&Err(Error::TimedOut));
        };
        log.during(Some(7), noted).await;
        let [call] = &log.take()[..] else { panic!() };
        assert_eq!(call.path, "/api/s.json?email=a***@e***.com&page=2");
        assert_eq!((call.batch, call.failure, call.status), (Some(7), Some("timedOut"), None));
        assert!(log.take().is_empty() && begin(&request("http://cm/")).is_none());
    }

    #[tokio::test]
    async fn bodies_are_kept_of_the_first_call_the_first_import_and_failures() {
        let log = CallNotes::new(FirstCalls::default());
        let noted = async {
            let answers = [
                ("a", 200),
                ("b", 200),
                ("c/import.json", 201),
                ("d/import.json", 201),
                ("e", 500),
            ];
            for (path, status) in answers {
                let answer =
                    (StatusCode::from_u16(status).unwrap(), HeaderMap::new(), Bytes::from("{}"));
                begin(&request(&format!("http://cm/{path}"))).unwrap().end(&Ok(answer));
            }
            drop(begin(&request("http://cm/f")));
        };
        log.during(None, noted).await;
        let kept: Vec<_> = log.take().iter().map(|call| call.bodies.is_some()).collect();
        assert_eq!(kept, [true, false, true, false, true, true]);
    }
}
