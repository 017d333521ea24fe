//! Files of an embedded database that are gone, damaged or not there yet, and a process that may open too few.

use std::process::{Command, Output};

use segment_export::db::FileLock;

use crate::support::{TestApp, not_ready, people, until};

fn run(words: &[&str]) -> (Output, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segment-export"));
    let output = command.args(words).env("RUST_LOG", "error").output().unwrap();
    let said = String::from_utf8([&output.stdout[..], &output.stderr].concat()).unwrap();
    (output, said)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_whose_database_or_lock_was_removed_is_not_ready() {
    for gone in ["gone.db", "gone.db.lock"] {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/gone.db", folder.path().display());
        let lock = FileLock::take(&url).unwrap();
        let app = TestApp::start_on(&url, &[]).await;
        app.segment("People", &people(1)).await;
        assert_eq!(not_ready(&app).await, Vec::<String>::new());
        let (file, elsewhere) = (folder.path().join(gone), folder.path().join("elsewhere"));
        std::fs::rename(&file, &elsewhere).unwrap();
        until(async || not_ready(&app).await == ["database"]).await;
        std::fs::write(&file, "").unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        assert_eq!(not_ready(&app).await, ["database"], "another file is in its place");
        std::fs::rename(&elsewhere, &file).unwrap();
        until(async || not_ready(&app).await.is_empty()).await;
        drop(lock);
    }
}

#[test]
fn a_command_that_looks_at_a_database_creates_none_where_the_address_is_mistyped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mistyped/segment.db");
    let url = format!("sqlite://{}", file.display());
    for words in [["audit", "verify"], ["keys", "status"], ["keys", "rotate"]] {
        let (output, said) = run(&[&words[..], &["--dev", "--database-url", &url]].concat());
        let is_told = said.contains("does not exist") && said.contains(&*file.to_string_lossy());
        assert!(!output.status.success() && is_told, "{words:?}: {said}");
        assert!(!file.exists() && !file.parent().unwrap().exists(), "{words:?}");
    }
    let (output, said) = run(&["migrate", "--dev", "--database-url", &url]);
    assert!(output.status.success() && file.exists(), "{said}");
}

#[test]
fn a_database_that_is_none_is_named_once_when_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("segment.db");
    std::fs::write(&file, "no database".repeat(1_000)).unwrap();
    let url = format!("sqlite://{}", file.display());
    let (output, said) = run(&["migrate", "--dev", "--database-url", &url]);
    assert!(!output.status.success(), "{said}");
    for once in [&*file.to_string_lossy(), "file is not a database"] {
        assert_eq!(said.matches(once).count(), 1, "{said}");
    }
}

#[test]
fn a_process_that_may_open_too_few_files_says_so_and_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/segment.db", folder.path().display());
    let mut command = Command::new("prlimit");
    command.args(["--nofile=60", env!("CARGO_BIN_EXE_segment-export"), "serve", "--dev"]);
    let output = command.args(["--database-url", &url]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("may open 60 files"), "{said}");
    assert!(said.contains("ulimit -n"), "{said}");
}
