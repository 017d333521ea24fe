//! The kinds of rules, and the limits that each of them has: a table.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What opens an alert; its limits are in the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum RuleKind {
    /// A run failed, or was skipped for a reason that somebody must remove.
    RunFailed,
    /// At least `percent` of the profiles of a run were rejected, or not sent: `rejected` and `invalid`.
    ProfilesRefused,
    /// Of some field, at least `percent` of the values were not sent, or all of them.
    ValuesLost,
    /// The number of selected profiles is far from the median of the last `runs` runs of the same kind of day.
    CountDeviates,
    /// A planned run has not begun `minutes` after its time.
    RunLate,
    /// A run takes `factor` times as long as usual.
    RunSlow,
    /// The data on the list is older than `hours`.
    NotFresh,
    /// A run waits for somebody who approves its plan.
    AwaitingApproval,
    /// Campaign Monitor rejects the credentials of a connection.
    ConnectionNeedsAttention,
    /// The list has not what a run sent.
    VerificationFailed,
    /// A channel has accepted nothing for `hours`, or was switched off because it did not.
    ChannelNeedsAttention,
}

/// The limit of a kind: the name of its member, and which values it may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct LimitRow {
    pub name: LimitName,
    pub default: u32,
    pub least: u32,
    pub most: u32,
}

/// The member that holds a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LimitName {
    Percent,
    Runs,
    Minutes,
    Factor,
    Hours,
}

const fn row(name: LimitName, default: u32, least: u32, most: u32) -> LimitRow {
    LimitRow { name, default, least, most }
}

impl RuleKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 11] = [
        Self::RunFailed,
        Self::ProfilesRefused,
        Self::ValuesLost,
        Self::CountDeviates,
        Self::RunLate,
        Self::RunSlow,
        Self::NotFresh,
        Self::AwaitingApproval,
        Self::ConnectionNeedsAttention,
        Self::VerificationFailed,
        Self::ChannelNeedsAttention,
    ];

    /// As the API and the database write it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::RunFailed => "runFailed",
            Self::ProfilesRefused => "profilesRefused",
            Self::ValuesLost => "valuesLost",
            Self::CountDeviates => "countDeviates",
            Self::RunLate => "runLate",
            Self::RunSlow => "runSlow",
            Self::NotFresh => "notFresh",
            Self::AwaitingApproval => "awaitingApproval",
            Self::ConnectionNeedsAttention => "connectionNeedsAttention",
            Self::VerificationFailed => "verificationFailed",
            Self::ChannelNeedsAttention => "channelNeedsAttention",
        }
    }

    pub(super) const fn limits(self) -> &'static [LimitRow] {
        match self {
            Self::ProfilesRefused | Self::ValuesLost => {
                const { &[row(LimitName::Percent, 10, 1, 100)] }
            }
            Self::CountDeviates => {
                const { &[row(LimitName::Percent, 30, 1, 1000), row(LimitName::Runs, 14, 5, 100)] }
            }
            Self::RunLate => const { &[row(LimitName::Minutes, 60, 1, 10_080)] },
            Self::RunSlow => const { &[row(LimitName::Factor, 3, 2, 100)] },
            Self::NotFresh => const { &[row(LimitName::Hours, 48, 1, 8760)] },
            Self::ChannelNeedsAttention => const { &[row(LimitName::Hours, 24, 1, 8760)] },
            Self::RunFailed
            | Self::AwaitingApproval
            | Self::ConnectionNeedsAttention
            | Self::VerificationFailed => &[],
        }
    }

    /// Whether an instance that has set no rules has this one: those that need no knowledge of what is usual.
    pub(super) const fn is_default(self) -> bool {
        !matches!(self, Self::CountDeviates | Self::RunSlow | Self::NotFresh)
    }

    /// Whether it is about an export: those about connections and channels have no exceptions for one.
    #[must_use]
    pub const fn is_of_export(self) -> bool {
        !matches!(self, Self::ConnectionNeedsAttention | Self::ChannelNeedsAttention)
    }
}
