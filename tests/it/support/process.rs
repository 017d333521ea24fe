//! The service as a process of its own, and the commands of the program.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use reqwest::Method;
use tokio::process::Command;

use super::{PATIENCE, TestApp};

impl TestApp {
    /// Starts the service as a process of its own, on the data of the one before.
    pub async fn start_process(&mut self) {
        self.spawn_process("error", Stdio::inherit(), Stdio::inherit()).await;
    }

    /// The same, with its log in a file; `filter` says what is logged.
    pub async fn start_process_logged(&mut self, filter: &str, file: &Path) {
        let log = std::fs::File::create(file).unwrap();
        self.spawn_process(filter, log.try_clone().unwrap().into(), log.into()).await;
    }

    /// The same, with a temporary folder of its own.
    pub async fn start_process_with_temporary_folder(&mut self, folder: &Path) {
        self.set_temporary_folder(folder);
        self.start_process().await;
    }

    /// Where processes that are started from now on keep temporary files.
    pub fn set_temporary_folder(&mut self, folder: &Path) {
        self.temporary = Some(folder.into());
    }

    /// The same, by a program that becomes it, such as `prlimit --nofile=64`.
    pub async fn start_process_by(&mut self, launcher: &[&str]) {
        self.launcher = launcher.iter().map(ToString::to_string).collect();
        self.start_process().await;
    }

    async fn spawn_process(&mut self, filter: &str, out: Stdio, err: Stdio) {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let bind = free.local_addr().unwrap().to_string();
        drop(free);
        self.url = format!("http://{bind}/");
        let program = env!("CARGO_BIN_EXE_segment-export").to_owned();
        let words = [&self.launcher[..], &[program, "serve".to_owned()]].concat();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(&self.args(&bind)[1..]).env("RUST_LOG", filter);
        command.stdout(out).stderr(err);
        command.envs(self.temporary.as_ref().map(|folder| ("TMPDIR", folder)));
        self.process = Some(command.kill_on_drop(true).spawn().unwrap());
        let started = std::time::Instant::now();
        while self.anonymous(Method::GET, "livez").send().await.is_err() {
            assert!(started.elapsed() < PATIENCE, "the process does not serve");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Runs a command of the program beside the service, on its data: success, and what it printed.
    pub async fn command(&self, words: &[&str], more: &[&str]) -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_segment-export"));
        command.args(words).args(&self.args("127.0.0.1:0")[1..]).args(more);
        let output = command.env("RUST_LOG", "error").output().await.unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    }

    /// Sends the process a signal.
    pub async fn signal_process(&self, signal: &str) {
        let id = self.process.as_ref().unwrap().id().unwrap().to_string();
        let sent = Command::new("kill").args([&format!("-{signal}"), &id]).status().await;
        assert!(sent.unwrap().success());
    }

    pub fn process_id(&self) -> u32 {
        self.process.as_ref().unwrap().id().unwrap()
    }

    pub fn process_has_ended(&mut self) -> bool {
        self.process.as_mut().unwrap().try_wait().unwrap().is_some()
    }

    /// Waits for the end of the process.
    pub async fn process_ends(&mut self) {
        let mut process = self.process.take().unwrap();
        tokio::time::timeout(PATIENCE, process.wait()).await.expect("it does not end").unwrap();
    }

    /// Ends the process as `kill -9` does.
    pub async fn kill_process(&mut self) {
        self.process.take().unwrap().kill().await.unwrap();
    }
}
