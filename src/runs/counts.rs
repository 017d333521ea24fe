//! How many profiles of a run were processed, by outcome, and the values that did not fit their fields.
//!
//! The counts are a law: `selected = created + updated + rejected + duplicate + invalid + inDoubt +
//! remaining`, at every moment. `remaining` is never stored, it is what the law leaves.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::status::RunStatus;

/// Profiles of a run, by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Counts {
    /// Members of the selected segments.
    pub selected: i64,
    /// Profiles that were not on the list before.
    pub created: i64,
    /// Profiles that were on the list before.
    pub updated: i64,
    /// Sent, and rejected by Campaign Monitor.
    pub rejected: i64,
    /// The address came before in this run.
    pub duplicate: i64,
    /// Not sent: no usable address.
    pub invalid: i64,
    /// Sent, but no answer says whether it was stored.
    pub in_doubt: i64,
}

impl Counts {
    /// Profiles that have an outcome.
    #[must_use]
    pub const fn accounted(&self) -> i64 {
        self.created + self.updated + self.rejected + self.duplicate + self.invalid + self.in_doubt
    }

    /// Profiles that the run did not put on the list; each has a row among the rejections.
    #[must_use]
    pub const fn missing(&self) -> i64 {
        self.rejected + self.duplicate + self.invalid + self.in_doubt
    }

    /// Profiles without an outcome yet, by the law.
    #[must_use]
    pub const fn remaining(&self) -> i64 {
        self.selected - self.accounted()
    }

    /// How many profiles a run that went through all of them did not put on the list, and why, in a sentence or two.
    #[must_use]
    pub fn shortfall(&self) -> String {
        let Self { selected, in_doubt, .. } = *self;
        let causes = [
            (self.rejected, "rejected by Campaign Monitor"),
            (self.invalid, "without a usable address or CustomerId"),
            (self.duplicate, "with the address of another profile"),
        ];
        let causes = causes.iter().filter(|(profiles, _)| *profiles > 0);
        let causes: Vec<_> = causes.map(|(profiles, why)| format!("{profiles} {why}")).collect();
        let mut sentences = vec![];
        if !causes.is_empty() {
            let missing = self.missing() - in_doubt;
            let causes = causes.join(", ");
            sentences.push(format!(
                "This run did not put {missing} of {selected} profiles on the list: {causes}."
            ));
        }
        if in_doubt > 0 {
            sentences.push(format!(
                "For {in_doubt} of {selected} profiles it is unknown whether they are on the list."
            ));
        }
        sentences.join(" ")
    }

    /// Adds the outcomes of more profiles; `selected` stays.
    pub const fn add(&mut self, more: &Self) {
        self.created += more.created;
        self.updated += more.updated;
        self.rejected += more.rejected;
        self.duplicate += more.duplicate;
        self.invalid += more.invalid;
        self.in_doubt += more.in_doubt;
    }

    /// How a run that went through all its profiles ends.
    #[must_use]
    pub const fn completion(&self) -> RunStatus {
        if self.created + self.updated == self.selected {
            RunStatus::Successful
        } else {
            RunStatus::CompletedWithErrors
        }
    }
}

/// What happened to a profile of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProfileOutcome {
    Created,
    Updated,
    Rejected,
    Duplicate,
    Invalid,
    InDoubt,
}

impl ProfileOutcome {
    pub const ALL: [Self; 6] = [
        Self::Created,
        Self::Updated,
        Self::Rejected,
        Self::Duplicate,
        Self::Invalid,
        Self::InDoubt,
    ];

    /// As it is written in labels.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Rejected => "rejected",
            Self::Duplicate => "duplicate",
            Self::Invalid => "invalid",
            Self::InDoubt => "inDoubt",
        }
    }

    /// The profiles with this outcome.
    pub const fn of(self, counts: &Counts) -> i64 {
        match self {
            Self::Created => counts.created,
            Self::Updated => counts.updated,
            Self::Rejected => counts.rejected,
            Self::Duplicate => counts.duplicate,
            Self::Invalid => counts.invalid,
            Self::InDoubt => counts.in_doubt,
        }
    }
}

/// Values of a field that were cut, left out or assumed; their profiles were sent all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldWarning {
    /// Key of the custom field on the list, or `MobileNumber`, `ConsentToTrack`, `ConsentToSendSms`.
    #[schema(example = "city")]
    pub key: String,
    /// Values longer than 250 characters, cut.
    #[schema(example = 12)]
    pub cut: i64,
    /// Values that do not fit the field (no number, no date, no such option), left out; consents that nobody can read,
    /// for which `otherwise` was sent.
    #[schema(example = 3)]
    pub dropped: i64,
}

/// The field warnings of a run. (A JSON column holds an object.)
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldWarnings {
    /// At most one for each field.
    pub fields: Vec<FieldWarning>,
}

impl FieldWarnings {
    /// Sums the warnings of each field.
    pub fn add(&mut self, more: &[FieldWarning]) {
        for warning in more {
            match self.fields.iter_mut().find(|known| known.key == warning.key) {
                Some(known) => {
                    known.cut += warning.cut;
                    known.dropped += warning.dropped;
                }
                None => self.fields.push(warning.clone()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortfall_tells_each_cause_and_does_not_say_that_the_run_removed_anybody() {
        let mut counts = Counts { selected: 1000, invalid: 8, duplicate: 8, ..Counts::default() };
        assert_eq!(
            counts.shortfall(),
            "This run did not put 16 of 1000 profiles on the list: 8 without a usable address or CustomerId, 8 with \
             the address of another profile."
        );
        counts = Counts { selected: 5, rejected: 1, in_doubt: 2, ..Counts::default() };
        assert_eq!(
            counts.shortfall(),
            "This run did not put 1 of 5 profiles on the list: 1 rejected by Campaign Monitor. For 2 of 5 profiles it \
             is unknown whether they are on the list."
        );
    }

    #[test]
    fn a_run_is_successful_only_when_every_profile_is_on_the_list() {
        let mut counts = Counts { selected: 3, created: 2, updated: 1, ..Counts::default() };
        assert_eq!(counts.completion(), RunStatus::Successful);
        counts.updated = 0;
        counts.duplicate = 1;
        assert_eq!(counts.completion(), RunStatus::CompletedWithErrors);
    }
}
