//! What the service takes of everything it leans on, by the run, the rejected row and the idle minute: the units that
//! docs/SCALE.md multiplies.
//!
//! All three roles in one process, on PostgreSQL and Redis. The bench looks at them through a session of its own
//! (`watcher`), whose statements are not counted.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::Method;
use sqlx::{Connection, Executor, PgConnection};
use tokio::process::Command;
use tokio::time::sleep;

use crate::data::{self, Format};
use crate::engines::{Engines, Servers};
use crate::service::{Service, cpu_seconds, text};
use crate::sink::Sink;

const ROLES: &str = "api,worker,scheduler";
const LATENCY: Duration = Duration::from_millis(300);
const PROFILES: u32 = 1_000_000;
const BATCH: u32 = 1000;
const REFUSED: usize = 100_000;
const SMALL_RUNS: usize = 200;
const AT_ONCE: usize = 4;
const IDLE: Duration = Duration::from_mins(2);

/// What is counted, in the order of [`Stage::look`].
const COUNTED: [&str; 11] = [
    "service, CPU seconds",
    "service, bytes read from the storage",
    "Campaign Monitor, bytes of bodies",
    "PostgreSQL, CPU seconds",
    "PostgreSQL, statements",
    "PostgreSQL, transactions",
    "PostgreSQL, bytes of WAL",
    "PostgreSQL, bytes kept",
    "Redis, commands",
    "Redis, bytes both ways",
    "Redis, bytes of memory",
];

/// The service, and what it leans on.
struct Stage<'a> {
    servers: &'a Servers,
    sink: &'a Sink,
    service: Service,
    watcher: PgConnection,
    sent: u64,
}

/// What was used in a situation, for one of so many.
struct Used {
    situation: &'static str,
    each: Vec<f64>,
    peak_mb: f64,
}

/// Measures on the engines of production; `less` says which part of small runs and idle time is enough.
pub async fn measure(folder: &Path, sink: &Sink, production: &Engines, less: usize) -> Result<()> {
    let Engines::Production(servers) = production else {
        return Ok(());
    };
    let mut stage = Stage::set(folder, sink, production, servers).await?;
    let million = data::write(folder, Format::Parquet, PROFILES)?;
    let thousand = data::write(folder, Format::Parquet, BATCH)?;
    let small = stage.exports(1, &thousand, Format::Parquet).await?;
    stage.run(&small).await?;
    let mut used = vec![stage.idle(IDLE / u32::try_from(less)?).await?];
    let runs = (SMALL_RUNS / less).max(1);
    let small = vec![small[0].clone(); runs];
    used.push(stage.one_by_one("a run of one batch", &small).await?);
    let refused = stage.exports(1, &refused(folder)?, Format::Csv).await?;
    used.push(stage.one_by_one("100,000 refused rows", &refused).await?);
    sink.set_latency(LATENCY);
    let one = stage.exports(1, &million, Format::Parquet).await?;
    used.push(stage.one_by_one("a million profiles", &one).await?);
    let several = stage.exports(AT_ONCE, &million, Format::Parquet).await?;
    used.push(stage.at_once("each of four at a time", &several).await?);
    print(&used);
    Ok(())
}

/// A file of rows of which none has an address that can be sent.
fn refused(folder: &Path) -> Result<PathBuf> {
    let mut rows = data::COLUMNS.join(",") + "\n";
    for n in 0..REFUSED {
        writeln!(rows, "{n:08x}-{n:08},somebody.{n} at mail.example.com,Ann,Smith,Oslo,{n}")?;
    }
    let path = folder.join("refused.csv");
    std::fs::write(&path, rows)?;
    Ok(path)
}

impl<'a> Stage<'a> {
    async fn set(
        folder: &Path,
        sink: &'a Sink,
        production: &Engines,
        servers: &'a Servers,
    ) -> Result<Self> {
        sink.set_latency(Duration::ZERO);
        let url = servers.postgres.url();
        let mut owner = PgConnection::connect(&url).await?;
        owner.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'").await?;
        servers.postgres.crash().await?;
        servers.postgres.start_again().await?;
        let mut owner = PgConnection::connect(&url).await?;
        owner.execute("CREATE EXTENSION pg_stat_statements").await?;
        owner.execute("CREATE ROLE watcher SUPERUSER LOGIN").await?;
        owner.close().await?;
        let watcher =
            PgConnection::connect(&url.replace("postgres://postgres@", "postgres://watcher@"));
        let service = Service::start(folder, &sink.url, production, ROLES).await?;
        Ok(Self { servers, sink, service, watcher: watcher.await?, sent: 0 })
    }

