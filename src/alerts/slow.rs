//! Whether a run takes longer than usual.

use chrono::TimeDelta;

use super::finding::Finding;
use super::rule::AlertRule;
use crate::names::Culprit;
use crate::params::Params;

/// A run that is longer by less than this is not slow, however short it usually is.
const EXCESS_MIN: TimeDelta = TimeDelta::minutes(1);

/// Compares how long a run has taken with how long runs usually take, in milliseconds.
pub fn slow(usual: Option<i64>, taken: TimeDelta, rule: &AlertRule) -> Finding {
    let Some(usual) = usual.map(TimeDelta::milliseconds) else { return Finding::Unknown };
    let factor = i32::try_from(rule.factor()).unwrap_or(i32::MAX);
    let is_slow = usual.checked_mul(factor).is_some_and(|most| taken > most);
    if !is_slow || taken - usual < EXCESS_MIN {
        return Finding::Clear;
    }
    let words = format!(
        "The run has taken {} minutes; {} are usual. Open the run to see how far it has come.",
        taken.num_minutes(),
        usual.num_minutes().max(1)
    );
    let params = Params::default()
        .with("minutes", taken.num_minutes())
        .with("usual", usual.num_minutes().max(1));
    Finding::holds(rule.kind, Culprit::External, words, params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::RuleKind;

    #[test]
    fn a_run_is_slow_when_it_takes_some_times_as_long_as_usual_and_a_minute_more() {
        let rule = AlertRule::of(RuleKind::RunSlow);
        let found = |usual, taken| slow(Some(usual), TimeDelta::milliseconds(taken), &rule);
        assert!(matches!(found(60_000, 181_000), Finding::Holds(_)));
        assert_eq!(found(60_000, 179_000), Finding::Clear);
        assert_eq!(found(1000, 59_000), Finding::Clear);
        assert_eq!(slow(None, TimeDelta::hours(9), &rule), Finding::Unknown);
    }
}
