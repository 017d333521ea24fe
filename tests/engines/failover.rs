//! A PostgreSQL of two servers, of which one takes over from the other in the middle of a run: no restart, and every
//! profile accounted for. The standby has whatever was committed (synchronous replication), as managed databases do it.

use anyhow::{Result, ensure};
use segment_export::sandbox::LIST_ID;
use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::cluster::services::Postgres;
use crate::under_way::{PROFILES, UnderWay};

const SETTINGS: [(&str, &str); 6] = [
    ("--lease-ms", "2000"),
    ("--sweep-ms", "250"),
    ("--run-pause-ms", "250"),
    ("--stalls-max", "100"),
    ("--database-wait-ms", "2000"),
    ("--database-statement-ms", "2000"),
];

/// The service on two servers, in the middle of a run. The first one of the address accepts writes.
struct Pair {
    cluster: Cluster,
    standby: Postgres,
    under_way: UnderWay,
    _folder: TempDir,
}

impl Pair {
    async fn start() -> Result<Self> {
        let (mut cluster, folder) = (Cluster::start(&SETTINGS).await?, TempDir::new()?);
        let standby = cluster.postgres.standby(folder.path()).await?;
        cluster.postgres.execute("ALTER SYSTEM SET synchronous_standby_names = '*'").await?;
        cluster.postgres.execute("SELECT pg_reload_conf()").await?;
        let follows = "SELECT FROM pg_stat_replication WHERE sync_state = 'sync'";
        cluster.postgres.until(follows).await?;
        let (first, second) = (cluster.postgres.port(), standby.port());
        let url = format!("postgres://postgres@127.0.0.1:{first},127.0.0.1:{second}/postgres");
        cluster.settings.extend(["--database-url".into(), url]);

        let under_way = UnderWay::start(&cluster).await?;
        Ok(Self { cluster, standby, under_way, _folder: folder })
    }

    /// The run must end by the same processes, with everybody on the list and counted once.
    async fn ends_well(&mut self) -> Result<()> {
        self.under_way.ends_well().await?;
        let listed = self.cluster.campaign_monitor.desk.digest(LIST_ID).await?;
        ensure!(listed.addresses == PROFILES, "{listed:?}");
        let ready = self.under_way.api.get("readyz").await?;
        ensure!(ready.status() == 200, "{}", ready.text().await?);
        Ok(())
    }
}

#[tokio::test]
async fn a_run_goes_on_at_the_standby_when_the_primary_crashes_and_passes_it_over_when_it_is_back()
-> Result<()> {
    let mut pair = Pair::start().await?;
    pair.cluster.postgres.crash().await?;
    pair.standby.promote().await?;
    pair.cluster.postgres.start_as_standby().await?;
    pair.ends_well().await?;

    // Who starts now finds the old primary first, which only lets read.
    let _other = pair.cluster.play("another worker", "worker").await?;
    let UnderWay { worker, caller, export, .. } = &mut pair.under_way;
    worker.terminate().await?;
    let run = caller.start_run(export).await?;
    caller.ends_well(&run, PROFILES).await?;
    Ok(())
}

#[tokio::test]
async fn a_primary_that_turns_read_only_is_left_for_the_server_that_accepts_writes() -> Result<()> {
    let mut pair = Pair::start().await?;
    let old = &pair.cluster.postgres;
    old.execute("ALTER SYSTEM SET default_transaction_read_only = on").await?;
    old.execute("SELECT pg_reload_conf()").await?;
    pair.standby.promote().await?;
    pair.ends_well().await
}
