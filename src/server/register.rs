//! Where routes are registered: with their documentation where the document is made, and without it where they are
//! served. Each thread of the server would make the document for itself otherwise, and need its memory.

use actix_web::dev::HttpServiceFactory;
use actix_web::web::ServiceConfig;
use utoipa_actix_web::OpenApiFactory;
use utoipa_actix_web::service_config::ServiceConfig as Documented;

pub trait Register {
    fn service<R: HttpServiceFactory + OpenApiFactory + 'static>(&mut self, route: R) -> &mut Self;
}

impl Register for ServiceConfig {
    fn service<R: HttpServiceFactory + OpenApiFactory + 'static>(&mut self, route: R) -> &mut Self {
        self.service(route)
    }
}

impl Register for Documented<'_> {
    fn service<R: HttpServiceFactory + OpenApiFactory + 'static>(&mut self, route: R) -> &mut Self {
        self.service(route)
    }
}
