//! What the service leans on, ours to fail at any moment: PostgreSQL, Redis, and the folder of the members.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::processes::send;

const START_MAX: Duration = Duration::from_secs(30);

/// A port of this machine that nobody uses; below those that outgoing connections take.
pub fn free_port() -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 100)? * 100;
    for _ in 0..100 {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed) % 100;
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("the ports from {first} are all taken")
}

/// Waits until somebody listens on a port.
pub async fn wait_for(port: u16) -> Result<()> {
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        ensure!(started.elapsed() < START_MAX, "nobody listens on port {port}");
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// A PostgreSQL server that writes to disk as in production.
pub struct Postgres {
    programs: PathBuf,
    data: PathBuf,
    port: u16,
}

impl Postgres {
    pub async fn start(folder: &Path) -> Result<Self> {
        let mut versions: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
            .context("install postgresql")?
            .flatten()
            .collect();
        versions.sort_by_key(std::fs::DirEntry::path);
        let programs = versions.last().context("install postgresql")?.path().join("bin");
        let postgres = Self { programs, data: folder.join("postgres"), port: free_port()? };
        if is_root()? {
            succeed(Command::new("chown").arg("postgres").arg(folder)).await?;
        }
        let init = ["-U", "postgres", "-A", "trust", "--no-sync"];
        succeed(postgres.as_postgres("initdb").args(init)).await?;
        postgres.start_again().await?;
        Ok(postgres)
    }

    /// A server in this folder that repeats what this one writes, and lets read.
    pub async fn standby(&self, folder: &Path) -> Result<Self> {
        let (programs, data) = (self.programs.clone(), folder.join("standby"));
        let standby = Self { programs, data, port: free_port()? };
        if is_root()? {
            succeed(Command::new("chown").arg("postgres").arg(folder)).await?;
        }
        let copy = ["-R", "-c", "fast", "-h", "127.0.0.1", "-U", "postgres", "-p"];
        let mut backup = standby.as_postgres("pg_basebackup");
        succeed(backup.args(copy).arg(self.port.to_string())).await?;
        standby.start_again().await?;
        Ok(standby)
    }

    /// Makes a standby accept writes.
    pub async fn promote(&self) -> Result<()> {
        succeed(self.as_postgres("pg_ctl").args(["-s", "-w", "promote"])).await
    }

    /// Starts it as a standby, which lets read what it had.
    pub async fn start_as_standby(&self) -> Result<()> {
        let script = "touch standby.signal && chown --reference=PG_VERSION standby.signal";
        succeed(Command::new("sh").args(["-c", script]).current_dir(&self.data)).await?;
        self.start_again().await
    }

    pub const fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// For a process whose statements are to be told from those of others, by the setting `cluster.process`.
    pub fn url_of(&self, process: &str) -> String {
        format!("{}?options[cluster.process]={}", self.url(), process.replace(' ', "%20"))
    }

    /// Ends it as a crash does: transactions under way are lost, and it recovers when it starts.
    pub async fn crash(&self) -> Result<()> {
        succeed(self.as_postgres("pg_ctl").args(["-s", "-m", "immediate", "stop"])).await
    }

    pub async fn start_again(&self) -> Result<()> {
        let options =
            format!("-p {} -k {} -c listen_addresses=127.0.0.1", self.port, self.data.display());
        let log = self.data.with_extension("log");
        let mut start = self.as_postgres("pg_ctl");
        succeed(start.args(["-s", "-w", "-o", &options, "-l"]).arg(log).arg("start")).await
    }

    /// Holds it and every connection to it, or lets them go on.
    pub fn signal(&self, signal: &str) -> Result<()> {
        let pid = std::fs::read_to_string(self.data.join("postmaster.pid"))?;
        let server: u32 = pid.lines().next().context("an empty file")?.trim().parse()?;
        let processes = std::iter::once(server).chain(children(server)?).map(|id| id.to_string());
        let mut kill = std::process::Command::new("kill");
        // A connection may have ended meanwhile.
        kill.arg(format!("-{signal}")).args(processes).stderr(Stdio::null()).status()?;
        Ok(())
    }

    /// Holds what a statement locks, for so many seconds.
    pub async fn hold(&self, statement: &str, seconds: u32) -> Result<Child> {
        let mut psql = Command::new("psql");
        let sql = format!("BEGIN; {statement}; SELECT 'held'; SELECT pg_sleep({seconds})");
        psql.arg(self.url()).args(sql.split("; ").flat_map(|sql| ["-c", sql]));
        let mut child = psql
            .arg("-Atq")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        ensure!(lines.next_line().await?.as_deref() == Some("held"), "nothing is held");
        Ok(child)
    }

    /// Waits until a query finds something.
    pub async fn until(&self, query: &str) -> Result<()> {
        let wait = format!(
            "DO $$ BEGIN WHILE NOT EXISTS ({query}) LOOP
                 PERFORM pg_sleep(0.005), pg_stat_clear_snapshot();
             END LOOP; END $$"
        );
        self.execute(&format!("SET statement_timeout = '30s'; {wait}")).await
    }

    /// Ends the session that `hold` opened.
    pub async fn let_go(&self) -> Result<()> {
        let held = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity";
        self.execute(&format!("{held} WHERE query LIKE 'SELECT pg_sleep%'")).await
    }

    /// Runs a statement.
    pub async fn execute(&self, sql: &str) -> Result<()> {
        succeed(Command::new("psql").arg(self.url()).args([
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            sql,
        ]))
        .await
    }

    /// PostgreSQL refuses to run as root; anybody else runs it as themselves.
    fn as_postgres(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if is_root().unwrap_or_default() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.arg("-D").arg(&self.data);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // What is held does not end.
        let _ = self.signal("CONT");
        let mut stop = self.as_postgres("pg_ctl");
        let _ = stop.args(["-s", "-m", "immediate", "stop"]).as_std_mut().status();
    }
}

/// Whether these tests run as root.
fn is_root() -> Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(std::fs::metadata("/proc/self")?.uid() == 0)
}

