//! What a person is to a list, in one word and one sentence: the answer to “why did they not get the mail?”.

use serde::Serialize;
use utoipa::ToSchema;

use super::find::{KnownAtList, KnownMembers};
use crate::baselines::MemberState;
use crate::runs::{DetailState, RejectionOutcome, Run, RunStatus};

/// What a person is to a list, as far as the runs of an export know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum StandingCode {
    /// Campaign Monitor accepted the person, and no run has found otherwise since.
    OnList,
    /// The person left the segments and stays on the list, flagged or because another export sends them there.
    StaysOnList,
    /// Sent, but no answer says whether it was stored.
    InDoubt,
    /// The person has not confirmed the subscription yet.
    Unconfirmed,
    /// Campaign Monitor holds the record back, to check it.
    Flagged,
    /// The person has unsubscribed, or somebody has unsubscribed them at Campaign Monitor.
    Unsubscribed,
    /// Mail to the address could not be delivered.
    Bounced,
    /// Somebody has deleted the subscriber at Campaign Monitor.
    Deleted,
    /// The address is on the suppression list of the client.
    Suppressed,
    /// Not sent, because the person said no under another address, or before the list was emptied.
    HeldBack,
    /// The person left the segments, and a run deleted or unsubscribed them.
    RemovedByUs,
    /// The person has another address on the list now.
    Moved,
    /// Campaign Monitor rejected the profile.
    Rejected,
    /// Not sent: no usable address, `CustomerId` or consent, or the person was erased on request.
    Invalid,
    /// Not sent: another profile with the same address was.
    Duplicate,
    /// The last run read every member of the segments, and the person was none.
    NotInSegments,
    /// No run has ended yet.
    NeverRun,
    /// What is kept does not say.
    Unknown,
}

/// What a person is to a list, and what that means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Standing {
    pub code: StandingCode,
    /// The same in a sentence for support and marketers.
    #[schema(
        example = "The person unsubscribed, or somebody unsubscribed them at Campaign Monitor."
    )]
    pub message: &'static str,
}

impl KnownAtList {
    /// What the person is to this list.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let code = self.code();
        Standing { code, message: self.message(code) }
    }

    fn code(&self) -> StandingCode {
        if matches!(self.members, KnownMembers::Unreadable) {
            return StandingCode::Unknown;
        }
        let states = self.members().iter().map(|found| code_of(found.member.state));
        if let Some(best) = states.min_by_key(|code| *code as u8) {
            return best;
        }
        let Some(last) = &self.last_run else { return StandingCode::NeverRun };
        match self.rejections.iter().find(|rejection| rejection.run_id == last.id) {
            Some(rejection) => code_of_outcome(rejection.outcome),
            None if self.has_read_everybody(last) => StandingCode::NotInSegments,
            None => StandingCode::Unknown,
        }
    }

    /// Whether a run has read every member, so that somebody of whom nothing is kept was none of them.
    fn has_read_everybody(&self, last: &Run) -> bool {
        let is_complete =
            matches!(last.status, RunStatus::Successful | RunStatus::CompletedWithErrors);
        let counts = &last.counts;
        let has_rejections =
            counts.rejected + counts.duplicate + counts.invalid + counts.in_doubt > 0;
        let are_kept = last.rejections_state == DetailState::Kept || !has_rejections;
        is_complete && are_kept && self.baseline_run.is_none_or(|known| known == last.id)
    }

    fn message(&self, code: StandingCode) -> &'static str {
        match (code, &self.members) {
            (StandingCode::Unknown, KnownMembers::Unreadable) => {
                "What the list last received is missing or damaged, or the storage is unavailable. Try again later. \
                 After damage, the next run sends every member again."
            }
            (code, _) => words(code),
        }
    }
}

/// The states in which a person gets mail come first: of several addresses the best one counts.
const fn code_of(state: MemberState) -> StandingCode {
    match state {
        MemberState::OnList => StandingCode::OnList,
        MemberState::FlaggedByUs | MemberState::LetGo => StandingCode::StaysOnList,
        MemberState::InDoubt => StandingCode::InDoubt,
        MemberState::Unconfirmed => StandingCode::Unconfirmed,
        MemberState::Flagged => StandingCode::Flagged,
        MemberState::Unsubscribed => StandingCode::Unsubscribed,
        MemberState::Bounced => StandingCode::Bounced,
        MemberState::Deleted => StandingCode::Deleted,
        MemberState::Suppressed => StandingCode::Suppressed,
        MemberState::HeldBack => StandingCode::HeldBack,
        MemberState::DeletedByUs | MemberState::UnsubscribedByUs => StandingCode::RemovedByUs,
        MemberState::Moved => StandingCode::Moved,
    }
}

const fn code_of_outcome(outcome: RejectionOutcome) -> StandingCode {
    match outcome {
        RejectionOutcome::Rejected => StandingCode::Rejected,
        RejectionOutcome::Invalid => StandingCode::Invalid,
        RejectionOutcome::Duplicate => StandingCode::Duplicate,
        RejectionOutcome::InDoubt => StandingCode::InDoubt,
    }
}

const fn words(code: StandingCode) -> &'static str {
    match code {
        StandingCode::OnList => {
            "Campaign Monitor accepted the person, and no run has found otherwise since. Ask with `live` whether it is \
             still so."
        }
        StandingCode::StaysOnList => {
            "The person left the segments and stays on the list: flagged, or because another export sends them there."
        }
        StandingCode::InDoubt => "The person was sent, but no answer says whether it was stored.",
        StandingCode::Unconfirmed => "The person has not confirmed the subscription yet.",
        StandingCode::Flagged => "Campaign Monitor holds the record back, to check it.",
        StandingCode::Unsubscribed => {
            "The person unsubscribed, or somebody unsubscribed them at Campaign Monitor."
        }
        StandingCode::Bounced => "Mail to the address could not be delivered.",
        StandingCode::Deleted => "Somebody deleted the subscriber at Campaign Monitor.",
        StandingCode::Suppressed => "The address is on the suppression list of the client.",
        StandingCode::HeldBack => {
            "The person said no under another address, or before the list was emptied, and is not sent."
        }
        StandingCode::RemovedByUs => {
            "The person left the segments, and a run deleted or unsubscribed them."
        }
        StandingCode::Moved => "The person has another address on the list now.",
        StandingCode::Rejected => "Campaign Monitor rejected the profile in the last run.",
        StandingCode::Invalid => {
            "The last run did not send the profile: its address or a consent cannot be used."
        }
        StandingCode::Duplicate => {
            "The last run did not send the profile: another one with the same address was sent."
        }
        StandingCode::NotInSegments => {
            "The last run read every member of the segments, and the person was none of them."
        }
        StandingCode::NeverRun => "No run of the export to this list has ended yet.",
        StandingCode::Unknown => {
            "Nothing is kept of the person, and the last run did not read every member, or its rejected rows were \
             deleted. Run the export again."
        }
    }
}
