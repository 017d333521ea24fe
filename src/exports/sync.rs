//! How the list follows the segments: who is sent, what happens to people who leave, who comes back, and what holds a
//! run up. The defaults never remove anybody, and bring nobody back.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::leavers::Leavers;
use super::options::Options;

/// How the list follows the segments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ListSync {
    /// Which members a run sends.
    pub send: SendMode,
    /// What happens to people who left the segments.
    pub leavers: Leavers,
    /// Whether people who left the list come back.
    pub resubscribe: Resubscribe,
    /// When a run waits for a person to approve it.
    pub brake: Brake,
    /// What is compared with the list after each run.
    pub verify: VerificationLevel,
}

/// Which members a run sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SendMode {
    /// Every member, in every run.
    #[default]
    All,
    /// Members whose record differs from what Campaign Monitor last acknowledged for this export.
    Changes,
}

/// Whether people come back who unsubscribed, bounced or were deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Resubscribe {
    /// Nobody, also not people whom this service removed.
    #[default]
    Never,
    /// Only people whom this service removed, and who are still in that state.
    OurRemovals,
    /// Everybody but those who unsubscribed, or whose mail bounced: these only where somebody said why.
    Always,
}

/// When a run waits for a person to approve it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Brake {
    /// Removals that need an approval: by default 500 people or 15 percent; `null` for none.
    pub removals: Option<BrakeLimit>,
    /// New members that need an approval; `null` for none.
    pub additions: Option<BrakeLimit>,
    /// What waits until then.
    pub hold: BrakeHold,
    /// Who may approve what waits.
    pub approver: BrakeApprover,
}

impl Default for Brake {
    fn default() -> Self {
        Self {
            removals: Some(BrakeLimit { count: 500, percent: 15 }),
            additions: None,
            hold: BrakeHold::default(),
            approver: BrakeApprover::default(),
        }
    }
}

/// A number of people: reaching either of the two counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "BrakeLimitForm")]
pub struct BrakeLimit {
    /// People, at least 1.
    #[schema(minimum = 1, maximum = 1_000_000_000, example = 500)]
    pub count: i64,
    /// Of the members that the list has from this export, 1 to 100.
    #[schema(minimum = 1, maximum = 100, example = 15)]
    pub percent: i64,
}

/// A limit as callers write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BrakeLimitForm {
    count: i64,
    percent: i64,
}

impl TryFrom<BrakeLimitForm> for BrakeLimit {
    type Error = &'static str;

    fn try_from(BrakeLimitForm { count, percent }: BrakeLimitForm) -> Result<Self, Self::Error> {
        if !(1..=1_000_000_000).contains(&count) {
            return Err("`count` is 1 to 1000000000");
        }
        if !(1..=100).contains(&percent) {
            return Err("`percent` is 1 to 100");
        }
        Ok(Self { count, percent })
    }
}

/// What waits for the approval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum BrakeHold {
    /// The removals. Members are sent before.
    #[default]
    Removals,
    /// Everything: nothing is sent before.
    Run,
}

/// Who may approve a run that waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum BrakeApprover {
    /// Somebody who has no part in the run: neither started it, nor made its settings, nor uploaded its members.
    #[default]
    SecondPerson,
    /// Everybody who may edit the export.
    AnyEditor,
}

/// What is compared with the list after a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum VerificationLevel {
    /// How many people are in each state.
    #[default]
    Counts,
    /// Some pages of the list.
    Sample,
    /// Every page of the list.
    Full,
}

impl ListSync {
    /// Whether the list follows the segments: what it has of each member is known, and counts.
    #[must_use]
    pub fn follows_segments(&self) -> bool {
        self.send == SendMode::Changes || self.leavers != Leavers::Keep
    }

    /// Whether it matters who was on the list before: people may leave it, come back, or change their address.
    #[must_use]
    pub fn asks_who_is_known(&self) -> bool {
        self.follows_segments() || self.resubscribe != Resubscribe::Never
    }

    /// Whether people come back also when they left by their own wish. `options.resubscribe` says the same.
    #[must_use]
    pub fn resubscribes(&self, options: Options) -> bool {
        options.resubscribe || self.resubscribe == Resubscribe::Always
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_left_out_harms_nobody() {
        let sync: ListSync = serde_json::from_value(json!({})).unwrap();
        assert_eq!(
            serde_json::to_value(&sync).unwrap(),
            json!({"send": "all", "leavers": {"action": "keep"}, "resubscribe": "never", "verify": "counts",
                "brake": {"removals": {"count": 500, "percent": 15}, "additions": null, "hold": "removals",
                    "approver": "secondPerson"}})
        );
        assert!(!sync.resubscribes(Options::default()));
    }

    #[test]
    fn both_ways_to_say_that_everybody_comes_back_count() {
        let always: ListSync = serde_json::from_value(json!({"resubscribe": "always"})).unwrap();
        let ours: ListSync = serde_json::from_value(json!({"resubscribe": "ourRemovals"})).unwrap();
        assert!(always.resubscribes(Options::default()));
        assert!(ours.resubscribes(Options { resubscribe: true }));
        assert!(!ours.resubscribes(Options::default()));
    }

    #[test]
    fn a_limit_is_switched_off_by_null_and_has_bounds() {
        let brake = |brake| serde_json::from_value::<Brake>(brake);
        assert_eq!(brake(json!({"removals": null})).unwrap().removals, None);
        assert!(brake(json!({"removals": {"count": 0, "percent": 15}})).is_err());
        assert!(brake(json!({"additions": {"count": 1, "percent": 101}})).is_err());
        assert!(brake(json!({"additions": {"count": 1}})).is_err());
    }
}
