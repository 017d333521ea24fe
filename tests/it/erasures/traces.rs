//! Searches everything that the service and the offline Campaign Monitor keep for a text.

use std::fs;
use std::path::{Path, PathBuf};

use parquet::file::reader::SerializedFileReader;
use reqwest::Method;
use segment_export::db::ReadHandle;
use segment_export::sql;
use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::support::{TestApp, text};

/// The files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// What a file holds, as text: of Parquet every value, because its pages are compressed.
fn content(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    if path.extension().is_some_and(|extension| extension == "parquet") {
        let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
        text.extend(reader.into_iter().map(|row| row.unwrap().to_string()));
    }
    text.to_lowercase()
}

/// The files of the service, its database and its log among them, that hold one of these texts.
pub fn in_files(app: &TestApp, sought: &[&str]) -> Vec<PathBuf> {
    let folder = app.storage().parent().unwrap().to_owned();
    let has = |path: &PathBuf| {
        let content = content(path);
        sought.iter().any(|text| content.contains(text))
    };
    files(&folder).into_iter().filter(has).collect()
}

/// What a rejected row may still say once its person is erased: no value of theirs, in whatever column.
const KEPT_OF_REJECTIONS: [&str; 6] = ["run_id", "position", "batch", "outcome", "code", "message"];

/// Columns that still have something in rejected rows of somebody who was erased. The columns are those of the schema:
/// a new one is walked too.
pub async fn left_in_rejections(app: &TestApp) -> Vec<String> {
    let app = app.open().await;
    let mut db = app.db.read().await.unwrap();
    let columns = match db {
        ReadHandle::Sqlite(_) => "SELECT name FROM pragma_table_info('rejections')",
        ReadHandle::Postgres(_) => {
            "SELECT CAST(column_name AS TEXT) FROM information_schema.columns WHERE table_name = 'rejections'"
        }
    };
    let columns: Vec<String> =
        sql!(&mut db, |db| sqlx::query_scalar(columns).fetch_all(db).await.unwrap());
    let mut left = vec![];
    for column in columns.into_iter().filter(|one| !KEPT_OF_REJECTIONS.contains(&one.as_str())) {
        let select = format!(
            "SELECT COUNT(*) FROM rejections WHERE message = 'Erased on request.'
             AND CAST({column} AS TEXT) <> ''"
        );
        let rows: i64 = sql!(&mut db, |db| sqlx::query_scalar(AssertSqlSafe(select))
            .fetch_one(db)
            .await
            .unwrap());
        if rows > 0 {
            left.push(column);
        }
    }
    left
}

/// The tables of `PostgreSQL` with a row that holds one of these texts; none on the other engine: its
/// file is searched.
pub async fn in_tables(app: &TestApp, sought: &[&str]) -> Vec<String> {
    let app = app.open().await;
    let mut db = app.db.read().await.unwrap();
    if matches!(db, ReadHandle::Sqlite(_)) {
        return vec![];
    }
    let tables: Vec<String> = sql!(&mut db, |db| {
        sqlx::query_scalar(
        "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = 'public'"
    )
    .fetch_all(db)
    .await
    .unwrap()
    });
    assert!(tables.len() > 20, "{tables:?}");
    let mut found = vec![];
    for table in tables {
        let select = format!("SELECT lower(CAST(t AS TEXT)) FROM \"{table}\" AS t");
        let rows: Vec<String> = sql!(&mut db, |db| sqlx::query_scalar(AssertSqlSafe(select))
            .fetch_all(db)
            .await
            .unwrap());
        if rows.iter().any(|row| sought.iter().any(|text| row.contains(text))) {
            found.push(table);
        }
    }
    found
}

/// What the offline Campaign Monitor has with one of these texts: of everything, but for people whom a list knows as
/// deleted.
pub async fn in_sandbox(app: &TestApp, sought: &[&str]) -> Vec<String> {
    let read = async |path: &str| -> Value {
        let call = app.campaign_monitor(Method::GET, path).send().await.unwrap();
        call.error_for_status().unwrap().json().await.unwrap()
    };
    let mut all = vec![];
    for command in ["calls", "faults", "settings"] {
        all.push(app.sandbox_says(command).await);
    }
    for client in read("clients.json").await.as_array().unwrap() {
        let client = format!("clients/{}", text(client, "ClientID"));
        all.push(read(&format!("{client}.json")).await);
        all.push(read(&format!("{client}/suppressionlist.json")).await);
        for list in read(&format!("{client}/lists.json")).await.as_array().unwrap() {
            let list = format!("lists/{}", text(list, "ListID"));
            for about in ["", "/customfields", "/webhooks"] {
                all.push(read(&format!("{list}{about}.json")).await);
            }
            let people = app.sandbox_says(&format!("{list}/subscribers")).await;
            let people = people.as_array().unwrap().iter();
            all.extend(people.filter(|person| person["state"] != "Deleted").cloned());
        }
    }
    let has = |content: &String| sought.iter().any(|text| content.contains(text));
    all.iter().map(|content| content.to_string().to_lowercase()).filter(has).collect()
}
