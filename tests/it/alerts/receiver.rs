//! A receiver of webhooks: it remembers what it gets, and answers what a test decides.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::Value;

use crate::support::until;

/// A message as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub headers: BTreeMap<String, String>,
    pub text: String,
}

impl Received {
    pub fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// What it answers: status, headers, and how long it takes.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub takes: Duration,
}

impl Reply {
    pub fn of(status: u16) -> Self {
        Self { status, headers: vec![], takes: Duration::ZERO }
    }
}

#[derive(Clone)]
pub struct Receiver {
    origin: String,
    received: Arc<Mutex<Vec<Received>>>,
    reply: Arc<Mutex<Reply>>,
}

impl Receiver {
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let reply = Arc::new(Mutex::new(Reply::of(200)));
        let own = Self { origin, received: Arc::default(), reply };
        let shared = own.clone();
        let server = HttpServer::new(move || {
            let shared = shared.clone();
            App::new().default_service(web::to(move |request: HttpRequest, body: web::Bytes| {
                let shared = shared.clone();
                async move { shared.take(&request, &body).await }
            }))
        });
        tokio::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
        own
    }

    async fn take(&self, request: &HttpRequest, body: &[u8]) -> HttpResponse {
        let headers = request.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect();
        let text = String::from_utf8_lossy(body).into_owned();
        let reply = self.reply.lock().unwrap().clone();
        self.received.lock().unwrap().push(Received { headers, text });
        tokio::time::sleep(reply.takes).await;
        let status = actix_web::http::StatusCode::from_u16(reply.status).unwrap();
        let mut response = HttpResponse::build(status);
        for (name, value) in reply.headers {
            response.insert_header((name, value));
        }
        response.finish()
    }

    /// Its address, with what looks like a secret.
    pub fn url(&self) -> String {
        format!("{}/services/T000/B000/abcdefghijklmnopqrstWXYZ", self.origin)
    }

    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What it answers from now on.
    pub fn answer(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// What it has, once there are so many.
    pub async fn once(&self, count: usize) -> Vec<Received> {
        until(async || self.received().len() >= count).await;
        self.received()
    }

    /// The types of the messages that it has, in the order in which they came.
    pub fn types(&self) -> Vec<String> {
        let received = self.received();
        received.iter().map(|one| one.body()["type"].as_str().unwrap().to_owned()).collect()
    }
}
