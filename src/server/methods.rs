//! The answer when no route matches: 405 with the methods of the address, or 404 when there are none.

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use crate::http::problem::{Problem, ProblemKind};

/// Addresses that show the document, for GET.
pub const PAGES: [&str; 3] = ["/openapi.json", "/swagger-ui", "/swagger-ui/{file:.*}"];

/// The methods of each address: those of the document, and GET for pages.
pub struct Methods(Vec<(ResourceDef, Vec<String>)>);

impl Methods {
    pub fn of(document: &Value, pages: &[&str]) -> Self {
        let methods = |item: &Value| {
            let names = item.as_object().into_iter().flat_map(|item| item.keys());
            names.filter(|name| *name != "parameters").map(|name| name.to_uppercase()).collect()
        };
        let paths = document["paths"].as_object().into_iter().flatten();
        let paths = paths.map(|(path, item)| (ResourceDef::new(path.as_str()), methods(item)));
        let pages =
            pages.iter().map(|path| (ResourceDef::new(*path), vec![Method::GET.to_string()]));
        Self(paths.chain(pages).collect())
    }

    fn allowed(&self, path: &str) -> Vec<&str> {
        let matching = self.0.iter().filter(|(address, _)| address.is_match(path));
        matching.flat_map(|(_, methods)| methods.iter().map(String::as_str)).collect()
    }
}

pub async fn no_such_route(
    request: HttpRequest,
    methods: Data<Methods>,
) -> Result<HttpResponse, Problem> {
    let allowed = methods.allowed(request.path());
    if allowed.is_empty() {
        let detail = "This address does not exist. Check the path.";
        return Err(Problem::new(ProblemKind::NotFound, detail));
    }
    Err(Problem::method_not_allowed(allowed.join(", ")))
}
