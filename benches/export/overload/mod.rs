//! One instance attacks with ten times what the service carries, in each way that there is, and another one works: all
//! its calls must succeed, its reads must be fast, and the memory of the process must stay bounded.
//!
//! Everything stays on this machine, and ends after some seconds.

mod attack;
mod victim;
mod wire;

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::json;
use tokio::time::Instant;

use crate::data::{self, Format};
use crate::engines::Engines;
use crate::service::{Instance, Service, text};
use crate::sink::Sink;
use attack::{Attack, Target};

const SECONDS: u64 = 15;
/// Profiles in the file that the attacker previews and registers.
const PROFILES: u32 = 200_000;
/// Segments in the list that the attacker reads.
const SEGMENTS: usize = 100;
/// Exports, each over a connection of its own, of which the attacker starts runs: ten times the slots of a worker.
const EXPORTS: usize = 40;
/// What an import takes while runs are attacked.
const LATENCY: Duration = Duration::from_millis(300);
/// The figures to hold: of the victim's reads, and of the process.
const P99_MS_MAX: f64 = 250.0;
const PEAK_MB_MAX: f64 = 256.0;

/// Measures on both engines; a rough measurement is a short one.
pub async fn measure(folder: &Path, sink: &Sink, production: &Engines, less: usize) -> Result<()> {
    println!(
        "| engines | attack | tried | answered | refused well | broken off | victim's calls | failed | p99, ms | \
            peak, MB |"
    );
    println!("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|");
    let time = Duration::from_secs(if less > 1 { 4 } else { SECONDS });
    let file = data::write(folder, Format::Csv, PROFILES)?;
    let mut failures = Vec::new();
    for engines in [&Engines::Embedded, production] {
        for attack in Attack::ALL {
            failures.extend(row(folder, sink, engines, attack, &file, time).await?);
        }
    }
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}

/// One attack on a process of its own, which has the limits that it has by default. Tells what was not held.
async fn row(
    folder: &Path,
    sink: &Sink,
    engines: &Engines,
    attack: Attack,
    file: &Path,
    time: Duration,
) -> Result<Option<String>> {
    sink.set_latency(LATENCY);
    let service =
        Service::start_with(folder, &sink.url, engines, attack.roles(), &["--sweep-ms", "1000"])
            .await?;
    let target = prepare(&service, attack, file).await?;
    let victim = victim::Victim::prepare(folder, service.port, attack == Attack::Runs).await?;
    let until = Instant::now() + time;
    let (attacked, worked) = futures::join!(attack.run(target, until), victim.work(until));
    let (attacked, worked, peak_mb) = (attacked?, worked?, service.usage()?.peak_mb);
    println!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {:.1} | {peak_mb:.0} |",
        engines.words(),
        attack.words(),
        attacked.tried(),
        attacked.answered,
        attacked.refused,
        attacked.broken_off,
        worked.calls,
        worked.failed.len(),
        worked.p99_ms
    );
    sink.set_latency(Duration::ZERO);
    let held = worked.failed.is_empty() && worked.p99_ms < P99_MS_MAX && peak_mb < PEAK_MB_MAX;
    let first = worked.failed.first().map_or("", String::as_str);
    Ok((!held).then(|| format!("{}, {}: not held. {first}", engines.words(), attack.words())))
}

/// What the attacker needs; it has its calls of the beginning again when the attack begins.
async fn prepare(attacker: &Instance, attack: Attack, file: &Path) -> Result<Target> {
    let segment = attacker.add_segment(file, Format::Csv).await?;
    let export = attacker.add_export("Attack", &attacker.connection, &segment).await?;
    let mut exports = vec![export.clone()];
    match attack {
        Attack::Connections => {
            for n in 0..SEGMENTS {
                let body = json!({"displayName": format!("Segment {n}")});
                attacker.call(Method::PUT, &format!("/segments/Segment{n}"), Some(body)).await?;
            }
        }
        Attack::Runs => {
            for n in 0..EXPORTS {
                let connection = attacker.connect(&format!("Attack {n}")).await?;
                let name = format!("Attack {n}");
                exports.push(attacker.add_export(&name, &connection, &segment).await?);
            }
        }
        Attack::Uploads => {
            let body = json!({"displayName": "Uploaded"});
            attacker.call(Method::PUT, "/segments/Uploaded", Some(body)).await?;
        }
        _ => {}
    }
    let run = match attack {
        Attack::Streams => {
            let path = format!("/exports/{export}/runs");
            text(&attacker.call(Method::POST, &path, None).await?, "runId")?
        }
        _ => String::new(),
    };
    Ok(Target {
        port: attacker.port,
        path: attacker.path.clone(),
        tokens: attack::tokens().await?,
        exports,
        run,
        file: file.display().to_string(),
    })
}
