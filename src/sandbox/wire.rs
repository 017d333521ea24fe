//! Answers as they go over the wire: JSON, indented JSON, XML or HTML.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, LOCATION};
use chrono::DateTime;
use serde::Serialize;
use serde_json::Value;

use super::codes::ApiError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    /// With `pretty=true`.
    IndentedJson,
    Xml,
}

/// What a call is answered with.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Body,
    /// How long the answer waits after the work is done.
    pub delay_ms: u64,
}

#[derive(Debug)]
pub enum Body {
    Empty,
    Json(String),
    Html(String),
    Redirect(String),
}

pub type Reply = Result<Answer, ApiError>;

impl Answer {
    pub fn new(status: u16, body: Body) -> Self {
        Self { status, body, delay_ms: 0 }
    }

    pub fn json(status: u16, value: &impl Serialize) -> Self {
        let text = serde_json::to_string(value).expect("answers have text keys only");
        Self::new(status, Body::Json(text))
    }

    #[expect(clippy::unnecessary_wraps, reason = "an endpoint ends with its reply")]
    pub fn ok(value: &impl Serialize) -> Reply {
        Ok(Self::json(200, value))
    }

    #[expect(clippy::unnecessary_wraps, reason = "an endpoint ends with its reply")]
    pub fn created(value: &impl Serialize) -> Reply {
        Ok(Self::json(201, value))
    }

    /// 200 without content.
    #[expect(clippy::unnecessary_wraps, reason = "an endpoint ends with its reply")]
    pub fn empty() -> Reply {
        Ok(Self::new(200, Body::Empty))
    }

    pub fn html(status: u16, page: impl Into<String>) -> Self {
        Self::new(status, Body::Html(page.into()))
    }

    pub fn redirect(address: impl Into<String>) -> Self {
        Self::new(302, Body::Redirect(address.into()))
    }

    pub fn into_response(self, format: Format) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        match self.body {
            Body::Empty => response.finish(),
            Body::Redirect(address) => response.insert_header((LOCATION, address)).finish(),
            Body::Html(page) => response.insert_header(html()).body(page),
            Body::Json(text) => match format {
                Format::Json => response.insert_header(json()).body(text),
                Format::IndentedJson => response.insert_header(json()).body(indented(&text)),
                Format::Xml => response.insert_header(xml_type()).body(xml(&text)),
            },
        }
    }
}

fn json() -> (actix_web::http::header::HeaderName, &'static str) {
    (CONTENT_TYPE, "application/json; charset=utf-8")
}

fn xml_type() -> (actix_web::http::header::HeaderName, &'static str) {
    (CONTENT_TYPE, "application/xml; charset=utf-8")
}

fn html() -> (actix_web::http::header::HeaderName, &'static str) {
    (CONTENT_TYPE, "text/html; charset=utf-8")
}

impl From<ApiError> for Answer {
    /// The error envelope; `ResultData` comes first, as in the vendor's samples.
    fn from(error: ApiError) -> Self {
        let ApiError { status, code, message, result_data } = error;
        let message = Value::from(message.as_ref());
        let data = result_data.map_or_else(String::new, |data| format!("\"ResultData\":{data},"));
        let text = format!("{{{data}\"Code\":{code},\"Message\":{message}}}");
        Self::new(status, Body::Json(text))
    }
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).expect("the sandbox wrote this JSON")
}

fn indented(json: &str) -> String {
    serde_json::to_string_pretty(&parsed(json)).expect("the sandbox wrote this JSON")
}

/// The vendor names the elements of every answer differently; here they follow from the JSON, under
/// one `Result`, which is exact for errors.
fn xml(json: &str) -> String {
    let mut text = String::new();
    write_element(&mut text, "Result", &parsed(json));
    text
}

fn write_element(out: &mut String, name: &str, value: &Value) {
    let _ = write!(out, "<{name}>");
    match value {
        Value::Object(members) => members.iter().for_each(|(name, v)| write_element(out, name, v)),
        Value::Array(items) => items.iter().for_each(|item| write_element(out, "Item", item)),
        Value::String(text) => out.push_str(&escaped(text)),
        Value::Null => {}
        scalar => out.push_str(&scalar.to_string()),
    }
    let _ = write!(out, "</{name}>");
}

/// A time as the service writes it: `2010-10-25 10:28:00`.
pub fn date_text(seconds: i64) -> String {
    let time = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Text made safe for XML and HTML.
pub fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::codes::api_error;

    #[test]
    fn an_error_is_written_as_json_and_as_xml() {
        let Body::Json(text) = Answer::from(api_error(100)).body else {
            panic!("an error has a body")
        };
        assert_eq!(text, r#"{"Code":100,"Message":"Invalid API Key"}"#);
        assert_eq!(
            xml(&text),
            "<Result><Code>100</Code><Message>Invalid API Key</Message></Result>"
        );
    }
}
