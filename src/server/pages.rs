//! What people read in a browser: the document of the API, Swagger UI, the console, and the page behind the link in
//! mails, as far as a process has them.

use actix_web::web::{self, ServiceConfig};

use super::{console, openapi, swagger};
use crate::api::channels::unsubscribe;
use crate::config::{Config, Part};

/// Which of the pages a process has.
#[derive(Clone, Copy)]
pub struct Pages {
    document: bool,
    swagger: bool,
    console: bool,
}

impl Pages {
    pub fn of(config: &Config) -> Self {
        let is_api = config.plays(Part::Api);
        let (swagger, console) = (config.security.swagger_ui, config.console.console);
        Self { document: is_api, swagger: is_api && swagger, console: is_api && console }
    }

    pub fn configure(self, config: &mut ServiceConfig) {
        if self.document {
            config.service(openapi::get_document);
            config.service(unsubscribe::ask).service(unsubscribe::unsubscribe);
        }
        if self.swagger {
            config.service(web::redirect("/swagger-ui", "/swagger-ui/")).service(swagger::get_file);
        }
        if self.console {
            // A relative address holds below a path prefix, too.
            config.service(web::redirect("/console", "console/"));
            config.service(console::get_config).service(console::get_file);
        }
    }

    /// What answers GET, without the addresses of the document.
    pub fn addresses(self) -> impl Iterator<Item = &'static str> {
        let groups: [(bool, &[&str]); 3] = [
            (self.document, &["/openapi.json"]),
            (self.swagger, &["/swagger-ui", "/swagger-ui/{file:.*}"]),
            (self.console, &["/console", "/console/{file:.*}"]),
        ];
        groups.into_iter().filter(|(has, _)| *has).flat_map(|(_, addresses)| addresses).copied()
    }
}
