//! How many profiles of a run were processed, by outcome.
//!
//! The counts are a law: `selected = created + updated + unchanged + rejected + duplicate + invalid +
//! inDoubt + remaining`, at every moment. `remaining` is never stored, it is what the law leaves.

use super::status::RunStatus;
use crate::params::Params;

/// Profiles of a run, by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Counts {
    /// Members of the selected segments.
    pub selected: i64,
    /// Profiles that were not on the list before.
    pub created: i64,
    /// Profiles that were on the list before.
    pub updated: i64,
    /// Not sent: Campaign Monitor has acknowledged the same record before.
    pub unchanged: i64,
    /// Sent, and rejected by Campaign Monitor.
    pub rejected: i64,
    /// Not sent: another profile of this run with the same address was.
    pub duplicate: i64,
    /// Not sent: no usable address, `CustomerId` or consent, or the person was erased on request.
    pub invalid: i64,
    /// Sent, but no answer says whether it was stored.
    pub in_doubt: i64,
    /// A part of `updated`: people who were known to be off the list.
    pub resubscribed: i64,
    /// A part of `updated`: people whom the list had under another address.
    pub changed_addresses: i64,
}

impl Counts {
    /// Profiles that have an outcome.
    #[must_use]
    pub const fn accounted(&self) -> i64 {
        self.created + self.updated + self.unchanged + self.named()
    }

    /// Profiles that were not sent, or are not on the list; each has a row among the rejections.
    #[must_use]
    pub const fn named(&self) -> i64 {
        self.rejected + self.duplicate + self.invalid + self.in_doubt
    }

    /// Profiles without an outcome yet, by the law.
    #[must_use]
    pub const fn remaining(&self) -> i64 {
        self.selected - self.accounted()
    }

    /// How many profiles a run that went through all of them did not put on the list, and why, in a sentence or two.
    /// The address of a duplicate is there: the run sent it with another profile.
    #[must_use]
    pub fn shortfall(&self) -> String {
        let Self { selected, in_doubt, .. } = *self;
        let causes = [
            (self.rejected, "rejected by Campaign Monitor or because of an earlier no"),
            (self.invalid, "without a usable address, CustomerId or consent, or erased on request"),
        ];
        let causes = causes.iter().filter(|(profiles, _)| *profiles > 0);
        let causes: Vec<_> = causes.map(|(profiles, why)| format!("{profiles} {why}")).collect();
        let mut sentences = vec![];
        if !causes.is_empty() {
            let missing = self.rejected + self.invalid;
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

    /// The numbers of that sentence.
    #[must_use]
    pub fn shortfall_params(&self) -> Params {
        let Self { selected, rejected, invalid, in_doubt, .. } = *self;
        Params::default()
            .with("selected", selected)
            .with("missing", rejected + invalid)
            .with("rejected", rejected)
            .with("invalid", invalid)
            .with("inDoubt", in_doubt)
    }

    /// Adds the outcomes of more profiles; `selected` stays.
    pub const fn add(&mut self, more: &Self) {
        self.created += more.created;
        self.updated += more.updated;
        self.unchanged += more.unchanged;
        self.rejected += more.rejected;
        self.duplicate += more.duplicate;
        self.invalid += more.invalid;
        self.in_doubt += more.in_doubt;
        self.resubscribed += more.resubscribed;
        self.changed_addresses += more.changed_addresses;
    }

    /// How a run that went through all its profiles ends.
    #[must_use]
    pub const fn completion(&self) -> RunStatus {
        if self.created + self.updated + self.unchanged + self.duplicate == self.selected {
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
    Unchanged,
    Rejected,
    Duplicate,
    Invalid,
    InDoubt,
}

impl ProfileOutcome {
    pub const ALL: [Self; 7] = [
        Self::Created,
        Self::Updated,
        Self::Unchanged,
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
            Self::Unchanged => "unchanged",
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
            Self::Unchanged => counts.unchanged,
            Self::Rejected => counts.rejected,
            Self::Duplicate => counts.duplicate,
            Self::Invalid => counts.invalid,
            Self::InDoubt => counts.in_doubt,
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
            "This run did not put 8 of 1000 profiles on the list: 8 without a usable address, CustomerId or consent, \
             or erased on request."
        );
        counts = Counts { selected: 5, rejected: 1, in_doubt: 2, ..Counts::default() };
        assert_eq!(
            counts.shortfall(),
            "This run did not put 1 of 5 profiles on the list: 1 rejected by Campaign Monitor or because of an earlier \
             no. For 2 of 5 profiles it is unknown whether they are on the list."
        );
    }

    #[test]
    fn a_run_is_successful_only_when_every_address_is_on_the_list() {
        let mut counts = Counts { selected: 3, created: 1, updated: 1, ..Counts::default() };
        assert_eq!(counts.completion(), RunStatus::CompletedWithErrors);
        counts.duplicate = 1;
        assert_eq!(counts.completion(), RunStatus::Successful);
        counts.created = 0;
        counts.rejected = 1;
        assert_eq!(counts.completion(), RunStatus::CompletedWithErrors);
    }
}
