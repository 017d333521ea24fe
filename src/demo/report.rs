//! The outcome of every profile, and whether the counts add up.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::client::{ApiClient, text};
use crate::sandbox::{LIST_ID, Sandbox};

/// Every selected profile is in exactly one of these counts of a run.
const OUTCOMES: [(&str, &str); 7] = [
    ("created", "new on the list"),
    ("updated", "already on the list, updated"),
    ("rejected", "rejected by Campaign Monitor"),
    ("duplicate", "same address as an earlier profile"),
    ("invalid", "not usable, or erased"),
    ("inDoubt", "no answer, outcome unknown"),
    ("remaining", "not processed"),
];

/// The selected profiles must be the sum of all other counts.
pub(super) fn check_counts(run: &Value) -> anyhow::Result<()> {
    let counts = &run["counts"];
    let sum: i64 = OUTCOMES.iter().filter_map(|(name, _)| counts[name].as_i64()).sum();
    anyhow::ensure!(counts["selected"].as_i64() == Some(sum), "the counts do not add up: {counts}");
    Ok(())
}

/// An error when a profile is not accounted for.
pub(super) async fn print(
    client: &ApiClient,
    sandbox: &Sandbox,
    run: &Value,
    elapsed: Duration,
) -> anyhow::Result<()> {
    check_counts(run)?;
    let count = |name: &str| run["counts"][name].as_i64().unwrap_or_default();
    println!("\n  {} profiles selected:", count("selected"));
    for (name, explanation) in OUTCOMES {
        println!("    {:>9}  {name:<10} {explanation}", count(name));
    }
    let path = format!("/runs/{}/rejections", text(run, "runId"));
    let rejections = client.download(&path).await?;
    print_rejections(&rejections);
    print_field_warnings(run);
    let listed =
        ["rejected", "duplicate", "invalid", "inDoubt"].iter().map(|name| count(name)).sum::<i64>();
    let named = i64::try_from(rejections.len())?;
    anyhow::ensure!(
        listed == named,
        "{listed} profiles should have a rejection, but the rejections name {named}"
    );
    check_list(sandbox, count("created"), count("updated")).await?;
    println!(
        "\n  Every profile is accounted for, in {:.1} seconds including the set-up.",
        elapsed.as_secs_f64()
    );
    println!("  Next: start the service and do the same yourself; the README shows how.");
    Ok(())
}

fn print_rejections(rejections: &[Value]) {
    let mut by_code: BTreeMap<(String, String), (usize, String)> = BTreeMap::new();
    for rejection in rejections {
        let entry =
            by_code.entry((text(rejection, "outcome"), text(rejection, "code"))).or_default();
        entry.0 += 1;
        entry.1 = text(rejection, "message");
    }
    println!("\n  Profiles that were not sent, or are not on the list, and why:");
    for ((outcome, code), (count, message)) in by_code {
        println!("    {count:>9}  {outcome:<10} {code:<18} {message}");
    }
}

fn print_field_warnings(run: &Value) {
    println!("\n  Values that could not be sent as they are (the profiles were sent anyway):");
    for warning in run["fieldWarnings"].as_array().into_iter().flatten() {
        println!(
            "    {:<14} {} cut at 250 characters, {} left out",
            text(warning, "key"),
            warning["cut"],
            warning["dropped"]
        );
    }
}

/// Compares the counts of the run with those of the offline Campaign Monitor.
async fn check_list(sandbox: &Sandbox, created: i64, updated: i64) -> anyhow::Result<()> {
    let url = sandbox.url().join(&format!("sandbox/lists/{LIST_ID}/digest"))?;
    let http = reqwest::Client::builder().build()?;
    let digest: Value = http.get(url).send().await?.error_for_status()?.json().await?;
    let active = digest["states"]["Active"]
        .as_i64()
        .or_else(|| digest["active"].as_i64())
        .unwrap_or_default();
    println!(
        "\n  Campaign Monitor has {active} active subscribers; the run created or updated {}.",
        created + updated
    );
    anyhow::ensure!(active == created + updated, "the two numbers differ");
    Ok(())
}
