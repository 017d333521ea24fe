//! Everything that runs: the engines, two APIs, three workers, a scheduler, the offline Campaign Monitor; and the
//! segments they export. Calls go to whichever API answers.

use std::fmt::Write;
use std::time::Duration;

use anyhow::Result;

use crate::cluster::Cluster;
use crate::cluster::caller::Caller;
use crate::cluster::processes::Process;
use crate::ledger::Expected;

pub const CONNECTIONS: usize = 3;
pub const EXPORTS_PER_CONNECTION: usize = 2;
/// As `SETTINGS` has them.
pub const UPLOADS_IN_FLIGHT: i64 = 8;
pub const LEASE: Duration = Duration::from_secs(2);
const WORKERS: usize = 3;
const APIS: usize = 2;
/// One row in so many has no usable address, and one has that of the row before.
const FLAWED_EVERY: usize = 200;

const SETTINGS: [(&str, &str); 7] = [
    ("--uploads-in-flight", "8"),
    ("--lease-ms", "2000"),
    ("--sweep-ms", "250"),
    ("--run-pause-ms", "250"),
    ("--retry-pause-ms", "50"),
    ("--call-timeout-ms", "3000"),
    ("--stalls-max", "100"),
];

pub struct World {
    pub cluster: Cluster,
    pub apis: Vec<Process>,
    pub workers: Vec<Process>,
    pub exports: Vec<String>,
    pub expected: Expected,
    pub caller: Caller,
    _scheduler: Process,
}

impl World {
    pub async fn start(profiles: usize) -> Result<Self> {
        let cluster = Cluster::start(&SETTINGS).await?;
        let mut apis = Vec::new();
        for n in 0..APIS {
            apis.push(cluster.play(&format!("api {n}"), "api").await?);
        }
        let mut workers = Vec::new();
        for n in 0..WORKERS {
            workers.push(cluster.play(&format!("worker {n}"), "worker").await?);
        }
        let scheduler = cluster.play("scheduler", "scheduler").await?;
        let caller = Caller::new(apis.iter().map(|api| api.port).collect()).await?;
        let exports = set_up(&caller, profiles).await?;
        let flawed = i64::try_from(profiles / FLAWED_EVERY)?;
        let good = i64::try_from(profiles)? - 2 * flawed;
        let expected = Expected { good, duplicate: flawed, invalid: flawed };
        Ok(Self { cluster, apis, workers, exports, expected, caller, _scheduler: scheduler })
    }
}

async fn set_up(caller: &Caller, profiles: usize) -> Result<Vec<String>> {
    let mut exports = Vec::new();
    for connection in 0..CONNECTIONS {
        let connection = caller.add_connection(&format!("Connection {connection}")).await?;
        for _ in 0..EXPORTS_PER_CONNECTION {
            let name = format!("Segment{}", exports.len());
            caller.add_segment(&name, members(exports.len(), profiles)).await?;
            exports.push(caller.add_export(&name, &connection).await?);
        }
    }
    Ok(exports)
}

fn members(segment: usize, profiles: usize) -> String {
    let mut csv = String::from("CustomerId,Email,City\n");
    for row in 0..profiles {
        let _ = match row % FLAWED_EVERY {
            50 => writeln!(csv, "{row},nobody,Riga"),
            150 => writeln!(csv, "{row},P{}@S{segment}.example.com,Riga", row - 1),
            _ => writeln!(csv, "{row},p{row}@s{segment}.example.com,Riga"),
        };
    }
    csv
}
