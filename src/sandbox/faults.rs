//! Planned faults: which calls go wrong, and how. A plan gives the same faults for the same calls.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::lock::locked;
use super::wire::Answer;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Fault {
    /// It takes longer; later rules apply as well.
    Latency { ms: u64 },
    /// The answer is an error, and nothing is stored.
    Status(StatusFault),
    /// The connection closes without an answer, and nothing is stored.
    DropBefore,
    /// The request is stored, then the connection closes without an answer.
    DropAfter,
    /// The answer waits this long, or forever; a call without an answer is not stored.
    Hang { ms: Option<u64> },
    /// The request is stored; the answer breaks off in the middle.
    HalfAnswer,
}

/// An error as the service, or a proxy in front of it, would answer it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatusFault {
    pub status: u16,
    /// The `Code` in the body; by default the status.
    pub code: Option<u16>,
    /// The `Message` in the body; by default the vendor's.
    pub message: Option<String>,
    pub retry_after_seconds: Option<u64>,
    pub rate_limit_reset_seconds: Option<u64>,
    /// HTML instead of JSON.
    #[serde(default)]
    pub html: bool,
}

impl StatusFault {
    pub fn answer(&self) -> Answer {
        if self.html {
            let status = self.status;
            let page = format!(
                "<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>"
            );
            return Answer::html(status, page);
        }
        let message = match (&self.message, self.status) {
            (Some(message), _) => message.as_str(),
            (None, 429) => "Rate limit exceeded",
            (None, _) => "Sorry, we've run into a problem. Please try again or contact support",
        };
        let body = json!({"Code": self.code.unwrap_or(self.status), "Message": message});
        Answer::json(self.status, &body)
    }
}

/// The calls to which a rule applies; an absent member matches every call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// A part of the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
}

/// One rule of a plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    #[serde(default, rename = "match")]
    matching: Match,
    kind: Fault,
    /// 3: to every third matching call; 1: to all of them.
    #[serde(default = "one")]
    every: u64,
    /// Number of matching calls before the rule starts.
    #[serde(default)]
    skip: u64,
    /// How many calls the rule applies to in all; by default no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
    /// The probability that the rule applies, 0 to 1; the same `seed` gives the same calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
    #[serde(default)]
    seed: u64,
}

fn one() -> u64 {
    1
}

/// A rule with its counters.
#[derive(Debug)]
struct ActiveRule {
    rule: Rule,
    matched: u64,
    applied: u64,
    random: u64,
}

impl ActiveRule {
    /// Counts the call if it matches; returns whether the rule applies to it.
    fn applies(&mut self, method: &str, path: &str) -> bool {
        let Match { path: part, method: only } = &self.rule.matching;
        let matches = part.as_deref().is_none_or(|part| path.contains(part))
            && only.as_deref().is_none_or(|only| only.eq_ignore_ascii_case(method));
        if !matches {
            return false;
        }
        self.matched += 1;
        let drawn = self.rule.probability.is_none_or(|p| next_fraction(&mut self.random) < p);
        let position = self.matched.checked_sub(self.rule.skip).filter(|position| *position > 0);
        let applies = position
            .is_some_and(|position| position.is_multiple_of(self.rule.every.max(1)))
            && self.rule.times.is_none_or(|times| self.applied < times)
            && drawn;
        self.applied += u64::from(applies);
        applies
    }
}

/// The next of a sequence of random fractions from 0 to 1 (`SplitMix64`).
fn next_fraction(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut bits = *state;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^= bits >> 31;
    let top = u32::try_from(bits >> 32).expect("32 bits");
    f64::from(top) / 4_294_967_296.0
}

/// The faults of one call.
#[derive(Debug, Default, PartialEq)]
pub struct Verdict {
    pub latency_ms: u64,
    pub fault: Option<Fault>,
}

#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<ActiveRule>>);

impl Faults {
    /// The new plan counts from zero.
    pub fn replace(&self, plan: Vec<Rule>) {
        let start = |rule: Rule| {
            let random = rule.seed;
            ActiveRule { rule, matched: 0, applied: 0, random }
        };
        *locked(&self.0) = plan.into_iter().map(start).collect();
    }

    pub fn plan(&self) -> Vec<Rule> {
        locked(&self.0).iter().map(|active| active.rule.clone()).collect()
    }

    /// Tries the rules in their order, until one other than latency applies.
    pub fn decide(&self, method: &str, path: &str) -> Verdict {
        let mut verdict = Verdict::default();
        for active in locked(&self.0).iter_mut() {
            if !active.applies(method, path) {
                continue;
            }
            match &active.rule.kind {
                Fault::Latency { ms } => verdict.latency_ms += ms,
                fault => {
                    verdict.fault = Some(fault.clone());
                    break;
                }
            }
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn affected(rule: serde_json::Value, calls: usize) -> Vec<usize> {
        let faults = Faults::default();
        faults.replace(vec![serde_json::from_value(rule).unwrap()]);
        let is_affected =
            |n: &usize| faults.decide("POST", &format!("/import/{n}")) != Verdict::default();
        (1..=calls).filter(is_affected).collect()
    }

    #[test]
    fn a_rule_applies_to_every_nth_call_after_the_skipped_ones_and_a_limited_number_of_times() {
        let rule = json!({"kind": "dropAfter", "every": 3, "skip": 2, "times": 2});
        assert_eq!(affected(rule, 20), [5, 8]);
    }

    #[test]
    fn a_rule_leaves_other_paths_and_methods_alone() {
        assert!(affected(json!({"match": {"path": "/lists"}, "kind": "dropBefore"}), 5).is_empty());
        assert!(affected(json!({"match": {"method": "get"}, "kind": "dropBefore"}), 5).is_empty());
        let rule = json!({"match": {"path": "/import", "method": "post"}, "kind": "dropBefore"});
        assert_eq!(affected(rule, 3), [1, 2, 3]);
    }

    #[test]
    fn random_faults_are_the_same_for_the_same_seed() {
        let rule = |seed: u64| json!({"kind": {"hang": {}}, "probability": 0.3, "seed": seed});
        let first = affected(rule(1), 1000);
        assert_eq!(first, affected(rule(1), 1000));
        assert_ne!(first, affected(rule(2), 1000));
        assert!((250..350).contains(&first.len()), "{}", first.len());
    }

    #[test]
    fn latency_adds_up_and_the_first_other_fault_wins() {
        let faults = Faults::default();
        let plan = json!([
            {"kind": {"latency": {"ms": 5}}},
            {"kind": {"latency": {"ms": 7}}},
            {"kind": {"status": {"status": 503, "html": true}}},
            {"kind": "dropBefore"},
        ]);
        faults.replace(serde_json::from_value(plan).unwrap());
        let verdict = faults.decide("GET", "/");
        assert_eq!(verdict.latency_ms, 12);
        assert!(matches!(verdict.fault, Some(Fault::Status(StatusFault { status: 503, .. }))));
    }

    #[test]
    fn an_unknown_member_of_a_rule_is_rejected() {
        for rule in [
            json!({"kind": "dropAfter", "evry": 3}),
            json!({"kind": {"latency": {"ms": 1, "s": 1}}}),
        ] {
            assert!(serde_json::from_value::<Rule>(rule).is_err());
        }
    }
}
