//! What the end of a run says about each rule.

use super::finding::Finding;
use super::harmless::harmless;
use super::rule::AlertRule;
use super::rule_kind::RuleKind;
use crate::names::Culprit;
use crate::params::Params;
use crate::runs::{FieldWarning, Reason, ReasonCode, Run, RunStatus};

/// How a run ended, for somebody who waits for its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// It went through all its profiles.
    Complete,
    /// It did not, and somebody must do something.
    Failed,
    /// Somebody wanted it so, or another run takes care of it.
    Intended,
}

const fn ending(status: RunStatus, code: Option<ReasonCode>) -> Ending {
    let is_intended = matches!(
        code,
        Some(ReasonCode::RunAlreadyOpen | ReasonCode::Declined | ReasonCode::Superseded)
    );
    match status {
        RunStatus::Successful | RunStatus::CompletedWithErrors => Ending::Complete,
        RunStatus::Skipped if is_intended => Ending::Intended,
        RunStatus::Failed | RunStatus::Skipped => Ending::Failed,
        RunStatus::Canceled
        | RunStatus::Queued
        | RunStatus::AwaitingApproval
        | RunStatus::Running => Ending::Intended,
    }
}

fn ending_of(run: &Run) -> Ending {
    ending(run.status, run.reason.as_ref().map(|reason| reason.code))
}

/// Whether the run says anything about profiles and values.
pub fn is_complete(run: &Run) -> bool {
    ending_of(run) == Ending::Complete
}

/// Whether the run failed, or was skipped for a reason that somebody must remove.
pub fn run_failed(run: &Run) -> Finding {
    match ending_of(run) {
        Ending::Complete => Finding::Clear,
        Ending::Intended => Finding::Unknown,
        Ending::Failed => {
            let internal = || Reason::new(ReasonCode::Internal, "");
            let reason = run.reason.as_ref().map_or_else(internal, |reason| reason.0.clone());
            Finding::Holds(harmless(&reason))
        }
    }
}

/// Whether too many profiles are not on the list because of this run.
pub fn profiles_refused(run: &Run, rule: &AlertRule) -> Finding {
    let (missing, selected) = (run.counts.rejected + run.counts.invalid, run.counts.selected);
    if !is_complete(run) || selected == 0 {
        return Finding::Unknown;
    }
    if missing == 0 || missing * 100 < rule.percent() * selected {
        return Finding::Clear;
    }
    let words = format!("{} Open the rejections of the run to see why.", run.counts.shortfall());
    let params = run.counts.shortfall_params();
    Finding::holds(RuleKind::ProfilesRefused, Culprit::User, words, params)
}

/// Whether too many values of a field were not sent, of those that profiles had for it: of a field that few profiles
/// have, few are many.
pub fn values_lost(run: &Run, rule: &AlertRule) -> Finding {
    let counts = &run.counts;
    let sent = counts.created + counts.updated + counts.rejected + counts.in_doubt;
    if !is_complete(run) || sent == 0 {
        return Finding::Unknown;
    }
    let warnings = &run.field_warnings;
    let is_lost = |key: &str| warnings.lost().any(|lost| lost.key == key);
    // A run of an older version has not counted them, but then no more than it has sent profiles.
    let values = |key: &str| warnings.values.get(key).copied().unwrap_or(sent);
    let is_lossy = |field: &&FieldWarning| {
        let lost = field.dropped * 100 >= rule.percent() * values(&field.key);
        field.dropped > 0 && (is_lost(&field.key) || lost)
    };
    let lossy = warnings.fields.iter().filter(is_lossy);
    let lossy: Vec<_> = lossy.collect();
    if lossy.is_empty() {
        return Finding::Clear;
    }
    let fields = lossy.iter().map(|field| field.field.as_str()).collect::<Vec<_>>().join(", ");
    let dropped: i64 = lossy.iter().map(|field| field.dropped).sum();
    let lossy = lossy.iter().map(|field| format!("“{}”: {}", field.field, field.dropped));
    let words = format!(
        "Values were not sent, by field: {}. Preview the export: it shows such values, and proposes a format where \
         one fits.",
        lossy.collect::<Vec<_>>().join(", ")
    );
    let params = Params::default().with("fields", fields).with("dropped", dropped);
    Finding::holds(RuleKind::ValuesLost, Culprit::User, words, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_was_not_executed_is_a_failure_unless_somebody_wanted_it_so() {
        for (status, code, expected) in [
            (RunStatus::Successful, None, Ending::Complete),
            (RunStatus::CompletedWithErrors, Some(ReasonCode::FieldLost), Ending::Complete),
            (RunStatus::Failed, Some(ReasonCode::Internal), Ending::Failed),
            (RunStatus::Canceled, Some(ReasonCode::CanceledByUser), Ending::Intended),
            (RunStatus::Skipped, Some(ReasonCode::NoConnection), Ending::Failed),
            (RunStatus::Skipped, Some(ReasonCode::ProfileLimitExceeded), Ending::Failed),
            (RunStatus::Skipped, Some(ReasonCode::NotApproved), Ending::Failed),
            (RunStatus::Skipped, Some(ReasonCode::Declined), Ending::Intended),
            (RunStatus::Skipped, Some(ReasonCode::RunAlreadyOpen), Ending::Intended),
            (RunStatus::Skipped, Some(ReasonCode::Superseded), Ending::Intended),
        ] {
            assert_eq!(ending(status, code), expected, "{status:?} {code:?}");
        }
    }
}
