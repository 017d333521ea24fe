//! The error contract as a table: one line per problem, with its status, its culprit, its code and its title.

use crate::names::Culprit;

macro_rules! kinds {
    ($($name:ident $status:literal $culprit:ident $code:literal $title:literal;)*) => {
        /// A kind of problem. Its code and status are part of the contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ProblemKind { $(#[doc = $title] $name,)* }

        impl ProblemKind {
            /// Every kind, by status.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            pub(in crate::http) const fn row(self) -> (u16, Culprit, &'static str, &'static str) {
                match self { $(Self::$name => ($status, Culprit::$culprit, $code, $title),)* }
            }
        }
    };
}

kinds! {
    InvalidRequest           400 User     "invalidRequest"          "The request is not valid";
    InvalidCursor            400 User     "invalidCursor"           "The cursor or limit is not valid";
    InvalidMembers           400 User     "invalidMembers"          "The members are not valid; the segment is \
        unchanged";
    Unauthenticated          401 User     "unauthenticated"         "A valid bearer token is required";
    Forbidden                403 User     "forbidden"               "Your role does not allow this";
    SecondPersonNeeded       403 User     "secondPersonNeeded"      "Another person must approve the run";
    NotFound                 404 User     "notFound"                "Not found";
    MethodNotAllowed         405 User     "methodNotAllowed"        "This address does not accept this method";
    NotAcceptable            406 User     "notAcceptable"           "None of the accepted content types is available";
    RequestTimeout           408 User     "requestTimeout"          "The body did not arrive in time";
    NameTaken                409 User     "nameTaken"               "The display name is in use";
    ConnectionInUse          409 User     "connectionInUse"         "Exports use the connection";
    ConnectionNotConnected   409 User     "connectionNotConnected"  "The connection is not connected";
    ChannelInUse             409 User     "channelInUse"            "A rule of alerts names the channel";
    ChannelInactive          409 User     "channelInactive"         "The channel is switched off";
    AlertResolved            409 User     "alertResolved"           "The alert is over";
    SegmentInUse             409 User     "segmentInUse"            "Exports use the segment";
    ExportInactive           409 User     "exportInactive"          "The export has no connection";
    RunAlreadyOpen           409 User     "runAlreadyOpen"          "The export already has an open run";
    RunEnded                 409 User     "runEnded"                "The run has already ended";
    RunNotEnded              409 User     "runNotEnded"             "The run has not ended yet";
    RunNotVerifiable         409 User     "runNotVerifiable"        "The run can no longer be verified";
    VerificationOpen         409 User     "verificationOpen"        "The run is being verified already";
    NotAwaitingApproval      409 User     "notAwaitingApproval"     "The run does not wait for an approval";
    PlanChanged              409 User     "planChanged"             "The plan of the run has changed";
    SegmentsChanged          409 User     "segmentsChanged"         "Members were uploaded since the run read them";
    InstancePaused           409 User     "instancePaused"          "The instance is paused";
    QuotaExceeded            409 User     "quotaExceeded"           "The instance has as many as it may have";
    IdempotencyKeyReused     409 User     "idempotencyKeyReused"    "The idempotency key was used with another request";
    Removed                  410 User     "removed"                 "The retention period of the details has ended";
    Changed                  412 User     "changed"                 "It was changed since you read it";
    TooLarge                 413 User     "tooLarge"                "The body is too large";
    UnsupportedMediaType     415 User     "unsupportedMediaType"    "The content type is not supported";
    Unprocessable            422 User     "unprocessable"           "The request is well-formed, but its content is \
        not valid";
    ConsentRequired          422 User     "consentRequired"         "Consent to the data transfer is required";
    RateLimited              429 User     "rateLimited"             "Too many calls in a short time";
    TooManyRequests          429 User     "tooManyRequests"         "Too many calls at a time";
    Internal                 500 System   "internal"                "Something went wrong on our side";
    DestinationRefused   502 External "destinationRefused"  "Campaign Monitor rejected the call";
    PreviewTooLong           503 System   "previewTooLong"          "The preview took too long";
    RegistrationTooLong      503 System   "registrationTooLong"     "Reading the members took too long";
    EncryptionKeyMissing     503 System   "encryptionKeyMissing"    "An encryption key is missing from the settings";
    OauthNotConfigured       503 System   "oauthNotConfigured"      "Signing in to Campaign Monitor is not set up";
    Unavailable              503 System   "unavailable"             "A part of the service is unavailable";
    DestinationUnavailable 503 External "destinationUnavailable" "Campaign Monitor cannot be reached";
}

impl ProblemKind {
    /// As in `errorCode`; never changes.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.row().2
    }

    /// The kind of problem, for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.row().3
    }
}
