//! Segments: what is taken in, what is refused, and where members are read from.

use reqwest::Method;
use segment_export::sample::Sample;
use segment_export::storage::Media;
use serde_json::{Value, json};

use crate::identity::{KEY, KEY_ID, Provider, sign};
use crate::support::{TestApp, good, people, refused, text};

fn parquet(rows: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    Sample { rows, seed: 3 }.write(Media::Parquet, &mut bytes).unwrap();
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parquet_file_cut_in_half_is_refused_and_the_old_members_stay() {
    let app = TestApp::start().await;
    app.segment("People", &people(10)).await;
    let whole = parquet(2_000);
    let media = "application/vnd.apache.parquet";

    let half = whole[..whole.len() / 2].to_vec();
    let problem = refused(app.upload("People", media, half).await, 400).await;
    assert!(text(&problem, "detail").contains("Parquet"), "{problem}");
    assert_eq!(app.get("/segments/People").await["memberCount"], 10);

    good(app.upload("People", media, whole).await).await;
    assert_eq!(app.get("/segments/People").await["memberCount"], 2_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_beyond_the_limit_is_refused_as_too_large() {
    let app = TestApp::start_with(&["--max-upload-bytes", "100000"]).await;
    app.put("/segments/People", &json!({"displayName": "People"})).await;
    let problem = refused(app.upload("People", "text/csv", people(20_000)).await, 413).await;
    assert_eq!(problem["errorCode"], "tooLarge");
    assert_eq!(app.get("/segments/People").await["state"], "inactive");
}

/// “You have configured segments in audience insights.”
#[tokio::test(flavor = "multi_thread")]
async fn members_may_lie_in_files_that_somebody_else_writes() {
    let app = TestApp::start().await;
    std::fs::write(app.storage().join("part.csv"), people(1_500)).unwrap();
    let source = json!({"kind": "files", "format": "csv", "url": app.storage_url("part.csv")});
    let segment = json!({"displayName": "People", "source": source});
    let segment = app.put("/segments/People", &segment).await;
    assert_eq!(segment["memberCount"], 1_500);
    let export = app.export(&app.connection().await).await;

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!(run["status"], "successful", "{run}");
    assert_eq!(app.active().await, 1_500);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_outside_the_storage_root_are_refused() {
    let app = TestApp::start().await;
    for url in ["file:///etc/passwd", "../secret.csv", "https://example.com/x.csv"] {
        let source = json!({"kind": "files", "format": "csv", "url": url});
        let segment = json!({"displayName": "People", "source": source});
        let request = app.request("Admin", Method::PUT, "/segments/People").json(&segment);
        let problem = refused(request.send().await.unwrap(), 422).await;
        assert_eq!(problem["errors"][0]["pointer"], "/source/url", "{url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_under_a_run_ends_it_with_the_reason() {
    let app = TestApp::start().await;
    let file = app.storage().join("part.csv");
    std::fs::write(&file, people(300_000)).unwrap();
    let source = json!({"kind": "files", "format": "csv", "url": app.storage_url("part.csv")});
    app.put("/segments/People", &json!({"displayName": "People", "source": source})).await;
    let export = app.export(&app.connection().await).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 100}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(0)).await;

    std::fs::write(&file, people(10)).unwrap();

    let run = app.ended(&run).await;
    assert_eq!(run["status"], "failed", "{run}");
    assert_eq!(run["reason"]["code"], "segmentChanged");
    assert_eq!(run["counts"]["created"], app.active().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_in_use_stays_and_names_its_exports() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    let export = app.export(&app.connection().await).await;
    let delete = async || app.request("Admin", Method::DELETE, "/segments/People").send().await;

    let problem = refused(delete().await.unwrap(), 409).await;
    assert_eq!(problem["dependants"][0]["exportId"], export.as_str());

    app.request("Admin", Method::DELETE, &format!("/exports/{export}")).send().await.unwrap();
    assert_eq!(delete().await.unwrap().status(), 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_may_be_written_as_its_source_says() {
    let app = TestApp::start().await;
    let folder = app.storage().join("crm");
    std::fs::create_dir_all(&folder).unwrap();
    let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, b"1;ann@example.com;R\xeezekne\n").unwrap();
    std::fs::write(folder.join("part.csv.gz"), packed.finish().unwrap()).unwrap();
    let csv = json!({"header": false, "columns": ["CustomerId", "Email", "City"], "delimiter": ";",
        "encoding": "windows1252"});
    let register = async |format: &str, csv: Value| {
        let source =
            json!({"kind": "files", "format": format, "url": app.storage_url("crm"), "csv": csv});
        let segment = json!({"displayName": "People", "source": source});
        app.request("Admin", Method::PUT, "/segments/People").json(&segment).send().await.unwrap()
    };
    for (status, format, csv, pointer) in [
        (422, "parquet", csv.clone(), "/source/csv"),
        (422, "csv", json!({"header": false}), "/source/csv/columns"),
        (400, "csv", json!({"delimiter": ";;"}), "/source/csv/delimiter"),
        (400, "csv", json!({"separator": ";"}), "/source/csv/separator"),
    ] {
        let problem = refused(register(format, csv).await, status).await;
        let found = text(&problem["errors"][0], "pointer");
        assert!(found.starts_with(pointer), "{problem}");
    }

    let segment = good(register("csv", csv.clone()).await).await;
    assert_eq!(segment["source"]["csv"]["delimiter"], ";", "{segment}");
    let members = app.get("/segments/People/members").await;
    assert_eq!(members["items"][0]["City"], "Rîzekne");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_reads_what_was_added_to_a_folder_since_it_was_registered() {
    let app = TestApp::start().await;
    let folder = app.storage().join("crm");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.csv"), people(10)).unwrap();
    let source = json!({"kind": "files", "format": "csv", "url": app.storage_url("crm")});
    app.put("/segments/People", &json!({"displayName": "People", "source": source})).await;
    let export = app.export(&app.connection().await).await;

    let more = "CustomerId,Email,City\n11,new@example.com,Riga\n";
    std::fs::write(folder.join("b.csv"), more).unwrap();
    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!((&run["status"], app.active().await), (&json!("successful"), 11), "{run}");
    assert_eq!(app.get("/segments/People").await["memberCount"], 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_a_root_is_closed_to_neither_registers_nor_reads_what_lies_there() {
    let mut app = TestApp::start_with(&["--roles", "api"]).await;
    std::fs::write(app.storage().join("part.csv"), people(3)).unwrap();
    let source = json!({"kind": "files", "format": "csv", "url": app.storage_url("part.csv")});
    let segment = json!({"displayName": "People", "source": source});
    app.put("/segments/People", &segment).await;

    let others = format!("default={}", uuid::Uuid::now_v7());
    app.restart_with(&["--roles", "api", "--storage-instances", &others]).await;

    let call = async |method, path| {
        app.request("Admin", method, path).json(&segment).send().await.unwrap()
    };
    let problem = refused(call(Method::PUT, "/segments/People").await, 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/source/url");
    refused(call(Method::GET, "/segments/People/members").await, 422).await;
    app.segment("Uploaded", &people(2)).await;
    assert_eq!(app.get("/segments/Uploaded/members").await["items"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_development_a_root_is_closed_to_every_instance_that_the_setting_does_not_name() {
    let provider = Provider::start();
    let keys = "one:b25lIGtleSBvZiB0aGUgdGVzdHMsIG5vdCBwdWJsaXM=";
    let mut app = TestApp::start().await;
    std::fs::write(app.storage().join("part.csv"), people(3)).unwrap();
    let source = json!({"kind": "files", "format": "csv", "url": app.storage_url("part.csv")});
    let files = json!({"displayName": "People", "source": source});
    let token = sign(&provider.claims(), KEY, KEY_ID);
    let (none, own, all) =
        (String::new(), format!("default={}", app.instance), "default=*".to_owned());
    for (instances, status) in [(none, 422), (own, 201), (all, 200)] {
        let settings = ["--auth-issuer", &provider.issuer, "--auth-audience", "segment-export"];
        let more = ["--encryption-keys", keys, "--storage-instances", &instances];
        app.restart_in_production(&[settings, more].concat()).await;
        let put = async |path: &str, media: &str, body: String| {
            let path = format!("v1/instances/{}/segments/{path}", app.instance);
            let call = app.anonymous(Method::PUT, &path).bearer_auth(&token).body(body);
            call.header("Content-Type", media).send().await.unwrap().status().as_u16()
        };
        assert_eq!(
            put("Files", "application/json", files.to_string()).await,
            status,
            "{instances}"
        );
        put("Uploaded", "application/json", json!({"displayName": "Uploaded"}).to_string()).await;
        assert_eq!(put("Uploaded/members", "text/csv", people(2)).await, 200, "uploads are taken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_meets_a_file_cut_short_fails_and_names_it() {
    let app = TestApp::start().await;
    let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, people(5_000).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    for (file, format, whole) in
        [("part.csv.gz", "csv", packed), ("part.parquet", "parquet", parquet(2_000))]
    {
        std::fs::write(app.storage().join(file), &whole).unwrap();
        let source = json!({"kind": "files", "format": format, "url": app.storage_url(file)});
        app.put("/segments/People", &json!({"displayName": "People", "source": source})).await;
        let export = app.export(&app.connection().await).await;
        std::fs::write(app.storage().join(file), &whole[..whole.len() / 2]).unwrap();

        let run = app.ended(&app.start_run(&export).await).await;

        let reason = &run["reason"];
        assert_eq!(
            (&run["status"], &reason["code"]),
            (&json!("failed"), &json!("segmentUnreadable"))
        );
        assert!(text(reason, "message").contains(&format!("{file}: ")), "{run}");
    }
    assert_eq!(app.active().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_root_was_taken_out_of_the_settings_fails_and_says_so() {
    let crm = tempfile::tempdir().unwrap();
    std::fs::write(crm.path().join("part.csv"), people(20_000)).unwrap();
    let roots = format!("crm=file://{}", crm.path().display());
    let mut app = TestApp::start_with(&["--storage-roots", &roots]).await;
    let url = format!("file://{}/part.csv", crm.path().display());
    let source = json!({"kind": "files", "format": "csv", "url": url});
    app.put("/segments/People", &json!({"displayName": "People", "source": source})).await;
    let export = app.export(&app.connection().await).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 200}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(0)).await;

    app.restart_with(&[]).await;

    let run = app.ended(&run).await;
    let reason = &run["reason"];
    assert_eq!((&run["status"], &reason["code"]), (&json!("failed"), &json!("storageRefused")));
    assert!(text(reason, "message").contains("root \"crm\" is no longer configured"), "{run}");
    assert_eq!(run["counts"]["created"], app.active().await, "{run}");
}
