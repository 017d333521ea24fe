//! Callers that send slowly, or nothing: each has its time.

use std::time::{Duration, Instant};

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{TestApp, people};

/// A TCP connection to the service.
pub async fn connect(app: &TestApp) -> TcpStream {
    let url = url::Url::parse(app.url()).unwrap();
    TcpStream::connect((url.host_str().unwrap(), url.port().unwrap())).await.unwrap()
}

/// What the service sends until it closes the connection.
pub async fn answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let read = stream.read_to_string(&mut text);
    tokio::time::timeout(Duration::from_mins(1), read).await.expect("it stays open").unwrap();
    text
}

/// The head of a call whose body has `length` bytes.
pub fn head(app: &TestApp, length: usize) -> String {
    format!(
        "POST /v1/instances/{}/exports HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
            Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n",
        app.instance,
        app.token("Admin")
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_comes_byte_by_byte_is_answered_408_when_its_time_has_passed() {
    let app = TestApp::start_with(&["--roles", "api", "--body-timeout-ms", "500"]).await;
    let mut stream = connect(&app).await;
    stream.write_all(head(&app, 1000).as_bytes()).await.unwrap();
    for _ in 0..5 {
        stream.write_all(b"{").await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let text = answer(&mut stream).await;
    assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
    assert!(text.contains("requestTimeout") && text.contains("within 0.5 s"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_sends_no_headers_is_closed() {
    let app = TestApp::start_with(&["--roles", "api", "--head-timeout-ms", "200"]).await;
    for begun in ["", "GET /livez HTT"] {
        let mut stream = connect(&app).await;
        stream.write_all(begun.as_bytes()).await.unwrap();
        let text = answer(&mut stream).await;
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 408 "), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_setting_wait_until_one_is_closed() {
    let settings = ["--roles", "api", "--max-tcp-connections", "1", "--head-timeout-ms", "1000"];
    let app = TestApp::start_with(&settings).await;
    let began = Instant::now();
    let workers = std::thread::available_parallelism().unwrap().get();
    let mut idle = Vec::new();
    for _ in 0..workers {
        idle.push(connect(&app).await);
    }
    let alive = app.anonymous(Method::GET, "livez").send().await.unwrap();
    assert_eq!(alive.status(), 200);
    assert!(began.elapsed() > Duration::from_millis(900), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_nobody_reads_ends_its_connection_however_slowly_it_comes() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    for length in ["Content-Length: 100000", "Transfer-Encoding: chunked"] {
        let (mut read, mut write) = connect(&app).await.into_split();
        let head = format!(
            "POST /v1/instances/{}/exports HTTP/1.1\r\nHost: localhost\r\n\
                Content-Type: application/json\r\n{length}\r\n\r\n",
            app.instance
        );
        write.write_all(head.as_bytes()).await.unwrap();
        let trickling = tokio::spawn(async move {
            while write.write_all(b"1\r\n1\r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        let mut text = Vec::new();
        let closed = tokio::time::timeout(Duration::from_secs(30), read.read_to_end(&mut text));
        // Whether it ends with a reset is up to the system.
        let _ = closed.await.expect("it stays open");
        assert!(text.starts_with(b"HTTP/1.1 401 "), "{text:?}");
        trickling.abort();
    }
}

/// Waits until the only slot for uploads is free.
async fn until_uploads_are_free(app: &TestApp) {
    while app.upload("Other", "text/csv", people(1)).await.status() == 429 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_ends_when_its_caller_closes_the_connection_and_the_members_stay() {
    let app = TestApp::start_with(&["--roles", "api", "--max-uploads", "1"]).await;
    app.segment("People", &people(3)).await;
    app.segment("Other", &people(1)).await;
    let body = people(300_000);
    let head = head(&app, body.len())
        .replace("POST", "PUT")
        .replace("/exports", "/segments/People/members")
        .replace("application/json", "text/csv");
    let mut stream = connect(&app).await;
    // It is so long that the service has begun to read it when the last part is sent.
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    drop(stream);
    until_uploads_are_free(&app).await;
    assert_eq!(app.get("/segments/People").await["memberCount"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_changes_something_goes_on_when_its_caller_has_left_and_is_recorded() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    let fields = format!("/connections/{}/lists/{LIST_ID}/fields", app.connection().await);
    let slow = json!([{"match": {"path": "customfields"}, "kind": {"latency": {"ms": 1000}}}]);
    app.faults(&slow).await;
    let body = json!({"name": "Home town", "dataType": "Text"}).to_string();
    let mut stream = connect(&app).await;
    let head = head(&app, body.len()).replace("/exports", &fields);
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    drop(stream);
    let events = "/audit-events?action=connection.createField";
    let recorded = async {
        while app.get(events).await["items"] == json!([]) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), recorded).await.expect("no event is recorded");
}
