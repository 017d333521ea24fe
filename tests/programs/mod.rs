//! Brings programs of others, at pinned versions, once: for tests that show the service to them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

/// One installation at a time: several tests want the same one.
pub static INSTALLING: Mutex<()> = Mutex::const_new(());

/// Runs a program to its end.
pub async fn run(program: impl AsRef<Path>, arguments: &[&str], folder: &str) -> Output {
    let mut command = Command::new(program.as_ref());
    command.args(arguments).current_dir(folder);
    let output = spawn_blocking(move || command.output()).await.unwrap();
    output.unwrap_or_else(|error| panic!("{}: {error}", program.as_ref().display()))
}

/// Runs a program that must succeed, and shows its output where it fails.
pub async fn succeed(program: impl AsRef<Path>, arguments: &[&str], folder: &str) {
    let output = run(program.as_ref(), arguments, folder).await;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{} {arguments:?} failed\n{}\n{}",
        program.as_ref().display(),
        text(&output.stdout),
        text(&output.stderr)
    );
}

/// A virtual environment with a package; its folder is named after it, so a new version makes a new one.
pub async fn python_with(package: &str) -> PathBuf {
    let _alone = INSTALLING.lock().await;
    let name = package.replace("==", "-");
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("venv-{name}"));
    let bin = home.join("bin");
    if !home.join("ready").exists() {
        succeed("python3", &["-m", "venv", "--clear", &home.to_string_lossy()], "/").await;
        succeed(bin.join("python"), &["-m", "pip", "install", "--quiet", package], "/").await;
        std::fs::write(home.join("ready"), "").unwrap();
    }
    bin
}

/// A package of Debian, installed where its program is missing.
pub async fn debian_with(package: &str, program: &str) {
    let _alone = INSTALLING.lock().await;
    if !Path::new(program).exists() {
        let install =
            format!("apt-get update && apt-get install -y --no-install-recommends {package}");
        succeed("sh", &["-c", &install], "/").await;
    }
}
