//! What an export or a run warns of, as it is stored and shown.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::params::{Param, Params};

/// Something that the owner of an export should know before it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// Stable, for programs; `message` is for people.
    pub code: WarningCode,
    /// What will happen, and what to do about it.
    #[schema(
        example = "“Newsletter” is a double opt-in list: Campaign Monitor mails every new profile a request to confirm."
    )]
    pub message: String,
    /// The values that the message names, for a front end that says it in its own words.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    #[schema(value_type = Object, required = false, example = json!({"list": "Newsletter"}))]
    pub params: Params,
}

impl Warning {
    /// A warning whose message names nothing yet.
    pub fn new(code: WarningCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), params: Params::default() }
    }

    /// Adds a value that the message names; never one of a person.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Param>) -> Self {
        self.params.put(name, value);
        self
    }
}

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum WarningCode {
    /// New subscribers must confirm by mail.
    DoubleOptIn,
    /// The list and its fields were not checked.
    ConnectionNotConnected,
    /// The fields could not be checked: a segment has no members yet.
    SegmentWithoutMembers,
    /// The segments hold more profiles than an export may have.
    ProfileLimitExceeded,
    /// The run started after its planned time.
    Late,
    /// Empty values remove what the list has.
    ClearsValues,
    /// People who left the list are put on it again.
    Resubscribes,
    /// Nobody leaves the list this time, because something is not known.
    NobodyRemoved,
    /// Most people whom the export put on the list have left it, or were deleted there.
    FewOnList,
    /// A flag added people to the list, and it is not known whom.
    AddedByFlag,
    /// People who leave the segments are deleted from the list, or unsubscribed.
    RemovesLeavers,
    /// Leaving the segments counts for every list of the client, as if the person had wished it.
    UnsubscribesEverywhere,
    /// People who say no to text messages are put on the list, and their tracking is not asked of them.
    NoStaysOnList,
    /// Campaign Monitor records a yes to tracking for people who are new there and whose consent is empty.
    EmptyConsentIsYes,
    /// Rows of the run are missing in its row log.
    RowLogIncomplete,
    /// The last file of who left could not be written.
    FeedbackIncomplete,
}

impl WarningCode {
    /// The same word as in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::DoubleOptIn => "doubleOptIn",
            Self::ConnectionNotConnected => "connectionNotConnected",
            Self::SegmentWithoutMembers => "segmentWithoutMembers",
            Self::ProfileLimitExceeded => "profileLimitExceeded",
            Self::Late => "late",
            Self::ClearsValues => "clearsValues",
            Self::Resubscribes => "resubscribes",
            Self::NobodyRemoved => "nobodyRemoved",
            Self::FewOnList => "fewOnList",
            Self::AddedByFlag => "addedByFlag",
            Self::RemovesLeavers => "removesLeavers",
            Self::UnsubscribesEverywhere => "unsubscribesEverywhere",
            Self::NoStaysOnList => "noStaysOnList",
            Self::EmptyConsentIsYes => "emptyConsentIsYes",
            Self::RowLogIncomplete => "rowLogIncomplete",
            Self::FeedbackIncomplete => "feedbackIncomplete",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::WarningCode::{
        AddedByFlag, ClearsValues, ConnectionNotConnected, DoubleOptIn, EmptyConsentIsYes,
        FeedbackIncomplete, FewOnList, Late, NoStaysOnList, NobodyRemoved, ProfileLimitExceeded,
        RemovesLeavers, Resubscribes, RowLogIncomplete, SegmentWithoutMembers,
        UnsubscribesEverywhere,
    };

    #[test]
    fn a_code_has_one_word() {
        let codes = [DoubleOptIn, ConnectionNotConnected, SegmentWithoutMembers, AddedByFlag];
        let more =
            [ProfileLimitExceeded, Late, ClearsValues, Resubscribes, NoStaysOnList, FewOnList];
        let leavers = [NobodyRemoved, RemovesLeavers, UnsubscribesEverywhere, EmptyConsentIsYes];
        let others = [RowLogIncomplete, FeedbackIncomplete];
        for code in codes.into_iter().chain(more).chain(leavers).chain(others) {
            assert_eq!(serde_json::to_value(code).unwrap(), code.word());
        }
    }
}
