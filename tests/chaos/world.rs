//! Everything that runs: the engines, two APIs, three workers, a scheduler, the offline Campaign Monitor; and the
//! segments that are exported. Calls go to whichever API answers.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::cluster::Cluster;
use crate::cluster::caller::Caller;
use crate::cluster::campaign_monitor::{Desk, Digest};
use crate::cluster::processes::Process;
use crate::witness::Witness;

const CONNECTIONS: usize = 3;
const SEGMENTS_PER_CONNECTION: usize = 2;
const WORKERS: usize = 3;
const APIS: usize = 2;
/// As `SETTINGS` has it, and by default.
const LEASES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(15)];
/// Settings that only make takeovers quicker than they are by default.
const QUICKER: [&str; 2] = ["--lease-ms", "--sweep-ms"];
/// The longest that anybody waits for an engine, as `SETTINGS` has it; more than a lease.
pub const ENGINE_MAX: Duration = Duration::from_secs(3);
/// Rows that an attempt may have in flight: `uploads-in-flight` pages of a thousand.
pub const WINDOW: i64 = 8 * 1000;
/// One row in so many has no usable address, and one has that of the row before.
const FLAWED_EVERY: usize = 200;

const SETTINGS: [(&str, &str); 9] = [
    ("--database-wait-ms", "1000"),
    ("--database-statement-ms", "2000"),
    ("--uploads-in-flight", "8"),
    ("--lease-ms", "2000"),
    ("--sweep-ms", "250"),
    ("--run-pause-ms", "250"),
    ("--retry-pause-ms", "50"),
    // Longer than a process is held, so that nothing is sent again only because it was.
    ("--call-timeout-ms", "5000"),
    ("--stalls-max", "100"),
];

pub struct World {
    pub cluster: Cluster,
    pub apis: Vec<Process>,
    pub workers: Vec<Process>,
    pub segments: Vec<Arc<Segment>>,
    pub caller: Caller,
    pub witness: Witness,
    pub scheduler: Process,
    pub lease: Duration,
}

/// A segment, over which connection it is exported, and what must come of it.
pub struct Segment {
    pub name: String,
    pub connection: String,
    pub expected: Expected,
}

/// Rows of a segment that are usable, come again, or have no usable address.
pub struct Expected {
    pub good: i64,
    pub duplicate: i64,
    pub invalid: i64,
    /// The usable ones, as a list shows them.
    pub people: Digest,
}

impl World {
    /// With leases and sweeps that are quicker than by default, or not.
    pub async fn start(profiles: usize, by_default: bool) -> Result<Self> {
        let settings = SETTINGS.iter().filter(|(name, _)| !by_default || !QUICKER.contains(name));
        let cluster = Cluster::start(&settings.copied().collect::<Vec<_>>()).await?;
        let mut apis = Vec::new();
        for n in 0..APIS {
            apis.push(cluster.play(&format!("api {n}"), "api").await?);
        }
        let witness = Witness::call(&cluster.postgres.url()).await?;
        let mut workers = Vec::new();
        for n in 0..WORKERS {
            workers.push(cluster.play(&format!("worker {n}"), "worker").await?);
        }
        let scheduler = cluster.play("scheduler", "scheduler").await?;
        let caller = Caller::new(apis.iter().map(|api| api.port).collect()).await?;
        let segments = set_up(&caller, &cluster.campaign_monitor.desk, profiles).await?;
        let lease = LEASES[usize::from(by_default)];
        Ok(Self { cluster, apis, workers, segments, caller, witness, scheduler, lease })
    }
}

async fn set_up(caller: &Caller, desk: &Desk, profiles: usize) -> Result<Vec<Arc<Segment>>> {
    let mut segments = Vec::new();
    for connection in 0..CONNECTIONS {
        let connection = caller.add_connection(&format!("Connection {connection}")).await?;
        for _ in 0..SEGMENTS_PER_CONNECTION {
            let name = format!("Segment{}", segments.len());
            let expected = add_segment(caller, desk, &name, profiles).await?;
            let connection = connection.clone();
            segments.push(Arc::new(Segment { name, connection, expected }));
        }
    }
    Ok(segments)
}

/// Adds a segment; what must come of it is seen at a list that gets its people in another way.
async fn add_segment(
    caller: &Caller,
    desk: &Desk,
    name: &str,
    profiles: usize,
) -> Result<Expected> {
    let mut csv = String::from("CustomerId,Email,City\n");
    let (mut people, mut flawed) = (Vec::with_capacity(profiles), 0);
    for row in 0..profiles {
        let address = match row % FLAWED_EVERY {
            50 => "nobody".to_owned(),
            150 => format!("P{}@{name}.example.com", row - 1),
            _ => format!("p{row}@{name}.example.com"),
        };
        let _ = writeln!(csv, "{row},{address},Riga");
        match row % FLAWED_EVERY {
            50 => flawed += 1,
            150 => {}
            _ => people.push(address),
        }
    }
    caller.add_segment(name, csv).await?;
    let list = desk.add_list(&["city"]).await?;
    desk.put_people(&list, &people).await?;
    let digest = desk.digest(&list).await?;
    desk.remove_list(&list).await?;
    let good = i64::try_from(people.len())?;
    let duplicate = i64::try_from(profiles)? - good - flawed;
    Ok(Expected { good, duplicate, invalid: flawed, people: digest })
}
