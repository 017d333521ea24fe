//! What the runs say of themselves, held against what must be true.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use crate::audit::Audit;
use crate::list_audit::DayAudit;
use crate::world::WINDOW;

/// The parts of a run's counts; `selected` is their sum.
const PARTS: [&str; 8] =
    ["created", "updated", "unchanged", "rejected", "duplicate", "invalid", "inDoubt", "remaining"];

/// The parts of its leavers; `found` is their sum.
const LEAVER_PARTS: [&str; 7] =
    ["flagged", "deleted", "unsubscribed", "kept", "gone", "failed", "remaining"];

/// What has been seen so far.
#[derive(Default)]
pub struct Ledger {
    pub started: usize,
    pub ended: usize,
    pub polls: u64,
    /// Profiles that should have come to the lists of the runs that have ended.
    pub expected: i64,
    /// Profiles that did.
    pub listed: i64,
    /// Profiles that those runs counted as created or updated.
    pub counted: i64,
    pub lost: i64,
    pub counted_twice: i64,
    /// Days of lists that two exports follow.
    pub days: usize,
    /// Of these: on which everybody who left was accounted for.
    pub exact_days: usize,
    /// People who left, and were removed or flagged.
    pub removed: i64,
    pub removed_by_mistake: usize,
    pub mailed_after_a_no: usize,
    /// Decisions about plans that waited.
    pub decisions: usize,
    /// Sentences, each of which must not be.
    pub breaches: Vec<String>,
    /// For each run that has ended, records that were stored again.
    pub stored_again: HashMap<Uuid, i64>,
    /// For each run, its progress when it was last looked at, and since when it has been so.
    seen: HashMap<String, (Progress, Instant)>,
}

/// What changes while a run goes on: what remains, who has it, whether it has ended.
type Progress = (i64, i64, bool);

/// What was sent again, beside what may have been.
pub struct SentAgain {
    /// Records, over all runs.
    pub records: i64,
    /// The most they may be.
    pub most: i64,
    /// Attempts of runs that ended without writing all they had sent.
    pub lost_attempts: i64,
    /// The most records for one such attempt of one run.
    pub most_for_one: i64,
}

impl Ledger {
    /// Looks at a run, at any moment: its counts add up, and what is accounted for stays so.
    pub fn look(&mut self, run: &Value) {
        self.polls += 1;
        let count = |name: &str| run["counts"][name].as_i64().unwrap_or(-1);
        let leavers = |name: &str| run["counts"]["leavers"][name].as_i64().unwrap_or(-1);
        if !adds_up(&count, &PARTS, "selected") || !adds_up(&leavers, &LEAVER_PARTS, "found") {
            self.breaches.push(format!("the counts do not add up: {run}"));
        }
        let id = run["runId"].as_str().unwrap_or_default();
        let now =
            (count("remaining"), run["attempt"].as_i64().unwrap_or(-1), !run["endUtc"].is_null());
        let before = self.seen.get(id);
        if before.is_some_and(|(before, _)| before.0 < now.0) {
            self.breaches.push(format!("what was accounted for is not any more: {run}"));
        }
        if before.is_none_or(|(before, _)| *before != now) {
            self.seen.insert(id.to_owned(), (now, Instant::now()));
        }
    }

    /// How long no run that is open has moved at all.
    pub fn idle_for(&self) -> Duration {
        let open = self.seen.values().filter(|((_, _, has_ended), _)| !has_ended);
        open.map(|(_, since)| since.elapsed()).min().unwrap_or_default()
    }

    /// Takes over what the audit of a run that has ended found.
    pub fn close(&mut self, audit: Audit) {
        self.ended += 1;
        self.expected += audit.expected;
        self.listed += audit.listed;
        self.counted += audit.counted;
        self.lost += audit.lost;
        self.counted_twice += audit.counted_twice;
        self.breaches.extend(audit.breaches);
        self.stored_again.insert(audit.run, audit.stored_again);
    }

    /// Takes over what the audit of a list after a day found; both of its runs have ended.
    pub fn close_day(&mut self, audit: DayAudit) {
        self.ended += 2;
        self.days += 1;
        self.exact_days += usize::from(audit.is_exact);
        self.removed += audit.removed;
        self.removed_by_mistake += audit.removed_by_mistake;
        self.mailed_after_a_no += audit.mailed_after_a_no;
        self.breaches.extend(audit.breaches);
    }

    /// Holds what was stored again against the attempts that were lost and the calls that were left unanswered: each
    /// attempt may have had a window of rows in flight, each call a page.
    pub fn sent_again(&mut self, lost_attempts: &HashMap<Uuid, i64>, unanswered: i64) -> SentAgain {
        let mut found =
            SentAgain { records: 0, most: unanswered * 1000, lost_attempts: 0, most_for_one: 0 };
        for (run, records) in self.stored_again.drain() {
            let lost = lost_attempts.get(&run).copied().unwrap_or_default();
            found.records += records;
            found.lost_attempts += lost;
            found.most_for_one = found.most_for_one.max(records / lost.max(1));
            if records > lost * WINDOW + unanswered * 1000 {
                let breach = format!("{run} sent {records} records again for {lost} lost attempts");
                self.breaches.push(breach);
            }
        }
        found.most += found.lost_attempts * WINDOW;
        if found.records > found.most {
            self.breaches.push(format!(
                "{} records were sent again, of at most {}",
                found.records, found.most
            ));
        }
        found
    }
}

/// Whether no part is negative, and all of them are the whole.
fn adds_up(count: &impl Fn(&str) -> i64, parts: &[&str], whole: &str) -> bool {
    let counts = || parts.iter().map(|name| count(name));
    counts().all(|count| count >= 0) && counts().sum::<i64>() == count(whole)
}
