//! Planned faults as a client sees them, byte by byte.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use segment_export::sandbox::{API_KEY, LIST_ID};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::World;

/// Imports one person over a plain socket; returns everything until the sandbox closes.
async fn raw_import(world: &World, email: &str) -> String {
    let body =
        json!({"Subscribers": [{"EmailAddress": email, "ConsentToTrack": "Yes"}]}).to_string();
    let basic = STANDARD.encode(format!("{API_KEY}:x"));
    let url = world.sandbox.url();
    let head = format!(
        "POST /api/v3.3/subscribers/{LIST_ID}/import.json HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Basic {basic}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut socket = TcpStream::connect(("127.0.0.1", url.port().unwrap())).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    // An error means that the sandbox has closed already, as some faults do.
    let _ = socket.write_all(body.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

async fn addresses(world: &World) -> Value {
    let digest = world.command(Method::GET, &format!("lists/{LIST_ID}/digest"), Value::Null).await;
    digest["addresses"].clone()
}

#[tokio::test]
async fn without_faults_a_plain_socket_gets_a_complete_answer() {
    let world = World::start().await;
    let answer = raw_import(&world, "a@example.com").await;
    assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{answer}");
    assert!(answer.ends_with('}'), "{answer}");
}

#[tokio::test]
async fn drop_before_closes_the_connection_without_a_byte_and_stores_nothing() {
    let world = World::start().await;
    world.faults(json!([{"kind": "dropBefore", "times": 1}])).await;
    assert_eq!(raw_import(&world, "a@example.com").await, "");
    assert_eq!(addresses(&world).await, 0);
    assert!(raw_import(&world, "a@example.com").await.contains("201 Created"));
}

#[tokio::test]
async fn drop_after_stores_and_closes_the_connection_without_a_byte() {
    let world = World::start().await;
    world.faults(json!([{"kind": "dropAfter", "times": 1}])).await;
    assert_eq!(raw_import(&world, "a@example.com").await, "");
    assert_eq!(addresses(&world).await, 1);
}

#[tokio::test]
async fn half_an_answer_has_the_full_content_length_and_is_stored() {
    let world = World::start().await;
    world.faults(json!([{"kind": "halfAnswer"}])).await;
    let answer = raw_import(&world, "a@example.com").await.to_lowercase();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert!(head.starts_with("http/1.1 201"));
    assert_eq!(body.len(), length.parse::<usize>().unwrap() / 2);
    assert_eq!(addresses(&world).await, 1);
}

#[tokio::test]
async fn a_pooled_client_sees_dropped_and_broken_answers_as_errors() {
    let world = World::start().await;
    for kind in ["dropBefore", "dropAfter", "halfAnswer"] {
        world.get("systemdate.json").await;
        world.faults(json!([{"match": {"path": "systemdate"}, "kind": kind}])).await;
        let sent = world.request(Method::GET, "systemdate.json").send().await;
        let read = match sent {
            Ok(response) => response.text().await,
            Err(error) => Err(error),
        };
        assert!(read.is_err(), "{kind}: {read:?}");
        world.command(Method::DELETE, "faults", Value::Null).await;
    }
}

#[tokio::test]
async fn a_status_carries_its_code_and_its_headers_and_stores_nothing() {
    let world = World::start().await;
    let status =
        json!({"status": {"status": 429, "retryAfterSeconds": 2, "rateLimitResetSeconds": 7}});
    world.faults(json!([{"match": {"path": "/import", "method": "POST"}, "kind": status}])).await;
    let answer = raw_import(&world, "a@example.com").await;
    assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
    assert!(
        answer.contains("retry-after: 2\r\n") && answer.contains("x-ratelimit-reset: 7\r\n"),
        "{answer}"
    );
    assert!(answer.ends_with(r#"{"Code":429,"Message":"Rate limit exceeded"}"#), "{answer}");
    assert_eq!(addresses(&world).await, 0);
    assert_eq!(world.get("systemdate.json").await.0, 200);
}

#[tokio::test]
async fn a_proxy_answers_with_html() {
    let world = World::start().await;
    world.faults(json!([{"kind": {"status": {"status": 503, "html": true}}}])).await;
    let answer = raw_import(&world, "a@example.com").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("text/html") && answer.ends_with("</html>"), "{answer}");
}

#[tokio::test]
async fn latency_delays_the_answer() {
    let world = World::start().await;
    world.faults(json!([{"kind": {"latency": {"ms": 80}}}])).await;
    let start = Instant::now();
    assert_eq!(world.get("systemdate.json").await.0, 200);
    assert!(start.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn a_hanging_call_is_never_answered_and_other_calls_are() {
    let world = World::start().await;
    world.faults(json!([{"match": {"path": "countries"}, "kind": {"hang": {}}}])).await;
    let hanging =
        world.request(Method::GET, "countries.json").timeout(Duration::from_millis(150)).send();
    let (hanging, other) = tokio::join!(hanging, world.get("systemdate.json"));
    assert!(hanging.unwrap_err().is_timeout());
    assert_eq!(other.0, 200);
}

#[tokio::test]
async fn a_plan_can_be_read_and_unknown_members_are_rejected() {
    let world = World::start().await;
    let plan = json!([{"match": {"path": "/import"}, "kind": {"latency": {"ms": 1}}, "every": 2, "skip": 0,
        "seed": 0}]);
    world.faults(plan.clone()).await;
    assert_eq!(world.command(Method::GET, "faults", Value::Null).await, plan);
    for bad in [json!([{"kind": "explode"}]), json!([{"kind": "dropAfter", "evrey": 2}]), json!({})]
    {
        let response =
            world.anonymous(Method::PUT, "/sandbox/faults").json(&bad).send().await.unwrap();
        assert_eq!(response.status(), 400, "{bad}");
    }
    assert_eq!(world.command(Method::GET, "faults", Value::Null).await, plan);
}

#[tokio::test]
async fn the_call_log_counts_calls_records_repeats_and_the_peak() {
    let world = World::start().await;
    world
        .faults(json!([{"kind": "dropAfter", "times": 1}, {"match": {"path": "/import"},
        "kind": {"latency": {"ms": 60}}}]))
        .await;
    raw_import(&world, "a@example.com").await;
    tokio::join!(raw_import(&world, "a@example.com"), raw_import(&world, "b@example.com"));
    let calls = world.command(Method::GET, "calls", Value::Null).await;
    assert_eq!(calls["calls"]["POST /subscribers/{id}/import"], json!({"201": 2, "none": 1}));
    assert_eq!((&calls["importCalls"], &calls["recordsReceived"]), (&json!(3), &json!(3)));
    assert_eq!((&calls["peakConcurrentImports"], &calls["importsNow"]), (&json!(2), &json!(0)));
    let list = json!({"distinctAddresses": 2, "totalImported": 3, "importsByAddressMax": 2,
        "addressesImportedTwice": 1});
    assert_eq!(calls["lists"][LIST_ID], list);
}
