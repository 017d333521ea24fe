//! Why a run ended as it did, in words a marketer understands.
//!
//! The table is the contract: the code is stable, the message says what happened and what to do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::connections::Unusable;
use crate::names::Culprit;
use crate::params::{Param, Params};

/// Declares the reasons: the code, who can do something about it, and the message, in which `{detail}` says what it is
/// about.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident $culprit:ident $message:literal;)*) => {
        /// What kind of reason; part of the contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub enum ReasonCode { $($(#[$doc])* $name,)* }

        impl ReasonCode {
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)*];

            /// The same word as in JSON.
            pub(crate) fn word(self) -> String {
                let name = match self { $(Self::$name => stringify!($name),)* };
                name[..1].to_lowercase() + &name[1..]
            }

            const fn row(self) -> (Culprit, &'static str) {
                match self { $(Self::$name => (Culprit::$culprit, $message),)* }
            }
        }
    };
}

reasons! {
    /// The run did not put some profiles on the list.
    ProfilesNotExported User
        "{detail} Open the rejections of this run to see which profiles, and why.";
    /// Of a field of the mapping, no value at all could be sent.
    FieldLost User
        "{detail} Preview the export: it shows such values, and proposes a format where one fits. Then correct the \
         data matching or the data, and run it again. The value problems of this run name every value.";
    /// Somebody cancelled the run while it was open.
    CanceledByUser User
        "The run was cancelled by {detail}. What it did before stays: profiles that it sent are on the list, and \
         people whom it removed are off it.";
    /// The segments hold more profiles than an export may have.
    ProfileLimitExceeded User
        "{detail} Nothing was sent. Spread the segments over several exports.";
    /// A segment has no members yet, or is gone.
    SegmentNotFound User
        "The segment {detail} has no members to read. Upload its members or refresh it, or take it out of the export.";
    /// A segment lacks a field that the mapping names.
    FieldNotFound User
        "{detail} Nothing was sent. Change the data matching of the export, or bring the field back into the data: the \
         next run reads the fields again.";
    /// The mapping has a format for texts, and a segment has numbers in that field.
    NeedlessFormat User
        "{detail} Nothing was sent: with the format numbers would become others. Then start the run again.";
    /// The data of a segment changed while the run read it.
    SegmentChanged User
        "The segment {detail} A waiting run reads it again by itself. If the run has failed, start it again.";
    /// The data of a segment cannot be understood.
    SegmentUnreadable User
        "The segment {detail} Then start the run again.";
    /// The storage of the segments is unavailable.
    StorageUnavailable System
        "The storage of the segments cannot be reached. A waiting run resumes by itself when it is back. If the run \
         has failed, start it again.";
    /// The export has no connection.
    NoConnection User
        "The export has no connection. Nothing was sent. Attach one; the export then runs at its next planned time.";
    /// The storage of the segments does not let the service in.
    StorageRefused System
        "The storage of the segments rejects the credentials of this service: {detail}. Ask the operator to renew its \
         credentials or settings. A waiting run then resumes by itself. If the run has failed, start it again.";
    /// The connection is gone or not connected.
    ConnectionNotConnected User
        "The connection of the export {detail}. Ask an administrator to complete it.";
    /// The export user of the connection was removed.
    ExportUserMissing User
        "The connection has no export user any more. An administrator must add themselves as export user of the \
         connection.";
    /// The run before has not ended.
    RunAlreadyOpen User
        "The run before had not ended when this one was due. Nothing was sent. Plan the runs further apart, or spread \
         the segments over several exports.";
    /// Campaign Monitor rejects the credentials.
    CredentialsRefused User
        "Campaign Monitor rejects the credentials ({detail}). Ask an administrator to renew the connection.";
    /// The key that encrypted the credentials is not in the settings.
    EncryptionKeyMissing System
        "The credentials of the connection are encrypted with a key that is not in the settings of this service. Ask \
         the operator to set that key again. A waiting run then resumes by itself. If the run has failed, start it \
         again.";
    /// Campaign Monitor does not know the list.
    ListNotFound User
        "Campaign Monitor has no list {detail} in this account. Choose another list in the export.";
    /// The list lacks a custom field that the mapping names.
    CustomFieldNotFound User
        "The list has no custom field {detail}. Nothing was sent. Create it with `POST …/lists/{listId}/fields` or in \
         Campaign Monitor, or take it out of the data matching.";
    /// The list lost a custom field while a run filled it.
    CustomFieldRemoved User
        "The list lost the custom field {detail} while the run was sending, so Campaign Monitor dropped its values. \
         Create it again with `POST …/lists/{listId}/fields` or in Campaign Monitor, or take it out of the data \
         matching. Then start the run again: it sends every member.";
    /// Campaign Monitor is slow, down, or asks for a pause.
    #[serde(alias = "campaignMonitorUnavailable")]
    DestinationUnavailable External
        "Campaign Monitor does not accept uploads now ({detail}). A waiting run resumes by itself. If the run has \
         failed, start it again.";
    /// Campaign Monitor rejects the call for another reason.
    #[serde(alias = "campaignMonitorRefused")]
    DestinationRefused External
        "Campaign Monitor rejected the upload ({detail}). Profiles sent before that stay on the list. If the message \
         names a limit, your contract with Campaign Monitor sets it: raise it there, or export fewer profiles.";
    /// An administrator has paused the instance.
    Paused User
        "An administrator has paused this instance, so nothing is sent. A waiting run resumes by itself when it is \
         resumed. `GET …/instance` says who paused it and why.";
    /// Its plan reaches a limit of the brake.
    AwaitingApproval User
        "{detail} The run waits until somebody approves or declines its plan: `GET …/runs/{runId}/plan`.";
    /// Nobody approved the plan in time.
    NotApproved User
        "Nobody approved the plan of this run in time. What it sent before stays on the list, and nobody was removed. \
         Start the run again, and ask somebody to approve it.";
    /// Somebody declined the plan.
    Declined User
        "The plan of this run was declined by {detail} What it sent before stays on the list, and nobody was removed.";
    /// A newer run of the export began before the plan was approved.
    Superseded User
        "A newer run of the export began before somebody approved the plan of this one. The newer run has a plan of \
         its own.";
    /// Some people who left are still on the list as before.
    LeaversRemain User
        "{detail} The next run tries again.";
    /// Several attempts in a row made no progress.
    NoProgress System
        "Several attempts made no progress. The last one ended with: {detail}. Start the run again later. If it \
         happens again, send the traceId to your operator.";
    /// A fault of this service or its database.
    Internal System
        "Something went wrong on our side. A waiting run is tried again by itself. If the run has failed, start it \
         again. If it happens again, send the traceId to your operator.";
}