    /// So many exports of a file, each over a connection of its own.
    async fn exports(&self, many: usize, file: &Path, format: Format) -> Result<Vec<String>> {
        let segment = self.service.add_segment(file, format).await?;
        let mut exports = Vec::with_capacity(many);
        for n in 0..many {
            let name = format!("{segment} {n}");
            let connection = self.service.connect(&name).await?;
            exports.push(self.service.add_export(&name, &connection, &segment).await?);
        }
        Ok(exports)
    }

    /// Runs exports at the same time, to their ends.
    async fn run(&mut self, exports: &[String]) -> Result<()> {
        for export in exports {
            let path = format!("/exports/{export}/runs");
            text(&self.service.call(Method::POST, &path, None).await?, "runId")?;
        }
        let open = "SELECT COUNT(*) FROM runs WHERE end_utc IS NULL";
        while sqlx::query_scalar::<_, i64>(open).fetch_one(&mut self.watcher).await? > 0 {
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    async fn idle(&mut self, time: Duration) -> Result<Used> {
        let before = self.look().await?;
        sleep(time).await;
        self.used("an idle minute", before, time.as_secs_f64() / 60.0).await
    }

    async fn one_by_one(&mut self, situation: &'static str, exports: &[String]) -> Result<Used> {
        let before = self.look().await?;
        for export in exports {
            self.run(std::slice::from_ref(export)).await?;
        }
        self.used(situation, before, many(exports)).await
    }

    async fn at_once(&mut self, situation: &'static str, exports: &[String]) -> Result<Used> {
        let before = self.look().await?;
        self.run(exports).await?;
        self.used(situation, before, many(exports)).await
    }

    /// What was used since then, for one of so many.
    async fn used(&mut self, situation: &'static str, before: Vec<f64>, many: f64) -> Result<Used> {
        let after = self.look().await?;
        let each = after.iter().zip(before).map(|(after, before)| (after - before) / many);
        Ok(Used { situation, each: each.collect(), peak_mb: self.service.usage()?.peak_mb })
    }

    /// Everything that is counted, as it stands.
    async fn look(&mut self) -> Result<Vec<f64>> {
        self.sent += self.sink.taken().bytes;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let mut counts =
            vec![self.service.usage()?.cpu_seconds, self.service.read()?, self.sent as f64];
        counts.extend(self.postgres().await?);
        counts.extend(redis(&self.servers.redis.url()).await?);
        Ok(counts)
    }

    async fn postgres(&mut self) -> Result<[f64; 5]> {
        let watcher = &mut self.watcher;
        watcher.execute("VACUUM").await?;
        let processes = "SELECT pid FROM pg_stat_activity WHERE usename IS DISTINCT FROM 'watcher'";
        let processes: Vec<i32> = sqlx::query_scalar(processes).fetch_all(&mut *watcher).await?;
        // One that has ended since is passed over.
        let cpu = processes.iter().filter_map(|id| cpu_seconds(id.unsigned_abs()).ok()).sum();
        let (statements, transactions, wal, kept) = sqlx::query_as::<_, (f64, f64, f64, f64)>(
            "SELECT SUM(calls) FILTER (WHERE query NOT IN ('BEGIN', 'COMMIT', 'ROLLBACK'))::float8,
                    SUM(calls) FILTER (WHERE query = 'COMMIT')::float8,
                    pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8,
                    (SELECT SUM(pg_total_relation_size(oid)) FROM pg_class
                     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace)::float8
             FROM pg_stat_statements WHERE userid = 'postgres'::regrole",
        )
        .fetch_one(watcher)
        .await?;
        Ok([cpu, statements, transactions, wal, kept])
    }
}

async fn redis(url: &str) -> Result<[f64; 3]> {
    let output = Command::new("redis-cli").args(["-u", url, "INFO"]).output().await?;
    let info = String::from_utf8(output.stdout)?;
    let value = |name: &str| -> Result<f64> {
        let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        Ok(line.with_context(|| format!("Redis tells no {name}"))?.trim().parse()?)
    };
    let bytes = value("total_net_input_bytes")? + value("total_net_output_bytes")?;
    Ok([value("total_commands_processed")?, bytes, value("used_memory")?])
}

fn many(exports: &[String]) -> f64 {
    u32::try_from(exports.len()).map_or(f64::NAN, f64::from)
}

fn print(used: &[Used]) {
    row("", used.iter().map(|used| used.situation.to_owned()));
    row("---", used.iter().map(|_| "--:".to_owned()));
    for (n, counted) in COUNTED.iter().enumerate() {
        row(counted, used.iter().map(|used| figure(used.each[n])));
    }
    row("service, peak memory so far, MB", used.iter().map(|used| figure(used.peak_mb)));
}

fn row(name: &str, cells: impl Iterator<Item = String>) {
    println!("| {name} | {} |", cells.collect::<Vec<_>>().join(" | "));
}

/// Three places where they matter.
fn figure(value: f64) -> String {
    if value.abs() < 100.0 { format!("{value:.3}") } else { format!("{value:.0}") }
}
