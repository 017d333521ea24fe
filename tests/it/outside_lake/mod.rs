//! Segments where they really are: on Azurite and on a stand-in for Amazon S3 and Google Cloud Storage, laid out as the
//! documentation of Customer Insights shows, and what happens when such a storage fails.

mod credentials;
mod proxy;
mod servers;

use std::fmt::Write;
use std::io::Write as _;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, good, people, refused, text, until};
use proxy::{Fault, Proxy};
use servers::Lake;

const EXPORT: &str = "CustomerInsights_abcd1234/BlobExport";
const ENTITY: &str = "HighValueSegment";

/// A service whose root `lake` is a storage, reached at a port, with further settings.
async fn app_on(lake: &Lake, port: u16, more: &[&str]) -> TestApp {
    let (roots, options) = (format!("lake={}", lake.url("")), lake.options("lake", port));
    let roots = ["--storage-roots", &roots, "--storage-options", &options];
    TestApp::start_with(&[&roots, more].concat()).await
}

/// The model of an export with these partitions, as the product writes it.
fn model(endpoint: &str, partitions: &[&str]) -> String {
    let attribute = |name: &str| json!({"name": name, "dataType": "string"});
    let partition = |path: &&str| {
        json!({"name": path.rsplit('/').next(), "refreshTime": "2020-08-24T14:33:00Z",
        "location": format!("{endpoint}/{EXPORT}/{path}"),
        "fileFormatSettings": {"$type": "CsvFormatSettings", "columnHeaders": true, "delimiter": ",",
            "quoteStyle": "QuoteStyle.Csv", "csvStyle": "CsvStyle.QuoteAlways"}})
    };
    let partitions: Vec<_> = partitions.iter().map(partition).collect();
    json!({"application": "CustomerInsights", "name": "BlobExport", "version": "1.0", "entities": [{
        "$type": "LocalEntity", "name": ENTITY, "partitions": partitions,
        "attributes": [attribute("CustomerId"), attribute("Email"), attribute("City")]}]})
    .to_string()
}

