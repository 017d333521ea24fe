//! Days on which the machine fails in other ways than by a full disk: no more files, a disk that turns read-only, a
//! clock that jumps, no file descriptors left, names that are not found. The service says so and recovers by itself.

use std::net::TcpStream;
use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::json;

use crate::programs::debian_with;
use crate::support::disk::SmallDisk;
use crate::support::{TestApp, good, is_told_to_come_back, not_ready, people, until};

/// Files and folders that a small disk has room for.
const FILES: u32 = 64;

/// A service with members, whose storage is on a small disk.
async fn stored_on(disk: &SmallDisk) -> (TestApp, String) {
    let url = format!("file://{}", disk.path().display());
    let app = TestApp::start_with(&["--storage-url", &url]).await;
    let export = app.export_of(3).await;
    (app, export)
}

/// Uploads are refused and runs go on until `mend`; then everything is well by itself.
async fn storage_recovers(app: &TestApp, export: &str, mend: impl FnOnce()) {
    is_told_to_come_back(app.upload("People", "text/csv", people(5)).await).await;
    until(async || not_ready(app).await == ["storage"]).await;
    let run = app.ended(&app.start_run(export).await).await;
    assert_eq!(run["status"], "successful", "what is stored is read: {run}");
    assert_eq!(app.get("/segments/People").await["memberCount"], 3);

    mend();
    good(app.upload("People", "text/csv", people(5)).await).await;
    until(async || not_ready(app).await.is_empty()).await;
    assert_eq!(app.get("/segments/People").await["memberCount"], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_can_hold_no_more_files_refuses_uploads_until_it_can() {
    let disk = SmallDisk::mount_for(FILES);
    let (app, export) = stored_on(&disk).await;
    disk.use_up_files();
    storage_recovers(&app, &export, || disk.remove_files()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storage_that_turns_read_only_refuses_uploads_until_it_can_be_written() {
    let disk = SmallDisk::mount(4);
    let (app, export) = stored_on(&disk).await;
    disk.remount("ro");
    storage_recovers(&app, &export, || disk.remount("rw")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_folder_without_files_or_read_only_refuses_uploads_until_it_is_well() {
    let disk = SmallDisk::mount_for(FILES);
    let mut app = TestApp::start().await;
    app.segment("People", &people(3)).await;
    app.stop_service().await;
    app.start_process_with_temporary_folder(disk.path()).await;
    let upload = async || app.upload("People", "text/csv", people(5)).await;

    disk.use_up_files();
    is_told_to_come_back(upload().await).await;
    disk.remove_files();
    good(upload().await).await;
    disk.remount("ro");
    is_told_to_come_back(upload().await).await;
    disk.remount("rw");
    good(upload().await).await;
    app.kill_process().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_on_a_disk_that_can_hold_no_more_files_goes_on() {
    let disk = SmallDisk::mount_for(FILES);
    let database = format!("sqlite://{}/it.db", disk.path().display());
    let app = TestApp::start_on(&database, &[]).await;
    let export = app.export_of(3).await;
    disk.use_up_files();
    let run = app.ended(&app.start_run(&export).await).await;
    assert_eq!(run["status"], "successful", "{run}");
    assert_eq!(not_ready(&app).await, [""; 0]);
}

/// The file descriptors that the process has open.
fn open_files(app: &TestApp) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", app.process_id())).unwrap().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_file_descriptors_uploads_are_refused_and_runs_wait_until_there_are_some() {
    let mut app = TestApp::start_with(&["--stalls-max", "100"]).await;
    let export = app.export_of(3).await;
    app.stop_service().await;
    app.start_process().await;
    app.get("/segments/People").await;
    let (most, pid) = (open_files(&app) + 24, app.process_id().to_string());
    let mut limit = std::process::Command::new("prlimit");
    assert!(limit.args(["--pid", &pid, &format!("--nofile={most}")]).status().unwrap().success());

    let address = app.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
    let hoard: Vec<_> = (0..64).map(|_| TcpStream::connect(&address).unwrap()).collect();
    until(async || open_files(&app) >= most).await;
    is_told_to_come_back(app.upload("People", "text/csv", people(5)).await).await;
    until(async || not_ready(&app).await.contains(&"storage".to_owned())).await;
    let run = app.start_run(&export).await;
    app.get("/segments/People").await;

    drop(hoard);
    until(async || not_ready(&app).await.is_empty()).await;
    let run = app.ended(&run).await;
    assert_eq!((&run["status"], app.active().await), (&json!("successful"), 3), "{run}");
    good(app.upload("People", "text/csv", people(5)).await).await;
    let newcomer = reqwest::get(format!("{}livez", app.url())).await;
    assert_eq!(newcomer.unwrap().status(), 200);
    app.kill_process().await;
}

/// Becomes the program, with a file of its own in place of each of these.
fn with_files(hosts: &Path, resolver: &Path) -> Vec<String> {
    let (hosts, resolver) = (hosts.display(), resolver.display());
    let script = format!(
        "mount --bind {hosts} /etc/hosts && mount --bind {resolver} /etc/resolv.conf && exec \"$@\""
    );
    ["unshare", "--mount", "sh", "-c", &script, "sh"].map(str::to_owned).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_waits_while_the_name_of_campaign_monitor_is_not_found() {
    let folder = tempfile::tempdir().unwrap();
    let (hosts, resolver) = (folder.path().join("hosts"), folder.path().join("resolv.conf"));
    let known = "127.0.0.1 localhost campaign-monitor.test\n";
    std::fs::write(&hosts, known).unwrap();
    // Nobody answers there.
    std::fs::write(&resolver, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n").unwrap();
    let mut app = TestApp::start().await;
    let port = app.sandbox.url().port().unwrap();
    let url = format!("http://campaign-monitor.test:{port}");
    app.stop_service().await;
    app.set_extra(&["--stalls-max", "100", "--campaign-monitor-url", &url]);
    let launcher = with_files(&hosts, &resolver);
    app.start_process_by(&launcher.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let export = app.export_of(3).await;

    std::fs::write(&hosts, "127.0.0.1 localhost\n").unwrap();
    let run = app.start_run(&export).await;
    let waiting = app.run_when(&run, |run| run["reason"].is_object()).await;
    assert_eq!(waiting["reason"]["code"], "destinationUnavailable", "{waiting}");
    assert_eq!(waiting["endUtc"], json!(null), "{waiting}");
    std::fs::write(&hosts, known).unwrap();

    let run = app.ended(&run).await;
    assert_eq!((&run["status"], app.active().await), (&json!("successful"), 3), "{run}");
    app.kill_process().await;
}

/// A clock of the program's own, which a file moves: by so many seconds from the real one.
struct MovableClock(tempfile::TempDir);

impl MovableClock {
    async fn new() -> Self {
        let clock = Self(tempfile::tempdir().unwrap());
        clock.set(0);
        debian_with("faketime", "/usr/bin/faketime").await;
        clock
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("clock")
    }

    /// In one step: nobody reads half of it.
    fn set(&self, seconds: i64) {
        let new = self.0.path().join("new");
        std::fs::write(&new, format!("{seconds:+}\n")).unwrap();
        std::fs::rename(new, self.file()).unwrap();
    }

    /// Becomes the program, under this clock.
    fn launcher(&self) -> Vec<String> {
        let libraries = std::fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
        let mut libraries = libraries.map(|folder| folder.join("faketime/libfaketime.so.1"));
        let library = libraries.find(|library| library.exists()).unwrap();
        let file = self.file();
        let variables = [
            format!("LD_PRELOAD={}", library.display()),
            format!("FAKETIME_TIMESTAMP_FILE={}", file.display()),
        ];
        let plain = ["FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1"];
        let words = ["env".to_owned()].into_iter().chain(variables);
        words.chain(plain.map(str::to_owned)).collect()
    }
}

/// Two runs of a connection are open, one executed and one queued, when the clock jumps.
async fn runs_end_well_when_the_clock_jumps(seconds: i64) {
    let clock = MovableClock::new().await;
    let mut app = TestApp::start().await;
    app.stop_service().await;
    let launcher = clock.launcher();
    app.start_process_by(&launcher.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let first = app.export_of(20_000).await;
    let copy = app.post(&format!("/exports/{first}/duplicate"), &json!({})).await;
    let second = copy["exportId"].as_str().unwrap().to_owned();
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 100}}}])).await;
    let running = app.start_run(&first).await;
    app.run_when(&running, |run| run["counts"]["created"].as_i64() > Some(0)).await;
    let queued = app.start_run(&second).await;

    clock.set(seconds);

    for run in [running, queued] {
        let run = app.ended(&run).await;
        assert_eq!(run["status"], "successful", "{run}");
    }
    assert_eq!(app.active().await, 20_000);
    let rename = app.request("Admin", Method::PATCH, "/segments/People");
    good(rename.json(&json!({"displayName": "New"})).send().await.unwrap()).await;
    let run = app.ended(&app.start_run(&first).await).await;
    assert_eq!(run["status"], "successful", "{run}");
    assert_eq!(not_ready(&app).await, [""; 0]);
    app.kill_process().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_end_well_when_the_clock_jumps_an_hour_ahead() {
    runs_end_well_when_the_clock_jumps(3_600).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_end_well_when_the_clock_jumps_an_hour_back() {
    runs_end_well_when_the_clock_jumps(-3_600).await;
}
