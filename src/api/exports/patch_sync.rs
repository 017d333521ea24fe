//! Changing how the list follows the segments: what is left out stays, also inside `brake`.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::exports::{
    Brake, BrakeApprover, BrakeHold, BrakeLimit, Leavers, ListSync, Resubscribe, SendMode,
    VerificationLevel,
};
use crate::wire::present;

/// What to change of how the list follows the segments.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SyncPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = SendMode, required = false)]
    pub send: Option<SendMode>,
    /// Replaced as a whole.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Leavers, required = false)]
    pub leavers: Option<Leavers>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Resubscribe, required = false)]
    pub resubscribe: Option<Resubscribe>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = BrakePatch, required = false)]
    pub brake: Option<BrakePatch>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = VerificationLevel, required = false)]
    pub verify: Option<VerificationLevel>,
}

/// What to change of the brake.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BrakePatch {
    /// `null`: removals need no approval.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<BrakeLimit>)]
    #[expect(clippy::option_option, reason = "left out, `null` and a value mean three things")]
    pub removals: Option<Option<BrakeLimit>>,
    /// `null`: new members need no approval.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<BrakeLimit>)]
    #[expect(clippy::option_option, reason = "left out, `null` and a value mean three things")]
    pub additions: Option<Option<BrakeLimit>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = BrakeHold, required = false)]
    pub hold: Option<BrakeHold>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = BrakeApprover, required = false)]
    pub approver: Option<BrakeApprover>,
}

impl SyncPatch {
    /// What `old` is with the changes.
    #[must_use]
    pub fn applied_to(&self, old: &ListSync) -> ListSync {
        ListSync {
            send: self.send.unwrap_or(old.send),
            leavers: self.leavers.clone().unwrap_or_else(|| old.leavers.clone()),
            resubscribe: self.resubscribe.unwrap_or(old.resubscribe),
            brake: self.brake.map_or(old.brake, |patch| patch.applied_to(old.brake)),
            verify: self.verify.unwrap_or(old.verify),
        }
    }
}

impl BrakePatch {
    fn applied_to(self, old: Brake) -> Brake {
        Brake {
            removals: self.removals.unwrap_or(old.removals),
            additions: self.additions.unwrap_or(old.additions),
            hold: self.hold.unwrap_or(old.hold),
            approver: self.approver.unwrap_or(old.approver),
        }
    }
}
