//! Tickets that open the events of a run in place of a token.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Method, Response};
use segment_export::{db, sql};
use serde_json::{Value, json};

use crate::support::{TestApp, refused, text};

/// A service that executes nothing, and a run that waits.
async fn waiting() -> (TestApp, String) {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    let run = app.start_run(&app.export_of(1).await).await;
    (app, run)
}

async fn ticket(app: &TestApp, run: &str) -> Value {
    app.post(&format!("/runs/{run}/event-ticket"), &Value::Null).await
}

/// Opens an address as `EventSource` does: without a token.
async fn open(url: &str) -> Response {
    reqwest::get(url).await.unwrap()
}

/// The address of a ticket at the service.
fn at(app: &TestApp, ticket: &Value) -> String {
    format!("{}{}", app.url().trim_end_matches('/'), text(ticket, "url"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_opens_the_events_of_its_run_once_without_a_token() {
    let (app, run) = waiting().await;
    let ticket = ticket(&app, &run).await;
    let expires: DateTime<Utc> = text(&ticket, "expiresUtc").parse().unwrap();
    let life = expires - db::now();
    assert!(life > TimeDelta::seconds(50) && life <= TimeDelta::seconds(60), "{life}");

    let mut stream = open(&at(&app, &ticket)).await;
    assert_eq!(
        (stream.status().as_u16(), &stream.headers()["content-type"]),
        (200, &"text/event-stream".parse().unwrap())
    );
    let first = stream.chunk().await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&first).starts_with("event: run\n"));

    let problem = refused(open(&at(&app, &ticket)).await, 401).await;
    assert!(text(&problem, "detail").starts_with("The ticket was used already"), "{problem}");
    app.post(&format!("/runs/{run}/cancel"), &json!({})).await;
    let rest = stream.text().await.unwrap();
    assert!(rest.contains("event: end"), "{rest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_use_a_ticket_at_the_same_moment_in_several_processes_one_gets_the_events() {
    let (app, run) = waiting().await;
    let (neighbour, other) = app.start_neighbour().await;
    let ticket = ticket(&app, &run).await;
    let other = format!("{}{}", other.trim_end_matches('/'), text(&ticket, "url"));
    let here = at(&app, &ticket);
    let calls = (0..16).map(|call| open(if call % 2 == 0 { &here } else { &other }));
    let answers = futures::future::join_all(calls).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!(statuses[1..].iter().all(|status| *status == 401), "{statuses:?}");
    drop(answers);
    neighbour.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_for_one_run_of_one_instance_and_for_nothing_else() {
    let (app, run) = waiting().await;
    let other = app.start_run(&app.export_of(2).await).await;
    let ticket = ticket(&app, &run).await;
    let url = at(&app, &ticket);
    let elsewhere = uuid::Uuid::now_v7().to_string();
    for wrong in [
        url.replace(&run, &other),
        url.replace(&app.instance.to_string(), &elsewhere),
        url.replace("?ticket=", "?ticket=x"),
        url.replace("/events", ""),
        url.replace(&format!("/runs/{run}/events"), "/runs"),
    ] {
        let status = open(&wrong).await.status().as_u16();
        assert!([400, 401].contains(&status), "{wrong}: {status}");
    }
    refused(open(&format!("{url}&more=1")).await, 400).await;
    assert_eq!(open(&url).await.status(), 200, "what was refused has not used it up");
    let missing = format!("/runs/{elsewhere}/event-ticket");
    refused(app.request("Viewer", Method::POST, &missing).send().await.unwrap(), 404).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_holds_no_ticket_that_opens_anything_and_forgets_those_that_expired() {
    let (app, run) = waiting().await;
    let ticket = ticket(&app, &run).await;
    let (_, secret) = ticket["url"].as_str().unwrap().split_once("?ticket=").unwrap();
    let stored = hashes(&app).await;
    assert!(stored.len() == 1 && !stored[0].contains(secret), "{stored:?}");
    let shared = app.app();
    let later = db::now() + TimeDelta::minutes(2);
    segment_export::upkeep::janitor::remove_expired(&shared, later).await.unwrap();
    assert_eq!(hashes(&app).await, Vec::<String>::new());
    refused(open(&at(&app, &ticket)).await, 401).await;
}

async fn hashes(app: &TestApp) -> Vec<String> {
    let app = app.app();
    let mut tx = app.db.read().await.unwrap();
    sql!(&mut tx, |db| sqlx::query_scalar("SELECT hash FROM event_tickets").fetch_all(db).await)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_a_ticket_opened_ends_when_the_token_behind_it_expires() {
    let (app, run) = waiting().await;
    let token = app.token_that_expires_in("Viewer", TimeDelta::seconds(3));
    let path = format!("v1/instances/{}/runs/{run}/event-ticket", app.instance);
    let answer = app.anonymous(Method::POST, &path).bearer_auth(&token).send().await.unwrap();
    let ticket: Value = answer.json().await.unwrap();
    let expires: DateTime<Utc> = text(&ticket, "expiresUtc").parse().unwrap();
    assert!(expires <= db::now() + TimeDelta::seconds(3), "a ticket does not outlive its token");
    let events = open(&at(&app, &ticket)).await.text().await.unwrap();
    assert!(events.contains("event: run") && !events.contains("event: end"), "{events}");
    assert!(db::now() >= expires);
}
