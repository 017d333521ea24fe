//! What became of every profile, and whether it adds up.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::client::Client;
use super::tour::text;
use crate::sandbox::{LIST_ID, Sandbox};

const PARTS: [(&str, &str); 7] = [
    ("created", "new on the list"),
    ("updated", "on the list before, updated"),
    ("rejected", "refused by Campaign Monitor"),
    ("duplicate", "the address came before"),
    ("invalid", "no usable address"),
    ("inDoubt", "no answer"),
    ("remaining", "nothing became of them"),
];

/// The law of counts: the selected profiles are the sum of all others.
pub fn check_law(run: &Value) -> anyhow::Result<()> {
    let counts = &run["counts"];
    let sum: i64 = PARTS.iter().filter_map(|(name, _)| counts[name].as_i64()).sum();
    anyhow::ensure!(counts["selected"].as_i64() == Some(sum), "the counts do not add up: {counts}");
    Ok(())
}

/// Prints what became of the profiles. An error when one is not accounted for.
pub async fn print(
    client: &Client,
    sandbox: &Sandbox,
    run: &Value,
    elapsed: Duration,
) -> anyhow::Result<()> {
    check_law(run)?;
    let count = |name: &str| run["counts"][name].as_i64().unwrap_or_default();
    println!("\n  {} profiles selected:", count("selected"));
    for (name, words) in PARTS {
        println!("    {:>9}  {name:<10} {words}", count(name));
    }
    let path = format!("/runs/{}/rejections", text(run, "runId"));
    let rejections = client.lines(&path).await?;
    print_rejections(&rejections);
    print_field_warnings(run);
    let listed =
        ["rejected", "duplicate", "invalid", "inDoubt"].iter().map(|name| count(name)).sum::<i64>();
    let distinct = i64::try_from(rejections.len())?;
    anyhow::ensure!(
        listed == distinct,
        "{listed} profiles are not on the list, but {distinct} are named"
    );
    check_list(sandbox, count("created"), count("updated")).await?;
    println!(
        "\n  Every profile is accounted for, in {:.1} seconds with the set-up.",
        elapsed.as_secs_f64()
    );
    println!("  Next: start the service and do the same by hand; the README shows how.");
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
    println!("\n  Who is not on the list because of this run, and why:");
    for ((outcome, code), (count, message)) in by_code {
        println!("    {count:>9}  {outcome:<10} {code:<18} {message}");
    }
}

fn print_field_warnings(run: &Value) {
    println!(
        "\n  Values that did not fit their custom fields (the profiles were sent all the same):"
    );
    for warning in run["fieldWarnings"].as_array().into_iter().flatten() {
        println!(
            "    {:<14} {} cut at 250 characters, {} left out",
            text(warning, "key"),
            warning["cut"],
            warning["dropped"]
        );
    }
}

/// Asks the offline Campaign Monitor itself how many people it has.
async fn check_list(sandbox: &Sandbox, created: i64, updated: i64) -> anyhow::Result<()> {
    let url = sandbox.url().join(&format!("sandbox/lists/{LIST_ID}/digest"))?;
    let http = reqwest::Client::builder().build()?;
    let digest: Value = http.get(url).send().await?.error_for_status()?.json().await?;
    let active = digest["states"]["Active"]
        .as_i64()
        .or_else(|| digest["active"].as_i64())
        .unwrap_or_default();
    println!(
        "\n  Campaign Monitor itself counts {active} active subscribers; the run put {} there.",
        created + updated
    );
    anyhow::ensure!(active == created + updated, "that does not agree");
    Ok(())
}
