//! The vendor's own Python library is content with the sandbox.
//!
//! Needs `python3` with `venv`; the library comes from `PyPI` at the pinned version, once.

#![expect(clippy::unwrap_used, reason = "a test says by a panic that it failed")]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use segment_export::campaign_monitor::sandbox::Sandbox;

fn run(program: &Path, arguments: &[&str]) -> ExitStatus {
    let status = Command::new(program).args(arguments).status();
    status.unwrap_or_else(|error| panic!("{} could not be started: {error}", program.display()))
}

/// The Python that has the library; its folder is named after the pins, so new pins make a new one.
fn python(requirements: &str) -> PathBuf {
    let pins = std::fs::read_to_string(requirements).unwrap();
    let name: String =
        pins.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let home =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("venv-{}", name.trim_matches('-')));
    let python = home.join("bin/python");
    if !home.join("ready").exists() {
        assert!(run(Path::new("python3"), &["-m", "venv", &home.to_string_lossy()]).success());
        assert!(run(&python, &["-m", "pip", "install", "--quiet", "-r", requirements]).success());
        std::fs::write(home.join("ready"), "").unwrap();
    }
    python
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vendors_python_library_is_content_with_the_sandbox() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract");
    let sandbox = Sandbox::start("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let url = sandbox.url();
    let work = move || {
        let python = python(&format!("{folder}/requirements.txt"));
        run(&python, &[&format!("{folder}/createsend_contract.py"), "--url", url.as_str()])
    };
    let status = tokio::task::spawn_blocking(work).await.unwrap();
    sandbox.stop().await;
    assert!(status.success(), "the contract is broken; its output is above");
}
