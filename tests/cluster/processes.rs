//! The processes of the service, and what can happen to one.

use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::Response;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::services::{free_port, wait_for};

const BINARY: &str = env!("CARGO_BIN_EXE_segment-export");
const STOP_MAX: Duration = Duration::from_mins(1);

/// A process of ours that is started again on the same port when it is gone.
pub struct Process {
    /// What it is, for the report.
    pub name: String,
    pub port: u16,
    arguments: Vec<String>,
    /// Where its log goes; errors alone are shown without.
    log: Option<PathBuf>,
    /// Variables beside those of the test.
    environment: Vec<(String, String)>,
    child: Option<Child>,
}

impl Process {
    pub async fn start(name: &str, arguments: &[String]) -> Result<Self> {
        Self::start_logged(name, arguments, None).await
    }

    pub async fn start_logged(
        name: &str,
        arguments: &[String],
        log: Option<PathBuf>,
    ) -> Result<Self> {
        let mut process = Self::new(name, arguments)?;
        process.log = log;
        process.start_again().await?;
        Ok(process)
    }

    /// With these variables in its environment.
    pub async fn start_in(
        environment: &[(String, String)],
        name: &str,
        arguments: &[String],
    ) -> Result<Self> {
        let mut process = Self::new(name, arguments)?;
        process.environment = environment.to_vec();
        process.start_again().await?;
        Ok(process)
    }

    fn new(name: &str, arguments: &[String]) -> Result<Self> {
        let (name, port, arguments) = (name.to_owned(), free_port()?, arguments.to_vec());
        Ok(Self { name, port, arguments, log: None, environment: vec![], child: None })
    }

    pub async fn start_again(&mut self) -> Result<()> {
        let mut command = Command::new(BINARY);
        command.args(&self.arguments).args(["--bind", &format!("127.0.0.1:{}", self.port)]);
        command.env("RUST_LOG", "error,actix_http=off").stdout(Stdio::null()).kill_on_drop(true);
        command.envs(self.environment.iter().cloned());
        if let Some(log) = &self.log {
            let log = File::options().create(true).append(true).open(log)?;
            command.env("RUST_LOG", "debug").stderr(log);
        }
        self.child = Some(command.spawn()?);
        wait_for(self.port).await
    }

    /// As `kill -9` does.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.take().context("it is gone already")?.kill().await?)
    }

    /// Asks it to stop, and waits until it has.
    pub async fn terminate(&mut self) -> Result<()> {
        self.signal("TERM").await?;
        let mut child = self.child.take().context("it is gone already")?;
        timeout(STOP_MAX, child.wait()).await.context("it does not stop")??;
        Ok(())
    }

    /// An error when it has ended by itself.
    pub fn still_runs(&mut self) -> Result<()> {
        let ended = self.child.as_mut().context("it is gone already")?.try_wait()?;
        ensure!(ended.is_none(), "{} has ended by itself", self.name);
        Ok(())
    }

    /// What it answers at a path that needs no token.
    pub async fn get(&self, path: &str) -> Result<Response> {
        Ok(reqwest::get(format!("http://127.0.0.1:{}/{path}", self.port)).await?)
    }

    /// Its id.
    pub fn id(&self) -> Result<u32> {
        self.child.as_ref().and_then(Child::id).context("it is gone already")
    }

    /// How much memory it takes, by a line of `/proc/…/status` such as `VmHWM`, in bytes.
    pub fn memory(&self, line: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()?))?;
        let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
        let kib = found.and_then(|text| text.split_whitespace().next()).context("no such line")?;
        Ok(kib.parse::<u64>()? << 10)
    }

    /// From here on `VmHWM` is the peak of what comes.
    pub fn forget_peak(&self) -> Result<()> {
        Ok(std::fs::write(format!("/proc/{}/clear_refs", self.id()?), "5")?)
    }

    /// Holds it, or lets it go on.
    pub async fn signal(&self, signal: &str) -> Result<()> {
        send(signal, self.id()?).await
    }
}

/// Sends a signal to a process.
pub async fn send(signal: &str, id: u32) -> Result<()> {
    Command::new("kill").arg(format!("-{signal}")).arg(id.to_string()).status().await?;
    Ok(())
}

/// A token for everything.
pub async fn token() -> Result<String> {
    token_of(&[]).await
}

/// A token for everything, of somebody with this name.
pub async fn token_named(subject: &str) -> Result<String> {
    token_of(&["--subject", subject]).await
}

async fn token_of(more: &[&str]) -> Result<String> {
    let output = Command::new(BINARY).args(["token", "--dev"]).args(more).output().await?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
