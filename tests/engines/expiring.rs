//! Passwords that expire, as the tokens of managed databases do: another one stands in the file, and the service that
//! runs uses it, without a restart.

use std::path::PathBuf;

use anyhow::Result;
use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::programs::succeed;
use crate::under_way::UnderWay;

const SETTINGS: [(&str, &str); 5] = [
    ("--lease-ms", "2000"),
    ("--sweep-ms", "250"),
    ("--run-pause-ms", "250"),
    ("--stalls-max", "100"),
    ("--database-wait-ms", "1000"),
];
const ROLE: &str = "CREATE ROLE service LOGIN SUPERUSER PASSWORD 'first'";
/// Whoever is connected as the service, as when the server ends its session.
const DISCONNECT: &str =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'service'";

/// The service in the middle of a run, with its password in a file.
struct Service {
    cluster: Cluster,
    file: PathBuf,
    under_way: UnderWay,
    _folder: TempDir,
}

impl Service {
    /// `settings` are those of an engine that demands the password `first`.
    async fn start(mut cluster: Cluster, engine: &str, settings: &[&str]) -> Result<Self> {
        let folder = TempDir::new()?;
        let file = folder.path().join("password");
        std::fs::write(&file, "first\n")?;
        cluster.settings.extend(settings.iter().map(|setting| (*setting).to_owned()));
        let file_of = format!("--{engine}-password-file");
        cluster.settings.extend([file_of, file.display().to_string()]);
        let under_way = UnderWay::start(&cluster).await?;
        Ok(Self { cluster, file, under_way, _folder: folder })
    }
}

#[tokio::test]
async fn another_password_of_postgresql_is_read_from_its_file_in_the_middle_of_a_run() -> Result<()>
{
    let cluster = Cluster::start(&SETTINGS).await?;
    cluster.postgres.execute(ROLE).await?;
    let url = cluster.postgres.url();
    let demand = format!(
        "set -e; hba=$(psql {url} -Atc 'SHOW hba_file'); echo 'host all service all scram-sha-256' > $hba.new; \
         cat $hba >> $hba.new; cat $hba.new > $hba; psql -Atq {url} -c 'SELECT pg_reload_conf()'"
    );
    succeed("sh", &["-c", &demand], "/").await;
    let url = url.replace("postgres@", "service@");
    let mut service = Service::start(cluster, "database", &["--database-url", &url]).await?;

    service.cluster.postgres.execute("ALTER ROLE service PASSWORD 'second'").await?;
    service.cluster.postgres.execute(DISCONNECT).await?;
    service.under_way.becomes("database", false).await?;
    std::fs::write(&service.file, "second\n")?;
    service.under_way.becomes("database", true).await?;
    service.under_way.ends_well().await
}

#[tokio::test]
async fn another_password_of_redis_is_read_from_its_file_in_the_middle_of_a_run() -> Result<()> {
    let cluster = Cluster::start(&SETTINGS).await?;
    let url = cluster.redis.url();
    succeed("redis-cli", &["-u", &url, "CONFIG", "SET", "requirepass", "first"], "/").await;
    let mut service = Service::start(cluster, "redis", &[]).await?;
    service.under_way.becomes("queue", true).await?;

    let script = format!(
        "printf 'AUTH first\\nCONFIG SET requirepass second\\nCLIENT KILL TYPE normal SKIPME yes\\n' \
         | redis-cli -u {url}"
    );
    succeed("sh", &["-c", &script], "/").await;
    service.under_way.becomes("queue", false).await?;
    std::fs::write(&service.file, "second")?;
    service.under_way.becomes("queue", true).await?;
    service.under_way.ends_well().await
}