/// The processes that a process has started.
fn children(parent: u32) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // `id (name) state parent …`, where a name may hold anything. One that has ended meanwhile is no child.
        let about = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let after_name = about.rsplit(')').next().unwrap_or_default();
        if after_name.split_whitespace().nth(1) == Some(&parent.to_string()) {
            found.push(id);
        }
    }
    Ok(found)
}

async fn succeed(command: &mut Command) -> Result<()> {
    let output = command.output().await?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {error}");
    Ok(())
}

/// A Redis that forgets everything when it ends.
pub struct Redis {
    process: Child,
    port: u16,
}

impl Redis {
    pub async fn start() -> Result<Self> {
        let port = free_port()?;
        let redis = Self { process: spawn_redis(port)?, port };
        wait_for(port).await?;
        Ok(redis)
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub async fn crash(&mut self) -> Result<()> {
        Ok(self.process.kill().await?)
    }

    pub async fn start_again(&mut self) -> Result<()> {
        self.process = spawn_redis(self.port)?;
        wait_for(self.port).await
    }

    /// Holds it, or lets it go on.
    pub async fn signal(&self, signal: &str) -> Result<()> {
        send(signal, self.process.id().context("it is gone already")?).await
    }

    /// Empties it.
    pub async fn flush(&self) -> Result<()> {
        let port = self.port.to_string();
        succeed(Command::new("redis-cli").args(["-p", &port, "FLUSHALL"])).await
    }
}

fn spawn_redis(port: u16) -> Result<Child> {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--port", &port.to_string()]);
    Ok(command.stdout(Stdio::null()).kill_on_drop(true).spawn()?)
}

/// The folder of the members.
pub struct Storage(PathBuf);

impl Storage {
    pub fn new(folder: &Path) -> Result<Self> {
        let storage = Self(folder.join("segments"));
        std::fs::create_dir(&storage.0)?;
        Ok(storage)
    }

    pub fn url(&self) -> String {
        format!("file://{}", self.0.display())
    }

    /// From here on every read is an error: a link that leads to itself is neither there nor gone.
    pub fn fail(&self) -> Result<()> {
        std::fs::rename(&self.0, self.away())?;
        Ok(std::os::unix::fs::symlink(&self.0, &self.0)?)
    }

    pub fn recover(&self) -> Result<()> {
        std::fs::remove_file(&self.0)?;
        Ok(std::fs::rename(self.away(), &self.0)?)
    }

    fn away(&self) -> PathBuf {
        self.0.with_extension("away")
    }
}
