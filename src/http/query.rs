//! Queries. An address takes the parameters that its document names and no other: a filter with a slip in its name would
//! let everything through.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde_json::Value;
use url::form_urlencoded;

use super::problem::{Kind, Problem};

/// Refuses parameters that the address of a request does not take.
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
    let takes = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let detail = format!("There is no query parameter `{name}` here. This address takes {takes}.");
    Problem::new(Kind::InvalidRequest, detail)
}

/// The query parameters of an operation, as the document has them.
fn parameters(request: &HttpRequest) -> impl Iterator<Item = &Value> {
    let document: Option<&Data<Value>> = request.app_data();
    let (path, method) = (request.match_pattern(), request.method().as_str().to_lowercase());
    let operation = document.zip(path).map(|(document, path)| &document["paths"][path][method]);
    let parameters = operation.and_then(|operation| operation["parameters"].as_array());
    parameters.into_iter().flatten().filter(|parameter| parameter["in"] == "query")
}
