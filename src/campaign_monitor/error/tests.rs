//! What each answer means, and what is to be done about it.

use super::*;
use reqwest::header::HeaderValue;

fn answer(status: u16, body: &str) -> Error {
    Error::from_answer(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes())
}

#[test]
fn each_answer_has_its_disposition() {
    use Disposition::{BlockConnection, GiveUp, Retry};
    let cases = [
        (401, r#"{"Code":100,"Message":"Invalid API Key"}"#, BlockConnection),
        (401, r#"{"Code":"50","Message":"…"}"#, BlockConnection),
        (401, r#"{"Code":122,"Message":"Revoked OAuth Token"}"#, BlockConnection),
        (401, r#"{"Code":101,"Message":"Invalid ListID"}"#, GiveUp),
        (400, r#"{"Code":209,"Message":"Too many"}"#, GiveUp),
        (429, r#"{"Code":429,"Message":"Rate limit exceeded"}"#, Retry(None)),
        (500, r#"{"Code":500,"Message":"Sorry"}"#, Retry(None)),
        (503, "<html>maintenance</html>", Retry(None)),
        (302, "", Retry(None)),
        (401, "<html>who are you?</html>", Retry(None)),
        (403, "<html>blocked</html>", Retry(None)),
        (404, r#"{"message":"no route"}"#, Retry(None)),
        (413, "<html>too large</html>", Retry(None)),
    ];
    for (status, body, expected) in cases {
        assert_eq!(answer(status, body).disposition(), expected, "{status} {body}");
    }
}

#[test]
fn an_id_is_unknown_only_where_campaign_monitor_says_so() {
    assert!(answer(401, r#"{"Code":101,"Message":"Invalid ListID"}"#).is_unknown_id());
    assert!(answer(404, r#"{"Code":404,"Message":"…"}"#).is_unknown_id());
    assert!(!answer(404, "<html>not here</html>").is_unknown_id());
}

#[test]
fn a_throttled_call_stored_nothing_but_a_failed_one_may_have() {
    assert!(!answer(429, "").is_in_doubt());
    assert!(!Error::Unreachable.is_in_doubt());
    assert!(!answer(413, "").is_in_doubt());
    assert!(answer(403, "").is_in_doubt());
    assert!(answer(500, "").is_in_doubt());
    assert!(Error::TimedOut.is_in_doubt());
}

#[test]
fn retry_after_goes_before_the_rate_limit_header_and_is_capped() {
    let mut headers = HeaderMap::new();
    headers.insert("x-ratelimit-reset", HeaderValue::from_static("348"));
    assert_eq!(pause(&headers), Some(Duration::from_secs(348)));
    headers.insert(RETRY_AFTER, HeaderValue::from_static("7"));
    assert_eq!(pause(&headers), Some(Duration::from_secs(7)));
    headers.insert(RETRY_AFTER, HeaderValue::from_static("86400"));
    assert_eq!(pause(&headers), Some(PAUSE_MAX));
}