/// A part of a segment: rows from `first`, as CSV.
fn part(first: usize, rows: usize) -> String {
    let mut csv = String::from("CustomerId,Email,City\n");
    for row in first..first + rows {
        writeln!(csv, "{row},person{row}@example.com,Riga").unwrap();
    }
    csv
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

fn dated(part: usize, end: &str) -> String {
    format!("{ENTITY}/2020/08/24/1433/{ENTITY}_{part}.csv{end}")
}

/// Writes an export of `parts` partitions, every other one packed, beside an older export.
async fn write_export(lake: &Lake, endpoint: &str, parts: usize, rows_each: usize) {
    let names: Vec<_> =
        (1..=parts).map(|part| dated(part, if part % 2 == 0 { ".gz" } else { "" })).collect();
    for (index, name) in names.iter().enumerate() {
        let csv = part(index * rows_each, rows_each);
        let is_packed = index % 2 == 1;
        let content = if is_packed { gzip(&csv) } else { csv.into_bytes() };
        lake.put(&format!("{EXPORT}/{name}"), content).await;
    }
    let old = format!("{EXPORT}/{ENTITY}/2020/08/23/1433/{ENTITY}_1.csv");
    lake.put(&old, part(0, 10)).await;
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    lake.put(&format!("{EXPORT}/model.json"), model(endpoint, &names)).await;
}

fn insights(lake: &Lake) -> Value {
    json!({"displayName": "People",
        "source": {"kind": "customerInsights", "url": lake.url(EXPORT), "entity": ENTITY}})
}

fn files(lake: &Lake, path: &str) -> Value {
    json!({"displayName": "People", "source": {"kind": "files", "url": lake.url(path), "format": "csv"}})
}

async fn register(app: &TestApp, segment: &Value) -> reqwest::Response {
    app.request("Admin", Method::PUT, "/segments/People").json(segment).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_of_customer_insights_on_azure_is_exported_whole() {
    let lake = Lake::azure().await;
    let (parts, rows_each) = (4, 250_000);
    let endpoint = format!("{}/devstoreaccount1/lake", lake.address());
    write_export(&lake, &endpoint, parts, rows_each).await;
    let app = app_on(&lake, lake.port(), &[]).await;

    let segment = good(register(&app, &insights(&lake)).await).await;
    assert_eq!(segment["memberCount"], parts * rows_each);
    let export = app.export(&app.connection().await).await;
    let run = app.ended_within(&app.start_run(&export).await, Duration::from_mins(5)).await;

    assert_eq!(run["status"], "successful", "{run}");
    assert_eq!(app.active().await, 1_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_are_kept_on_azure_and_on_amazon_and_replaced_whole() {
    for lake in [Lake::azure().await, Lake::amazon().await] {
        let options = lake.options("default", lake.port());
        let url = lake.url("segments");
        let app =
            TestApp::start_with(&["--storage-url", &url, "--storage-options", &options]).await;
        // More than one part of a multipart upload.
        let noise: String = (0..40_000).fold("CustomerId,Email,City,Noise\n".into(), |csv, row| {
            let noise: [u64; 24] = std::array::from_fn(|_| rand::random());
            csv + &format!("{row},person{row}@example.com,Riga,{noise:x?}\n").replace(", ", "")
        });
        app.segment("People", &noise).await;
        let export = app.export(&app.connection().await).await;
        let run = app.ended(&app.start_run(&export).await).await;
        assert_eq!((&run["status"], app.active().await), (&json!("successful"), 40_000), "{run}");

        app.segment("People", &people(10)).await;
        assert_eq!(app.get("/segments/People").await["memberCount"], 10);
        let kept = lake.paths("segments/uploads").await;
        assert_eq!(kept.len(), 1, "what was replaced is gone: {kept:?}");
        assert_eq!(app.anonymous(Method::GET, "readyz").send().await.unwrap().status(), 200);
        let stolen = register(&app, &files(&lake, "segments/uploads")).await;
        refused(stolen, 422).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_log_is_written_on_azure_and_on_amazon_with_its_manifest() {
    for lake in [Lake::azure().await, Lake::amazon().await] {
        let app = app_on(&lake, lake.port(), &["--storage-writable", "lake"]).await;
        app.segment("People", &people(2_500)).await;
        let export = app.export(&app.connection().await).await;
        let log = json!({"rowLog": {"url": lake.url("logs/rows"), "payload": true}});
        let change = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
        good(change.json(&log).send().await.unwrap()).await;

        let run = app.ended(&app.start_run(&export).await).await;

        assert_eq!((&run["status"], &run["warnings"]), (&json!("successful"), &json!([])), "{run}");
        let folder = format!("logs/rows/{export}/{}", text(&run, "runId"));
        until(async || lake.paths(&folder).await.len() == 4).await;
        let mut found = lake.paths(&folder).await;
        found.sort();
        let names = ["_manifest.json", "batch-00000001-1.parquet", "batch-00000002-1.parquet"];
        let names = names.iter().chain(&["batch-00000003-1.parquet"]);
        assert_eq!(found, names.map(|name| format!("{folder}/{name}")).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_in_a_bucket_is_exported_and_other_buckets_are_refused() {
    let lake = Lake::amazon().await;
    lake.put("crm/part-1.csv", part(0, 1_000)).await;
    lake.put("crm/part-2.csv.gz", gzip(&part(1_000, 500))).await;
    let app = app_on(&lake, lake.port(), &[]).await;
    for url in
        ["s3://other/crm", "s3://lake/../other/crm", "az://lake/crm", "http://169.254.169.254/crm"]
    {
        let source = json!({"kind": "files", "url": url, "format": "csv"});
        let segment = json!({"displayName": "People", "source": source});
        let problem = refused(register(&app, &segment).await, 422).await;
        assert_eq!(problem["errors"][0]["pointer"], "/source/url", "{url}");
    }
    good(register(&app, &files(&lake, "crm")).await).await;
    let export = app.export(&app.connection().await).await;

    // A part that comes later belongs to the next run.
    lake.put("crm/part-3.csv", part(1_500, 100)).await;
    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!((&run["status"], app.active().await), (&json!("successful"), 1_600), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_storage_that_breaks_off_and_answers_503_holds_a_run_up_and_no_more() {
    let lake = Lake::azure().await;
    lake.put("crm/part.csv", part(0, 60_000)).await;
    let proxy = Proxy::before(lake.address());
    let app = app_on(&lake, proxy.port, &["--storage-retries", "1", "--stalls-max", "20"]).await;
    good(register(&app, &files(&lake, "crm")).await).await;
    let export = app.export(&app.connection().await).await;

    proxy.set(Fault::Storm(6));
    let run = app.start_run(&export).await;
    let waiting = app.run_when(&run, |run| run["reason"]["code"] == "storageUnavailable").await;
    assert_eq!(waiting["reason"]["culprit"], "system", "{waiting}");
    let run = app.ended(&run).await;
    assert_eq!((&run["status"], proxy.is_over()), (&json!("successful"), true), "{run}");

    for fault in [Fault::Cut(3), Fault::Slow(Duration::from_millis(200))] {
        proxy.set(fault);
        let run = app.ended(&app.start_run(&export).await).await;
        assert_eq!(run["status"], "successful", "{fault:?}: {run}");
        assert_eq!(run["counts"]["updated"], 60_000, "{fault:?}: {run}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_is_slower_than_a_lease_costs_no_run_its_worker_at_its_start_or_its_end() {
    let lake = Lake::azure().await;
    lake.put("crm/part.csv", part(0, 1_500)).await;
    let proxy = Proxy::before(lake.address());
    let settings = ["--lease-ms", "1500", "--uploads-in-flight", "2"];
    let mut app = app_on(&lake, proxy.port, &settings).await;
    good(register(&app, &files(&lake, "crm")).await).await;
    let export = app.export(&app.connection().await).await;
    proxy.set(Fault::Slow(Duration::from_secs(3)));

    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!((&run["status"], &run["attempt"]), (&json!("successful"), &json!(1)), "{run}");

    app.faults(&json!([{"match": {"path": "import"}, "kind": {"hang": {}}}])).await;
    app.stop_service().await;
    app.start_process().await;
    let run = app.start_run(&export).await;
    until(async || app.sandbox_says("calls").await["importsNow"] == 2).await;
    app.post(&format!("/runs/{run}/cancel"), &json!({})).await;
    app.kill_process().await;
    app.start_service().await;

    let run = app.ended(&run).await;
    assert_eq!((&run["status"], &run["attempt"]), (&json!("canceled"), &json!(2)), "{run}");
    assert_eq!(run["counts"]["inDoubt"], 1_500, "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_stays_slower_than_a_request_may_take_fails_the_run_with_the_reason() {
    let lake = Lake::amazon().await;
    lake.put("crm/part.csv", part(0, 100)).await;
    let proxy = Proxy::before(lake.address());
    let more = ["--storage-retries", "0", "--storage-timeout-ms", "1000", "--stalls-max", "1"];
    let app = app_on(&lake, proxy.port, &more).await;
    good(register(&app, &files(&lake, "crm")).await).await;
    let export = app.export(&app.connection().await).await;

    proxy.set(Fault::Slow(Duration::from_secs(3)));
    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!(
        (&run["status"], &run["reason"]["code"]),
        (&json!("failed"), &json!("storageUnavailable"))
    );
    assert_eq!(app.active().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_disappears_in_the_middle_ends_the_run_with_exact_counts() {
    let lake = Lake::azure().await;
    let endpoint = format!("{}/devstoreaccount1/lake", lake.address());
    write_export(&lake, &endpoint, 3, 60_000).await;
    let app = app_on(&lake, lake.port(), &[]).await;
    good(register(&app, &insights(&lake)).await).await;
    let export = app.export(&app.connection().await).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 100}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(0)).await;

    lake.remove(&format!("{EXPORT}/{}", dated(3, ""))).await;

    let run = app.ended(&run).await;
    assert_eq!(
        (&run["status"], &run["reason"]["code"]),
        (&json!("failed"), &json!("segmentChanged"))
    );
    assert!(text(&run["reason"], "message").contains("HighValueSegment_3.csv"), "{run}");
    assert_eq!(run["counts"]["selected"], 180_000);
    assert_eq!(run["counts"]["created"], app.active().await, "{run}");

    // The next run, and the next look, say what is missing.
    let problem = refused(register(&app, &insights(&lake)).await, 422).await;
    assert!(text(&problem["errors"][0], "message").contains("HighValueSegment_3.csv"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_goes_on_after_a_crash_reads_what_it_pinned_and_nothing_newer() {
    let lake = Lake::azure().await;
    let endpoint = format!("{}/devstoreaccount1/lake", lake.address());
    write_export(&lake, &endpoint, 2, 20_000).await;
    let mut app = app_on(&lake, lake.port(), &[]).await;
    good(register(&app, &insights(&lake)).await).await;
    let export = app.export(&app.connection().await).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 100}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(0)).await;
    app.stop_service().await;

    let newer = format!("{ENTITY}/2020/08/25/1433/{ENTITY}_1.csv");
    lake.put(&format!("{EXPORT}/{newer}"), part(100_000, 50)).await;
    lake.put(&format!("{EXPORT}/model.json"), model(&endpoint, &[&newer])).await;
    app.start_service().await;

    let run = app.ended(&run).await;
    assert_eq!((&run["status"], app.active().await), (&json!("successful"), 40_000), "{run}");
    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!(run["counts"]["selected"], 50, "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_cut_short_is_refused_by_name() {
    let lake = Lake::azure().await;
    let packed = gzip(&part(0, 5_000));
    lake.put("crm/part.csv.gz", &packed[..packed.len() / 2]).await;
    let app = app_on(&lake, lake.port(), &[]).await;
    let problem = refused(register(&app, &files(&lake, "crm")).await, 422).await;
    let message = text(&problem["errors"][0], "message");
    assert!(message.contains("crm/part.csv.gz: the gzip data is cut short"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_fails_for_a_moment_makes_no_profile_of_a_header() {
    let lake = Lake::amazon().await;
    lake.put(&format!("{EXPORT}/model.json"), model("", &[])).await;
    lake.put(&format!("{EXPORT}/{}", dated(1, "")), part(0, 100)).await;
    let proxy = Proxy::before(lake.address());
    let app = app_on(&lake, proxy.port, &["--storage-retries", "0"]).await;

    proxy.set(Fault::Storm(1));
    refused(register(&app, &insights(&lake)).await, 503).await;

    assert!(proxy.is_over());
    let segment = good(register(&app, &insights(&lake)).await).await;
    assert_eq!(segment["memberCount"], 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_in_a_bucket_of_google_is_exported() {
    let lake = Lake::google().await;
    lake.put("crm/part-1.csv", part(0, 1_000)).await;
    lake.put("crm/part 2.csv.gz", gzip(&part(1_000, 500))).await;
    let app = app_on(&lake, lake.port(), &[]).await;
    good(register(&app, &files(&lake, "crm")).await).await;
    let export = app.export(&app.connection().await).await;

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!((&run["status"], app.active().await), (&json!("successful"), 1_500), "{run}");
}
