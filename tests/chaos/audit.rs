//! A run that has ended, held against everything else that knows of it: its batches, its rejections, and the list
//! that it alone has written to.

use anyhow::Result;
use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use crate::cluster::caller::{Caller, text};
use crate::cluster::campaign_monitor::Desk;
use crate::world::Expected;

/// What was found.
pub struct Audit {
    pub run: Uuid,
    pub expected: i64,
    pub listed: i64,
    pub counted: i64,
    pub lost: i64,
    pub counted_twice: i64,
    pub stored_again: i64,
    /// Sentences, each of which must not be.
    pub breaches: Vec<String>,
}

/// Audits `run`, which has ended and was the only one to write to `list`.
pub async fn audit(
    caller: &Caller,
    desk: &Desk,
    run: &Value,
    list: &str,
    expected: &Expected,
) -> Result<Audit> {
    let path = format!("/runs/{}", text(run, "runId")?);
    let batches = batches(caller, &path).await?;
    let rejections = caller.lines(&format!("{path}/rejections")).await?;
    let (people, imported) = (desk.digest(list).await?, desk.imported(list).await?);
    let count = |name: &str| run["counts"][name].as_i64().unwrap_or_default();
    let counted = count("created") + count("updated");
    let mut audit = Audit {
        run: text(run, "runId")?.parse()?,
        expected: expected.good,
        listed: people.addresses,
        counted,
        lost: (expected.good - people.addresses).max(0),
        counted_twice: (counted - expected.good).max(0) + rows_covered_twice(&batches),
        stored_again: imported.total_imported - people.addresses,
        breaches: vec![],
    };
    audit.check(people == expected.people, "the list does not hold the very people of the segment");
    audit.check(run["status"] == "completedWithErrors", "it ended otherwise than it should");
    audit.check(counted == expected.good, "not every profile is counted as created or updated");
    audit.check(
        ["rejected", "duplicate", "invalid", "inDoubt"].map(count)
            == [0, expected.duplicate, expected.invalid, 0],
        "the flawed profiles are not those of the segment",
    );
    audit.check(count("created") <= people.addresses, "more were created than are there");
    // Who was read back after a call without an answer was not stored again.
    let inferred: i64 = batches.iter().filter_map(|batch| batch["inferred"].as_i64()).sum();
    let seen = audit.stored_again + inferred;
    audit.check(count("updated") <= seen, "more were updated than were stored again or read back");
    for (name, column) in [("created", "created"), ("updated", "updated"), ("selected", "rows")] {
        let sum: i64 = batches.iter().filter_map(|batch| batch[column].as_i64()).sum();
        audit.check(sum == count(name), &format!("its batches do not add up to {name}"));
    }
    for outcome in ["rejected", "duplicate", "invalid", "inDoubt"] {
        let rows = rejections.iter().filter(|row| row["outcome"] == outcome).count();
        audit.check(
            i64::try_from(rows)? == count(outcome),
            &format!("it does not name each {outcome}"),
        );
    }
    Ok(audit.of(run))
}

impl Audit {
    fn check(&mut self, holds: bool, breach: &str) {
        if !holds {
            self.breaches.push(breach.to_owned());
        }
    }

    /// Says in each breach which run it is about.
    fn of(mut self, run: &Value) -> Self {
        self.breaches =
            self.breaches.into_iter().map(|breach| format!("{breach}: {run}")).collect();
        self
    }
}

async fn batches(caller: &Caller, run: &str) -> Result<Vec<Value>> {
    let (mut batches, mut path) = (Vec::new(), format!("{run}/batches?limit=200"));
    loop {
        let page = caller.call(Method::GET, &path, None).await?;
        batches.extend(page["items"].as_array().cloned().unwrap_or_default());
        let Some(next) = page["nextCursor"].as_str() else {
            return Ok(batches);
        };
        path = format!("{run}/batches?limit=200&cursor={next}");
    }
}

/// Rows that more than one batch accounts for.
fn rows_covered_twice(batches: &[Value]) -> i64 {
    let number = |batch: &Value, name: &str| batch[name].as_i64().unwrap_or_default();
    let mut ranges: Vec<_> = batches
        .iter()
        .map(|batch| (number(batch, "firstRow"), number(batch, "firstRow") + number(batch, "rows")))
        .collect();
    ranges.sort_unstable();
    let (mut twice, mut until) = (0, 0);
    for (first, end) in ranges {
        twice += (until.min(end) - first).max(0);
        until = until.max(end);
    }
    twice
}
