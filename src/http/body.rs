//! What handlers take from a request beside the caller: JSON bodies, ids in the path, `If-Match`.

use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_TYPE, IF_MATCH};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use futures::future::{LocalBoxFuture, Ready, ready};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::problem::{FieldError, Kind, Problem};

/// A JSON body. Whatever is wrong with it is answered with the JSON pointer of the place.
pub struct Body<T> {
    /// The body, parsed.
    pub value: T,
    /// SHA-256 of the bytes, for the idempotency key.
    pub digest: [u8; 32],
}

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = is_json(request);
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            if !is_json {
                return Err(Problem::new(
                    Kind::UnsupportedMediaType,
                    "Send `Content-Type: application/json`.",
                ));
            }
            let bytes = bytes.await.map_err(|error| unreadable(&error))?;
            Ok(Self { value: parse(&bytes)?, digest: Sha256::digest(&bytes).into() })
        })
    }
}

fn is_json(request: &HttpRequest) -> bool {
    let header = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    header.is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/json")
    })
}

fn unreadable(error: &actix_web::Error) -> Problem {
    match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => {
            Problem::new(Kind::TooLarge, "The body is larger than this address takes.")
        }
        _ => Problem::new(Kind::InvalidRequest, "The body broke off. Send it again."),
    }
}

/// Parses JSON; the problem names the place as a JSON pointer.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde would take an array for an object, its elements for members.
    if bytes.trim_ascii_start().starts_with(b"[") {
        let message = "invalid type: sequence, expected a JSON object".to_owned();
        return Err(invalid(String::new(), message));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let message = in_words(error.inner());
        invalid(pointer_of(error.path(), &message), message)
    })?;
    json.end().map_err(|error| invalid(String::new(), error.to_string()))?;
    Ok(value)
}

/// What serde says, without the names of our types, and without line and column where the pointer tells the place.
fn in_words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = if error.is_data() { text.trim_end_matches(&place) } else { &text };
    match text.split_once("expected struct ") {
        Some((found, _)) => format!("{found}expected a JSON object"),
        None => text.to_owned(),
    }
}

fn invalid(pointer: String, message: String) -> Problem {
    let code = match message.as_str() {
        text if text.starts_with("unknown field") => "unknownMember",
        text if text.starts_with("missing field") => "missing",
        text if text.starts_with("invalid type") => "wrongType",
        _ => "invalid",
    };
    Problem::from_errors(Kind::InvalidRequest, vec![FieldError::new(pointer, code, message)])
}

fn pointer_of(path: &serde_path_to_error::Path, message: &str) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push_segment(&mut pointer, &index.to_string()),
            Segment::Map { key } => push_segment(&mut pointer, key),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    // serde names an unknown or missing member in its text only.
    let named =
        ["unknown field `", "missing field `"].iter().find_map(|lead| message.strip_prefix(lead));
    if let Some((member, _)) = named.and_then(|rest| rest.split_once('`'))
        && !pointer.ends_with(&format!("/{member}"))
    {
        push_segment(&mut pointer, member);
    }
    pointer
}

fn push_segment(pointer: &mut String, segment: &str) {
    pointer.push('/');
    pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
}

/// The id in the path. What is no UUID names nothing.
pub struct Id<T>(pub T);

impl<T: From<Uuid>> FromRequest for Id<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(|id| id.parse::<Uuid>().ok());
        ready(id.map(|id| Self(id.into())).ok_or_else(|| Problem::not_found("object")))
    }
}

/// A text in the path, checked as `T` is checked everywhere.
pub struct Name<T>(pub T, PhantomData<T>);

impl<T: TryFrom<String>> FromRequest for Name<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let text = request.match_info().query("name").to_owned();
        ready(match T::try_from(text) {
            Ok(name) => Ok(Self(name, PhantomData)),
            Err(_) => Err(Problem::not_found("segment")),
        })
    }
}

/// `If-Match`: the version the caller has seen, if it says.
pub struct IfMatch(Option<String>);

impl IfMatch {
    /// Refuses when the caller has seen another version than `version`.
    pub fn check(&self, version: i64) -> Result<(), Problem> {
        let tags = match self.0.as_deref() {
            None | Some("*") => return Ok(()),
            Some(tags) => tags,
        };
        let current = etag(version);
        if tags.split(',').any(|tag| tag.trim() == current) {
            Ok(())
        } else {
            Err(Problem::changed())
        }
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get(IF_MATCH);
        ready(Ok(Self(header.map(|value| value.to_str().unwrap_or_default().to_owned()))))
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the refusals matter here")]
    struct Outer {
        inner: Vec<Inner>,
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the refusals matter here")]
    struct Inner {
        size: u32,
    }

    fn refusal(json: &str) -> (String, String) {
        let problem = parse::<Outer>(json.as_bytes()).unwrap_err();
        let document = serde_json::to_value(problem.document()).unwrap();
        let error = &document["errors"][0];
        (error["pointer"].as_str().unwrap().into(), error["code"].as_str().unwrap().into())
    }

    #[test]
    fn a_refusal_points_at_the_place() {
        let cases = [
            (r#"{"inner":[{"size":1},{"size":"x"}]}"#, "/inner/1/size", "wrongType"),
            (r#"{"inner":[{"size":1,"colour":2}]}"#, "/inner/0/colour", "unknownMember"),
            (r#"{"inner":[{}]}"#, "/inner/0/size", "missing"),
            ("{", "", "invalid"),
            (r#"{"inner":[]} x"#, "", "invalid"),
            (r#" [[{"size":1}]]"#, "", "wrongType"),
        ];
        for (json, pointer, code) in cases {
            assert_eq!(refusal(json), (pointer.into(), code.into()), "{json}");
        }
    }

    #[test]
    fn a_refusal_says_what_is_wrong_in_words_of_json() {
        let message = |json: &str| {
            let problem = parse::<Outer>(json.as_bytes()).unwrap_err();
            serde_json::to_value(problem.document()).unwrap()["errors"][0]["message"].clone()
        };
        assert_eq!(message(r#"{"inner":[null]}"#), "invalid type: null, expected a JSON object");
        assert_eq!(message(r#"{"inner":[{}]}"#), "missing field `size`");
        assert_eq!(message("{"), "EOF while parsing an object at line 1 column 1");
    }

    #[test]
    fn a_megabyte_of_brackets_is_refused_without_harm() {
        let brackets = format!("{{\"inner\":{}", "[".repeat(1 << 20));
        assert!(parse::<serde_json::Value>(brackets.as_bytes()).is_err());
    }
}
