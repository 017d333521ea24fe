//! The phases of a run at a worker, and which one follows what has happened.

/// What waits until a plan is approved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Hold {
    #[default]
    Nothing,
    Removals,
    Run,
}

/// What of a plan waits: nothing once exactly this plan is approved.
#[must_use]
pub const fn hold(planned: Hold, is_approved: bool) -> Hold {
    if is_approved { Hold::Nothing } else { planned }
}

/// Where a worker is with a run that it has claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Whether it may begin is not decided yet.
    Claimed,
    Preparing,
    Planning,
    Sending {
        /// Nobody leaves the list before somebody approves that.
        holds_removals: bool,
    },
    RemovingLeavers,
    Verifying,
    /// Only how the worker leaves the run is still to be written.
    Settling,
}

/// What has happened to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PhaseEvent {
    /// Nothing is in the way of a claimed run.
    Begun,
    /// What the run reads is pinned, and the list is known.
    Prepared,
    /// The plan is stored; so much of it waits.
    Planned(Hold),
    /// Every row of the segments has an outcome that is written.
    Sent,
    /// Every leaver has an outcome that is written, or there is none.
    LeaversDone,
    /// The list was read back, or not, as far as that is known.
    Verified,
    /// The phase stopped before its end, and no call is in flight.
    Stopped,
    /// The phase was cut off: uploads may be in flight.
    BrokenOff,
}

/// What a step asks of the worker, which does it and answers with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunEffect {
    Prepare,
    Plan,
    Transfer,
    RemoveLeavers,
    Verify,
    /// Settle: every profile and every leaver has been processed.
    Complete,
    /// Settle: the run waits for an approval.
    Hold,
    /// Settle for the reason of the stop.
    Stop,
    /// The same, and rows in flight count as in doubt.
    BreakOff,
}

impl Phase {
    /// The next phase, and what the worker does in it. An event that does not belong to the phase stops the run.
    #[must_use]
    pub const fn step(self, event: PhaseEvent) -> (Self, RunEffect) {
        match (self, event) {
            (Self::Claimed, PhaseEvent::Begun) => (Self::Preparing, RunEffect::Prepare),
            (Self::Preparing, PhaseEvent::Prepared) => (Self::Planning, RunEffect::Plan),
            (Self::Planning, PhaseEvent::Planned(Hold::Run))
            | (Self::Sending { holds_removals: true }, PhaseEvent::Sent) => {
                (Self::Settling, RunEffect::Hold)
            }
            (Self::Planning, PhaseEvent::Planned(hold)) => {
                let holds_removals = matches!(hold, Hold::Removals);
                (Self::Sending { holds_removals }, RunEffect::Transfer)
            }
            (Self::Sending { holds_removals: false }, PhaseEvent::Sent) => {
                (Self::RemovingLeavers, RunEffect::RemoveLeavers)
            }
            (Self::RemovingLeavers, PhaseEvent::LeaversDone) => {
                (Self::Verifying, RunEffect::Verify)
            }
            (Self::Verifying, PhaseEvent::Verified) => (Self::Settling, RunEffect::Complete),
            (Self::Sending { .. }, PhaseEvent::BrokenOff) => (Self::Settling, RunEffect::BreakOff),
            _ => (Self::Settling, RunEffect::Stop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the worker does when all goes well, with a plan that waits like this.
    fn effects(hold: Hold) -> Vec<RunEffect> {
        let events = [
            PhaseEvent::Begun,
            PhaseEvent::Prepared,
            PhaseEvent::Planned(hold),
            PhaseEvent::Sent,
            PhaseEvent::LeaversDone,
            PhaseEvent::Verified,
        ];
        let mut phase = Phase::Claimed;
        let mut effects = vec![];
        for event in events {
            let (next, effect) = phase.step(event);
            effects.push(effect);
            if next == Phase::Settling {
                break;
            }
            phase = next;
        }
        effects
    }

    #[test]
    fn people_are_removed_only_after_everybody_was_sent_and_nothing_waits() {
        use RunEffect::{Complete, Hold as Wait, Plan, Prepare, RemoveLeavers, Transfer, Verify};
        let all = [Prepare, Plan, Transfer, RemoveLeavers, Verify, Complete];
        assert_eq!(effects(Hold::Nothing), all);
        assert_eq!(effects(Hold::Removals), [Prepare, Plan, Transfer, Wait]);
        assert_eq!(effects(Hold::Run), [Prepare, Plan, Wait]);
        let sending = Phase::Sending { holds_removals: false };
        for event in [PhaseEvent::Stopped, PhaseEvent::BrokenOff, PhaseEvent::LeaversDone] {
            assert_eq!(sending.step(event).0, Phase::Settling, "{event:?}");
        }
    }

    #[test]
    fn an_approval_releases_what_waited() {
        assert_eq!(hold(Hold::Removals, false), Hold::Removals);
        assert_eq!(hold(Hold::Run, true), Hold::Nothing);
    }
}
