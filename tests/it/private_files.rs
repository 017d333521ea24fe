//! What the program creates is for its owner alone, whatever the process was started with.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::Method;
use tempfile::TempDir;

use crate::orphans::begun_body;
use crate::support::{TestApp, good};

/// Becomes the program, with a mask that hides nothing.
const OPEN_TO_ALL: [&str; 4] = ["sh", "-c", "umask 0 && exec \"$@\"", "sh"];

/// Everything below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let with_inner = |path: PathBuf| {
        let inner = if path.is_dir() { below(&path) } else { vec![] };
        [vec![path], inner].concat()
    };
    entries.flat_map(with_inner).collect()
}

/// Those that others than the owner may read, write or enter.
fn open_to_others(paths: &[PathBuf]) -> Vec<&PathBuf> {
    // What is gone by now is open to nobody.
    let mode = |path: &Path| fs::metadata(path).map_or(0, |file| file.permissions().mode());
    paths.iter().filter(|path| mode(path) & 0o077 != 0).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_service_creates_is_for_its_owner_alone_under_any_umask() {
    let (data, temporary) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let at = |name: &str| data.path().join(name).display().to_string();
    let database = format!("sqlite://{}", at("made/it.db"));
    let mut app =
        TestApp::start_on(&database, &["--storage-url", &format!("file://{}", at("segments"))])
            .await;
    app.stop_service().await;
    for path in ["made", "segments"] {
        fs::remove_dir_all(at(path)).unwrap();
    }
    app.set_temporary_folder(temporary.path());
    app.start_process_by(&OPEN_TO_ALL).await;

    let export = app.export_of(3).await;
    app.ended(&app.start_run(&export).await).await;
    let upload = app.request("Admin", Method::PUT, "/segments/People/members");
    let upload = begun_body(upload.header("Content-Type", "text/csv")).await;
    assert!(below(temporary.path()).is_empty(), "what is received has no name");
    let during = below(data.path());
    drop(upload.rest);
    good(upload.answer.await.unwrap().unwrap()).await;

    for name in ["it.db", "it.db-wal", "it.db-shm", "it.db.lock"] {
        assert!(during.contains(&data.path().join("made").join(name)), "{name}: {during:?}");
    }
    assert!(during.iter().any(|path| path.extension().is_some_and(|end| end == "parquet")));
    assert!(open_to_others(&during).is_empty(), "{during:?}");
    let all = below(data.path());
    assert!(open_to_others(&all).is_empty(), "{all:?}");
    app.kill_process().await;
}

#[test]
fn a_sample_is_for_its_owner_alone() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("members.csv");
    let mut sample = Command::new(OPEN_TO_ALL[0]);
    sample.args(&OPEN_TO_ALL[1..]).arg(env!("CARGO_BIN_EXE_segment-export"));
    let made = sample.args(["sample", "--rows", "3", "--out"]).arg(&file).status().unwrap();
    assert!(made.success());
    assert!(open_to_others(&[file]).is_empty());
}
