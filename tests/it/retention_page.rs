//! The page of retention names every place with personal data: after a full tour, everything that the service has
//! written is gone through, in the database, in the storage, in temporary files, in its log and in Redis, and no
//! address is anywhere else.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use deadpool_redis::redis::AsyncCommands;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use reqwest::Method;
use segment_export::app::App;
use segment_export::db::ReadHandle;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use tempfile::TempDir;

use crate::alerts::ALLOWED;
use crate::leavers::run;
use crate::orphans::files_in;
use crate::retention_tour::{MEMBER, OUTGOING, ROW_LOG, USERS, members, tour};
use crate::support::redis::keys_and_values;
use crate::support::{TestApp, good, text};

/// The tables, each with all of its rows as text.
async fn tables(app: &App) -> Vec<(String, String)> {
    let mut tx = app.db.read().await.unwrap();
    match &mut tx {
        ReadHandle::Sqlite(db) => {
            let names =
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
            let names: Vec<String> = sqlx::query_scalar(names).fetch_all(&mut **db).await.unwrap();
            let mut tables = vec![];
            for name in names {
                let columns = format!(
                    "SELECT group_concat('quote(\"' || name || '\")', ' || '';'' || ') FROM pragma_table_info('{name}')"
                );
                let columns: String =
                    sqlx::query_scalar(AssertSqlSafe(columns)).fetch_one(&mut **db).await.unwrap();
                let rows = format!("SELECT {columns} FROM \"{name}\"");
                let rows: Vec<String> =
                    sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut **db).await.unwrap();
                tables.push((name, rows.join("\n")));
            }
            tables
        }
        ReadHandle::Postgres(db) => {
            let names = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
            let names: Vec<String> =
                sqlx::query_scalar(names).fetch_all(db.bounded()).await.unwrap();
            let mut tables = vec![];
            for name in names {
                let rows = format!("SELECT CAST(one AS TEXT) FROM \"{name}\" AS one");
                let rows: Vec<String> =
                    sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(db.bounded()).await.unwrap();
                tables.push((name, rows.join("\n")));
            }
            tables
        }
    }
}

/// What a file says: of Parquet its values, since they are compressed.
fn content(path: &Path) -> String {
    if path.extension().is_some_and(|extension| extension == "parquet") {
        let rows = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
        let values = rows.build().unwrap();
        let values: Vec<_> =
            values.map(|batch| format!("{:?}", batch.unwrap().columns())).collect();
        return values.concat();
    }
    String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
}

/// The folders of the storage, each with everything in its files.
fn folders(storage: &Path) -> Vec<(String, String)> {
    let folder = |path: &Path| {
        let below = path.strip_prefix(storage).unwrap();
        below.components().next().unwrap().as_os_str().to_string_lossy().into_owned()
    };
    files_in(storage).iter().map(|path| (folder(path), content(path))).collect()
}

/// The places of a type that the page names, of all people or of members alone.
fn named(page: &Value, place: &str, of_members: bool) -> BTreeSet<String> {
    let items = page["items"].as_array().unwrap().iter();
    let items = items.filter(|item| !of_members || item["whose"] == "members");
    let places = items.flat_map(|item| item["locations"].as_array().unwrap());
    places
        .filter(|one| one["type"] == place)
        .filter_map(|one| one["name"].as_str())
        .map(str::to_owned)
        .collect()
}

