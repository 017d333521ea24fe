//! Changing a segment: what is left out stays, and exports keep the members that they were made for.

use reqwest::Method;
use serde_json::{Value, json};

use crate::orphans::kept;
use crate::support::{TestApp, good, people, refused, text};

#[tokio::test(flavor = "multi_thread")]
async fn renaming_a_segment_keeps_its_source_and_its_members() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    app.segment("Uploaded", &people(3)).await;
    std::fs::write(app.storage().join("part.csv"), people(2)).unwrap();
    let source = json!({"kind": "files", "format": "csv", "url": app.storage_url("part.csv")});
    app.put("/segments/Files", &json!({"displayName": "Files", "source": source})).await;
    std::fs::remove_file(app.storage().join("part.csv")).unwrap();
    for path in ["/segments/Uploaded", "/segments/Files"] {
        for method in [Method::PUT, Method::PATCH] {
            let before = app.get(path).await;
            let name = format!("Renamed by {method}");
            let call = app.request("Admin", method, path).json(&json!({"displayName": name}));

            let after = good(call.send().await.unwrap()).await;

            assert_eq!(after["displayName"], name);
            assert_eq!(after["version"].as_i64().unwrap(), before["version"].as_i64().unwrap() + 1);
            for member in ["source", "memberCount", "fields", "refreshedUtc", "state"] {
                assert_eq!(after[member], before[member], "{path}: {member}");
            }
        }
    }
    let members = app.get("/segments/Uploaded/members").await;
    assert_eq!(members["items"].as_array().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_changes_what_it_names_of_a_segment_that_exists() {
    let app = TestApp::start_with(&["--roles", "api"]).await;
    app.segment("People", &people(3)).await;
    std::fs::write(app.storage().join("part.csv"), people(2)).unwrap();
    let files = json!({"kind": "files", "format": "csv", "url": app.storage_url("part.csv")});
    let patch = async |body: Value| {
        let call = app.request("Admin", Method::PATCH, "/segments/People").json(&body);
        call.send().await.unwrap()
    };

    let segment = good(patch(json!({"source": files})).await).await;
    assert_eq!((&segment["displayName"], &segment["memberCount"]), (&json!("People"), &json!(2)));
    assert!(kept(&app).is_empty(), "the upload is gone");
    let segment = good(patch(json!({})).await).await;
    assert_eq!(segment["source"]["kind"], "files");

    for (body, pointer) in [
        (json!({"source": null}), "/source"),
        (json!({"displayName": null}), "/displayName"),
        (json!({"source": {"kind": "files", "format": "csv"}}), "/source/url"),
    ] {
        let problem = refused(patch(body).await, 400).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let nobody = app.request("Admin", Method::PATCH, "/segments/Nobody");
    refused(nobody.json(&json!({"displayName": "Nobody"})).send().await.unwrap(), 404).await;
    assert_eq!(app.get("/segments").await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_in_use_keeps_its_kind_of_source_and_has_members() {
    let app = TestApp::start().await;
    let folder = app.storage().join("crm");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.csv"), people(2)).unwrap();
    std::fs::write(folder.join("b.csv"), people(4)).unwrap();
    std::fs::write(folder.join("none.csv"), people(0)).unwrap();
    let files = |file: &str| {
        let url = app.storage_url(&format!("crm/{file}"));
        json!({"kind": "files", "format": "csv", "url": url})
    };
    app.put("/segments/People", &json!({"displayName": "People", "source": files("a.csv")})).await;
    let export = app.export(&app.connection().await).await;
    let change = async |method: Method, source: Value| {
        let body = json!({"displayName": "People", "source": source});
        app.request("Admin", method, "/segments/People").json(&body).send().await.unwrap()
    };
    for method in [Method::PUT, Method::PATCH] {
        for source in [json!({"kind": "upload"}), files("none.csv")] {
            let problem = refused(change(method.clone(), source).await, 409).await;
            assert_eq!(problem["errorCode"], "segmentInUse", "{problem}");
            assert_eq!(problem["dependants"][0]["exportId"], export.as_str());
            assert!(text(&problem, "detail").contains("another kind"), "{problem}");
        }
    }
    assert_eq!(app.get("/segments/People").await["memberCount"], 2);
    let moved = good(change(Method::PATCH, files("b.csv")).await).await;
    assert_eq!(moved["memberCount"], 4);

    app.request("Admin", Method::DELETE, &format!("/exports/{export}")).send().await.unwrap();
    good(change(Method::PUT, json!({"kind": "upload"})).await).await;
}
