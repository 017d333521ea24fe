//! What the reference leaves open or the service may change: one switch each, with a default.

use serde::{Deserialize, Serialize};

/// Every behaviour switch; members left out of a `PUT /sandbox/settings` take their default.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    pub imports: Imports,
    pub subscribers: Subscribers,
    pub access: Access,
    pub oauth: Oauth,
}

/// How imports and single adds treat what comes in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Imports {
    /// Milliseconds an import takes for every 1000 records, on top of the real work.
    pub latency_ms_per_thousand: u64,
    pub missing_consent: MissingConsent,
    /// Unknown keys, unfitting values, values over 250 characters.
    pub field_problems: FieldProblems,
    pub suppressed_newcomers: SuppressedNewcomers,
    pub duplicates: Duplicates,
    pub resubscribed_count: ResubscribedCount,
    pub multi_select_many: MultiSelectMany,
    /// What "Fields in error" names when an import cannot be read.
    pub field_in_error: String,
}

impl Default for Imports {
    fn default() -> Self {
        Self {
            latency_ms_per_thousand: 0,
            missing_consent: MissingConsent::default(),
            field_problems: FieldProblems::default(),
            suppressed_newcomers: SuppressedNewcomers::default(),
            duplicates: Duplicates::default(),
            resubscribed_count: ResubscribedCount::default(),
            multi_select_many: MultiSelectMany::default(),
            field_in_error: "subscribers".into(),
        }
    }
}

/// What a record without `ConsentToTrack` does to an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MissingConsent {
    #[default]
    RejectBatch,
    RejectRecord,
    Accept,
}

/// What becomes of a person with a value that the field does not take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FieldProblems {
    /// The value is dropped or cut without a word.
    #[default]
    Ignore,
    /// The person is refused.
    Fail,
}

/// What becomes of a suppressed person who was never on the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SuppressedNewcomers {
    #[default]
    Reject,
    Add,
}

/// Which of several records with one address counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Duplicates {
    #[default]
    LastWins,
    FirstWins,
    /// The last wins, and the answer is a 400 with Code 210.
    Fail,
}

/// Where a person who was brought back is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ResubscribedCount {
    #[default]
    Existing,
    New,
}

/// What the options sent for a field do to those stored before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MultiSelectMany {
    #[default]
    Replace,
    Merge,
}

/// How single subscribers are read and written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Subscribers {
    /// Adds and updates of one person in a minute before Code 429; 0 for any number.
    pub changes_per_minute: u32,
    pub custom_field_keys: CustomFieldKeys,
}

impl Default for Subscribers {
    fn default() -> Self {
        Self { changes_per_minute: 10, custom_field_keys: CustomFieldKeys::default() }
    }
}

/// How a subscriber's fields are named in answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CustomFieldKeys {
    /// `[subscriptiondate]`, as a real export shows it.
    #[default]
    Bracketed,
    /// `subscription date`, as the vendor's samples show it.
    Name,
}

/// How callers are let in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Access {
    pub missing_credentials: MissingCredentials,
    pub unknown_list: UnknownList,
    /// Whether a token without the scope of a call gets Code 60.
    pub enforce_scopes: bool,
    /// Whether the account is an agency, which may read its billing details.
    pub agency: bool,
    pub without_suffix: WithoutSuffix,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            missing_credentials: MissingCredentials::default(),
            unknown_list: UnknownList::default(),
            enforce_scopes: true,
            agency: true,
            without_suffix: WithoutSuffix::default(),
        }
    }
}

/// The answer to a call without credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MissingCredentials {
    #[default]
    Code100,
    Code50,
}

/// The answer for a list id that does not exist or belongs to someone else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UnknownList {
    #[default]
    Code101,
    Code102,
    NotFound,
}

/// The format of an answer when the path ends neither in `.json` nor in `.xml`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WithoutSuffix {
    #[default]
    Xml,
    Json,
}

/// How access is granted by OAuth.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Oauth {
    pub access_token_life_seconds: i64,
    pub rotate_refresh_tokens: bool,
    /// Whether the authorize page redirects at once, as if the person had agreed.
    pub auto_approve: bool,
    /// The HTTP status of a refused token request.
    pub error_status: u16,
    /// What a redirect address must begin with; empty for any.
    pub redirect_uri_prefix: String,
}

impl Default for Oauth {
    fn default() -> Self {
        Self {
            access_token_life_seconds: 1_209_600,
            rotate_refresh_tokens: false,
            auto_approve: false,
            error_status: 400,
            redirect_uri_prefix: String::new(),
        }
    }
}
