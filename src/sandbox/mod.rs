//! The offline Campaign Monitor: an emulator of API v3.3, to build, test and demonstrate the product
//! without an account.
//!
//! It answers as Campaign Monitor does, quirks included: a partly failed import is a 400, a value for an
//! unknown field is dropped silently, and without `.json` the answer is XML. The sources are the
//! vendor's public libraries and their sample answers; where those leave a question open, a setting
//! (`settings.rs`) decides. Under `/sandbox/` it accepts commands (`control/`): planned faults, a fixed
//! clock, people in every state, the call log.
//!
//! All state is in memory and depends on the calls alone: the same calls get the same answers.
//! It imports nothing else of this crate, so that it cannot repeat a mistake of the client it tests.

mod account;
mod address;
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
mod upsert;
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

/// A running sandbox; dropping it stops it at once.
#[derive(Debug)]
pub struct Sandbox {
    url: Url,
    handle: ServerHandle,
}

impl Sandbox {
    /// Starts a sandbox in its preset state; port 0 chooses any free port.
    ///
    /// Fails when the address cannot be bound. It needs a Tokio runtime; two threads of its own answer calls.
    #[expect(clippy::unused_async, reason = "async tells callers that it needs a runtime")]
    pub async fn start(bind: SocketAddr) -> io::Result<Self> {
        let world = web::Data::new(world::World::new());
        let app =
            move || App::new().app_data(world.clone()).default_service(web::to(server::serve));
        let server = HttpServer::new(app)
            .workers(2)
            .tcp_nodelay(true)
            .disable_signals()
            .shutdown_timeout(2)
            .on_connect(connection::keep_handle)
            .bind(bind)?;
        let url = format!("http://{}/", server.addrs()[0]);
        let url = Url::parse(&url).map_err(io::Error::other)?;
        let running = server.run();
        let handle = running.handle();
        tokio::spawn(running);
        Ok(Self { url, handle })
    }

    /// `http://127.0.0.1:PORT/`.
    #[must_use]
    pub fn url(&self) -> Url {
        self.url.clone()
    }

    /// Waits for active calls, at most two seconds.
    pub async fn stop(self) {
        self.handle.stop(true).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The server stops without polling; only waiting for its end needs the future.
        drop(self.handle.stop(false));
    }
}
