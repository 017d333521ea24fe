//! The account of an agency, with many clients: a Campaign Monitor that counts how many calls it serves at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use segment_export::sandbox::API_KEY;
use serde_json::json;

use crate::support::{TestApp, text};

const CLIENTS: usize = 30;
/// Long enough for all calls that come at the same moment to be there.
const TAKES: Duration = Duration::from_millis(50);

#[derive(Clone, Default)]
struct Calls {
    now: Arc<AtomicUsize>,
    peak: Arc<Mutex<usize>>,
}

impl Calls {
    async fn lists(&self) -> HttpResponse {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        {
            let mut peak = self.peak.lock().unwrap();
            *peak = now.max(*peak);
        }
        tokio::time::sleep(TAKES).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        HttpResponse::Ok()
            .json(json!([{"ListID": "a58ee1d3039b8bec838e6d1482a8a965", "Name": "Newsletter"}]))
    }
}

/// Starts it; its address.
fn start(calls: Calls) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|n| json!({"ClientID": format!("client{n}"), "Name": format!("Client {n}")}))
        .collect();
    let server = HttpServer::new(move || {
        let (calls, clients) = (calls.clone(), clients.clone());
        let clients = move || {
            let answer = HttpResponse::Ok().json(&clients);
            async { answer }
        };
        let lists = move || {
            let calls = calls.clone();
            async move { calls.lists().await }
        };
        App::new()
            .route("/api/v3.3/clients.json", web::get().to(clients))
            .route("/api/v3.3/clients/{id}/lists.json", web::get().to(lists))
    });
    tokio::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clients_of_an_agency_are_asked_for_a_few_at_a_time_and_keep_their_order() {
    let calls = Calls::default();
    let url = start(calls.clone());
    let app = TestApp::start_with(&["--campaign-monitor-url", &url]).await;
    let new = json!({"displayName": "Agency", "type": "campaignMonitor", "consent": {"agreed": true},
        "credentials": {"kind": "apiKey", "apiKey": API_KEY}});
    let id = text(&app.post("/connections", &new).await, "connectionId");

    let lists = app.get(&format!("/connections/{id}/lists")).await;

    let names: Vec<_> =
        lists["clients"].as_array().unwrap().iter().map(|client| text(client, "name")).collect();
    assert_eq!(names, (0..CLIENTS).map(|n| format!("Client {n}")).collect::<Vec<_>>());
    let peak = *calls.peak.lock().unwrap();
    assert!((2..=8).contains(&peak), "{peak} at a time");
}
