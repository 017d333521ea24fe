//! A rule: what opens an alert, which channels get it, and how often they are reminded.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rule_kind::{LimitName, LimitRow, RuleKind};
use crate::exports::documented::documented_as;
use crate::names::ChannelId;
use crate::wire::present_list;

/// The most channels that a rule names.
const CHANNELS_MAX: usize = 50;
/// The most hours between reminders: thirty days.
const REMIND_HOURS_MAX: u32 = 720;

/// A rule. The limits that its kind has are all there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RuleForm", into = "RuleForm")]
pub struct AlertRule {
    pub kind: RuleKind,
    /// `None`: every channel of the instance.
    pub channels: Option<Vec<ChannelId>>,
    /// `None`: nobody is reminded.
    pub remind_hours: Option<u32>,
    limits: Vec<(LimitName, u32)>,
}

documented_as!(AlertRule, RuleForm);

/// What opens an alert, and which channels get it. `percent` belongs to `profilesRefused`, `valuesLost` and
/// `countDeviates`, `runs` to `countDeviates`, `minutes` to `runLate`, `factor` to `runSlow`, `hours` to `notFresh` and
/// `channelNeedsAttention`; each has a default.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RuleForm {
    kind: RuleKind,
    /// From 1 to 100, of `countDeviates` to 1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, required = false, minimum = 1, maximum = 1000, example = 10)]
    percent: Option<u32>,
    /// How many earlier runs say what is usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, required = false, minimum = 5, maximum = 100)]
    runs: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, required = false, minimum = 1, maximum = 10080)]
    minutes: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, required = false, minimum = 2, maximum = 100)]
    factor: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, required = false, minimum = 1, maximum = 8760)]
    hours: Option<u32>,
    /// Which channels get it. When it is left out: every channel of the instance. With an empty list there is no
    /// message; the alert is there all the same.
    #[serde(
        default,
        deserialize_with = "present_list::<CHANNELS_MAX, _, _>",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Vec<ChannelId>, required = false, max_items = 50)]
    channels: Option<Vec<ChannelId>>,
    /// Hours between reminders, until somebody acknowledges the alert or it is over. When it is left out: no reminder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, required = false, minimum = 1, maximum = 720, example = 24)]
    remind_hours: Option<u32>,
}

impl RuleForm {
    const fn given(&self) -> [(LimitName, Option<u32>); 5] {
        [
            (LimitName::Percent, self.percent),
            (LimitName::Runs, self.runs),
            (LimitName::Minutes, self.minutes),
            (LimitName::Factor, self.factor),
            (LimitName::Hours, self.hours),
        ]
    }
}

impl TryFrom<RuleForm> for AlertRule {
    type Error = String;

    fn try_from(form: RuleForm) -> Result<Self, Self::Error> {
        let rows = form.kind.limits();
        let mut limits = vec![];
        for (name, value) in form.given() {
            match (rows.iter().find(|row| row.name == name), value) {
                (Some(row), value) => limits.push((name, within(row, value)?)),
                (None, Some(_)) => {
                    return Err(format!(
                        "`{}` does not belong to the kind `{}`",
                        name.word(),
                        form.kind.word()
                    ));
                }
                (None, None) => {}
            }
        }
        let RuleForm { kind, channels, remind_hours, .. } = form;
        if channels.as_ref().is_some_and(|channels| channels.len() > CHANNELS_MAX) {
            return Err(format!("a rule names at most {CHANNELS_MAX} channels"));
        }
        if remind_hours.is_some_and(|hours| !(1..=REMIND_HOURS_MAX).contains(&hours)) {
            return Err(format!("`remindHours` is from 1 to {REMIND_HOURS_MAX}"));
        }
        Ok(Self { kind, channels, remind_hours, limits })
    }
}

fn within(row: &LimitRow, value: Option<u32>) -> Result<u32, String> {
    let value = value.unwrap_or(row.default);
    if (row.least..=row.most).contains(&value) {
        return Ok(value);
    }
    Err(format!("`{}` is from {} to {}", row.name.word(), row.least, row.most))
}

impl From<AlertRule> for RuleForm {
    fn from(rule: AlertRule) -> Self {
        let limit = |name| rule.limit(name);
        Self {
            percent: limit(LimitName::Percent),
            runs: limit(LimitName::Runs),
            minutes: limit(LimitName::Minutes),
            factor: limit(LimitName::Factor),
            hours: limit(LimitName::Hours),
            kind: rule.kind,
            channels: rule.channels,
            remind_hours: rule.remind_hours,
        }
    }
}

impl LimitName {
    const fn word(self) -> &'static str {
        match self {
            Self::Percent => "percent",
            Self::Runs => "runs",
            Self::Minutes => "minutes",
            Self::Factor => "factor",
            Self::Hours => "hours",
        }
    }
}

impl AlertRule {
    /// With its defaults: for every channel, and without reminders.
    pub(super) fn of(kind: RuleKind) -> Self {
        let limits = kind.limits().iter().map(|row| (row.name, row.default)).collect();
        Self { kind, channels: None, remind_hours: None, limits }
    }

    fn limit(&self, name: LimitName) -> Option<u32> {
        self.limits.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// 0 of a kind that has none.
    pub(super) fn percent(&self) -> i64 {
        self.limit(LimitName::Percent).unwrap_or_default().into()
    }

    /// 0 of a kind that has none.
    pub(super) fn runs(&self) -> i64 {
        self.limit(LimitName::Runs).unwrap_or_default().into()
    }

    /// 0 of a kind that has none.
    pub(super) fn minutes(&self) -> i64 {
        self.limit(LimitName::Minutes).unwrap_or_default().into()
    }

    /// 0 of a kind that has none.
    pub(super) fn factor(&self) -> i64 {
        self.limit(LimitName::Factor).unwrap_or_default().into()
    }

    /// 0 of a kind that has none.
    pub(super) fn hours(&self) -> i64 {
        self.limit(LimitName::Hours).unwrap_or_default().into()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(rule: Value) -> serde_json::Result<AlertRule> {
        serde_json::from_value(rule)
    }

    #[test]
    fn a_rule_has_the_limits_of_its_kind_with_their_defaults() {
        let rule = read(json!({"kind": "countDeviates", "percent": 50})).unwrap();
        assert_eq!((rule.percent(), rule.runs(), rule.minutes()), (50, 14, 0));
        let written = serde_json::to_value(rule).unwrap();
        assert_eq!(written, json!({"kind": "countDeviates", "percent": 50, "runs": 14}));
        for kind in RuleKind::ALL {
            assert_eq!(read(json!({"kind": kind.word()})).unwrap(), AlertRule::of(kind));
        }
    }

    #[test]
    fn a_limit_of_another_kind_or_out_of_range_is_refused() {
        for (rule, words) in [
            (json!({"kind": "runFailed", "percent": 5}), "`percent` does not belong"),
            (json!({"kind": "profilesRefused", "percent": 101}), "`percent` is from 1 to 100"),
            (json!({"kind": "runSlow", "factor": 1}), "`factor` is from 2 to 100"),
            (json!({"kind": "runFailed", "remindHours": 0}), "`remindHours` is from 1"),
            (json!({"kind": "unknown"}), "unknown variant"),
        ] {
            let error = read(rule.clone()).unwrap_err().to_string();
            assert!(error.contains(words), "{rule}: {error}");
        }
    }
}
