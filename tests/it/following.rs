//! Following a run: its events as a stream, its batches and its rejections.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, check_law, people, refused, text, until};

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_a_run_come_as_a_stream_that_ends_with_it() {
    let app = TestApp::start().await;
    let export = app.export_of(6_000).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 400}}}])).await;
    let run = app.start_run(&export).await;
    let request = app.request("Viewer", Method::GET, &format!("/runs/{run}/events"));

    let stream = request.send().await.unwrap().text().await.unwrap();

    let events: Vec<&str> = stream.split("\n\n").filter(|event| !event.is_empty()).collect();
    let (end, changes) = events.split_last().unwrap();
    assert!(end.starts_with("event: end\n") && end.contains("\"successful\""), "{end}");
    assert!(changes.len() > 1, "{stream}");
    let mut accounted = 0;
    for change in changes {
        let data = change.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        let run: Value = serde_json::from_str(data).unwrap();
        check_law(&run);
        let created = run["counts"]["created"].as_i64().unwrap();
        assert!(created >= accounted, "counts only grow");
        accounted = created;
    }
    assert_eq!(accounted, 6_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_leaves_its_place_to_the_next() {
    let app = TestApp::start_with(&["--max-event-streams", "1"]).await;
    let export = app.export_of(3_000).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"hang": {}}}])).await;
    let run = app.start_run(&export).await;
    let follow = async || {
        let request = app.request("Viewer", Method::GET, &format!("/runs/{run}/events"));
        request.send().await.unwrap()
    };
    let first = follow().await;
    let problem = refused(follow().await, 429).await;
    assert_eq!(problem["errorCode"], "tooManyRequests");

    drop(first);

    until(async || follow().await.status() == 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_batches_add_up_to_the_run() {
    let app = TestApp::start().await;
    let export = app.export_of(4_500).await;
    let run = app.ended(&app.start_run(&export).await).await;

    let path = format!("/runs/{}/batches?limit=3", text(&run, "runId"));
    let first = app.get(&path).await;
    let rest = app.get(&format!("{path}&cursor={}", text(&first, "nextCursor"))).await;

    let both = [first, rest];
    let batches = || both.iter().flat_map(|page| page["items"].as_array().unwrap());
    let sum = |name: &str| batches().map(|batch| batch[name].as_i64().unwrap()).sum::<i64>();
    assert_eq!(batches().count(), 5);
    assert_eq!(sum("rows"), 4_500);
    assert_eq!(sum("created"), run["counts"]["created"].as_i64().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn rejections_come_as_json_csv_and_lines_and_say_the_same() {
    let app = TestApp::start().await;
    app.segment("People", &format!("{}x,no address,Riga\ny,,Riga\n", people(2))).await;
    let export = app.export(&app.connection().await).await;
    let run = app.ended(&app.start_run(&export).await).await;
    let path = format!("/runs/{}/rejections", text(&run, "runId"));
    let as_text = async |media: &str| {
        let request = app.request("Contributor", Method::GET, &path).header("Accept", media);
        request.send().await.unwrap().text().await.unwrap()
    };

    let json = app.get(&path).await;
    let lines = as_text("application/x-ndjson").await;
    let csv = as_text("text/csv").await;

    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(json["items"].as_array().unwrap(), &lines);
    assert_eq!(lines.len(), 2);
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert!(csv.contains("addressMalformed") && csv.contains("addressMissing"), "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejection_that_a_spreadsheet_would_take_for_a_formula_is_a_text_in_csv_and_as_it_is_elsewhere()
 {
    let app = TestApp::start().await;
    let formula = "=HYPERLINK(\"http://example.com\",\"x\")";
    let id = format!("\"{}\"", formula.replace('"', "\"\""));
    app.segment("People", &format!("CustomerId,Email,City\n{id},+1,Riga\n")).await;
    let export = app.export(&app.connection().await).await;
    let run = app.ended(&app.start_run(&export).await).await;
    let path = format!("/runs/{}/rejections", text(&run, "runId"));
    let request = app.request("Contributor", Method::GET, &path).header("Accept", "text/csv");
    let csv = request.send().await.unwrap().text().await.unwrap();
    let row = csv.lines().nth(1).unwrap();
    assert!(row.starts_with(&format!("\"'{},'+1,invalid,", &id[1..])), "{row}");
    let rejection = &app.get(&path).await["items"][0];
    assert_eq!(
        (text(rejection, "customerId"), text(rejection, "email")),
        (formula.into(), "+1".into())
    );
}
