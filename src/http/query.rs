//! Queries. An address accepts only the parameters that the document names: a filter with a misspelt name would select
//! everything.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::form_urlencoded;

use super::problem::{Problem, ProblemKind};
use super::schema::{document, operation, resolve};
use super::words::{self, AN_ID};

/// Parameters of the query, for handlers. The problem names the wrong parameter and its form.
pub struct Query<T>(pub T);

impl<T> Deref for Query<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let sent = form_urlencoded::parse(request.query_string().as_bytes());
        let read = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(sent));
        ready(read.map(Self).map_err(|error| {
            misread(request, &error.path().to_string(), &error.inner().to_string())
        }))
    }
}

fn misread(request: &HttpRequest, name: &str, why: &str) -> Problem {
    let known = parameters(request).find(|parameter| parameter["name"] == name);
    // When a parameter is repeated, only the text names it.
    let name = known.map_or_else(|| why.split('`').nth(1).unwrap_or_default(), |_| name);
    let form = known.and_then(|parameter| form(request, &parameter["schema"]));
    let detail = match form {
        Some(form) => format!("`{name}` in the query is not valid. Send {form}."),
        None => format!("`{name}` in the query {}.", words::predicate(why)),
    };
    Problem::new(ProblemKind::InvalidRequest, detail)
}

/// What a parameter of this schema looks like, when the reason does not say it.
fn form(request: &HttpRequest, schema: &Value) -> Option<String> {
    let schema = resolve(schema, &document(request)?["components"]["schemas"]);
    let is = |member: &str, value: &str| schema[member] == value;
    if is("format", "date-time") {
        return Some("a time such as `2026-11-24T06:00:00Z`, with `%2B` for `+`".to_owned());
    }
    if is("format", "uuid") {
        return Some(AN_ID.to_owned());
    }
    let integer = || format!("a whole number from {} to {}", schema["minimum"], schema["maximum"]);
    is("type", "integer").then(integer)
}

/// Rejects parameters that the address does not have.
pub fn check_names(request: &HttpRequest) -> Result<(), Problem> {
    let sent = form_urlencoded::parse(request.query_string().as_bytes());
    let names = || parameters(request).map(|parameter| &parameter["name"]);
    for (name, _) in sent {
        if !names().any(|known| *known == *name) {
            return Err(unknown(&name, names()));
        }
    }
    Ok(())
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a Value>) -> Problem {
    let known: Vec<_> = known.filter_map(Value::as_str).map(|name| format!("`{name}`")).collect();
    let accepted = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let detail = format!("This address has no query parameter `{name}`. It accepts {accepted}.");
    Problem::new(ProblemKind::InvalidRequest, detail)
}

/// The query parameters of an operation, as the document has them.
fn parameters(request: &HttpRequest) -> impl Iterator<Item = &Value> {
    let parameters = operation(request).and_then(|operation| operation["parameters"].as_array());
    parameters.into_iter().flatten().filter(|parameter| parameter["in"] == "query")
}
