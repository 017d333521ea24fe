//! The answer when no route matches: 405 with the methods of the address, or 404 when there are none.

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::pages::Pages;
use crate::app::App;
use crate::config::Part;
use crate::http::problem::{Problem, ProblemKind};

/// The methods of each address: those of the document, GET for pages, and HEAD beside GET. An address without a
/// parameter goes before one with (`/exports/preview` before `/exports/{id}`), as `OpenAPI` has it.
pub struct Methods(Vec<(ResourceDef, Vec<String>)>);

impl Methods {
    pub fn of(document: &Value, pages: Pages) -> Self {
        let methods = |item: &Value| {
            let names = item.as_object().into_iter().flat_map(|item| item.keys());
            let names = names.filter(|name| *name != "parameters");
            names.flat_map(|name| with_head(&name.to_uppercase())).collect()
        };
        let paths = document["paths"].as_object().into_iter().flatten();
        let paths = paths.map(|(path, item)| (ResourceDef::new(path.as_str()), methods(item)));
        let get = || with_head(Method::GET.as_str());
        let pages = pages.addresses().map(|path| (ResourceDef::new(path), get()));
        let mut addresses: Vec<_> = paths.chain(pages).collect();
        addresses.sort_by_key(|(address, _)| parameters(address));
        Self(addresses)
    }

    fn allowed(&self, path: &str) -> Vec<&str> {
        let (_, methods) = self.find(path).unzip();
        methods.into_iter().flatten().map(String::as_str).collect()
    }

    fn find(&self, path: &str) -> Option<(&ResourceDef, &[String])> {
        let (address, methods) = self.0.iter().find(|(address, _)| address.is_match(path))?;
        Some((address, methods))
    }

    /// The last part of an address, where the address above it can be read.
    fn part_of_readable(&self, path: &str) -> Option<&str> {
        let (above, _) = path.trim_end_matches('/').rsplit_once('/')?;
        let (address, _) = self.find(path)?;
        let part = address.pattern()?.rsplit('/').next().filter(|part| !part.contains('{'))?;
        self.allowed(above).contains(&Method::GET.as_str()).then_some(part)
    }
}

/// How many parameters an address has.
fn parameters(address: &ResourceDef) -> usize {
    address.pattern().map_or(0, |pattern| pattern.matches('{').count())
}

/// HEAD is answered wherever GET is.
fn with_head(method: &str) -> Vec<String> {
    let head = (method == "GET").then(|| Method::HEAD.to_string());
    [method.to_owned()].into_iter().chain(head).collect()
}

pub async fn no_such_route(
    request: HttpRequest,
    methods: Data<Methods>,
    app: Data<App>,
) -> Result<HttpResponse, Problem> {
    let allowed = methods.allowed(request.path());
    if allowed.is_empty() {
        let detail = if app.config.plays(Part::Api) {
            "This address does not exist. Check the path."
        } else {
            "This process does not serve the API, only health and metrics. Call one that has the role `api`."
        };
        return Err(Problem::new(ProblemKind::NotFound, detail));
    }
    let is_read = *request.method() == Method::GET;
    if let Some(part) = methods.part_of_readable(request.path()).filter(|_| is_read) {
        let hint = format!("Read what it belongs to: GET this address without `/{part}`.");
        return Err(Problem::method_not_allowed(allowed.join(", "), &hint));
    }
    let is_change = *request.method() == Method::PUT && allowed.contains(&Method::PATCH.as_str());
    let hint = if is_change { "Change it with PATCH." } else { "" };
    Err(Problem::method_not_allowed(allowed.join(", "), hint))
}