/// The places that have one of these texts.
fn with(places: &[(String, String)], needles: &[&str]) -> BTreeSet<String> {
    let has = |content: &str| {
        needles.iter().any(|needle| content.to_lowercase().contains(&needle.to_lowercase()))
    };
    places.iter().filter(|(_, content)| has(content)).map(|(name, _)| name.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_is_anywhere_that_the_page_does_not_name() {
    let mut app = TestApp::start_with(&ALLOWED).await;
    let (temporary, log) = (TempDir::new().unwrap(), app.storage().with_file_name("service.log"));
    app.stop_service().await;
    app.set_temporary_folder(temporary.path());
    app.start_process_logged("debug", &log).await;
    tour(&app).await;
    let page = app.get("/instance/retention").await;
    let tables = tables(&app.open().await).await;
    let found = with(&tables, &[MEMBER]);
    let expected = ["rejections", "value_problems", "verification_differences"].map(str::to_owned);
    assert!(found.is_subset(&named(&page, "table", true)), "{found:?}");
    assert!(
        found.is_superset(&expected[..2].iter().cloned().collect()),
        "the tour is too short: {found:?}"
    );
    let of_users = with(&tables, &USERS);
    assert!(of_users.is_subset(&named(&page, "table", false)), "{of_users:?}");
    assert!(
        of_users.contains("audit_events") && of_users.contains("idempotency_keys"),
        "{of_users:?}"
    );
    let left: Vec<_> = ["erasures", "alerts", "plans"]
        .into_iter()
        .filter(|table| !of_users.contains(*table))
        .collect();
    assert!(left.is_empty(), "the tour is too short: {left:?}");

    let folders = folders(&app.storage());
    let mut found = with(&folders, &[MEMBER]);
    for outgoing in [OUTGOING, ROW_LOG] {
        let address = app.storage_url(outgoing) + "/";
        let is_named = |place: &String| place.starts_with(&address);
        assert!(found.remove(outgoing), "{found:?}");
        assert!(named(&page, "source", true).iter().any(is_named), "{page:#}");
    }
    assert_eq!(found, ["baselines", "uploads"].map(str::to_owned).into());
    assert!(found.is_subset(&named(&page, "folder", true)));
    assert!(with(&folders, &USERS).is_empty());
    let rest = unnamed_files(&app, temporary.path(), &log);
    assert!(rest.iter().any(|(_, content)| content.contains("an erasure is completed")), "the log");
    assert!(with(&rest, &[MEMBER]).is_empty(), "{:?}", with(&rest, &[MEMBER]));
    app.kill_process().await;
    assert!(files_in(temporary.path()).is_empty(), "nothing stays of a process that was killed");
}

/// The log, the temporary folder, and files without a name that the process has open, such as spools of uploads.
fn unnamed_files(app: &TestApp, temporary: &Path, log: &Path) -> Vec<(String, String)> {
    let open = fs::read_dir(format!("/proc/{}/fd", app.process_id())).unwrap();
    let open = open.map(|entry| entry.unwrap().path());
    let is_unnamed = |path: &PathBuf| {
        fs::read_link(path).is_ok_and(|target| target.to_string_lossy().ends_with(" (deleted)"))
    };
    let all = files_in(temporary).into_iter().chain(open.filter(is_unnamed));
    let all = all.chain([log.to_owned()]);
    all.map(|path| (path.display().to_string(), content(&path))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_is_in_redis_which_the_page_does_not_name() {
    let mut app = TestApp::start_with(&ALLOWED).await;
    let Some((mut redis, queue)) = app.redis().await else { return };
    tour(&app).await;
    app.restart_with(&[ALLOWED.as_slice(), &["--roles", "api"]].concat()).await;
    app.post("/instance/resume", &json!({})).await;
    let export = text(&app.get("/exports").await["items"][1], "exportId");
    let run = app.start_run(&export).await;
    // Found, it shows that the search goes through values.
    let proof = format!("{queue}:{run}");
    let (key, value) = (proof.as_str(), "needle0@example.org");
    redis.hset::<_, _, _, ()>(key, "one", value).await.unwrap();

    let all = keys_and_values(&mut redis).await;

    redis.del::<_, ()>(key).await.unwrap();
    let entry = all.get(&queue).unwrap();
    assert!(entry.contains(&run), "nobody has taken the hint: {entry}");
    let entries = |(key, value): (String, String)| (key.clone(), key + &value);
    let all: Vec<_> = all.into_iter().map(entries).collect();
    let found = with(&all, &[&[MEMBER], USERS.as_slice()].concat());
    assert_eq!(found, [proof].into(), "the page names no address in Redis");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_that_the_page_names_exists() {
    let app = TestApp::start().await;
    let page =
        good(app.request("Viewer", Method::GET, "/instance/retention").send().await.unwrap()).await;
    let tables: BTreeSet<_> = tables(&app.app()).await.into_iter().map(|(name, _)| name).collect();
    let named = named(&page, "table", false);
    assert!(named.is_subset(&tables), "{named:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_has_the_ages_that_are_set() {
    let app = TestApp::start_with(&["--keep-rejections-days", "0", "--keep-runs-days", "7"]).await;
    let page = app.get("/instance/retention").await;
    let items = page["items"].as_array().unwrap();
    let age = |kind: &str| items.iter().find(|item| item["kind"] == kind).unwrap()["age"].clone();
    assert_eq!(age("rejections"), json!({"number": 7, "unit": "days"}), "as long as the run");
    assert_eq!(age("idempotencyAnswers"), json!({"number": 24, "unit": "hours"}));
    assert_eq!(age("lists"), Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_known_at_a_removed_export_is_in_no_file_any_more_and_its_history_stays() {
    let app = TestApp::start().await;
    app.segment("People", &(members(0..3) + "9,needle and no address,Riga,\n")).await;
    let connection = app.connection().await;
    let export = app.export(&connection).await;
    let ended = text(&run(&app, &export).await, "runId");
    app.segment("People", &members(0..4)).await;
    run(&app, &export).await;
    assert!(!files_in(&app.storage().join("baselines")).is_empty());
    let removal = app.request("Admin", Method::DELETE, &format!("/exports/{export}"));
    assert!(removal.send().await.unwrap().status().is_success());
    assert!(files_in(&app.storage().join("baselines")).is_empty(), "at once");
    assert!(with(&tables(&app.app()).await, &[&export]).iter().all(|table| table != "baselines"));
    let rejections = app.get(&format!("/runs/{ended}/rejections")).await;
    assert_eq!(rejections["items"].as_array().unwrap().len(), 1, "history stays until its age");

    let removal = app.request("Admin", Method::DELETE, &format!("/connections/{connection}"));
    assert!(removal.send().await.unwrap().status().is_success());
    assert_eq!(app.get(&format!("/runs/{ended}")).await["counts"]["invalid"], 1);
}
