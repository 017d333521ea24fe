//! Coming back to the events of a run, and hearing that they still come.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{TestApp, refused};

/// The events of a run as they come in.
struct Events {
    response: Response,
    text: String,
}

impl Events {
    /// Follows a run, from the event after `last` on.
    async fn open(app: &TestApp, run: &str, last: Option<i64>) -> Self {
        let mut request = app.request("Viewer", Method::GET, &format!("/runs/{run}/events"));
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let response = request.send().await.unwrap().error_for_status().unwrap();
        Self { response, text: String::new() }
    }

    /// The next one, as it is written; `None` at the end of the stream.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(event);
            }
            let chunk = self.response.chunk().await.unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next one, which must have this name: its id and its data.
    async fn expect(&mut self, name: &str) -> (i64, Value) {
        let event = self.next().await.unwrap();
        let lines: Vec<&str> = event.lines().collect();
        let [named, id, data] = lines.as_slice() else { panic!("{event}") };
        assert_eq!(*named, format!("event: {name}"));
        let data = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        (id.strip_prefix("id: ").unwrap().parse().unwrap(), data)
    }
}

/// A service that carries out nothing, and a run that waits.
async fn waiting() -> (TestApp, String) {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    let run = app.start_run(&app.export_of(1).await).await;
    (app, run)
}

async fn cancel(app: &TestApp, run: &str) {
    app.post(&format!("/runs/{run}/cancel"), &json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_with_the_id_of_the_event_seen_last_gets_only_what_is_new() {
    let (app, run) = waiting().await;
    let (first, queued) = Events::open(&app, &run, None).await.expect("run").await;
    assert_eq!(queued["status"], "queued");

    let mut events = Events::open(&app, &run, Some(first)).await;
    cancel(&app, &run).await;

    let (second, canceled) = events.expect("run").await;
    assert_eq!(canceled["status"], "canceled", "what was seen does not come again");
    assert!(second > first);
    assert_eq!(events.expect("end").await, (second, json!({"status": "canceled"})));
    assert_eq!(events.next().await, None);
    let mut events = Events::open(&app, &run, Some(second)).await;
    assert_eq!(events.expect("end").await.0, second, "the end comes to everybody");
    assert_eq!(events.next().await, None);
    let mut events = Events::open(&app, &run, None).await;
    assert_eq!(events.expect("run").await, (second, canceled));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_no_event_has_is_refused() {
    let (app, run) = waiting().await;
    for id in ["-1", "yesterday", ""] {
        let request = app.request("Viewer", Method::GET, &format!("/runs/{run}/events"));
        refused(request.header("Last-Event-ID", id).send().await.unwrap(), 400).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_nothing_changes_comments_say_that_the_stream_still_lives() {
    let (app, run) = waiting().await;
    let mut events = Events::open(&app, &run, None).await;
    events.expect("run").await;

    let heartbeat = events.next().await.unwrap();

    assert!(heartbeat.starts_with(": "), "a comment, which browsers pass over: {heartbeat}");
    cancel(&app, &run).await;
    assert_eq!(events.expect("run").await.1["status"], "canceled", "events go on after it");
}