/// Why a run ended as it did, or why it waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    /// Stable code.
    pub code: ReasonCode,
    /// Who can do something about it.
    pub culprit: Culprit,
    /// What happened and what to do.
    #[schema(
        example = "Campaign Monitor rejects the credentials. Ask an administrator to renew the connection."
    )]
    pub message: String,
    /// The values that the message names, for a front end that says it in its own words.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    #[schema(value_type = Object, required = false, example = json!({"segment": "HighValue"}))]
    pub params: Params,
}

impl Reason {
    /// A reason with the message of its code; `detail` names what it is about.
    pub fn new(code: ReasonCode, detail: impl AsRef<str>) -> Self {
        let (culprit, message) = code.row();
        let message = message.replace("{detail}", detail.as_ref());
        Self { code, culprit, message, params: Params::default() }
    }

    /// Adds a value that the message names; never one of a person.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Param>) -> Self {
        self.params.put(name, value);
        self
    }

    /// Adds values that the message names, unless they are there.
    #[must_use]
    pub fn with_all(mut self, params: Params) -> Self {
        self.params.append(params);
        self
    }

    /// Why the members of a segment cannot be read; `None`: of which one is unknown.
    #[must_use]
    pub fn of_segment(code: ReasonCode, segment: Option<&str>, what: &str) -> Self {
        let name = segment.map_or("of this export".into(), |name| format!("“{name}”"));
        let reason = Self::new(code, format!("{name}{what}"));
        match segment {
            Some(name) => reason.with("segment", name),
            None => reason,
        }
    }
}

impl From<Unusable> for Reason {
    fn from(why: Unusable) -> Self {
        match why {
            Unusable::NoCredentials => {
                Self::new(ReasonCode::ConnectionNotConnected, "has no credentials")
                    .with("why", "noCredentials")
            }
            Unusable::NoExportUser => Self::new(ReasonCode::ExportUserMissing, ""),
            Unusable::CredentialsRefused(message) => {
                Self::new(ReasonCode::CredentialsRefused, message)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_one_word() {
        for code in ReasonCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.word());
        }
    }

    #[test]
    fn a_reason_of_before_has_no_values_and_one_of_now_keeps_them() {
        let old = r#"{"code": "paused", "culprit": "user", "message": "…"}"#;
        assert!(serde_json::from_str::<Reason>(old).unwrap().params.is_empty());
        let reason = Reason::of_segment(ReasonCode::SegmentNotFound, Some("People"), "");
        let stored = serde_json::to_string(&reason).unwrap();
        assert_eq!(serde_json::from_str::<Reason>(&stored).unwrap(), reason);
        assert!(reason.message.starts_with("The segment “People” has no members"), "{reason:?}");
    }

    #[test]
    fn a_reason_that_was_stored_under_the_name_of_the_vendor_is_read() {
        for (old, code) in [
            ("campaignMonitorUnavailable", ReasonCode::DestinationUnavailable),
            ("campaignMonitorRefused", ReasonCode::DestinationRefused),
        ] {
            let stored = format!(r#"{{"code": "{old}", "culprit": "external", "message": "…"}}"#);
            assert_eq!(serde_json::from_str::<Reason>(&stored).unwrap().code, code);
        }
    }
}
