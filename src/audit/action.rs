//! The actions that the audit records, one a line: its word and, where callers do it, the call that does it. (A sign-in
//! ends outside the instances; Campaign Monitor rejects a credential; a planned refresh starts by the clock; a reader
//! of mails has no login. Any call may be refused at the door, `call.refuse` or `signIn.fail`; `call.omit` counts those
//! that have no event.)
//!
//! The word is `object.verb`. Calls that change something, and calls that answer personal data, must be listed here: a
//! test compares this table with the `OpenAPI` document.

use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

macro_rules! actions {
    ($($name:ident $word:literal $method:literal $path:literal;)*) => {
        /// What was done. The part before the dot is the kind of the object.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Action { $(#[doc = $word] #[serde(rename = $word)] $name,)* }

        impl Action {
            const ALL: &'static [(Self, &'static str, &'static str, &'static str)] =
                &[$((Self::$name, $word, $method, $path),)*];

            /// The word, as in `connection.create`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

actions! {
    ConnectionCreate           "connection.create"           "POST"   "/connections";
    ConnectionUpdate           "connection.update"           "PATCH"  "/connections/{id}";
    ConnectionSetCredentials   "connection.setCredentials"   "PUT"    "/connections/{id}/credentials";
    ConnectionAuthorize        "connection.authorize"        "POST"   "/connections/{id}/authorize";
    ConnectionSignIn           "connection.signIn"           "GET"    "/oauth/campaign-monitor/callback";
    ConnectionRefuse           "connection.refuse"           ""       "";
    ConnectionAddExportUser    "connection.addExportUser"    "PUT"    "/connections/{id}/export-user";
    ConnectionRemoveExportUser "connection.removeExportUser" "DELETE" "/connections/{id}/export-user";
    ConnectionVerify           "connection.verify"           "POST"   "/connections/{id}/verify";
    ConnectionCreateList       "connection.createList"       "POST"   "/connections/{id}/lists";
    ConnectionCreateField      "connection.createField"      "POST"   "/connections/{id}/lists/{listId}/fields";
    ConnectionDetachExports    "connection.detachExports"    "POST"   "/connections/{id}/detach";
    ConnectionRemove           "connection.remove"           "DELETE" "/connections/{id}";
    SignInFail                 "signIn.fail"                 ""       "";
    SegmentSave                "segment.save"                "PUT"    "/segments/{name}";
    SegmentUpdate              "segment.update"              "PATCH"  "/segments/{name}";
    SegmentInspect             "segment.inspect"             "POST"   "/segments/{name}/inspect";
    SegmentReplaceMembers      "segment.replaceMembers"      "PUT"    "/segments/{name}/members";
    SegmentReadMembers         "segment.readMembers"         "GET"    "/segments/{name}/members";
    SegmentRemove              "segment.remove"              "DELETE" "/segments/{name}";
    ExportCreate               "export.create"               "POST"   "/exports";
    ExportDuplicate            "export.duplicate"            "POST"   "/exports/{id}/duplicate";
    ExportUpdate               "export.update"               "PATCH"  "/exports/{id}";
    ExportDetach               "export.detach"               "POST"   "/exports/{id}/detach";
    ExportAttach               "export.attach"               "POST"   "/exports/{id}/attach";
    ExportRemove               "export.remove"               "DELETE" "/exports/{id}";
    ExportPreview              "export.preview"              "POST"   "/exports/{id}/preview";
    ExportPreviewDraft         "export.previewDraft"         "POST"   "/exports/preview";
    ExportTest                 "export.test"                 "POST"   "/exports/{id}/test";
    ExportReadMembers          "export.readMembers"          "GET"    "/exports/{id}/members";
    ExportReadFeedback         "export.readFeedback"         "GET"    "/exports/{id}/feedback";
    ExportReadReadmissions     "export.readReadmissions"     "GET"    "/exports/{id}/readmissions";
    ExportReadmit              "export.readmit"              "PUT"    "/exports/{id}/readmissions";
    ExportRemoveReadmission    "export.removeReadmission"    "DELETE"
        "/exports/{id}/readmissions/{readmissionId}";
    ExportStartRun             "export.startRun"             "POST"   "/exports/{id}/runs";
    ExportSetSchedule          "export.setSchedule"          "PUT"    "/exports/{id}/schedule";
    ExportSetSchedules         "export.setSchedules"         "POST"   "/schedules";
    InstancePause              "instance.pause"              "POST"   "/instance/pause";
    InstanceResume             "instance.resume"             "POST"   "/instance/resume";
    InstanceRunAll             "instance.runAll"             "POST"   "/runs";
    InstanceSetSchedule        "instance.setSchedule"        "PUT"    "/schedule";
    InstanceReportRefresh      "instance.reportRefresh"      "POST"   "/refreshes";
    InstanceStartRefresh       "instance.startRefresh"       ""       "";
    RunReadRejections          "run.readRejections"          "GET"    "/runs/{id}/rejections";
    RunReadValueProblems       "run.readValueProblems"       "GET"    "/runs/{id}/value-problems";
    RunReadRequests            "run.readRequests"            "GET"    "/runs/{id}/requests";
    RunVerify                  "run.verify"                  "POST"   "/runs/{id}/verifications";
    RunReadDifferences         "run.readDifferences"         "GET"
        "/runs/{id}/verifications/{verificationId}/differences";
    PeopleSearch               "people.search"               "POST"   "/people/search";
    ChannelCreate              "channel.create"              "POST"   "/channels";
    ChannelUpdate              "channel.update"              "PATCH"  "/channels/{id}";
    ChannelSetSecret           "channel.setSecret"           "POST"   "/channels/{id}/secret";
    ChannelTest                "channel.test"                "POST"   "/channels/{id}/test";
    ChannelResend              "channel.resend"              "POST"
        "/channels/{id}/deliveries/{deliveryId}/resend";
    ChannelDisable             "channel.disable"             ""       "";
    ChannelUnsubscribe         "channel.unsubscribe"         ""       "";
    ChannelRemove              "channel.remove"              "DELETE" "/channels/{id}";
    InstanceSetAlertRules      "instance.setAlertRules"      "PUT"    "/alert-rules";
    ExportSetAlertRules        "export.setAlertRules"        "PUT"    "/exports/{id}/alert-rules";
    AlertAcknowledge           "alert.acknowledge"           "POST"   "/alerts/{id}/acknowledge";
    ErasureCreate              "erasure.create"              "POST"   "/erasures";
    ErasureLift                "erasure.liftTombstones"      "POST"   "/erasures/{id}/lift-tombstones";
    ErasureComplete            "erasure.complete"            ""       "";
    CallRefuse                 "call.refuse"                 ""       "";
    CallOmit                   "call.omit"                   ""       "";
    RunCancel                  "run.cancel"                  "POST"   "/runs/{id}/cancel";
    RunApprove                 "run.approve"                 "POST"   "/runs/{id}/approve";
    RunDecline                 "run.decline"                 "POST"   "/runs/{id}/decline";
    RunHold                    "run.hold"                    ""       "";
    RunSupersede               "run.supersede"               ""       "";
    RunExpire                  "run.expire"                  ""       "";
}

/// The derived schema would have the names of the variants: it does not see a word that a macro puts in.
impl PartialSchema for Action {
    fn schema() -> RefOr<Schema> {
        let words = Self::ALL.iter().map(|(_, word, ..)| *word);
        let object = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
        object
            .description(Some("What was done. The part before the dot is the kind of the object."))
            .into()
    }
}

impl ToSchema for Action {}

impl Action {
    /// The action of a call: its method, and its address below the instance as the routes write it.
    #[must_use]
    pub fn of_call(method: &str, path: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(.., known, address)| *known == method && *address == path).map(|row| row.0)
    }

    /// The action with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, ..)| *known == word).map(|row| row.0)
    }
}
