//! The offline Campaign Monitor: a twin of API v3.3 to build, test and show the product against.
//!
//! It speaks HTTP like the service does, quirks included: a partly failed import is a 400, a field
//! that does not exist swallows its value, XML is what one gets without `.json`. It is made after the
//! vendor's public libraries and their sample answers; where those leave a question open, a switch
//! (`settings.rs`) chooses. Beside the API, under `/sandbox/`, it takes orders: faults, a fixed clock,
//! people in every state, and it tells what it has seen (`control/`).
//!
//! Everything lives in memory and follows from the calls alone: the same calls, the same answers.

mod account;
mod address;
mod admission;
mod api;
mod auth;
mod call;
mod call_log;
mod changes;
mod client;
mod codes;
mod connection;
mod control;
mod faults;
mod fields;
mod grants;
mod list;
mod lock;
mod member;
mod members;
mod names;
mod oauth;
mod preset;
mod query;
mod request;
mod server;
mod settings;
mod wire;
mod world;

use std::io;
use std::net::SocketAddr;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use url::Url;

pub use preset::{
    API_KEY, CLIENT_API_KEY, CLIENT_ID, DOUBLE_OPT_IN_LIST_ID, LIST_ID, OAUTH_CLIENT_ID,
    OAUTH_CLIENT_SECRET, OTHER_CLIENT_ID, OTHER_LIST_ID,
};

/// A running sandbox; dropping it ends it at once.
#[derive(Debug)]
pub struct Sandbox {
    url: Url,
    handle: ServerHandle,
}

impl Sandbox {
    /// Starts a sandbox in its preset state; port 0 takes any free port.
    ///
    /// Fails when the address cannot be bound. Needs a Tokio runtime around it; calls are answered on
    /// two threads of the sandbox's own.
    #[expect(clippy::unused_async, reason = "it needs a runtime, and says so by being async")]
    pub async fn start(bind: SocketAddr) -> io::Result<Self> {
        let world = web::Data::new(world::World::new());
        let app =
            move || App::new().app_data(world.clone()).default_service(web::to(server::serve));
        let server = HttpServer::new(app)
            .workers(2)
            .tcp_nodelay(true)
            .disable_signals()
            .shutdown_timeout(2)
            .on_connect(connection::remember)
            .bind(bind)?;
        let url = format!("http://{}/", server.addrs()[0]);
        let url = Url::parse(&url).map_err(io::Error::other)?;
        let running = server.run();
        let handle = running.handle();
        tokio::spawn(running);
        Ok(Self { url, handle })
    }

    /// Where it listens: `http://127.0.0.1:PORT/`.
    #[must_use]
    pub fn url(&self) -> Url {
        self.url.clone()
    }

    /// Stops it after the calls under way, or after two seconds.
    pub async fn stop(self) {
        self.handle.stop(true).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The order is given at once; only the wait for its end needs the future.
        drop(self.handle.stop(false));
    }
}
